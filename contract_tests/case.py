"""What a test proves, for the report: the row of the contract, its evidence, and the expected answer."""

import shlex
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from http import HTTPStatus
from typing import Any, TypeVar

import pytest

from contract_tests.answers import accepted
from contract_tests.breakage import Breakage, Flow
from contract_tests.contract import Evidence
from contract_tests.reach import Switch

_BROWSER = (Flow.AUTHORIZE, Flow.CALLBACK, Flow.AUTHORIZATION_CODE, Flow.USERINFO, Flow.LOGOUT)

_T = TypeVar("_T", bound=Callable[..., Any])


def proves(row: str, evidence: Evidence) -> Callable[[_T], _T]:
    """Mark a test with the row of the contract that it proves.

    A test of a breakage needs no mark. A constant `PROVES` marks all tests of a module, None for no row.
    """

    def marked(test: _T) -> _T:
        test.__dict__["proves"] = row, evidence
        return test

    return marked


def where(*, only: Switch | None = None, unless: Switch | None = None) -> Callable[[_T], _T]:
    """Mark a test, or a variation, that is only for a set switch of the mock, or only for an unset one."""

    def marked(test: _T) -> _T:
        test.__dict__["where"] = only, unless
        return test

    return marked


def holds(item: pytest.Item, switches: AbstractSet[Switch]) -> bool:
    """Whether a test is for a target with these switches."""
    if "target" not in getattr(item, "fixturenames", ()):
        return True
    given: dict[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}
    for part in (getattr(item, "function", None), *given.values()):
        only, unless = getattr(part, "where", (None, None)) if callable(part) else (None, None)
        if (only is not None and only not in switches) or (unless is not None and unless in switches):
            return False
    breakage = given.get("breakage", given.get("earlier"))
    return not isinstance(breakage, Breakage) or breakage.holds(switches)


def case_of(item: pytest.Function) -> dict[str, str] | None:
    """Return the case of a test for its report, as members of a judgement; None if it does not call the target."""
    given: dict[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}
    breakage = given.get("breakage", given.get("earlier"))
    proven = getattr(item.function, "proves", getattr(item.module, "PROVES", ("", "S")))
    if "target" not in item.fixturenames or proven is None or not (breakage or proven[0]):
        return None
    row, evidence = proven
    name, kind = _target(given)
    words = item.name.removeprefix("test_").replace(f"[{name}-", "[").removesuffix(f"[{name}]")
    fact = (item.function.__doc__ or "").partition("\n")[0]
    case = {"target": name, "kind": kind, "case": words, "row": row, "evidence": evidence}
    case |= {"rule": _words(item.originalname), "asked": fact, "expected": "", "again": _again(name, words)}
    if isinstance(breakage, Breakage):
        answers = " or ".join(map(str, accepted(breakage, mock=kind == "mock")))
        asked = (breakage.damage.__doc__ or "").partition("\n")[0]
        broken = breakage.row
        reported = broken.sentence or f"{broken.status} {broken.code or HTTPStatus(broken.status).phrase}"
        case |= {
            "row": broken.paragraph,
            "evidence": broken.evidence,
            "expected": answers,
            "rule": reported,
            "asked": asked,
        }
    return case


def _words(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def _again(target: str, words: str) -> str:
    """Return the command that asks this case alone."""
    test, _, given = words.removesuffix("]").partition("[")
    chosen = f"test_{test} and {given}" if given else f"test_{test}"
    return f"nhsauth contract --target {shlex.quote(target)} -k {shlex.quote(chosen)}"


def area_of(item: pytest.Item) -> str:
    """Return the part of the contract that a test asks."""
    flow, module = str(getattr(getattr(item, "callspec", None), "params", {}).get("flow", "")), item.path.stem
    if flow.startswith(("cis2", "nhs_login", "realm")) or module.startswith("test_provider"):
        return "providers"
    if flow in (Flow.GATEWAY, Flow.API_KEY) or module.startswith(("test_management", "test_gateway")):
        return "gateway"
    return "browser" if flow in _BROWSER or module == "test_browser_flow" else "token"


def _target(given: dict[str, Any]) -> tuple[str, str]:
    name = str(given.get("target", "mock"))
    if name.partition(":")[0] == "mock":
        return name, "mock"
    return name, "fake" if "://" in name else "environment"
