"""The tests that the documentation shows pass."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., pytest.RunResult]

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [
    DOCS.parent / "README.md",
    *(DOCS / name for name in ("plugin.md", "log-in.md", "faults.md", "gateway.md", "real-names.md")),
    pytest.param(DOCS / "client-contract.md", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_test_that_is_shown_passes(pytester: pytest.Pytester, run: Run, page: Path) -> None:
    shown = "\n".join(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
    pytester.makepyfile(shown)

    outcomes = run("-p", "no:randomly").parseoutcomes()

    assert set(outcomes) == {"passed"}
    assert outcomes["passed"] >= len(re.findall(r"^(?:async )?def test_", shown, re.MULTILINE))
