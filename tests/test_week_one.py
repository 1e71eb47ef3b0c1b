"""The page for the first week: its six fixtures, and its ten tests beside what a team's own run may bring along."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "week-one.md").read_text(encoding="utf-8")
FILES: Mapping[str, str] = dict(re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))
FIXTURES = re.findall(r"^\| `(nhsauth\w*)` \|", PAGE, re.MULTILINE)
STRICT = """
import logging

import freezegun
import pytest


@pytest.fixture(autouse=True)
def stopped():
    with freezegun.freeze_time("2026-11-24T09:00:00Z", tick=True):
        yield


@pytest.fixture(autouse=True)
def heard(caplog):
    caplog.set_level(logging.DEBUG)
    yield
    records = [*caplog.get_records("setup"), *caplog.get_records("call")]
    assert [record for record in records if record.threadName != "MainThread"] == []
    assert {record.name.partition(".")[0] for record in records} <= {"urllib3"}
"""
"""A conftest: each test's time is another, and nothing but its own client logs."""
BESIDE = ("--disable-socket", "--allow-hosts=127.0.0.1", "--log-level=DEBUG", "-W", "error")

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("NO_PROXY", "*")
    for name, text in FILES.items():
        pytester.path.joinpath(name).write_text(text, encoding="utf-8")
    return lambda *options: pytester.runpytest_subprocess("-p", "pytest_nhsauth.plugin", *options)


def test_the_page_has_six_fixtures_and_ten_tests_and_uses_no_others() -> None:
    (text,) = FILES.values()

    tests = re.findall(r"^def test_\w+\((.*)\):$", text, re.MULTILINE)
    assert len(tests) == 10
    assert len(FIXTURES) == 6
    assert {name.strip() for each in tests for name in each.split(",")} == {*FIXTURES}


def test_they_pass(run: Run) -> None:
    assert run("-W", "error").parseoutcomes() == {"passed": 10}


@pytest.mark.slow
@pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["alone", "xdist"])
@pytest.mark.parametrize("seed", range(3))
def test_they_pass_in_any_order_with_time_sockets_and_logs_changed(
    pytester: pytest.Pytester, run: Run, workers: list[str], seed: int
) -> None:
    pytester.makeconftest(STRICT)

    assert run(*BESIDE, *workers, f"--randomly-seed={seed}").parseoutcomes() == {"passed": 10}
