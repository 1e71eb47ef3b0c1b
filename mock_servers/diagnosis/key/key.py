"""Every public key that the mock has seen, and its owner."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from mock_servers.apim import platform_client
from mock_servers.diagnosis.case import Case
from mock_servers.jose.jwks import public_key
from mock_servers.jose.rsa_numbers import PublicKey, subject_public_key_info
from mock_servers.provider.providers import PROVIDERS
from mock_servers.state.app import App
from mock_servers.state.table import FEW, Table, first_few
from mock_servers.wire.wording import shown

V = TypeVar("V")

_TITLES: Final = {**{each.name: each.title for each in PROVIDERS}, platform_client.KEY_NAME: "the platform itself"}
"""The owners of the keys of the mock's services."""
_TRIED: Final = 10
"""The number of apps, and key sets, whose keys are tried: verifying a signature takes time."""
_DIGESTS: Final = {"SHA-256": hashlib.sha256, "SHA-1": hashlib.sha1}


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """A public key: its owner in words, its kid, and whether the requesting app has `registered` it.

    `held`: it is the public half of the private key that the mock holds for the requesting app.
    """

    owner: str
    kid: str
    key: PublicKey
    registered: bool = False
    held: bool = False


def known_keys(case: Case, kid: Any) -> Iterator[KnownKey]:
    """Return each key once, the asking app's own first.

    Of many apps and key sets they are those of the newest, and those that have the `kid`.
    """
    seen: set[int] = set()
    others = (*_held(case), *_of_apps(case, kid), *_kept(case, kid)) if case.known.is_all else ()
    for each in (*named_keys(case.key_set.keys if case.key_set else (), "this app", registered=True), *others):
        modulus = each.key.public_numbers().n
        if modulus not in seen:
            seen.add(modulus)
            yield each


def are_all_known(case: Case) -> bool:
    """Whether `known_keys` are all that the mock knows."""
    return max(case.known.store.apps.size(), case.known.store.jwks.size()) <= FEW


def usable(jwk: Mapping[str, Any]) -> PublicKey | None:
    """Return the RSA key of a JWK, when it is one."""
    try:
        return public_key(jwk)
    except ValueError:
        return None


def digests(jwk: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Return the texts that people derive from a key to name it, each with its description."""
    key = usable(jwk)
    if key is None:
        return
    members = json.dumps({name: jwk.get(name) for name in ("e", "kty", "n")}, separators=(",", ":")).encode()
    for source, name in ((members, "thumbprint"), (subject_public_key_info(key), "digest of the PEM")):
        for digest, make in _DIGESTS.items():
            value = make(source).digest()
            yield value.hex(), f"{digest} {name} in hex"
            for encode in (base64.urlsafe_b64encode, base64.b64encode):
                yield encode(value).decode(), f"{digest} {name}"
                yield encode(value).rstrip(b"=").decode(), f"{digest} {name}"


def named_keys(jwks: Any, owner: str, *, registered: bool = False) -> Iterator[KnownKey]:
    """Return the usable keys of a key set, as those of this owner."""
    for jwk in jwks or ():
        key = usable(jwk) if isinstance(jwk, Mapping) else None
        if key is not None:
            yield KnownKey(owner=owner, kid=str(jwk.get("kid")), key=key, registered=registered)


def _held(case: Case) -> Iterator[KnownKey]:
    """Return the public halves of the mock's key pairs; of a pair with two names the more specific first."""
    loaded = case.known.loaded_keys().items()
    for name, pair in sorted(loaded, key=lambda held: held[0] not in _TITLES and _app_of(case, held[0]) is None):
        app = _app_of(case, name)
        held = app is not None and case.app is not None and app.client_id == case.app.client_id
        kid = (app.kid or name) if app is not None else pair.kid
        yield KnownKey(owner=_owner(name, app), kid=kid, key=pair.private.public_key(), held=held)


def _app_of(case: Case, name: str) -> App | None:
    return next(iter(case.known.store.apps.find("key name", name)), None)


def _owner(name: str, app: App | None) -> str:
    if app is not None:
        return _app(app)
    return _TITLES.get(name, f"the mock, under the name {name}")


def _app(app: App) -> str:
    where = f" of {' and '.join(app.environments)}" if app.environments else ""
    return f"app {shown(app.name)}{where}"


def _with(table: Table[V], kid: Any) -> list[V]:
    few, more = first_few(table)
    if not more:
        return few
    return [*(table.find("kid", kid) if isinstance(kid, str) else ()), *few[-_TRIED:]]


def _of_apps(case: Case, kid: Any) -> Iterator[KnownKey]:
    for app in _with(case.known.store.apps, kid):
        yield from named_keys((app.jwks or {}).get("keys"), _app(app))


def _kept(case: Case, kid: Any) -> Iterator[KnownKey]:
    """Return the keys of the sets that were fetched and are kept."""
    for kept in _with(case.known.store.jwks, kid):
        owner = case.known.owner_of(kept.url)
        yield from named_keys(kept.keys, _app(owner) if owner is not None else f"the key set at {shown(kept.url)}")
