"""The ways in which the members of a header or payload are written as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def written(members: Mapping[str, Any], *later: str) -> Iterator[tuple[str, bytes]]:
    """Return the ways in which the same members might have been written when they were signed.

    Those named in `later` may have been added after signing.
    """
    ordered = dict(sorted(members.items()))
    yield "as sent", json.dumps(members, separators=(",", ":")).encode()
    yield "written with blanks", json.dumps(members).encode()
    yield "in the order of the alphabet", json.dumps(ordered, separators=(",", ":")).encode()
    yield "in the order of the alphabet, with blanks", json.dumps(ordered).encode()
    yield "in letters that are not escaped", _unescaped(members)
    for name in later:
        if name in members:
            fewer = {key: value for key, value in members.items() if key != name}
            yield f"without {name}", json.dumps(fewer, separators=(",", ":")).encode()


def _unescaped(members: Mapping[str, Any]) -> bytes:
    text = json.dumps(members, separators=(",", ":"), ensure_ascii=False)
    return text.encode(errors="surrogatepass")
