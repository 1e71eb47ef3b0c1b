"""Puts an explanation on a page for people: what every page says of it, and what this mock alone knows."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from mock_servers import pages
from mock_servers.configuration.members import MemberError
from mock_servers.control.calls import HTML, Request, Response
from mock_servers.control.exchange_page import jwt_part
from mock_servers.explain.any_text import Explained, Sent, explain, is_one
from mock_servers.explain.explanation import explained_value
from mock_servers.explain.page import fragment, server_link, warnings
from mock_servers.explain.value import ValueExplanation
from mock_servers.explain.verdict import context
from mock_servers.explain.whole import Lent
from mock_servers.jose import jwks
from mock_servers.pages.journal import ExplanationPage

_TITLES: Final = {
    "access_token": "An access token",
    "refresh_token": "A refresh token",
    "authorization_code": "An authorization code",
    "api_key": "An API key",
    "client_secret": "A client secret",
    "client_assertion": "A client assertion",
    "id_token": "An id_token",
    "logout_token": "A logout token",
    "jwt": "A JWT",
    "private_key": "A private key",
    "pem": "A public key or certificate",
    "message_id": "A message id that nothing is known of",
    "unknown": "A value that nothing is known of",
}
_REQUEST: Final = "Why it was refused"
_KEY_SET: Final = "a JSON Web Key Set"


def page_response(request: Request, sent: Sent, text: str, given: Lent) -> Response:
    """Return the page of a text: of a value, as this mock knows it, unless a key set or a moment is given.

    The page of an exchange that is kept is its own: a message id redirects there.
    """
    lent, role = replace(given, keys=_key_set(request.body)), sent.role
    is_value = is_one(text, role) and (lent.answer is None or role is not None)
    explained: Explained
    if is_value and lent.keys is None and lent.at is None:
        explained = explained_value(context(request.platform, sent.token_url or request.platform.token_url), text, role)
        if explained.known["exchange"]:
            place = f"{request.prefix}/_nhsauth/exchanges/{explained.known['exchange']['id']}"
            return Response(status=303, headers={"Location": place})
    else:
        now = request.platform.clock.now if is_value else time.time
        explained = explain(text, lent, Sent(role=role), now)
    page = pages.explanation_page(
        _page(request, explained, warnings(text, lent.keys)),
        request.navigation("Explain"),
        request.prefix,
        is_real=request.platform.exchanges.is_real,
    )
    return Response(body=page, content_type=HTML, headers=pages.CONSOLE_HEADERS)


def _page(request: Request, explained: Explained, warned: tuple[str, ...]) -> ExplanationPage:
    html = fragment(explained, warned, server_link(request.prefix))
    if not isinstance(explained, ValueExplanation):
        return ExplanationPage(title=_REQUEST if explained.refused else "Explanation", explained=html)
    known = explained.known
    title = _TITLES.get(known["kind"], known["kind"])
    return ExplanationPage(
        title=title if known["certainty"] == "certain" else f"{title}, it seems",
        explained=html,
        jwt=jwt_part(known["jwt"]) if known["jwt"] and known["issued"] else None,
    )


def _key_set(body: Mapping[str, Any]) -> bytes | None:
    given = body.get("jwks")
    if given is None:
        return None
    found = jwks.read(str(given).encode(), 0, "the key set")
    if found.keys is None:
        raise MemberError("jwks", found.problem or "unreadable", _KEY_SET)
    return str(given).encode()
