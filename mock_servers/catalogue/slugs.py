"""Names the page of each error: by what a client reads of it, so that the name can be guessed and stays."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Final

from mock_servers.catalogue.entries import entries
from mock_servers.rules import ServiceError

_LONGEST: Final = 120


def read_as(error: ServiceError) -> str:
    """Return what a client reads of an error: its sentence, or its code and status where it has none."""
    return error.sentence or (f"{error.code} {error.status}" if error.code else f"{error.status} without a body")


def slug_of(error: ServiceError) -> str:
    """Return the name of the page of an error, empty for one that is not in the catalogue.

    Errors that are read alike share a page.
    """
    return _all().get(read_as(error), "")


def slugs(headings: Iterable[str]) -> dict[str, str]:
    """Return a name for each heading; of those that differ in capitals or signs alone each its own."""
    found: dict[str, str] = {}
    for heading in headings:
        slug = re.sub(r"[^a-z0-9_]+", "-", heading.lower()).strip("-")[:_LONGEST].rstrip("-")
        alike = [other for other in found.values() if re.fullmatch(rf"{slug}(-\d+)?", other)]
        found[heading] = f"{slug}-{len(alike) + 1}" if alike else slug
    return found


@functools.cache
def _all() -> Mapping[str, str]:
    return slugs(dict.fromkeys(read_as(entry.error) for entry in entries()))
