"""Brings the plugin under test, installed or not, pytest's own tool for testing plugins, and Hypothesis's profiles."""

import gc
from operator import attrgetter

import pytest

from contract_tests import profile  # noqa: F401 - registers them before Hypothesis's plugin looks for the one asked for

pytest_plugins = ["pytest_nhsauth.plugin", "pytester"]

ROW_OF = attrgetter("row")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow the pairs of mistakes whose row of the contract is paired already: in this flow or one before it.

    The first pairs of each flow stay. Not in the contract tests themselves: others run them without our markers.
    """
    pairs = [
        item
        for item in items
        if isinstance(item, pytest.Function) and item.originalname == "test_of_two_mistakes_the_earlier_is_answered"
    ]
    flows, rows = set(), set()
    for item in sorted(pairs, key=lambda item: item.callspec.indices["earlier"]):  # as they are written
        flow, row = item.callspec.params["flow"], ROW_OF(item.callspec.params["earlier"])
        if flow in flows and row in rows:
            item.add_marker("slow")
        flows.add(flow)
        rows.add(row)


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Let the rootdir of a run inside a test be the test's own folder, whatever lies about in the folders above."""
    monkeypatch.setenv("PYTEST_ADDOPTS", f"--rootdir={pytester.path}")
    return pytester


def pytest_collection_finish() -> None:
    """Spare what is loaded by now from every later search for garbage; each run of pytest inside a test makes five."""
    gc.collect()
    gc.freeze()
