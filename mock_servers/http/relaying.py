"""Passes bytes between a client and a host outside, until one of them has ended."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final

from mock_servers.http.channel import MOST_UNSENT, Channel

if TYPE_CHECKING:
    from mock_servers.http.forward_proxy import ForwardProxy

IDLE: Final = 60.0
"""Seconds without a byte, after which a relay ends."""


class Relay:
    """What stands between a client's channel and a host outside; it owns the latter."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, client: Channel, outside: socket.socket, proxy: ForwardProxy
    ) -> None:
        self._client = client
        self._proxy = proxy
        self._outside = Channel(loop, outside, self)
        self._outside.read()

    # what the client's connection says

    def pass_on(self, data: bytes) -> None:
        """Send what the client said, and let it wait when the host takes its time."""
        self._outside.write(data)
        if self._outside.unsent > MOST_UNSENT:
            self._client.pause()

    def go_on(self) -> None:
        """Know that the client has taken all there was."""
        self._outside.read()

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
        """Never: what is relayed stays as it is."""

    def ended(self) -> None:
        """End with the host."""
        self._client.close()

    def drained(self) -> None:
        """Know that the host has taken all there was."""
        self._client.read()

    def lost(self) -> None:
        """End with the host, and let another relay take the place."""
        self._proxy.give_back()
        self._client.close()
