"""A plugin of pytest: reports to `coverage`, which started the run, whose lines are run: a test's, or its file's."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import time
from collections import defaultdict
from pathlib import Path

import coverage
import pytest

import mock_servers

_SECONDS = defaultdict[str, float](float)
_NOT_WELL: set[str] = set()


def pytest_sessionstart() -> None:
    """Import all modules: what runs at an import, which may be on first use, is no test's."""
    for module in pkgutil.walk_packages(mock_servers.__path__, "mock_servers."):
        importlib.import_module(module.name)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> object:
    """Count the seconds of each test."""
    begun = time.monotonic()
    try:
        return (yield)
    finally:
        _SECONDS[item.nodeid] += time.monotonic() - begun


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> object:
    """Count the lines of fixtures for the whole file: other tests of it may share them."""
    _count_for(item.nodeid.partition("::")[0])
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> object:
    """Count the lines of a test for it alone."""
    _count_for(item.nodeid)
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> object:
    """Count the lines of what ends fixtures for the whole file."""
    _count_for(item.nodeid.partition("::")[0])
    return (yield)


def _count_for(context: str) -> None:
    running = coverage.Coverage.current()
    if running is not None:
        running.switch_context(context)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what fails without any fault: it would find each."""
    if report.failed:
        _NOT_WELL.add(report.nodeid)


def pytest_sessionfinish() -> None:
    """Leave the seconds, and what failed, for who has asked."""
    reported = {"seconds": _SECONDS, "failed": sorted(_NOT_WELL)}
    Path(os.environ["NHSAUTH_MUTANTS_REPORT"]).write_text(json.dumps(reported), encoding="utf-8")
