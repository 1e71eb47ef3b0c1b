"""The apps of a platform, registered, changed and removed while it runs, and the keys the mock made for them."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from mock_servers.jose import keys
from mock_servers.jose.keys import KeyPair, KeyRing
from mock_servers.state.app import App
from mock_servers.state.store import Store
from mock_servers.state.table import Entry, listed
from mock_servers.wire.identifiers import Identifiers

CLIENT_BITS: Final = 4096
"""The key size that NHS onboarding requires of clients."""
_JWKS_PATH: Final = re.compile(r"(?:/.*)?/_nhsauth/apps/([^/]+)/jwks")
_KEY_NAMES: Final = "key names"
"""How often an app has got a key, or lost one."""


class NoSuchAppError(LookupError):
    """No app has this client id. The message lists the known ones."""


class AppExistsError(ValueError):
    """Another app has this client id already."""


def at_url(store: Store, url: str) -> list[App]:
    """Return the apps whose key set can be at a URL: the registered one, or the one that the mock serves."""
    return [*store.apps.find("jwks_url", url), *filter(None, [_named_in(store, urlsplit(url).path)])]


def _named_in(store: Store, path: str) -> App | None:
    own = _JWKS_PATH.fullmatch(path)
    return store.apps.get(unquote(own[1])) if own is not None else None


class Apps:
    """The registered apps by client id. The store holds them; the key ring holds the mock's keys for them."""

    def __init__(self, store: Store, ring: KeyRing, identifiers: Identifiers) -> None:
        self._store = store
        self._ring = ring
        self._identifiers = identifiers

    def add(self, app: App) -> App:
        """Register an app. Raises AppExistsError."""
        if not self._store.apps.add(app.client_id, app):
            raise self._taken(app.client_id)
        return app

    def create(self, *, make_key: bool = True, **members: Any) -> App:
        """Register an app with these members; client id, secret and name are generated if not given.

        With `make_key`, and without `jwks` or `jwks_url`, it gets a key pair of the mock's, cached like the others.
        """
        members = {name: value for name, value in members.items() if value is not None}
        client_id = members.setdefault("client_id", self._identifiers.api_key())
        members.setdefault("client_secret", self._identifiers.client_secret())
        members.setdefault("name", f"app {client_id}")
        if not make_key or {"jwks", "jwks_url"} & members.keys():
            return self.add(App(**members))
        while True:
            revision = self._store.counters.get(_KEY_NAMES)
            key_name = self._free_key_name()
            app = App(**{"kid": key_name, **members, "key_name": key_name})
            if self._named(revision, None, app):
                return app
            if self._store.apps.get(client_id) is not None:
                raise self._taken(client_id)

    def get(self, client_id: str) -> App:
        """Return an app. Raises NoSuchAppError."""
        app = self._store.apps.get(client_id)
        if app is None:
            known = listed(self._store.apps, lambda each: repr(each.client_id)) or "no app at all"
            raise NoSuchAppError(f"no app has client_id {client_id!r}: there is {known}")
        return app

    def all(self) -> list[App]:
        """Return every app, the oldest first."""
        return self._store.apps.values()

    def change(self, client_id: str, *, make_key: bool | None = None, **members: Any) -> App:
        """Change members of an app; `make_key` gives it a key pair of the mock's, or takes that away.

        Raises NoSuchAppError.
        """
        while True:
            revision = self._store.counters.get(_KEY_NAMES)
            present = self.get(client_id)
            app = replace(present, **members)
            if make_key is not None:
                app = self._with_key(app) if make_key else replace(app, key_name=None)
            if self._named(revision, present, app):
                return app

    def remove(self, client_id: str) -> App:
        """Forget an app. Raises NoSuchAppError."""
        app = self._store.apps.take(client_id)
        return self.get(client_id) if app is None else app

    def key(self, app: App) -> KeyPair | None:
        """Return the key pair that the mock holds for an app; it is loaded or generated at its first use."""
        if app.key_name is None:
            return None
        pair = self._ring.pair(app.key_name, bits=CLIENT_BITS, kid=app.key_name)
        return replace(pair, kid=app.kid or app.key_name)

    def key_pair(self, client_id: str) -> KeyPair:
        """Return the key pair that the mock holds for an app. Raises NoSuchAppError, LookupError without one."""
        pair = self.key(self.get(client_id))
        if pair is None:
            raise LookupError(f"the mock has no private key of app {client_id!r}: it was registered without one")
        return pair

    def jwks(self, app: App) -> dict[str, Any]:
        """Return the key set that the mock serves for an app; a private key in it is reduced to its public half."""
        if app.jwks is not None:
            return {**app.jwks, "keys": [keys.public_half(jwk) for jwk in app.jwks["keys"]]}
        pair = self.key(app)
        return keys.jwks(pair, alg="RS512") if pair else {"keys": []}

    def jwks_path(self, app: App) -> str:
        """Return the path of that key set, below the mock's origin."""
        return f"/_nhsauth/apps/{quote(app.client_id, safe='')}/jwks"

    def at_path(self, path: str) -> App | None:
        """Return the app whose key set the mock serves at a path."""
        app = _named_in(self._store, path)
        return app if app is not None and self.jwks_path(app) == path else None

    def _named(self, revision: int | None, present: App | None, app: App) -> bool:
        """Replace an app; if two get a key at once, one of them must find another name for it."""
        apps, counters = self._store.apps, self._store.counters
        written: list[Entry] = [(apps, app.client_id, app)]
        expected: list[Entry] = [(apps, app.client_id, present)]
        if app.key_name != (present.key_name if present else None):
            expected.append((counters, _KEY_NAMES, revision))
            written.append((counters, _KEY_NAMES, (revision or 0) + 1))
        return self._store.commit(expected, written)

    def _taken(self, client_id: str) -> AppExistsError:
        return AppExistsError(f"client_id {client_id!r} is taken: choose another, or change that app")

    def _with_key(self, app: App) -> App:
        key_name = app.key_name or self._free_key_name()
        return replace(app, key_name=key_name, kid=app.kid or key_name)

    def _free_key_name(self) -> str:
        taken = {app.key_name for app in self.all()}
        return next(name for name in (f"app-{number}" for number in itertools.count(2)) if name not in taken)
