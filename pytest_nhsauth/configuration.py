"""Reads the mock's configuration; a module of its own, so that who has none does not load what reads it."""

from __future__ import annotations

from mock_servers.configuration.reading import changed, find, read

__all__ = ["changed", "find", "read"]
