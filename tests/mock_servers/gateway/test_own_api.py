"""A team's own API behind the gateway: who is let through, who is not and with which answer, and what arrives."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.gateway.upstream import Upstream
from mock_servers.http import server as serving
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.platform.platform import ApiExistsError
from mock_servers.settings.sections import ApimSettings
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Api, Configuration
from mock_servers.state.fault import Fault

AAL3 = "urn:nhsd:apim:user-nhs-cis2:aal3:my-api"
LEVEL3 = "urn:nhsd:apim:app:level3:my-api"
LEVEL0 = "urn:nhsd:apim:app:level0:my-api"

Ask = Callable[..., TestResponse]
Behind = Callable[..., Api]
Call = Callable[..., TestResponse]

NO_TOKEN = ("Invalid access token", "oauth.v2.InvalidAccessToken")
UNKNOWN = ("Invalid Access Token", "keymanagement.service.invalid_access_token")
EXPIRED = ("Access Token expired", "keymanagement.service.access_token_expired")
TOO_LOW = ("Required scope(s): OauthV2.VerifyAccessToken.scopeSet", "steps.oauth.v2.InsufficientScope")
NO_KEY = ("Failed to resolve API Key variable request.header.apikey", "steps.oauth.v2.FailedToResolveAPIKey")
WRONG_KEY = ("Invalid ApiKey", "oauth.v2.InvalidApiKey")
NOT_SUBSCRIBED = (
    "Invalid API call as no apiproduct match found",
    "keymanagement.service.InvalidAPICallAsNoApiProductMatchFound",
)


def fault(answer: TestResponse) -> tuple[int, tuple[str, str]]:
    inner = answer.get_json()["fault"]
    return answer.status_code, (inner["faultstring"], inner["detail"]["errorcode"])


@pytest.fixture
def aal3(token_exchange: Ask) -> Callable[[], str]:
    """A token of somebody who logged in at AAL3; the scopes are those that the app has at that time."""
    return lambda: str(token_exchange().get_json()["access_token"])


# who is let through


def test_a_token_of_the_level_reaches_the_api(behind: Behind, call: Call, aal3: Callable[[], str]) -> None:
    behind(AAL3)

    assert call(token=aal3()).status_code == 201


def test_a_token_of_a_lower_level_does_not(platform: Mock, behind: Behind, call: Call, token_exchange: Ask) -> None:
    behind(AAL3)
    low = platform.id_token("cis2", LogInRequest(client_id="nhsauth-app", level="aal2"))
    token = token_exchange(subject_token=low).get_json()["access_token"]

    answer = call(token=token)

    assert fault(answer) == (403, TOO_LOW)
    assert "my-api wants" in (platform.exchanges.last.diagnosis or "")


def test_a_token_of_an_application_does_not_open_what_wants_a_person(
    behind: Behind, call: Call, client_credentials: Ask
) -> None:
    behind(AAL3)

    assert fault(call(token=client_credentials().get_json()["access_token"])) == (403, TOO_LOW)


def test_one_of_several_scopes_will_do(behind: Behind, call: Call, client_credentials: Ask) -> None:
    behind(AAL3, LEVEL3)

    assert call(token=client_credentials().get_json()["access_token"]).status_code == 201


def test_without_scopes_any_live_token_will_do(behind: Behind, call: Call, aal3: Callable[[], str]) -> None:
    behind()

    assert call(token=aal3()).status_code == 201


def test_an_open_api_asks_for_nothing(behind: Behind, call: Call) -> None:
    behind(open=True)

    assert call().status_code == 201
    assert call(token="rubbish").status_code == 201


def test_no_token_is_refused(behind: Behind, call: Call) -> None:
    behind(AAL3)

    assert fault(call()) == (401, NO_TOKEN)
    assert fault(call(headers=[("Authorization", "Bearer ")])) == (401, NO_TOKEN)


def test_an_unknown_token_is_refused(behind: Behind, call: Call) -> None:
    behind(AAL3)

    assert fault(call(token="rubbish")) == (401, UNKNOWN)


def test_a_token_that_has_expired_is_refused(
    platform: Mock, behind: Behind, call: Call, aal3: Callable[[], str]
) -> None:
    behind(AAL3)
    token = aal3()
    platform.clock.advance(600)

    assert fault(call(token=token)) == (401, EXPIRED)


def test_an_app_without_the_product_is_refused(
    platform: Mock, behind: Behind, call: Call, aal3: Callable[[], str]
) -> None:
    behind(AAL3)
    token = aal3()
    platform.apps.change("nhsauth-app", subscribed=False)

    assert fault(call(token=token)) == (401, NOT_SUBSCRIBED)


def test_the_status_of_too_low_a_scope_is_a_setting(ring: KeyRing, upstream: str) -> None:
    api = Api(path="/my-api", upstream=upstream, scopes=(AAL3,))
    platform = Mock(
        Configuration(apim=ApimSettings(insufficient_scope_status=401), apis=(api,)), ring=ring, clock=Clock()
    )
    http = Client(platform)
    form = {"grant_type": "client_credentials", "client_assertion": platform.client_assertion("nhsauth-app")}
    form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    token = http.post("/oauth2/token", data=form, base_url=platform.url).get_json()["access_token"]

    assert fault(http.get("/my-api/x", headers={"Authorization": f"Bearer {token}"})) == (401, TOO_LOW)


# API keys


def test_an_api_for_keys_takes_a_key(behind: Behind, call: Call) -> None:
    behind(LEVEL0)

    assert call(headers=[("apikey", "nhsauth-app")]).status_code == 201


def test_without_a_key_such_an_api_names_the_header(behind: Behind, call: Call) -> None:
    behind(LEVEL0)

    assert fault(call()) == (401, NO_KEY)


def test_a_wrong_key_is_refused(behind: Behind, call: Call) -> None:
    behind(LEVEL0)

    assert fault(call(headers=[("apikey", "wrong")])) == (401, WRONG_KEY)


def test_an_api_without_scopes_takes_a_key_as_well(behind: Behind, call: Call) -> None:
    behind()

    assert call(headers=[("apikey", "nhsauth-app")]).status_code == 201
    assert fault(call(headers=[("apikey", "wrong")])) == (401, WRONG_KEY)
    assert fault(call()) == (401, NO_TOKEN)


def test_an_api_for_people_takes_no_key(behind: Behind, call: Call) -> None:
    behind(AAL3)

    assert fault(call(headers=[("apikey", "nhsauth-app")])) == (401, NO_TOKEN)


def test_an_api_for_keys_and_people_takes_both(behind: Behind, call: Call, aal3: Callable[[], str]) -> None:
    behind(LEVEL0, AAL3)
    token = aal3()

    assert call(token=token).status_code == 201
    assert call(headers=[("apikey", "nhsauth-app")]).status_code == 201
    assert fault(call()) == (401, NO_TOKEN)


# the rate limit


def test_the_quota_of_the_app_holds_at_each_api(platform: Mock, behind: Behind, call: Call) -> None:
    behind(LEVEL0)
    behind(LEVEL0, path="/other")
    platform.apps.change("nhsauth-app", quota_per_minute=2, name="My app - INT")
    key = [("apikey", "nhsauth-app")]

    statuses = [call(headers=key).status_code for _ in range(2)]
    answer = call(headers=key)

    members = answer.get_json()
    assert statuses == [201, 201]
    assert (answer.status_code, answer.content_type) == (429, "application/json")
    assert members["message"] == (
        "Your application, My app - INT, has exceeded its quota of 2 requests every 1 minute(s) and is being rate "
        "limited."
    )
    assert (members["scope"], members["policy"], members["limit"]) == ("application", "quota", 2)
    assert call("/other/x", headers=key).status_code == 201


def test_in_the_next_minute_the_quota_is_whole_again(platform: Mock, behind: Behind, call: Call) -> None:
    behind(LEVEL0)
    platform.apps.change("nhsauth-app", quota_per_minute=1)
    key = [("apikey", "nhsauth-app")]
    statuses = [call(headers=key).status_code for _ in range(2)]

    platform.clock.advance(60)

    assert statuses == [201, 429]
    assert call(headers=key).status_code == 201


def test_of_many_calls_at_once_no_more_pass_than_the_quota(platform: Mock, behind: Behind, call: Call) -> None:
    behind(LEVEL0)
    platform.apps.change("nhsauth-app", quota_per_minute=5)

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: call(headers=[("apikey", "nhsauth-app")]).status_code, range(20)))

    assert sorted(statuses) == [201] * 5 + [429] * 15


# what arrives, and what comes back


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_every_method_is_passed_on(behind: Behind, call: Call, method: str) -> None:
    behind(open=True)

    assert call(method=method).get_json()["method"] == method


def test_head_is_answered_without_a_body(behind: Behind, call: Call) -> None:
    behind(open=True)

    answer = call(method="HEAD")

    assert (answer.status_code, answer.data) == (201, b"")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/my-api", "/"),
        ("/my-api/", "/"),
        ("/my-api/Patient/1", "/Patient/1"),
        ("/my-api/Patient?a=1&a=2&b=%2F+%20&empty=", "/Patient?a=1&a=2&b=%2F+%20&empty="),
        ("/my-api?_id=1", "/?_id=1"),
    ],
)
def test_the_path_below_the_apis_own_and_the_query_arrive(behind: Behind, call: Call, path: str, target: str) -> None:
    behind(open=True)

    assert call(path).get_json()["target"] == target


def test_an_upstream_may_have_a_path_of_its_own(behind: Behind, call: Call, upstream: str) -> None:
    behind(open=True, upstream=f"{upstream}/FHIR/R4/")

    assert call("/my-api/Patient").get_json()["target"] == "/FHIR/R4/Patient"


def test_headers_arrive_but_those_of_the_connection(behind: Behind, call: Call, upstream: str) -> None:
    behind(open=True)

    reported = call(
        headers=[
            ("X-Request-ID", "60E0B220"),
            ("NHSD-Session-URID", "555021935107"),
            ("Accept", "a/b"),
            ("Accept", "c/d"),
            ("Connection", "close, X-Hop"),
            ("X-Hop", "1"),
            ("TE", "trailers"),
            ("Upgrade", "websocket"),
            ("Proxy-Authorization", "Basic eDp5"),
            ("Proxy-Authenticate", "Basic"),
            ("Proxy-Connection", "keep-alive"),
            ("Keep-Alive", "timeout=5"),
            ("Trailer", "X-End"),
            ("Host", "mock.example"),
        ]
    ).get_json()["headers"]

    assert reported == {
        "x-request-id": "60E0B220",
        "nhsd-session-urid": "555021935107",
        "accept": "a/b, c/d",
        "host": upstream.removeprefix("http://"),
    }


def test_the_token_arrives_as_well(behind: Behind, call: Call, aal3: Callable[[], str]) -> None:
    behind(AAL3)
    token = aal3()

    assert call(token=token).get_json()["headers"]["authorization"] == f"Bearer {token}"


def test_a_body_arrives_whole_with_its_type(behind: Behind, call: Call) -> None:
    behind(open=True)

    body = call(method="POST", data=b"<x/>" * 100_000, content_type="application/fhir+xml").get_json()

    assert (body["type"], body["length"], body["body"]) == ("application/fhir+xml", "400000", "<x/>" * 100_000)


def test_a_form_is_not_eaten_by_the_gateway(behind: Behind, call: Call) -> None:
    behind(open=True)

    assert call(method="POST", data={"a": "1"}).get_json()["body"] == "a=1"


def test_the_answer_comes_back_as_it_was(behind: Behind, call: Call) -> None:
    behind(open=True)

    answer = call(headers=[("X-Request-ID", "60E0B220")])

    assert answer.status == "201 Created"
    assert answer.content_type == "application/fhir+json"
    assert answer.headers["X-Request-ID"] == "60E0B220"
    assert answer.headers.getlist("Set-Cookie") == ["a=1", "b=2"]
    assert "X-Only-Here" not in answer.headers
    assert "Connection" not in answer.headers


def test_a_refused_request_never_reaches_the_api(behind: Behind, call: Call, platform: Mock) -> None:
    api = behind(AAL3, upstream="http://127.0.0.1:9")

    assert fault(call(token="rubbish")) == (401, UNKNOWN)
    assert api.upstream not in (platform.exchanges.last.diagnosis or "")


def test_calls_are_in_the_journal(behind: Behind, call: Call, platform: Mock) -> None:
    behind(open=True)
    call("/my-api/Patient/1?secret=x")

    record = platform.exchanges.last

    assert (record.service, record.method, record.path, record.status) == ("gateway", "GET", "/my-api/Patient/1", 201)


def test_a_fault_stands_before_the_api(behind: Behind, call: Call, platform: Mock) -> None:
    behind(open=True)
    platform.faults.order(Fault(on="api", do="status", status=502))
    platform.faults.order(Fault(on="api", do="malformed", kind="half"))

    statuses, half = [call().status_code], call()

    assert (statuses, half.status_code) == ([502], 201)
    assert half.data.startswith(b'{"method": "GET"')
    assert not half.data.endswith(b"}")


def test_an_id_that_the_api_does_not_return_comes_back_all_the_same(behind: Behind, call: Call) -> None:
    behind(open=True)

    answer = call(headers=[("X-Request-ID", "60E0B220"), ("X-Correlation-ID", "1")])

    assert answer.headers.getlist("X-Request-ID") == ["60E0B220"]
    assert answer.headers.getlist("X-Correlation-ID") == ["1"]


# where it is


@pytest.mark.parametrize("path", ["/my-apis", "/my", "/MY-API", "/my-ap/i"])
def test_another_path_is_nobodys(behind: Behind, call: Call, path: str) -> None:
    behind(open=True)

    assert fault(call(path)) == (
        404,
        (
            f"Unable to identify proxy for host: secure and url: {path}",
            "messaging.adaptors.http.flow.ApplicationNotFound",
        ),
    )


def test_of_two_apis_the_longer_path_takes_the_call(behind: Behind, call: Call) -> None:
    behind(open=True)
    behind(AAL3, path="/my-api/private")

    assert call("/my-api/public").status_code == 201
    assert fault(call("/my-api/private/x")) == (401, NO_TOKEN)


def test_an_api_whose_path_is_part_of_anothers_changes_nothing_there(
    platform: Mock, behind: Behind, call: Call
) -> None:
    behind(AAL3, path="/hello")

    assert call("/hello-world/hello/world").status_code == 200
    assert platform.exchanges.last.diagnosis is None


def test_a_path_is_taken_once(behind: Behind) -> None:
    behind(open=True)

    with pytest.raises(ApiExistsError, match="an API is at '/my-api' already"):
        behind(open=True)


def test_an_api_of_the_configuration_is_there_from_the_start(ring: KeyRing, upstream: str) -> None:
    configuration = Configuration(apis=(Api(path="/mine", upstream=upstream, scopes=(AAL3,)),))
    platform = Mock(configuration, ring=ring)

    assert fault(Client(platform).get("/mine")) == (401, NO_TOKEN)
    assert AAL3 in platform.apps.get("nhsauth-app").scopes


def test_an_added_api_is_gone_after_the_test(platform: Mock, behind: Behind, call: Call) -> None:
    state = platform.snapshot()
    behind(open=True)
    there = call().status_code

    platform.restore(state)

    assert (there, call().status_code) == (201, 404)


# an API that is not well


def test_an_api_that_is_not_there_is_unavailable(behind: Behind, call: Call, platform: Mock) -> None:
    behind(open=True, upstream="http://127.0.0.1:9")

    answer = call()

    assert fault(answer) == (
        503,
        ("The Service is temporarily unavailable", "messaging.adaptors.http.flow.ServiceUnavailable"),
    )
    assert "http://127.0.0.1:9 cannot be reached: ConnectionRefusedError" in (platform.exchanges.last.diagnosis or "")
    assert platform.exchanges.last.refusal is not None
    assert platform.exchanges.last.refusal.evidence == "I"


@pytest.mark.parametrize("host", ["example.com", "nobody.invalid"])
def test_a_foreign_host_is_not_called(behind: Behind, call: Call, platform: Mock, host: str) -> None:
    behind(open=True, upstream=f"https://{host}")

    assert fault(call())[0] == 503
    assert "allow_hosts" in (platform.exchanges.last.diagnosis or "")


@pytest.fixture
def dropping() -> Iterator[str]:
    """An API that closes every connection without an answer."""

    def drop(*_: Any) -> Any:
        raise ConnectionAbortedError

    with serving.serve(drop) as server:
        yield server.url


def test_an_api_that_closes_the_connection_is_a_bad_gateway(behind: Behind, call: Call, dropping: str) -> None:
    behind(open=True, upstream=dropping)

    assert fault(call()) == (502, ("Unexpected EOF at target", "messaging.adaptors.http.UnexpectedEOFAtTarget"))


def test_the_gateway_waits_as_long_as_apigee_says() -> None:
    assert (Upstream().connect, Upstream().read) == (3, 55)
