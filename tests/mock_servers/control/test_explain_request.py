"""`POST /_nhsauth/explain` explains a whole request to a real service, for programs and on a page."""

import json
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.mock import Mock

INT = "https://int.api.service.nhs.uk/oauth2/token"
CURL = (
    f"curl {INT} -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange "
    "-d subject_token_type=urn:ietf:params:oauth:token-type:id_token -d subject_token=w4xoW3AX9H42RAuPq4IpfSUABPo "
    "-d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer -d client_assertion=$JWT"
)
SENTENCE = "Malformed JWT in subject_token"


@pytest.fixture
def ask(platform: Mock, http: Client) -> Any:
    def asked(**body: Any) -> TestResponse:
        return http.post("/_nhsauth/explain", json=body, base_url=platform.url)

    return asked


def test_a_request_and_its_answer_are_explained(ask: Any) -> None:
    answer = ask(request=CURL, answer=SENTENCE, at="2027-01-15T08:00:00Z")

    (found,) = answer.get_json()["exchanges"]
    assert (answer.status_code, found["stopped_by"], found["by"]) == (200, ["decode_subject_token"], "answer")
    assert [(each["id"], each["certainty"]) for each in found["findings"]] == [("code-as-subject-token", "likely")]


def test_an_entry_of_a_har_file_may_be_an_object(ask: Any) -> None:
    entry = {"request": {"method": "GET", "url": INT, "headers": []}}

    (found,) = ask(request=entry, at=1_800_000_000).get_json()["exchanges"]

    assert found["stopped_by"] == ["check_token_method"]


def test_a_sentence_alone_is_a_request_without_its_request(ask: Any) -> None:
    assert ask(request=SENTENCE).get_json()["exchanges"][0]["stopped_by"] == ["decode_subject_token"]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"request": 1}, "request is 1; allowed: a text, or an entry of a HAR file"),
        ({"request": CURL, "answer": 1}, "answer is 1; allowed: a text"),
        ({"request": CURL, "at": "soon"}, 'at is "soon"; allowed: ISO 8601 with a zone'),
        ({"request": CURL, "as": "code"}, "as is unknown beside a request; allowed: request, answer, at"),
    ],
)
def test_what_cannot_be_read_is_a_problem_in_one_line(ask: Any, body: dict[str, Any], detail: str) -> None:
    answer = ask(**body)

    assert answer.status_code == 400
    assert detail in json.loads(answer.data)["detail"]


def test_where_nothing_is_found_that_is_said(ask: Any) -> None:
    found = ask(request="curl https://example.org").get_json()

    assert found["answer"].startswith("I found no request")
    assert (found["exchanges"][0]["by"], found["exchanges"][0]["refused"]) == ("", False)


def test_no_file_is_read_for_who_asks_over_http(ask: Any) -> None:
    (found,) = ask(request=f"curl {INT} -d @/etc/hostname").get_json()["exchanges"]

    assert found["unknown"][0]["words"].startswith('the file "/etc/hostname", which was not read')


def test_what_is_put_into_the_box_of_the_page_is_reported_on_a_page(platform: Mock, http: Client) -> None:
    headers = {"Accept": "text/html", "Origin": platform.url}

    answer = http.post(
        "/_nhsauth/explain", data={"value": CURL, "answer": SENTENCE}, headers=headers, base_url=platform.url
    )

    assert answer.status_code == 200
    for words in ("not the id_token", "decode_subject_token", "Exchange the authorization code"):
        assert words in answer.text
    assert "w4xoW3AX9H42RAuPq4IpfSUABPo" not in answer.text
