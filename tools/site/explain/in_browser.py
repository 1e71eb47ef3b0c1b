"""What the page calls in the visitor's browser: it answers what stands in the boxes. It is shipped with our modules."""

from __future__ import annotations

from html import escape

from mock_servers.explain import moment
from mock_servers.explain.page import page_answer
from mock_servers.jose import jwks
from mock_servers.reading.plain import decoded
from mock_servers.wire.wording import shown


def answer(given: str | memoryview, keys: str, at: str) -> str:
    """Return HTML that explains a text, or the bytes of a file, or that says which box cannot be read.

    `keys` is a key set and `at` a moment, as they were typed; both may be empty.
    """
    text = decoded(given.encode(errors="replace") if isinstance(given, str) else bytes(given))
    key_set, seconds = keys.strip().encode(errors="replace") or None, None
    if not text.strip():
        return _wrong("There is no text to explain.")
    if key_set is not None and (problem := jwks.read(key_set, 0, "").problem):
        return _wrong(f"The box for the key set holds {problem}; allowed: a JSON Web Key Set.")
    if at.strip():
        seconds = moment.seconds_of(at.strip())
        if seconds is None:
            return _wrong(f"The moment is {shown(at.strip())}; allowed: {moment.ALLOWED}.")
    return page_answer(text, key_set, seconds)


def _wrong(words: str) -> str:
    return f'<p class="error">{escape(words)}</p>'
