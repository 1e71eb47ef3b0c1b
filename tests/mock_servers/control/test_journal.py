"""The journal through the control API."""

import json
from collections.abc import Callable

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.sections import ProviderSettings
from mock_servers.state.configuration import Configuration

Control = Callable[..., TestResponse]
Refused = Callable[[TestResponse], tuple[int, str, str | None]]
Post = Callable[..., TestResponse]


@pytest.fixture
def exchanges(control: Control, post: Post) -> list[int]:
    """Five exchanges: granted, two refusals with one code and one with another, granted; the numbers of all."""
    control("POST", "/access-tokens", {"access": "application"})
    post(grant_type="password")
    post(scope="without a grant")
    post(grant_type="client_credentials")
    control("POST", "/access-tokens", {"access": "patient"})
    return [each["id"] for each in control("GET", "/exchanges").get_json()]


def test_an_empty_journal_is_an_empty_list(control: Control) -> None:
    answer = control("GET", "/exchanges")

    assert (answer.status_code, answer.get_json()) == (200, [])


def test_an_exchange_shows_request_answer_error_and_diagnosis(control: Control, post: Post) -> None:
    answer = post(grant_type="password")

    [body] = control("GET", "/exchanges").get_json()
    assert list(body) == [
        "id",
        "world",
        "at",
        "service",
        "method",
        "path",
        "status",
        "client_id",
        "message_id",
        "request",
        "response",
        "error",
        "headline",
        "diagnosis",
        "answer",
        "findings",
        "then",
        "advice",
    ]
    assert (body["at"], body["method"], body["path"], body["status"]) == (
        "2027-01-15T08:00:00Z",
        "POST",
        "/oauth2/token",
        400,
    )
    assert body["message_id"] == answer.get_json()["message_id"]
    assert body["error"] == {
        "code": "unsupported_grant_type",
        "description": "grant_type is invalid",
        "rule": "check_grant_type_supported",
        "evidence": "S",
    }
    assert body["diagnosis"].startswith('grant_type is "password".')


def test_no_secret_stands_in_the_journal(control: Control, post: Post) -> None:
    assertion = control("POST", "/client-assertions", {}).get_json()["client_assertion"]
    post(grant_type="client_credentials", client_assertion=assertion, client_secret="a-very-secret-secret")

    reported = control("GET", "/exchanges").get_data(as_text=True)

    assert assertion not in reported
    assert "a-very-secret-secret" not in reported


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/oauth2/token", '{"grant_type": "client_credentials", "client_secret": "%s"}'),
        ("/oauth2/token", "grant_type=client_credentials&client_secret: %s"),
        ("/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/access_token", '{"client_secret": "%s"}'),
        ("/oauth/token/there?passcode=%s", ""),
        ("/nowhere?access_token=%s", ""),
    ],
)
def test_a_secret_that_was_sent_where_none_belongs_is_not_less_secret(
    platform: Mock, control: Control, path: str, body: str
) -> None:
    secret = "b2f7-9d41-77c0-secret"
    sent = body.replace("%s", secret)
    Client(platform).post(path.replace("%s", secret), data=sent, content_type="application/x-www-form-urlencoded")

    [content] = control("GET", "/exchanges").get_json()
    assert secret[:8] not in json.dumps(content)
    assert secret[:8] not in platform.exchanges.last.explained()


@pytest.mark.parametrize(
    "path",
    [
        "/v1/organizations/nhsd-nonprod/developers/me/apps/%1b[31m%9b",
        "/openam/oauth2/realms/root/realms/%1b[31m/authorize",
    ],
)
def test_no_exchange_steers_a_terminal_that_shows_it(platform: Mock, path: str) -> None:
    Client(platform).get(path, headers={"Authorization": "Bearer any"})

    record = platform.exchanges.last
    assert "\x1b" in record.error_description  # type: ignore[operator] # it was refused
    assert (str(record).isprintable(), record.explained().replace("\n", "").isprintable()) == (True, True)


def test_exchanges_come_oldest_first(exchanges: list[int]) -> None:
    assert exchanges == sorted(exchanges)
    assert len(exchanges) == 5


def test_after_leaves_out_what_was_seen(control: Control, exchanges: list[int]) -> None:
    body = control("GET", f"/exchanges?after={exchanges[2]}").get_json()

    assert [each["id"] for each in body] == exchanges[3:]


@pytest.mark.parametrize("limit", [0, 1, 3, 5, 99])
def test_limit_keeps_the_newest_oldest_first(control: Control, exchanges: list[int], limit: int) -> None:
    body = control("GET", f"/exchanges?limit={limit}").get_json()

    assert [each["id"] for each in body] == exchanges[5 - min(limit, 5) :]


def test_error_keeps_those_of_one_code(control: Control, exchanges: list[int]) -> None:
    body = control("GET", "/exchanges?error=invalid_request").get_json()

    assert [each["id"] for each in body] == exchanges[2:4]


def test_error_keeps_those_of_one_rule(control: Control, exchanges: list[int]) -> None:
    body = control("GET", "/exchanges?error=check_grant_type_present").get_json()

    assert [each["id"] for each in body] == exchanges[2:3]


def test_filters_work_together(control: Control, exchanges: list[int]) -> None:
    body = control("GET", f"/exchanges?after={exchanges[0]}&error=invalid_request&limit=1").get_json()

    assert [each["id"] for each in body] == exchanges[3:4]


@pytest.mark.parametrize(
    ("query", "member"),
    [
        ("after=-1", "after"),
        ("after=", "after"),
        ("after=x", "after"),
        ("limit=1.5", "limit"),
        ("limit=%C2%B2", "limit"),
        ("limit=9999999999999999", "limit"),
        ("limit=1&limit=2", "limit"),
        ("lmit=1", "lmit"),
    ],
)
def test_a_query_parameter_that_does_not_fit_is_named(
    control: Control, refused: Refused, query: str, member: str
) -> None:
    assert refused(control("GET", f"/exchanges?{query}")) == (400, "Bad Request", member)


def test_one_exchange_is_found_by_its_number_and_by_its_message_id(control: Control, exchanges: list[int]) -> None:
    by_number = control("GET", f"/exchanges/{exchanges[1]}").get_json()
    by_message_id = control("GET", f"/exchanges/{by_number['message_id']}").get_json()

    assert by_number["id"] == exchanges[1]
    assert by_message_id == by_number


@pytest.mark.parametrize("key", ["0", "999999", "rrt-1", "None", "-1"])
def test_an_exchange_that_is_not_kept_is_not_found(
    control: Control, exchanges: list[int], refused: Refused, key: str
) -> None:
    assert exchanges
    assert refused(control("GET", f"/exchanges/{key}")) == (404, "Not Found", None)


def test_the_journal_can_be_emptied(control: Control, exchanges: list[int]) -> None:
    answer = control("DELETE", "/exchanges")

    assert exchanges
    assert (answer.status_code, control("GET", "/exchanges").get_json()) == (204, [])


def test_numbers_rise_after_the_journal_was_emptied(control: Control, exchanges: list[int], post: Post) -> None:
    control("DELETE", "/exchanges")
    post()

    [body] = control("GET", "/exchanges").get_json()
    assert body["id"] > exchanges[-1]


def test_without_limit_all_that_is_kept_is_reported(control: Control, platform: Mock, post: Post) -> None:
    for _ in range(1005):
        post()

    body = control("GET", "/exchanges").get_json()

    assert [each["id"] for each in body] == [record.id for record in platform.exchanges]
    assert len(body) == 1000


@pytest.mark.parametrize("strict", [False, True])
def test_what_would_be_met_later_is_not_headline_and_what_would_not_be_met_is_not_finding(
    ring: KeyRing, *, strict: bool
) -> None:
    settings = ProviderSettings(strict_authorize=strict)
    platform = Mock(Configuration(nhs_login=settings), ring=ring)

    Client(platform).get("/authorize?client_id=nobody", base_url=platform.url).close()

    record = platform.exchanges.last
    assert record.headline == record.diagnosis == 'client_id "nobody" is no client of NHS login: register the app.'
    assert [finding.id for finding in record.findings] == (["state-lost"] if strict else [])
