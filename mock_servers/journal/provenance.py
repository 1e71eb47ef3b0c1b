"""The source of values by their hash: a value that the mock issued is recognised anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from mock_servers.rules import UnknownError
from mock_servers.state.grant import Issued, fingerprint
from mock_servers.state.store import Store
from mock_servers.state.table import amend
from mock_servers.wire import wording
from mock_servers.wire.wording import cut

LONGEST_NAME: Final = 64
"""Characters; a longer value is not a client's name, and may be a key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWorld:
    """What another world of the server has issued: `words` name that world, `base` is the beginning of its URLs."""

    issued: Issued
    words: str
    base: str


FindInOtherWorlds = Callable[[bytes], OtherWorld | None]
"""Finds a value of another world by its fingerprint."""


def no_other_world(_: bytes) -> None:
    """Find nothing: there is no other world."""


def of_jti(sub: Any, jti: Any) -> bytes:
    """Return the hash of a client's jti, for places that must not keep the jti itself."""
    return fingerprint(json.dumps([sub, jti], default=str))


def remember(store: Store, value: str, issued: Issued) -> None:
    """Store the source of a value."""
    store.issued.put(fingerprint(value), issued)


def mark_spent(store: Store, value: str, at: float) -> None:
    """Store that a value was used at a moment, in seconds since 1970."""
    amend(store.issued, fingerprint(value), partial(replace, spent_at=at))


def recognise(store: Store, key: bytes) -> Issued | None:
    """Return the source of the value with this fingerprint, if this mock knows it; apps' keys and secrets included."""
    try:
        return store.issued.get(key) or next(_of_apps(store, key), None)
    except UnknownError:
        return None


def shown(store: Store, value: Any) -> str:
    """Return a claim as it may be shown: cut if it is an app's secret, a token or too long for a name."""
    if not isinstance(value, str):
        return wording.shown(value)
    issued = recognise(store, fingerprint(value))
    is_secret = issued is not None and issued.kind != "API key"
    return cut(value) if is_secret or len(value) > LONGEST_NAME else wording.shown(value)


def _of_apps(store: Store, key: bytes) -> Iterator[Issued]:
    for app in store.apps.find("hash", key):
        for kind, known in (("API key", app.client_id), ("client secret", app.client_secret)):
            if fingerprint(known) == key:
                yield Issued(
                    kind=kind, issuer="the platform", client_id=app.client_id, person=None, at=None, expires_at=None
                )
