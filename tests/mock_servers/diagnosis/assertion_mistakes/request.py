"""Mistakes with what a request says: who asks, of whom, for whom, when, in which form, and how often."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.test import TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.settings.sections import ApimSettings
from mock_servers.state.configuration import Configuration
from tests.mock_servers.diagnosis.assertion_mistakes.world import (
    APP,
    APP_UNKNOWN,
    ASSERTION_TYPE,
    AUD,
    CATCH_ALL,
    CIS2_PATH,
    EXPIRED,
    FORM,
    ISS_UNTRUSTED,
    JTI_USED,
    MALFORMED_SUBJECT,
    NO_ASSERTION,
    NO_GRANT,
    NOT_FORM,
    NOT_NUMBER,
    NOW,
    TOO_FAR,
    TYP,
    UUID,
    Make,
    World,
    case,
)

# 1 and 4: aud


def aud(value: Any) -> Make:
    return lambda world: world.ask(world.signed(world.claims(aud=value)))


def near(change: Callable[[str], Any]) -> Make:
    return lambda world: world.ask(world.signed(world.claims(aud=change(world.platform.token_url))))


PRODUCTION = "https://api.service.nhs.uk/oauth2/token"
case("prod", "aud-other-environment", AUD, "prod's token URL", "you posted to int", PRODUCTION)(aud(PRODUCTION))
case("in a list", "aud-other-environment", AUD, "internal-dev's token URL")(
    aud(["https://internal-dev.api.service.nhs.uk/oauth2/token"])
)
case("no scheme", "aud-near-miss", AUD, "it lacks http://")(near(lambda url: url.removeprefix("http://")))
case("https", "aud-near-miss", AUD, 'it says "https" for http')(near(lambda url: url.replace("http:", "https:")))
case("slash", "aud-near-miss", AUD, "a slash at the end")(near(lambda url: f"{url}/"))
case("base", "aud-near-miss", AUD, "it ends at /oauth2, without /token")(near(lambda url: url.removesuffix("/token")))
case("host", "aud-near-miss", AUD, "the host alone")(near(lambda url: url.removesuffix("/oauth2/token")))
case("port", "aud-near-miss", AUD, "it lacks the port, :8080")(near(lambda url: url.replace(":8080", "")))
case("case", "aud-near-miss", AUD, "its path has capital letters")(near(lambda url: url.replace("token", "Token")))
case("blank", "aud-near-miss", AUD, "white space around it")(near(lambda url: f"{url}\n"))
case("query", "aud-near-miss", AUD, "its query string is different")(near(lambda url: f"{url}?a=b"))
REAL = "https://int.api.service.nhs.uk/oauth2/token"
case("real with a slash", "aud-near-miss", AUD, "a slash at the end", 'Set aud to "http://127.0.0.1:8080/')(
    aud(f"{REAL}/")
)
case("mock", "aud-near-miss", AUD, "it names the other token service")(near(lambda url: url.replace("2/", "2-mock/")))
case("issuer", "aud-near-miss", AUD, "an identity provider's issuer")(
    near(lambda url: url.replace("/oauth2/token", CIS2_PATH))
)
case("other name", "aud-near-miss", AUD, 'its host is "localhost:8080", not "127.0.0.1:8080"')(
    near(lambda url: url.replace("127.0.0.1", "localhost"))
)
case("real issuer", "aud-near-miss", AUD, "an identity provider's issuer")(
    aud(f"https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443{CIS2_PATH}")
)
case("list", "aud-near-miss", AUD, "None of the 2 in the list")(near(lambda url: ["x", f"{url}/"]))
case("port of https", "aud-near-miss", AUD, "it spells the port :443 out")(
    aud("https://int.api.service.nhs.uk:443/oauth2/token")
)
case("upper host", "aud-near-miss", AUD, "its host has capital letters")(
    aud("https://INT.api.service.nhs.uk/oauth2/token")
)
case("number", "aud-near-miss", AUD, "aud is 5, which is not text")(aud(5))
case("no address", "aud-near-miss", AUD, "not the token URL at all", certainty="likely")(
    aud("http://[::1/oauth2/token")
)
case("none like it", "aud-near-miss", AUD, "not the token URL at all", certainty="likely")(aud("my-service"))


@case("absent", "aud-near-miss", AUD, "The assertion has no aud", "Set aud to")
def no_aud(world: World) -> TestResponse:
    claims = world.claims()
    del claims["aud"]
    return world.ask(world.signed(claims))


# 2, 24, 25: who asks


def named(value: Any) -> Make:
    return lambda world: world.ask(world.signed(world.claims(iss=value, sub=value)))


case("application id", "app-not-known-here", APP_UNKNOWN, "application id", "API key", certainty="likely")(named(UUID))
case("name", "app-not-known-here", APP_UNKNOWN, 'the name of app "nhsauth app"', '"nhsauth-app"')(named("nhsauth app"))
case("case", "app-not-known-here", APP_UNKNOWN, "but with different capital letters")(named("NHSAUTH-APP"))
case("blank", "app-not-known-here", APP_UNKNOWN, "with white space around it")(named("nhsauth-app\n"))
case("kid", "app-not-known-here", APP_UNKNOWN, 'the kid of app "nhsauth app"')(named("nhsauth-1"))
case("cis2", "app-not-known-here", APP_UNKNOWN, "CIS2 client id", certainty="likely")(named("12345.apps.national"))
case("placeholder", "app-not-known-here", APP_UNKNOWN, "a variable that was not filled in")(named("<your API key>"))
case("API_KEY", "app-not-known-here", APP_UNKNOWN, "a variable that was not filled in")(named("API_KEY"))
case("another's key", "app-not-known-here", APP_UNKNOWN, "32 letters and digits", "replaced since", certainty="likely")(
    named("aB3" * 10 + "xy")
)
case("number", "app-not-known-here", APP_UNKNOWN, "iss and sub are 5: not text, and an API key is text")(
    lambda world: world.ask(
        world.by_hand(world.claims(iss=5, sub=5), {"alg": "RS512", "typ": "JWT", "kid": "nhsauth-1"})
    )
)
case("the platform's", "app-not-known-here", APP_UNKNOWN, "that the platform itself has at an identity provider")(
    named("test-client-cis2")
)
case("a path", "app-not-known-here", APP_UNKNOWN, "the path of a file that was not read", certainty="likely")(
    named("keys/client_id.txt")
)
case("nothing known", "app-not-known-here", APP_UNKNOWN, "not known to this mock", certainty="possible")(
    named("somebody")
)


@case("secret", "app-not-known-here", APP_UNKNOWN, "the client secret of app", "… (14 characters)")
def secret_as_iss(world: World) -> TestResponse:
    return named("nhsauth-secret")(world)


@case("other environment", "app-not-known-here", APP_UNKNOWN, "registered in sandbox and not here")
def key_of_another_environment(world: World) -> TestResponse:
    world.platform.apps.create(client_id="there", environments=("sandbox",))
    return named("there")(world)


@case("sub absent", "iss-sub-differ", (400, "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT"), APP)
def no_sub(world: World) -> TestResponse:
    claims = world.claims()
    del claims["sub"]
    return world.ask(world.signed(claims))


@case(
    "iss is a name",
    "iss-sub-differ",
    (400, "Missing or non-matching 'iss'/'sub' claims in client_assertion JWT"),
    'iss is "my service"',
    '"nhsauth-app" (the API key of an app)',
)
def iss_is_a_name(world: World) -> TestResponse:
    return world.ask(world.signed(world.claims(iss="my service")))


@case(
    "",
    "no-public-key",
    (
        403,
        "You need to register a public key to use this authentication method - please contact support to configure",
    ),
    'App "nhsauth app" has no JWKS URL',
    "The jti of this assertion is spent",
)
def no_key(world: World) -> TestResponse:
    assertion = world.signed(world.claims())
    world.platform.apps.change(APP, key_name=None)
    return world.ask(assertion)


# 3, 12, 13: the subject token


def subject(value: str) -> Make:
    return lambda world: world.exchange(value)


@case("", "code-as-subject-token", MALFORMED_SUBJECT, "the authorization code that CIS2 issued 2.1 s ago", "unused")
def code(world: World) -> TestResponse:
    sent = world.platform.issue_code("cis2", LogInRequest(client_id=APP), "http://127.0.0.1:8080/_nhsauth/callback")
    world.platform.clock.advance(2.1)
    return world.exchange(sent)


SHAPES = (
    ("dBF9M-1rX2_aaBcDeFgHiJkLmNo", "27 characters", "a code of CIS2, or an access or refresh token", "possible"),
    ("a1" * 14, "28 letters and digits", "an access token of the platform", "likely"),
    ("a1" * 16, "32 letters and digits", "an API key, or a refresh token of the platform", "possible"),
    ("a1" * 8, "16 letters and digits", "an app's client secret", "likely"),
    ("a1b2c3d4", "8 letters and digits", "a code of the platform", "likely"),
    (UUID, "a UUID", "a code of NHS login, or its refresh token, or an application id", "possible"),
    (f"{UUID}.{UUID}.{UUID}", "three UUIDs", "a code of a mock realm", "likely"),
    ("rrt-118304561371460570-b-geu2-2173710-114871213-1", "begins with rrt-", "the message id", "likely"),
    ("656005750104", "12 digits", "a CIS2 user id", "possible"),
)
for value, by, what, sure in SHAPES:
    case(by, "code-as-subject-token", MALFORMED_SUBJECT, by, what, "id_token", certainty=sure)(subject(value))


def iss(value: Any) -> Make:
    return lambda world: world.exchange(world.id_token(iss=value))


case("DEP", "id-token-other-environment", ISS_UNTRUSTED, "the issuer of the real CIS2, environment dep", "trusts")(
    iss(f"https://am.nhsdep.auth-ptl.cis2.spineservices.nhs.uk:443{CIS2_PATH}")
)
case("live login", "id-token-other-environment", ISS_UNTRUSTED, "the issuer of the real NHS login, environment live")(
    iss("https://auth.login.nhs.uk")
)
case("realm", "id-token-other-environment", ISS_UNTRUSTED, "the issuer of mock realm Cis2-mock-int;", "/oauth2-mock")(
    iss("https://identity.ptl.api.platform.nhs.uk/realms/Cis2-mock-int")
)
case("elsewhere", "id-token-other-environment", ISS_UNTRUSTED, "at another host than this mock", certainty="likely")(
    iss(f"http://elsewhere:9{CIS2_PATH}")
)
case("nobody's", "id-token-other-environment", ISS_UNTRUSTED, "not an issuer that this mock knows", certainty="likely")(
    iss("https://log-in.example")
)
case("slash", "iss-near-miss", ISS_UNTRUSTED, "almost")(iss(f"http://127.0.0.1:8080{CIS2_PATH}/"))
case("capitals", "iss-near-miss", ISS_UNTRUSTED, "almost")(iss(f"http://127.0.0.1:8080{CIS2_PATH.lower()}"))


@case(
    "",
    "id-token-expired",
    (400, "Invalid 'exp' claim in subject_token JWT - JWT has expired"),
    "from the log-in 74 min ago",
    "expired 14 min ago",
    "refresh_token",
)
def old_id_token(world: World) -> TestResponse:
    token = world.id_token()
    world.platform.clock.advance(74 * 60)
    return world.exchange(token)


# 5, 14, 30, 31: the form


@case("requests json=", "json-body", NOT_FORM, "application/json", "the body is JSON", "data={…}")
def json_body(world: World) -> TestResponse:
    return world.post(json.dumps({"grant_type": "client_credentials"}), "application/json")


@case("labelled as JSON", "json-body", NOT_FORM, "the body is a form")
def form_called_json(world: World) -> TestResponse:
    return world.post("grant_type=client_credentials", "application/json;charset=utf-8")


@case("labelled as form", "json-body", NO_GRANT, "the body is JSON")
def json_called_form(world: World) -> TestResponse:
    return world.post(' {"grant_type": "client_credentials"}', FORM)


@case(
    "",
    "secret-style-client-credentials",
    (
        400,
        f"Missing or invalid client_assertion_type - must be '{ASSERTION_TYPE}'",
    ),
    "a client_secret and no client_assertion",
    "scope is ignored",
)
def client_secret(world: World) -> TestResponse:
    form = {"grant_type": "client_credentials", "client_id": APP, "client_secret": "nhsauth-secret", "scope": "x"}
    return world.post(form)


@case("as RFC 7521 calls it", "parameter-name", NO_ASSERTION, 'The form has "assertion", and no client_assertion.')
def assertion(world: World) -> TestResponse:
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
    return world.post({**form, "assertion": world.signed(world.claims())})


@case("no body", "query-string-params", NOT_FORM, "grant_type and client_assertion are in the URL", "the body is empty")
def in_the_url(world: World) -> TestResponse:
    return world.post("", "", query="?grant_type=client_credentials&client_assertion=x")


@case("empty form", "query-string-params", NO_GRANT, "grant_type is in the URL")
def in_the_url_of_a_form(world: World) -> TestResponse:
    return world.post("", query="?grant_type=client_credentials")


@case(
    "",
    "charset-suffix",
    NOT_FORM,
    "charset=UTF-8",
    "we do not know",
    configuration=Configuration(apim=ApimSettings(strict_content_type=True)),
)
def charset(world: World) -> TestResponse:
    return world.post("grant_type=client_credentials", f"{FORM};charset=UTF-8")


# 7, 8, 22: seen before


@case(
    "",
    "same-assertion-again",
    JTI_USED,
    "first sent 3.2 s ago",
    "JWT signature verification failed",
    "Sign a new assertion",
)
def twice(world: World) -> TestResponse:
    stranger = world.stranger("").private
    assertion = world.signed(world.claims(), key=stranger)
    world.ask(assertion)
    world.platform.clock.advance(3.2)
    return world.ask(assertion)


@case("a good one", "same-assertion-again", JTI_USED, "first sent 60 s ago and answered 200", "made it once")
def kept(world: World) -> TestResponse:
    assertion = world.signed(world.claims())
    world.ask(assertion)
    world.platform.clock.advance(60)
    return world.ask(assertion)


@case("until it expired", "same-assertion-again", EXPIRED, "first sent 11 min ago and answered 200")
def kept_too_long(world: World) -> TestResponse:
    assertion = world.signed(world.claims())
    world.ask(assertion)
    world.platform.clock.advance(660)
    return world.ask(assertion)


@case("signed by the mock", "same-assertion-again", EXPIRED, "was signed 20 min ago", certainty="likely")
def signed_long_ago(world: World) -> TestResponse:
    assertion = world.platform.client_assertion(APP)
    world.platform.clock.advance(1200)
    return world.ask(assertion)


@case("forgotten", "same-assertion-again", JTI_USED, "no longer kept", certainty="possible")
def first_use_forgotten(world: World) -> TestResponse:
    assertion = world.signed(world.claims())
    world.ask(assertion)
    world.platform.exchanges.clear()
    return world.ask(assertion)


@case("429", "retry-resends-assertion", JTI_USED, "answered 429", "inside the retry")
def retry_after_quota(world: World) -> TestResponse:
    world.platform.apps.change(APP, quota_per_minute=1)
    world.ask(world.signed(world.claims()))
    assertion = world.signed(world.claims())
    assert world.ask(assertion).status_code == 429
    world.platform.clock.advance(1)
    return world.ask(assertion)


@case("key set down", "retry-resends-assertion", JTI_USED, "answered 403")
def retry_after_key_set(world: World) -> TestResponse:
    assertion = world.signed(world.claims())
    world.serve_key_set("it answered 503")
    world.ask(assertion)
    return world.ask(assertion)


def retry_after(status: int) -> Make:
    """As a real service may answer behind a gateway that is not well; the mock only does where a fault is ordered."""

    def make(world: World) -> TestResponse:
        assertion = world.signed(world.claims())
        world.ask(assertion)
        world.platform.exchanges.last.status = status
        return world.ask(assertion)

    return make


for status in (500, 502, 503, 504):
    case(f"{status}", "retry-resends-assertion", JTI_USED, f"answered {status}")(retry_after(status))


@case("clock", "jti-not-unique", JTI_USED, "in another assertion 400 ms ago", "come from the clock", "uuid4")
def jti_of_the_clock(world: World) -> TestResponse:
    world.ask(world.signed(world.claims(jti=f"{APP}{NOW}")))
    world.platform.clock.advance(0.4)
    return world.ask(world.signed(world.claims(jti=f"{APP}{NOW}", x=1)))


@case("constant", "jti-not-unique", JTI_USED, "seems to be a constant")
def jti_constant(world: World) -> TestResponse:
    world.ask(world.signed(world.claims(jti="my-app")))
    return world.ask(world.signed(world.claims(jti="my-app", x=1)))


# 18 to 21: the times


def times(**offsets: float) -> Make:
    return lambda world: world.ask(
        world.signed(world.claims(**{name: int(NOW + offset) for name, offset in offsets.items()}))
    )


LIKELY, POSSIBLE = {"certainty": "likely"}, {"certainty": "possible"}
case("an hour", "lifetime-too-long", TOO_FAR, "exp is 3600 s from now", "Authlib", "Or your clock", **LIKELY)(
    times(exp=3600)
)
case("with iat", "lifetime-too-long", TOO_FAR, "1800 s after iat", "NHS login's samples")(times(exp=1800, iat=0))
case("ten minutes", "lifetime-too-long", TOO_FAR, "the default of msal", "Or your clock", **LIKELY)(times(exp=600))
case("minutes", "lifetime-too-long", TOO_FAR, "300 was used as minutes", **LIKELY)(times(exp=18000))
case("milliseconds", "lifetime-too-long", TOO_FAR, "300 was used as milliseconds")(times(exp=300_000, iat=0))
case("little, without iat", "lifetime-too-long", TOO_FAR, "exp is 360 s from now", "60 s fast", **LIKELY)(
    times(exp=360)
)
case("hours, without iat", "clock-ahead", TOO_FAR, "2 hours late", "Or your code sets a lifetime of 2.1 h", **LIKELY)(
    times(exp=7500)
)
case("iat of the grace", "lifetime-too-long", TOO_FAR, "311 s after iat")(times(exp=311, iat=0))
case("odd", "lifetime-too-long", TOO_FAR, "a lifetime of 15 min. Or your clock is 10 min fast", **LIKELY)(
    times(exp=900)
)
case("odd, with iat", "lifetime-too-long", TOO_FAR, "a lifetime of 15 min.")(times(exp=900, iat=0))
case("exp as local time", "lifetime-too-long", TOO_FAR, "Or your code used local time as UTC for exp", **LIKELY)(
    times(exp=3900, iat=0)
)
case("iat", "clock-ahead", TOO_FAR, "300 s after iat", "Your clock is 14 s fast", "NTP", **LIKELY)(
    times(exp=314, iat=14)
)
case("nbf", "clock-ahead", TOO_FAR, "Your clock is 14 s fast", "Or your code sets a lifetime of 314 s", **LIKELY)(
    times(exp=314, nbf=14)
)
case("by nbf", "clock-ahead", CATCH_ALL, "nbf is 20 s ahead", "20 s fast. Or", "Leave nbf out", **LIKELY)(
    times(exp=200, nbf=20)
)
case("nbf within the grace", "typ-missing", TYP, "has no typ")(
    lambda world: world.ask(world.signed(world.claims(nbf=NOW + 10), {"typ": None}))
)
case("nbf behind the grace", "typ-missing", TYP, "has no typ")(
    lambda world: world.ask(world.signed(world.claims(nbf=NOW + 11), {"typ": None}))
)
case("nbf beside a right iat", "not-yet-valid", CATCH_ALL, "nbf is 20 s ahead", "in another way than exp")(
    times(exp=200, nbf=20, iat=0)
)
case("iat alone", "not-yet-valid", CATCH_ALL, "in another way than exp. Or your clock is 90 s fast", **LIKELY)(
    times(exp=240, iat=90)
)
case("iat after exp", "not-yet-valid", CATCH_ALL, "used local time as UTC for iat, and not for exp: it is 1 h late")(
    times(exp=240, iat=3600)
)
case("either", "not-yet-valid", CATCH_ALL, "or your clock is 60 s fast", **POSSIBLE)(times(exp=240, iat=60))
case("an hour by iat", "clock-ahead", TOO_FAR, "treated local time as UTC", "Or your clock is 60 min fast", **LIKELY)(
    times(exp=3900, iat=3600)
)


@case("by as much before", "clock-ahead", TOO_FAR, "Your clock is 14 s fast")
def clock_ahead_again(world: World) -> TestResponse:
    times(exp=314, iat=14)(world)
    return times(exp=314, iat=14)(world)


@case("another's before", "clock-ahead", TOO_FAR, "Your clock is 14 s fast", certainty="likely")
def clock_ahead_of_another(world: World) -> TestResponse:
    """What another client's assertion, an odd one or one that is off by something else was off by, proves nothing."""
    world.ask("no JWT")
    named("somebody")(world)
    times(exp=314, iat=17)(world)
    return times(exp=314, iat=14)(world)


@case("signed and kept together", "clock-behind-or-bst", EXPIRED, "20 min slow; or your code kept", **POSSIBLE)
def kept_together(world: World) -> TestResponse:
    """Two of one age that come at once may have been kept as well."""
    times(exp=-900, iat=-1200)(world)
    return times(exp=-900, iat=-1200)(world)


def again_later(offset: int, lifetime: int = 300) -> Make:
    """Sign by a clock that is off, twice, a minute apart."""

    def make(world: World) -> TestResponse:
        times(exp=offset + lifetime, iat=offset)(world)
        world.platform.clock.advance(60)
        return times(exp=offset + lifetime + 60, iat=offset + 60)(world)

    return make


case("by as much before", "clock-behind-or-bst", EXPIRED, "Your clock is 20 min slow.", "Set your clock by NTP")(
    again_later(-1200)
)
case("an hour before as well", "clock-behind-or-bst", EXPIRED, "British Summer Time", "min slow.", **LIKELY)(
    again_later(-3600, 180)
)
case("summer time", "clock-behind-or-bst", EXPIRED, "55 min in the past", "British Summer Time", "Or your", **LIKELY)(
    times(exp=-3300)
)
case("summer time by iat", "clock-behind-or-bst", EXPIRED, "British Summer Time", "kept the assertion", **LIKELY)(
    times(exp=-3420, iat=-3600)
)
case("summer time by nbf", "clock-behind-or-bst", EXPIRED, "nbf is 60 min", "British Summer Time", **LIKELY)(
    times(exp=-3420, nbf=-3600)
)
case("made by the mock", "clock-behind-or-bst", EXPIRED, "British Summer Time", **LIKELY)(
    lambda world: world.ask(world.platform.client_assertion(APP, alterations=Alterations(claims={"exp": NOW - 3300})))
)
case("another zone", "clock-behind-or-bst", EXPIRED, "5 hours early, as when UTC is used as local time", **LIKELY)(
    times(exp=-17700)
)
case("exp alone", "clock-behind-or-bst", EXPIRED, "exp is 55 min before iat", "works out exp in another way")(
    times(exp=-3300, iat=0)
)
case("slow", "clock-behind-or-bst", EXPIRED, "at least 30 s slow; or", "or exp was set", **POSSIBLE)(times(exp=-30))
case("minutes as seconds", "lifetime-too-short", EXPIRED, "a lifetime of 10 s", "exp 20 s")(times(exp=-20, iat=-30))
case("long ago", "clock-behind-or-bst", EXPIRED, "exp 61 s", "or your code sets a lifetime of 5 s", **POSSIBLE)(
    times(exp=-61, iat=-66)
)
case("a minute ago", "lifetime-too-short", EXPIRED, "exp 60 s", "a lifetime of 5 s")(times(exp=-60, iat=-65))
case("eleven seconds", "clock-behind-or-bst", EXPIRED, "31 s slow; or your code kept", **POSSIBLE)(
    times(exp=-20, iat=-31)
)


def before_any_grant(**offsets: float) -> Make:
    """Nothing that the rules of a grant would pass disproves what is on the edge."""
    return lambda world: world.ask(
        world.signed(world.claims(**{name: int(NOW + offset) for name, offset in offsets.items()})), grant_type=""
    )


def in_order_of_the_rules(header: Mapping[str, Any]) -> Make:
    """What every grant would refuse is reported in that order."""

    def make(world: World) -> TestResponse:
        claims = world.claims(exp=NOW + 900)
        del claims["jti"]
        return world.ask(world.by_hand(claims, header), grant_type="")

    return make


ON_EDGES = {
    "exp 310": {"exp": 310},
    "exp 311": {"exp": 311},
    "exp 310, nbf 20": {"exp": 310, "nbf": 20},
    "exp 311, nbf 20": {"exp": 311, "nbf": 20},
    "nbf 10": {"exp": 240, "nbf": 10},
    "nbf 11": {"exp": 240, "nbf": 11},
    "exp 0": {"exp": 0},
    "exp 0, iat -5": {"exp": 0, "iat": -5},
    "exp -1": {"exp": -1},
}
HEADERS: Mapping[str, Mapping[str, Any]] = {
    "alg, kid, typ": {"alg": "RS256"},
    "kid, typ": {"alg": "RS512"},
    "typ, jti": {"alg": "RS512", "kid": "nhsauth-1"},
    "jti, exp": {"alg": "RS512", "kid": "nhsauth-1", "typ": "JWT"},
}
for edge, header in HEADERS.items():
    case(edge, "empty-parameter", NO_GRANT, "grant_type was sent, but empty")(in_order_of_the_rules(header))
for edge, offsets in ON_EDGES.items():
    case(edge, "empty-parameter", NO_GRANT, "grant_type was sent, but empty")(before_any_grant(**offsets))

case("310 s from iat", "clock-ahead", TOO_FAR, "5.0 s fast; or your code sets a lifetime of 310 s", **POSSIBLE)(
    times(exp=315, iat=5)
)
case("of 14 s", "clock-ahead", TOO_FAR, "14 s fast; or your code sets a lifetime of 310 s", **POSSIBLE)(
    times(exp=324, iat=14)
)
case("and too long", "lifetime-too-long", TOO_FAR, "3980 s after iat")(times(exp=4000, iat=20))
case("nbf of the grace", "lifetime-too-long", TOO_FAR, "exp is 320 s from now", **LIKELY)(times(exp=320, nbf=10))
case("nearly an hour", "lifetime-too-long", TOO_FAR, "the default of Authlib")(times(exp=3602, iat=0))
case("an hour and more", "lifetime-too-long", TOO_FAR, "a lifetime of 60 min.")(times(exp=3603, iat=0))
case("half an hour by iat", "clock-ahead", TOO_FAR, "Your clock is 30 min fast.", **LIKELY)(times(exp=2100, iat=1800))
case("fourteen hours by iat", "clock-ahead", TOO_FAR, "14 hours late", **LIKELY)(times(exp=50700, iat=50400))
case("more by iat", "clock-ahead", TOO_FAR, "Your clock is 14.5 h fast.", **LIKELY)(times(exp=52500, iat=52200))
case("iat after exp, far ahead", "lifetime-too-long", TOO_FAR, "or your code works out iat", **POSSIBLE)(
    times(exp=4000, iat=9100)
)
case("of no time", "lifetime-too-short", EXPIRED, "a lifetime of 0 s")(times(exp=-5, iat=-5))


@case("short and again", "same-assertion-again", EXPIRED, "first sent 20 s ago and answered 200")
def short_and_again(world: World) -> TestResponse:
    """It is known to be old: nothing is said of its lifetime."""
    assertion = world.signed(world.claims(exp=NOW + 5, iat=NOW))
    world.ask(assertion)
    world.platform.clock.advance(20)
    return world.ask(assertion)


@case("expired, again", "clock-behind-or-bst", EXPIRED, "30 s in the past", certainty="possible")
def expired_again(world: World) -> TestResponse:
    """The first try was refused before its jti was spent."""
    assertion = world.signed(world.claims(exp=NOW - 30))
    world.ask(assertion)
    return world.ask(assertion)


def made_by_the_mock(age: float) -> Make:
    def make(world: World) -> TestResponse:
        assertion = world.platform.client_assertion(APP, alterations=Alterations(claims={"exp": NOW + 100}))
        world.platform.clock.advance(age)
        return world.ask(assertion)

    return make


case("of five minutes", "clock-behind-or-bst", EXPIRED, "200 s in the past", certainty="possible")(
    made_by_the_mock(300)
)
case("of a second more", "same-assertion-again", EXPIRED, "was signed 301 s ago", certainty="likely")(
    made_by_the_mock(301)
)


@case("id_token", "swapped-tokens", EXPIRED, "client_assertion is the id_token that NHS login issued 2.0 h ago")
def id_token_that_expired(world: World) -> TestResponse:
    """What is no assertion is not called one that was kept."""
    token = world.platform.id_token("nhs_login", LogInRequest(client_id=APP))
    world.platform.clock.advance(7200)
    return world.ask(token)


@case("by nearly as much before", "clock-ahead", TOO_FAR, "Your clock is 14 s fast.")
def clock_ahead_nearly_again(world: World) -> TestResponse:
    times(exp=314, iat=16)(world)
    return times(exp=314, iat=14)(world)


def jti_twice(jti: str) -> Make:
    def make(world: World) -> TestResponse:
        world.ask(world.signed(world.claims(jti=jti)))
        return world.ask(world.signed(world.claims(jti=jti, x=1)))

    return make


case("clock of nearly a day ago", "jti-not-unique", JTI_USED, "come from the clock")(jti_twice(f"x{NOW - 86399}"))
case("clock of a day ago", "jti-not-unique", JTI_USED, "seems to be a constant")(jti_twice(f"x{NOW - 86400}"))


def changed_exp(since: int) -> Make:
    def make(world: World) -> TestResponse:
        world.ask(world.signed(world.claims()))
        return world.ask(world.signed(world.claims(exp=NOW + 300 - since), {"typ": None}))

    return make


case("exp as before", "typ-missing", TYP, "has no typ")(changed_exp(5))
case("exp changed", "typ-missing", TYP, "has no typ")(changed_exp(6))


@case("type of a subject token too", "empty-parameter", NO_GRANT, "grant_type was sent, but empty")
def subject_token_type_without_grant(world: World) -> TestResponse:
    """No token exchange was asked for: nothing is said of the type."""
    return world.ask(world.signed(world.claims()), grant_type="", subject_token_type="jwt")


def exp(value: Any) -> Make:
    return lambda world: world.ask(world.signed(world.claims(exp=value)))


case("milliseconds", "exp-unit", TOO_FAR, "milliseconds, not seconds", "Divide exp by 1000 and round down")(
    exp((NOW + 300) * 1000)
)
case("/ 100", "exp-unit", TOO_FAR, "Date.now() / 100")(exp((NOW + 300) * 10))
case("a span", "exp-unit", EXPIRED, "exp is 300: too small")(exp(300))


def span_at(now: int) -> Make:
    def make(world: World) -> TestResponse:
        world.platform.clock.set(now, frozen=True)
        return exp(300)(world)

    return make


EPOCH_1, EPOCH_1601 = 62_135_596_800, 11_644_473_600
for of, number in {
    "microseconds": (NOW + 300) * 10**6,
    "units of 100 nanoseconds": (NOW + 300) * 10**7,
    "nanoseconds": (NOW + 300) * 10**9,
    "seconds since the year 1": NOW + 300 + EPOCH_1,
    "milliseconds since the year 1": (NOW + 300 + EPOCH_1) * 1000,
    "ticks of .NET": (NOW + 300 + EPOCH_1) * 10**7,
    "a file time of Windows": (NOW + 300 + EPOCH_1601) * 10**7,
}.items():
    case(f"as {of}", "exp-unit", TOO_FAR, f"exp is {number}: {of}, not s")(exp(number))
case("as seconds since 2001", "exp-unit", EXPIRED, "seconds since 2001, not since 1970", "Swift")(
    exp(NOW + 300 - 978_307_200)
)
case("as milliseconds, iat too", "exp-unit", TOO_FAR, "exp is 1800000300000 and iat is 1800000000000: milliseconds")(
    lambda world: world.ask(world.signed(world.claims(exp=(NOW + 300) * 1000, iat=NOW * 1000)))
)
case("as milliseconds, too long", "lifetime-too-long", TOO_FAR, "3600 s after iat", "Authlib")(
    lambda world: world.ask(world.signed(world.claims(exp=NOW + 3600, iat=NOW * 1000)))
)
case("milliseconds by a tenth", "exp-unit", TOO_FAR, "too large for seconds since 1970")(exp(NOW * 900))
case("milliseconds and a tenth", "exp-unit", TOO_FAR, "too large for seconds since 1970")(exp(NOW * 1100))
case("the longest span", "exp-unit", EXPIRED, "exp is 99999999: too small")(exp(99_999_999))
case("the first moment", "clock-behind-or-bst", EXPIRED, "472222.2 h in the past", certainty="possible")(
    exp(100_000_000)
)
case("the last year", "lifetime-too-long", TOO_FAR, "exp is 251602300799 s from now")(exp(253_402_300_799))
case("behind the last year", "exp-unit", TOO_FAR, "too large for seconds since 1970")(exp(253_402_300_800))
case("a span in 1973", "exp-unit", EXPIRED, "exp is 300: too small")(span_at(100_000_000))
case("a span before", "clock-behind-or-bst", EXPIRED, "27777.7 h in the past", certainty="possible")(
    span_at(99_999_999)
)
case("object", "exp-unit", NOT_NUMBER, "not a number")(
    lambda world: world.ask(
        world.by_hand(world.claims(exp={"in": 300}), {"alg": "RS512", "typ": "JWT", "kid": "nhsauth-1"})
    )
)


def exp_by_hand(value: Any) -> Make:
    """PyJWT refuses to sign these."""
    header = {"alg": "RS512", "typ": "JWT", "kid": "nhsauth-1"}
    return lambda world: world.ask(world.by_hand(world.claims(exp=value), header))


case("text", "exp-unit", NOT_NUMBER, "a number in quotes")(exp_by_hand(str(NOW + 300)))
case("text in the past", "exp-unit", EXPIRED, "a number in quotes")(exp_by_hand("1635263528"))
case("date", "exp-unit", NOT_NUMBER, "a date as text")(exp_by_hand("2027-01-15T08:00:00Z"))
case("iat in milliseconds", "exp-unit", CATCH_ALL, f"iat is {NOW * 1000}: milliseconds", "Divide iat")(
    times(iat=NOW * 999)
)


# 23: the jti


@case("", "jti-missing", (400, "Missing 'jti' claim in client_assertion JWT"), "has no jti", "uuid4")
def no_jti(world: World) -> TestResponse:
    claims = world.claims()
    del claims["jti"]
    return world.ask(world.signed(claims))


@case(
    "",
    "jti-number",
    (400, "Invalid 'jti' claim in client_assertion JWT - must be a unique string value such as a GUID"),
    "jti is 1234567890",
)
def jti_is_a_number(world: World) -> TestResponse:
    header = {"alg": "RS512", "typ": "JWT", "kid": "nhsauth-1"}
    return world.ask(world.by_hand(world.claims(jti=1234567890), header))
