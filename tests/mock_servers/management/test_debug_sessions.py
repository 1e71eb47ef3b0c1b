"""Debug sessions: what they record, by which filters, how much and for how long."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.mock import Mock

CIS2, NHS_LOGIN = "Cis2-mock-internal-dev", "NHS-Login-mock-internal-dev"
MOCK_JWKS = "/environments/internal-dev/apis/mock-jwks-internal-dev/revisions/1/debugsessions"
IDENTITY = "/environments/internal-dev/apis/identity-service-mock-internal-dev/revisions/1/debugsessions"


def variables(record: Any) -> dict[str, str]:
    """The variables of a record, found as clients find them."""
    (point,) = record["point"]
    assert (record["completed"], point["id"]) == (True, "Execution")
    (result,) = point["results"]
    assert result["ActionResult"] == "VariableAccess"
    return {each["Get"]["name"]: each["Get"]["value"] for each in result["accessList"]}


@pytest.fixture
def begin(management: Any) -> Callable[..., Any]:
    """Begin a session."""

    def post(path: str = MOCK_JWKS, **query: str) -> Any:
        answer = management("POST", path, query_string=query)
        assert answer.status_code == 201, answer.text
        return answer.get_json()

    return post


Begin = Callable[..., Any]


@pytest.fixture
def recorded(management: Any) -> Callable[..., list[dict[str, str]]]:
    """The variables of everything that a session has recorded, oldest first."""

    def get(path: str = MOCK_JWKS, name: str = "default") -> list[dict[str, str]]:
        ids = management.get(f"{path}/{name}/data")
        return [variables(management.get(f"{path}/{name}/data/{each}")) for each in ids]

    return get


Recorded = Callable[..., list[dict[str, str]]]


def test_a_session_is_begun_listed_and_ended(management: Any, begin: Begin) -> None:
    begun = begin(session="mine", header_x="y")
    listed = management.get(MOCK_JWKS)
    ended = management("DELETE", f"{MOCK_JWKS}/mine")

    assert begun == {
        "apiproxy": "mock-jwks-internal-dev",
        "environment": "internal-dev",
        "name": "mine",
        "organization": "nhsd-nonprod",
        "revision": "1",
        "timeout": "600",
    }
    assert (listed, ended.status_code, ended.get_json(), management.get(MOCK_JWKS)) == (["mine"], 200, {}, [])


def test_a_session_without_a_name_is_the_default_one(management: Any, begin: Begin) -> None:
    begin()

    assert management.get(MOCK_JWKS) == ["default"]


def test_a_session_begun_anew_is_empty(management: Any, http: Client, begin: Begin) -> None:
    begin()
    http.get("/mock-jwks/_ping")
    begin()

    assert (management.get(MOCK_JWKS), management.get(f"{MOCK_JWKS}/default/data")) == (["default"], [])


def test_any_request_to_the_proxy_is_recorded_with_its_status(http: Client, begin: Begin, recorded: Recorded) -> None:
    begin()
    http.get("/mock-jwks/e30=")
    http.get("/mock-jwks/_status")

    assert [each["message.status.code"] for each in recorded()] == ["200", "401"]


def test_a_header_is_compared_however_it_is_written(http: Client, begin: Begin, recorded: Recorded) -> None:
    """Suites filter by a header with an underscore, which servers are known to drop."""
    begin(header_trace_id="1234")
    for value in ("1234", "12345", ""):
        http.get("/mock-jwks/_ping", environ_overrides={"HTTP_TRACE_ID": value})

    assert len(recorded()) == 1


def test_an_underscored_header_arrives_over_a_socket(platform: Mock, begin: Begin, recorded: Recorded) -> None:
    begin(header_trace_id="1234")
    with platform.serving() as server:
        connection = HTTPConnection(server.host, server.port)
        connection.request("GET", "/mock-jwks/_ping", headers={"trace_id": "1234"})
        connection.getresponse().read()
        connection.close()

    assert len(recorded()) == 1


def test_all_filters_must_match(http: Client, begin: Begin, recorded: Recorded) -> None:
    begin(header_x="1", qparam_q="2")
    for header, query in (("1", "2"), ("1", "3"), ("0", "2")):
        http.get("/mock-jwks/_ping", headers={"x": header}, query_string={"q": query})

    assert len(recorded()) == 1


def test_twenty_requests_are_recorded(http: Client, begin: Begin, recorded: Recorded) -> None:
    begin()
    for _ in range(21):
        http.get("/mock-jwks/_ping")

    assert len(recorded()) == 20


def test_requests_are_recorded_for_ten_minutes(platform: Mock, http: Client, begin: Begin, recorded: Recorded) -> None:
    begin()
    for seconds in (599, 1):
        platform.clock.advance(seconds)
        http.get("/mock-jwks/_ping")

    assert len(recorded()) == 1


def test_two_sessions_record_each_its_own(http: Client, begin: Begin, recorded: Recorded) -> None:
    begin(session="one", header_x="1")
    begin(session="two", header_x="2")
    begin(IDENTITY, session="three")
    http.get("/mock-jwks/_ping", headers={"x": "1"})

    assert [len(recorded(name="one")), len(recorded(name="two")), len(recorded(IDENTITY, "three"))] == [1, 0, 0]


@pytest.mark.parametrize(
    ("who", "words"),
    [
        (("", ""), ("app", "client_credentials", "level3", "apim", "")),
        ((CIS2, "656005750104"), ("user", "token_exchange", "aal3", "apim-mock-nhs-cis2", "656005750104")),
        ((NHS_LOGIN, "9912003072"), ("user", "token_exchange", "p5", "apim-mock-nhs-login", "9912003072")),
    ],
)
def test_a_token_request_shows_who_was_authenticated(
    granted: Callable[..., Any], begin: Begin, recorded: Recorded, who: tuple[str, str], words: tuple[str, ...]
) -> None:
    begin(IDENTITY)
    granted(*who)

    (seen,) = recorded(IDENTITY)
    *meta, user_id = words
    assert json.loads(seen["splunkCalloutRequest.content"]) == {
        "auth": {
            "meta": dict(zip(("auth_type", "grant_type", "level", "provider"), meta, strict=True)),
            "user": {"user_id": user_id},
        }
    }


def test_a_log_in_shows_nobody_at_authorize_and_the_person_at_callback(
    platform: Mock, key: str, begin: Begin, recorded: Recorded
) -> None:
    begin(IDENTITY)
    query = f"client_id={key}&redirect_uri=https://google.com/callback&response_type=code&state=1"
    platform.log_in(f"{platform.url}/oauth2-mock/authorize?{query}", user="656005750104")

    contents = [json.loads(seen["splunkCalloutRequest.content"])["auth"] for seen in recorded(IDENTITY)]

    meta = {"auth_type": "user", "grant_type": "authorization_code", "provider": "apim-mock-nhs-cis2"}
    assert contents == [
        {"meta": {**meta, "level": ""}, "user": {"user_id": ""}},
        {"meta": {**meta, "level": "aal3"}, "user": {"user_id": "656005750104"}},
    ]


def test_a_fault_at_callback_is_shown_with_its_status_and_its_body(
    platform: Mock, http: Client, management: Any, key: str, begin: Begin, recorded: Recorded
) -> None:
    """The product loses its scopes before the log-in begins: those of that moment count."""
    for product in ("mock-jwks-internal-dev", "identity-service-mock-internal-dev"):
        whole = management.get(f"/apiproducts/{product}")
        management("PUT", f"/apiproducts/{product}", json={**whole, "scopes": []})
    authorize = http.get(
        "/oauth2-mock/authorize",
        query_string={
            "client_id": key,
            "redirect_uri": "https://google.com/callback",
            "response_type": "code",
            "state": "1",
            "nhsauth_user": "656005750104",
        },
        base_url=platform.url,
    )
    back = http.get(_below(authorize), base_url=platform.url)
    begin(IDENTITY, header_trace_id="x")

    answer = http.get(_below(back), headers={"trace-id": "x"}, base_url=platform.url)

    (seen,) = recorded(IDENTITY)
    assert answer.status_code == 401
    assert (seen["error.status.code"], json.loads(seen["error.content"])) == ("401", answer.get_json())
    assert seen["error.content"] == answer.text


def _below(answer: TestResponse) -> str:
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (MOCK_JWKS.replace("mock-jwks-internal-dev", "nothing"), "messaging.config.beans.ApplicationDoesNotExist"),
        (
            MOCK_JWKS.replace("environments/internal-dev", "environments/int"),
            "messaging.config.beans.EnvironmentDoesNotExist",
        ),
        (MOCK_JWKS.replace("revisions/1", "revisions/2"), "messaging.config.beans.ApplicationRevisionDoesNotExist"),
    ],
)
@pytest.mark.parametrize(
    ("method", "rest"), [("GET", ""), ("POST", ""), ("DELETE", "/x"), ("GET", "/x/data"), ("GET", "/x/data/y")]
)
def test_a_session_is_of_a_deployed_revision(management: Any, path: str, code: str, method: str, rest: str) -> None:
    answer = management(method, f"{path}{rest}")

    assert (answer.status_code, answer.get_json()["code"]) == (404, code)


@pytest.mark.parametrize(("method", "rest"), [("DELETE", ""), ("GET", "/data"), ("GET", "/data/x")])
def test_a_session_that_was_never_begun_is_not_found(management: Any, method: str, rest: str) -> None:
    answer = management(method, f"{MOCK_JWKS}/nothing{rest}")

    assert (answer.status_code, answer.get_json()) == (
        404,
        {"code": "distribution.DebugSessionNotFound", "message": "DebugSession nothing not found", "contexts": []},
    )


def test_a_record_that_is_none_is_not_found(management: Any, begin: Begin) -> None:
    begin()

    answer = management("GET", f"{MOCK_JWKS}/default/data/nothing")

    assert (answer.status_code, answer.get_json()["code"]) == (404, "distribution.MessageNotFound")
