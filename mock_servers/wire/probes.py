"""Paths that client code does not call: what browsers fetch by themselves, and what wait scripts try."""

from __future__ import annotations

from typing import Final

_BROWSERS: Final = ("/favicon.ico", "/robots.txt", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png")
_WAITING: Final = ("/health", "/healthz", "/livez", "/readyz", "/ready", "/live", "/ping", "/status")
_DEVELOPER_TOOLS: Final = "/.well-known/appspecific/"


def is_probe(path: str) -> bool:
    """Whether a request for this path says nothing about the client under test, so that the journal leaves it out."""
    return path in _BROWSERS or path in _WAITING or path.startswith(_DEVELOPER_TOOLS)
