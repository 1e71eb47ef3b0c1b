"""When records are explained and logged, and what becomes of those that still are to be when the journal is emptied."""

import io
import logging
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from mock_servers.journal import journal as journal_module
from mock_servers.journal.journal import Journal
from mock_servers.journal.record import Examination, Record, RecordedError

SEEN = Examination(headline="seen")


def record(examine: Callable[[Record], Examination] = lambda _: SEEN) -> Record:
    return Record(
        at=0,
        service="apim",
        method="POST",
        path="/oauth2/token",
        status=400,
        request={"form": {}},
        response={},
        sent={},
        refusal=RecordedError(code="invalid_request", description="", rule="check", evidence="S"),
        diagnosis="said",
        _examine=examine,
    )


def test_what_was_forgotten_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    journal, forgotten, kept = Journal(), record(), record()
    journal.add(forgotten)
    journal.clear()
    journal.add(kept)

    journal.report(forgotten)
    journal.report(kept)

    assert [getattr(each, "exchange") for each in caplog.records] == [kept]  # noqa: B009 - no member of a LogRecord


def test_what_was_forgotten_is_explained_no_more() -> None:
    journal, asked = Journal(), record(lambda _: pytest.fail("the journal that explains this is gone"))
    journal.add(asked)

    journal.clear()

    assert (asked.headline, asked.findings) == ("said", ())


def test_what_was_explained_stays_so() -> None:
    journal, asked = Journal(), record()
    journal.add(asked)
    asked.examination()

    journal.clear()

    assert asked.headline == "seen"


def test_what_is_being_explained_is_finished_on_the_journal_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    begun, emptying, kept = threading.Event(), threading.Event(), []
    journal = Journal()

    def examine(_: Record) -> Examination:
        begun.set()
        emptying.wait(timeout=10)
        kept.append(len(journal.kept()))
        return SEEN

    asked = record(examine)
    journal.add(asked)
    reporting = threading.Thread(target=journal.report, args=[asked])
    reporting.start()
    begun.wait(timeout=10)
    threading.Timer(0.05, emptying.set).start()  # with whoever empties it waiting, if it waits at all

    journal.clear()

    logged = [each.levelno for each in caplog.records]
    reporting.join()
    assert (kept, logged, asked.headline) == ([1], [logging.WARNING], "seen")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> logging.Logger:
    """A logger that nobody but the test listens to."""
    apart = logging.Logger("apart", logging.DEBUG)  # noqa: LOG001 - one that pytest does not listen to, either
    monkeypatch.setattr(journal_module, "_log", apart)
    return apart


class Explanations:
    """Counts how often an exchange is explained."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _: Record) -> Examination:
        self.count += 1
        return Examination(advice=("keep the token",))


def reported(journal: Journal) -> tuple[Record, Explanations]:
    explanations = Explanations()
    success = replace(record(explanations), status=200, refusal=None)
    journal.add(success)
    journal.report(success)
    return success, explanations


def test_a_handler_that_drops_a_success_does_not_have_it_explained(log: logging.Logger) -> None:
    log.addHandler(logging.NullHandler())

    _, explanations = reported(Journal())

    assert explanations.count == 0


def test_a_success_that_two_handlers_print_and_a_test_reads_is_explained_once(log: logging.Logger) -> None:
    streams = io.StringIO(), io.StringIO()
    for stream in streams:
        log.addHandler(logging.StreamHandler(stream))

    success, explanations = reported(Journal())

    assert [stream.getvalue().count("Advice: keep the token") for stream in streams] == [1, 1]
    assert (success.advice, explanations.count) == (("keep the token",), 1)
