"""`nhsauth run -- CMD`: the mocks under the real host names, for as long as a command runs; nothing is left of them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

import click

from mock_servers.command_line import scratch
from mock_servers.command_line.exit import misuse
from mock_servers.command_line.serve import configured
from mock_servers.command_line.shutdown import KILL, die_with_parent
from mock_servers.http.forward_proxy import ForwardProxy
from mock_servers.http.server import CannotListenError
from mock_servers.jose.keys import KeyFileError, KeyRing, cache_folder
from mock_servers.mock import Mock
from mock_servers.platform import real_names
from mock_servers.real_hosts.variables import RealNames
from mock_servers.settings.control import ControlSettings
from mock_servers.state.configuration import Configuration

_NOT_FOUND: Final = 127  # as a shell says it
_NOT_EXECUTABLE: Final = 126
_BY_SIGNAL: Final = 128
_TYPED: Final = ("SIGINT", "SIGQUIT", "SIGBREAK")
_ENDING: Final = ("SIGTERM", "SIGHUP", "SIGINT")
"""What should end a command. One that lives on after the first may have reason to; after the second it is killed."""
_PATIENCE: Final = 10.0  # seconds from one of these to the end
_MOST_REPORTED: Final = 50
_PASSED: Final = (
    "  The suite has passed, so refused requests are not listed: --log-level warning logs each as it comes."
)
_NOBODY_CAME: Final = """\
  The command sent the mock nothing that it records. If it did call an NHS host, it may ignore HTTPS_PROXY:
  docs/real-names.md says what each runtime needs. A browser, a container and a program that clears its
  environment ignore it."""


def run(
    *, command: Sequence[str], config: Path | None, port: int, allowed: Sequence[str], test_suites: bool
) -> NoReturn:
    """Run the command and exit with its code.

    The code is 127 or 126 when the command cannot be run, and 128 or more when a signal ended it. With `test_suites`
    the mock also plays the hosts that public test suites call, even where the configuration says no. Raises Misuse for
    a configuration or port that cannot be used.
    """
    signals = Signals()
    read = configured(config)
    suites = read.test_suite_hosts or test_suites
    configuration = replace(read, test_suite_hosts=suites, control=ControlSettings())  # it is the command's alone
    with ExitStack() as stack:
        with misuse(KeyFileError, CannotListenError, OSError):
            folder = stack.enter_context(scratch.folder())
            platform = Mock(configuration, ring=KeyRing(cache_folder(os.environ)))
            prepared = real_names.throwaway(platform, folder, allowed)
            server = platform.start(port=port)
        try:
            known = prepared.open_at(server)
            code = code_of(command, _environ(configuration, known), signals, "run")
        finally:
            server.stop()
    print_variables(platform, prepared.proxy, is_green_suite=code == 0 and configuration.test_suite_hosts)
    sys.exit(code)


def print_variables(platform: Mock, proxy: ForwardProxy, *, is_green_suite: bool = False) -> None:
    """Print on stderr what was asked of the mock, why it refused, and which hosts were called in vain.

    A test suite that has passed was refused what it meant to be refused: that is counted alone.
    """
    tally = platform.exchanges.tally()
    notable = [record for record in platform.exchanges.kept() if record.refusal is not None or record.advice]
    counted = f"{tally.exchanges} exchange{'' if tally.exchanges == 1 else 's'}"
    click.echo(f"nhsauth: {counted}, {tally.refused} refused", err=True)
    if not tally.exchanges and not proxy.refused:
        click.echo(_NOBODY_CAME, err=True)
    if is_green_suite and notable:
        click.echo(_PASSED, err=True)
        notable = []
    if len(notable) > _MOST_REPORTED:
        click.echo(f"  the last {_MOST_REPORTED} of {len(notable)} with something to tell:", err=True)
    for record in notable[-_MOST_REPORTED:]:
        click.echo("\n".join(f"  {line}" for line in record.explained().splitlines()), err=True)
    for authority, times in proxy.refused.most_common():
        click.echo(f"  refused by the proxy: {authority} ({times} time{'s' if times > 1 else ''})", err=True)


def _environ(configuration: Configuration, known: RealNames) -> dict[str, str]:
    """Return what the command finds in its environment; test suites find a bearer for the management API."""
    environ = {**os.environ, **known.variables(os.environ)}
    if configuration.test_suite_hosts:
        from mock_servers.management.log_in import any_bearer  # noqa: PLC0415 - most commands have no use for it

        environ.setdefault("APIGEE_ACCESS_TOKEN", any_bearer())
    return environ


def code_of(command: Sequence[str], environ: Mapping[str, str], signals: Signals, name: str) -> int:
    """Run a command to its end and return its code, as a shell would; `name` is the command of ours that runs it."""
    try:
        process = signals.started(_found(command), environ)
    except FileNotFoundError:
        click.echo(f"nhsauth {name}: {command[0]!r} was not found; after -- comes the command to run", err=True)
        return _NOT_FOUND
    except OSError as error:
        click.echo(f"nhsauth {name}: {command[0]!r} cannot be run ({error.strerror})", err=True)
        return _NOT_EXECUTABLE
    # With a timeout it looks again and again: a signal that another thread got is acted on between two looks.
    code = process.wait(timeout=threading.TIMEOUT_MAX)
    signals.leave_alone()
    return code if code >= 0 else _BY_SIGNAL - code


def _found(command: Sequence[str]) -> list[str]:
    """Return the command as the system starts it: on Windows npm and its like are scripts, which need their path."""
    program = shutil.which(command[0]) if os.name == "nt" else None
    return [program or command[0], *command[1:]]


class Signals:
    """Passes on what would end this process, from its making on: at once, or when there is a process to pass it on to.

    What is typed at a terminal reaches a running command without us, and would reach it twice. Away from a terminal the
    command has a process group of its own. The second signal that should end it kills that group, and so does patience
    at its end; on Linux the command dies with this process, however that dies.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._patience: threading.Timer | None = None
        self._asked_to_end = 0
        self._lock = threading.RLock()  # a signal may be received while another is
        self._shared = _numbers(_TYPED) if _shares_terminal() else []
        for number in (*_numbers(("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")), *_numbers(_TYPED)):
            signal.signal(number, self._receive)

    def started(self, command: Sequence[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start a command, and pass on to it the signals received so far and later. Raises OSError."""
        group = None if self._shared or os.name != "posix" else 0
        before_it_runs = die_with_parent(os.getpid())
        process = subprocess.Popen(  # noqa: S603 - the user's own command
            command,
            env=environ,
            process_group=group,
            preexec_fn=before_it_runs,  # noqa: PLW1509 - what runs before takes no lock
        )
        with self._lock:
            self._process = process
            for number in self._early:
                self._pass_on(process, number)
        return process

    def leave_alone(self) -> None:
        """Pass nothing on any more, and kill nobody: the command has ended."""
        with self._lock:
            self._process, self._early = None, []
            if self._patience is not None:
                self._patience.cancel()

    def _receive(self, number: int, _: FrameType | None) -> None:
        with self._lock:
            if self._process is None:
                self._early.append(number)
            elif number not in self._shared:
                self._pass_on(self._process, number)

    def _pass_on(self, process: subprocess.Popen[bytes], number: int) -> None:
        self._asked_to_end += number in _numbers(_ENDING)
        if self._asked_to_end > 1 and number in _numbers(_ENDING):
            self._kill(process)
            return
        process.send_signal(number)
        if number in _numbers(("SIGTERM", "SIGHUP")) and self._patience is None:
            self._patience = threading.Timer(_PATIENCE, self._kill, [process])
            self._patience.daemon = True
            self._patience.start()

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock, suppress(ProcessLookupError):  # it may have ended in this very moment
            if self._process is None:
                return
            if self._shared or os.name != "posix":
                process.kill()
            else:
                os.killpg(process.pid, KILL)


def _numbers(names: Iterable[str]) -> list[signal.Signals]:
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def _shares_terminal() -> bool:
    """Whether what is typed at a terminal reaches this process and its command alike."""
    if not hasattr(os, "tcgetpgrp"):
        return True  # Windows signals the whole group of the console
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
