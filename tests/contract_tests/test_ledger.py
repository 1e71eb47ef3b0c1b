"""The evidence ledger is whole, and what the docs tell teams to set is what is read."""

import re
from pathlib import Path

import pytest

from contract_tests import ledger
from contract_tests.breakages import BREAKAGES
from contract_tests.credential import PREFIX

ROOT = Path(__file__).parent.parent.parent
READ = re.findall(r'"([A-Z_]+)"', (ROOT / "contract_tests" / "credential.py").read_text(encoding="utf-8"))


def test_every_row_is_in_the_ledger_with_its_letter_and_its_cases() -> None:
    reported = list(ledger.rows())

    assert {row for row, *_ in reported} == {breakage.row.paragraph for breakage in BREAKAGES}
    assert {letter for _, letter, *_ in reported} == set("SDQI")
    assert {name for *_, cases in reported for name in re.findall(r"`([^`]+)`", cases)} == {b.name for b in BREAKAGES}


def test_every_doubt_says_what_would_settle_it() -> None:
    assert len(ledger.DOUBTS) > 20
    assert [doubt.row for doubt in ledger.DOUBTS if not (doubt.question.endswith((".", "?")) and doubt.mock)] == []
    assert all(doubt.settle.startswith(("`nhsauth contract --target ", "by hand")) for doubt in ledger.DOUBTS)


def words(settle: str) -> list[str]:
    found = re.search(r"-k '([^']+)'", settle)
    return re.split(r" or | and ", found[1]) if found else []


@pytest.mark.parametrize("word", sorted({word for doubt in ledger.DOUBTS for word in words(doubt.settle)}))
def test_the_words_that_settle_a_doubt_find_cases(word: str) -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "contract_tests").glob("*.py"))
    names = [breakage.name for breakage in BREAKAGES]

    assert any(word in name for name in names) or word in tests


def test_what_is_asked_is_not_reported_to_be_unasked() -> None:
    assert [row for row in ledger.unasked() if "Missing 'kid' header in client_assertion JWT" in row[2]] == []
    assert [row for row in ledger.unasked() if "Malformed JWT in External ID token" in row[2]] != []


@pytest.mark.parametrize("page", ["contract-tests.md", "contract-tests-workflow.yml"])
def test_the_variables_that_the_docs_name_are_read(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    named = set(re.findall(rf"{PREFIX}([A-Z_]+)", text)) - {"TARGET"}

    assert named
    assert {name for name in named if name not in READ and name.removesuffix("_COMMAND") not in READ} == set()
