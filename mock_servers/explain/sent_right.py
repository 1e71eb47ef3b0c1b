"""The request that takes the place of a refused one: of the right form, with variables for what only its sender has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from mock_servers.apim.request_form import ASSERTION_TYPE, ID_TOKEN_TYPE, TOKEN_EXCHANGE
from mock_servers.commands.command import Filled, Sent, Value
from mock_servers.explain.judging import Judged
from mock_servers.reading.captured import Captured


def _own(name: str) -> Filled:
    return Filled(name, asked=False)


_PROOF: Final[Mapping[str, Value]] = {
    "client_assertion_type": ASSERTION_TYPE,
    "client_assertion": _own("CLIENT_ASSERTION"),
}
_SECRET: Final[Mapping[str, Value]] = {"client_id": _own("API_KEY"), "client_secret": _own("CLIENT_SECRET")}
_RIGHT: Final[Mapping[str, Mapping[str, Value]]] = {
    "client-credentials": {"grant_type": "client_credentials", **_PROOF},
    "token-exchange": {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token_type": ID_TOKEN_TYPE,
        "subject_token": _own("ID_TOKEN"),
        **_PROOF,
    },
    "authorization-code": {
        "grant_type": "authorization_code",
        "code": _own("CODE"),
        "redirect_uri": _own("REDIRECT_URI"),
        **_SECRET,
    },
    "refresh": {"grant_type": "refresh_token", "refresh_token": _own("REFRESH_TOKEN"), **_SECRET},
}
"""By flow of a token service."""


def sent_right(captured: Captured, found: Judged) -> Sent | None:
    """Return how such a request is sent right, where one command can."""
    form = _RIGHT.get(found.flow.name) if found.flow is not None and found.front.name.startswith("oauth2") else None
    if form is None:
        return None
    parts = urlsplit(captured.url)
    return Sent(url=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}", form=form)
