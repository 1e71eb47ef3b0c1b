"""The faults that are ordered now: which of them a request meets, counted in one atomic step."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mock_servers.faults.pause import Pause
from mock_servers.jose.keys import KeyRing, jwks
from mock_servers.state.fault import KEY_SETS, Fault
from mock_servers.state.store import Store

_ROTATED = "rotated"
_BITS = 2048


class NoSuchFaultError(LookupError):
    """No fault has this number; the message lists those that are ordered."""


class Faults:
    """The faults of one platform, the oldest first; the store holds them, and so they end with a test or a reset.

    `pause` is where delayed answers wait; `ring` gives the key of a key set that has not the right one.
    """

    def __init__(self, store: Store, ring: KeyRing, pause: Pause | None = None) -> None:
        self._store = store
        self._ring = ring
        self.pause = pause or Pause()
        self._ids = itertools.count(1)
        self._claiming = threading.Lock()
        self._here = threading.local()
        self.spoilt_keys = False

    @contextmanager
    def spared(self) -> Iterator[None]:
        """For the length of a block, meet no fault in this thread, and use none up: for who is no client."""
        before, self._here.spared = getattr(self._here, "spared", False), True
        try:
            yield
        finally:
            self._here.spared = before

    def order(self, fault: Fault) -> Fault:
        """Order a fault and return it with its number. The platform forgets key sets that it would ask for there."""
        ordered = replace(fault, id=next(self._ids), seen=0, used=0)
        self._store.faults.put(ordered.id, ordered)
        self._forget_key_sets(ordered)
        return ordered

    def all(self) -> list[Fault]:
        """Return what is ordered, used up or not, the oldest first."""
        return self._store.faults.values()

    def get(self, number: int) -> Fault:
        """Return a fault. Raises NoSuchFaultError."""
        fault = self._store.faults.get(number)
        if fault is None:
            known = ", ".join(str(each.id) for each in self.all()) or "none"
            raise NoSuchFaultError(f"no fault has the number {number}: ordered are {known}")
        return fault

    def remove(self, number: int) -> None:
        """Take a fault back, and let those go on whom one holds. Raises NoSuchFaultError."""
        self.get(number)
        self._store.faults.take(number)
        self.pause.end()

    def clear(self) -> None:
        """Take all faults back."""
        self._store.faults.clear()
        self.pause.end()

    def claim(self, place: str, client: Callable[[], str | None]) -> Fault | None:
        """Count a request at a place, and return the first fault that it meets; `client` tells who is asking."""
        ordered = [fault for fault in self.all() if fault.covers(place)]
        if not ordered or getattr(self._here, "spared", False):
            return None
        asking = client() if any(fault.client_id is not None for fault in ordered) else None
        with self._claiming:
            met = self._count(fault.id for fault in ordered if fault.client_id in (None, asking))
        if met is not None and place.endswith("jwks"):
            self.spoilt_keys = True
        return met

    def other_keys(self) -> Mapping[str, Any]:
        """Return a key set of a sound key that signs nothing."""
        return jwks(self._ring.pair(_ROTATED, bits=_BITS), alg="RS512")

    def _count(self, numbers: Any) -> Fault | None:
        met: Fault | None = None
        for number in numbers:
            fault = self._store.faults.get(number)
            if fault is None:
                continue
            seen = replace(fault, seen=fault.seen + 1)
            due = met is None and seen.is_due
            counted = replace(seen, used=seen.used + 1) if due else seen
            if self._store.faults.swap(number, fault, counted) and due:
                met = counted
        return met

    def _forget_key_sets(self, fault: Fault) -> None:
        owner = "app" if fault.on == "app.jwks" else "provider"
        if not any(fault.covers(place) for place in KEY_SETS):
            return
        for kept in self._store.jwks.find("owner", owner):
            self._store.jwks.take((owner, kept.url))
