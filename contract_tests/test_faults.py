"""Faults behind the service: which answer a client gets, how often, at which endpoint, and which clients get it."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.answers import FORMS, Said, form, said
from contract_tests.case import proves
from contract_tests.contract import Shape
from contract_tests.draft import (
    PLATFORM,
    Draft,
    asked_at,
    authorize,
    callback,
    client_credentials,
    hello_user,
    userinfo,
)
from contract_tests.jwks_host import json_page
from contract_tests.reach import Ability, need
from contract_tests.target import HEALTHCARE_WORKER, PATIENT, App, Person, Target
from contract_tests.wire import Answer, HttpRequest

PROVES = ("gateway §1", "I")

SPIKE = (
    "Your application, {}, has created a spike in traffic and is being rate limited. Please reduce the frequency of "
    "your requests."
)
BUSY = "This API is currently receiving a high volume of requests and is being rate limited."
QUOTA = "Your application, {}, has exceeded its quota of {} requests every 1 minute(s) and is being rate limited."
AUD = "Invalid 'aud' claim in external ID token JWT"
ISS = "Invalid iss claim in external ID token JWT"
NO_SCOPES = Said(
    401,
    "unauthorized_client",
    "you have tried to request authorization but your application is not configured to use this authorization grant "
    "type",
)
UNKNOWN = (
    "An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: "
    "https://digital.nhs.uk/developer/help-and-support quoting Message ID"
)


def _of(target: Target, app: App) -> Draft:
    asking = client_credentials(target)
    asking.assertion.claims |= {"iss": app.client_id, "sub": app.client_id}
    return asking


LIMITS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"policy": "spike_arrest"}, {"message": SPIKE, "scope": "application", "policy": "spike-arrest"}),
    ({"policy": "spike_arrest", "scope": "proxy"}, {"message": BUSY, "scope": "proxy", "policy": "spike-arrest"}),
    (
        {},
        {"message": QUOTA, "scope": "application", "policy": "quota", "limit": 7, "interval": 1, "timeunit": "minute"},
    ),
    (
        {"policy": "quota", "scope": "proxy"},
        {"message": BUSY, "scope": "proxy", "policy": "quota", "limit": 7, "interval": 1, "timeunit": "minute"},
    ),
]


@pytest.mark.parametrize(("members", "expected"), LIMITS, ids=["spike", "spike of all", "quota", "quota of all"])
def test_a_rate_limit_is_reported_whole(target: Target, members: dict[str, Any], expected: dict[str, Any]) -> None:
    """Members in their order, with their types."""
    need(target.abilities, Ability.FAULTS, Ability.APPS)
    app = target.new_app({"quota_per_minute": 7, "name": "A busy app"})
    with target.fault(on="token", do="rate_limit", **members):
        answer = _of(target, app).send()

    right = {**expected, "message": expected["message"].format("A busy app", 7)}
    if expected["policy"] == "quota":
        right["ratelimiting_expiry_time_ms"] = (target.now() // 60 + 1) * 60_000
    assert answer.status == 429
    assert list(answer.json.items()) == [*right.items(), ("message_id", answer.json["message_id"])]


@pytest.mark.parametrize("limit", [0, 300])
def test_the_limit_of_an_app_without_one_is_300(target: Target, limit: int) -> None:
    """Which is what the platform gives by default."""
    need(target.abilities, Ability.FAULTS, Ability.APPS)
    app = target.new_app({"quota_per_minute": limit})
    with target.fault(on="token", do="rate_limit"):
        answer = _of(target, app).send()

    assert (answer.json["limit"], answer.json["message"]) == (300, QUOTA.format("Contract tests", 300))


def test_a_rate_limit_of_nobody_names_nobody(target: Target) -> None:
    """A request whose app is not known."""
    need(target.abilities, Ability.FAULTS)
    asking = client_credentials(target)
    asking.assertion.claims |= {"iss": "nobody", "sub": "nobody"}
    with target.fault(on="token", do="rate_limit", policy="spike_arrest"):
        answer = asking.send()

    assert answer.json["message"] == SPIKE.format("<app name>")


@proves("§1", "S")
@pytest.mark.parametrize(("members", "status"), [({}, 500), ({"status": 500}, 500), ({"status": 401}, 401)])
def test_a_script_that_fails_is_reported_as_an_unknown_error(
    target: Target, members: dict[str, int], status: int
) -> None:
    """In the envelope of all errors."""
    need(target.abilities, Ability.FAULTS)
    with target.fault(on="token", do="catch_all", **members):
        answer = client_credentials(target).send()

    assert form(answer, "") == FORMS[Shape.ENVELOPE]
    assert said(answer) == Said(status, "unknown_error", UNKNOWN)


PAGE = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n"
STATUSES: list[tuple[dict[str, Any], int, str, Any]] = [
    ({}, 503, "text/html; charset=utf-8", PAGE.format("503 Service Unavailable")),
    ({"status": 502}, 502, "text/html; charset=utf-8", PAGE.format("502 Bad Gateway")),
    ({"status": 599}, 599, "text/html; charset=utf-8", PAGE.format("599 Unknown")),
    ({"status": 500, "body": "oh"}, 500, "text/plain; charset=utf-8", "oh"),
    ({"status": 500, "body": {"a": 1}}, 500, "application/json", {"a": 1}),
    ({"status": 500, "body": "<a/>", "content_type": "text/xml"}, 500, "text/xml", "<a/>"),
]


@pytest.mark.parametrize(("members", "status", "content_type", "body"), STATUSES)
def test_a_service_that_is_not_there_is_reported_by_what_is_before_it(
    target: Target, members: dict[str, Any], status: int, content_type: str, body: Any
) -> None:
    """The proxy before the service answers with an HTML page, unless the fault orders another body."""
    need(target.abilities, Ability.FAULTS)
    with target.fault(on="token", do="status", **members):
        answer = client_credentials(target).send()

    assert (answer.status, answer.headers["content-type"]) == (status, content_type)
    assert (answer.json if isinstance(body, dict) else answer.text) == body


def _times(target: Target, sound: Callable[[Target], Draft], number: int) -> list[int]:
    return [sound(target).send().status for _ in range(number)]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, [503, 200, 200, 200]),
        ({"times": 2}, [503, 503, 200, 200]),
        ({"times": None}, [503] * 4),
        ({"after": 1}, [200, 503, 200, 200]),
        ({"after": 2, "times": 1}, [200, 200, 503, 200]),
        ({"after": 3, "times": None}, [200, 200, 200, 503]),
    ],
)
def test_a_fault_is_met_as_often_as_ordered(target: Target, members: dict[str, Any], expected: list[int]) -> None:
    """After so many that get through."""
    need(target.abilities, Ability.FAULTS)
    with target.fault(on="token", do="status", **members):
        met = _times(target, client_credentials, 4)

    assert (met, client_credentials(target).send().status) == (expected, 200)


def test_of_two_faults_the_older_is_met_first(target: Target) -> None:
    """Each counts every request."""
    need(target.abilities, Ability.FAULTS)
    with target.fault(on="token", do="status", status=501), target.fault(on="token", do="status", status=502, times=2):
        reported = _times(target, client_credentials, 4)

    assert reported == [501, 502, 502, 200]


WHO: dict[str, Callable[[Target, App], HttpRequest]] = {
    "assertion": lambda target, app: _of(target, app).build(),
    "parameter": lambda target, app: HttpRequest(
        method="POST",
        path=f"{target.prefix}/token",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=f"grant_type=refresh_token&client_id={app.client_id}&refresh_token=x&client_secret=y",
    ),
}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("is_theirs", [True, False])
def test_a_fault_may_be_one_clients(target: Target, who: str, *, is_theirs: bool) -> None:
    """Any client that the request names."""
    need(target.abilities, Ability.FAULTS, Ability.APPS)
    app, other = target.new_app({}), target.new_app({})
    with target.fault(on="token", do="status", client_id=(app if is_theirs else other).client_id):
        status = target.send(WHO[who](target, app)).status

    assert status == (503 if is_theirs else {"assertion": 200, "parameter": 401}[who])


PLACES: dict[str, Callable[[Target], Draft]] = {
    "token": client_credentials,
    "authorize": authorize,
    "callback": callback,
    "userinfo": userinfo,
    "api": hello_user,
}


@pytest.mark.parametrize("place", PLACES)
def test_a_fault_is_met_at_its_place_alone(target: Target, place: str) -> None:
    """By the client whose token, state or parameter is there."""
    need(target.abilities, Ability.FAULTS, Ability.GATEWAY)
    sound, another = PLACES[place](target), authorize(target) if place == "token" else client_credentials(target)
    client_id = target.app({}).client_id
    with target.fault(on=place, do="status", status=502, client_id=client_id):
        elsewhere, here = another.send(), sound.send()

    assert (elsewhere.status != 502, here.status) == (True, 502)


@proves("§3.19", "S")
@pytest.mark.parametrize(
    ("members", "error"),
    [
        ({"do": "status"}, "keys"),
        ({"do": "drop"}, "keys"),
        ({"do": "malformed", "kind": "truncated"}, "keys"),
        ({"do": "malformed", "kind": "html"}, "page"),
        ({"do": "malformed", "kind": "half"}, "page"),
        ({"do": "malformed", "kind": "empty"}, "page"),
        ({"do": "rotate"}, "kid"),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else value,
)
def test_an_app_whose_keys_cannot_be_had_is_refused(target: Target, members: dict[str, Any], error: str) -> None:
    """By what the service knows then; the next request is well where nothing was kept."""
    need(target.abilities, Ability.FAULTS, Ability.APPS)
    path = f"/{uuid.uuid4()}"
    url = target.jwks_host.serve(path, json_page({"keys": [target.jwk]}))
    app = target.new_app({"jwks_url": url})
    with target.fault(on="app.jwks", client_id=app.client_id, **members):
        answer = _of(target, app).send()

    sentences = {
        "keys": Said(403, "public_key error", None),
        "page": Said(401, "unknown_error", None),
        "kid": Said(401, "invalid_request", "Invalid 'kid' header in client_assertion JWT - no matching public key"),
    }
    right = sentences[error]
    assert said(answer)[:2] == right[:2]
    assert right.sentence in (None, said(answer).sentence)


def _came_back(target: Target, person: Person) -> Callable[[], Answer]:
    """Return what brings a person, who has logged in at the provider, back to the platform."""
    need(target.abilities, Ability.PROVIDERS)
    scope = "nhs-login" if person is PATIENT else "nhs-cis2"
    at_provider = authorize(target, scope).send().headers["location"].removeprefix(target.origin)
    landing = target.send(HttpRequest(method="GET", path=f"{at_provider}&nhsauth_user={person.user}", headers={}))
    path = landing.headers["location"].removeprefix(target.origin)
    return lambda: target.send(HttpRequest(method="GET", path=path, headers={}))


WITHOUT = Said(400, "invalid_request", "Missing client_assertion")
UNKNOWN_KID = Said(401, "invalid_request", "Invalid 'kid' header in external ID token JWT - no matching public key")
FAILED = Said(500, "unknown_error", UNKNOWN)
NONSENSE: list[tuple[dict[str, Any], Said, Said]] = [
    *(({"do": "malformed", "kind": kind}, WITHOUT, UNKNOWN_KID) for kind in ("html", "half", "empty")),
    ({"do": "malformed", "kind": "truncated"}, FAILED, FAILED),
    ({"do": "drop"}, FAILED, FAILED),
    ({"do": "status"}, FAILED, FAILED),
    ({"do": "status", "status": 400, "body": {"error": "invalid_grant"}}, FAILED, FAILED),
]


@proves("§6 callback provider refuses", "I")
@pytest.mark.parametrize("person", [HEALTHCARE_WORKER, PATIENT], ids=lambda person: person.provider)
@pytest.mark.parametrize(("members", "at_token", "at_keys"), NONSENSE, ids=lambda value: str(value)[:40])
def test_a_provider_that_fails_spoils_the_log_in(
    target: Target, person: Person, members: dict[str, Any], at_token: Said, at_keys: Said
) -> None:
    """The browser gets no code: at the tokens, and at the keys."""
    need(target.abilities, Ability.FAULTS)
    lines = []
    for place in ("token", "jwks"):
        come_back = _came_back(target, person)
        with target.fault(on=f"{person.provider}.{place}", **members):
            lines.append(said(come_back()))

    assert lines == [at_token, at_keys]


@proves("§6 callback provider refuses", "I")
@pytest.mark.parametrize("place", ["cis2.jwks", "nhs_login.jwks"])
def test_a_provider_that_has_changed_its_keys_spoils_the_log_in(target: Target, place: str) -> None:
    """Until it serves those again that it signs with."""
    need(target.abilities, Ability.FAULTS)
    come_back = _came_back(target, HEALTHCARE_WORKER if place.startswith("cis2") else PATIENT)
    with target.fault(on=place, do="rotate"):
        answer = come_back()

    assert said(answer) == UNKNOWN_KID


SUSPECT = Said(401, "unknown_error", UNKNOWN)
CLAIMS: list[tuple[str, Callable[[int], dict[str, Any]], Said | None]] = [
    ("aud another", lambda _: {"aud": "another"}, Said(400, "invalid_request", AUD)),
    ("aud two", lambda _: {"aud": [PLATFORM, "another"]}, Said(400, "invalid_request", AUD)),
    ("aud a list of one", lambda _: {"aud": [PLATFORM]}, None),
    ("no aud", lambda _: {"aud": None}, Said(400, "invalid_request", AUD)),
    ("iss another", lambda _: {"iss": "https://another.example"}, Said(400, "invalid_request", ISS)),
    ("iss and aud another", lambda _: {"iss": "https://x.example", "aud": "x"}, Said(400, "invalid_request", AUD)),
    ("no iss", lambda _: {"iss": None}, FAILED),
    ("expired", lambda now: {"exp": now - 1}, SUSPECT),
    ("expires now", lambda now: {"exp": now}, None),
    ("of the future", lambda now: {"iat": now + 1}, SUSPECT),
    ("of this second", lambda now: {"iat": now}, None),
    ("not yet", lambda now: {"nbf": now + 1}, SUSPECT),
    ("from now on", lambda now: {"nbf": now}, None),
    ("exp a text", lambda _: {"exp": "later"}, SUSPECT),
    ("no level that the app has", lambda _: {"authentication_assurance_level": 7}, NO_SCOPES),
]


@proves("§6 callback", "S")
@pytest.mark.parametrize(("case", "claims", "expected"), CLAIMS, ids=[case for case, *_ in CLAIMS])
def test_an_id_token_of_the_provider_is_judged_when_it_comes(
    target: Target, case: str, claims: Callable[[int], dict[str, Any]], expected: Said | None
) -> None:
    """Whom it is for, whose it is, when."""
    with target.altered(HEALTHCARE_WORKER, claims(target.now())):
        answer = _came_back(target, HEALTHCARE_WORKER)()

    if expected is None:
        assert "code" in asked_at(answer.headers.get("location", "")), (case, answer.text)
    else:
        assert said(answer) == expected, case
