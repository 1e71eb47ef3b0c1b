"""Paths that client code does not call: what browsers fetch by themselves, and what wait scripts try."""

from __future__ import annotations

from typing import Final

_BROWSERS: Final = ("/favicon.ico", "/robots.txt", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png")
_WAITING: Final = ("/health", "/healthz", "/livez", "/readyz", "/ready", "/live", "/ping", "/status")
_DEVELOPER_TOOLS: Final = "/.well-known/appspecific/<path:file>"

PATHS: Final = (*_BROWSERS, *_WAITING, _DEVELOPER_TOOLS)
"""As a table of routes has them. A request there says nothing of the client under test: the journal leaves it out."""
