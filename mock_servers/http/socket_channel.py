"""A socket that blocks nobody: bytes come to its owner as they arrive and leave as the other side takes them.

Plain or TLS is the channel's business alone; the owner sees plain bytes either way.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from typing import Final, Protocol

_PIECE: Final = 64 * 1024  # bytes that are read at once
MOST_UNSENT: Final = 256 * 1024
"""Bytes that may wait to be sent to a client; a thread that has more to send waits until there are fewer."""


class Owner(Protocol):
    """Whose channel it is. Every call comes from the thread that runs the loop."""

    def received(self, data: bytes) -> None:
        """Take what the client sent."""

    def secured(self) -> None:
        """Note that the TLS handshake is over."""

    def ended(self) -> None:
        """Note that the client will send nothing more."""

    def drained(self) -> None:
        """Note that all waiting bytes have been sent."""

    def lost(self) -> None:
        """Note that the channel is closed, by either side."""


class Channel:
    """One connected socket. Only the thread that runs the loop may use it."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, owner: Owner, tls: Tls | None = None
    ) -> None:
        sock.settimeout(0)
        with contextlib.suppress(OSError):  # no TCP, or gone already
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop = loop
        self._socket = sock
        self._owner = owner
        self._unsent = bytearray()
        self._tls = tls
        self._is_reading = False
        self._ends_when_sent = False
        self.is_closed = False
        self.is_ended = False
        self.taken_at = 0.0
        """When the client last took some of what waits for it."""

    @property
    def is_encrypted(self) -> bool:
        """Whether the client speaks TLS."""
        return self._tls is not None

    @property
    def is_shaking_hands(self) -> bool:
        """Whether a TLS handshake has begun and has not ended."""
        return self._tls is not None and not self._tls.is_open

    @property
    def unsent(self) -> int:
        """How many bytes the client has yet to take."""
        return len(self._unsent)

    # reading

    def read(self) -> None:
        """Read on."""
        if not self._is_reading and not self.is_ended and not self.is_closed:
            self._is_reading = True
            self._loop.add_reader(self._socket, self._readable)

    def pause(self) -> None:
        """Stop reading for now, so that TCP slows the client down."""
        if self._is_reading:
            self._is_reading = False
            self._loop.remove_reader(self._socket)

    def _readable(self) -> None:
        try:
            data = self._socket.recv(_PIECE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.abort()
            return
        if not data:
            self._end()
        elif self._tls is None:
            self._owner.received(data)
        else:
            self._decrypt(self._tls, data)

    def _end(self) -> None:
        self.pause()
        self.is_ended = True
        self._owner.ended()

    # TLS

    def speak_tls(self, context: ssl.SSLContext, received: bytes) -> None:
        """Speak TLS from now on; `received` are the bytes that the client has already sent."""
        self._tls = Tls(context)
        self._decrypt(self._tls, received)

    def _decrypt(self, tls: Tls, data: bytes) -> None:
        was_open = tls.is_open
        try:
            plain = tls.opened(data)
        except (OSError, ValueError) as error:  # the second: the server name is no name
            self._send(tls.outgoing())  # a TLS alert with the reason
            tls.failure = error
            self.close()
            return
        self._send(tls.outgoing())
        if tls.is_open and not was_open:
            self._owner.secured()
        if plain and not self.is_closed:
            self._owner.received(plain)
        if tls.is_ended and not self.is_closed and not self.is_ended:
            self._end()

    @property
    def is_cut_off(self) -> bool:
        """Whether TLS is used and the other side has not sent its `close_notify`."""
        return self._tls is not None and not self._tls.is_ended

    @property
    def tls_failure(self) -> Exception | None:
        """Why the TLS connection failed, if it did."""
        return self._tls.failure if self._tls is not None else None

    # writing

    def write(self, data: bytes) -> None:
        """Send now, or as fast as the client reads; do nothing when the channel is closed."""
        if self.is_closed or self._ends_when_sent:
            return
        self._send(self._tls.sealed(data) if self._tls is not None else data)

    def _send(self, data: bytes) -> None:
        if self.is_closed or not data:
            return
        sent = 0
        if not self._unsent:
            try:
                sent = self._socket.send(data)
            except (BlockingIOError, InterruptedError):
                pass
            except OSError:
                self.abort()
                return
            if sent == len(data):
                return
            self._loop.add_writer(self._socket, self._writable)
            self.taken_at = self._loop.time()
        self._unsent += memoryview(data)[sent:]

    def _writable(self) -> None:
        try:
            sent = self._socket.send(self._unsent)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.abort()
            return
        del self._unsent[:sent]
        if self._unsent:
            self.taken_at = self._loop.time()
            return
        self._loop.remove_writer(self._socket)
        if self._ends_when_sent:
            self.abort()
        else:
            self._owner.drained()

    # closing

    def close(self, *, cut_off: bool = False) -> None:
        """Close once all is sent; nothing more is read. `cut_off`: without the `close_notify` of TLS."""
        if self.is_closed or self._ends_when_sent:
            return
        self.pause()
        if self._tls is not None and self._tls.is_open and not cut_off:
            self._send(self._tls.farewell())
        self._ends_when_sent = True
        if not self._unsent:
            self.abort()

    def say_no_more(self) -> None:
        """End the sending side and read on: a close with unread bytes resets the connection; the answer may be lost."""
        if self._tls is not None and self._tls.is_open:
            self._send(self._tls.farewell())
        if not self._unsent and not self.is_closed:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)

    def abort(self) -> None:
        """Close now, even if the client has not read everything."""
        if self.is_closed:
            return
        self.pause()
        if self._unsent:
            self._loop.remove_writer(self._socket)
            self._unsent.clear()
        self.is_closed = True
        self._socket.close()
        self._owner.lost()


class Tls:
    """One side of TLS over bytes, without a socket: the server's, or the client's of the server that is named."""

    def __init__(self, context: ssl.SSLContext, server: str | None = None) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._in, self._out, server_side=server is None, server_hostname=server)
        self.is_open = False
        self.is_ended = False
        self.failure: Exception | None = None

    def opened(self, data: bytes) -> bytes:
        """Return the plain bytes of what the client sent; none before the handshake is over. Raises OSError."""
        self._in.write(data)
        pieces: list[bytes] = []
        try:
            if not self.is_open:
                self._object.do_handshake()
                self.is_open = True
            while piece := self._object.read(_PIECE):
                pieces.append(piece)
                if not self._in.pending:  # no record is larger than a piece; and an exception takes its time
                    break
            else:
                self.is_ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.is_ended = True
        return b"".join(pieces)

    def outgoing(self) -> bytes:
        """Return the bytes that TLS itself has to send, as in a handshake."""
        return self._out.read()

    def sealed(self, data: bytes) -> bytes:
        """Return bytes encrypted."""
        if data:
            self._object.write(data)
        return self._out.read()

    def farewell(self) -> bytes:
        """Return the `close_notify`, which says that nothing more will come."""
        with contextlib.suppress(OSError):  # it wants the client's own, which nobody waits for
            self._object.unwrap()
        return self._out.read()
