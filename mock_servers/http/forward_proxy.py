"""Decides where a client's CONNECT goes: to the mock itself, to a host that was allowed by name, or nowhere.

Offline means offline: a host that the mock does not play is refused, logged and counted. The connection handles what a
tunnel carries.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mock_servers.http.tunnel import Outside, Relay
from mock_servers.settings.real_host import Hosts
from mock_servers.state.world import ROOT
from mock_servers.wire.wording import did_you_mean

if TYPE_CHECKING:
    import asyncio
    import ssl

    from mock_servers.http.socket_channel import Channel

_LOG: Final = logging.getLogger(__name__)
MOST_TUNNELS: Final = 800
"""Open connections beyond which no tunnel is opened: a process has 1,024 descriptors on most machines."""
_PORTS: Final = {"http": "80", "https": "443"}
_MOST_RELAYS: Final = 64
_NO_PRODUCTION: Final = "prod.api.service.nhs.uk"
_PATIENCE: Final = 5.0  # seconds to reach a host
_MOST_COUNTED: Final = 200
AUTHORITY: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253}):([0-9]{1,5})")
_UNSHOWN: Final = re.compile(r"[^!-~]")
_LONGEST: Final = 100  # characters of an authority that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why there is no tunnel: a status, and a sentence of one line that a client shows as it is."""

    status: int
    sentence: str


_UNREACHED: Final = Refusal(status=502, sentence="The host cannot be reached; see the log of nhsauth")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardProxy:
    """A proxy for one mock: `tls` has the certificates of its real hosts, `allowed` the other hosts it connects to.

    Those are reached on port 443 unless another is named (`host:port`). `is_own` returns whether an origin is another
    name of the mock, `is_clients` whether it is a redirect URI's: the mock plays that unless it is allowed, with https
    if the certificate authority `speaks_for` its name. `is_world` returns whether a user name is that of a world; a
    client without one is in the root world. `refused` counts refusals by host.
    """

    hosts: Hosts
    tls: ssl.SSLContext
    allowed: Collection[str] = ()
    is_own: Callable[[str], bool] = lambda _: False
    is_clients: Callable[[str], bool] = lambda _: False
    speaks_for: Callable[[str], bool] = lambda _: False
    is_world: Callable[[str], bool] = lambda _: False
    refused: Counter[str] = field(default_factory=Counter)
    _relays: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(_MOST_RELAYS))

    def refusal(self, authority: str, *, tunnels: int) -> Refusal | None:
        """Return why a CONNECT to `host:port` is refused; `None` when it is accepted. A refusal is logged."""
        match = AUTHORITY.fullmatch(authority)
        if match is None:
            return self._refuse(400, authority, f"CONNECT to {shown_authority(authority)}: send host:port")
        if tunnels > MOST_TUNNELS:
            return self._refuse(503, authority, f"{tunnels} connections are open: close some, and try again")
        name, port = match[1].lower().removesuffix("."), match[2]
        if self.is_played(authority):
            is_there = port == "443" or self._is_page(f"https://{authority}")
            return None if is_there else self._refuse(403, authority, f"{name} is played on port 443 alone")
        if f"{name}:{port}" in self.allowed or (port == "443" and name in self.allowed):
            return None
        if name in self.allowed:
            return self._refuse(403, authority, f"{name} is allowed on port 443 alone: allow {name}:{port} as well")
        return self._refuse(403, authority, self._why(name))

    def is_played(self, authority: str) -> bool:
        """Whether the mock itself is the host."""
        name = authority.lower().partition(":")[0].removesuffix(".")
        is_page = self._is_page(f"https://{authority}") and self.speaks_for(name)
        return self.hosts.find(authority) is not None or is_page

    def refusal_of_user(self, user: str | None) -> Refusal | None:
        """Return why a client is refused that calls the proxy by this user name: it is the name of a world."""
        if user is not None and (user in ("", ROOT) or self.is_world(user)):
            return None
        what = "is no user name of Basic" if user is None else f"names no world: {shown_authority(user)}"
        sentence = f"Proxy-Authorization {what}; POST /_nhsauth/worlds makes one"
        _LOG.warning("Proxy: %s", sentence)
        return Refusal(status=407, sentence=sentence)

    def refusal_of_plain(self, scheme: str, authority: str) -> Refusal | None:
        """Return why `GET http://host/…`, sent to a proxy without a tunnel, is refused; `None` when it is the mock's.

        So is https for a host that the mock plays: some clients ask their proxy to speak TLS in their place.
        """
        if scheme == "https" and self.is_played(authority):
            return None
        if scheme == "http" and (self.is_own(f"http://{authority}") or self._is_page(f"http://{authority}")):
            return None
        if self.is_played(authority):
            return self._refuse(403, authority, f"{shown_authority(authority)} speaks https alone")
        return self._refuse(403, authority, self._why(shown_authority(authority).partition(":")[0].lower()))

    def reach(self, authority: str) -> Outside | Refusal:
        """Connect to an allowed host; a refusal, and a line in the log, when that fails or too many do so already."""
        name, _, port = authority.rpartition(":")
        if not self._relays.acquire(blocking=False):
            _LOG.warning("No tunnel to %s: %s others lead out of the mock already", authority, _MOST_RELAYS)
            return _UNREACHED
        try:
            return Outside(socket=socket.create_connection((name, int(port)), timeout=_PATIENCE))
        except (OSError, OverflowError, UnicodeError) as error:  # the last of a name that no DNS could hold
            self._relays.release()
            _LOG.warning("No tunnel to %s: %s", authority, error)
            return _UNREACHED

    def relay(self, loop: asyncio.AbstractEventLoop, client: Channel, _: str, outside: Outside) -> Relay:
        """Return what passes bytes between a client and the host that was reached for it."""
        return Relay(loop, client, outside, self.give_back)

    def give_back(self) -> None:
        """Let another be reached in place of one that was, and is no longer."""
        self._relays.release()

    def _is_page(self, origin: str) -> bool:
        """Whether it is a client's page, which the mock plays unless it is allowed, on any port or on this one."""
        scheme, _, authority = origin.lower().partition("://")
        host, _, port = authority.partition(":")
        name = host.removesuffix(".")
        is_allowed = name in self.allowed or f"{name}:{port or _PORTS[scheme]}" in self.allowed
        return not is_allowed and self.is_clients(origin)

    def _why(self, name: str) -> str:
        if _is_address(name):
            return f"{name} is an address: this proxy knows hosts by name, and loopback needs none (set NO_PROXY)"
        if name == _NO_PRODUCTION:
            return f"{name} is no host of the API platform: production is api.service.nhs.uk"
        if self._is_page(f"https://{name}"):
            return f"{name} was registered since the mock began: for https, name its redirect URI in the configuration"
        hint = did_you_mean(name, [host.name for host in self.hosts], near=0.9)
        return f"{name} is no host of this mock{hint}, and nothing leaves this machine unless allowed by name"

    def _refuse(self, status: int, authority: str, sentence: str) -> Refusal:
        _LOG.warning("Proxy: %s", sentence)
        called = shown_authority(authority)
        if called in self.refused or len(self.refused) < _MOST_COUNTED:
            self.refused[called] += 1
        return Refusal(status=status, sentence=sentence)


def shown_authority(authority: str) -> str:
    """Return what a client sent, cut, and without what would be an order to a terminal."""
    return _UNSHOWN.sub("?", authority[:_LONGEST])


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name.rpartition(".")[2].isdigit()  # 127.1 and its like, which resolvers take for addresses
    return True
