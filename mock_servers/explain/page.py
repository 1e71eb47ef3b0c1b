"""The answer to a paste as HTML, for a page: the same in a visitor's browser as from a mock that runs."""

from __future__ import annotations

from html import escape

from mock_servers.explain.any_text import explain, written
from mock_servers.explain.whole import Lent
from mock_servers.reading.captured import UnreadableError


def page_answer(text: str, key_set: bytes | None, moment: float | None) -> str:
    """Return a fragment of HTML that says why a request was refused, or what a value is; offline, without a style.

    `key_set` is the signer's key set, `moment` when the request was made, in seconds since 1970.
    """
    try:
        words = "\n".join(written(explain(text, Lent(keys=key_set, at=moment)), details=True))
    except UnreadableError as reason:
        words = str(reason)
    return f"<pre>{escape(words)}</pre>"
