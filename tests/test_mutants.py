"""The planted faults can still be planted; whether the contract tests find them `make mutants` says."""

import importlib.util
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent


def catalogue() -> Any:
    path = ROOT / "tests" / "mutants" / "catalogue.py"
    spec = importlib.util.spec_from_file_location("mutants_catalogue", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MUTANTS = catalogue().MUTANTS


def test_there_are_sixty_and_more() -> None:
    assert len(MUTANTS) >= 60


def test_no_two_have_the_same_name() -> None:
    assert [name for name, times in Counter(mutant.name for mutant in MUTANTS).items() if times > 1] == []


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_has_one_place_to_be_planted_in_and_is_python(mutant: Any) -> None:
    source = (ROOT / mutant.file).read_text(encoding="utf-8")
    planted = source.replace(mutant.old, mutant.new)

    assert source.count(mutant.old) == 1
    assert planted != source
    compile(planted, mutant.file, "exec")


def test_a_survivor_is_a_mutant_and_has_a_reason() -> None:
    names = {mutant.name for mutant in MUTANTS}

    assert {name for name in catalogue().SURVIVORS if name not in names} == set()
    assert all(catalogue().SURVIVORS.values())
