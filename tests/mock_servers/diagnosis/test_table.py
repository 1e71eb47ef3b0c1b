"""Every finder stands at rules that there are, under a name of its own."""

from mock_servers.apim import flows as apim
from mock_servers.diagnosis.table import FINDERS
from mock_servers.gateway import flows as gateway
from mock_servers.identity_provider import flows as providers

EVERY_FLOW = (*apim.FLOWS, *providers.FLOWS, *gateway.HELLO_WORLD, gateway.NOWHERE)


def test_every_rule_that_a_finder_names_is_one() -> None:
    rules = {rule.name for flow in EVERY_FLOW for policy in flow.policies for rule in policy.rules}

    unknown = {(finder.name, name) for finder in FINDERS for name in finder.rules if name not in rules}

    assert unknown == set()


def test_no_two_finders_have_one_name() -> None:
    names = [finder.name for finder in FINDERS]

    assert sorted(names) == sorted(set(names))
