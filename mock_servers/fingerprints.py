"""Which client library seems to have made a request, by what it sends unasked; and how to set it right in its words.

A fingerprint is a hint and never proof: say "looks like".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A client library, how sure that is, and what to change in its own words by the id of the mistake."""

    name: str
    certainty: Literal["likely", "possible"] = "likely"
    changes: Mapping[str, str] = field(default_factory=dict)


def recognise(
    header: Mapping[str, Any],  # noqa: ARG001 - what fingerprints are taken from
    claims: Mapping[str, Any],  # noqa: ARG001 - the same
    content_type: str,  # noqa: ARG001 - the same
    user_agent: str,  # noqa: ARG001 - the same
) -> Library | None:
    """Return the library whose habits these are; `None` when they are nobody's, or everybody's."""
    return None
