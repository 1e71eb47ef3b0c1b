"""Connects programs to the real hosts and passes every byte on, while a listener reads along.

TLS ends here on both sides, with an authority of our own towards the program. Each connection has its own to the host,
and its bytes are never rewritten. Other hosts are tunnelled, and nobody listens there.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from mock_servers.http.forward_proxy import AUTHORITY, MOST_TUNNELS, Refusal, shown_authority
from mock_servers.http.tunnel import Outside, Relay
from mock_servers.settings.real_host import RealHost
from mock_servers.traffic.connect_upstream import Connector, UnreachableHostError, UntrustedCertificateError
from mock_servers.traffic.http_observer import READ_DELAY, HttpObserver, ObservedExchange

if TYPE_CHECKING:
    import asyncio

    from mock_servers.http.socket_channel import Channel

_LOG: Final = logging.getLogger(__name__)
_CLIENT_HELLO: Final = b"\x16"
_HTTPS: Final = "443"
_MOST_COUNTED: Final = 200
_OF_TRUST: Final = (
    "Without nhsauth your program would have met a certificate error, unless it trusts an authority of its own: name "
    "that with --upstream-ca."
)
_NO_CERTIFICATE: Final = (
    "nhsauth shows no client certificate: if the host wants one (mutual TLS), run the program without nhsauth."
)
_OF_PRODUCTION: Final = (
    "To reach it start nhsauth watch with --production. No value is kept then, and no file can be written."
)
PRODUCTION: Final = ("prod", "live")
"""How production is called among the environments of the hosts."""


class TrafficRecorder(Protocol):
    """Listens to what passes by; every call is quick, and comes from any thread."""

    def on_exchange(self, observed: ObservedExchange) -> None:
        """Know an exchange."""

    def lost(self, host: str, reason: str) -> None:
        """Know that nobody listens to a connection any more, and why."""

    def failed(self, host: str, reason: str, *, otherwise: str) -> None:
        """Know that a host was not reached, or broke off TLS, why, and what the program would have met by itself."""

    def mistrusted(self, host: str, reason: str) -> None:
        """Know that a program did not take our certificate for a host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchingProxy:
    """Where a program's CONNECT goes, while somebody watches.

    `known` finds the row of a host that is listened to. Without `production` no host of production is reached, not
    even by a tunnel. `own` are the names of this proxy itself. `tunnelled` counts the other hosts, `refused` those that
    nobody was connected to.
    """

    known: Callable[[str], RealHost | None]
    tls: ssl.SSLContext
    connector: Connector
    recorder: TrafficRecorder
    production: bool = False
    own: Collection[str] = ("127.0.0.1", "localhost", "[::1]")
    most: int = MOST_TUNNELS
    tunnelled: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _open: threading.BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_open", threading.BoundedSemaphore(self.most))

    def refusal(self, authority: str, *, tunnels: int) -> Refusal | None:  # noqa: ARG002 - `most` counts them
        """Return why a CONNECT to `host:port` is refused; `None` when it is allowed."""
        match = AUTHORITY.fullmatch(authority)
        if match is None:
            return self._refuse(400, authority, f"CONNECT to {shown_authority(authority)}: send host:port")
        row = self.known(authority)
        if row is not None and row.environment in PRODUCTION and not self.production:
            self.recorder.failed(row.name, "it is production", otherwise=_OF_PRODUCTION)
            return self._refuse(403, authority, f"{row.name} is production: {_OF_PRODUCTION}")
        return None

    def is_played(self, _: str) -> bool:
        """Whether the tunnel ends here: none does."""
        return False

    def refusal_of_user(self, _: str | None) -> Refusal | None:
        """Refuse nobody: what a client calls itself was meant for another proxy."""
        return None

    def refusal_of_plain(self, scheme: str, authority: str) -> Refusal | None:
        """Return why a request without a tunnel is refused; `None` for the page of this process itself."""
        if scheme == "http" and authority.rpartition(":")[0] in self.own:
            return None
        return self._refuse(403, authority, "nhsauth watch passes on https alone, by CONNECT")

    def reach(self, authority: str) -> Outside | Refusal:
        """Reach the other end of a tunnel: a host that is known by TLS, any other as it is."""
        name, _, port = authority.lower().rpartition(":")
        name = name.removesuffix(".")
        if not self._open.acquire(blocking=False):
            return self._fail(name, 503, f"{self.most} connections are open already: close some, and try again", "")
        try:
            if self._is_heard(authority):
                return self.connector.by_tls(name)
            outside = self.connector.plainly(name.strip("[]"), int(port))
            self._count(self.tunnelled, authority)
        except (UnreachableHostError, OverflowError) as reason:
            self.give_back()
            return self._fail(
                name,
                502,
                str(reason),
                _OF_TRUST
                if isinstance(reason, UntrustedCertificateError)
                else "Without nhsauth your program would have met the same.",
            )
        return outside

    def relay(self, loop: asyncio.AbstractEventLoop, client: Channel, authority: str, outside: Outside) -> Relay:
        """Return what passes bytes between a client and the host that was reached for it."""
        if not self._is_heard(authority):
            return Relay(loop, client, outside, self.give_back)
        row = self.known(authority)
        name = row.name if row is not None else authority
        return RecordingRelay(loop, client, outside, self, name)

    def give_back(self) -> None:
        """Let another be reached in place of one that was, and is no longer."""
        self._open.release()

    def _is_heard(self, authority: str) -> bool:
        return authority.rpartition(":")[2] == _HTTPS and self.known(authority) is not None

    def _fail(self, name: str, status: int, sentence: str, otherwise: str) -> Refusal:
        self.recorder.failed(name, sentence, otherwise=otherwise)
        return Refusal(status=status, sentence=sentence)

    def _refuse(self, status: int, authority: str, sentence: str) -> Refusal:
        _LOG.warning("watch: %s", sentence)
        self._count(self.refused, authority)
        return Refusal(status=status, sentence=sentence)

    def _count(self, counter: Counter[str], authority: str) -> None:
        called = shown_authority(authority)
        if called in counter or len(counter) < _MOST_COUNTED:
            counter[called] += 1


class RecordingRelay(Relay):
    """Passes bytes between a program and a real host, each by TLS of its own, and lets somebody listen."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, client: Channel, outside: Outside, proxy: WatchingProxy, host: str
    ) -> None:
        super().__init__(loop, client, outside, proxy.give_back)
        self._host = host
        self._proxy = proxy
        recorder = proxy.recorder
        self._observer = HttpObserver(host, recorder.on_exchange, lambda reason: recorder.lost(host, reason))
        self._loop = loop
        self._will_listen = False
        self._is_asked_to_end = False
        self._is_secured = False

    def pass_on(self, data: bytes) -> None:
        """Send what the program said."""
        if not self._client.is_encrypted:
            self._secure(data)
            return
        super().pass_on(data)
        self._observer.asked(data)
        self._listen_soon()

    def _secure(self, data: bytes) -> None:
        if data[:1] != _CLIENT_HELLO:
            self._proxy.recorder.lost(self._host, "the program speaks no TLS")
            self._client.abort()
            return
        self._client.speak_tls(self._proxy.tls, data)

    def client_secured(self) -> None:
        """Send what the host has said before the program had shaken hands."""
        self._is_secured = True
        early, self._early = bytes(self._early), b""
        if early:
            self.received(early)

    def received(self, data: bytes) -> None:
        """Send what the host said; it may be first to speak, to refuse a program without a certificate of its own."""
        if not self._is_secured:
            self._early += data
            return
        super().received(data)
        self._observer.answered(data)
        self._listen_soon()

    def _listen_soon(self) -> None:
        if not self._will_listen:
            self._will_listen = True
            self._loop.call_later(READ_DELAY, self._listen)

    def _listen(self) -> None:
        self._will_listen = False
        self._observer.catch_up()

    def client_ended(self) -> None:
        """Let the host see that the program says no more; what it has to say still goes out."""
        self._is_asked_to_end = True
        self._outside.say_no_more()

    def drained(self) -> None:
        """Know that the host has taken all there was."""
        if self._is_asked_to_end:
            self._outside.say_no_more()
        super().drained()

    def ended(self) -> None:
        """End as the host did: with the farewell of TLS, or without."""
        self._observer.ended()
        self._client.close(cut_off=self._outside.is_cut_off)

    def end(self) -> None:
        """End; the program is gone."""
        if (failure := self._client.tls_failure) is not None:
            reason = getattr(failure, "reason", None) or failure
            self._proxy.recorder.mistrusted(self._host, str(reason).lower().replace("_", " "))
        self._observer.ended()
        self._outside.abort()

    def lost(self) -> None:
        """End with the host."""
        self._observer.ended()
        self._give_back()
        if (failure := self._outside.tls_failure) is not None:
            reason = str(getattr(failure, "reason", None) or failure).lower().replace("_", " ")
            self._proxy.recorder.failed(self._host, f"it broke off TLS ({reason})", otherwise=_NO_CERTIFICATE)
        self._client.close(cut_off=True)
