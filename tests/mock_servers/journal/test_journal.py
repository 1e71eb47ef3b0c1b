"""When records are explained and logged, and what becomes of those that still are to be when the journal is emptied."""

import io
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mock_servers.apim.errors import CODE_UNKNOWN
from mock_servers.journal import journal as journal_module
from mock_servers.journal.compact import CompactMapping
from mock_servers.journal.finding import Finding
from mock_servers.journal.journal import Journal
from mock_servers.journal.record import Examination, ReceivedJwt, Record, RecordedError
from mock_servers.rules import Refusal
from mock_servers.state.grant import fingerprint
from mock_servers.state.table import UnreachableStateError

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
    threading.Timer(0.05, emptying.set).start()  # with the thread that empties it waiting, if it waits at all

    journal.clear()

    logged = [each.levelno for each in caplog.records]
    reporting.join()
    assert (kept, logged, asked.headline) == ([1], [logging.WARNING], "seen")


def test_what_needs_a_state_out_of_reach_explains_nothing_and_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def examine(_: Record) -> Examination:
        raise UnreachableStateError("the state is away")

    asked = record(examine)

    assert asked.examination() == Examination()
    assert caplog.messages == []


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


def exchange(number: int, *, jti: Any = None) -> Record:
    """Return a good exchange, as the token service keeps it."""
    return Record(
        at=number,
        service="apim",
        method="POST",
        path="/oauth2/token",
        status=200,
        request={"headers": {"host": "127.0.0.1"}, "query": {}, "form": {"grant_type": "client_credentials"}},
        response={"status": 200, "headers": {}, "body": {"access_token": f"{number} \udc80", "expires_in": "599"}},
        sent={"client_assertion": fingerprint(str(number))},
        received={
            "client_assertion": ReceivedJwt(header={"alg": "RS512"}, claims={"sub": "app", "jti": jti or str(number)})
        },
        client_id="app",
        _examine=lambda _: Examination(advice=("keep it",)),
    )


def journal_of(*records: Record) -> Journal:
    """Return a journal that has reported these, and compacted them."""
    journal = Journal()
    journal.fold_reported()
    for each in records:
        journal.add(each)
        each.examination()
        journal.report(each)
    return journal


@pytest.fixture(autouse=True)
def _logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mock_servers.exchanges")


def test_an_exchange_that_was_reported_shows_the_same() -> None:
    whole = exchange(1)
    whole.id, whole.world = 1, "root"
    compacted_record = journal_of(exchange(1))[0]

    assert all(
        isinstance(each, CompactMapping)
        for each in (compacted_record.request, compacted_record.response, compacted_record.received)
    )
    assert (compacted_record.as_json(), compacted_record.grant_type, compacted_record.need) == (
        whole.as_json(),
        whole.grant_type,
        whole.need,
    )
    assert (dict(compacted_record.received), repr(compacted_record.request)) == (whole.received, repr(whole.request))
    assert (compacted_record.advice, compacted_record.request) == (("keep it",), whole.request)


def test_a_test_finds_dicts_in_what_was_reported() -> None:
    journal = Journal()
    journal.add(exchange(1))
    journal.report(journal.last)

    assert [type(each) for each in (journal.last.request, journal.last.response)] == [dict, dict]


def test_exchanges_that_are_alike_share_what_they_have_in_common() -> None:
    one, other = journal_of(exchange(1), exchange(2))[:2]

    assert one.request is other.request
    assert one.examination() is other.examination()
    assert one.response["body"]["access_token"] != other.response["body"]["access_token"]


@pytest.mark.parametrize("jti", ["j", 1, ["j"], {"j": 1}])
def test_a_jti_is_found_in_an_exchange_that_was_reported(jti: Any) -> None:
    journal = journal_of(exchange(1, jti=jti), exchange(2), exchange(3))

    assert [each.id for each in journal.with_jti_before(journal.last, "app", jti)] == [1]
    assert [*journal.with_jti_before(journal.last, "another", jti)] == []


def test_an_exchange_with_what_is_not_json_value_stays_whole() -> None:
    strange = exchange(1)
    strange.request = {"form": {"grant_type": object()}}

    assert journal_of(strange)[0].request is strange.request


def test_an_exchange_that_is_explained_late_is_explained_all_the_same() -> None:
    late = record()
    late.fold()

    assert (late.headline, late.examination()) == ("seen", SEEN)


EACH_ALONE = {
    "headline": Examination(headline="seen"),
    "answer": Examination(answer="This is why. Do that."),
    "findings": Examination(findings=(Finding(id="a", certainty="certain", seen="b", cause="c", cure="d"),)),
    "foreseen": Examination(foreseen=(Refusal(error=CODE_UNKNOWN, rule="check", policy="", diagnosis="later"),)),
    "advice": Examination(advice=("keep it",)),
    "jwts": Examination(jwts={"client_assertion": "{}"}),
}


@pytest.mark.parametrize("alone", EACH_ALONE.values(), ids=EACH_ALONE)
def test_what_takes_less_memory_says_what_it_said(alone: Examination) -> None:
    explained = record(lambda _: alone)
    explained.examination()

    explained.fold()

    assert explained.examination() == alone
