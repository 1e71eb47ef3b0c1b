"""What clients meet where something fails behind the service: what is answered, how often, at which place, to whom."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from contract_tests.answers import FORMS, Said, form, said
from contract_tests.breakage import Shape
from contract_tests.case import proves
from contract_tests.draft import Draft, asked_at, authorize, callback, client_credentials, hello_user, userinfo
from contract_tests.jwks_host import json_page
from contract_tests.reach import Ability, need
from contract_tests.target import App, Target
from contract_tests.wire import Answer, HttpRequest

PROVES = ("gateway §1", "I")

SPIKE = (
    "Your application, {}, has created a spike in traffic and is being rate limited. Please reduce the frequency of "
    "your requests."
)
BUSY = "This API is currently receiving a high volume of requests and is being rate limited."
QUOTA = "Your application, {}, has exceeded its quota of {} requests every 1 minute(s) and is being rate limited."
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


@pytest.mark.parametrize(("members", "told"), LIMITS, ids=["spike", "spike of all", "quota", "quota of all"])
def test_a_rate_limit_is_told_whole(target: Target, members: dict[str, Any], told: dict[str, Any]) -> None:
    """Members in their order, with their types."""
    need(target.abilities, Ability.FAULTS, Ability.APPS)
    app = target.new_app({"quota_per_minute": 7, "name": "A busy app"})
    with target.fault(on="token", do="rate_limit", **members):
        answer = _of(target, app).send()

    right = {**told, "message": told["message"].format("A busy app", 7)}
    if told["policy"] == "quota":
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
def test_a_script_that_fails_is_told_as_an_unknown_error(target: Target, members: dict[str, int], status: int) -> None:
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
def test_a_service_that_is_not_there_is_told_by_what_is_before_it(
    target: Target, members: dict[str, Any], status: int, content_type: str, body: Any
) -> None:
    """A page, unless something else was ordered."""
    need(target.abilities, Ability.FAULTS)
    with target.fault(on="token", do="status", **members):
        answer = client_credentials(target).send()

    assert (answer.status, answer.headers["content-type"]) == (status, content_type)
    assert (answer.json if isinstance(body, dict) else answer.text) == body


def _times(target: Target, sound: Callable[[Target], Draft], number: int) -> list[int]:
    return [sound(target).send().status for _ in range(number)]


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({}, [503, 200, 200, 200]),
        ({"times": 2}, [503, 503, 200, 200]),
        ({"times": None}, [503] * 4),
        ({"after": 1}, [200, 503, 200, 200]),
        ({"after": 2, "times": 1}, [200, 200, 503, 200]),
        ({"after": 3, "times": None}, [200, 200, 200, 503]),
    ],
)
def test_a_fault_is_met_as_often_as_ordered(target: Target, members: dict[str, Any], told: list[int]) -> None:
    """After so many that get through."""
    need(target.abilities, Ability.FAULTS)
    with target.fault(on="token", do="status", **members):
        met = _times(target, client_credentials, 4)

    assert (met, client_credentials(target).send().status) == (told, 200)


def test_of_two_faults_the_older_is_met_first(target: Target) -> None:
    """Each counts every request."""
    need(target.abilities, Ability.FAULTS)
    with target.fault(on="token", do="status", status=501), target.fault(on="token", do="status", status=502, times=2):
        told = _times(target, client_credentials, 4)

    assert told == [501, 502, 502, 200]


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
    """Whoever is known by what the request says."""
    need(target.abilities, Ability.FAULTS, Ability.APPS)
    app, other = target.new_app({}), target.new_app({})
    with target.fault(on="token", do="status", client_id=(app if is_theirs else other).client_id):
        status = target.send(WHO[who](target, app)).status

    assert (status == 503) is is_theirs


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


@proves("§6 callback provider refuses", "I")
@pytest.mark.parametrize("kind", ["html", "half", "empty"])
@pytest.mark.parametrize("place", ["cis2.token", "cis2.jwks"])
def test_a_provider_that_answers_nonsense_spoils_the_log_in(target: Target, place: str, kind: str) -> None:
    """The browser gets no code."""
    need(target.abilities, Ability.FAULTS, Ability.PROVIDERS)
    at_provider = authorize(target).send().headers["location"].removeprefix(target.origin)
    landing = target.send(HttpRequest(method="GET", path=f"{at_provider}&nhsauth_user=656005750104", headers={}))
    with target.fault(on=place, do="malformed", kind=kind):
        answer: Answer = target.send(
            HttpRequest(method="GET", path=landing.headers["location"].removeprefix(target.origin), headers={})
        )

    assert answer.status >= 400
    assert "code" not in asked_at(answer.headers.get("location", ""))
