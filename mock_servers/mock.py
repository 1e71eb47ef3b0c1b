"""The mock whole: the platform, its own API for people and programs, what explains a value, and its worlds."""
# ruff: noqa: PLC0415 - each of these is loaded for who asks for it; the fixtures of most tests never do

from __future__ import annotations

import json
import os
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from mock_servers.http.server import ExtraWorker, Server
from mock_servers.jose.keys import KeyRing, cache_folder
from mock_servers.journal.counts import Counts
from mock_servers.journal.provenance import OtherWorld
from mock_servers.platform.platform import Platform
from mock_servers.platform.worlds import Worlds, gone
from mock_servers.provider.provider import Provider
from mock_servers.provider.providers import PROVIDERS
from mock_servers.settings.control import with_root_token
from mock_servers.settings.sections import MEMORY
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Configuration
from mock_servers.state.grant import Issued
from mock_servers.state.state_url import open_state
from mock_servers.state.store import KINDS
from mock_servers.state.table import Backend, Table
from mock_servers.state.world import PLACE, ROOT, World, named_in
from mock_servers.wire.wsgi import PREFIX, PROXY_USER, origin

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from mock_servers.control.app import Pages
    from mock_servers.platform.app import PlatformApp
    from mock_servers.platform.real_names import Prepared
    from mock_servers.real_hosts.variables import RealNames


class Mock(Platform):
    """A platform that people and programs ask about itself, below `/_nhsauth`; two live side by side.

    Below `/_worlds/{name}` are further ones that share its server and its keys, and nothing else. `machine_time` says
    how long nobody has asked them.
    """

    root: Mock
    """The mock whose world this is; itself, if it is no world."""

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        clock: Clock | None = None,
        random: Random | None = None,
        ring: KeyRing | None = None,
        providers: tuple[Provider, ...] = PROVIDERS,
        world: World | None = None,
        backend: Backend | None = None,
        machine_time: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(
            configuration,
            clock=clock,
            random=random,
            ring=ring,
            providers=providers,
            world=world,
            backend=backend,
        )
        self._prepared: Prepared | None = None
        self._providers = providers
        self.worlds = None if world is not None else self._no_worlds(machine_time)

    @property
    def control_url(self) -> str:
        """Where its control API and its pages are, without a slash at the end."""
        return self.names.control_of(self.url)

    def world_app(self, environ: WSGIEnvironment) -> WSGIApplication | None:
        """Return the application of the world that a request is for; `None` where it is for this mock itself."""
        name = self._world_of(environ)
        if name is None or self.worlds is None:
            return None
        world = self.worlds.platform(name)
        return world.app if world is not None else partial(_no_world, name)

    def start(
        self, *, host: str = "127.0.0.1", port: int | socket.socket = 0, tls: ssl.SSLContext | None = None
    ) -> Server:
        """Serve the mock until it is stopped, and record what the server itself refuses."""
        server = super().start(host=host, port=port, tls=tls)
        server.report_refused(self._note_refused)
        return server

    def _note_refused(self, status: str, text: str, environ: WSGIEnvironment) -> None:
        """Keep the record of a request that the server refused, in the world that it called, if there is one."""
        from mock_servers.pipeline import server_refusal

        name = self._world_of(environ)
        world = self.worlds.platform(name) if name is not None and self.worlds is not None else None
        called = self if world is None else world
        environ[PREFIX] = called.names.prefix
        server_refusal.keep(called.exchanges, called.store, called.clock.now(), (status, text), environ)

    def whole_app(self) -> PlatformApp | None:
        """Return the root mock's application, for a world of it."""
        return self.root.app if self.root is not self else None

    def control_app(self) -> WSGIApplication:
        """Return the application of the control API."""
        from mock_servers.control.app import create_app

        return create_app(self, _console)

    def is_quick(self, environ: WSGIEnvironment) -> bool:
        """Whether a request is answered from what is here, in whichever world."""
        if not self.store.backend.is_near:
            return False
        name = self._world_of(environ)
        if name is not None and self.store.backend.is_shared:
            return False  # nor is it made here: this may be the thread that serves all clients
        world = self.worlds.platform(name) if name is not None and self.worlds is not None else None
        return world.is_quick(environ) if world is not None else super().is_quick(environ)

    def _world_of(self, environ: WSGIEnvironment) -> str | None:
        """Return the name of the world that a request is for: by its path, or by the proxy's user at another's name."""
        by_path, user = named_in(environ["PATH_INFO"]), environ.get(PROXY_USER, ROOT)
        if by_path is not None or user == ROOT:
            return by_path
        called = origin(environ)
        is_own = self.names.hosts.of_origin(called) is None and self.names.is_called(called)
        return None if is_own else str(user)

    def reached_by_real_names(self, known: RealNames | None) -> None:
        """Say that clients reach the mock and its worlds by real names, too, and how; `None`: no longer."""
        super().reached_by_real_names(known)
        for world in self._worlds_made():
            _reached(world, known)

    def count_in(self, counts: Counts) -> None:
        """Count there what happens in it; in its worlds, too, which are made from now on."""
        self.exchanges.counts = self.faults.counts = counts

    def served_at(self, url: str) -> None:
        """Say where the mock is served; its worlds are below."""
        super().served_at(url)
        for world in self._worlds_made():
            world.served_at(f"{url}{world.names.prefix}")

    @contextmanager
    def stopping(self, extra_worker: ExtraWorker) -> Iterator[None]:
        """Let nobody wait while a server stops, in no world."""
        with ExitStack() as stack:
            stack.enter_context(super().stopping(extra_worker))
            for world in self._worlds_made():
                stack.enter_context(world.stopping(extra_worker))
            yield

    def explain(self, value: str, *, role: str | None = None, token_url: str | None = None) -> Mapping[str, Any]:
        """Return what a value is and how the service would judge it. Raises ValueError for an unknown role."""
        from mock_servers.explain.explanation import explain
        from mock_servers.explain.verdict import ROLES

        if role is not None and role not in ROLES:
            raise ValueError(f"as_ is {role!r}; allowed: {' or '.join(map(repr, ROLES))}")
        return explain(self, value, role, token_url)

    @contextmanager
    def real_names(self, folder: Path) -> Iterator[RealNames]:
        """Be reached by the real host names until the block ends; the certificate authority is made once."""
        from mock_servers.platform.real_names import throwaway

        if self._server is None:
            raise LookupError("the mock is not served: start it first")
        if self._prepared is None:
            self._prepared = throwaway(self, folder)
        try:
            yield self._prepared.open_at(self._server)
        finally:
            self._prepared.close_at(self._server)

    def _world(self, row: World) -> Mock:
        from mock_servers.configuration.reading import of_world

        configuration = of_world(row.config, self.configuration)
        world = Mock(
            configuration,
            ring=self.ring,
            providers=self._providers,
            world=row,
            backend=self._place(row),
        )
        world.root = self
        world.outage, world.leaving = self.outage, self.leaving
        world.count_in(self.exchanges.counts)
        world.served_at(f"{self.url}{row.prefix}")
        world.names.control_url = self.names.control_url
        _reached(world, self.names.real_names)
        if self._server is not None:
            world.faults.pause.served_by(self._server.extra_worker)
        return world

    def _no_worlds(self, now: Callable[[], float]) -> Worlds[Platform]:
        def drop(row: World) -> None:
            self._place(row).drop()

        return Worlds(self.store.worlds, self._world, drop, self.identifiers, now, self.configuration.control)

    def _place(self, row: World) -> Backend:
        return self.store.backend.below(f"{PLACE}{row.id}")

    def elsewhere(self, key: bytes) -> OtherWorld | None:
        """Find what the server, or a world of it, has issued, and this platform has not."""
        root, own = self.root, self.world
        if own is not None and (issued := root.store.issued.get(key)) is not None:
            return OtherWorld(issued=issued, words="the root world, the server itself", base=root.url)
        others = [each for each in root.worlds.all() if own is None or each.id != own.id] if root.worlds else []
        for row in others:
            table: Table[Issued] = root._place(row).table("issued", KINDS["issued"])  # noqa: SLF001 - a world is a mock, too
            if (issued := table.get(key)) is not None:
                return OtherWorld(issued=issued, words=f"world {row.name}", base=f"{root.url}{row.prefix}")
        return None


def opened(state: str) -> Backend:
    """Return what is remembered at a location. Raises UnusableStateError, and NoAnswerError while no server answers."""
    if state == MEMORY:
        return open_state(state)
    from mock_servers.journal import shared_journal

    return open_state(state, {**KINDS, **shared_journal.KINDS})


def application(config: Configuration | Path | str | None) -> PlatformApp:
    """Return a new mock as one Flask application; `mock_servers.create_app` says the rest."""
    configuration = _configured(config)
    location = os.environ.get("NHSAUTH_STATE") or configuration.state.url
    in_tests = "pytest" in sys.modules
    # Variables are for the servers that others share. No test run may empty a state of theirs.
    control = with_root_token(configuration.control, {} if in_tests else os.environ)
    configuration, backend = replace(configuration, control=control), opened(MEMORY if in_tests else location)
    mock = Mock(configuration, ring=KeyRing(cache_folder(os.environ)), backend=backend)
    mock.exchanges.fold_reported()
    if configuration.public_urls:
        mock.served_at(configuration.public_urls[0].rstrip("/"))
    else:
        mock.app.on_first_base = mock.served_at
    return mock.app


def _configured(config: Configuration | Path | str | None) -> Configuration:
    if isinstance(config, Configuration):
        return config
    from mock_servers.configuration import reading

    path = reading.find(Path.cwd()) if config is None else Path(config)
    return reading.read(path) if path is not None else Configuration()


def _console() -> Pages:
    """Return what answers browsers."""
    from mock_servers.console.routes import answer

    return answer


def _reached(world: Platform, known: RealNames | None) -> None:
    name = world.world.name if world.world is not None else ROOT
    world.reached_by_real_names(known.of_world(name) if known is not None else None)


def _no_world(name: str, _: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer, as RFC 9457 says it, a URL of a world that is not there: it is no URL of a real service."""
    problem = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": gone(name), "world": name}
    body = json.dumps(problem).encode()
    headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body)))]
    start_response("404 Not Found", headers)
    return [body]
