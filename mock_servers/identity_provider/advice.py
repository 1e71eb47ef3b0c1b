"""What a success should make its client think about: the mock is kind to it, and something else will not be."""

from __future__ import annotations

from collections.abc import Iterator

from mock_servers.identity_provider.service import Exchange
from mock_servers.wording import duration, url


def advise(exchange: Exchange) -> Iterator[str]:
    """Say what the provider does not mind, or the mock alone does not."""
    redirect_uri = getattr(exchange, "redirect_uri", "https:")
    if not redirect_uri.startswith("https:"):
        yield f"redirect_uri {url(redirect_uri)} is not https: the real provider takes nothing else."
    assertion, advised = getattr(exchange, "assertion", None), exchange.service.provider.proof.advised
    if assertion is None or advised is None:
        return
    ahead = assertion.claims["exp"] - exchange.now
    if ahead > advised:
        yield f"exp of the client assertion is {duration(ahead)} ahead: {duration(advised)} are documented."
