from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from mock_servers.apim import flows as apim
from mock_servers.gateway import flows as gateway
from mock_servers.gateway import own_api
from mock_servers.identity_provider import flows as identity_provider
from mock_servers.rules import (
    Flow,
    Kind,
    Policy,
    Refusal,
    Rule,
    ServiceError,
    UnknownError,
    choose,
    foresee,
    judge,
    rejects,
    walk,
)

FIRST = ServiceError(status=400, code="first", sentence="First", evidence="S", row="1")
SECOND = ServiceError(status=400, code="second", sentence="Second", evidence="S", row="2")
THIRD = ServiceError(status=400, code="third", sentence="Third", evidence="S", row="3")


@dataclass(slots=True)
class Exchange:
    bad: frozenset[str] = frozenset()
    walked: list[str] = field(default_factory=list)
    learned: str = field(init=False)


@rejects(FIRST)
def check_first(exchange: Exchange) -> str | None:
    exchange.walked.append("first")
    return "first is bad" if "first" in exchange.bad else None


@rejects(SECOND)
def find_second(exchange: Exchange) -> str | None:
    if "second" in exchange.bad:
        return "second is bad"
    exchange.learned = "second"
    return None


@rejects(THIRD)
def check_third(exchange: Exchange) -> str | None:
    return f"third is bad after {exchange.learned}" if "third" in exchange.bad else None


@rejects(THIRD)
def claim_third(_: Exchange) -> str | None:
    raise AssertionError("a claim must not be foreseen")


@rejects(THIRD)
def claim_walk(exchange: Exchange) -> str | None:
    exchange.walked.append("claimed")
    return None


def flow(*rules: Rule[Exchange]) -> Flow[Exchange, str]:
    return Flow(
        name="flow",
        row="0",
        takes=lambda _: True,
        policies=(Policy(name="one", rules=rules[:1]), Policy(name="two", rules=rules[1:])),
        respond=lambda _: "done",
    )


ALL = flow(check_first, claim_walk, find_second, check_third)


def test_nothing_objects_to_a_good_exchange() -> None:
    assert judge(ALL, Exchange()) is None


def test_the_first_objection_in_order_decides() -> None:
    refusal = judge(ALL, Exchange(bad=frozenset({"third", "first"})))

    assert refusal == Refusal(error=FIRST, rule="check_first", policy="one", diagnosis="first is bad")


def test_what_stands_behind_an_objection_is_not_walked() -> None:
    exchange = Exchange(bad=frozenset({"first"}))

    judge(ALL, exchange)

    assert exchange.walked == ["first"]


def test_a_claim_runs_in_its_turn() -> None:
    exchange = Exchange()

    judge(ALL, exchange)

    assert exchange.walked == ["first", "claimed"]


def test_later_objections_are_foreseen_in_order() -> None:
    exchange = Exchange(bad=frozenset({"first", "second"}))
    refusal = judge(ALL, exchange)
    assert refusal is not None

    assert [later.error for later in foresee(ALL, exchange, refusal)] == [SECOND]


def test_a_rule_that_needs_what_was_not_learned_is_passed_over() -> None:
    exchange = Exchange(bad=frozenset({"second", "third"}))
    refusal = judge(ALL, exchange)
    assert refusal is not None

    assert foresee(ALL, exchange, refusal) == []


def test_foreseeing_leaves_the_exchange_as_it_was() -> None:
    exchange = Exchange(bad=frozenset({"first"}))
    refusal = judge(ALL, exchange)
    assert refusal is not None

    foresee(ALL, exchange, refusal)

    with pytest.raises(AttributeError):
        _ = exchange.learned


def test_claims_are_not_foreseen() -> None:
    walk = flow(check_first, claim_third, claim_walk)
    exchange = Exchange(bad=frozenset({"first"}))
    refusal = judge(walk, exchange)
    assert refusal is not None

    assert foresee(walk, exchange, refusal) == []
    assert exchange.walked == ["first"]


def test_what_rests_on_an_objection_is_passed_over_and_what_rests_on_that() -> None:
    @rejects(SECOND, after=["check_first"])
    def check_second(_: Exchange) -> str | None:
        return "second is bad, which nobody knows while the first is"

    @rejects(THIRD, after=["check_second"])
    def check_third(_: Exchange) -> str | None:
        return "so is the third"

    walk = flow(check_first, check_second, check_third)
    exchange = Exchange(bad=frozenset({"first"}))
    refusal = judge(walk, exchange)
    assert refusal is not None

    assert foresee(walk, exchange, refusal) == []


def test_what_rests_on_a_foreseen_objection_is_passed_over() -> None:
    @rejects(THIRD, after=["find_second"])
    def check_third(exchange: Exchange) -> str | None:
        return f"third is bad after {exchange.bad}"

    walk = flow(check_first, find_second, check_third)
    exchange = Exchange(bad=frozenset({"first", "second"}))
    refusal = judge(walk, exchange)
    assert refusal is not None

    assert [later.error for later in foresee(walk, exchange, refusal)] == [SECOND]


@pytest.mark.parametrize("flows", [apim.FLOWS, identity_provider.FLOWS, gateway.HELLO_WORLD, own_api.FLOWS])
def test_a_rule_rests_on_rules_that_are_there_and_come_before_it(flows: Sequence[Flow[Any, Any]]) -> None:
    for each in flows:
        names = [rule.name for policy in each.policies for rule in policy.rules]
        rests = [(rule.name, on) for policy in each.policies for rule in policy.rules for on in rule.after]

        assert [(name, on) for name, on in rests if on not in names[: names.index(name)]] == []


def test_an_attribute_error_of_a_rules_own_making_is_not_hidden() -> None:
    @rejects(SECOND)
    def check_broken(_: Exchange) -> str | None:
        return str(None.missing)  # type: ignore[attr-defined] # the mistake itself

    walk = flow(check_first, check_broken)
    exchange = Exchange(bad=frozenset({"first"}))
    refusal = judge(walk, exchange)
    assert refusal is not None

    with pytest.raises(AttributeError, match="missing"):
        foresee(walk, exchange, refusal)


def test_the_kind_of_a_rule_is_the_first_word_of_its_name() -> None:
    assert [rule.kind for rule in (check_first, find_second, claim_third, claim_walk)] == [
        Kind.CHECK,
        Kind.FIND,
        Kind.CLAIM,
        Kind.CLAIM,
    ]


def test_a_rule_whose_name_begins_with_no_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="ensure"):
        rejects(FIRST)(type("f", (), {"__name__": "ensure_it", "__call__": lambda *_: None})())


def test_the_first_flow_that_takes_the_exchange_is_chosen() -> None:
    never: Flow[Exchange, str] = Flow(
        name="never", row="0", takes=lambda _: False, policies=(), respond=lambda _: "never"
    )

    assert choose((never, ALL), Exchange()) is ALL


@rejects(FIRST)
def check_unknown(_: Exchange) -> str | None:
    raise UnknownError("who is registered")


def test_a_walk_shows_of_each_rule_whether_it_passed_objected_or_is_unknown_and_why() -> None:
    rules = (check_first, check_unknown, find_second, check_third, claim_third, claim_walk)
    exchange = Exchange(bad=frozenset({"second", "third"}))

    said = {
        step.rule.name: (step.refusal and step.refusal.diagnosis, step.unknown)
        for step in walk(flow(*rules).policies, exchange)
    }

    assert said == {
        "check_first": (None, None),
        "check_unknown": (None, "who is registered"),
        "find_second": ("second is bad", None),
        "check_third": (None, ""),
        "claim_third": (None, ""),
        "claim_walk": (None, ""),
    }


def test_what_nobody_has_reported_is_not_foreseen() -> None:
    exchange = Exchange(bad=frozenset({"first"}))
    walked = flow(check_first, check_unknown)
    refusal = judge(walked, exchange)
    assert refusal is not None

    assert foresee(walked, exchange, refusal) == []
