"""The log-in at CIS2, NHS login and a mock realm: what a request may say, who is let in, and when a session answers."""

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from contract_tests import draft
from contract_tests.answers import Said, said
from contract_tests.at_provider import (
    CIS2,
    NHS_LOGIN,
    PROVIDERS,
    REALM,
    At,
    asking,
    claims,
    form_of,
    landed,
    logged_in,
    page_says,
    posted,
    redeemed,
    tokens,
)
from contract_tests.case import proves, where
from contract_tests.draft import FORM, STATE, Ahead
from contract_tests.jwts import Jwt, Signer, decode
from contract_tests.reach import Switch
from contract_tests.target import HEALTHCARE_WORKER, PATIENT, App, Target
from contract_tests.wire import Answer, HttpRequest

PROVES = ("log-in", "I")

HALF_A_DAY = 43200
LOGIN_REQUIRED = {
    "cis2": ("login_required", "The request requires login."),
    "nhs_login": ("sso_login_required", None),
    "realm": ("login_required", None),
}
CONSENT_REQUIRED = {
    "cis2": ("consent_required", "The request requires consent."),
    "nhs_login": ("consent_required", None),
    "realm": ("interaction_required", None),
}
AUTHORIZE = {"cis2": "/authorize", "nhs_login": "/authorize", "realm": "/protocol/openid-connect/auth"}
COOKIE = re.compile(r"nhsauth_session=[0-9a-f-]{36}\.[0-9a-f]{64}; Path=(/[^;]*); HttpOnly; SameSite=Lax")
OF_SMARTCARD = "656005750104"
WITHOUT_ONE = "656005750109"

GOOD: list[tuple[str, dict[str, Any]]] = [
    *(
        (name, {"prompt": words})
        for name in PROVIDERS
        for words in ("login", "consent", "select_account", "login consent", "consent select_account login")
    ),
    *((name, {"response_mode": "query"}) for name in PROVIDERS),
    *((name, {"login_hint": "nobody-here"}) for name in PROVIDERS),
    *((name, {"max_age": "0"}) for name in PROVIDERS),
    ("cis2", {"max_age": "9" * 15}),
    ("nhs_login", {"max_age": "five minutes"}),
    ("nhs_login", {"display": "page"}),
    ("nhs_login", {"display": "touch"}),
    ("cis2", {"display": "wap"}),
    ("realm", {"display": "wap"}),
    ("cis2", {"vtr": "P9"}),
    ("realm", {"vtr": "P9"}),
    ("cis2", {"request": "e30.e30."}),
    ("realm", {"request_uri": "https://app.example/request.jwt"}),
    ("cis2", {"registration": "{}"}),
    ("cis2", {"asserted_login_identity": "opaque"}),
    ("cis2", {"scope": "openid  profile openid "}),
    ("cis2", {"scope": "openid selectedrole changedrole"}),
    ("cis2", {"nonce": None, "state": None}),
    ("realm", {"nonce": None, "state": None}),
    ("nhs_login", {"scope": "openid everything"}),
    ("nhs_login", {"scope": "openid basic_demographics"}),
    ("realm", {"scope": "openid everything"}),
]


@pytest.mark.parametrize(("name", "asked"), GOOD, ids=[f"{name}-{urlencode(asked)}" for name, asked in GOOD])
def test_a_good_request_is_shown_the_log_in_page(target: Target, name: str, asked: dict[str, Any]) -> None:
    """Strictness ends where it ends; a hint that names nobody is for the person to read."""
    answer = asking(target, PROVIDERS[name], asked).send()

    assert (answer.status, "username" in answer.text, "location" in answer.headers) == (200, True, False)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


BAD = [
    ("cis2", {"max_age": "9" * 16}, "invalid_request", "Invalid max_age parameter"),
    ("cis2", {"max_age": "1.5"}, "invalid_request", "Invalid max_age parameter"),
    ("cis2", {"max_age": "\u0663"}, "invalid_request", "Invalid max_age parameter"),
    ("realm", {"max_age": "soon"}, "invalid_request", "Invalid parameter: max_age"),
    ("nhs_login", {"vtr": '{"P9.Cp": 1}'}, "invalid_request", None),
    ("nhs_login", {"vtr": '["P9.Cp", 9]'}, "invalid_request", None),
    ("nhs_login", {"vtr": '"P9.Cp"'}, "invalid_request", None),
    ("nhs_login", {"vtr": "[" * 3000}, "invalid_request", None),
    ("nhs_login", {"vtr": '["P9.Cp", "P7.Cp"]'}, "invalid_request", None),
    ("realm", {"prompt": "none consent"}, "invalid_request", "Invalid parameter: prompt"),
]


@pytest.mark.parametrize(
    ("name", "asked", "error", "sentence"), BAD, ids=[f"{name}-{urlencode(asked)[:40]}" for name, asked, *_ in BAD]
)
def test_a_request_at_the_edge_of_what_is_good_is_sent_back(
    target: Target, name: str, asked: dict[str, Any], error: str, sentence: str | None
) -> None:
    """With the state of the client, and nothing else."""
    answer = asking(target, PROVIDERS[name], asked).send()

    reported = {"error": error, "error_description": sentence, "state": STATE}
    assert (answer.status, landed(answer)) == (302, {name: value for name, value in reported.items() if value})
    assert answer.headers["location"].partition("?")[0] == target.redirect_uri


REPEATED = {
    "cis2": ("invalid_request", "Invalid Request, duplicate request parameter found : redirect_uri"),
    "nhs_login": ("invalid_request", "A parameter was sent twice."),
    "realm": ("invalid_request", "Invalid Request"),
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_redirect_uri_that_is_there_twice_is_reported_on_a_page(target: Target, name: str) -> None:
    """Nobody knows where else to tell it."""
    answer = asking(target, PROVIDERS[name], {"redirect_uri": [target.redirect_uri] * 2}).send()

    assert (answer.status, "location" in answer.headers) == (400, False)
    assert all(page_says(answer, text) for text in REPEATED[name])


UNREADABLE = {
    "cis2": "The redirection URI provided does not match a pre-registered value.",
    "nhs_login": "The redirect_uri is not registered.",
    "realm": "Invalid parameter: redirect_uri",
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_redirect_uri_that_nobody_can_read_is_not_the_clients(target: Target, name: str) -> None:
    """It is compared, letter by letter."""
    answer = asking(target, PROVIDERS[name], {"redirect_uri": "https://[app.example/callback"}).send()

    assert (answer.status, page_says(answer, UNREADABLE[name])) == (400, True)


METHODS = {"HEAD": (200, 200, 200), "POST": (405, 200, 405), "PUT": (405, 405, 405), "DELETE": (405, 405, 405)}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("name", "place"), [("cis2", 0), ("nhs_login", 1), ("realm", 2)])
def test_a_browser_comes_with_get_and_to_nhs_login_with_post_as_well(
    target: Target, name: str, place: int, method: str
) -> None:
    """A form by POST is the same request; HEAD logs nobody in."""
    at = PROVIDERS[name]
    sent = asking(target, at, {"login_hint": at.person.user} if method == "HEAD" else {})
    sent.method = method
    if method == "POST":
        sent.form, sent.asked, sent.headers = sent.asked, {}, {"Content-Type": FORM}

    assert sent.send().status == METHODS[method][place]


def test_a_request_by_form_logs_in_like_one_in_the_query(target: Target) -> None:
    """At NHS login, where a form is a request."""
    sent = asking(target, NHS_LOGIN, {"login_hint": PATIENT.user})
    sent.method, sent.form, sent.asked, sent.headers = "POST", sent.asked, {}, {"Content-Type": FORM}

    answer = sent.send()

    assert (answer.status, list(landed(answer)), landed(answer)["state"]) == (302, ["code", "state"], STATE)


ANSWERED = {
    "cis2": ("code", "scope", "state", "iss", "client_id"),
    "nhs_login": ("code", "state"),
    "realm": ("state", "session_state", "code"),
}
CODES = {"cis2": r"[\w-]{20,}", "nhs_login": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "realm": r"[\w-]{20,}"}


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("by", ["nhsauth_user", "login_hint"])
def test_a_log_in_is_answered_by_a_redirect_whole(target: Target, name: str, by: str) -> None:
    """Its parameters in their order, their values, and the headers beside."""
    at = PROVIDERS[name]
    answer = asking(target, at, {by: f" {at.person.user} " if by == "nhsauth_user" else at.person.user}).send()

    reported = landed(answer)
    known = {
        "scope": "openid",
        "state": STATE,
        "iss": target.origin + at.path,
        "client_id": target.app({}).client_id,
        "code": reported["code"],
        "session_state": reported.get("session_state"),
    }
    assert answer.status == 302
    assert list(reported.items()) == [(each, known[each]) for each in ANSWERED[name]]
    assert re.fullmatch(CODES[name], reported["code"])
    assert answer.headers["location"].startswith(f"{target.redirect_uri}?")
    assert quote(STATE) in answer.headers["location"]
    assert (answer.headers["cache-control"], answer.headers["content-type"]) == (
        "no-store",
        "text/html; charset=utf-8",
    )
    cookie = COOKIE.fullmatch(answer.headers["set-cookie"])
    assert cookie is not None
    assert cookie[1] == (at.path or "/")


@pytest.mark.parametrize("name", PROVIDERS)
def test_the_query_of_a_registered_redirect_uri_stays(target: Target, name: str) -> None:
    """The parameters follow it, for an error and for a code."""
    uri = "https://app.example/callback?tenant=1"
    app, at = {"redirect_uris": [uri]}, PROVIDERS[name]
    well = asking(target, at, {"redirect_uri": uri, "nhsauth_user": at.person.user}, app).send()
    badly = asking(target, at, {"redirect_uri": uri, "response_type": "token"}, app).send()

    assert well.headers["location"].startswith(f"{uri}&{ANSWERED[name][0]}=")
    assert badly.headers["location"].startswith(f"{uri}&error=unsupported_response_type")
    assert redeemed(target, at, well, app, uri).status == 200


OFFERED = {
    "cis2": [f"6560057501{number:02}" for number in range(4, 13)],
    "nhs_login": ["9912003071", "9912003072", "9912003073", "9912003101"],
}


@pytest.mark.parametrize("name", OFFERED)
def test_the_page_offers_everybody_in_their_order(target: Target, name: str) -> None:
    """Those of this provider alone."""
    page = PROVIDERS[name].authorize(target).send()

    assert list(dict.fromkeys(re.findall(r'value="(\d{10}|\d{12})"', page.text))) == OFFERED[name]


AGAIN = [
    ({"nhsauth_user": "nobody"}, "There is no person with this user id."),
    ({"nhsauth_user": ""}, None),
    ({"nhsauth_user": OF_SMARTCARD, "nhsauth_outcome": "happily"}, "A log-in cannot end like this."),
    (
        {"nhsauth_user": OF_SMARTCARD, "nhsauth_role": "7", "scope": "openid selectedrole"},
        "This person does not have this role.",
    ),
]


@pytest.mark.parametrize(("asked", "sentence"), AGAIN)
def test_the_page_comes_again_and_says_why(target: Target, asked: dict[str, Any], sentence: str | None) -> None:
    """After a person's mistake the log-in page is shown again, without a redirect."""
    answer = asking(target, CIS2, asked).send()

    assert (answer.status, "location" in answer.headers) == (200, False)
    assert sentence is None or page_says(answer, sentence)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


LEVELS = [
    ("cis2", OF_SMARTCARD, {"acr_values": "AAL2_OR_AAL3_ANY", "nhsauth_level": "AAL2"}, 2),
    ("cis2", OF_SMARTCARD, {"acr_values": "AAL2_OR_AAL3_ANY", "nhsauth_level": "aal3"}, 3),
    ("cis2", OF_SMARTCARD, {"nhsauth_level": "aal2"}, None),
    ("cis2", WITHOUT_ONE, {}, None),
    ("cis2", WITHOUT_ONE, {"acr_values": "AAL2_OR_AAL3_ANY", "nhsauth_level": "aal3"}, None),
    ("realm", OF_SMARTCARD, {"nhsauth_level": "AAL1"}, 1),
    ("realm", WITHOUT_ONE, {"nhsauth_level": "aal3"}, None),
    ("realm", WITHOUT_ONE, {}, 2),
]


@pytest.mark.parametrize(("name", "user", "asked", "level"), LEVELS)
def test_a_log_in_reaches_the_level_that_was_chosen(
    target: Target, name: str, user: str, asked: dict[str, Any], level: int | None
) -> None:
    """Where the request and the person allow it, in any case; else the client gets an error."""
    answer = logged_in(target, PROVIDERS[name], asked, user)

    if level is None:
        assert (answer.status, landed(answer)["error"]) == (302, "interaction_required")
        return
    reported = redeemed(target, PROVIDERS[name], answer).json["id_token"]
    assert str(decode(reported)[1]["authentication_assurance_level"]) == str(level)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_slow_log_in_goes_on_by_itself(target: Target, name: str) -> None:
    """The browser waits five seconds, and then asks for the same without waiting."""
    at = PROVIDERS[name]
    answer = logged_in(target, at, {"nhsauth_outcome": "slow"})
    seconds, _, url = answer.headers["refresh"].partition("; url=")

    going_on = target.send(HttpRequest(method="GET", path=url, headers={}))

    assert (answer.status, seconds, answer.headers["content-type"]) == (200, "5", "text/html; charset=utf-8")
    assert url.startswith(f"{at.path}{AUTHORIZE[name]}?")
    assert (going_on.status, landed(going_on)["state"], "code" in landed(going_on)) == (302, STATE, True)


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"outcome": "cancelled"}, {}),
        ({"outcome": "level_too_low"}, {}),
        ({"username": ""}, {}),
        ({}, {"response_mode": "query"}),
        ({"csrf": ""}, {}),
    ],
    ids=["cancelled", "level too low", "nobody", "well", "no seal"],
)
def test_a_form_says_what_becomes_of_the_log_in(
    target: Target, name: str, changes: dict[str, str], asked: dict[str, Any]
) -> None:
    """As the page sends it."""
    at = PROVIDERS[name]
    page = asking(target, at, asked).send()
    answer = posted(target, page, {**form_of(page), "username": at.person.user, **changes})

    reported = {"cancelled": "access_denied", "level_too_low": "interaction_required"}.get(changes.get("outcome", ""))
    if "username" in changes:
        assert (answer.status, page_says(answer, "There is no person with this user id.")) == (200, True)
    elif "csrf" in changes and name != "realm":
        assert (answer.status, page_says(answer, "This log-in form was not made for this request.")) == (400, True)
    else:
        assert answer.status == 302
        assert (landed(answer).get("error"), landed(answer)["state"]) == (reported, STATE)


def test_the_form_of_a_realm_that_was_changed_is_refused(target: Target) -> None:
    """Its request is in its action, and so is the seal."""
    page = REALM.authorize(target).send()
    changed = Answer(status=200, headers={}, text=page.text.replace("state=the", "state=another"))

    answer = posted(target, changed, {"username": OF_SMARTCARD})

    assert answer.status == 400
    assert page_says(answer, "An error occurred, please login again through your application.")


def _silent(target: Target, at: At, cookies: str, asked: Mapping[str, Any]) -> Answer:
    sent = asking(target, at, {"prompt": "none", **asked})
    sent.headers["Cookie"] = cookies
    return sent.send()


def _visited(target: Target, at: At, asked: Mapping[str, Any], user: str = "") -> str:
    return logged_in(target, at, asked, user).headers["set-cookie"].partition(";")[0]


AGES = [
    *((name, later, None, later < HALF_A_DAY) for name in PROVIDERS for later in (HALF_A_DAY - 1, HALF_A_DAY)),
    *((name, later, "300", later <= 300) for name in ("cis2", "realm") for later in (300, 301)),
    ("nhs_login", 301, "300", True),
    ("cis2", 0, "0", True),
    ("cis2", 1, "0", False),
]


@pytest.mark.parametrize(("name", "later", "oldest", "answers"), AGES)
def test_a_session_answers_for_its_person_for_half_a_day(
    target: Target, name: str, later: int, oldest: str | None, *, answers: bool
) -> None:
    """Without a page; where a log-in must not be older than `max_age`, within that."""
    at = PROVIDERS[name]
    with target.at(target.now() - later):
        cookies = f"first=1; {_visited(target, at, {})}; last=1"

    answer = _silent(target, at, cookies, {"max_age": oldest})

    if answers:
        assert list(landed(answer)) == list(ANSWERED[name])
        claims = decode(redeemed(target, at, answer).json["id_token"])[1]
        assert (claims["auth_time"], claims["iat"]) == (target.now() - later, target.now())
    else:
        assert (landed(answer)["error"], landed(answer).get("error_description")) == LOGIN_REQUIRED[name]


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("spoil", ["none", "forged", "of another provider"])
def test_nobody_is_logged_in_by_a_cookie_that_is_not_the_providers(target: Target, name: str, spoil: str) -> None:
    """The client's error says that a log-in is required."""
    at, other = PROVIDERS[name], PROVIDERS["cis2" if name == "nhs_login" else "nhs_login"]
    own, foreign = _visited(target, at, {}), _visited(target, other, {})
    cookies = {"none": "", "forged": f"{own[:-1]}{'0' if own[-1] != '0' else '1'}", "of another provider": foreign}

    answer = _silent(target, at, cookies[spoil], {})

    reported = {"error": LOGIN_REQUIRED[name][0], "error_description": LOGIN_REQUIRED[name][1], "state": STATE}
    assert landed(answer) == {each: value for each, value in reported.items() if value}


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_session_cannot_consent(target: Target, name: str) -> None:
    """A page would be wanted for that."""
    at = PROVIDERS[name]

    answer = _silent(target, at, _visited(target, at, {}), {"nhsauth_outcome": "consent_refused"})

    assert (landed(answer)["error"], landed(answer).get("error_description")) == CONSENT_REQUIRED[name]


def test_a_session_of_too_low_a_level_does_not_do(target: Target) -> None:
    """The level of its first log-in counts, not the person's highest."""
    lower = _visited(target, CIS2, {"acr_values": "AAL2_ANY"})
    answers = [_silent(target, CIS2, lower, {"acr_values": acr}) for acr in ("AAL3_ANY", "AAL2_ANY")]

    assert said(answers[0]) == Said(
        302, "interaction_required", "The request requires some interaction that is not allowed."
    )
    assert "code" in landed(answers[1])


def test_an_ended_session_answers_for_nobody(target: Target) -> None:
    """Nor do its tokens: neither the code, nor at userinfo."""
    landing = logged_in(target, CIS2, {})
    cookies, hint = landing.headers["set-cookie"].partition(";")[0], redeemed(target, CIS2, landing).json["id_token"]
    unspent = _silent(target, CIS2, cookies, {})
    ending = draft.cis2_end_session(target)
    ending.asked = {"id_token_hint": hint}
    ended = ending.send()

    assert (ended.status, ended.text) == (204, "")
    assert said(_silent(target, CIS2, cookies, {})) == Said(302, *LOGIN_REQUIRED["cis2"])
    assert said(redeemed(target, CIS2, unspent)) == Said(
        400, "invalid_grant", "The provided access grant is invalid, expired, or revoked."
    )


@pytest.mark.parametrize("name", ["cis2", "realm"])
@pytest.mark.parametrize(("user", "same"), [(OF_SMARTCARD, True), ("656005750105", False)])
def test_the_next_log_in_of_the_same_person_goes_on_with_the_session(
    target: Target, name: str, user: str, *, same: bool
) -> None:
    """In the same browser; somebody else begins their own."""
    at = PROVIDERS[name]
    landing = logged_in(target, at, {})
    again = asking(target, at, {"nhsauth_user": user})
    again.headers["Cookie"] = landing.headers["set-cookie"].partition(";")[0]

    sids = [decode(redeemed(target, at, each).json["id_token"])[1]["sid"] for each in (landing, again.send())]

    assert (sids[0] == sids[1]) is same


@where(only=Switch.CIS2_SINGLE_SIGN_ON)
@pytest.mark.parametrize(
    ("first", "asked", "later", "goes_on"),
    [
        ({}, {}, 0, True),
        ({}, {"prompt": "login"}, 0, False),
        ({}, {"max_age": "300"}, 301, False),
        ({}, {"acr_values": "AAL2_ANY"}, 0, True),
        ({"acr_values": "AAL2_ANY"}, {}, 0, False),
        ({}, {}, HALF_A_DAY, False),
    ],
)
def test_where_single_sign_on_is_set_a_session_goes_on(
    target: Target, first: dict[str, Any], asked: dict[str, Any], later: int, *, goes_on: bool
) -> None:
    """Unless the request wants a page, or the session will not do."""
    with target.at(target.now() - later):
        cookies = _visited(target, CIS2, first)
    sent = asking(target, CIS2, asked)
    sent.headers["Cookie"] = cookies

    assert ("code" in landed(sent.send())) is goes_on


def _word(target: Target, app: App, claims: Mapping[str, Any], sign: Signer | None = None) -> str:
    """Return the word of a client for a person who has logged in through it."""
    sound = {"iss": app.client_id, "jti": str(uuid.uuid4()), "iat": target.now(), "exp": target.now() + 60}
    members = {name: value for name, value in {**sound, **claims}.items() if value is not None}
    filled = {name: target.now() + each.seconds if isinstance(each, Ahead) else each for name, each in members.items()}
    token = Jwt(header={"alg": "RS512", "kid": target.jwk["kid"]}, claims=filled, sign=sign or target.signer)
    return token.text(lambda value: value)


def _vouched(target: Target, word: str, asked: Mapping[str, Any] | None = None) -> Answer:
    return asking(target, NHS_LOGIN, {"asserted_login_identity": word, **(asked or {})}, {"name": "Another app"}).send()


@proves("NHS login §4", "D")
def test_a_client_vouches_for_a_person_to_another(target: Target) -> None:
    """The person is not asked again; the word is good once."""
    known = claims(target, NHS_LOGIN, {})
    word = _word(target, target.app({}), {"code": known["jti"]})

    answer = _vouched(target, word)
    again = _vouched(target, word)

    decoded = decode(redeemed(target, NHS_LOGIN, answer, {"name": "Another app"}).json["id_token"])[1]
    assert {name: decoded[name] for name in ("sub", "aud", "vot", "nonce")} == {
        "sub": known["sub"],
        "aud": target.app({"name": "Another app"}).client_id,
        "vot": "P9.Cp.Cd",
        "nonce": "nonce",
    }
    assert landed(again) == {"error": "invalid_request", "state": STATE}


WORDS = [
    ({"exp": Ahead(61)}, "invalid_request"),
    ({"exp": Ahead(0)}, "invalid_request"),
    ({"exp": Ahead(-1)}, "invalid_request"),
    ({"exp": "soon"}, "invalid_request"),
    ({"exp": None}, "invalid_request"),
    ({"iat": None}, "invalid_request"),
    ({"iat": "now"}, "invalid_request"),
    ({"jti": None}, "invalid_request"),
    ({"jti": 7}, "invalid_request"),
    ({"code": None}, "invalid_request"),
    ({"iss": None}, "invalid_request"),
    ({"iss": "nobody"}, "invalid_request"),
    ({"code": "never-issued"}, "login_required"),
    ({"iss": "nobody", "code": "never-issued"}, "invalid_request"),
    ({"exp": Ahead(1)}, None),
    ({"exp": Ahead(60)}, None),
    ({"iat": 0}, None),
]


@proves("NHS login §4", "I")
@pytest.mark.parametrize(("changes", "error"), WORDS, ids=str)
def test_a_clients_word_is_judged(target: Target, changes: dict[str, Any], error: str | None) -> None:
    """Whether it is one, then whose, then for whom."""
    word = _word(target, target.app({}), {"code": claims(target, NHS_LOGIN, {})["jti"], **changes})

    reported = landed(_vouched(target, word))

    assert reported == {"error": error, "state": STATE} if error else list(reported) == ["code", "state"]


@proves("NHS login §4", "I")
def test_a_clients_word_is_the_clients_own(target: Target) -> None:
    """Signed by one of its keys, of a person whom it knows, whose session goes on at the level that is wanted."""
    app, key = target.app({}), claims(target, NHS_LOGIN, {})["jti"]
    with target.at(target.now() - HALF_A_DAY):
        long_ago = claims(target, NHS_LOGIN, {})["jti"]
    with target.at(target.now() - HALF_A_DAY + 1):
        just_so = claims(target, NHS_LOGIN, {})["jti"]
    other = target.app({"name": "A third app"})
    low = claims(target, NHS_LOGIN, {"vtr": '["P5.Cp"]'})["jti"]
    answers = [
        _vouched(target, _word(target, app, {"code": key}, target.foreign_signer)),
        _vouched(target, _word(target, app, {"code": "never-issued"}, target.foreign_signer)),
        _vouched(target, _word(target, other, {"code": key})),
        _vouched(target, _word(target, app, {"code": long_ago})),
        _vouched(target, _word(target, app, {"code": just_so})),
        _vouched(target, _word(target, app, {"code": low}), {"vtr": json.dumps(["P9.Cp"])}),
        _vouched(target, _word(target, app, {"code": low}), {"vtr": json.dumps(["P5.Cp"])}),
        _vouched(target, _word(target, app, {"code": key}), {"prompt": "none"}),
    ]

    assert ["code" if "code" in landed(answer) else landed(answer).get("error") for answer in answers] == [
        "invalid_request",
        "invalid_request",
        "login_required",
        "login_required",
        "code",
        "interaction_required",
        "code",
        "code",
    ]


@proves("NHS login §4", "I")
def test_a_word_that_is_refused_for_the_level_is_not_spent(target: Target) -> None:
    """It is claimed last."""
    word = _word(target, target.app({}), {"code": claims(target, NHS_LOGIN, {"vtr": '["P5.Cp"]'})["jti"]})
    first, second = (_vouched(target, word, {"vtr": json.dumps([vector])}) for vector in ("P9.Cp", "P5.Cp"))

    assert (landed(first)["error"], "code" in landed(second)) == ("interaction_required", True)


def test_a_session_shows_the_role_again(target: Target) -> None:
    """Only the client that requests the scope gets it."""
    cookies = _visited(target, CIS2, {"scope": "openid selectedrole", "nhsauth_role": "900000104012"})
    claims = [
        decode(redeemed(target, CIS2, _silent(target, CIS2, cookies, {"scope": scope})).json["id_token"])[1]
        for scope in ("openid selectedrole", "openid")
    ]

    assert [each.get("selected_roleid") for each in claims] == ["900000104012", None]


def test_what_a_log_in_was_asked_for_is_what_its_tokens_have(target: Target) -> None:
    """Scopes that NHS login does not know are passed over, and each counts once."""
    reported = tokens(target, NHS_LOGIN, {"scope": "openid everything profile openid"})

    assert reported["scope"] == "openid profile"
    assert tokens(target, CIS2, {"scope": "openid  profile openid"})["scope"] == "openid profile"
    assert HEALTHCARE_WORKER.user == claims(target, CIS2, {"nonce": None})["sub"]
    assert "nonce" not in claims(target, CIS2, {"nonce": None})
