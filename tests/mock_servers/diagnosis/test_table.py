"""Every finder stands at rules that there are, under a name of its own."""

from itertools import combinations
from types import SimpleNamespace
from typing import Any, cast

from mock_servers.apim import flows as apim
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.examination import distance_of
from mock_servers.diagnosis.table import FINDERS
from mock_servers.gateway import flows as gateway
from mock_servers.identity_provider import flows as providers
from mock_servers.management import log_in
from mock_servers.rules import Flow

EVERY_FLOW: tuple[Flow[Any, Any], ...] = (
    *apim.FLOWS,
    *providers.FLOWS,
    *gateway.HELLO_WORLD,
    gateway.NOWHERE,
    *log_in.FLOWS,
)


def test_every_rule_that_a_finder_names_is_one() -> None:
    rules = {rule.name for flow in EVERY_FLOW for policy in flow.policies for rule in policy.rules}

    unknown = {(finder.name, name) for finder in FINDERS for name in finder.rules if name not in rules}

    assert unknown == set()


def test_two_finders_are_as_near_only_where_they_explain_a_rule_both() -> None:
    """Anywhere else their order in the table shows nowhere."""
    flows = [[rule for policy in flow.policies for rule in policy.rules] for flow in EVERY_FLOW]
    later = tuple(rule.name for rules in flows for rule in rules)
    for case in (*(SimpleNamespace(ahead=rules, later=()) for rules in flows), SimpleNamespace(ahead=(), later=later)):
        near = [(finder, distance_of(finder, cast("Case", case))) for finder in FINDERS if finder.rules]
        tied = [(one, two) for (one, a), (two, b) in combinations(near, 2) if a is not None and a == b]

        assert [(one.name, two.name) for one, two in tied if not set(one.rules) & set(two.rules)] == []


def test_no_two_finders_have_one_name() -> None:
    names = [finder.name for finder in FINDERS]

    assert sorted(names) == sorted(set(names))
