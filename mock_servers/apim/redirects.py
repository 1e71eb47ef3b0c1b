"""Redirects a browser to a provider, or back to the client, with parameters in the query string."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from mock_servers.wire.request import Answer


def redirect(uri: str, parameters: Mapping[str, str | None]) -> Answer:
    """Answer 302 to a URI with these parameters, except those that are `None`; spaces become `%20`.

    The query of a registered redirect URI stays (I).
    """
    query = urlencode(
        {name: value for name, value in parameters.items() if value is not None}, quote_via=quote, safe=""
    )
    return Answer(status=302, headers={"Location": _joined(uri, query)}, content_type="text/html")


def error_redirect(uri: str, code: str, sentence: str, state: str | None) -> Answer:
    """Answer 302 to a client's redirect URI with an error; the sentence's blanks go out as they stand (I)."""
    state_back = "" if state is None else f"&state={quote(state, safe='')}"
    location = _joined(uri, f"error={code}&error_description={sentence}{state_back}")
    return Answer(status=302, headers={"Location": location}, content_type="application/x-www-form-urlencoded")


def _joined(uri: str, query: str) -> str:
    return f"{uri}{'&' if '?' in uri else '?'}{query}"
