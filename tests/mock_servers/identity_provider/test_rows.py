"""Every problem of a rule has its row at every provider."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from mock_servers.identity_provider.flows import FLOWS
from mock_servers.identity_provider.render import row_of
from mock_servers.provider import errors
from mock_servers.provider.cis2 import CIS2
from mock_servers.provider.nhs_login import NHS_LOGIN
from mock_servers.provider.provider import Provider
from mock_servers.provider.realms import mock_realms
from mock_servers.settings.sections import ProviderSettings

RULES = [rule for flow in FLOWS for policy in flow.policies for rule in policy.rules]
PROVIDERS = [CIS2, NHS_LOGIN, *mock_realms("internal-dev")]


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_every_problem_that_a_rule_names_has_a_row(provider: Provider) -> None:
    named = {rule.error for rule in RULES}

    assert [errors.name_of(problem) for problem in named - provider.errors.keys()] == []


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_no_row_lacks_a_rule(provider: Provider) -> None:
    named = {rule.error for rule in RULES}

    assert provider.errors.keys() - named == {errors.FAULT}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_every_page_has_a_heading_and_nothing_else_has(provider: Provider) -> None:
    pages = {problem for problem, row in provider.errors.items() if row.shape == "page"}

    assert pages == {problem for problem in provider.errors if problem.heading}


def test_a_row_that_was_forgotten_is_named_in_a_sentence() -> None:
    provider = replace(CIS2, errors={})
    exchange = SimpleNamespace(service=SimpleNamespace(provider=provider, settings=ProviderSettings()))

    with pytest.raises(LookupError, match=r"^CIS2 has no row for CODE_SPENT: write one into its errors$"):
        row_of(errors.CODE_SPENT, exchange)  # type: ignore[arg-type] # all of it that is read
