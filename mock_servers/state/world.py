"""A world as it is stored: a separate mock on a shared server. The platform holds its content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mock_servers.settings.limits import matching

PREFIX: Final = "/_worlds/"
"""The path of a server below which its worlds are, by name."""

PLACE: Final = "world "
"""The beginning of the name of a world's place in the state of its server; its id follows."""

EXCHANGES: Final = 200
"""The exchanges that a world keeps: all worlds together must not fill the memory of a server."""

ROOT: Final = "root"
"""The server's own name where a world's is expected. No world can have it."""

NAME: Final = matching(
    rf"(?!{ROOT}$)[a-z0-9](?:[a-z0-9-]{{0,38}}[a-z0-9])?",
    f"1 to 40 small letters, digits and hyphens, no hyphen at the beginning or end, and not {ROOT}",
)
"""The form of a world's name: it is used in URLs, and as a proxy's user name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A world.

    `id` differs from that of earlier worlds with the same name; `used_at` is seconds by the machine's clock. `config`
    is its configuration as JSON, which replaces the server's. `team` made it, if a team's token did.
    """

    name: str
    id: str
    used_at: float
    config: Mapping[str, Any] | None = None
    team: str | None = None

    @property
    def prefix(self) -> str:
        """The path below which all of it is."""
        return f"{PREFIX}{self.name}"


def named_in(path: str) -> str | None:
    """Return the name of the world that a path belongs to; `None` for other paths."""
    return path.removeprefix(PREFIX).partition("/")[0] if path.startswith(PREFIX) else None
