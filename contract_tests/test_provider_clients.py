"""How a client proves itself at CIS2, NHS login and a mock realm, and what its tokens are good for, edge by edge."""

import re
import uuid
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import pytest

from contract_tests import draft, jwts
from contract_tests.answers import Said, said
from contract_tests.at_provider import CIS2, CIS2_PATH, NHS_LOGIN, PROVIDERS, asking, landed, redeemed, userinfo
from contract_tests.case import proves, where
from contract_tests.draft import FORM, LOGOUT_EVENT, STATE, Ahead, Draft, LazyValue
from contract_tests.jwks_host import Page, json_page
from contract_tests.jwts import decode
from contract_tests.reach import Switch
from contract_tests.target import HEALTHCARE_WORKER, PATIENT, Target
from contract_tests.wire import HttpRequest

PROVES = ("CIS2 §5", "I")

SOUND = {
    "cis2": draft.cis2_token,
    "cis2 signed": draft.cis2_asserted,
    "nhs_login": draft.nhs_login_token,
    "realm": draft.realm_token,
}
NOT_AUTHENTICATED = Said(400, "invalid_client", "Client authentication failed")
NOT_VALID = Said(400, "invalid_client", "JWT is not valid")
AT_NHS_LOGIN = Said(400, "invalid_client", "")
INVALID_GRANT = Said(400, "invalid_grant", "The provided access grant is invalid, expired, or revoked.")
INVALID_TOKEN = Said(
    401, "invalid_token", "The access token provided is expired, revoked, malformed, or invalid for other reasons."
)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TICKET = re.compile(r"[\w-]{20,}")
JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")


def _basic(name: str, secret: str) -> str:
    return f"Basic {b64encode(f'{name}:{secret}'.encode()).decode()}"


ANSWERS = {
    "cis2": {
        "access_token": TICKET,
        "scope": "openid",
        "id_token": JWT,
        "token_type": "Bearer",
        "expires_in": 3599,
    },
    "nhs_login": {
        "access_token": JWT,
        "id_token": JWT,
        "scope": "openid profile profile_extended",
        "expires_in": 300,
        "token_type": "bearer",
        "refresh_token": UUID,
    },
    "realm": {
        "access_token": TICKET,
        "expires_in": 300,
        "token_type": "Bearer",
        "id_token": JWT,
        "scope": "openid",
    },
}
ANSWERS["cis2 signed"] = ANSWERS["cis2"]


def _holds(body: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Tell whether all members are there in their order, with their values or of their form."""
    return list(body) == list(right) and all(
        value.fullmatch(str(body[name])) if isinstance(value, re.Pattern) else repr(body[name]) == repr(value)
        for name, value in right.items()
    )


@pytest.mark.parametrize("name", SOUND)
def test_a_code_is_answered_whole(target: Target, name: str) -> None:
    """Members in their order, values with their types, and the headers."""
    answer = SOUND[name](target).send()

    assert answer.status == 200, answer.text
    assert _holds(answer.json, ANSWERS[name]), answer.json
    assert {each: answer.headers.get(each) for each in ("content-type", "cache-control", "pragma")} == {
        "content-type": "application/json",
        "cache-control": "no-store",
        "pragma": "no-cache",
    }


def _resigned(**claims: Any) -> Any:
    return lambda sound: sound.assertion.claims.update(claims)


def _header(**members: Any) -> Any:
    return lambda sound: sound.assertion.header.update(members)


def _form(**members: Any) -> Any:
    return lambda sound: sound.form.update(members)


def _without(name: str) -> Any:
    return lambda sound: sound.assertion.header.pop(name)


GOOD = [
    ("cis2 signed", "the longest lifetime", _resigned(exp=Ahead(1800))),
    ("cis2 signed", "a second's lifetime", _resigned(exp=Ahead(1))),
    ("cis2 signed", "half a second's lifetime", _resigned(exp=Ahead(0.5))),
    ("nhs_login", "an hour's lifetime", _resigned(exp=Ahead(3600))),
    ("cis2 signed", "no kid", _without("kid")),
    ("nhs_login", "no kid", _without("kid")),
    ("cis2 signed", "no typ", _without("typ")),
    ("cis2 signed", "the client id beside it", _form(client_id=LazyValue.CLIENT_ID)),
    ("nhs_login", "the client id beside it", _form(client_id=LazyValue.CLIENT_ID)),
    ("nhs_login", "its issuer as audience", _resigned(aud="ORIGIN")),
    ("nhs_login", "a list of audiences", _resigned(aud=["https://elsewhere.example", LazyValue.URL])),
    ("nhs_login", "its issuer in a list", _resigned(aud=[7, "ORIGIN"])),
    ("cis2", "an empty parameter that nobody knows", _form(extra="")),
    ("cis2", "a charset", lambda sound: sound.headers.update({"Content-Type": f"{FORM.upper()} ; charset=utf-8"})),
    ("nhs_login", "a charset", lambda sound: sound.headers.update({"Content-Type": f"{FORM};charset=utf-8"})),
    ("realm", "a charset", lambda sound: sound.headers.update({"Content-Type": f"{FORM};charset=utf-8"})),
]


def _placed(sound: Draft) -> None:
    """Put the target's origin where a case names it."""
    aud = sound.assertion.claims.get("aud")
    place = {"ORIGIN": sound.target.origin}
    if isinstance(aud, list):
        sound.assertion.claims["aud"] = [place.get(each, each) if isinstance(each, str) else each for each in aud]
    elif isinstance(aud, str):
        sound.assertion.claims["aud"] = place.get(aud, aud)


@pytest.mark.parametrize(("name", "case", "change"), GOOD, ids=[f"{name}-{case}" for name, case, _ in GOOD])
def test_what_a_client_may_do_otherwise_passes(target: Target, name: str, case: str, change: Any) -> None:
    """These variations of a correct request are accepted."""
    sound = SOUND[name](target)
    change(sound)
    _placed(sound)

    assert sound.send().status == 200, case


BAD = [
    ("cis2 signed", "alg RS256", _header(alg="RS256"), NOT_VALID),
    ("cis2 signed", "alg none", _header(alg="none"), NOT_VALID),
    ("cis2 signed", "no alg", _without("alg"), NOT_VALID),
    ("nhs_login", "alg RS256", _header(alg="RS256"), AT_NHS_LOGIN),
    ("nhs_login", "alg a list", _header(alg=["RS512"]), AT_NHS_LOGIN),
    ("cis2 signed", "exp true", _resigned(exp=True), Said(400, "invalid_client", "JWT has expired")),
    ("cis2 signed", "a client id that is another", _form(client_id="another"), NOT_VALID),
    ("nhs_login", "a client id that is another", _form(client_id="another"), AT_NHS_LOGIN),
    ("nhs_login", "iss a number", _resigned(iss=7, sub=7), AT_NHS_LOGIN),
    ("nhs_login", "iss empty", _resigned(iss="", sub=""), AT_NHS_LOGIN),
    ("cis2 signed", "a list of audiences", _resigned(aud=[LazyValue.URL]), "Audience validation failed"),
    ("cis2 signed", "a slash behind the audience", _resigned(aud="URL/"), "Audience validation failed"),
    ("cis2 signed", "the audience a number", _resigned(aud=7), "Audience validation failed"),
    ("nhs_login", "the audience an object", _resigned(aud={}), AT_NHS_LOGIN),
    ("nhs_login", "audiences that are none", _resigned(aud=[]), AT_NHS_LOGIN),
    ("cis2", "an empty client id", _form(client_id=""), NOT_AUTHENTICATED),
    ("cis2", "an empty secret", _form(client_secret=""), NOT_AUTHENTICATED),
    ("realm", "an empty secret", _form(client_secret=""), (401, "Invalid client or Invalid client credentials")),
]


@where(unless=Switch.ASSERTIONS_OF_ANCESTOR)
@pytest.mark.parametrize(("name", "case", "change", "reported"), BAD, ids=[f"{name}-{case}" for name, case, *_ in BAD])
def test_what_a_client_may_not_do_is_refused(target: Target, name: str, case: str, change: Any, reported: Any) -> None:
    """In the provider's words."""
    sound = SOUND[name](target)
    change(sound)
    if sound.assertion.claims.get("aud") == "URL/":
        sound.assertion.claims["aud"] = f"{sound.url}/"

    answer = sound.send()

    expected = (
        reported
        if isinstance(reported, Said)
        else Said(400, "invalid_client", reported)
        if isinstance(reported, str)
        else None
    )
    assert (said(answer) == expected) if expected else ((answer.status, said(answer).sentence) == reported), case


KEYS = [
    ("served", 200),
    ("second of two", 200),
    ("behind one of no use", 200),
    ("not there", 400),
    ("no list", 400),
    ("a page", 400),
    ("missing", 400),
]


@pytest.mark.parametrize(("keys", "status"), KEYS)
@pytest.mark.parametrize("name", ["cis2 signed", "nhs_login"])
def test_a_clients_keys_are_where_it_says(target: Target, name: str, keys: str, status: int) -> None:
    """Any key of the set may have made the signature. A page that is not a key set proves none."""
    other = jwts.public_jwk(target.foreign_signer.key.public_key(), "other")
    short = jwts.public_jwk(target.short_signer.key.public_key(), target.jwk["kid"])
    pages = {
        "served": json_page({"keys": [target.jwk]}),
        "second of two": json_page({"keys": [other, target.jwk]}),
        "behind one of no use": json_page({"keys": [{**target.jwk, "kty": "EC"}, {"kty": "RSA"}, short, target.jwk]}),
        "not there": json_page({"keys": [other]}),
        "no list": json_page({"keys": target.jwk}),
        "a page": Page(body=b"<!doctype html>"),
        "missing": Page(status=404),
    }
    url = target.jwks_host.serve(f"/{uuid.uuid4()}", pages[keys])
    app = {"jwks_url": url, "cis2_auth_method": "private_key_jwt"}
    person = PATIENT if name == "nhs_login" else HEALTHCARE_WORKER
    sound = SOUND[name](target)
    sound.app, sound.form["code"] = app, target.code(person, target.app(app))
    if keys != "behind one of no use":
        del sound.assertion.header["kid"]

    answer = sound.send()
    refused = AT_NHS_LOGIN if name == "nhs_login" else NOT_VALID
    assert answer.status == 200 if status == 200 else said(answer) == refused


def test_a_client_without_keys_signs_in_vain(target: Target) -> None:
    """Nothing is there to compare with."""
    sound = SOUND["nhs_login"](target)
    sound.app = {"jwks": None}

    assert said(sound.send()) == AT_NHS_LOGIN


def test_an_assertion_of_cis2_is_signed_as_it_is_registered(target: Target) -> None:
    """RS256 where that is."""
    app = {"cis2_auth_method": "private_key_jwt", "cis2_signing_algorithm": "RS256"}
    sound = draft.cis2_asserted(target)
    sound.app, sound.form["code"] = app, target.code(HEALTHCARE_WORKER, target.app(app))
    refused = said(sound.send())
    sound.assertion.header["alg"] = "RS256"

    assert (refused, sound.send().status) == (NOT_VALID, 200)


BASIC = {"cis2_auth_method": "client_secret_basic"}


def _by_header(target: Target, secret: str, app: Mapping[str, Any] = BASIC, **form: str) -> Draft:
    sound = draft.cis2_token(target)
    known = target.app(app)
    sound.app = dict(app)
    sound.form = {
        "grant_type": "authorization_code",
        "code": target.code(HEALTHCARE_WORKER, known),
        "redirect_uri": target.redirect_uri,
        **form,
    }
    sound.headers["Authorization"] = _basic(known.client_id, secret)
    return sound


def test_a_client_of_cis2_may_prove_itself_in_a_header(target: Target) -> None:
    """Where that is registered; a refusal names the required scheme."""
    well, badly = _by_header(target, "contract-secret").send(), _by_header(target, "wrong", state="7").send()

    assert well.status == 200
    assert (badly.status, list(badly.json.items())) == (
        401,
        [("error_description", "Client authentication failed"), ("error", "invalid_client"), ("state", "7")],
    )
    assert badly.headers["www-authenticate"] == 'Basic realm="/NHSIdentity/Healthcare"'


def test_the_header_is_named_for_no_other_error(target: Target) -> None:
    """A missing code is reported as usual."""
    sound = _by_header(target, "contract-secret")
    del sound.form["code"]
    answer = sound.send()

    assert said(answer) == Said(400, "invalid_request", "Missing parameter, 'code'")
    assert "www-authenticate" not in answer.headers


METHODS = [
    ("client_secret_post", "header", "Invalid authentication method for accessing this endpoint."),
    ("client_secret_post", "assertion", "Invalid authentication method for accessing this endpoint."),
    ("client_secret_basic", "form", "Invalid authentication method for accessing this endpoint."),
    ("private_key_jwt", "header", "Invalid authentication method for accessing this endpoint."),
]


@pytest.mark.parametrize(("registered", "used", "sentence"), METHODS)
def test_a_client_of_cis2_proves_itself_as_it_is_registered(
    target: Target, registered: str, used: str, sentence: str
) -> None:
    """And in no other way."""
    app = {"cis2_auth_method": registered}
    if used == "header":
        sound = _by_header(target, "contract-secret", app)
    else:
        sound = draft.cis2_asserted(target) if used == "assertion" else draft.cis2_token(target)
        sound.app, sound.form["code"] = app, target.code(HEALTHCARE_WORKER, target.app(app))

    answer = sound.send()

    assert (said(answer).error, said(answer).sentence) == ("invalid_client", sentence)


@pytest.mark.parametrize("name", ["cis2 signed", "nhs_login"])
def test_an_assertion_stands_alone(target: Target, name: str) -> None:
    """A header beside it is one proof too many."""
    sound = SOUND[name](target)
    sound.headers["Authorization"] = _basic("a", "b")
    reported = said(sound.send())

    assert (reported.error, reported.sentence) == (
        "invalid_client",
        "Client authentication failed" if "cis2" in name else "",
    )


@proves("admin §9", "S")
@pytest.mark.parametrize(
    ("secret", "header", "assertion", "status"),
    [
        ("right", "wrong", False, 200),
        ("wrong", "right", False, 401),
        (None, "right", False, 200),
        (None, "wrong", False, 401),
        (None, "right", True, 200),
        ("right", None, True, 200),
        (None, None, False, 401),
    ],
)
def test_a_realm_counts_the_secret_in_the_form_and_then_the_header(
    target: Target, *, secret: str | None, header: str | None, assertion: bool, status: int
) -> None:
    """What is beside them it does not look at."""
    sound, secrets = draft.realm_token(target), {"right": "contract-secret", "wrong": "no-such-secret"}
    del sound.form["client_secret"]
    if secret:
        sound.form["client_secret"] = secrets[secret]
    if header:
        sound.headers["Authorization"] = _basic(target.app({}).client_id, secrets[header])
    if assertion:
        sound.form |= {"client_assertion_type": draft.JWT_BEARER, "client_assertion": "eyJ.broken"}

    assert sound.send().status == status


REDIRECTS = [
    ("cis2", "HTTPS://APP.EXAMPLE/CALLBACK", 200),
    ("cis2", "https://app.example/callback?more=1", 200),
    ("cis2", "https://app.example/callback/", 400),
    ("nhs_login", "https://app.example/Callback", 400),
    ("realm", "https://app.example/Callback", 400),
    ("realm", "https://app.example/callback?more=1", 400),
]


@pytest.mark.parametrize(("name", "uri", "status"), REDIRECTS)
def test_the_redirect_uri_is_repeated_with_the_code(target: Target, name: str, uri: str, status: int) -> None:
    """Letter by letter; at CIS2 neither case nor query counts."""
    sound = SOUND[name](target)
    sound.form["redirect_uri"] = uri
    answer = sound.send()

    assert answer.status == 200 if status == 200 else said(answer)[:2] == (400, "invalid_grant")


GRANTS = [
    ("client_credentials", "unsupported_grant_type", "Grant type is not supported"),
    ("urn:ietf:params:oauth:grant-type:device_code", "unsupported_grant_type", "Grant type is not supported"),
    ("urn:ietf:params:oauth:grant-type:jwt-bearer", "unsupported_grant_type", "Grant type is not supported"),
    ("urn:ietf:params:oauth:grant-type:saml2-bearer", "unsupported_grant_type", "Grant type is not supported"),
    ("urn:ietf:params:oauth:grant-type:token-exchange", "unsupported_grant_type", "Grant type is not supported"),
    ("urn:ietf:params:oauth:grant-type:uma-ticket", "unsupported_grant_type", "Grant type is not supported"),
    ("Password", "invalid_grant", "Unknown Grant Type, Password"),
]


@pytest.mark.parametrize(("grant", "error", "sentence"), GRANTS)
def test_cis2_shows_grants_that_it_has_not_from_those_that_nobody_has(
    target: Target, grant: str, error: str, sentence: str
) -> None:
    """Before it looks who asks."""
    sound = draft.cis2_token(target)
    sound.form["grant_type"] = grant

    assert said(sound.send()) == Said(400, error, sentence)


@pytest.mark.parametrize(("name", "seconds"), [("cis2", 120), ("cis2 signed", 120), ("nhs_login", 600), ("realm", 120)])
def test_a_code_is_good_until_its_last_second(target: Target, name: str, seconds: int) -> None:
    """And no longer."""
    person = {"nhs_login": PATIENT, "realm": draft.REALM_WORKER}.get(name, HEALTHCARE_WORKER)
    answers = []
    for age in (seconds - 1, seconds):
        sound = SOUND[name](target)
        with target.at(target.now() - age):
            sound.form["code"] = target.code(person, target.app(sound.app))
        answers.append(sound.send())

    assert (answers[0].status, said(answers[1])[:2]) == (200, (400, "invalid_grant"))


@pytest.mark.parametrize(("name", "seconds"), [("cis2", 3600), ("nhs_login", 300), ("realm", 300)])
def test_an_access_token_is_good_until_its_last_second(target: Target, name: str, seconds: int) -> None:
    """At userinfo."""
    answers = []
    for age in (seconds - 1, seconds):
        with target.at(target.now() - age):
            token = SOUND[name](target).send().json["access_token"]
        answers.append(userinfo(target, PROVIDERS[name], token).status)

    assert answers == [200, 401]


BEARERS = [
    ("GET", "Bearer {}", 200),
    ("POST", "Bearer {}", 200),
    ("HEAD", "Bearer {}", 200),
    ("GET", "bearer {}", 200),
    ("GET", "BEARER  {} ", 200),
    ("GET", "Bearer ", 401),
    ("GET", "Bearer", 401),
    ("GET", "{}", 401),
    ("GET", "Bearer x{}", 401),
]


@pytest.mark.parametrize(("method", "header", "status"), BEARERS)
@pytest.mark.parametrize("name", PROVIDERS)
def test_userinfo_is_reported_to_a_bearer(target: Target, name: str, method: str, header: str, status: int) -> None:
    """By GET, HEAD or POST; the case of the scheme does not count."""
    token = SOUND[name](target).send().json["access_token"]
    headers = {"Authorization": header.format(token)}

    answer = target.send(HttpRequest(method=method, path=PROVIDERS[name].userinfo, headers=headers))

    assert (answer.status, answer.headers["content-type"]) == (status, "application/json")


NARROWER = {"grant_types": ["authorization_code", "refresh_token"]}


def test_a_refresh_at_cis2_is_answered_whole(target: Target) -> None:
    """No id token; the next refresh token; what a narrower scope asks for holds for the access token alone."""
    sound = draft.cis2_refresh(target)
    first = sound.send()
    again = draft.cis2_refresh_of(target, first.json["refresh_token"], NARROWER).send()

    right = {"access_token": TICKET, "refresh_token": UUID, "scope": "openid", "token_type": "Bearer"}
    right["expires_in"] = 3599
    assert all(_holds(each.json, right) for each in (first, again)), first.json
    assert len({first.json["refresh_token"], again.json["refresh_token"], sound.form["refresh_token"]}) == 3
    assert (first.headers["cache-control"], first.headers["pragma"]) == ("no-store", "no-cache")


@proves("NHS login §5", "D")
@pytest.mark.parametrize(
    ("scope", "expected"), [(None, "openid profile"), ("openid", "openid"), ("profile openid", "profile openid")]
)
def test_a_refresh_at_nhs_login_is_answered_whole(target: Target, scope: str | None, expected: str) -> None:
    """The scope is the log-in's, or a narrower one that was asked for; the next refresh has the log-in's again."""
    landing = asking(target, NHS_LOGIN, {"nhsauth_user": PATIENT.user}).send()
    sound = draft.nhs_login_refresh_of(target, redeemed(target, NHS_LOGIN, landing).json["refresh_token"])
    sound.form |= {"scope": scope} if scope else {}
    answer = sound.send()
    again = draft.nhs_login_refresh_of(target, answer.json["refresh_token"]).send()

    right = {"access_token": JWT, "scope": expected, "expires_in": 300, "token_type": "bearer", "refresh_token": UUID}
    assert _holds(answer.json, right), answer.json
    assert decode(answer.json["access_token"])[1]["scope"] == expected
    assert again.json["scope"] == "openid profile"


@pytest.mark.parametrize(("name", "seconds"), [("cis2", 43200), ("nhs_login", 2592000)])
def test_a_refresh_token_is_good_until_its_last_second(target: Target, name: str, seconds: int) -> None:
    """And no longer."""
    refresh = {"cis2": draft.cis2_refresh, "nhs_login": draft.nhs_login_refresh}[name]
    answers = []
    for age in (seconds - 1, seconds):
        with target.at(target.now() - age):
            old = refresh(target)
        fresh = refresh(target)
        fresh.form["refresh_token"] = old.form["refresh_token"]
        answers.append(fresh.send())

    assert (answers[0].status, said(answers[1])[:2]) == (200, (400, "invalid_grant"))


def test_a_client_of_codes_alone_gets_no_refresh_token(target: Target) -> None:
    """At NHS login, where others do; and at CIS2 only who is registered for it does."""
    app = {"grant_types": ["authorization_code"]}
    sound = draft.nhs_login_token(target)
    sound.app, sound.form["code"] = app, target.code(PATIENT, target.app(app))

    answers = [each.send().json for each in (sound, draft.cis2_token(target), draft.realm_token(target))]
    assert [("access_token" in each, "refresh_token" in each) for each in answers] == [(True, False)] * 3


NOTES = [("a note", "a note"), ("", None), ("auto", UUID)]


@proves("NHS login §7", "D")
@pytest.mark.parametrize(("sent", "kept"), NOTES)
def test_a_note_is_kept_cleared_or_made_anew(target: Target, sent: str, kept: Any) -> None:
    """The answer has nothing in it."""
    asked = {"nhsauth_user": PATIENT.user, "scope": "openid client_metadata"}
    landing = asking(target, NHS_LOGIN, asked).send()
    token = redeemed(target, NHS_LOGIN, landing).json["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def change(note: str) -> HttpRequest:
        return HttpRequest(
            method="PATCH", path="/userinfo", headers=headers, body=f'{{"client_user_metadata": "{note}"}}'
        )

    target.send(change("an earlier note"))
    answer = target.send(change(sent))
    shown = userinfo(target, NHS_LOGIN, token)
    reported = shown.json.get("client_user_metadata")

    assert (answer.status, answer.text, answer.headers["cache-control"]) == (204, "", "no-store")
    assert shown.status == 200
    assert kept.fullmatch(reported) if isinstance(kept, re.Pattern) else reported == kept


@proves("CIS2 §8", "D")
@pytest.mark.parametrize(
    ("query", "status", "location"), [("", 204, None), ("state", 302, "?state=7"), ("uri", 302, "")]
)
def test_the_end_of_a_session_is_answered_whole(target: Target, query: str, status: int, location: str | None) -> None:
    """With nothing, or by a redirect to where the client is at home."""
    back = "https://app.example/bye"
    app = {"post_logout_redirect_uris": [back]}
    landing = asking(target, CIS2, {"nhsauth_user": HEALTHCARE_WORKER.user}, app).send()
    ending = draft.cis2_end_session(target)
    ending.app, ending.asked = app, {"id_token_hint": redeemed(target, CIS2, landing, app).json["id_token"]}
    ending.asked |= {"post_logout_redirect_uri": back} if query else {}
    ending.asked |= {"state": "7"} if query == "state" else {}
    answer = ending.send()

    assert (answer.status, answer.text) == (status, "")
    assert answer.headers.get("location") == (None if location is None else f"{back}{location}")


@proves("CIS2 §8", "S")
@pytest.mark.parametrize("status", [200, 500])
def test_a_client_is_reported_once_that_a_session_has_ended(target: Target, status: int) -> None:
    """By a logout token, regardless of its answer."""
    path = f"/{uuid.uuid4()}"
    app = {"backchannel_logout_uri": target.jwks_host.serve(path, Page(status=status))}
    landing = asking(target, CIS2, {"nhsauth_user": HEALTHCARE_WORKER.user}, app).send()
    hint = redeemed(target, CIS2, landing, app).json["id_token"]
    ending = draft.cis2_end_session(target)
    ending.app, ending.asked = app, {"id_token_hint": hint}
    answers = [ending.send().status for _ in range(2)]

    (sent,) = target.jwks_host.posted(path)
    form = dict(parse_qsl(sent.body.decode()))
    header, claims = decode(form["logout_token"])
    assert (answers, list(form), sent.headers["content-type"]) == ([204, 204], ["logout_token"], FORM)
    assert (list(header), header["typ"], header["alg"]) == (["typ", "kid", "alg"], "JWT", "RS256")
    assert header["kid"] == decode(hint)[0]["kid"]
    assert UUID.fullmatch(claims["jti"])
    assert {name: claims[name] for name in claims if name != "jti"} == {
        "iss": f"{target.origin}{CIS2_PATH}",
        "aud": target.app(app).client_id,
        "sub": HEALTHCARE_WORKER.user,
        "iat": target.now(),
        "exp": target.now() + 120,
        "sid": decode(hint)[1]["sid"],
        "events": {LOGOUT_EVENT: {}},
    }


@proves("CIS2 §8", "I")
def test_an_expired_hint_ends_its_session(target: Target) -> None:
    """What was ended stays ended: no refresh, no userinfo."""
    with target.at(target.now() - 7200):
        landing = asking(target, CIS2, {"nhsauth_user": HEALTHCARE_WORKER.user}, NARROWER).send()
        old = redeemed(target, CIS2, landing, NARROWER).json
    renewed = draft.cis2_refresh_of(target, old["refresh_token"], NARROWER).send().json
    before = userinfo(target, CIS2, renewed["access_token"]).status
    ending = draft.cis2_end_session(target)
    ending.app, ending.asked = NARROWER, {"id_token_hint": old["id_token"]}

    assert (before, ending.send().status) == (200, 204)
    assert said(userinfo(target, CIS2, renewed["access_token"])) == INVALID_TOKEN
    assert said(draft.cis2_refresh_of(target, renewed["refresh_token"], NARROWER).send()) == Said(
        400, "invalid_request", "RefreshToken does not exist"
    )


@proves("CIS2 §8", "I")
def test_the_hint_is_of_a_client_that_is_known(target: Target) -> None:
    """An app that was removed ends nothing any more."""
    app = target.new_app({})
    asked = draft.cis2_authorize(target)
    asked.asked |= {"client_id": app.client_id, "nhsauth_user": HEALTHCARE_WORKER.user}
    sound = draft.cis2_token(target)
    sound.form |= {"client_id": app.client_id, "code": landed(asked.send())["code"]}
    ending = draft.cis2_end_session(target)
    ending.asked["id_token_hint"] = sound.send().json["id_token"]
    target.remove_app(app)

    assert said(ending.send()) == Said(400, "bad_request", "The id_token_hint is not a token of this provider")


ELSEWHERE = [
    ("/realms/NHSIdentity/realms/Hospital/authorize", "/NHSIdentity/Hospital"),
    ("/realms/Other/access_token", "/Other"),
    ("/authorize", "/"),
    ("/realms/A/realms/B/realms/C/userinfo", "/A/B/C"),
]


@pytest.mark.parametrize(("path", "realm"), ELSEWHERE)
def test_the_product_names_the_realm_that_it_has_not(target: Target, path: str, realm: str) -> None:
    """With the state that was sent."""
    root = "/openam/oauth2/realms/root"
    answer = target.send(HttpRequest(method="GET", path=f"{root}{path}?state=7", headers={}))

    assert (answer.status, list(answer.json.items())) == (
        404,
        [
            ("error_description", f"No OpenID Connect provider for realm {realm}"),
            ("error", "not_found"),
            ("state", "7"),
        ],
    )


@proves("discovery", "I")
@pytest.mark.parametrize("name", PROVIDERS)
def test_a_path_that_nobody_has_is_not_found(target: Target, name: str) -> None:
    """Below a provider's own."""
    at = PROVIDERS[name]
    answer = target.send(HttpRequest(method="GET", path=f"{at.path}/connect/nothing", headers={}))

    code = "messaging.adaptors.http.flow.ApplicationNotFound" if name == "nhs_login" else "not_found"
    assert said(answer)[:2] == (404, code)


KEY_SETS = {
    "cis2": ("/connect/jwk_uri", "RS256"),
    "nhs_login": ("/.well-known/jwks.json", "RS512"),
    "realm": ("/protocol/openid-connect/certs", "RS512"),
}


@proves("discovery", "S")
@pytest.mark.parametrize("name", PROVIDERS)
def test_a_key_set_is_whole_and_has_the_key_that_signs(target: Target, name: str) -> None:
    """Its members, and no private one; HEAD has the same headers as GET."""
    (path, alg), at = KEY_SETS[name], PROVIDERS[name]
    answer, head = (
        target.send(HttpRequest(method=method, path=f"{at.path}{path}", headers={})) for method in ("GET", "HEAD")
    )
    (key,) = answer.json["keys"]
    header, _ = decode(SOUND[name](target).send().json["id_token"])

    assert (answer.status, head.status, list(answer.json)) == (200, 200, ["keys"])
    assert answer.headers["content-type"] == head.headers["content-type"] == "application/json"
    assert {each: key[each] for each in key if each not in ("n", "kid")} == {
        "kty": "RSA",
        "use": "sig",
        "alg": alg,
        "e": "AQAB",
    }
    assert (header["kid"], header["alg"]) == (key["kid"], alg)
    assert len(key["n"]) in (342, 683)


@pytest.mark.parametrize("name", ["cis2", "nhs_login", "realm"])
def test_state_comes_back_where_cis2_refuses_a_code(target: Target, name: str) -> None:
    """In the body; the others have no such member."""
    sound = SOUND[name](target)
    sound.form |= {"state": STATE, "grant_type": "password"}

    answer = sound.send()
    assert (answer.json["error"], answer.json.get("state")) == (
        "unsupported_grant_type",
        STATE if name == "cis2" else None,
    )
