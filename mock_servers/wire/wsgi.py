"""The mock's own entries in the WSGI environ of its applications."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

IN_PROCESS: Final = "mock_servers.in_process"
"""Present in the environ of the mock's own calls, under a name that no header can set."""

PATIENCE: Final = "mock_servers.patience"
"""The number of seconds for which such a call waits for its answer."""

FAULT: Final = "mock_servers.fault"
"""Where such a call learns of a fault that it met."""

THROUGH_PROXY: Final = "nhsauth.through_proxy"
"""Present if the client uses the server as its proxy."""

CONTROL: Final = "mock_servers.control"
"""Present if the request came to the port of the control API."""

PREFIX: Final = "mock_servers.prefix"
"""The path prefix of this mock, such as `/_worlds/b`; empty at the root."""


_SLASHES: Final = re.compile(r"//+")

PROXY_USER: Final = "mock_servers.proxy_user"
"""The user name with which a client uses this server as its proxy; absent without one."""


def host(environ: Mapping[str, Any]) -> str:
    """Return the host as the client wrote it, port included."""
    return str(environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}")


def origin(environ: Mapping[str, Any]) -> str:
    """Return scheme and host as the client wrote them, to compare origins."""
    return f"{environ['wsgi.url_scheme']}://{host(environ)}"


def base(environ: Mapping[str, Any]) -> str:
    """Return the beginning of every URL of this mock: scheme and host as the client wrote them, and the prefix."""
    return f"{origin(environ)}{environ.get(PREFIX, '')}"


def below(environ: Mapping[str, Any], prefix: str) -> str:
    """Return the path below a prefix, its doubled slashes made one."""
    path: str = environ["PATH_INFO"] or "/"
    if "//" in path:
        path = _SLASHES.sub("/", path)
    return path.removeprefix(prefix) or "/"
