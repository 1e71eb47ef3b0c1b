"""Which version of the project this is."""

from __future__ import annotations

from importlib import metadata


def installed() -> str:
    """Return the version that is installed; "(not installed)" when the sources run from where they lie."""
    try:
        return metadata.version("pytest-nhsauth")
    except metadata.PackageNotFoundError:
        return "(not installed)"
