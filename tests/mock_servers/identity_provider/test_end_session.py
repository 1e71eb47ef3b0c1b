"""Logging out at CIS2 ends the session, invalidates its tokens, and notifies every client once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider import app as provider_app
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose import jwts
from mock_servers.jose.jwks import UnreachableError
from mock_servers.jose.jwts import Alterations
from mock_servers.mock import Mock
from mock_servers.provider.cis2 import PATH

Ask = Callable[..., TestResponse]
ReadRedirect = Callable[[TestResponse], dict[str, str]]
DOCTOR = "656005750104"
HERE = "http://127.0.0.1:9/logout"
BYE = "https://app.example/bye"
END = "/connect/endSession"


class Clients:
    """What the clients of a provider receive, and how they answer."""

    def __init__(self) -> None:
        self.received: list[tuple[str, Mapping[str, str]]] = []
        self.status = 200

    def __call__(self, url: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        self.received.append((url, form))
        if not self.status:
            raise UnreachableError("nobody listens")
        return self.status, b""


@pytest.fixture
def clients(platform: Mock) -> Clients:
    platform.apps.change("nhsauth-app", backchannel_logout_uri=HERE)
    return Clients()


@pytest.fixture
def tokens(submit: Ask, read_redirect: ReadRedirect, redeem: Ask) -> dict[str, str]:
    """The answer to the code of a fresh log-in."""
    return dict(redeem("cis2", read_redirect(submit(DOCTOR))["code"]).get_json())


@pytest.fixture
def log_out(platform: Mock, clients: Clients) -> Ask:
    """GET the end-session endpoint of a provider whose clients are `clients`."""
    service = replace(platform.provider("cis2"), send=clients)
    http = Client(provider_app.create_app(service))

    def send(method: str = "GET", **query: str) -> TestResponse:
        return http.open(END, method=method, query_string=query, base_url=platform.url)

    return send


def test_the_clients_get_a_signed_logout_token(
    tokens: dict[str, str], log_out: Ask, clients: Clients, platform: Mock
) -> None:
    log_out(id_token_hint=tokens["id_token"])

    ((url, form),) = clients.received
    token = jwts.decode(form["logout_token"])
    key = platform.provider("cis2").key()
    assert (url, list(form)) == (HERE, ["logout_token"])
    assert jwts.verify(token, key.private.public_key(), ("RS256",))
    assert list(token.claims) == ["iss", "aud", "sub", "iat", "exp", "jti", "sid", "events"]
    assert token.claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert (token.claims["aud"], token.claims["sub"]) == ("nhsauth-app", DOCTOR)
    assert token.claims["sid"] == jwts.decode(tokens["id_token"]).claims["sid"]


def test_the_sessions_tokens_die(tokens: dict[str, str], log_out: Ask, http: Client) -> None:
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    before = http.get(f"{PATH}/userinfo", headers=headers).status_code

    log_out(id_token_hint=tokens["id_token"])

    assert (before, http.get(f"{PATH}/userinfo", headers=headers).status_code) == (200, 401)


def test_the_browsers_session_is_over(
    tokens: dict[str, str], log_out: Ask, authorize: Ask, read_redirect: ReadRedirect
) -> None:
    log_out(id_token_hint=tokens["id_token"])

    assert read_redirect(authorize(prompt="none"))["error"] == "login_required"


def test_a_code_of_the_session_dies(
    submit: Ask, tokens: dict[str, str], log_out: Ask, read_redirect: ReadRedirect, redeem: Ask
) -> None:
    code = read_redirect(submit(DOCTOR))["code"]

    log_out(id_token_hint=tokens["id_token"])

    assert redeem("cis2", code).get_json()["error"] == "invalid_grant"


def test_a_session_ends_once(tokens: dict[str, str], log_out: Ask, clients: Clients) -> None:
    answers = [log_out(id_token_hint=tokens["id_token"]) for _ in range(2)]

    assert ([answer.status_code for answer in answers], len(clients.received)) == ([204, 204], 1)


@pytest.mark.parametrize(("query", "location"), [({}, BYE), ({"state": "s 1"}, f"{BYE}?state=s%201")])
def test_the_browser_goes_where_the_client_wants(
    tokens: dict[str, str], log_out: Ask, query: dict[str, str], location: str
) -> None:
    answer = log_out(id_token_hint=tokens["id_token"], post_logout_redirect_uri=BYE, **query)

    assert (answer.status_code, answer.headers["Location"]) == (302, location)


@pytest.mark.parametrize(
    ("uri", "error", "sentence"),
    [
        ("/bye", "relative_redirect_uri", "The redirection URI provided is not absolute."),
        (
            "https://evil.example/",
            "redirect_uri_mismatch",
            "The redirection URI provided does not match a pre-registered value.",
        ),
    ],
)
def test_a_strange_address_ends_no_session(
    tokens: dict[str, str], log_out: Ask, clients: Clients, uri: str, error: str, sentence: str
) -> None:
    answer = log_out(id_token_hint=tokens["id_token"], post_logout_redirect_uri=uri)

    assert (answer.status_code, answer.get_json()) == (400, {"error_description": sentence, "error": error})
    assert clients.received == []


def test_the_hint_is_needed(log_out: Ask) -> None:
    answer = log_out()

    assert (answer.status_code, answer.get_json()) == (
        400,
        {"error_description": "The endSession endpoint requires an id_token_hint parameter", "error": "bad_request"},
    )


def test_a_strange_address_is_reported_beside_those_that_are_registered(
    tokens: dict[str, str], platform: Mock, http: Client
) -> None:
    query = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": f"{BYE}/"}

    http.get(f"{PATH}{END}", query_string=query, base_url=platform.url)

    assert platform.exchanges.last.diagnosis == (
        f'post_logout_redirect_uri "{BYE}/" is not one that the client has registered: "{BYE}"; they part after '
        f'"{BYE}". Register it for the app.'
    )


@pytest.mark.parametrize("hint", ["x", "a.b.c", "x" * 10_000])
def test_a_hint_that_is_not_token_of_the_providers_is_refused(log_out: Ask, hint: str) -> None:
    assert (log_out(id_token_hint=hint).status_code, log_out(id_token_hint=hint).get_json()["error"]) == (
        400,
        "bad_request",
    )


@pytest.mark.parametrize("sid", [[], {}, 7, None])
def test_a_sid_that_is_not_text_ends_no_session(log_out: Ask, clients: Clients, platform: Mock, sid: object) -> None:
    wanted = LogInRequest(client_id="nhsauth-app")
    hint = platform.id_token("cis2", wanted, Alterations(claims={"sid": sid}), base=platform.url)

    answer = log_out(id_token_hint=hint)

    assert (answer.status_code, clients.received) == (204, [])


def test_another_method_is_named(log_out: Ask) -> None:
    answer = log_out("POST")

    assert (answer.status_code, answer.get_json()["error_description"]) == (405, "Required Method: GET found: POST")


@pytest.mark.parametrize(("status", "words"), [(400, "answered 400"), (500, "answered 500"), (0, "not tried again")])
def test_a_client_that_fails_is_recorded_and_not_asked_again(
    tokens: dict[str, str], log_out: Ask, clients: Clients, platform: Mock, status: int, words: str
) -> None:
    clients.status = status

    answer = log_out(id_token_hint=tokens["id_token"])

    (reported,) = [record for record in platform.exchanges if record.path == HERE]
    seen: Any = (reported.service, reported.method, reported.status)
    assert (answer.status_code, len(clients.received), seen) == (204, 1, ("cis2", "POST", status))
    assert words in (reported.diagnosis or "")
    assert (reported.request["headers"], reported.request["query"], list(reported.request["form"])) == (
        {},
        {},
        ["logout_token"],
    )
    assert reported.response == {"status": status, "headers": {}, "body": {}}
    assert clients.received[0][1]["logout_token"] not in str(reported.as_json())


def exchanged(platform: Mock, http: Client, id_token: str) -> dict[str, str]:
    """What the platform gives for an id token; its access token is of no use to the log-out."""
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "subject_token": id_token,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": platform.client_assertion("nhsauth-app"),
    }
    return dict(http.post("/oauth2/token", data=form, base_url=platform.url).get_json())


def test_a_log_out_shows_that_an_exchanged_token_lives_on(tokens: dict[str, str], platform: Mock, http: Client) -> None:
    exchanged(platform, http, tokens["id_token"])

    http.get(f"{PATH}{END}", query_string={"id_token_hint": tokens["id_token"]}, base_url=platform.url)

    (reported,) = platform.exchanges.last.advice
    assert reported.startswith("The platform's access token for this id_token lives on until it expires")


def test_a_log_out_says_nothing_of_a_token_that_has_expired(
    tokens: dict[str, str], platform: Mock, http: Client
) -> None:
    exchanged(platform, http, tokens["id_token"])
    platform.clock.advance(601)

    http.get(f"{PATH}{END}", query_string={"id_token_hint": tokens["id_token"]}, base_url=platform.url)

    assert platform.exchanges.last.advice == ()


def test_a_call_with_an_exchanged_token_shows_that_the_person_has_logged_out(
    tokens: dict[str, str], platform: Mock, http: Client
) -> None:
    headers = {"Authorization": f"Bearer {exchanged(platform, http, tokens['id_token'])['access_token']}"}
    http.get(f"{PATH}{END}", query_string={"id_token_hint": tokens["id_token"]}, base_url=platform.url)

    answer = http.get("/hello-world/hello/user", headers=headers, base_url=platform.url)

    (reported,) = platform.exchanges.last.advice
    assert (answer.status_code, reported.partition(",")[0]) == (200, "The person has logged out at CIS2")


def test_so_it_shows_where_no_browser_has_logged_in_and_the_id_token_was_made(platform: Mock, http: Client) -> None:
    id_token = platform.id_token("cis2", LogInRequest(user="656005750104", client_id="nhsauth-app"))
    headers = {"Authorization": f"Bearer {exchanged(platform, http, id_token)['access_token']}"}
    http.get("/hello-world/hello/user", headers=headers, base_url=platform.url)
    before = platform.exchanges.last.advice

    left = http.get(f"{PATH}{END}", query_string={"id_token_hint": id_token}, base_url=platform.url)
    answer = http.get("/hello-world/hello/user", headers=headers, base_url=platform.url)

    (reported,) = platform.exchanges.last.advice
    assert (before, left.status_code, answer.status_code) == ((), 204, 200)
    assert reported.startswith("The person has logged out at CIS2, and this token goes on until it expires")
    assert reported.endswith("Delete the access token and the refresh token when the person logs out.")
