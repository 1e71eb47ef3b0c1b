"""Who may control a mock: the callers that its tokens name, and which worlds each of them may see and change.

The token of a world, and the cookie of a page, are signed with a key of the state: all processes that share the state
know them, and none of them is stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from mock_servers.state.table import StateError
from mock_servers.state.world import NAME, World

if TYPE_CHECKING:
    from mock_servers.platform.platform import Platform

_SEAL: Final = "control"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls the control API: the owner of the root token, a `team` or a `world` by its name, or anybody (`open`).

    As text: `open`, `root`, `team NAME` or `world NAME`.
    """

    kind: Literal["open", "root", "team", "world"]
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".rstrip()

    @property
    def is_root(self) -> bool:
        """Whether the caller controls all there is."""
        return self.kind in ("open", "root")

    @property
    def team(self) -> str | None:
        """The name of the team, if it is one."""
        return self.name if self.kind == "team" else None

    def controls(self, world: World) -> bool:
        """Whether a world is the caller's own."""
        return self.is_root or (self.name == world.name if self.kind == "world" else self.team == world.team)


OPEN: Final = Caller("open")
"""Anybody: no control token is set, or the call is one that needs none."""
ROOT: Final = Caller("root")


class Access:
    """The callers that the control API of a platform knows. A world knows those of its root."""

    def __init__(self, platform: Platform) -> None:
        self._root = platform.root
        settings = self._root.configuration.control
        self.is_open = settings.is_open
        named = {Caller("team", name): token for name, token in settings.teams.items()}
        named |= {ROOT: settings.token} if settings.token is not None else {}
        self._digests = {caller: _digest(token) for caller, token in named.items()}

    def caller_of(self, token: str) -> Caller | None:
        """Return whose token this is; `None` if it is nobody's. Every known token is compared in constant time."""
        sent = _digest(token)
        found = [caller for caller, known in self._digests.items() if hmac.compare_digest(known, sent)]
        if found:
            return found[0]
        world = self._world(token.partition(".")[0])
        if world is None or not hmac.compare_digest(_digest(self.token_of(world)), sent):
            return None
        return Caller("world", world.name)

    def token_of(self, world: World) -> str:
        """Return the token of a world, and of no later one with the same name."""
        return f"{world.name}.{self._signed('token', world.id)}"

    def cookie_of(self, caller: Caller, until: int) -> str:
        """Return a cookie that stands for a caller's token until a moment, in seconds since 1970.

        It does not hold the token, and is worth nothing once the token is changed or its world has ended.
        """
        words = f"{until} {caller}"
        return f"{_text(words.encode())}.{self._signed('cookie', words, self._secret_of(caller))}"

    def form_token(self, browser: str) -> str:
        """Return what the forms of the pages carry that this browser was sent, and those of no other."""
        return self._signed("form", browser)

    def caller_of_cookie(self, cookie: str, now: float) -> Caller | None:
        """Return whose cookie this is; `None` for one that is forged or broken, or too old."""
        try:
            until, _, caller = base64.urlsafe_b64decode(cookie.partition(".")[0] + "==").decode().partition(" ")
            kind, _, name = caller.partition(" ")
            found = next(
                each for each in (*self._digests, Caller("world", name)) if str(each) == f"{kind} {name}".rstrip()
            )
            known = self.cookie_of(found, int(until))
        except (ValueError, LookupError, StopIteration):
            return None
        return found if hmac.compare_digest(_digest(known), _digest(cookie)) and now < int(until) else None

    def _secret_of(self, caller: Caller) -> str:
        """Return what changes with the token of a caller. Raises LookupError for a world that has ended."""
        if caller in self._digests:
            return self._digests[caller].hex()
        world = self._world(caller.name)
        if world is None:
            raise LookupError(f"no world is called {caller.name!r}")
        return world.id

    def _world(self, name: str) -> World | None:
        return self._root.worlds.get(name) if self._root.worlds is not None and NAME.holds(name) else None

    def _signed(self, *words: str) -> str:
        return _text(hmac.digest(self._key(), "\0".join(words).encode(), hashlib.sha256))

    def _key(self) -> bytes:
        """Return the key that signs, made at its first use. Raises StateError if the state has lost it at once."""
        seals, fresh = self._root.store.seals, secrets.token_bytes(32)
        key = seals.get(_SEAL) or (fresh if seals.add(_SEAL, fresh) else seals.get(_SEAL))
        if not key:
            raise StateError("the key of control tokens is gone: the state was cleared meanwhile")
        return key


def _digest(token: str) -> bytes:
    """Return what is compared in place of a token: all have the same length."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
