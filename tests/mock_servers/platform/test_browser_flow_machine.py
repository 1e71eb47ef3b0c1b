"""Log-ins, codes, tokens, refreshes, log-outs and time in any order, against a model that knows the contract alone."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from werkzeug.test import Client, TestResponse

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import READY_MADE_APP, Configuration
from mock_servers.state.table import Content

NOW: Final = 1_800_000_000
HEALTHCARE: Final = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
AUTHORIZE: Final = {"cis2": f"{HEALTHCARE}/authorize", "nhs_login": "/authorize", "platform": "/oauth2/authorize"}
TOKEN: Final = {"cis2": f"{HEALTHCARE}/access_token", "nhs_login": "/token", "platform": "/oauth2/token"}
GOOD_AT: Final = {"cis2": f"{HEALTHCARE}/userinfo", "nhs_login": "/userinfo", "platform": "/hello-world/hello/user"}
ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

SECRETS: Final = {"nhsauth-app": "nhsauth-secret", "second-app": "second-secret"}
REDIRECTS: Final = ("https://app.example/one", "https://app.example/two")
PEOPLE: Final = {"cis2": ("656005750104", "656005750105"), "nhs_login": ("9912003071",)}
PROVIDERS: Final = tuple(PEOPLE)
SCOPES: Final = {"cis2": "nhs-cis2", "nhs_login": "nhs-login"}

CODE_LIVES: Final = {"cis2": 120, "nhs_login": 600, "platform": 300}
ACCESS_LIVES: Final = {"cis2": 3600, "nhs_login": 300, "platform": 600}
ID_TOKEN_LIVES: Final = 3600
SESSION_LIVES: Final = {"cis2": 43200, "nhs_login": 3600}
"""Of the platform, by who logged the person in; its refresh tokens live as long."""
PROVIDER_REFRESH_LIVES: Final = 30 * 24 * 3600
SIGNED_ON_LIVES: Final = 43200
"""How long a browser stays logged in at a provider, at most."""

Refusal = tuple[int, str, str]

CODE_REFUSED: Final[Mapping[str, Refusal]] = {
    "cis2": (400, "invalid_grant", "The provided access grant is invalid, expired, or revoked."),
    "nhs_login": (400, "invalid_grant", ""),
    "platform": (400, "invalid_grant", "authorization_code is invalid"),
}
REFRESH_REFUSED: Final[Mapping[str, Refusal]] = {
    "cis2": (400, "invalid_request", "RefreshToken does not exist"),
    "nhs_login": (400, "invalid_grant", ""),
    "platform": (401, "invalid_grant", "refresh_token is invalid"),
}
REFRESH_TOO_LATE: Final = (401, "invalid_grant", "refresh token refresh period has expired")
ID_TOKEN_EXPIRED: Final = (400, "invalid_request", "Invalid 'exp' claim in subject_token JWT - JWT has expired")
NO_CIS2_TOKEN: Final = (
    401,
    "invalid_token",
    "The access token provided is expired, revoked, malformed, or invalid for other reasons.",
)
ACCESS_REFUSED: Final[Mapping[tuple[str, str], Refusal]] = {
    ("cis2", "unknown"): NO_CIS2_TOKEN,
    ("cis2", "expired"): NO_CIS2_TOKEN,
    ("cis2", "logged out"): NO_CIS2_TOKEN,
    ("nhs_login", "unknown"): (401, "invalid_token", "The access token is invalid"),
    ("nhs_login", "expired"): (401, "invalid_token", "The access token expired"),
    ("platform", "unknown"): (401, "keymanagement.service.invalid_access_token", "Invalid Access Token"),
    ("platform", "expired"): (401, "keymanagement.service.access_token_expired", "Access Token expired"),
    ("platform", "logged out"): (401, "keymanagement.service.access_token_not_approved", "Access Token not approved"),
}

NOT_COMBINED: Final = "The Userinfo endpoint is only supported for Combined Auth integrations."
CATCH_ALL: Final = "An unknown error occurred processing this request."


@dataclass(eq=False, kw_only=True)
class SignOn:
    """A person's session at a provider."""

    provider: str
    person: str
    began: int
    sid: str | None = None
    ended: bool = False


@dataclass(eq=False, kw_only=True)
class Grant:
    """What lives until a moment, or until the session that it descends from ends; an exchange descends from none."""

    value: str = field(repr=False)
    place: str
    until: int
    sign_on: SignOn | None

    @property
    def logged_out(self) -> bool:
        return self.sign_on is not None and self.sign_on.ended

    def lives(self, now: int) -> bool:
        return not self.logged_out and now < self.until


@dataclass(eq=False, kw_only=True)
class Code(Grant):
    """The platform's lives on when the provider's session ends."""

    client_id: str
    redirect_uri: str
    provider: str
    external_until: int
    spent: bool = False

    @property
    def logged_out(self) -> bool:
        return self.place != "platform" and super().logged_out


@dataclass(eq=False, kw_only=True)
class Family:
    """What all tokens that descend from one platform session share; times in seconds since 1970.

    `external_until` is how long the provider's own access token lives, which only the browser flow has. `ended`: the
    provider's session ended after the tokens were given.
    """

    provider: str
    client_id: str
    ends_at: int
    external_until: int | None = None
    ended: bool = False


@dataclass(eq=False, kw_only=True)
class Descendant(Grant):
    family: Family | None = None

    @property
    def logged_out(self) -> bool:
        return super().logged_out if self.family is None else self.family.ended


@dataclass(eq=False, kw_only=True)
class AccessToken(Descendant):
    def verdict(self, place: str, now: int) -> str:
        if place != self.place:
            return "unknown"
        if self.logged_out:
            return "logged out"
        return "good" if now < self.until else "expired"


@dataclass(eq=False, kw_only=True)
class RefreshToken(Descendant):
    client_id: str
    count: int = 0
    spent: bool = False

    def refusal(self, client_id: str, now: int) -> Refusal | None:
        if client_id != self.client_id or self.spent or self.logged_out:
            return REFRESH_REFUSED[self.place]
        if now < self.until:
            return None
        return REFRESH_TOO_LATE if self.place == "platform" else REFRESH_REFUSED[self.place]


@dataclass(eq=False, kw_only=True)
class IdToken(Grant):
    provider: str


G = TypeVar("G", bound=Grant)
WHICH: Final = st.integers(0, 9)
CLIENT_IDS: Final = st.sampled_from(tuple(SECRETS))
REDIRECT_URIS: Final = st.sampled_from(REDIRECTS)
LOG_INS: Final = st.sampled_from([(provider, person) for provider in PROVIDERS for person in PEOPLE[provider]])
PLACES: Final = st.sampled_from(tuple(TOKEN))
PERIODS: Final = st.sampled_from([1, 61, 119, 121, 299, 301, 601, 1801, 3601, 7201, 36001, 43201, 2592001])


def newest(grants: Sequence[G], which: int) -> G:
    """The one that is `which` places older than the newest."""
    return grants[-1 - which % len(grants)]


def refusal(answer: TestResponse) -> Refusal:
    """Status, code and sentence, from whichever of the three shapes of error the answer has."""
    members = answer.get_json(silent=True) or {}
    if "fault" in members:
        fault = members["fault"]
        return answer.status_code, fault["detail"]["errorcode"], fault["faultstring"]
    return answer.status_code, members.get("error", ""), members.get("error_description", "")


def query_of(answer: TestResponse) -> dict[str, str]:
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


class Caller:
    """One browser and two applications that speak to a platform put back to its start."""

    def __init__(self, platform: Mock, start: Content) -> None:
        platform.restore(start)
        self.platform = platform
        self.open_browser()

    def open_browser(self) -> None:
        """Take a browser without cookies."""
        self.http = Client(self.platform)

    def get(self, path: str, query: Mapping[str, str] | None = None, token: str | None = None) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return self.http.get(path, query_string=query, headers=headers, base_url=self.platform.url)

    def arrive(self, place: str, query: Mapping[str, str]) -> dict[str, str]:
        """Follow redirects to the application, and return its parameters."""
        answer = self.get(AUTHORIZE[place], {"response_type": "code", "state": "s", "nonce": "n", **query})
        while answer.headers.get("Location", "").startswith(self.platform.url):
            answer = self.get(answer.headers["Location"].removeprefix(self.platform.url))
        assert answer.headers["Location"].startswith(f"{query['redirect_uri']}?"), answer.get_data(as_text=True)
        return query_of(answer)

    def ask(self, place: str, client_id: str, form: Mapping[str, str]) -> TestResponse:
        """Ask for tokens as a client that proves itself."""
        signs = place == "nhs_login" or "subject_token" in form
        proof = self._signed(place, client_id) if signs else {"client_secret": SECRETS[client_id]}
        sent = {"client_id": client_id, **proof, **form}
        return self.http.post(TOKEN[place], data=sent, base_url=self.platform.url)

    def _signed(self, place: str, client_id: str) -> dict[str, str]:
        key = self.platform.apps.key(self.platform.apps.get("nhsauth-app"))
        token_url = f"{self.platform.url}{TOKEN[place]}"
        assertion = self.platform.client_assertion(client_id, token_url=token_url, key=key)
        return {"client_assertion_type": ASSERTION, "client_assertion": assertion}


class BrowserFlow(RuleBasedStateMachine):
    """Every grant ever seen is kept; what the mock says of one is compared with what the contract says."""

    def __init__(self, platform: Mock, start: Content) -> None:
        super().__init__()
        self.caller = Caller(platform, start)
        self.now = NOW
        self.signed_on: dict[str, SignOn] = {}
        self.sign_ons: list[SignOn] = []
        self.codes: list[Code] = []
        self.access_tokens: list[AccessToken] = []
        self.refresh_tokens: list[RefreshToken] = []
        self.id_tokens: list[IdToken] = []

    # log-ins

    @initialize(others=st.lists(st.tuples(LOG_INS, st.booleans()), min_size=2, max_size=3), client_id=CLIENT_IDS)
    def begin_with_tokens(self, others: list[tuple[tuple[str, str], bool]], client_id: str) -> None:
        """Others log in, then one person at CIS2 and through the platform: chance alone seldom makes such a session."""
        doctor = ("cis2", PEOPLE["cis2"][0])
        for who, through_platform in [*others, (doctor, True), (doctor, False)]:
            self.log_in(who, through_platform, client_id, REDIRECTS[0])
            self.redeem_a_code(0)

    @rule(who=LOG_INS, through_platform=st.booleans(), client_id=CLIENT_IDS, redirect_uri=REDIRECT_URIS)
    def log_in(self, who: tuple[str, str], through_platform: bool, client_id: str, redirect_uri: str) -> None:  # noqa: FBT001 - Hypothesis names it
        provider, person = who
        place = "platform" if through_platform else provider
        self._log_in(place, provider, person, {"client_id": client_id, "redirect_uri": redirect_uri})

    def _log_in(self, place: str, provider: str, person: str, client: Mapping[str, str]) -> None:
        scope = SCOPES[provider] if place == "platform" else "openid"

        brought = self.caller.arrive(place, {**client, "scope": scope, "nhsauth_user": person})

        assert brought["state"] == "s"
        self._keep_code(place, provider, brought["code"], self._sign_on(provider, person), client)

    @rule()
    def take_another_browser(self) -> None:
        self.caller.open_browser()
        self.signed_on.clear()

    def _sign_on(self, provider: str, person: str) -> SignOn:
        """The session that the browser's cookie names, if it is this person's and goes on; else a new one."""
        old = self.signed_on.get(provider)
        if old is not None and not old.ended and old.person == person and self.now < old.began + SIGNED_ON_LIVES:
            return old
        new = SignOn(provider=provider, person=person, began=self.now)
        self.signed_on[provider] = new
        self.sign_ons.append(new)
        return new

    def _keep_code(self, place: str, provider: str, value: str, sign_on: SignOn, query: Mapping[str, str]) -> None:
        assert value not in {code.value for code in self.codes}
        code = Code(
            value=value,
            place=place,
            until=self.now + CODE_LIVES[place],
            sign_on=sign_on,
            client_id=query["client_id"],
            redirect_uri=query["redirect_uri"],
            provider=provider,
            external_until=self.now + ACCESS_LIVES[provider],
        )
        self.codes.append(code)

    # codes

    @precondition(lambda self: self.codes)
    @rule(which=WHICH)
    def redeem_a_code(self, which: int) -> None:
        code = newest(self.codes, which)
        self._redeem(code, code.place, code.client_id, code.redirect_uri)

    @precondition(lambda self: self.codes)
    @rule(which=WHICH, place=PLACES, client_id=CLIENT_IDS, redirect_uri=REDIRECT_URIS)
    def redeem_a_code_anywhere(self, which: int, place: str, client_id: str, redirect_uri: str) -> None:
        self._redeem(newest(self.codes, which), place, client_id, redirect_uri)

    def _redeem(self, code: Code, place: str, client_id: str, redirect_uri: str) -> None:
        right = (place, client_id, redirect_uri) == (code.place, code.client_id, code.redirect_uri)
        form = {"grant_type": "authorization_code", "code": code.value, "redirect_uri": redirect_uri}

        answer = self.caller.ask(place, client_id, form)

        if not right or code.spent or not code.lives(self.now):
            assert refusal(answer) == CODE_REFUSED[place]
            return
        assert answer.status_code == 200, refusal(answer)
        code.spent = True
        keep = self._keep_platform_tokens if place == "platform" else self._keep_provider_tokens
        keep(code, answer.get_json())

    def _keep_provider_tokens(self, code: Code, members: dict[str, Any]) -> None:
        place, sign_on = code.place, code.sign_on
        assert sign_on is not None
        self._keep_provider_grant(code.client_id, sign_on, members)
        until = self.now + ID_TOKEN_LIVES
        id_token = IdToken(value=members["id_token"], place=place, until=until, sign_on=sign_on, provider=code.provider)
        self.id_tokens.append(id_token)
        claims = claims_of(id_token.value)
        assert (claims["aud"], claims["exp"]) == (code.client_id, until)
        if place == "cis2":
            self._learn_sid(sign_on, claims["sid"])

    def _learn_sid(self, sign_on: SignOn, sid: str) -> None:
        """One session has one sid, and no other has it."""
        assert sign_on.sid in (None, sid)
        assert all(other.sid != sid for other in self.sign_ons if other is not sign_on)
        sign_on.sid = sid

    def _keep_provider_grant(self, client_id: str, sign_on: SignOn, members: Mapping[str, Any]) -> None:
        place = sign_on.provider
        lives = ACCESS_LIVES[place]
        assert members["expires_in"] == (lives - 1 if place == "cis2" else lives)
        self._keep_access_token(
            AccessToken(value=members["access_token"], place=place, until=self.now + lives, sign_on=sign_on)
        )
        if place == "cis2":
            assert "refresh_token" not in members
            return
        until = self.now + PROVIDER_REFRESH_LIVES
        self._keep_refresh_token(
            RefreshToken(value=members["refresh_token"], place=place, until=until, sign_on=sign_on, client_id=client_id)
        )

    def _keep_platform_tokens(self, code: Code, members: Mapping[str, Any]) -> None:
        family = Family(
            provider=code.provider,
            client_id=code.client_id,
            ends_at=self.now + SESSION_LIVES[code.provider],
            external_until=code.external_until,
        )
        self._keep_family(family, code.sign_on, 0, members)

    def _keep_family(self, family: Family, sign_on: SignOn | None, count: int, members: Mapping[str, Any]) -> None:
        """Both tokens of an answer of the platform; a refresh never puts the end of the session off."""
        until = min(self.now + SESSION_LIVES[family.provider], family.ends_at)
        entries = {name: members[name] for name in ("expires_in", "refresh_token_expires_in", "refresh_count")}
        assert entries == {
            "expires_in": "599",
            "refresh_token_expires_in": str(until - self.now - 1),
            "refresh_count": str(count),
        }
        access_token, refresh_token = members["access_token"], members["refresh_token"]
        shared: dict[str, Any] = {"place": "platform", "sign_on": sign_on, "family": family}
        self._keep_access_token(AccessToken(value=access_token, until=self.now + ACCESS_LIVES["platform"], **shared))
        self._keep_refresh_token(
            RefreshToken(value=refresh_token, until=until, client_id=family.client_id, count=count, **shared)
        )

    def _keep_access_token(self, token: AccessToken) -> None:
        assert token.value not in {known.value for known in self.access_tokens}
        self.access_tokens.append(token)

    def _keep_refresh_token(self, token: RefreshToken) -> None:
        assert token.value not in {known.value for known in self.refresh_tokens}
        self.refresh_tokens.append(token)

    # tokens

    @precondition(lambda self: self.id_tokens)
    @rule(which=WHICH, client_id=CLIENT_IDS)
    def exchange_an_id_token(self, which: int, client_id: str) -> None:
        token = newest(self.id_tokens, which)
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token_type": ID_TOKEN,
            "subject_token": token.value,
        }
        answer = self.caller.ask("platform", client_id, form)

        if self.now > token.until:
            assert refusal(answer) == ID_TOKEN_EXPIRED
            return
        assert answer.status_code == 200, refusal(answer)
        ends_at = self.now + SESSION_LIVES[token.provider]
        family = Family(provider=token.provider, client_id=client_id, ends_at=ends_at)
        self._keep_family(family, None, 0, answer.get_json())

    @precondition(lambda self: self.refresh_tokens)
    @rule(which=WHICH)
    def refresh(self, which: int) -> None:
        token = newest(self.refresh_tokens, which)
        self._refresh(token, token.client_id)

    @precondition(lambda self: self.refresh_tokens)
    @rule(which=WHICH, place=PLACES, client_id=CLIENT_IDS)
    def refresh_anywhere(self, which: int, place: str, client_id: str) -> None:
        token = newest(self.refresh_tokens, which)
        if place == token.place:
            self._refresh(token, client_id)
            return
        form = {"grant_type": "refresh_token", "refresh_token": token.value}

        assert refusal(self.caller.ask(place, client_id, form)) == REFRESH_REFUSED[place]

    def _refresh(self, token: RefreshToken, client_id: str) -> None:
        form = {"grant_type": "refresh_token", "refresh_token": token.value}
        expected = token.refusal(client_id, self.now)

        answer = self.caller.ask(token.place, client_id, form)

        if expected is not None:
            assert refusal(answer) == expected
            return
        assert answer.status_code == 200, refusal(answer)
        token.spent = True
        if token.family is not None:
            self._keep_family(token.family, token.sign_on, token.count + 1, answer.get_json())
            return
        assert token.sign_on is not None
        assert "id_token" not in answer.get_json()
        self._keep_provider_grant(client_id, token.sign_on, answer.get_json())

    @precondition(lambda self: self.access_tokens)
    @rule(which=WHICH, place=PLACES)
    def call_with_an_access_token(self, which: int, place: str) -> None:
        self._call(newest(self.access_tokens, which), place)

    def _call(self, token: AccessToken, place: str) -> None:
        answer = self.caller.get(GOOD_AT[place], token=token.value)
        verdict = token.verdict(place, self.now)

        if verdict == "good":
            assert answer.status_code == 200, refusal(answer)
            return
        assert refusal(answer) == ACCESS_REFUSED[place, verdict]

    @precondition(lambda self: self.access_tokens)
    @rule(which=WHICH)
    def ask_the_platform_who_it_is(self, which: int) -> None:
        token = newest(self.access_tokens, which)

        answer = self.caller.get("/oauth2/userinfo", token=token.value)

        status, code, sentence = refusal(answer)
        expected = self._userinfo(token)
        assert (status, code) == expected[:2]
        assert sentence.startswith(expected[2])

    def _userinfo(self, token: AccessToken) -> Refusal:
        """What the platform's userinfo says, or the refusal's beginning."""
        family = token.family
        if family is None or not token.lives(self.now):
            return 401, "unknown_error", CATCH_ALL
        if family.provider != "cis2" or family.external_until is None:
            return 400, "invalid_request", NOT_COMBINED
        assert token.sign_on is not None
        known = self.now < family.external_until and not token.sign_on.ended
        return (200, "", "") if known else (401, "unknown_error", CATCH_ALL)

    # ends

    @precondition(lambda self: any(token.place == "cis2" for token in self.id_tokens))
    @rule(which=WHICH)
    def log_out_at_cis2(self, which: int) -> None:
        token = newest([token for token in self.id_tokens if token.place == "cis2"], which)
        assert token.sign_on is not None

        answer = self.caller.get(f"{HEALTHCARE}/connect/endSession", {"id_token_hint": token.value})

        assert answer.status_code == 204, refusal(answer)
        self._end(token.sign_on)
        self._call_with_every_access_token()

    def _end(self, sign_on: SignOn) -> None:
        """CIS2 notifies the platform once; tokens of a code that is redeemed later live."""
        for token in self.access_tokens if not sign_on.ended else []:
            if token.sign_on is sign_on and token.family is not None:
                token.family.ended = True
        sign_on.ended = True

    @rule(seconds=PERIODS)
    def let_time_pass(self, seconds: int) -> None:
        self.caller.platform.clock.advance(seconds)
        self.now += seconds
        self._call_with_every_access_token()

    def _call_with_every_access_token(self) -> None:
        for token in self.access_tokens:
            self._call(token, token.place)

    def teardown(self) -> None:
        """In the end everything is used, one session ends, and everything is used again.

        What the model calls dead is dead then, and nothing else is.
        """
        self._use_everything()
        doctor = ("cis2", PEOPLE["cis2"][0])
        for through_platform in (False, True, False):
            self.log_in(doctor, through_platform, "nhsauth-app", REDIRECTS[0])
            self._redeem_wrongly(self.codes[-1])
        self.redeem_a_code(0)
        self.log_out_at_cis2(0)
        self._use_everything()

    def _redeem_wrongly(self, code: Code) -> None:
        """Nowhere but at its own place, by its own client, for its own redirect URI, and no try spends it."""
        for wrong in ("second-app", REDIRECTS[0]), ("nhsauth-app", REDIRECTS[1]):
            self._redeem(code, code.place, *wrong)

    def _use_everything(self) -> None:
        for code in list(self.codes):
            self._redeem(code, code.place, code.client_id, code.redirect_uri)
        for token in list(self.refresh_tokens):
            self._refresh(token, token.client_id)
        self._call_with_every_access_token()


def two_apps(ring: KeyRing) -> Mock:
    """A platform whose two apps have the same key and redirect URIs, and no quota."""
    clock = Clock()
    clock.set(NOW, frozen=True)
    first = replace(READY_MADE_APP, redirect_uris=REDIRECTS, quota_per_minute=0)
    platform = Mock(Configuration(apps=(first,)), ring=ring, clock=clock, random=Random(0))
    jwks = platform.apps.jwks(first)
    second = replace(first, client_id="second-app", client_secret=SECRETS["second-app"], key_name=None, jwks=jwks)
    platform.apps.add(second)
    return platform


@pytest.mark.slow
def test_codes_and_tokens_live_and_die_as_the_contract_says_in_any_order(ring: KeyRing) -> None:
    platform = two_apps(ring)
    start = platform.snapshot()

    class OnThisPlatform(BrowserFlow):
        def __init__(self) -> None:
            super().__init__(platform, start)

    run_state_machine_as_test(
        OnThisPlatform,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],  # making a failure smaller takes minutes, and the time limit would hide it
            report_multiple_bugs=False,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
