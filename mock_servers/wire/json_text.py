"""JSON that somebody else wrote: reading it never fails, whatever it is."""

from __future__ import annotations

import json
from typing import Any


def object_of(text: str | bytes) -> dict[str, Any] | None:
    """Return the members of a JSON object; `None` of any other text."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
