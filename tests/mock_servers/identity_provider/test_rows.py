"""Whatever a rule may object to has its row at every provider."""

import pytest

from mock_servers.identity_provider.cis2 import CIS2
from mock_servers.identity_provider.errors import HEADINGS
from mock_servers.identity_provider.flows import FLOWS
from mock_servers.identity_provider.nhs_login import NHS_LOGIN
from mock_servers.identity_provider.realms import mock_realms
from mock_servers.state.provider import Provider

RULES = [rule for flow in FLOWS for policy in flow.policies for rule in policy.rules]
PROVIDERS = [CIS2, NHS_LOGIN, *mock_realms("internal-dev")]


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_every_problem_that_a_rule_names_has_a_row(provider: Provider) -> None:
    named = {rule.error.code for rule in RULES if rule.error is not None}

    assert named - set(provider.errors) == set()


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_no_row_lacks_a_rule(provider: Provider) -> None:
    named = {rule.error.code for rule in RULES if rule.error is not None}

    assert set(provider.errors) - named == {"fault"}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_every_page_has_a_heading(provider: Provider) -> None:
    pages = {problem for problem, row in provider.errors.items() if row.shape == "page"}

    assert pages == set(HEADINGS)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_what_must_not_be_sent_names_a_problem(provider: Provider) -> None:
    assert set(provider.asking.unsupported.values()) <= set(provider.errors)
