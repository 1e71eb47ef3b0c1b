"""What a service answers is compared with what we would have said: a second mock, altered in one thing, plays it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.explained import RealWorld
from mock_servers.apim.flows import FLOWS as TOKEN_FLOWS
from mock_servers.catalogue import observations
from mock_servers.catalogue.observations import UNKNOWN, Observation
from mock_servers.explain.whole import Lent
from mock_servers.identity_provider.flows import FLOWS as PROVIDER_FLOWS
from mock_servers.jose.keys import KeyRing
from mock_servers.provider.cis2 import CIS2
from mock_servers.reading.captured import Captured, CapturedAnswer
from mock_servers.rules import Flow, Policy, Rule, ServiceError
from mock_servers.traffic.comparison import compared, table
from tests.mistakes.listed import GOOD, MISTAKES, Mistake, alone, made

pytestmark = pytest.mark.slow

NOW = 1_800_000_000.0
AT = Lent(at=NOW)
NAMES = ("error", "error_description", "message", "fault", "detail", "errorcode", "faultstring", "id_token", "keys")
SENTENCE = "Another sentence, which nobody has read yet"

Asked = tuple[str, tuple[Mistake, ...]]


def mistakes(kind: str, *findings: str) -> Asked:
    """The mistakes by their ids, in a request of a kind; without any it is a good one."""
    found = {each.finding: each for each in MISTAKES if kind in each.kinds}
    return kind, tuple(found[finding] for finding in findings)


@pytest.fixture(scope="module")
def world(ring: KeyRing) -> RealWorld:
    return RealWorld(ring)


def captured(world: RealWorld, asked: Asked) -> Captured:
    made(world, *asked)
    assert world.last is not None
    return world.last


def observed(exchange: Captured, lent: Lent = AT) -> Observation:
    day = compared(exchange, lent)
    assert day is not None
    return day.observations[0]


# what is altered


def policies() -> list[Policy[Any]]:
    flows: tuple[Flow[Any, Any], ...] = (*TOKEN_FLOWS, *PROVIDER_FLOWS)
    return [policy for flow in flows for policy in flow.policies]


def rule_named(name: str) -> Rule[Any]:
    return next(rule for policy in policies() for rule in policy.rules if rule.name == name)


def row_of(name: str) -> ServiceError:
    error = rule_named(name).error
    return error if isinstance(error, ServiceError) else CIS2.errors[error]


@contextmanager
def set_to(thing: object, **members: Any) -> Iterator[None]:
    """Set members of something frozen, for a while."""
    before = {name: getattr(thing, name) for name in members}
    for name, value in members.items():
        object.__setattr__(thing, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            object.__setattr__(thing, name, value)


@contextmanager
def rules_altered(change: Callable[[Sequence[Rule[Any]]], Sequence[Rule[Any]]], *names: str) -> Iterator[None]:
    policy = next(each for each in policies() if {*names} <= {rule.name for rule in each.rules})
    with set_to(policy, rules=tuple(change(policy.rules))):
        yield


def swapped(one: str, other: str) -> AbstractContextManager[None]:
    places = {one: other, other: one}
    return rules_altered(lambda rules: [rule_named(places.get(each.name, each.name)) for each in rules], one, other)


def without(name: str) -> AbstractContextManager[None]:
    return rules_altered(lambda rules: [each for each in rules if each.name != name], name)


def refusing_all(name: str) -> AbstractContextManager[None]:
    strict = replace(rule_named(name), objection=lambda _: "It is stricter than we are.")
    return rules_altered(lambda rules: [strict if each.name == name else each for each in rules], name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alteration:
    """One thing in which a service is not like ours: at which rule, and by what request it shows."""

    rule: str
    what: str
    altered: Callable[[], AbstractContextManager[None]]
    shown_by: Asked

    def __str__(self) -> str:
        return f"{self.what} of {self.rule}"


def row(rule: str, shown_by: Asked, **members: Any) -> Alteration:
    return Alteration(
        rule=rule, what=", ".join(members), altered=lambda: set_to(row_of(rule), **members), shown_by=shown_by
    )


SIGNED = "client_credentials"
ALTERATIONS = (
    row("check_client_assertion_alg", mistakes(SIGNED, "alg-not-rs512"), sentence=SENTENCE),
    row("find_client_assertion_kid", mistakes("token_exchange", "kid-missing"), sentence=SENTENCE),
    row("check_client_assertion_exp_near", mistakes(SIGNED, "lifetime-too-long"), sentence=SENTENCE),
    row("check_client_assertion_aud", mistakes(SIGNED, "aud-near-miss"), sentence=SENTENCE),
    row("decode_subject_token", mistakes("token_exchange", "code-as-subject-token"), sentence=SENTENCE),
    row("check_state_present", mistakes("authorize", "state-lost"), sentence=SENTENCE),
    row("decode_assertion", mistakes("cis2", "mangled-jwt"), sentence=SENTENCE),
    row("find_client_id", mistakes(SIGNED, "iss-sub-differ"), status=401),
    row("find_app", mistakes(SIGNED, "app-not-known-here"), status=403),
    row("check_subject_token_not_expired", mistakes("token_exchange", "id-token-expired"), status=401),
    row("check_assertion_audience", mistakes("cis2", "cis2-aud-without-443"), status=401),
    row("check_content_type_form", mistakes(SIGNED, "json-body"), status=400),
    row("check_client_assertion_typ", mistakes(SIGNED, "typ-missing"), code="invalid_client"),
    row("check_grant_type_supported", mistakes("refresh", "grant-type"), code="invalid_grant"),
    Alteration(
        rule="check_client_assertion_alg",
        what="place after kid",
        altered=lambda: swapped("check_client_assertion_alg", "find_client_assertion_kid"),
        shown_by=mistakes(SIGNED, "alg-not-rs512", "kid-missing"),
    ),
    Alteration(
        rule="find_client_id",
        what="place after jti",
        altered=lambda: swapped("find_client_id", "check_client_assertion_jti_present"),
        shown_by=mistakes("token_exchange", "iss-sub-differ", "jti-missing"),
    ),
    Alteration(
        rule="check_client_assertion_typ",
        what="absence",
        altered=lambda: without("check_client_assertion_typ"),
        shown_by=mistakes(SIGNED, "typ-missing"),
    ),
    Alteration(
        rule="check_client_assertion_aud",
        what="absence",
        altered=lambda: without("check_client_assertion_aud"),
        shown_by=mistakes("token_exchange", "aud-near-miss"),
    ),
    Alteration(
        rule="check_redirect_uri_in_form",
        what="strictness",
        altered=lambda: refusing_all("check_redirect_uri_in_form"),
        shown_by=mistakes("code"),
    ),
    Alteration(
        rule="check_assertion_near",
        what="absence",
        altered=lambda: without("check_assertion_near"),
        shown_by=mistakes("cis2", "cis2-lifetime"),
    ),
)
ELSEWHERE = (
    *((kind, ()) for kind in GOOD),
    mistakes(SIGNED, "jti-number"),
    mistakes("token_exchange", "other-private-key"),
    mistakes("token_exchange", "scopes-none-left"),
    mistakes("code", "credentials-in-basic"),
    mistakes("nhs_login", "mangled-jwt"),
    mistakes("cis2", "grant-type"),
    mistakes("api", "bearer-shape"),
)
"""What is asked of each altered service besides, of many rules."""


def test_there_are_twenty_alterations() -> None:
    assert len({str(each) for each in ALTERATIONS}) == len(ALTERATIONS) == 20


@pytest.mark.parametrize("alteration", ALTERATIONS, ids=str)
def test_an_alteration_is_reported_at_its_rule_and_nowhere_else(world: RealWorld, alteration: Alteration) -> None:
    with alteration.altered():
        shown = captured(world, alteration.shown_by)
        others = [captured(world, asked) for asked in ELSEWHERE if asked != alteration.shown_by]

    found, elsewhere = observed(shown), [observed(each) for each in others]

    assert (found.verdict, found.rules) == ("differs", (alteration.rule,))
    assert [each for each in elsewhere if each.verdict == "differs"] == []


@pytest.mark.parametrize("alteration", ALTERATIONS, ids=str)
def test_what_shows_an_alteration_shows_none_where_nothing_is_altered(world: RealWorld, alteration: Alteration) -> None:
    found = observed(captured(world, alteration.shown_by))

    assert found.verdict in ("same", "cannot_tell")
    assert found.wording == "row"


def test_unaltered_no_mistake_and_no_good_request_differs(world: RealWorld) -> None:
    asked = [*((kind, ()) for kind in GOOD), *alone()]

    found = {
        (kind, *(each.finding for each in made_)): observed(captured(world, (kind, made_))) for kind, made_ in asked
    }

    assert {name: each for name, each in found.items() if each.verdict == "differs" or each.wording == "new"} == {}
    assert sum(each.verdict == "same" for each in found.values()) > len(found) / 2


def test_a_key_set_that_was_lent_makes_no_difference_certain(world: RealWorld) -> None:
    good = captured(world, mistakes(SIGNED))
    lent = replace(AT, keys=b'{"keys": []}')

    found = observed(good, lent)

    assert (found.verdict, found.rules) == ("same", ())


def test_a_clock_that_is_not_the_services_makes_no_difference_certain(world: RealWorld) -> None:
    with without("check_client_assertion_not_expired"):
        late = captured(world, mistakes(SIGNED, "clock-behind-or-bst"))

    assert observed(late).verdict == "differs"
    assert observed(replace(late, at=NOW), Lent()).verdict == "same"


def test_a_second_more_or_less_makes_no_difference_certain(world: RealWorld) -> None:
    made(world, SIGNED, ())
    draft = GOOD[SIGNED](world)
    draft.claims["exp"] = int(NOW) + 311
    with without("check_client_assertion_exp_near"):
        draft.send()
    assert world.last is not None

    assert observed(world.last).verdict == "cannot_tell"


def test_words_that_nobody_has_are_new_and_show_nothing_where_no_rule_objects(world: RealWorld) -> None:
    with set_to(row_of("find_app"), sentence=SENTENCE):
        exchange = captured(world, mistakes(SIGNED, "app-not-known-here"))

    found = observed(exchange)

    assert (found.verdict, found.wording, found.rules) == ("cannot_tell", "new", ())


def answer(exchange: Captured, status: int, body: bytes, **headers: str) -> Captured:
    return replace(exchange, answer=CapturedAnswer(status=status, headers=tuple(headers.items()), body=body))


def test_a_proxy_in_between_makes_no_difference(world: RealWorld) -> None:
    exchange = captured(world, mistakes(SIGNED, "typ-missing"))

    assert observed(answer(exchange, 502, b"<html><body>Bad gateway</body></html>")).verdict == "cannot_tell"
    assert observed(answer(exchange, 503, b"upstream connect error")).verdict == "cannot_tell"


def test_a_failure_of_the_service_itself_makes_no_difference(world: RealWorld) -> None:
    exchange = captured(world, mistakes(SIGNED, "typ-missing"))
    failed = (
        b'{"error": "unknown_error", "error_description": "An unknown error occurred processing this request. Contact '
        b"us for assistance diagnosing this issue: https://digital.nhs.uk/developer/help-and-support quoting Message "
        b'ID"}'
    )

    assert observed(answer(exchange, 500, failed)).verdict == "cannot_tell"


def test_what_an_api_answers_of_its_own_is_not_compared(world: RealWorld) -> None:
    exchange = captured(world, mistakes("api"))

    assert compared(answer(exchange, 422, b'{"issue": [{"diagnostics": "9912003071 is not known"}]}'), AT) is None


def test_that_an_api_is_open_makes_no_difference() -> None:
    url = "https://int.api.service.nhs.uk/some-api/Patient"
    exchange = Captured(source="raw", method="GET", url=url, answer=CapturedAnswer(status=200, body=b"{}"))

    assert observed(exchange).verdict == "cannot_tell"


def test_a_code_that_the_catalogue_lacks_is_reported_by_its_length_alone(world: RealWorld) -> None:
    exchange = captured(world, mistakes(SIGNED, "typ-missing"))

    found = observed(answer(exchange, 400, b'{"error": "bad_typ", "error_description": "No"}')).answered

    assert (found.code, found.code_length, found.description, found.description_length) == (UNKNOWN, 7, None, 2)


def test_an_unknown_sentence_is_kept_on_demand_without_what_looks_like_a_value(world: RealWorld) -> None:
    exchange = captured(world, mistakes(SIGNED, "typ-missing"))
    body = b'{"error": "invalid_request", "error_description": "Client nhsauth-app of 9912003071 sent no typ"}'

    day = compared(answer(exchange, 400, body), AT, keeps_unknown=True)

    assert day is not None
    kept = day.observations[0].answered
    assert kept.description is not None
    assert "sent no typ" in kept.description
    assert not {"nhsauth-app", "9912003071"} & {*kept.description.split()}
    assert kept.description_sha256 is None


def test_the_same_unknown_sentence_is_one_with_any_id(world: RealWorld) -> None:
    exchange = captured(world, mistakes(SIGNED, "typ-missing"))
    bodies = [
        f'{{"error": "invalid_request", "error_description": "No typ, says {name}"}}'.encode()
        for name in ("request 17", "request 18")
    ]

    one, other = (observed(answer(exchange, 400, body)).answered for body in bodies)

    assert one == other


def test_the_day_is_that_of_the_answer(world: RealWorld) -> None:
    exchange = captured(world, mistakes(SIGNED))

    day = compared(answer(exchange, 200, b"{}", date="Tue, 01 Dec 2026 23:59:59 GMT"), AT)

    assert day is not None
    assert (day.day, day.environment, day.host) == ("2026-12-01", "int", "int.api.service.nhs.uk")


def test_the_types_of_members_are_reported_and_no_other_name(world: RealWorld) -> None:
    exchange = captured(world, mistakes("cis2"))
    reported = observed(exchange).answered.members

    assert reported["expires_in"] == "number"
    assert reported["id_token.id_assurance_level"] == "number"
    assert observed(answer(exchange, 200, b'{"expires_in": "599", "given_name": "Ann"}')).answered.members == {
        "expires_in": "string"
    }


def test_the_table_begins_with_what_differs(world: RealWorld) -> None:
    with set_to(row_of("check_client_assertion_typ"), status=401):
        altered = captured(world, mistakes(SIGNED, "typ-missing"))
    days = [compared(each, AT) for each in (altered, captured(world, mistakes(SIGNED, "alg-not-rs512")))]

    lines = list(table([day for day in days if day is not None]))

    assert lines[0] == "Compared with what we would have said: 1 same, 1 differs, 0 cannot tell"
    assert lines[2].split()[0] == "check_client_assertion_typ"
    assert lines[-1].startswith("  differs at check_client_assertion_typ: we say 400 invalid_request: Invalid 'typ' ")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=4),
    max_leaves=6,
)
BODIES = st.binary(max_size=80) | JSON.map(lambda body: json.dumps(body).encode())
LOCATIONS = st.text(max_size=40) | st.sampled_from(["https://[", "https://app.example/?error=x&error_description=y"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    status=st.integers(0, 999),
    body=BODIES,
    location=LOCATIONS,
    date=st.text(max_size=30),
    keeps=st.sampled_from([1, 0]),
)
def test_any_answer_is_compared_and_can_be_read_back(
    world: RealWorld, tmp_path: Path, status: int, body: bytes, location: str, date: str, keeps: int
) -> None:
    exchange = answer(good_exchange(world), status, body, location=location, date=date)
    file = tmp_path / "any.json"

    day = compared(exchange, AT, keeps_unknown=bool(keeps))

    if day is not None:
        file.write_text(observations.written([day]), encoding="utf-8")
        assert observations.read(file) == (day,)


@cache
def good_exchange(world: RealWorld) -> Captured:
    return captured(world, mistakes("authorize"))
