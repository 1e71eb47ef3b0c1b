"""The journal for tests: a sequence of the mock's requests and answers, with assertions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NoReturn, overload

from mock_servers.journal.journal import Tally
from mock_servers.journal.record import Record
from mock_servers.wire.wording import did_you_mean
from pytest_nhsauth.target import Journal

FACTS: Final = (
    "method",
    "path",
    "service",
    "status",
    "grant_type",
    "client_id",
    "error",
    "error_description",
    "message_id",
    "diagnosis",
)
"""The attributes of a record by which exchanges can be selected."""

MOST: Final = 20
"""Exchanges that a failure shows, the newest; a person reads no more."""


class Exchanges(Sequence[Record]):
    """The mock's exchanges since the test started, oldest first; it grows while the test runs.

    Discovery, key sets and calls of the mock's own API are left out; the fixtures' own token requests are included.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    @property
    def last(self) -> Record:
        """The newest exchange. Raises AssertionError if there is none."""
        __tracebackhide__ = True
        kept = self._journal.kept()
        if not kept:
            raise AssertionError("no request has reached the mock")
        return kept[-1]

    @property
    def refused(self) -> list[Record]:
        """Those that were answered with an error."""
        return [record for record in self if record.refusal is not None]

    def where(self, **facts: object) -> list[Record]:
        """Return the exchanges for which all these facts hold: `where(grant_type="client_credentials", error=None)`.

        The facts are `method`, `path`, `service`, `status`, `grant_type`, `client_id` (of the form), `error`,
        `error_description`, `message_id` and `diagnosis`. Raises TypeError for any other.
        """
        __tracebackhide__ = True
        _refuse_unknown(facts)
        return [record for record in self if _holds(record, facts)]

    def assert_one(self, **facts: object) -> Record:
        """Return the one exchange of which these facts hold. Raises AssertionError, showing the journal."""
        __tracebackhide__ = True
        found = self.where(**facts)
        if len(found) != 1:
            self._fail(f"expected one exchange{_words(facts)}, and {_counted(found)}", facts)
        return found[0]

    def assert_none(self, **facts: object) -> None:
        """Check that these facts hold for no exchange. Raises AssertionError, showing the journal."""
        __tracebackhide__ = True
        found = self.where(**facts)
        if found:
            self._fail(f"expected no exchange{_words(facts)}, and {_counted(found)}", facts)

    def wait_for(self, n: int = 1, timeout: float = 5.0, **facts: object) -> list[Record]:
        """Wait until these facts hold for `n` exchanges, and return all that there are at that moment.

        For requests that another thread or process sends. `timeout` is in seconds; raises AssertionError after it,
        showing the journal. It blocks: in a coroutine, `await asyncio.to_thread(exchanges.wait_for, 1)`.
        """
        __tracebackhide__ = True
        _refuse_unknown(facts)
        if not self._journal.wait(lambda kept: sum(_holds(record, facts) for record in kept) >= n, timeout):
            wanted = "one exchange" if n == 1 else f"{n} exchanges"
            self._fail(f"waited {timeout} s for {wanted}{_words(facts)}, and {_counted(self.where(**facts))}", facts)
        return self.where(**facts)

    def tally(self) -> Tally:
        """Return how many exchanges there were in this session, and how many of them were refused."""
        return self._journal.tally()

    def _fail(self, said: str, facts: Mapping[str, object]) -> NoReturn:
        __tracebackhide__ = True
        raise AssertionError("\n".join([f"{said}:", *exchange_text(list(self), facts)]))

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        return self._journal.kept()[index]

    def __len__(self) -> int:
        return len(self._journal)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._journal.kept())

    def __repr__(self) -> str:
        return f"<Exchanges: {'; '.join(map(str, self)) or 'none'}>"


def exchange_text(records: Sequence[Record], facts: Mapping[str, object] | None = None) -> Iterator[str]:
    """Yield exchanges as lines, each with its explanation and the facts; the newest MOST, oldest first."""
    if not records:
        yield "no request has reached the mock"
    left_out = records[:-MOST]
    if left_out:
        refused = sum(record.refusal is not None for record in left_out)
        yield f"({len(left_out)} earlier exchanges are left out, {refused} of them refused)"
    for record in records[-MOST:]:
        yield record.explained()
        if facts:
            yield f"  here {_listed({name: getattr(record, name) for name in facts})}"


def _holds(record: Record, facts: Mapping[str, object]) -> bool:
    return all(getattr(record, name) == wanted for name, wanted in facts.items())


def _refuse_unknown(facts: Mapping[str, object]) -> None:
    __tracebackhide__ = True
    for name in facts:
        if name not in FACTS:
            raise TypeError(f"an exchange has no {name!r}{did_you_mean(name, FACTS)}: it has {', '.join(FACTS)}")


def _counted(found: Sequence[Record]) -> str:
    return "there is one" if len(found) == 1 else f"there are {len(found) or 'none'}"


def _words(facts: Mapping[str, object]) -> str:
    return f" with {_listed(facts)}" if facts else ""


def _listed(facts: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in facts.items())
