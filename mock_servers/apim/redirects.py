"""Sends a browser on: to a provider, or back to the client, with parameters in the query string."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from mock_servers.wire.request import Answer


def redirect(uri: str, parameters: Mapping[str, str | None]) -> Answer:
    """Answer 302 to a URI with these parameters but those of `None`; blanks are written `%20`.

    The query that a client has registered as part of its redirect URI stays (I).
    """
    query = urlencode(
        {name: value for name, value in parameters.items() if value is not None}, quote_via=quote, safe=""
    )
    location = f"{uri}{'&' if '?' in uri else '?'}{query}"
    return Answer(status=302, headers={"Location": location}, content_type="text/html")
