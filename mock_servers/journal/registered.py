"""Finds secrets of registered apps where none belongs: sent there, a service repeats them, and so would the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote

from mock_servers.state.app import App
from mock_servers.state.store import Store
from mock_servers.wire.confidential import Confidential
from mock_servers.wire.request import Request

_PLACES: Final = frozenset(["client_secret", "authorization", "content-length", "content-type", "host"])
"""Where a secret belongs, which is cut whatever it holds; and headers that hold none."""
_LONG: Final = 8
"""Characters from which on a secret is looked for inside of a value; a shorter one may be part of any word."""


def misplaced(request: Request, store: Store) -> Confidential:
    """Return the registered secrets that a request holds where none belongs; of most requests none."""
    sent = [value for name, value in _pairs(request) if value and name not in _PLACES]
    whole = "\0".join(sent)
    short, long = store.apps.derived(_secrets)
    return Confidential([*short.intersection(sent), *(secret for secret in long if secret in whole)])


def _secrets(apps: Iterable[App]) -> tuple[frozenset[str], frozenset[str]]:
    """Tell the short ones from the long ones."""
    secrets = frozenset(secret for app in apps for secret in app.secrets)
    short = frozenset(secret for secret in secrets if len(secret) < _LONG)
    return short, secrets - short


def _pairs(request: Request) -> Iterator[tuple[str, str]]:
    yield from (("path", unquote(part)) for part in request.target.partition("?")[0].split("/"))
    yield from request.query.pairs
    yield from request.form.pairs
    yield from request.headers.items()
    yield from ((name, name) for name, _ in (*request.query.pairs, *request.form.pairs))
