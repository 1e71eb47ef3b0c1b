"""Passes bytes between a client and a host outside, until one of them has ended."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass

from mock_servers.http.socket_channel import MOST_UNSENT, Channel, Tls


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A host that has been reached: by TLS, if that is to end here. `early` is what it has said already."""

    socket: socket.socket
    tls: Tls | None = None
    early: bytes = b""


class Relay:
    """What stands between a client's channel and a host outside; it owns the latter."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, client: Channel, outside: Outside, give_back: Callable[[], None]
    ) -> None:
        self._client = client
        self._give_back = give_back
        self._early = outside.early
        self._outside = Channel(loop, outside.socket, self, outside.tls)

    def begin(self) -> None:
        """Read what the host says."""
        early, self._early = self._early, b""
        if early:
            self.received(early)
        self._outside.read()

    # what the client's connection says

    def pass_on(self, data: bytes) -> None:
        """Send what the client said, and let it wait when the host takes its time."""
        self._outside.write(data)
        if self._outside.unsent > MOST_UNSENT:
            self._client.pause()

    def go_on(self) -> None:
        """Note that the client has read everything."""
        self._outside.read()

    def client_secured(self) -> None:
        """Note that the client's TLS handshake is over, for a tunnel whose TLS ends here."""

    def client_ended(self) -> None:
        """End with the client."""
        self._client.close()

    def end(self) -> None:
        """End; the client is gone."""
        self._outside.abort()

    # what the channel of the host says

    def received(self, data: bytes) -> None:
        """Send what the host said, and let it wait when the client takes its time."""
        self._client.write(data)
        if self._client.unsent > MOST_UNSENT:
            self._outside.pause()

    def secured(self) -> None:
        """Never: with whom TLS ends here, its handshake is over before."""

    def ended(self) -> None:
        """End with the host."""
        self._client.close()

    def drained(self) -> None:
        """Note that the host has read everything."""
        self._client.read()

    def lost(self) -> None:
        """End with the host, and let another relay take the place."""
        self._give_back()
        self._client.close()
