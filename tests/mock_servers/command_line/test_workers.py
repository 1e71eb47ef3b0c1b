"""The parent of several processes: it waits for them, replaces who dies, and ends them all."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from mock_servers.command_line.exit import AnswerIsNo, Misuse
from mock_servers.command_line.workers import Workers, how_many
from mock_servers.journal.counts import DEATHS, Counts

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has no --workers")

NEVER = 1e6
BEATING = "import os, select\nwhile not select.select([0], [], [], 0.05)[0]: os.write(1, b'.')"
READY = "import os; os.write(1, b'.')"
SERVING = f"{READY}; os.read(0, 1)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SERVING}"
LATE = f"""
import os, signal, threading
asked = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: asked.set())
{READY}
asked.wait()
threading.Event().wait(1.5)  # longer than it has without a drain
os._exit(7)
"""


class Parent:
    """Workers that each run what `programs` gives next."""

    def __init__(self, *programs: str) -> None:
        self.begun: list[tuple[int, subprocess.Popen[bytes]]] = []
        self._programs = itertools.chain(programs, itertools.repeat(SERVING))
        self._reader, self._writer = socket.socketpair()

    def begin(self, number: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-S", "-c", next(self._programs)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own
        self.begun.append((number, process))
        return process

    def workers(self, count: int, seconds: float = 1.0) -> Workers:
        """So many, for whom `seconds` pass between two looks at the time; nobody listens for a beat."""
        ticks = itertools.count(0, seconds).__next__
        return Workers(count, self.begin, self, between_looks=NEVER, ticks=ticks)

    def fileno(self) -> int:
        return self._reader.fileno()

    def end(self) -> None:
        self._writer.send(b".")

    def close(self) -> None:
        for _, process in self.begun:
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()
        self._reader.close()
        self._writer.close()


@pytest.fixture
def parent() -> Iterator[Callable[..., Parent]]:
    made: list[Parent] = []

    def begun(*programs: str) -> Parent:
        made.append(Parent(*programs))
        return made[-1]

    yield begun
    for each in made:
        each.close()


def test_it_is_ready_once_all_can_answer(parent: Callable[..., Parent]) -> None:
    three, reported = parent(), list[int]()

    def ready() -> None:
        reported.append(len(three.begun))
        three.end()

    three.workers(3).keep(ready)

    assert reported == [3]


def test_at_the_end_all_are_asked_to_end(parent: Callable[..., Parent]) -> None:
    two = parent()

    two.workers(2, seconds=0.001).keep(two.end)

    assert [process.poll() for _, process in two.begun] == [-signal.SIGTERM, -signal.SIGTERM]


def test_who_does_not_end_in_time_is_killed(parent: Callable[..., Parent]) -> None:
    two = parent(STUBBORN)

    two.workers(2).keep(two.end)

    assert two.begun[0][1].poll() == -signal.SIGKILL


@pytest.mark.parametrize(
    ("last", "said"), [("os._exit(7)", "ended with exit code 7"), ("os.kill(os.getpid(), 9)", "was ended by SIGKILL")]
)
def test_who_dies_is_replaced_and_reported(
    parent: Callable[..., Parent], caplog: pytest.LogCaptureFixture, last: str, said: str
) -> None:
    dying = f"{READY}; os.read(0, 1); {last}"
    two = parent(SERVING, dying)
    begin = two.begin

    def ready() -> None:
        stdin = two.begun[1][1].stdin
        assert stdin is not None
        stdin.write(b".")
        stdin.flush()

    def begin_and_end(number: int) -> subprocess.Popen[bytes]:
        if len(two.begun) == 2:
            two.end()
        return begin(number)

    two.begin = begin_and_end  # type: ignore[method-assign] # of this parent alone
    two.workers(2).keep(ready)

    assert [number for number, _ in two.begun] == [1, 2, 2]
    assert caplog.messages == [f"Worker 2 (process {two.begun[1][1].pid}) {said}; another takes its place"]


def test_who_is_not_heard_at_two_looks_is_killed_and_replaced(
    parent: Callable[..., Parent], caplog: pytest.LogCaptureFixture
) -> None:
    two = parent(SERVING, BEATING, BEATING)
    begin = two.begin

    def begin_and_end(number: int) -> subprocess.Popen[bytes]:
        if len(two.begun) == 2:
            two.end()
        return begin(number)

    two.begin = begin_and_end  # type: ignore[method-assign] # of this parent alone
    counts = Counts()
    Workers(2, two.begin, two, between_looks=0.5, counts=counts).keep(lambda: None)

    assert [number for number, _ in two.begun] == [1, 2, 1]
    assert two.begun[0][1].poll() == -signal.SIGKILL
    assert counts.totals() == {(DEATHS,): 1}
    assert caplog.messages == [
        f"Worker 1 (process {two.begun[0][1].pid}) did not respond for 1 s and was killed; another takes its place"
    ]


def test_a_pause_of_all_of_them_kills_nobody(parent: Callable[..., Parent], caplog: pytest.LogCaptureFixture) -> None:
    two = parent(BEATING, BEATING)
    asked, ahead = itertools.count(), 0.0

    def ticks() -> float:
        """Real seconds, and now and then a hundred more."""
        nonlocal ahead
        turn = next(asked)
        ahead += 100.0 if turn in (40, 80, 120) else 0.0
        if turn == 160:
            two.end()
        return time.monotonic() + ahead

    Workers(2, two.begin, two, between_looks=5.0, ticks=ticks).keep(lambda: None)

    assert len(two.begun) == 2
    assert caplog.messages == []


def test_in_the_drain_they_have_time(parent: Callable[..., Parent]) -> None:
    one = parent(LATE)

    Workers(1, one.begin, one, drain=60.0).keep(one.end)

    assert one.begun[0][1].poll() == 7


def test_who_dies_before_it_could_answer_ends_all(parent: Callable[..., Parent]) -> None:
    two = parent(SERVING, "raise SystemExit(3)")

    with pytest.raises(
        AnswerIsNo, match=r"\AWorker 2 \(process \d+\) ended with exit code 3 before it could answer: see the log"
    ):
        two.workers(2).keep(lambda: None)

    assert [process.poll() is None for _, process in two.begun] == [False, False]


def test_workers_that_die_at_once_again_and_again_end_all(
    parent: Callable[..., Parent], caplog: pytest.LogCaptureFixture
) -> None:
    two = parent(SERVING, *(READY for _ in range(9)))

    with pytest.raises(
        AnswerIsNo, match=r"exit code 0: the last of 5 in a row that lived less than 5 s; see the log\Z"
    ):
        two.workers(2, seconds=0.1).keep(lambda: None)

    assert len(caplog.messages) == 4
    assert [process.poll() is None for _, process in two.begun] == [False] * 6


def test_workers_that_live_for_a_while_are_replaced_for_ever(parent: Callable[..., Parent]) -> None:
    one = parent(*(READY for _ in range(9)))
    begin = one.begin

    def begin_and_end(number: int) -> subprocess.Popen[bytes]:
        if len(one.begun) == 9:
            one.end()
        return begin(number)

    one.begin = begin_and_end  # type: ignore[method-assign] # of this parent alone
    one.workers(1, seconds=60).keep(lambda: None)

    assert len(one.begun) == 10


@pytest.mark.parametrize("asked", ["0", "65", "-1", "two", "1.5", ""])
def test_a_number_of_workers_that_cannot_be_is_reported_with_what_is_allowed(asked: str) -> None:
    with pytest.raises(Misuse, match=r"\A--workers is .*; allowed: 1 to 64, or auto, one for each core\Z"):
        how_many(asked)


def test_auto_is_one_for_each_core_that_this_process_may_use() -> None:
    expected = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()

    assert how_many("auto") == expected


def test_windows_is_reported_that_it_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_servers.command_line.workers.os.name", "nt")

    with pytest.raises(Misuse, match="--workers needs Linux or macOS"):
        how_many("2")
