"""The tutorial, followed to the letter: the first try is refused and diagnosed as the page shows, the cure works."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"
TEXT = PAGE.read_text(encoding="utf-8")
FILES = re.findall(r"```python\n# (\S+)\n(.*?)```", TEXT, re.DOTALL)
CHANGING = re.compile(r"\d+(?:\.\d+)? m?s ago|127\.0\.0\.1:\d+")
"""How long ago something was, and which port was free."""

Run = Callable[[], pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("NO_PROXY", "*")
    return lambda: pytester.runpytest_subprocess("-p", "pytest_nhsauth.plugin", "-p", "no:randomly")


def write(pytester: pytest.Pytester, *files: tuple[str, str]) -> None:
    for name, text in files:
        pytester.path.joinpath(name).write_text(text, encoding="utf-8")


def test_the_tutorial_shows_a_first_try_a_test_and_the_cure() -> None:
    assert [name for name, _ in FILES] == ["greeting.py", "test_greeting.py", "greeting.py"]


def test_the_first_try_is_refused_and_reported_as_shown(pytester: pytest.Pytester, run: Run) -> None:
    write(pytester, *FILES[:2])
    (shown,) = re.findall(r"```text\n(.*?)\n```", TEXT, re.DOTALL)

    outcome = run()

    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    assert CHANGING.sub("…", shown) in CHANGING.sub("…", outcome.stdout.str())


def test_the_cure_works(pytester: pytest.Pytester, run: Run) -> None:
    write(pytester, *FILES[1:])

    assert run().ret == pytest.ExitCode.OK
