"""What the mock reads in, and adds to, the WSGI environ that each of its applications is called with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

IN_PROCESS: Final = "mock_servers.in_process"
"""What the environ of the mock's own calls has, under a name that no header can make."""

PATIENCE: Final = "mock_servers.patience"
"""Under this name, for how many seconds such a call waits for its answer."""

FAULT: Final = "mock_servers.fault"
"""Under this name, what such a call is told of a fault that it met."""

THROUGH_PROXY: Final = "nhsauth.through_proxy"
"""In the environ of a request whose client takes the server for its proxy."""

CONTROL: Final = "mock_servers.control"
"""What the environ of a request has that came to the port of the control API."""

PREFIX: Final = "mock_servers.prefix"
"""Under this name, the path below which all is that this mock answers, as `/_worlds/b`; at the root it is empty."""


_SLASHES: Final = re.compile(r"//+")

PROXY_USER: Final = "mock_servers.proxy_user"
"""Under this name, the user name by which a client has called this server as its proxy; absent without one."""


def host(environ: Mapping[str, Any]) -> str:
    """Return the host as the client wrote it, port included."""
    return str(environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}")


def origin(environ: Mapping[str, Any]) -> str:
    """Return scheme and host as the client wrote them: what a guard compares, and a browser keeps pages apart by."""
    return f"{environ['wsgi.url_scheme']}://{host(environ)}"


def base(environ: Mapping[str, Any]) -> str:
    """Return what every URL of this mock begins with: scheme and host as the client wrote them, and the prefix."""
    return f"{origin(environ)}{environ.get(PREFIX, '')}"


def below(environ: Mapping[str, Any], prefix: str) -> str:
    """Return the path below a prefix, its doubled slashes made one."""
    path: str = environ["PATH_INFO"] or "/"
    if "//" in path:
        path = _SLASHES.sub("/", path)
    return path.removeprefix(prefix) or "/"
