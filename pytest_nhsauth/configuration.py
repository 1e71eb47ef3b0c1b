"""Reads the mock's configuration; a separate module, so that runs without one do not load the reader."""

from __future__ import annotations

from mock_servers.configuration.reading import changed, find, read

__all__ = ["changed", "find", "read"]
