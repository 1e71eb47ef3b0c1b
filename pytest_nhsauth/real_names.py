"""Directs clients in this process to the mock by the real host names: by proxy variables, or by name look-ups.

The option for a whole run is decided here, too.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest

from pytest_nhsauth import settings

if TYPE_CHECKING:
    from mock_servers.real_hosts.variables import RealNames
    from pytest_nhsauth.tunnels import Tunnels

FLAG: Final = "--nhsauth-real-names"
VARIABLE: Final = "NHSAUTH_REAL_NAMES"
INI: Final = "nhsauth_real_names"
FIXTURE: Final = "nhsauth_real_names"
_HTTPS: Final = (443, "443", b"443", "https", b"https")
_PURPOSE: Final = "play the real host names in every test that uses the mock"


def add_options(parser: pytest.Parser) -> None:
    """Make the option known to pytest, in its three places."""
    group = parser.getgroup("nhsauth")
    group.addoption(FLAG, dest=INI, action="store_true", default=False, help=f"{_PURPOSE} [{VARIABLE}]")
    parser.addini(INI, f"{_PURPOSE}; {FLAG} and {VARIABLE} come first", type="bool", default=False)


def begin(config: pytest.Config, environ: Mapping[str, str]) -> None:
    """Let every test that uses the mock use the real names, if that is switched on. Raises pytest.UsageError."""
    if decided_by(config, environ) is not None:
        config.pluginmanager.register(_Everywhere(), "nhsauth_real_names_everywhere")


def decided_by(config: pytest.Config, environ: Mapping[str, str]) -> str | None:
    """Return where real names were switched on for the whole run; None if they were not. Raises pytest.UsageError."""
    return settings.switched_on_by(config, environ, FLAG, VARIABLE, INI)


def header_text(config: pytest.Config, environ: Mapping[str, str]) -> str | None:
    """Return the header line that says where real names were switched on; None if they were not."""
    source = decided_by(config, environ)
    return f"nhsauth: real names ({source})" if source is not None else None


class _Everywhere:
    """A plugin of its own, so that a run without the option pays for no further fixture."""

    @pytest.fixture(autouse=True)
    def _nhsauth_real_names_everywhere(self, request: pytest.FixtureRequest) -> None:
        if any(name.startswith("nhsauth") for name in request.fixturenames):
            request.getfixturevalue(FIXTURE)


@contextmanager
def reached(known: RealNames) -> Iterator[RealNames]:
    """Direct this process, and those that it starts, to the mock until the block ends."""
    import urllib.request  # noqa: PLC0415 - only for real names

    from pytest_nhsauth.tunnels import opened  # noqa: PLC0415 - as above

    with opened(known) as tunnels, pytest.MonkeyPatch.context() as patch:
        for variable, value in known.variables(os.environ).items():
            patch.setenv(variable, value)
        patch.setattr(socket, "getaddrinfo", _redirected(socket.getaddrinfo, known, tunnels))
        # urlopen keeps proxies and certificates of its first call for the whole process.
        patch.setattr(urllib.request, "_opener", None)
        yield known


def _redirected(look_up: Callable[..., Any], known: RealNames, tunnels: Tunnels) -> Callable[..., Any]:
    """Return a look-up of names that gives the mock's address and port for port 443 of the hosts it plays.

    In a world it gives a port of a tunnel through the proxy, whose user name is the world's name.
    """
    mock, hosts = urlsplit(known.url), frozenset(known.hosts)

    def getaddrinfo(
        host: object,
        port: object,
        family: int = 0,
        type: int = 0,  # noqa: A002 - the standard library's name
        proto: int = 0,
        flags: int = 0,
    ) -> Any:
        if _name(host) not in hosts:
            return look_up(host, port, family, type, proto, flags)
        if port not in _HTTPS:
            raise socket.gaierror(socket.EAI_NONAME, f"nhsauth plays {host!r} on port 443 alone, not on {port!r}")
        if known.world:
            return look_up("127.0.0.1", tunnels.port_of(_name(host)), family, type, proto, flags)
        return look_up(mock.hostname, mock.port, family, type, proto, flags)

    return getaddrinfo


def _name(host: object) -> str:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return name.lower().removesuffix(".") if isinstance(name, str) else ""
