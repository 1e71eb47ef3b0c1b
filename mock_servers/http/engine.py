"""The loop of a server, and its leader thread: it reads, calls the application itself and writes, one at a time.

Threads that compete for the interpreter's lock are slower than one thread alone. But a thread that waits must let the
others go on. So another thread becomes the leader: at once when the application reports that it waits, and after a
moment when it does not. The loop runs in one thread at a time, and never while that thread calls the application.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mock_servers.http.connections import Connection, Proxy
from mock_servers.http.framing import Message, unsendable
from mock_servers.http.syn_filter import refuse_clients
from mock_servers.http.thread_pool import Lane, Task, ThreadPool
from mock_servers.http.wsgi_call import Call, Outlet, apology, dated, raw, rendered
from mock_servers.silence import silence

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

    from mock_servers.http.bounds import Bounds

_LOG: Final = logging.getLogger(__package__)
_BETWEEN_COMPLAINTS: Final = 10.0  # seconds
_RETRY_SECONDS: Final = 0.01  # seconds until it tries again to accept
_SWEEP: Final = 0.5  # seconds between looks at who is too slow
_PATIENCE: Final = 0.03  # seconds of one call after which another thread leads
_QUIET: Final = 30  # looks without a call after which nobody looks until there is one
_LONG: Final = 0.01
"""Seconds of one call, computing and not waiting, after which the next of its path runs beside the others."""
_ASIDE: Final = 2  # such calls at once: a client of another path waits for its share of the interpreter's lock
_MOST_LONG: Final = 64  # paths that are known for it
_HANDSHAKE: Final = 0.1  # seconds in which a client that has begun to connect comes through
_AT_ONCE: Final = 64  # clients that are accepted in one turn; of a socket that other processes serve as well, one

_MOST_UNREPORTED: Final = 100
"""Refused requests that wait to be reported."""

OnRefused = Callable[[str, str, "WSGIEnvironment"], object]
IsQuick = Callable[["WSGIEnvironment"], bool]
Ticks = Callable[[], float]


class Loop(asyncio.SelectorEventLoop):
    """A loop with a clock of its own."""

    def __init__(self, ticks: Ticks) -> None:
        with silence():  # asyncio logs which selector it uses
            super().__init__()
        self._ticks = ticks

    def time(self) -> float:
        """Return seconds since some moment."""
        return self._ticks()


class Engine:
    """Serves a listening socket until it is stopped."""

    on_refused: OnRefused | None = None

    def __init__(
        self,
        listening: socket.socket,
        application: WSGIApplication,
        *,
        pool: ThreadPool,
        tls: ssl.SSLContext | None,
        is_quick: IsQuick,
        bounds: Bounds,
        ticks: Ticks,
        shares: bool = False,
    ) -> None:
        self.bounds = bounds
        self.is_quick = is_quick
        self.tls = tls
        self.proxy: Proxy | None = None
        self.address: tuple[str, int] = listening.getsockname()[:2]
        self.connections: set[Connection] = set()
        self.waiting: dict[Connection, None] = {}
        self.is_draining = self.is_stopping = False
        self.failure: BaseException | None = None
        self.loop: asyncio.AbstractEventLoop = Loop(ticks)
        self._listening = listening
        self._at_once = 1 if shares else _AT_ONCE
        self._application = application
        self._pool = pool
        self._ready: deque[Task] = deque()
        self._following: dict[Connection, None] = {}
        self._left: deque[tuple[str, Call]] = deque()
        self._changed = threading.Condition()
        self._leader: int | None = None
        self._call, self._is_calling = 0, False
        self._watch = _Watch.ABSENT
        self._streams = Lane(pool, bounds.threads)
        self._aside = Lane(pool, _ASIDE)
        self._reports, self._unreported = Lane(pool, 1), 0
        self._long: dict[str, None] = {}
        self._path, self._began = "", 0.0
        self._complain_at = -_BETWEEN_COMPLAINTS
        self._is_sweeping = False

    def start(self) -> None:
        """Serve, in threads of its own."""
        self.loop.set_debug(False)
        self.loop.set_exception_handler(_complain_of)
        self._listen()
        self._pool.submit(self._lead)

    def stop(self, patience: float = 0.0) -> None:
        """End all but requests that run, and wait for these, unless this is one of them.

        Clients that are connected have `patience` seconds to send the request that they have begun or are about to.
        """
        if patience:
            self.soon(self._refuse_clients, patience)
        else:
            self.soon(self._stop)
        if not self._pool.has(threading.current_thread()):
            self._pool.join()

    def soon(self, call: Callable[..., object], *arguments: object) -> bool:
        """Let the leader thread call something; return whether there still is one. Safe from any thread."""
        try:
            self.loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:  # the loop is closed
            return False
        return True

    def elsewhere(self, task: Task) -> None:
        """Run a task that blocks in another thread."""
        self._pool.submit(task)

    @contextlib.contextmanager
    def extra_worker(self) -> Iterator[None]:
        """Let others go on for the length of a block, in which a request only waits. Safe from any thread."""
        with self._changed:
            was_leader, self._leader = self._leads, None if self._leads else self._leader
        if was_leader:
            self._pool.submit(self._lead)
        with self._streams.extra_worker(), self._aside.extra_worker():
            yield

    # the lead

    @property
    def _leads(self) -> bool:
        return self._leader == threading.get_ident()

    @property
    def _is_over(self) -> bool:
        return self._watch is _Watch.OVER

    def _lead(self) -> None:
        with self._changed:
            self._leader, self._is_calling = threading.get_ident(), False
        try:
            while self._leads and (self._left or self.connections or not self.is_stopping):
                if self._ready:
                    self._ready.popleft()()
                elif self._left:
                    self._close(*self._left.popleft())
                elif self._following:
                    self._take_turns()
                else:
                    self.loop.run_forever()
            if self._leads:
                self._end()
        except BaseException as error:  # noqa: BLE001 - kept for `failure`
            self._die(error)

    def give_turn(self, connection: Connection) -> None:
        """Call `go_on` of a connection after all other connections have had their turn."""
        self._following[connection] = None
        self.loop.stop()

    def _take_turns(self) -> None:
        """Let connections go on whose next request is here already: one request each, after those that came since."""
        following, self._following = self._following, {}
        for _ in range(2):  # whom the first look accepts, the second hears
            self.loop.stop()
            self.loop.run_forever()
        for connection in following:
            _let(connection, connection.go_on)

    def _end(self) -> None:
        with self._changed:
            self._watch = _Watch.OVER
            self._changed.notify_all()
        self.loop.close()
        self._pool.end()

    def _die(self, error: BaseException) -> None:
        _LOG.error("The serving thread died", exc_info=error)
        self.failure = error
        self.is_stopping = True
        self._listening.close()
        for connection in list(self.connections):
            connection.kill()
        self._end()

    def _begin_call(self, path: str) -> None:
        self._call += 1
        self._path, self._began = path, time.thread_time()
        self._is_calling = True
        if self._watch is _Watch.KEPT:
            return
        with self._changed:
            is_absent, self._watch = self._watch is _Watch.ABSENT, _Watch.KEPT
            self._changed.notify_all()
        if is_absent:
            self._pool.submit(self._keep_watch)

    def _end_call(self) -> bool:
        """Return whether this thread is still the leader."""
        with self._changed:
            if self._leads:
                self._is_calling = False
            return self._leads

    def _keep_watch(self) -> None:
        """Become the leader when the leader's call takes too long, and let another thread keep watch."""
        seen, quiet = -1, 0
        with self._changed:
            while not (self._is_over or (self._is_calling and self._call == seen and self._leader is not None)):
                quiet = quiet + 1 if self._call == seen else 0
                if quiet > _QUIET:
                    self._watch = _Watch.ASLEEP
                seen = self._call
                self._changed.wait(_PATIENCE if self._watch is _Watch.KEPT else None)
            if self._is_over:  # which it may have been before this thread began
                return
            if self._leader is not None and _computed(self._leader) - self._began > _LONG:
                self._be_long(self._path)
            self._leader = None
        self._pool.submit(self._keep_watch)
        self._lead()

    def _be_long(self, path: str) -> None:
        """Let calls of a path with long computations run beside the leader thread, a few at once."""
        if len(self._long) >= _MOST_LONG:
            self._long.pop(next(iter(self._long)), None)
        self._long[path] = None

    # calling the application

    def answer(self, connection: Connection, message: Message, environ: WSGIEnvironment) -> None:
        """Call the application soon, in the leader thread."""
        self._ready.append(partial(self._answer, connection, message, environ))
        self.loop.stop()  # which goes on once all is answered that is ready

    def _answer(self, connection: Connection, message: Message, environ: WSGIEnvironment) -> None:
        path, call = environ["PATH_INFO"], Call(self._application, environ)
        if path in self._long:
            self._aside.submit(partial(self._answer_aside, connection, message, path, call), path)
            return
        self._begin_call(path)
        began = self._began
        data, is_broken = self._written(call, message)
        if time.thread_time() - began > _LONG:
            self._be_long(path)
        if self._end_call():
            _deliver(connection, data, is_broken=is_broken)
            self._left.append((path, call))
        else:
            self.soon(partial(_deliver, connection, data, is_broken=is_broken))
            call.close()

    def _answer_aside(self, connection: Connection, message: Message, path: str, call: Call) -> None:
        if self.is_stopping:  # it does not run yet
            self.soon(connection.kill)
            return
        began = time.thread_time()
        data, is_broken = self._written(call, message)
        if time.thread_time() - began <= _LONG:
            self._long.pop(path, None)
        self.soon(partial(_deliver, connection, data, is_broken=is_broken))
        call.close()

    def _written(self, call: Call, message: Message) -> tuple[bytes, bool]:
        """Return the bytes of an answer, and whether the connection ends with it; 500 for any failure."""
        try:
            answer = call.whole()
        except BaseException as error:  # noqa: BLE001 - any failure is the application's, and is logged whole
            call.log(error)
            answer = apology()
        if self.is_draining:
            message.be_last()
        try:
            return rendered(message, answer), answer.is_broken
        except unsendable() as error:
            call.log(error)
            return raw(apology()), True

    def _close(self, path: str, call: Call) -> None:
        """Let the application tidy up once nobody waits for an answer: several of one kind in a row take less time."""
        self._begin_call(path)
        call.close()
        self._end_call()

    def stream(self, connection: Connection, environ: WSGIEnvironment, outlet: Outlet) -> None:
        """Call the application in a thread of its own, once there is room for one more."""
        call = Call(self._application, environ)
        self._streams.submit(partial(_pass_pieces, call, connection, outlet, self.soon))

    def report_refused(self, status: str, text: str, environ: WSGIEnvironment) -> None:
        """Report a request that was refused before the application saw it; in a flood of them not each."""
        if self.on_refused is not None and self._unreported < _MOST_UNREPORTED:
            self._unreported += 1
            self._reports.submit(partial(self._report, self.on_refused, status, text, environ))

    def _report(self, report: OnRefused, status: str, text: str, environ: WSGIEnvironment) -> None:
        try:
            report(status, text, environ)
        except Exception:  # noqa: BLE001 - the server goes on
            _LOG.exception("A refused request could not be reported")
        finally:
            self.soon(self._count_reported)

    def _count_reported(self) -> None:
        self._unreported -= 1

    # clients come and go

    def _listen(self) -> None:
        if self._listening.fileno() >= 0:
            self.loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        for _ in range(self._at_once):
            if not self._accept_one():
                return

    def _accept_one(self) -> bool:
        """Accept the next client; return whether there was one, and room for it."""
        is_full = len(self.connections) >= self.bounds.connections
        if is_full and not self.waiting:
            self._rest()
            return False
        try:
            sock, client = self._listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False
        except (OSError, RuntimeError):  # the second: a library that lets tests open no socket
            self._complain()
            return False
        if is_full:
            self._make_room()
        self.connections.add(Connection(self, sock, client[:2]))
        self._sweep_soon()
        return True

    def _make_room(self) -> None:
        longest = next(iter(self.waiting), None)
        if longest is not None:
            longest.make_room()

    def _rest(self) -> None:
        """Accept nobody for a moment."""
        self.loop.remove_reader(self._listening)
        self.loop.call_later(_RETRY_SECONDS, self._listen)

    def bound_unsent(self, connection: Connection) -> None:
        """Close who is slowest to take an answer, but not this one, while too much waits to be taken."""
        behind = sorted((each for each in self.connections if each.unsent), key=lambda each: each.taken_at)
        excess = sum(each.unsent for each in behind) - self.bounds.unsent
        for slow in behind:
            if excess <= 0:
                return
            if slow is not connection:
                excess -= slow.unsent
                slow.kill()

    def _complain(self) -> None:
        """Say that nobody can be accepted, not at each try; and let somebody go who only waits."""
        if self.loop.time() >= self._complain_at:
            self._complain_at = self.loop.time() + _BETWEEN_COMPLAINTS
            _LOG.warning("Cannot accept connections for now", exc_info=True)
        self._make_room()
        self._rest()

    def forget(self, connection: Connection) -> None:
        """Remove a connection."""
        self.connections.discard(connection)
        self.waiting.pop(connection, None)
        self._following.pop(connection, None)
        if self._listening.fileno() < 0 and not self.connections:
            self._stop()

    def _sweep_soon(self) -> None:
        if not self._is_sweeping and self.connections:
            self._is_sweeping = True
            self.loop.call_later(_SWEEP, self._sweep)

    def _sweep(self) -> None:
        """Be rid of those who are too slow."""
        self._is_sweeping = False
        now = self.loop.time()
        for connection in [each for each in self.connections if each.due <= now]:
            connection.overdue()
        self._sweep_soon()

    def _refuse_clients(self, patience: float) -> None:
        """Let nobody begin to connect; those who have begun come through before the port is closed."""
        self.is_draining = True
        refuse_clients(self._listening)
        self.loop.call_later(_HANDSHAKE, self._close_port)
        self.loop.call_later(patience, self._stop)

    def _close_port(self) -> None:
        """Accept who is connected, and listen no longer: the system would reset those that nobody has accepted."""
        if self._listening.fileno() < 0:
            return
        while self._accept_one():
            pass
        self.loop.remove_reader(self._listening)
        self._listening.close()
        if not self.connections:
            self._stop()

    def _stop(self) -> None:
        if not self.is_stopping:
            self.is_stopping = True
            if self._listening.fileno() >= 0:
                self.loop.remove_reader(self._listening)
                self._listening.close()
            for connection in list(self.connections):
                connection.stop()
        self.loop.stop()


class _Watch(enum.Enum):
    """Whether a thread looks at how long calls take."""

    ABSENT = enum.auto()
    KEPT = enum.auto()
    ASLEEP = enum.auto()
    OVER = enum.auto()


def _computed(thread: int) -> float:
    """Return for how many seconds a thread has computed; 0 where the system does not say."""
    clock_of = getattr(time, "pthread_getcpuclockid", None)
    return 0.0 if clock_of is None else time.clock_gettime(clock_of(thread))


def _deliver(connection: Connection, data: bytes, *, is_broken: bool) -> None:
    """Send a whole answer."""
    _let(connection, partial(connection.deliver, data, is_broken=is_broken))


def _let(connection: Connection, go: Task) -> None:
    """Let a connection do something; a fault in that ends this connection alone."""
    try:
        go()
    except Exception as error:  # noqa: BLE001 - it is ours, and is logged whole
        _LOG.error("A connection failed", exc_info=error)
        connection.kill()


def _pass_pieces(call: Call, connection: Connection, outlet: Outlet, soon: Callable[..., object]) -> None:
    """Pass on an answer piece by piece as the application gives it."""
    head = None
    try:
        for piece in call.pieces():
            first = None if head else (call.status, dated(call.headers))
            head = head or first
            outlet.add(len(piece))
            soon(partial(connection.emit, first, piece, ends=False))
        soon(partial(connection.emit, None if head else (call.status, dated(call.headers)), b"", ends=True))
    except ConnectionAbortedError:
        soon(connection.break_off)
    except BaseException as error:  # noqa: BLE001 - the same
        call.log(error)
        sorry = apology()
        soon(
            connection.break_off
            if head
            else partial(connection.emit, (sorry.status, sorry.headers), sorry.pieces[0], ends=True)
        )
    finally:
        call.close()


def _complain_of(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    _LOG.error("%s", context.get("message"), exc_info=context.get("exception"))
