"""What a command compares with what we would have said, the file that it writes of it, and the table at its end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import click

from mock_servers.catalogue import observations
from mock_servers.catalogue.observations import Day, ObservationsError
from mock_servers.command_line.exit import misuse
from mock_servers.explain.whole import Lent
from mock_servers.reading.captured import Captured
from mock_servers.traffic.comparison import compared, table
from mock_servers.traffic.observed_values import SeenExchange

_AT_ONCE = 200


class ObservationCollector:
    """Compares exchanges, one at a time from any thread.

    `file`, if there is one, is written at the end; `keeps_unknown` keeps sentences that no row has. `elsewhere` returns
    the name under which a real host is reported that is reached on this machine: no real service answers there. Raises
    Misuse for a file that holds something else.
    """

    def __init__(
        self, file: Path | None, *, keeps_unknown: bool = False, elsewhere: Mapping[str, str] | None = None
    ) -> None:
        self._file = file
        self._keeps_unknown = keeps_unknown
        self._elsewhere = elsewhere or {}
        self._days: list[Day] = []
        self._lock = threading.Lock()
        with misuse(ObservationsError):
            observations.check_writable(file) if file is not None else None

    def record(self, captured: Captured, lent: Lent | None = None) -> None:
        """Compare an exchange."""
        found = compared(captured, lent, keeps_unknown=self._keeps_unknown)
        if found is None:
            return
        with self._lock:
            self._days.append(replace(found, host=self._elsewhere.get(found.host, found.host)))
            if len(self._days) > _AT_ONCE:
                self._days = list(observations.merged(self._days))

    def keep(self, seen: SeenExchange) -> None:
        """Compare what has passed by."""
        self.record(seen.captured)

    @property
    def days(self) -> tuple[Day, ...]:
        """What was observed."""
        with self._lock:
            return observations.merged(self._days)

    @property
    def differs(self) -> bool:
        """Whether anything was not as we would have said."""
        return any(each.verdict == "differs" for day in self.days for each in day.observations)

    def finish(self, say: Callable[[str], None]) -> None:
        """Tell what was observed, and write it down. Raises Misuse for a file that cannot be written."""
        days = self.days
        for line in table(days):
            say(line)
        if self._file is None or not days:
            return
        with misuse(ObservationsError):
            observations.add_to(self._file, days)
        say(f"{click.format_filename(self._file)} has it, without any value.")
