"""`nhsauth serve` in a process of its own."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

NHSAUTH = [sys.executable, "-m", "mock_servers"]
PATIENCE = 60  # seconds, of a machine that is busy with other tests


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    ready: str

    @property
    def url(self) -> str:
        return self.ready.split()[-1]

    def post(self, path: str, *, content_type: str = "application/x-www-form-urlencoded", **form: str) -> int:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE)
        headers = {"Content-Type": content_type}
        connection.request("POST", path, urlencode(form), headers)
        status = connection.getresponse().status
        connection.close()
        return status

    def end(self, number: int = signal.SIGTERM) -> tuple[str, str]:
        """End it, and return what was written after the ready line, and to stderr."""
        self.process.send_signal(number)
        return self.process.communicate(timeout=PATIENCE)


Serve = Callable[..., Served]


@contextmanager
def starting(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Start `nhsauth serve`, without waiting until it is ready."""
    with subprocess.Popen(  # noqa: S603 - our own
        [*NHSAUTH, "serve", *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def started(folder: Path, *options: str) -> Iterator[Served]:
    with starting(folder, "--port", "0", *options) as process:
        assert process.stdout
        yield Served(process=process, ready=process.stdout.readline())
