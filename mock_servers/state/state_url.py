"""The URL of the state (`memory`, `sqlite:FILE`, `valkey://HOST`), and how it is opened."""

# ruff: noqa: PLC0415 - memory, which is what most have, waits for none of what the others need
from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from mock_servers.settings.sections import LOCATION, MEMORY
from mock_servers.state.memory import MemoryBackend
from mock_servers.state.store import KINDS
from mock_servers.state.table import Backend, Kind, UnusableStateError

_REDIS: Final = {"valkey": "redis", "valkeys": "rediss", "redis": "redis", "rediss": "rediss", "unix": "unix"}
"""The client library's name for a scheme."""
_PREFIX: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DEFAULT_PREFIX: Final = "nhsauth"


def open_state(location: str, kinds: Mapping[str, Kind[Any]] = KINDS) -> Backend:
    """Return the tables at a location, converted to the present format. Raises UnusableStateError, NoAnswerError."""
    if location == MEMORY:
        return MemoryBackend()
    if not LOCATION.holds(location):
        raise UnusableStateError(f"state {shown(location)!r} is not one of those that there are: {LOCATION.allowed}")
    if location.startswith("sqlite:"):
        return _sqlite(location.removeprefix("sqlite:"), kinds)
    return _valkey(location, kinds)


def file_of(location: str) -> Path | None:
    """Return the file that a location names, if any."""
    kind, _, rest = location.partition(":")
    return Path(rest.partition("?")[0]) if kind == "sqlite" else None


def shown(location: str) -> str:
    """Return a location without its password, for messages."""
    return re.sub(r"//.*@", "//", location)


def _sqlite(rest: str, kinds: Mapping[str, Kind[Any]]) -> Backend:
    name, _, query = rest.partition("?")
    options = _options(f"sqlite:{name}", query, ("synchronous",))
    synchronous = options.get("synchronous", "normal")
    if synchronous not in ("normal", "full"):
        raise UnusableStateError(f"sqlite:{name} has synchronous={synchronous}; allowed: normal or full")
    try:
        from mock_servers.state.sqlite import open_sqlite
    except ImportError:
        needs = "needs another package: pip install 'pytest-nhsauth[state]'"
        raise UnusableStateError(f"sqlite:{name} {needs}") from None
    return open_sqlite(Path(name), kinds, synchronous="full" if synchronous == "full" else "normal")


def _valkey(location: str, kinds: Mapping[str, Kind[Any]]) -> Backend:
    where = shown(location)
    try:
        from mock_servers.state.valkey import open_valkey
    except ImportError:
        raise UnusableStateError(f"{where} needs another package: pip install 'pytest-nhsauth[shared]'") from None
    parts, plain = _split(location), where.partition("?")[0]
    options = _options(plain, parts.query, ("prefix", "db", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile"))
    prefix = options.pop("prefix", _DEFAULT_PREFIX)
    if _PREFIX.fullmatch(prefix) is None:
        raise UnusableStateError(f"{plain} has prefix={prefix}; allowed: letters, digits and . _ - (64 at most)")
    if options.keys() - {"db"} and _REDIS[parts.scheme] != "rediss":
        raise UnusableStateError(f"{plain} speaks no TLS, which {min(options.keys() - {'db'})} is for: use valkeys://")
    database = options.pop("db", "")
    for name, file in options.items():
        if not Path(file).is_file():
            raise UnusableStateError(f"{plain} has {name}={file}, and there is no such file")
    if database and not database.isdigit():
        raise UnusableStateError(f"{plain} has db={database}; allowed: a number")
    address = location.partition("?")[0].partition("://")[2]
    url = f"{_REDIS[parts.scheme]}://{address}" + (f"?db={database}" if database else "")
    return open_valkey(url, prefix, kinds, shown=plain, tls=options)


def _split(location: str) -> SplitResult:
    try:
        parts = urlsplit(location)
        _ = parts.port
    except ValueError:
        raise UnusableStateError(
            f"{shown(location)} is not a URL: write / ? # @ : of a password as %2F and so on"
        ) from None
    path = parts.path.strip("/")
    if parts.scheme != "unix" and ((path and not path.isdigit()) or not parts.hostname):
        raise UnusableStateError(f"{shown(location)} is no valkey://HOST:PORT/DATABASE; DATABASE is a number")
    return parts


def _options(where: str, query: str, known: tuple[str, ...]) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := options.keys() - known:
        raise UnusableStateError(f"{where} has an option {min(unknown)!r}; allowed: {', '.join(known)}")
    return options
