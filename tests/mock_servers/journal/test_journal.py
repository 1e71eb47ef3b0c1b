"""What becomes of records that are still to be explained, or logged, when the journal is emptied."""

import logging
import threading
from collections.abc import Callable

import pytest

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
