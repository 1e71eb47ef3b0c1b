"""Fetches key sets, except for apps with an ordered fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from mock_servers.faults import answer
from mock_servers.faults.ordered import Faults
from mock_servers.jose.jwks import Fetcher, UnreachableError
from mock_servers.state.fault import Fault


def without_faults(fetch: Fetcher) -> Fetcher:
    """Return a fetcher for look-ups that must neither meet a fault nor use it up."""
    return fetch.fetch if isinstance(fetch, FaultyFetcher) else fetch


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyFetcher:
    """A fetcher that first applies faults of `app.jwks`; `owner` returns the app whose key set is at a URL.

    `timeout` is the number of seconds that the service waits for a key set.
    """

    fetch: Fetcher
    faults: Faults
    owner: Callable[[str], str | None]
    timeout: float

    def __call__(self, url: str) -> bytes:
        """Fetch a URL, or fail as ordered. Raises UnreachableError."""
        owner = self.owner(url)
        fault = self.faults.claim("app.jwks", lambda: owner) if owner is not None else None
        return self.fetch(url) if fault is None else self._met(fault, url)

    def _met(self, fault: Fault, url: str) -> bytes:
        if fault.do == "status":
            raise UnreachableError(f"it answered {fault.answered_status}, {fault.words}")
        if fault.do == "drop" or fault.kind == "truncated":
            raise UnreachableError(f"it closed the connection, {fault.words}")
        if fault.do == "rotate":
            return json.dumps(self.faults.other_keys()).encode()
        if fault.do == "delay":
            seconds = fault.seconds or 0
            self.faults.pause.wait(min(seconds, self.timeout))
            if seconds > self.timeout:
                raise UnreachableError(f"it was not done after {self.timeout:g} s, {fault.words}")
            return self.fetch(url)
        return answer.spoiled(fault, self.fetch(url))
