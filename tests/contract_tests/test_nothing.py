"""No case passes that is answered with nothing, except those listed here, with their reason.

Each case is prepared at a mock, so that it comes as far as its question; the answer to that is then one that says
nothing. What the question is, a first run counts: the last request of a case. Then nothing is answered from the start.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

import pytest

import mock_servers
from contract_tests.answers import FORMS, answer_of, form, said_of
from contract_tests.breakages import BREAKAGES
from contract_tests.mock_target import MockTarget
from contract_tests.wire import Answer, HttpRequest, Wire

Start = Callable[..., Any]
Answering = Callable[..., Any]

MODULES: Final = (
    *("test_errors", "test_providers", "test_success", "test_routing", "test_key_sets", "test_replay"),
    *("test_shortening", "test_browser_flow", "test_management", "test_management_edges", "test_gateway_edges"),
    *("test_provider_documents", "test_provider_people", "test_provider_log_ins", "test_provider_clients"),
    *("test_provider_order", "test_faults"),
)
"""But for pairs of mistakes and what chance makes: those are judged by the answers of the first test."""
PASSES: Final[dict[str, str]] = {}
"""What passes all the same, by what its name begins with, and why that is right."""
EMPTY: Final[tuple[tuple[int, dict[str, str], bytes], ...]] = ((404, {}, b""), (400, {}, b""))
"""Answers that say nothing; with the first, a case is also asked where nothing was answered from the start."""


@pytest.mark.parametrize("status", [404, 400])
def test_no_answer_of_the_contract_is_an_empty_one(status: int) -> None:
    nothing = Answer(status=status, headers={}, text="")
    expected = {each.name: answer_of(each.key) for each in BREAKAGES}

    assert [name for name in expected if said_of(nothing, _named(name)) == expected[name]] == []
    assert form(nothing, "") not in FORMS.values()


def _named(name: str) -> Any:
    return next(each for each in BREAKAGES if each.name == name)


class Emptied:
    """Answers some requests of a case with nothing: those from a number on, which is another for each case."""

    def __init__(self, nothing: Callable[[HttpRequest], Answer] | None, begins: Counter[str] | None) -> None:
        self._nothing, self._begins = nothing, begins
        self.sent, self.passed, self._case = Counter[str](), set[str](), ""

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._case = item.nodeid.rpartition("::")[2]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed and self.sent[self._case]:
            self.passed.add(self._case)

    def send(self, wire: Wire, request: HttpRequest) -> Answer:
        if request.path.startswith("/_nhsauth"):
            return wire.send(request)
        self.sent[self._case] += 1
        first = 1 if self._begins is None else self._begins[self._case]
        if self._nothing is None or self.sent[self._case] < first:
            return wire.send(request)
        return self._nothing(request)


@contextmanager
def emptied(plugin: Emptied, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a mock's answers go through the plugin for the length of a block."""

    def send(self: MockTarget, request: HttpRequest) -> Answer:
        return plugin.send(self._wire, request)

    with monkeypatch.context() as patched:
        patched.setattr(MockTarget, "send", send)
        yield


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nothing_that_is_answered_emptily_passes(
    start: Start, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in pkgutil.walk_packages(mock_servers.__path__, "mock_servers."):
        importlib.import_module(module.name)  # else each inner run imports anew what is loaded on first use
    sound, passed = Emptied(None, None), set[str]()
    with emptied(sound, monkeypatch):
        run = start("-n", "0", "--tb=no", of=MODULES, plugins=[sound])
    assert run.code == 0, run.text

    for status, headers, body in EMPTY:
        with answering(status, headers, body) as url, closing(Wire(url)) as wire:
            for begins in (None, sound.sent) if status == EMPTY[0][0] else (sound.sent,):
                plugin = Emptied(wire.send, begins)
                with emptied(plugin, monkeypatch):
                    start("-n", "0", "--tb=no", of=MODULES, plugins=[plugin])
                passed |= plugin.passed

    assert len(sound.passed) > 1000
    assert "\n".join(sorted(case for case in passed if not any(re.match(known, case) for known in PASSES))) == ""
