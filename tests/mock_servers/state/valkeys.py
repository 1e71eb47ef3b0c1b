"""Valkey servers of our own, each at a socket in a folder: no port, and none of it outlives its test."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import redis

PROGRAM: Final = shutil.which("valkey-server") or shutil.which("redis-server")
_PATIENCE: Final = 20.0


class Valkey:
    """One server; `url` is its address. It can be stopped and started again, with what it has kept."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.socket = folder / "s"
        self.url = f"unix://{self.socket}"
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        assert PROGRAM
        settings = {"port": "0", "unixsocket": str(self.socket), "save": "", "dir": str(self._folder)}
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        self._process = subprocess.Popen(  # noqa: S603 - where it is was looked up
            [PROGRAM, *words, *self._options], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        for line in self._process.stdout:
            if "ready to accept connections" in line.lower():
                return
        raise AssertionError(f"{PROGRAM} did not start: {self._process.wait(_PATIENCE)}")

    def kill(self) -> None:
        """End it as a loss of its process does."""
        assert self._process
        self._process.kill()
        self._process.communicate(timeout=_PATIENCE)

    def signal(self, number: int) -> None:
        assert self._process
        self._process.send_signal(number)

    @contextlib.contextmanager
    def client(self) -> Iterator[redis.Redis]:
        with contextlib.closing(redis.Redis(unix_socket_path=str(self.socket))) as client:
            yield client


@contextlib.contextmanager
def started(*options: str) -> Iterator[Valkey]:
    """Run a server for a while; its folder is a short one, since the path of a socket may have 107 characters."""
    with tempfile.TemporaryDirectory(prefix="v") as folder:
        server = Valkey(Path(folder), *options)
        server.start()
        try:
            yield server
        finally:
            server.kill()
