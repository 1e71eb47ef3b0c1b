"""A context for values of the real service, of which nothing is known but what they say: no app, no token, no past.

What only the service itself could know stays open; nothing is sent to anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mock_servers.explain.open_world import KEY_SET, platform_at
from mock_servers.explain.recognition import bare_value
from mock_servers.explain.verdict import Context, base_of
from mock_servers.jose import jwts
from mock_servers.rules import UnknownError
from mock_servers.state.app import App
from mock_servers.wire.origins import origin_of

_INTEGRATION: Final = "https://int.api.service.nhs.uk/oauth2/token"
_TOKEN_URL: Final = re.compile(
    r"(https://[a-z-]*\.?api\.service\.nhs\.uk|http://(?:127\.0\.0\.1|localhost)(?::\d{1,5})?(?:/_worlds/[^/]+)?)/oauth2(-mock)?/token"
)
_OF_MOCK: Final = re.compile(r"https?://(?:127\.0\.0\.1|localhost)(?::\d{1,5})?(?:/_worlds/[^/]+)?(?=/)")


def token_url_of(value: str) -> str:
    """Return the token URL that a value was made for, as far as it says, else that of the integration environment."""
    return next(_named(value), _INTEGRATION)


def offline(token_url: str, now: float, key_set: bytes | None = None) -> Context:
    """Return the context. `now` is seconds since 1970, `key_set` the signer's JWKS, if it is at hand."""
    platform = platform_at(now)
    if platform.names.hosts.of_origin(origin_of(token_url)) is None:
        platform.served_at(base_of(token_url))
    app = App(client_id="", client_secret="", name="", jwks_url=KEY_SET) if key_set is not None else None

    def fetch(url: str) -> bytes:
        if key_set is None:
            raise UnknownError(f"what the key set at {url} holds")
        return key_set

    return Context(platform=platform, url=token_url, fetch=fetch, is_open=True, app=app)


def _named(value: str) -> Iterator[str]:
    jwt = jwts.decoded(bare_value(value))
    claims = jwt.claims if jwt is not None else {}
    audience, issuer = claims.get("aud"), claims.get("iss")
    for each in audience if isinstance(audience, list) else [audience]:
        if isinstance(each, str) and _TOKEN_URL.fullmatch(each):
            yield each
    of_mock = _OF_MOCK.match(issuer) if isinstance(issuer, str) else None
    if of_mock is not None:
        mount = "/oauth2-mock" if of_mock.string.startswith("/realms/", of_mock.end()) else "/oauth2"
        yield f"{of_mock[0]}{mount}/token"
