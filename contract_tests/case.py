"""What a test proves, for the report: which row of the contract, on what evidence, and what is expected."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from contract_tests.answers import accepted
from contract_tests.breakage import Breakage, Evidence

_T = TypeVar("_T", bound=Callable[..., Any])


def proves(row: str, evidence: Evidence) -> Callable[[_T], _T]:
    """Say of a test which row of the contract it proves.

    A test of a breakage need not say it, and a module says it for all its tests by a constant `PROVES`, None for
    nothing.
    """

    def marked(test: _T) -> _T:
        test.__dict__["proves"] = row, evidence
        return test

    return marked


def case_of(item: pytest.Function) -> str | None:
    """Return what a test asks, as the JSON text that goes into its report; None when it asks the target nothing."""
    given: dict[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}
    breakage = given.get("breakage", given.get("earlier"))
    proven = getattr(item.function, "proves", getattr(item.module, "PROVES", ("", "S")))
    if "target" not in item.fixturenames or proven is None or not (breakage or proven[0]):
        return None
    row, evidence = proven
    name, kind = _target(given)
    words = item.name.removeprefix("test_").replace(f"[{name}-", "[").removesuffix(f"[{name}]")
    case = {"target": name, "kind": kind, "case": words, "row": row, "evidence": evidence}
    if isinstance(breakage, Breakage):
        answers = " or ".join(map(str, accepted(breakage, mock=kind == "mock")))
        case |= {"row": breakage.row, "evidence": breakage.evidence, "expected": answers}
    return json.dumps(case)


def _target(given: dict[str, Any]) -> tuple[str, str]:
    name = str(given.get("target", "mock"))
    if name.partition(":")[0] == "mock":
        return name, "mock"
    return name, "fake" if "://" in name else "environment"
