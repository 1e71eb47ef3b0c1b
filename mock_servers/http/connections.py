"""One client's connection: finds the requests in its bytes, limits how long they may take, and sends the answers.

Nothing here blocks, and only the leader thread calls it. The engine calls the application.
"""

from __future__ import annotations

import io
import logging
import math
import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from mock_servers.http.framing import (
    LARGEST_HEAD,
    BadRequestError,
    Head,
    KnownHead,
    Message,
    unread_head,
    unsendable,
)
from mock_servers.http.socket_channel import MOST_UNSENT, Channel
from mock_servers.http.tunnel import Outside, Relay
from mock_servers.http.wsgi_call import Body, Outlet, Place, apology, broken_off, environ_of, log_failure, raw, refusal
from mock_servers.state.table import StateError

if TYPE_CHECKING:
    import asyncio
    from wsgiref.types import WSGIEnvironment

    from mock_servers.http.bounds import Bounds
    from mock_servers.http.forward_proxy import Refusal

_LOG: Final = logging.getLogger(__package__)
_CLIENT_HELLO: Final = b"\x16"  # the first byte of a TLS record that holds one
_LINGER: Final = 1.0
"""Seconds for which a client whose request was not read to its end may take the answer."""
_MOST_IGNORED: Final = 16 << 20
"""Bytes that it may send meanwhile."""
_MOST_DISCARDED: Final = 64 << 20
"""Bytes of a body, left by the application, that are read and thrown away to keep the connection."""
_SPEAK_TLS: Final = "This port speaks TLS: say https"
_ESTABLISHED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Proxy(Protocol):
    """Decides where the tunnel of a CONNECT ends: here, at another host, or nowhere."""

    @property
    def tls(self) -> ssl.SSLContext:
        """The TLS settings with which it answers in the name of real hosts."""

    def refusal(self, authority: str, *, tunnels: int) -> Refusal | None:
        """Return why a CONNECT to `host:port` is refused; `None` when it is accepted."""

    def refusal_of_user(self, user: str | None) -> Refusal | None:
        """Return why a client with this proxy user name is refused, else `None`; `user` is `None` if not Basic."""

    def refusal_of_plain(self, scheme: str, authority: str) -> Refusal | None:
        """Return why a request for an absolute URL, sent without a tunnel, is refused; `None` when it is answered."""

    def is_played(self, authority: str) -> bool:
        """Whether the tunnel ends here."""

    def reach(self, authority: str) -> Outside | Refusal:
        """Connect to the host at the other end of a tunnel; this blocks."""

    def relay(self, loop: asyncio.AbstractEventLoop, client: Channel, authority: str, outside: Outside) -> Relay:
        """Return the relay between a client and the connected host."""

    def give_back(self) -> None:
        """Free the place of a connection to a host that has ended."""


class Engine(Protocol):
    """What a connection needs of its server."""

    bounds: Bounds
    loop: asyncio.AbstractEventLoop
    proxy: Proxy | None
    tls: ssl.SSLContext | None
    address: tuple[str, int]
    connections: set[Connection]
    waiting: dict[Connection, None]
    is_draining: bool
    is_stopping: bool

    def is_quick(self, environ: WSGIEnvironment) -> bool:
        """Whether the application wants the body whole, and reports when it waits."""

    def answer(self, connection: Connection, message: Message, environ: WSGIEnvironment) -> None:
        """Call the application soon, in the leader thread."""

    def stream(self, connection: Connection, environ: WSGIEnvironment, outlet: Outlet) -> None:
        """Call the application in a thread of its own."""

    def bound_unsent(self, connection: Connection) -> None:
        """While too many bytes of answers are unread, close the slowest readers, but not this connection."""

    def report_refused(self, status: str, text: str, environ: WSGIEnvironment) -> None:
        """Report a request that was refused before the application saw it."""

    def give_turn(self, connection: Connection) -> None:
        """Call `go_on` of a connection after all other connections have had their turn."""

    def soon(self, call: Callable[..., object], *arguments: object) -> bool:
        """Let the leader thread call something; return whether there still is one. Safe from any thread."""

    def elsewhere(self, task: Callable[[], None]) -> None:
        """Run a task that blocks in another thread."""

    def forget(self, connection: Connection) -> None:
        """Remove a connection from those the engine holds."""


class Connection:
    """A client's connection. `due` is when it will have been too slow, by the loop's clock."""

    def __init__(self, engine: Engine, sock: socket.socket, client: tuple[str, int]) -> None:
        self._engine = engine
        self._bounds = engine.bounds
        self._place = Place(server=engine.address, client=client)
        self._channel = Channel(engine.loop, sock, self)
        self._take: Callable[[bytes], None] = self._take_first
        self._buffer = bytearray()
        self._message: Message | None = None
        self._known: KnownHead | None = None
        self._unread = b""
        self._whole = bytearray()
        self._body: Body | None = None
        self._outlet: Outlet | None = None
        self._relay: Relay | None = None
        self._began = 0.0
        self._is_running = False
        self._is_between = False
        self._is_last = False
        self._is_lingering = False
        self._ignored = 0
        self._wait(self._bounds.kept)
        self._channel.read()

    # what the channel says

    def received(self, data: bytes) -> None:
        """Take what the client sent."""
        self._take(data)

    def ended(self) -> None:
        """Answer a complete request, then close; drop an incomplete one."""
        if self._relay is not None:
            self.due = self._now() + self._bounds.kept
            self._relay.client_ended()
        elif self._is_lingering or not (self._is_running or self._is_between):
            self._channel.close()
        elif self._body is not None:
            self._body.finish(broken_off("the body ended early"))

    def drained(self) -> None:
        """Resume the relay or application that waited for the client to read."""
        if self._relay is not None:
            self._relay.go_on()
        elif self._is_lingering:
            self._channel.say_no_more()
        elif self._outlet is not None:
            self._outlet.take_all()
            self.due = math.inf
        elif self._is_between:
            self._engine.give_turn(self)

    def lost(self) -> None:
        """Release the threads that wait for this client."""
        reason = broken_off("the client is gone")
        if self._body is not None:
            self._body.finish(reason)
        if self._outlet is not None:
            self._outlet.close()
        if self._relay is not None:
            self._relay.end()
        if (failure := self._channel.tls_failure) is not None:
            _LOG.info("TLS with %s failed: %s", self._place.client[0], failure)
        self._engine.forget(self)

    # what the engine says

    @property
    def unsent(self) -> int:
        """How many bytes the client has yet to take."""
        return self._channel.unsent

    @property
    def taken_at(self) -> float:
        """When the client last read some of them."""
        return self._channel.taken_at

    def overdue(self) -> None:
        """Close the connection of a client that was too slow."""
        if self._channel.unsent or self._is_last or self._relay is not None or self._channel.is_shaking_hands:
            self._channel.abort()
        elif self._body is not None:
            self._body.finish(TimeoutError("the body timed out"))
            self._is_last, self.due = True, math.inf
        elif self._is_half_sent:
            self._refuse(BadRequestError("408 Request Timeout", "The request came too slowly"))
        else:
            self._channel.abort()

    def make_room(self) -> None:
        """Close, to make room for another client."""
        self._channel.abort()

    def stop(self) -> None:
        """Close, but for a request that runs: its answer is still sent."""
        self._is_last = True
        if self._relay is not None:
            self._channel.abort()
        elif not self._is_running:
            self.due = self._now() + _LINGER
            self._channel.close()
        elif self._body is not None:
            self._body.finish(broken_off("the server stops"))

    def kill(self) -> None:
        """Close at once, even while a request runs."""
        self._channel.abort()

    # the first bytes: plain or TLS

    def _take_first(self, data: bytes) -> None:
        context = self._engine.tls or (self._engine.proxy and self._engine.proxy.tls)
        if data[:1] == _CLIENT_HELLO and context:
            self._secure(context, data)
        elif data[:1] == _CLIENT_HELLO:
            _LOG.warning(
                "%s spoke TLS to a port that speaks plain HTTP: say http://, or start with --tls", self._place.client[0]
            )
            self._refuse(BadRequestError("400 Bad Request", "This port speaks plain HTTP: say http:"))
        elif self._engine.tls is not None:
            self._refuse(BadRequestError("400 Bad Request", _SPEAK_TLS))
        else:
            self._take = self._gather
            self._gather(data)

    def _secure(self, context: ssl.SSLContext, data: bytes) -> None:
        self._take = self._gather
        self.due = self._now() + self._bounds.handshake
        self._channel.speak_tls(context, data)

    def secured(self) -> None:
        """Note that the handshake is over."""
        if self._relay is not None:
            self._relay.client_secured()
        else:
            self._wait(self._bounds.kept)

    # the head

    def _gather(self, data: bytes) -> None:
        if not self._buffer:
            self.due = self._now() + self._bounds.head
        before = len(self._buffer)
        self._buffer += data
        self._parse(max(0, before - 3))

    def _parse(self, start: int = 0) -> None:
        if self._buffer.startswith(b"\r\n"):  # which old clients send after a body (RFC 9112, 2.2)
            del self._buffer[:2]
        end, raw = self._buffer.find(b"\r\n\r\n", start) + 4, b""
        try:
            if end < 4:  # noqa: PLR2004 - it was not found
                _check_size(self._buffer, len(self._buffer))
                return
            _check_size(self._buffer, end)
            raw = bytes(self._buffer)
            self._buffer.clear()
            self._begin(Message.from_head(raw, end, self._known))
        except BadRequestError as error:
            self._unread = raw
            self._refuse(error)
        except StateError as error:  # which names are the mock's is part of the state
            self._refuse(BadRequestError("503 state unreachable", f"nhsauth: state unreachable ({error}).\n"))

    def _begin(self, message: Message) -> None:
        head = message.head
        if head.method == "CONNECT":
            self._connect(message)
            return
        self._message = message
        scheme = "https" if self._channel.is_encrypted else "http"
        if head.authority and self._engine.proxy is not None:
            scheme = urlsplit(head.target).scheme
            _raise(self._engine.proxy.refusal_of_plain(scheme, head.authority))
            self._place = replace(self._place, through_proxy=True, user=self._user(self._engine.proxy, head))
        environ = environ_of(head, self._place, scheme=scheme)
        self._began = self._now()
        if self._engine.is_quick(environ):
            self._want_whole(message, environ)
        else:
            self._want_stream(message, environ)

    # a body that is wanted whole

    def _want_whole(self, message: Message, environ: WSGIEnvironment) -> None:
        if message.head.is_compressed:
            raise BadRequestError("415 Unsupported Media Type", "Send the body as it is: this server decompresses none")
        if (message.head.length or 0) > self._bounds.largest_body:
            self._run_whole(message, environ)
            return
        self._take = partial(self._collect, message, environ)
        self._collect(message, environ, b"")

    def _collect(self, message: Message, environ: WSGIEnvironment, data: bytes) -> None:
        try:
            if data:
                message.feed(data)
            while message.received <= self._bounds.largest_body and (piece := message.read()) is not None:
                self._whole += piece
        except BadRequestError as error:
            self._refuse(error)
            return
        if message.is_whole or message.received > self._bounds.largest_body:
            self._run_whole(message, environ)
            return
        if message.awaits_100:
            self._channel.write(message.go_on())
        self._expect_body(message)

    def _expect_body(self, message: Message) -> None:
        self.due = self._began + self._bounds.body + message.received / self._bounds.lowest

    def _run_whole(self, message: Message, environ: WSGIEnvironment) -> None:
        """Let the engine call the application. The rest of too large a body is never read: no request may follow it."""
        self._is_last = self._is_last or not message.is_whole
        environ["wsgi.input"] = io.BytesIO(self._whole)
        self._whole = bytearray()
        self._run()
        self._engine.answer(self, message, environ)

    def _run(self) -> None:
        self._is_running, self.due = True, math.inf
        self._engine.waiting.pop(self, None)
        self._take = self._keep

    def _keep(self, data: bytes) -> None:
        """Buffer bytes of the next request, up to a limit."""
        self._buffer += data
        if len(self._buffer) > LARGEST_HEAD:
            self._channel.pause()

    # a body that is read as it comes

    def _want_stream(self, message: Message, environ: WSGIEnvironment) -> None:
        body = Body(partial(self._engine.soon, self._read_on, message))
        environ["wsgi.input"] = io.BufferedReader(body)
        self._run()
        self._body, self._outlet = body, Outlet()
        self._take = partial(self._feed, message, body)
        self._feed(message, body, b"")
        self._engine.stream(self, environ, self._outlet)

    def _feed(self, message: Message, body: Body, data: bytes) -> None:
        may_follow = True
        try:
            if data:
                message.feed(data)
            while (piece := message.read()) is not None:
                may_follow = body.add(piece)
        except BadRequestError as error:
            body.finish(error)
            self._is_last = True
            self._channel.pause()
        if message.is_whole:
            body.finish()
            self._take, self.due = self._keep, math.inf
        elif not may_follow:
            self._channel.pause()
            self.due = math.inf
        elif not message.awaits_100:
            self._expect_body(message)

    def _read_on(self, message: Message) -> None:
        """Read on: the application waits for more, or has room again."""
        if message.is_whole or self._is_last or message is not self._message:
            return
        if message.awaits_100:
            self._channel.write(message.go_on())
        if self.due == math.inf:  # until now it was not the client who was slow
            self._began = self._now() - message.received / self._bounds.lowest
            self._expect_body(message)
        self._channel.read()

    # the answer

    def deliver(self, data: bytes, *, is_broken: bool) -> None:
        """Send a complete answer, or the part of one that there is."""
        self._is_running = False
        self._channel.write(data)
        if self._channel.unsent:
            self._engine.bound_unsent(self)
        if is_broken:
            self._close()
        else:
            self._conclude()

    def emit(self, head: tuple[str, list[tuple[str, str]]] | None, data: bytes, *, ends: bool) -> None:
        """Send the next piece of an answer: the head with the first, the end of the body with the last."""
        message, outlet = self._message, self._outlet
        if self._channel.is_closed or message is None or outlet is None:
            return
        if head is not None and self._engine.is_draining:
            message.be_last()
        try:
            self._channel.write(message.sent(head, data, ends=ends))
        except unsendable() as error:
            self._fail(message, error)
            return
        if ends:
            self._leave()
            self._conclude()
        elif self._channel.unsent <= MOST_UNSENT:
            outlet.take_all()
        else:
            self._expect_taken()
            self._engine.bound_unsent(self)

    def break_off(self) -> None:
        """Close in the middle of an answer."""
        self._leave()
        self._close()

    def _fail(self, message: Message, error: Exception) -> None:
        """Replace an answer that cannot be sent by a 500, or close where its head has left."""
        log_failure(message.head.method, message.head.path, error)
        self._is_last = True
        if not message.is_answered:
            self._channel.write(raw(apology()))
        self._leave()
        self._close()

    def _leave(self) -> None:
        self._is_running, self._body = False, None
        if self._outlet is not None:
            self._outlet.close()
            self._outlet = None

    def _expect_taken(self) -> None:
        self.due = self._now() + self._bounds.body + self._channel.unsent / self._bounds.lowest

    def _conclude(self) -> None:
        """Once this request is read to its end, wait for the next, or close."""
        message = self._message
        if self._channel.is_closed or message is None:
            return
        if message.is_whole and message.can_be_followed and not self._is_last:
            self._follow()
        elif message.can_be_read_on and not self._is_last:
            self._began = self._now()
            self._take = partial(self._discard, message)
            self._discard(message, b"")
        else:
            self._close()

    def _discard(self, message: Message, data: bytes) -> None:
        """Drop the rest of a body that the application has not read, so that it is not parsed as a request."""
        try:
            if data:
                message.feed(data)
            while message.read() is not None:
                pass
        except BadRequestError:
            self._close()
            return
        if message.is_whole:
            self._conclude()
        elif message.received > _MOST_DISCARDED or message.awaits_100 or self._channel.is_ended:
            self._close()
        else:
            self._expect_body(message)
            self._channel.read()

    def _follow(self) -> None:
        """Go on with the next request: in its turn if it is here already, and only once the client reads answers."""
        if self._message is not None:
            self._buffer[:0] = self._message.rest
            self._known, self._message = self._message.known, None
        self._is_between = True
        if self._channel.unsent > MOST_UNSENT:  # it asks, and takes no answers
            self._take = self._keep
            self._expect_taken()
        elif self._buffer:
            self._take, self.due = self._keep, math.inf
            self._engine.give_turn(self)
        else:
            self.go_on()

    def go_on(self) -> None:
        """Read the next request."""
        if self._is_last or not self._is_between:
            return
        self._is_between = False
        self._take = self._gather
        self._wait(self._bounds.kept)
        self._channel.read()
        if self._buffer:
            self.due = self._now() + self._bounds.head
            self._parse()
        if self._channel.is_ended and not self._is_running:
            self._channel.close()

    def _wait(self, seconds: float) -> None:
        self._engine.waiting[self] = None
        self.due = self._now() + seconds
        if self._channel.unsent:
            self._expect_taken()

    # the end

    def _refuse(self, error: BadRequestError) -> None:
        """Answer what no application sees, and report it; nothing may follow it."""
        self._channel.write(raw(refusal(error.status, str(error))))
        if not error.by_proxy:
            self._engine.report_refused(error.status, str(error), self._refused_environ())
        self._close()

    def _refused_environ(self) -> WSGIEnvironment:
        """Return what is known of a refused request: all of its head, or else the words of its first line."""
        scheme = "https" if self._channel.is_encrypted else "http"
        if self._message is not None:
            return environ_of(self._message.head, self._place, scheme=scheme)
        return environ_of(unread_head(self._unread or bytes(self._buffer)), self._place, scheme=scheme)

    def _close(self) -> None:
        """Close, but not on bytes that were never read: that would spoil the answer on its way."""
        self._is_running, self._is_last = False, True
        self._engine.waiting.setdefault(self)
        self.due = self._now() + _LINGER
        if self._channel.unsent:
            self._expect_taken()
        is_all_read = self._message is not None and self._message.is_whole and not self._buffer
        if is_all_read or self._engine.is_stopping:
            self._channel.close()
            return
        self._is_lingering, self._take = True, self._ignore
        self._channel.say_no_more()
        self._channel.read()
        if self._channel.is_ended:
            self._channel.close()

    def _ignore(self, data: bytes) -> None:
        """Read so that the client can be rid of what it has to say, unless that is endless."""
        self._ignored += len(data)
        if self._ignored > _MOST_IGNORED:
            self._channel.abort()

    # tunnels

    def _connect(self, message: Message) -> None:
        proxy, authority = self._engine.proxy, message.head.target
        if proxy is None or self._channel.is_encrypted:
            raise BadRequestError("405 Method Not Allowed", "This is no proxy")
        user = self._user(proxy, message.head)
        _raise(proxy.refusal(authority, tunnels=len(self._engine.connections)))
        if message.rest:
            _LOG.warning("%s spoke into its tunnel to %s before there was one", self._place.client[0], authority)
            self._channel.abort()
        elif proxy.is_played(authority):
            self._channel.write(_ESTABLISHED)
            self._place = replace(self._place, through_proxy=True, user=user)
            self.due = self._now() + self._bounds.handshake
            self._take = partial(self._take_tunnelled, proxy.tls)
        else:
            self._run()
            self._engine.elsewhere(lambda: self._reach(proxy, authority))

    def _user(self, proxy: Proxy, head: Head) -> str:
        """Return the user name by which a client calls the proxy, empty without one; an unknown one is refused."""
        user = head.proxy_user
        _raise(proxy.refusal_of_user(user))
        return user or ""

    def _take_tunnelled(self, context: ssl.SSLContext, data: bytes) -> None:
        if data[:1] == _CLIENT_HELLO:
            self._secure(context, data)
        else:
            self._refuse(BadRequestError("400 Bad Request", _SPEAK_TLS))

    def _reach(self, proxy: Proxy, authority: str) -> None:
        outside = proxy.reach(authority)
        if not self._engine.soon(self._reached, proxy, authority, outside) and isinstance(outside, Outside):
            outside.socket.close()
            proxy.give_back()

    def _reached(self, proxy: Proxy, authority: str, outside: Outside | Refusal) -> None:
        if not isinstance(outside, Outside):
            self._refuse(_as_error(outside))
        elif self._channel.is_closed or self._engine.is_stopping:
            outside.socket.close()
            proxy.give_back()
            self._channel.abort()
        else:
            self._channel.write(_ESTABLISHED)
            self._relay = relay = proxy.relay(self._engine.loop, self._channel, authority, outside)
            self._take = relay.pass_on
            relay.begin()
            if self._buffer:
                relay.pass_on(bytes(self._buffer))

    def _now(self) -> float:
        return self._engine.loop.time()

    @property
    def _is_half_sent(self) -> bool:
        return bool(self._buffer) if self._message is None else not self._message.is_whole


def _check_size(buffer: bytearray, length: int) -> None:
    if length <= LARGEST_HEAD:
        return
    if b"\r\n" in buffer[:LARGEST_HEAD]:
        raise BadRequestError("431 Request Header Fields Too Large", f"The headers have more than {LARGEST_HEAD} bytes")
    raise BadRequestError("414 URI Too Long", f"The request line has more than {LARGEST_HEAD} bytes")


def _raise(refused: Refusal | None) -> None:
    if refused is not None:
        raise _as_error(refused)


def _as_error(refused: Refusal) -> BadRequestError:
    """Return what answers a refusal: most clients show the phrase of a proxy's status line, and nothing else."""
    return BadRequestError(f"{refused.status} {refused.sentence}", f"nhsauth: {refused.sentence}.\n", by_proxy=True)
