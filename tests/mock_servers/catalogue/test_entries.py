"""The catalogue knows every row, which rule answers it, and which mistakes the finders see behind it."""

import ast
import inspect
import re
import sys
from types import ModuleType

import pytest

from contract_tests.breakages import BREAKAGES
from mock_servers.catalogue.entries import entries
from mock_servers.diagnosis import clock
from mock_servers.diagnosis.assertion import lifetime
from mock_servers.diagnosis.request import misplaced_value
from mock_servers.diagnosis.table import FINDERS
from mock_servers.provider.cis2 import CIS2
from mock_servers.provider.nhs_login import NHS_LOGIN
from mock_servers.provider.realms import mock_realms

AT_ONCE = "CLIENT_ASSERTION_JTI_TAKEN (§3.16)"
"""What only two requests at the same moment meet."""
UNFORESEEN = ("SCRIPT_FAULT", "FAULT", "SPIKE_ARREST", "API_BUSY")
"""What a mock answers when it fails, or when a fault is ordered."""
MODULES = sorted({each.find.__module__ for each in FINDERS} - {misplaced_value.__name__})


def written(module: ModuleType) -> set[str]:
    """The ids that stand in a module of finders."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call)]
    found = [
        keyword.value.value
        for call in calls
        if ast.unparse(call.func) in ("Finding", "replace")
        for keyword in call.keywords
        if keyword.arg == "id" and isinstance(keyword.value, ast.Constant)
    ]
    return {str(each) for each in found}


def constants(module: ModuleType) -> set[object]:
    """The texts in a module of finders but those of its FINDERS: an id may be chosen there."""
    tree = ast.parse(inspect.getsource(module))
    bodies = [node for node in tree.body if "FINDERS" not in ast.unparse(node).partition("\n")[0]]
    return {each.value for node in bodies for each in ast.walk(node) if isinstance(each, ast.Constant)}


@pytest.mark.parametrize("name", MODULES)
def test_a_finder_is_named_after_what_it_finds(name: str) -> None:
    module = sys.modules[name]
    members = {mistake for finder in module.FINDERS for mistake in finder.mistakes}

    shared = constants(clock) | constants(lifetime)
    assert written(module) <= members, f"an id of a finding is missing in FINDERS of {name}"
    assert members <= written(module) | shared | constants(module), f"FINDERS of {name} have an id that no finding has"


def test_every_finder_of_one_mistake_says_in_a_sentence_what_it_looks_for() -> None:
    silent = [each.name for each in FINDERS if each not in misplaced_value.FINDERS and not each.words.endswith(".")]

    assert silent == []


def test_every_rule_that_a_finder_names_is_one_whose_row_is_in_the_catalogue() -> None:
    known = {rule for entry in entries() for _, rule in entry.rules}
    named = {rule for finder in FINDERS for rule in finder.rules}

    assert named - known == set()


def test_every_provider_answers_with_rows_that_are_in_the_catalogue() -> None:
    known = [id(entry.error) for entry in entries()]
    providers = [CIS2, NHS_LOGIN, *mock_realms("internal-dev")]

    rows = [row for each in providers for row in (*each.errors.values(), *each.ancestor_errors.values())]
    assert [row for row in rows if id(row) not in known] == []


def test_every_row_is_answered_by_a_rule_but_for_what_no_rule_foresees() -> None:
    idle = [entry.name for entry in entries() if entry.played and not entry.rules and entry.name not in UNFORESEEN]

    assert idle == [], f"no rule of a flow answers {idle}: write the rule, and its name at its place in flows.py"


def test_every_numbered_row_of_the_token_service_has_a_breakage() -> None:
    broken = {breakage.row.paragraph for breakage in BREAKAGES}
    numbered = [entry for entry in entries() if re.fullmatch(r"§[35]\.\d+[a-z]?", entry.error.row)]

    lacking = {f"{entry.name} ({entry.error.row})" for entry in numbered if entry.error.row not in broken} - {AT_ONCE}
    assert lacking == set(), f"write a breakage for {lacking} at its place in contract_tests/…_breakages.py"


def test_a_row_knows_its_rules_its_flows_and_its_mistakes() -> None:
    (entry,) = [each for each in entries() if each.name == "CLIENT_ASSERTION_SIGNATURE_WRONG"]

    assert "other-private-key" in entry.mistakes
    assert list(entry.rules) == [("VerifyClientAssertion", "check_client_assertion_signature")]
    assert entry.rules["VerifyClientAssertion", "check_client_assertion_signature"] == (
        "client-credentials",
        "token-exchange",
    )


def test_a_row_has_no_mistake_that_is_seen_behind_other_rows_alone() -> None:
    foreign = [
        f"{entry.name}: {finder.name}"
        for entry in entries()
        for finder in entry.finders
        if not {rule for _, rule in entry.rules} & set(finder.rules)
    ]

    assert foreign == []
