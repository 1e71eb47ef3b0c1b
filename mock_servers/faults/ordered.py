"""The present faults, and which of them a request meets; they are counted in one atomic step."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mock_servers.faults.pause import Pause
from mock_servers.jose.keys import KeyRing, jwks
from mock_servers.journal.counts import Counts
from mock_servers.state.fault import KEY_SETS, Fault
from mock_servers.state.store import Store
from mock_servers.state.table import listed

_ROTATED = "rotated"
_BITS = 2048


class NoSuchFaultError(LookupError):
    """No fault has this number. The message lists the ordered ones."""


class Faults:
    """The faults of one platform, the oldest first. The store holds them, so they end with a test or a reset.

    `pause` is where delayed answers wait; `ring` has the key for a key set without the right one; `counts` counts the
    requests that met one.
    """

    def __init__(
        self, store: Store, ring: KeyRing, pause: Pause | None = None, *, counts: Counts | None = None
    ) -> None:
        self._store = store
        self._ring = ring
        self.pause = pause or Pause(store.counters if store.backend.is_shared else None)
        self._here = threading.local()
        self.spoilt_keys = False
        self.counts = counts or Counts()

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """For the length of a block, meet no fault in this thread, and use none up: for requests of the mock itself."""
        before, self._here.suspended = getattr(self._here, "suspended", False), True
        try:
            yield
        finally:
            self._here.suspended = before

    def order(self, fault: Fault) -> Fault:
        """Order a fault and return it with its number. The platform then forgets key sets that it would fetch there."""
        ordered = replace(fault, id=self._store.counters.count("faults"), seen=0, used=0)
        self._store.faults.put(ordered.id, ordered)
        self._forget_key_sets(ordered)
        return ordered

    def all(self) -> list[Fault]:
        """Return all ordered faults, used up or not, the oldest first."""
        return self._store.faults.values()

    def get(self, number: int) -> Fault:
        """Return a fault. Raises NoSuchFaultError."""
        fault = self._store.faults.get(number)
        if fault is None:
            known = listed(self._store.faults, lambda each: str(each.id)) or "none"
            raise NoSuchFaultError(f"no fault has the number {number}: ordered are {known}")
        return fault

    def remove(self, number: int) -> None:
        """Remove a fault, and release the answers that it holds. Raises NoSuchFaultError."""
        if self._store.faults.take(number) is None:
            self.get(number)
        self.pause.end()

    def clear(self) -> None:
        """Remove all faults."""
        self._store.faults.clear()
        self.pause.end()

    def claim(self, place: str, client: Callable[[], str | None]) -> Fault | None:
        """Count a request at a place, and return the first fault that it meets; `client` returns the client's id."""
        ordered = self._ordered(place)
        if not ordered or getattr(self._here, "suspended", False):
            return None
        asking = client() if any(fault.client_id is not None for fault in ordered) else None
        met = self._count([fault.id for fault in ordered if fault.client_id in (None, asking)])
        if met is not None:
            self.counts.fault(met.do, met.on)
            self.spoilt_keys |= place.endswith("jwks")
        return met

    def other_keys(self) -> Mapping[str, Any]:
        """Return a key set with a valid key that signs nothing."""
        return jwks(self._ring.pair(_ROTATED, bits=_BITS), alg="RS512")

    def _ordered(self, place: str) -> list[Fault]:
        """Return the faults that cover a place, the oldest first."""
        find, whole = self._store.faults.find, place.partition(".")[0]
        found = find("on", place)
        return found if whole == place else sorted([*find("on", whole), *found], key=lambda fault: fault.id)

    def _count(self, numbers: Collection[int]) -> Fault | None:
        """Count the request at each of these faults in one step, also while others count."""
        table = self._store.faults
        while True:
            met: Fault | None = None
            expected, counted = [], []
            for fault in filter(None, map(table.get, numbers)):
                seen = replace(fault, seen=fault.seen + 1)
                if met is None and seen.is_due:
                    met = seen = replace(seen, used=seen.used + 1)
                expected.append((table, fault.id, fault))
                counted.append((table, fault.id, seen))
            if self._store.commit(expected, counted):
                return met

    def _forget_key_sets(self, fault: Fault) -> None:
        owner = "app" if fault.on == "app.jwks" else "provider"
        if not any(fault.covers(place) for place in KEY_SETS):
            return
        for key, _ in self._store.jwks.entries("owner", owner):
            self._store.jwks.take(key)
