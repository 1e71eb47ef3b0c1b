"""CIS2 ends a session: which logout tokens the platform believes, in which order it judges them, and what dies."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.apim.app import create_app
from mock_servers.jose import jwts
from mock_servers.jose.jwks import UnreachableError
from mock_servers.mock import Mock
from tests.mock_servers.answers import refusal_of
from tests.mock_servers.apim.browser import Browser

EVENT = "http://schemas.openid.net/event/backchannel-logout"
ABSENT = object()
NOW = 1_800_000_000
CATCH_ALL = (
    "An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: "
    "https://digital.nhs.uk/developer/help-and-support quoting Message ID"
)


class LogoutToken(Protocol):
    def __call__(self, mount: str = "/oauth2", header: dict[str, Any] | None = None, **changes: Any) -> str: ...


@pytest.fixture
def logout_token(platform: Mock) -> LogoutToken:
    """A logout token for the newest session; keywords change its claims, ABSENT leaves one out."""

    def make(mount: str = "/oauth2", header: dict[str, Any] | None = None, **changes: Any) -> str:
        service = platform.providers["cis2" if mount == "/oauth2" else "Cis2-mock-internal-dev"]
        sessions = [key for key, _ in platform.store.browser_sessions.items()]
        sound: dict[str, Any] = {
            "iss": service.issuer(platform.url),
            "aud": "test-client-cis2",
            "sub": "656005750104",
            "iat": NOW,
            "jti": "1",
            "sid": sessions[-1][2] if sessions else "none",
            "events": {EVENT: {}},
        }
        claims = {name: value for name, value in {**sound, **changes}.items() if value is not ABSENT}
        key = service.key()
        members = {"typ": "JWT", "alg": service.provider.signing_algorithm, "kid": key.kid, **(header or {})}
        return jwts.sign(members, claims, key.private)

    return make


def test_without_a_token_there_is_nothing_to_judge(browser: Browser) -> None:
    assert refusal_of(browser.log_out(None)) == (400, "invalid_request", "Missing client_assertion")


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "x" * 10_000])
def test_a_token_that_is_not_jwt_is_malformed(browser: Browser, token: str) -> None:
    assert refusal_of(browser.log_out(token)) == (400, "invalid_request", "Malformed JWT in logout_token")


CLAIMS = [
    ("aud", ["nhsauth-app", ABSENT, None, [], ["other", "test-client-cis2"]], "Missing/invalid aud claim in JWT"),
    ("iss", ["https://evil.example", ABSENT, 1, None], "Missing/invalid iss claim in JWT"),
    ("sid", [ABSENT, None], "Missing sid claim in JWT"),
    ("events", [ABSENT, None, {}, [EVENT], EVENT, {"other": {}}], "Missing/invalid events claim in JWT"),
    ("nonce", ["n", "", 0, False, []], "Prohibited nonce claim in JWT"),
]


@pytest.mark.parametrize(
    ("name", "value", "sentence"), [(name, value, said) for name, values, said in CLAIMS for value in values]
)
def test_a_claim_that_is_wrong_meets_its_row(
    browser: Browser, logout_token: LogoutToken, name: str, value: Any, sentence: str
) -> None:
    assert refusal_of(browser.log_out(logout_token(**{name: value}))) == (400, "invalid_request", sentence)


@pytest.mark.parametrize("first", range(len(CLAIMS)))
def test_of_several_wrong_claims_the_first_in_order_is_reported(
    browser: Browser, logout_token: LogoutToken, first: int
) -> None:
    wrong: dict[str, Any] = {name: values[0] for name, values, _ in CLAIMS[first:]}

    answer = browser.log_out(logout_token(header={"kid": "unknown"}, **wrong))

    assert refusal_of(answer)[2] == CLAIMS[first][2]


@pytest.mark.parametrize("header", [{"kid": "unknown"}, {"kid": None}, {"alg": "none"}, {"alg": "RS384"}])
def test_a_token_that_cis2_has_not_signed_is_refused(
    browser: Browser, logout_token: LogoutToken, header: dict[str, Any]
) -> None:
    browser.tokens()

    assert refusal_of(browser.log_out(logout_token(header=header))) == (400, "bad_request", "Unable to verify JWT")


def test_a_session_that_nobody_knows_is_not_found(browser: Browser, logout_token: LogoutToken) -> None:
    assert refusal_of(browser.log_out(logout_token(sid="unknown"))) == (501, "not_implemented", "SID not found")


def test_a_session_of_a_token_exchange_is_not_found(
    platform: Mock, browser: Browser, token_exchange: Callable[..., TestResponse], logout_token: LogoutToken
) -> None:
    token_exchange()
    held = platform.store.refresh_tokens.values()[-1]

    assert refusal_of(browser.log_out(logout_token(sid=held.session.id)))[2] == "SID not found"


def test_a_session_of_the_other_deployment_is_not_found(
    platform: Mock, browser: Browser, logout_token: LogoutToken
) -> None:
    browser.tokens("/oauth2-mock")
    (((_, _, sid), _),) = platform.store.browser_sessions.items()

    assert refusal_of(browser.log_out(logout_token(sid=sid)))[2] == "SID not found"


def test_without_the_providers_keys_the_logout_fails(platform: Mock, logout_token: LogoutToken) -> None:
    platform.served_at(platform.url)

    def down(_: str) -> bytes:
        raise UnreachableError("it is down")

    app = create_app(replace(platform.token_services[0], fetch=down))

    answer = Client(app).post("/backchannel_logout", data={"logout_token": logout_token()}, base_url=platform.url)

    assert refusal_of(answer) == (500, "unknown_error", CATCH_ALL)


@pytest.mark.parametrize("mount", ["/oauth2", "/oauth2-mock"])
def test_a_session_that_is_known_ends(browser: Browser, logout_token: LogoutToken, mount: str) -> None:
    browser.tokens(mount)

    answer = browser.log_out(logout_token(mount), mount)

    assert (answer.status_code, answer.get_json()) == (200, {"success": True})


@pytest.mark.parametrize(
    "change", [{"aud": ["test-client-cis2", "other"]}, {"nonce": None}, {"sub": ABSENT}, {"iat": ABSENT}, {"exp": NOW}]
)
def test_what_is_odd_and_right_passes(browser: Browser, logout_token: LogoutToken, change: dict[str, Any]) -> None:
    browser.tokens()

    assert browser.log_out(logout_token(**change)).status_code == 200


def test_the_case_of_the_issuer_does_not_matter(platform: Mock, browser: Browser, logout_token: LogoutToken) -> None:
    browser.tokens()

    assert browser.log_out(logout_token(iss=platform.providers["cis2"].issuer(platform.url).upper())).status_code == 200


def test_all_tokens_of_the_session_die(browser: Browser, logout_token: LogoutToken) -> None:
    first = browser.tokens()
    second = browser.refresh(first["refresh_token"]).get_json()
    browser.log_out(logout_token())

    for token in (first["access_token"], second["access_token"]):
        fault = browser.get("/hello-world/hello/user", token)
        assert (fault.status_code, fault.get_json()["fault"]["detail"]["errorcode"]) == (
            401,
            "keymanagement.service.access_token_not_approved",
        )
        assert browser.get("/oauth2/userinfo", token).status_code == 401
    assert refusal_of(browser.refresh(second["refresh_token"])) == (401, "invalid_grant", "refresh_token is invalid")


def test_a_diagnosis_shows_a_revoked_token_from_an_unknown_one(
    platform: Mock, browser: Browser, logout_token: LogoutToken
) -> None:
    first = browser.tokens()
    browser.log_out(logout_token())

    browser.get("/oauth2/userinfo", first["access_token"])
    assert "was revoked at 2027-" in (platform.exchanges.last.diagnosis or "")
    browser.refresh(first["refresh_token"])
    assert "logged out at 2027-" in (platform.exchanges.last.diagnosis or "")


def test_a_session_begins_when_its_code_is_redeemed(
    platform: Mock, browser: Browser, logout_token: LogoutToken
) -> None:
    code = browser.code()
    (session,) = [code.session for code in platform.store.platform_codes.values()]

    assert refusal_of(browser.log_out(logout_token(sid=session.id))) == (501, "not_implemented", "SID not found")
    assert browser.redeem(code).status_code == 200
    assert browser.log_out(logout_token(sid=session.id)).status_code == 200


def test_a_code_of_the_same_session_outlives_its_end(
    platform: Mock, browser: Browser, logout_token: LogoutToken
) -> None:
    first, code = browser.tokens(), browser.code()
    _one_session(platform)
    browser.log_out(logout_token())
    second = browser.redeem(code).get_json()

    assert browser.get("/hello-world/hello/user", first["access_token"]).status_code == 401
    assert browser.get("/hello-world/hello/user", second["access_token"]).status_code == 200
    browser.log_out(logout_token())
    assert browser.get("/hello-world/hello/user", first["access_token"]).status_code == 401
    assert browser.get("/hello-world/hello/user", second["access_token"]).status_code == 401


def _one_session(platform: Mock) -> None:
    """Let the code that is still to be redeemed be of the session that has given tokens."""
    (((_, _, sid), _),) = platform.store.browser_sessions.items()
    codes = platform.store.platform_codes
    ((value, code),) = [(value, code) for value, code in codes.items() if code.spent_at is None]
    codes.put(value, replace(code, session=replace(code.session, id=str(sid))))


@pytest.mark.parametrize("claims", [{"exp": NOW - 1}, {"nbf": NOW + 1}, {"iat": NOW + 1}, {"exp": "x"}], ids=repr)
def test_a_token_that_is_not_good_at_this_time_is_refused(
    browser: Browser, logout_token: LogoutToken, claims: dict[str, Any]
) -> None:
    browser.tokens()

    assert refusal_of(browser.log_out(logout_token(**claims))) == (400, "bad_request", "Unable to verify JWT")


def test_other_sessions_live_on(browser: Browser, logout_token: LogoutToken) -> None:
    other = browser.tokens()
    browser.tokens()
    browser.log_out(logout_token())

    assert browser.get("/oauth2/userinfo", other["access_token"]).status_code == 200
    assert browser.refresh(other["refresh_token"]).status_code == 200


def test_tokens_of_an_exchange_with_the_same_sid_live_on(
    platform: Mock, browser: Browser, token_exchange: Callable[..., TestResponse], logout_token: LogoutToken
) -> None:
    browser.tokens()
    (((_, _, sid), _),) = platform.store.browser_sessions.items()
    token = token_exchange().get_json()["access_token"]
    held = platform.store.access_tokens.get(token)
    assert held is not None
    assert held.session is not None
    platform.store.access_tokens.put(token, replace(held, session=replace(held.session, id=str(sid))))

    browser.log_out(logout_token())

    assert browser.get("/hello-world/hello/user", token).status_code == 200


def test_a_logout_that_comes_twice_succeeds_twice(browser: Browser, logout_token: LogoutToken) -> None:
    browser.tokens()
    browser.log_out(logout_token())

    assert browser.log_out(logout_token()).status_code == 200


def test_the_journal_holds_no_whole_logout_token(platform: Mock, browser: Browser, logout_token: LogoutToken) -> None:
    token = logout_token()
    browser.log_out(token)

    assert token not in str(platform.exchanges.last.as_json())


def test_a_reset_forgets_that_a_session_ended(platform: Mock, browser: Browser, logout_token: LogoutToken) -> None:
    first = browser.tokens()
    state = platform.snapshot()
    browser.log_out(logout_token())
    platform.restore(state)

    assert browser.get("/oauth2/userinfo", first["access_token"]).status_code == 200
