"""Finds what was sent and must not be shown: secrets of registered apps where none belongs, and what nobody registered.

A service repeats some of what is sent to it, and so would the journal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import unquote

from mock_servers.journal import unregistered
from mock_servers.state.app import App
from mock_servers.state.store import Store
from mock_servers.wire.confidential import Confidential
from mock_servers.wire.request import Request

_PLACES: Final = frozenset(["client_secret", "authorization", "content-length", "content-type", "host"])
"""The places of a secret, which are always cut; and headers that hold none."""
_LONG: Final = 8
"""Characters from which on a secret is searched for inside values; a shorter one may be part of any word."""


def misplaced(request: Request, store: Store) -> Confidential:
    """Return what a request holds that must not be shown; of most requests nothing.

    That are registered secrets where none belongs, long values that nobody registered, and numbers of patients.
    """
    sent = [*filter(None, _sent(request))]
    whole = "\0".join(sent)
    secrets = store.apps.derived(_Secrets.of)
    # Choose the shorter way: many apps may be registered, or a request may be long.
    if len(secrets.long) > len(whole):
        starts = {whole[at : at + _LONG] for at in range(len(whole))}
        long = [secret for start in starts & secrets.by_start.keys() for secret in secrets.by_start[start]]
    else:
        long = [*secrets.long]
    pairs = (*request.query.pairs, *request.form.pairs)
    unknown = unregistered.values(pairs, request.target.partition("?")[0], partial(_is_registered, store))
    return Confidential([*secrets.short.intersection(sent), *(secret for secret in long if secret in whole), *unknown])


def _is_registered(store: Store, value: str) -> bool:
    """Whether a value is a client's, or an API's, or nearly is a client's id."""
    return store.apps.derived(_Words.of).has(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What is registered of all apps that a client may send."""

    words: frozenset[str]
    ids: tuple[str, ...]

    @classmethod
    def of(cls, apps: Iterable[App]) -> _Words:
        known = list(apps)
        words = {word for app in known for word in (*app.redirect_uris, *app.scopes, *app.post_logout_redirect_uris)}
        names = {name for app in known for name in (app.client_id, app.name, app.kid or "")}
        return cls(words=frozenset(words | names), ids=tuple(name for name in names if len(name) >= unregistered.NEAR))

    def has(self, value: str) -> bool:
        """Whether a value is one of these words, or resembles one of these ids."""
        return value in self.words or unregistered.is_near(value, self.ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Secrets:
    short: frozenset[str]
    long: frozenset[str]
    by_start: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, apps: Iterable[App]) -> _Secrets:
        secrets = frozenset(secret for app in apps for secret in app.secrets)
        short = frozenset(secret for secret in secrets if len(secret) < _LONG)
        by_start = defaultdict(list)
        for secret in secrets - short:
            by_start[secret[:_LONG]].append(secret)
        return cls(short=short, long=secrets - short, by_start=dict(by_start))


def _sent(request: Request) -> Iterator[str]:
    yield from map(unquote, request.target.partition("?")[0].split("/"))
    for pairs in (request.query.pairs, request.form.pairs, request.headers.items()):
        yield from (value for name, value in pairs if name not in _PLACES)
    yield from (name for pairs in (request.query.pairs, request.form.pairs) for name, _ in pairs if name not in _PLACES)
