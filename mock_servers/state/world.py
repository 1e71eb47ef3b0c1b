"""A world: a mock of one's own on a server that many share, as it is remembered; what is in it is the platform's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mock_servers.state.limit import matching

PREFIX: Final = "/_worlds/"
"""Below this path of a server is each of its worlds, under its name."""

EXCHANGES: Final = 200
"""Exchanges that a world keeps: all worlds together must not fill the memory of a server."""

ROOT: Final = "root"
"""How the server itself is called where a world is: no world has this name."""

NAME: Final = matching(
    rf"(?!{ROOT}$)[a-z0-9](?:[a-z0-9-]{{0,38}}[a-z0-9])?",
    f"1 to 40 small letters, digits and hyphens, no hyphen at the beginning or end, and not {ROOT}",
)
"""What a world may be called: it stands in URLs, and in a proxy's user name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A world. `id` tells it from others that had its name before; `used_at` is seconds by the machine's clock.

    `config` is what it begins with, as JSON gave it, in the place of what the server began with.
    """

    name: str
    id: str
    used_at: float
    config: Mapping[str, Any] | None = None

    @property
    def prefix(self) -> str:
        """The path below which all of it is."""
        return f"{PREFIX}{self.name}"


def named_in(path: str) -> str | None:
    """Return the name of the world that a path leads to; `None` for a path that leads to none."""
    return path.removeprefix(PREFIX).partition("/")[0] if path.startswith(PREFIX) else None
