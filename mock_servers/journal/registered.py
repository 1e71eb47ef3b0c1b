"""Finds secrets of registered apps in the wrong place, where the service and so the journal repeats them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from mock_servers.state.app import App
from mock_servers.state.store import Store
from mock_servers.wire.confidential import Confidential
from mock_servers.wire.request import Request

_PLACES: Final = frozenset(["client_secret", "authorization", "content-length", "content-type", "host"])
"""The places of a secret, which are always cut; and headers that hold none."""
_LONG: Final = 8
"""Characters from which on a secret is searched for inside values; a shorter one may be part of any word."""


def misplaced(request: Request, store: Store) -> Confidential:
    """Return the registered secrets that a request holds in a wrong place; most requests have none."""
    sent = [*filter(None, _sent(request))]
    whole = "\0".join(sent)
    secrets = store.apps.derived(_Secrets.of)
    # Choose the shorter way: many apps may be registered, or a request may be long.
    if len(secrets.long) > len(whole):
        starts = {whole[at : at + _LONG] for at in range(len(whole))}
        long = [secret for start in starts & secrets.by_start.keys() for secret in secrets.by_start[start]]
    else:
        long = [*secrets.long]
    return Confidential([*secrets.short.intersection(sent), *(secret for secret in long if secret in whole)])


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
