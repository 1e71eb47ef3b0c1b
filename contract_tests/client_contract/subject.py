"""The client under test: a callable of this process, a command that prints a token, or a service over HTTP."""

from __future__ import annotations

import contextlib
import http.client
import logging
import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from contract_tests.client_contract.settings import Settings

PATIENCE: Final = 10.0
"""Seconds that a client has for one answer; one that backs off for longer is left alone."""
_START: Final = 30.0
_POLL_SECONDS: Final = 0.02
_MOST_SAID: Final = 1 << 20
_OURS: Final = ("mock_servers", "werkzeug", "asyncio")


class CannotJudgeError(Exception):
    """The client cannot be run; the message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """The result of one call of the client: its success, its token if known, and its error.

    `waits`: it had not returned when its time was over.
    """

    well: bool
    token: str | None = field(default=None, repr=False)
    error: str = ""
    waits: bool = False


class Session(Protocol):
    """A client at work, from its start to its end.

    `keeps` says whether it may remember a token from one call to the next, `reads_clock` whether `Settings.clock` is
    its time, `exchanges` whether it can exchange a person's id token and refresh.
    """

    @property
    def keeps(self) -> bool:
        """Whether it lives from one call to the next."""

    @property
    def reads_clock(self) -> bool:
        """Whether its time can be moved."""

    @property
    def exchanges(self) -> bool:
        """Whether it does what only a person's token needs."""

    def token(self) -> Got:
        """Have it use a token, be it an old or a new one."""

    def exchange(self, id_token: str) -> Got:
        """Have it exchange a person's id token."""

    def refresh(self) -> Got:
        """Let it refresh the tokens of its exchange."""

    def said(self) -> str:
        """Return its output so far, without its tokens."""


class Subject(Protocol):
    """A client that can be started as often as there are checks."""

    @property
    def name(self) -> str:
        """Its name on a scorecard."""

    def start(self, settings: Settings) -> AbstractContextManager[Session]:
        """Start it for one registered app. Raises CannotJudgeError."""


@dataclass(frozen=True, slots=True)
class CallableClient:
    """A client of this process.

    `make` takes Settings and returns a callable that returns an access token, or an object with a method `token()`, and
    perhaps `exchange(id_token)` and `refresh()`. `takes_clock`: it uses `Settings.clock`.
    """

    make: Callable[[Settings], Any]
    name: str = "the client"
    takes_clock: bool = False

    @contextmanager
    def start(self, settings: Settings) -> Iterator[Session]:
        """Make a new client; its log is captured at every level meanwhile."""
        with _heard() as said:
            try:
                client = self.make(settings)
            except Exception as error:
                raise CannotJudgeError(f"{self.name} cannot be made: {_error_text(error)}") from error
            yield _CallableSession(client=client, heard=said, reads_clock=self.takes_clock)


@dataclass(slots=True, kw_only=True)
class _CallableSession:
    client: Any
    heard: list[str]
    reads_clock: bool
    keeps: bool = True

    @property
    def exchanges(self) -> bool:
        return hasattr(self.client, "exchange") and hasattr(self.client, "refresh")

    def token(self) -> Got:
        return self._called(self.client.token if hasattr(self.client, "token") else self.client)

    def exchange(self, id_token: str) -> Got:
        return self._called(lambda: self.client.exchange(id_token))

    def refresh(self) -> Got:
        return self._called(self.client.refresh)

    def said(self) -> str:
        return "\n".join(self.heard)

    def _called(self, call: Callable[[], Any]) -> Got:
        outcome: list[Got] = []

        def run() -> None:
            try:
                token = call()
            except Exception as error:  # noqa: BLE001 - any exception of a client is its result
                outcome.append(Got(well=False, error=_error_text(error)))
            else:
                outcome.append(Got(well=bool(token), token=str(token) if token else None))

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(PATIENCE)
        got = outcome[0] if outcome else Got(well=False, waits=True)
        self.heard.append(got.error)
        return got


def _error_text(error: BaseException) -> str:
    """Return the text of an exception, its causes included."""
    behind = error.__cause__ or error.__context__
    text = f"{type(error).__name__}: {error}"
    return text if behind is None else f"{text}; {_error_text(behind)}"


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] not in _OURS:
            self.heard.append(self.format(record))


@contextmanager
def _heard() -> Iterator[list[str]]:
    root, listener = logging.getLogger(), _Listener()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        yield listener.heard
    finally:
        root.setLevel(level)
        root.removeHandler(listener)


@dataclass(frozen=True, slots=True)
class CommandClient:
    """A command that prints one access token and ends, or fails; it finds Settings in its environment."""

    command: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The command itself."""
        return Path(self.command[0]).name if len(self.command) == 1 else " ".join(self.command[:3])

    @contextmanager
    def start(self, settings: Settings) -> Iterator[Session]:
        """Get an environment ready; the command starts with each call."""
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, **self.variables, **settings.environment(Path(folder) / "key.pem")}
            yield _CommandSession(command=self.command, environment=environment)


@dataclass(slots=True, kw_only=True)
class _CommandSession:
    command: Sequence[str]
    environment: Mapping[str, str]
    heard: list[str] = field(default_factory=list)
    keeps: bool = False
    reads_clock: bool = False
    exchanges: bool = False

    def token(self) -> Got:
        try:
            done = subprocess.run(  # noqa: S603 - what the user asked to have judged
                self.command,
                env=self.environment,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_START,
                check=False,
            )
        except OSError as error:
            raise CannotJudgeError(f"{self.command[0]!r} cannot be run: {error.strerror}") from error
        except subprocess.TimeoutExpired:
            return Got(well=False, waits=True)
        printed = done.stdout.strip().splitlines()
        self.heard += [done.stderr, *(printed[:-1] if done.returncode == 0 else printed)]
        if done.returncode == 0 and printed:
            return Got(well=True, token=printed[-1].strip())
        said = done.stderr.strip() or done.stdout.strip() or "it printed nothing"
        return Got(well=False, error=f"exit code {done.returncode}: {said}")

    def exchange(self, id_token: str) -> Got:
        raise NotImplementedError(f"a command exchanges nothing, {len(id_token)} characters or not")

    def refresh(self) -> Got:
        raise NotImplementedError("a command keeps nothing that it could refresh")

    def said(self) -> str:
        return "\n".join(self.heard)


@dataclass(frozen=True, slots=True)
class ServiceClient:
    """A service that gets a token when its `trigger` URL is called, and uses it at `NHSAUTH_API_URL`.

    It is started by `command` and finds Settings in its environment.
    """

    command: Sequence[str]
    trigger: str
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The URL that is called."""
        return self.trigger

    @contextmanager
    def start(self, settings: Settings) -> Iterator[Session]:
        """Start it, and end it with the block. Raises CannotJudgeError when nothing listens in time."""
        with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
            environment = {**os.environ, **self.variables, **settings.environment(Path(folder) / "key.pem")}
            try:
                process = subprocess.Popen(  # noqa: S603 - what the user asked to have judged
                    self.command, env=environment, stdout=log, stderr=subprocess.STDOUT
                )
            except OSError as error:
                raise CannotJudgeError(f"{self.command[0]!r} cannot be run: {error.strerror}") from error
            try:
                _await(self.trigger, process)
                yield _ServiceSession(trigger=self.trigger, log=Path(folder) / "log")
            finally:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(PATIENCE)
                process.kill()
                process.wait()


def _await(trigger: str, process: subprocess.Popen[bytes]) -> None:
    parts, deadline = urlsplit(trigger), time.monotonic() + _START
    address = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise CannotJudgeError(f"the service ended with exit code {process.returncode} before it listened")
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=1):
            return
        time.sleep(_POLL_SECONDS)
    raise CannotJudgeError(f"nothing listens at {trigger} after {_START:.0f} s")


@dataclass(slots=True, kw_only=True)
class _ServiceSession:
    trigger: str
    log: Path
    heard: list[str] = field(default_factory=list)
    keeps: bool = True
    reads_clock: bool = False
    exchanges: bool = False

    def token(self) -> Got:
        try:
            with build_opener(ProxyHandler({})).open(Request(self.trigger), timeout=PATIENCE) as answer:  # noqa: S310 - the URL that the user gave
                return Got(well=answer.status < HTTPStatus.BAD_REQUEST)
        except HTTPError as error:
            self.heard.append(error.read(_MOST_SAID).decode(errors="replace"))
            return Got(well=False, error=f"{error.code} {error.reason}: {self.heard[-1]}")
        except TimeoutError:
            return Got(well=False, waits=True)
        except (OSError, http.client.HTTPException) as error:
            return Got(well=False, error=str(getattr(error, "reason", error)))

    def exchange(self, id_token: str) -> Got:
        raise NotImplementedError(f"a service is asked by its trigger alone, {len(id_token)} characters or not")

    def refresh(self) -> Got:
        raise NotImplementedError("a service is asked by its trigger alone")

    def said(self) -> str:
        return "\n".join([self.log.read_text(encoding="utf-8", errors="replace")[-_MOST_SAID:], *self.heard])
