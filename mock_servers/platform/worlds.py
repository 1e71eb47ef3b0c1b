"""The worlds of one server: found by name, and gone when they are deleted or idle for an hour."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Generic, Protocol, TypeVar

from mock_servers.settings.control import ControlSettings
from mock_servers.state.table import Table
from mock_servers.state.world import World
from mock_servers.wire.identifiers import Identifiers
from mock_servers.wire.wording import shown

IDLE: Final = 3600.0
"""Seconds by the machine's clock after which a world that nobody asks is gone."""

_NOTED: Final = 60.0
"""Seconds after which a use of a world is noted anew."""

_FORGOTTEN: Final = 0.0
"""When a world was used that is about to be gone."""


class Held(Protocol):
    """The platform of a world."""

    def let_go(self) -> None:
        """Release the requests that wait in it."""


H = TypeVar("H", bound=Held)


class WorldExistsError(ValueError):
    """Another world has this name."""


class TooManyWorldsError(ValueError):
    """The server has as many worlds as it may."""


class TooManyOfTeamError(TooManyWorldsError):
    """A team has as many worlds as it may."""


def gone(name: str) -> str:
    """Return the sentence about a world that is not there, or that is none of the caller's."""
    return f"No world is called {shown(name)}: it was deleted, or nobody asked it for an hour. POST /_nhsauth/worlds."


class Worlds(Generic[H]):
    """The worlds of one server. `rows` stores them by name; `make` makes the platform of one.

    `drop` deletes the state of one; `now` returns the machine's time, which no test moves; `limits` says how many there
    may be.
    """

    def __init__(
        self,
        rows: Table[World],
        make: Callable[[World], H],
        drop: Callable[[World], None],
        identifiers: Identifiers,
        now: Callable[[], float] = time.time,
        limits: ControlSettings | None = None,
    ) -> None:
        self._rows = rows
        self._make = make
        self._drop = drop
        self._identifiers = identifiers
        self._limits = limits or ControlSettings()
        self._now = now
        self._made: dict[str, tuple[str, H]] = {}
        self._changing = threading.RLock()

    def create(
        self, name: str | None = None, config: Mapping[str, Any] | None = None, *, team: str | None = None
    ) -> World:
        """Make a world, for a team if one is named; without a name it gets one.

        `config` has been checked before. What the platform cannot use all the same, it raises as at a start. Raises
        WorldExistsError, TooManyWorldsError; TooManyOfTeamError where the team has as many as it may.
        """
        with self._changing:
            self._forget_idle()
            identifier = self._identifiers.uuid()
            row = World(name=name or identifier[:8], id=identifier, used_at=self._now(), config=config, team=team)
            if not self._rows.add(row.name, row):
                raise WorldExistsError(f"a world has the name {row.name!r}: choose another, or delete that one")
            try:
                self._check_room(row)  # asked afterwards: another process may have made one meanwhile
                self._made[row.name] = (row.id, self._make(row))
            except BaseException:
                self.delete(row.name)
                raise
            return row

    def _check_room(self, row: World) -> None:
        """Raise TooManyWorldsError unless a world is among the first that may be there, and the first of its team."""
        most, each, rows = self._limits.most_worlds, self._limits.worlds_each, self._rows.values()
        advice = "delete one, or wait until one was idle for an hour"
        of_team = [other.id for other in rows if other.team == row.team]
        if row.team is not None and row.id not in of_team[:each]:
            raise TooManyOfTeamError(f"Team {row.team} has {each} worlds, which is its limit: {advice}")
        if row.id not in [other.id for other in rows[:most]]:
            raise TooManyWorldsError(f"{most} worlds are there, which is the limit: {advice}")

    def all(self) -> list[World]:
        """Return the worlds, the oldest first."""
        self._forget_idle()
        return self._rows.values()

    def get(self, name: str) -> World | None:
        """Return the stored entry of a world. This does not count as use of the world."""
        row = self._rows.get(name)
        return row if row is not None and not self._is_idle(row) else None

    def platform(self, name: str) -> H | None:
        """Return the platform of a world, and note that it is used; `None` if there is no world of this name."""
        row = self.get(name)
        if row is None:
            self._made.pop(name, None)  # another process may have deleted it
            return None
        now = self._now()
        if now - row.used_at > _NOTED:
            self._rows.swap(name, row, replace(row, used_at=now))
        identifier, made = self._made.get(name, (None, None))
        return made if made is not None and identifier == row.id else self._make_again(row)

    def platforms(self) -> list[H]:
        """Return the platforms that were made so far."""
        with self._changing:
            return [platform for _, platform in self._made.values()]

    def delete(self, name: str) -> bool:
        """Delete a world, and release the requests that wait in it; return whether it was there."""
        with self._changing:
            row = self._rows.take(name)
            _, made = self._made.pop(name, (None, None))
        if made is not None:
            made.let_go()
        if row is not None:
            self._drop(row)
        return row is not None and not self._is_idle(row)

    def _make_again(self, row: World) -> H:
        with self._changing:
            identifier, made = self._made.get(row.name, (None, None))
            if made is None or identifier != row.id:
                made = self._make(row)
                self._made[row.name] = (row.id, made)
            return made

    def _is_idle(self, row: World) -> bool:
        return self._now() - row.used_at >= IDLE

    def _forget_idle(self) -> None:
        for row in self._rows.values():
            # Marked first, so that a world stays which another process has used since the rows were read.
            if self._is_idle(row) and self._rows.swap(row.name, row, replace(row, used_at=_FORGOTTEN)):
                self.delete(row.name)
