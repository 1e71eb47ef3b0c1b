"""What has passed by on its way to the real services, as hashes: what they issued, and what was used up since.

Where a service would say "none" of what it remembers, this says that it is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, Final, NoReturn

from mock_servers.explain.open_world import open_store
from mock_servers.journal.journal import Journal
from mock_servers.rules import UnknownError
from mock_servers.state import indexes
from mock_servers.state.grant import Issued, fingerprint
from mock_servers.state.indexes import Indexes
from mock_servers.state.memory import MemoryTable
from mock_servers.state.store import Store
from mock_servers.state.table import Kind, Table
from mock_servers.wire.request import Request
from mock_servers.wire.wording import cut, duration

_REFRESH_TOKENS: Final = "which refresh tokens were issued"
_VALUES: Final = {
    "find_code": "code",
    "check_code_of_request": "code",
    "find_refresh_token": "refresh_token",
    "find_token": "authorization",
    "find_access_token": "authorization",
}
"""What of a request each rule looks up that asks whether the service has issued it."""
_KINDS: Final = {"code": "authorization code", "refresh_token": "refresh token", "authorization": "access token"}


class SeenTable(MemoryTable[Any]):
    """A table of which only what has passed by is known, each by the hash of its key."""

    def __init__(self, words: str, indexes: Indexes | None = None) -> None:
        super().__init__(Kind(value=Any, indexes=indexes or {}))
        self._words = words

    def get(self, key: Hashable) -> Any:
        """Return what has passed by. Raises UnknownError for all the rest."""
        found = super().get(hashed(key))
        if found is None:
            raise UnknownError(self._words)
        return found

    def seen(self, key: Hashable) -> Any:
        """Return what has passed by; `None` where nothing is known."""
        return super().get(hashed(key))

    def see(self, key: Hashable, value: Any) -> None:
        """Keep what has passed by."""
        super().put(hashed(key), value)

    def items(self) -> list[tuple[Any, Any]]:
        """Return nothing: no value is known, and what became of it elsewhere is not, either."""
        return []

    def entries(self, index: str, value: Hashable, most: int | None = None) -> list[tuple[Any, Any]]:
        """Return what has passed by; by the value itself nothing is found, which is not kept."""
        return super().entries(index, value, most) if index in self._kind.indexes else []

    def _refuse(self, *_: object) -> NoReturn:
        raise UnknownError(self._words)

    add = put = swap = count = take = _refuse  # type: ignore[assignment] # none returns


def bare(url: str) -> str:
    """Return a URL without the port that it has anyway."""
    return url.replace(":443/", "/", 1)


def _is_below(url: str, base: Hashable) -> bool:
    return bare(url).startswith(f"{base}/")


def hashed(key: Hashable) -> bytes:
    """Return the hash by which a key is known."""
    return fingerprint(key if isinstance(key, str) else repr(key))


@dataclass(slots=True, kw_only=True)
class SeenValues:
    """What has passed by. `journal` has its exchanges; `clients` who sent a person to log in, by the hash of the state.

    `store` is what rules and finders see of it; `key_sets` are bodies by URL, and `fetch` gets one that has not passed
    by. `key_set_of` says where a provider's is, by the URL that its discovery document is below.
    """

    journal: Journal
    fetch: Callable[[str], bytes | None] | None = None
    clients: Table[str] = field(default_factory=MemoryTable)
    key_sets: Table[bytes] = field(default_factory=lambda: MemoryTable(Kind(value=bytes, limit=100)))
    key_set_of: Table[str] = field(default_factory=MemoryTable)
    jtis: SeenTable = field(default_factory=lambda: SeenTable("which jtis were sent before"))
    refresh_tokens: SeenTable = field(
        default_factory=lambda: SeenTable(_REFRESH_TOKENS, {"turn": indexes.REFRESH_TOKENS["turn"]})
    )
    provider_refresh_tokens: SeenTable = field(
        default_factory=lambda: SeenTable(_REFRESH_TOKENS, {"session": indexes.OF_PROVIDER["session"]})
    )
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.store = replace(
            open_store(),
            jtis=self.jtis,
            access_tokens=SeenTable("which access tokens were issued"),
            refresh_tokens=self.refresh_tokens,
            provider_refresh_tokens=self.provider_refresh_tokens,
        )

    def key_set(self, url: str) -> bytes | None:
        """Return the public key set that a URL has answered, or answers now where it may be asked."""
        name = next((each for below, each in self.key_set_of.items() if _is_below(url, below)), bare(url))
        found = self.key_sets.get(name)
        if found is None and self.fetch is not None and (fetched := self.fetch(name)) is not None:
            self.key_sets.put(name, fetched)
            return fetched
        return found

    def discover(self, url: str, key_set: str) -> None:
        """Know from a provider's discovery document, at a URL, where its key set is."""
        self.key_set_of.put(bare(url).partition("/.well-known/")[0], bare(key_set))

    def issued(self, value: str) -> Issued | None:
        """Return where a value came from, when that passed by."""
        return self.store.issued.get(fingerprint(value))

    def objection(self, asked: ServiceQuestion) -> str | None:
        """Return what a rule must object to a value that passed by before; `None` when nothing is known of it."""
        name = _VALUES.get(asked.rule)
        value = asked.value_of(name) if name is not None else ""
        issued = self.issued(value) if value else None
        if name is None or issued is None:
            return None
        if not asked.takes(issued, _KINDS[name]):
            return f"{name} {cut(value)} is the {issued.kind} of {issued.issuer} at {issued.home}."
        if issued.spent_at is None or asked.rule not in asked.claims:
            return None
        return f"{name} {cut(value)} was used {duration(asked.now - issued.spent_at)} ago: each is good once."


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceQuestion:
    """A rule that nobody here can answer by itself: of which request, at which service, at what moment."""

    rule: str
    request: Request
    home: str
    token_path: str
    is_provider: bool
    now: float

    @property
    def claims(self) -> Collection[str]:
        """The rules that object to what was used up."""
        return ("check_code_of_request" if self.is_provider else "find_code", "find_refresh_token")

    def takes(self, issued: Issued, kind: str) -> bool:
        """Whether this service has issued a value, and as what it is sent as."""
        is_elsewhere = kind == "authorization code" and issued.redeem_at != self.token_path
        return issued.kind == kind and issued.home == self.home and not is_elsewhere

    def value_of(self, name: str) -> str:
        """Return what was sent; empty where that is not known."""
        try:
            if name == "authorization":
                return self.request.headers.get(name, "").partition(" ")[2]
            return self.request.form.get(name) or ""
        except UnknownError:
            return ""
