"""`nhsauth serve`: all mocks on one port, until a signal ends them."""

from __future__ import annotations

import gc
import json
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NoReturn

import click

from mock_servers.command_line import startup_message
from mock_servers.command_line.exit import AnswerIsNo, Misuse, misuse
from mock_servers.command_line.shutdown import Shutdown
from mock_servers.http import server as http_server
from mock_servers.http.server import CannotListenError, Server
from mock_servers.jose.keys import KeyFileError, KeyRing, cache_folder
from mock_servers.mock import Mock, opened
from mock_servers.platform import outage
from mock_servers.settings.control import ControlSettings, ControlTokenError, with_root_token
from mock_servers.state.configuration import Configuration
from mock_servers.state.table import Backend, NoAnswerError, StateError
from mock_servers.wire.origins import is_loopback

if TYPE_CHECKING:
    from mock_servers.platform.real_names import Prepared

_LOG: Final = logging.getLogger(__name__)
_LOOK: Final = 1.0  # seconds between looks at whether the server still lives
_ALLOCATIONS: Final = 5_000
"""New containers after which garbage is collected: few of those of an exchange are garbage that only this finds."""
_PATIENCE: Final = 0.7  # seconds that requests under way get at the end
_BETWEEN_TRIES: Final = 0.5  # seconds between two tries to reach the state
_LATE: Final = 0.5  # seconds after a drain in which clients that are connected can send a request
_AT_ONCE: Final = 0.1  # seconds for all that after a second signal


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What `nhsauth serve` was asked for."""

    host: str
    port: int
    control_port: int | None
    config: Path | None
    state: str | None
    state_wait: int
    as_json: bool
    tls: bool
    allowed: tuple[str, ...]
    log_format: Literal["text", "json"]
    log_level: str

    @property
    def ports(self) -> list[int]:
        """The port of the services, and that of the control API, if it has one of its own."""
        return [self.port, *([] if self.control_port is None else [self.control_port])]


def run(asked: ServeOptions, ending: Shutdown) -> NoReturn:
    """Serve until the ending comes; then the process exits with 0. Raises Misuse, and No when the server dies."""
    with usable():
        configuration = controlled(configured(asked.config))
        backend, ports = reached(asked, asked.state or configuration.state.url, ending)
        platform = Mock(configuration, ring=KeyRing(cache_folder(os.environ)), backend=backend)
        servers = begin(platform, asked.host, ports)
    real = prepared(platform, asked.allowed) if asked.tls else None
    if real is not None:
        real.open_at(servers[0])
    print_ready(asked, platform, real)
    until(ending, platform, servers)


def begin(platform: Mock, host: str, ports: Sequence[int | socket.socket]) -> list[Server]:
    """Serve a platform at a port, and its control API at a second, if there is one. Raises CannotListenError."""
    apart = [platform.start_control(host=host, port=port) for port in ports[1:]]
    platform.exchanges.fold_reported()
    return [platform.start(host=host, port=ports[0]), *apart]


def reached(asked: ServeOptions, state: str, ending: Shutdown) -> tuple[Backend, Sequence[int | socket.socket]]:
    """Return the state at a location, and where to serve: the ports that are asked for, or sockets that listen there.

    While nobody answers where the state is, it is tried again, and each request to a port gets a 503. The process exits
    with 0 when the ending comes. Raises StateError, CannotListenError.
    """
    try:
        return opened(state), asked.ports
    except NoAnswerError as error:
        if not asked.state_wait:
            raise
        first = error
    sockets = [http_server.listen(asked.host, port) for port in asked.ports]
    _LOG.warning("The state cannot be reached (%s): waiting %d s for it", first, asked.state_wait)
    answering = [http_server.start(outage.application(first), port=each.dup()) for each in sockets]
    try:
        for each in answering:
            each.drain()  # nobody keeps a connection to what ends so soon
        return opened_within(asked.state_wait, state, ending), sockets
    finally:
        for each in answering:
            each.stop()


def opened_within(seconds: float, state: str, ending: Shutdown) -> Backend:
    """Return the state at a location, tried again for so long while nobody answers there.

    The process exits with 0 when the ending comes. Raises StateError.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return opened(state)
        except NoAnswerError as error:
            left = deadline - time.monotonic()
            if left <= 0:
                raise NoAnswerError(f"{error} (waited {seconds:g} s for it: see --state-wait)") from None
        if ending.came_within(min(_BETWEEN_TRIES, left)):
            sys.exit(0)


def usable() -> AbstractContextManager[None]:
    """End the command as misuse when keys, the control token, the state or the address cannot be used."""
    return misuse(KeyFileError, CannotListenError, StateError, ControlTokenError)


def print_ready(asked: ServeOptions, platform: Mock, real: Prepared | None) -> None:
    """Print that the mocks are ready, and where; at a terminal also which people and apps can be used."""
    if real is not None:
        authority = real.store.authority
        _LOG.info("https and real host names are at the same port; trust %s, or see nhsauth env", authority)
    if not is_loopback(asked.host):
        _LOG.warning(_open_to(asked.host, platform.configuration.control))
    url, control = platform.url, platform.names.control_url
    if asked.as_json:
        apart = {} if control is None else {"control_url": control}
        line = json.dumps({"event": "ready", "url": url, "pid": os.getpid(), **apart})
    else:
        line = f"nhsauth ready at {url}" + (f" (control API at {control})" if control is not None else "")
    click.echo(line)  # which flushes
    if sys.stderr.isatty() and not asked.as_json:
        apps, people = platform.apps.all(), platform.store.people.values()
        click.echo("\n".join(startup_message.lines(url, control or url, apps, people)), err=True)


def _open_to(host: str, control: ControlSettings) -> str:
    """Return the line that says what is open to whom, at an address that other machines reach."""
    if control.is_open:
        return f"Anyone who can reach {host} can have this mock's keys and tokens: use it for test data alone."
    teams = (
        "its teams have their tokens, each for worlds of its own" if control.teams else "each world has its own token"
    )
    return (
        f"Anyone who can reach {host} can log in and get tokens of this mock: use it for test data alone. Its keys, "
        f"apps and exchanges are behind the control token; {teams}."
    )


def until(
    ending: Shutdown, platform: Mock, servers: Sequence[Server], beat: Callable[[], object] = lambda: None
) -> NoReturn:
    """Serve until the ending comes, and end the process with 0. Raises AnswerIsNo when a server dies.

    `beat` is called about once a second, to show that the process is not stuck.
    """
    gc.freeze()  # what a start has loaded stays, and no later collection need look at it
    gc.set_threshold(_ALLOCATIONS)
    gc.enable()
    loaded = len(sys.modules)
    while not ending.came_within(_LOOK):
        if len(sys.modules) > loaded:  # nor at what requests have loaded since
            loaded = len(sys.modules)
            gc.collect()
            gc.freeze()
        for failure in (server.failure for server in servers if server.failure is not None):
            raise AnswerIsNo(f"The server died ({type(failure).__name__}): see the log")
        beat()
    _stop(ending, platform, servers)


def prepared(platform: Mock, allowed: Sequence[str]) -> Prepared:
    """Return what lets a server be reached by https and real host names, with the authority that the cache keeps.

    Raises Misuse.
    """
    from mock_servers.platform import real_names  # noqa: PLC0415 - 30 ms that only TLS takes

    folder = cache_folder(os.environ)
    try:
        return real_names.kept(platform, folder, allowed)
    except OSError as error:
        raise Misuse(f"--tls needs a folder for its certificate authority, and {folder} is none ({error})") from None


def configured(config: Path | None) -> Configuration:
    """Return the configuration of a file, or of this folder, or the defaults. Raises Misuse."""
    if config is None and not any(Path(name).is_file() for name in ("nhsauth.toml", "pyproject.toml")):
        return Configuration()
    from mock_servers.configuration import reading as configuration_file  # noqa: PLC0415 - its 5 ms are for who has a file

    with misuse(configuration_file.ConfigurationError):
        path = config or configuration_file.find(Path.cwd())
        return configuration_file.read(path) if path else Configuration()


def controlled(configuration: Configuration) -> Configuration:
    """Return a configuration with the root token, wherever it is set. Raises ControlTokenError."""
    return replace(configuration, control=with_root_token(configuration.control, os.environ))


def _stop(ending: Shutdown, platform: Mock, servers: Sequence[Server]) -> NoReturn:
    """Drain and stop, and end the process with what may still run after a while; a second signal ends it at once.

    Without Python's own tidying up: that takes several times as long as all the rest, for what the system does anyway.
    """
    platform.leaving.set()
    drain, is_second = platform.configuration.server.drain, False
    if drain:
        for server in servers:
            server.drain()
        is_second = ending.came_again_within(drain)
    late = _LATE if drain and not is_second else 0.0
    stopping = [threading.Thread(target=server.stop, args=(late,), daemon=True) for server in servers]
    for each in stopping:
        each.start()
    deadline = time.monotonic() + (_AT_ONCE if is_second else _PATIENCE)
    for each in stopping:
        each.join(max(deadline - time.monotonic(), 0))
    end(platform)


def end(platform: Mock) -> NoReturn:
    """Close the state, and end the process with 0."""
    with suppress(StateError):  # what was answered is in it
        platform.store.backend.close()
    logging.shutdown()
    os._exit(0)
