"""Puts what is known of one value into words, the answer first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from mock_servers.explain.recognition import bare_value
from mock_servers.explain.request_explanation import Parts

_VALUE: Final = re.compile(r"\S+|-----BEGIN .*", re.DOTALL)
_SENTENCE: Final = re.compile(r"[a-z]+://|[{<]\s*[\"a-z!]", re.IGNORECASE)
_NOUNS: Final[Mapping[str, str]] = {
    "client_assertion": "client_assertion",
    "id_token": "id_token",
    "access_token": "access token",
    "refresh_token": "refresh token",
    "authorization_code": "authorization code",
    "logout_token": "logout token",
}


def is_value(text: str) -> bool:
    """Whether a text is one value by itself: a token, a code, a key, a message id; not a URL, JSON or words."""
    bare = bare_value(text)
    return _VALUE.fullmatch(bare) is not None and (_SENTENCE.match(bare) is None or bare.startswith("<"))


def of_value(explained: Mapping[str, Any], url: str | None) -> Parts:
    """Return the parts of what is known of a value; `url` is where it would be posted to."""
    if explained["exchange"]:
        return _of_exchange(explained["exchange"])
    verdict = next(iter(explained["verdicts"]), None)
    finding = min(explained["findings"], key=lambda each: each["id"] == "wrapped-value", default=None)
    if finding is not None and (verdict is None or verdict["would_be"] == "refused"):
        later = tuple(verdict["then"]) if verdict else ()
        return Parts(answer=f"{finding['seen']} {finding['cure']}", why=(finding["cause"],), next=later)
    if verdict is not None and verdict["would_be"] == "refused":
        why = (f'The service would say "{verdict["error"]["description"]}".',)
        return Parts(answer=verdict["diagnosis"], why=why, next=tuple(verdict["then"]))
    noun = _NOUNS.get(explained["kind"], "")
    if explained["jwt"] and noun:
        return Parts(
            answer=f"This {noun} looks right" + (f" for {url}." if noun == "client_assertion" and url else "."),
            why=(explained["seen"],),
        )
    if explained["kind"] == "unknown" and explained["certainty"] == "certain":
        return Parts(
            answer="I do not know this value: it is no token, code or key that these services use.",
            do=("Paste more: the request that it stands in, and what the service answered.",),
        )
    return Parts(answer=explained["seen"])


def _of_exchange(exchange: Mapping[str, Any]) -> Parts:
    finding = next(iter(exchange["findings"]), None)
    answer = f"{finding['seen']} {finding['cure']}" if finding else exchange["diagnosis"] or "Nothing was refused here."
    return Parts(answer=answer, why=(finding["cause"],) if finding else (), next=tuple(exchange["then"]))
