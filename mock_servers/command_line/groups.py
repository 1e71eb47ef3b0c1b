"""The help of `nhsauth`: its commands in groups, by what brings somebody here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import click

GROUPS: Final[Mapping[str, Sequence[str]]] = {
    "The real service refused you": ("explain", "errors", "watch"),
    "A mock on your machine": ("serve", "run", "env", "demo", "token"),
    "In CI": ("contract", "client-contract", "summary"),
    "More": ("config", "keys", "mcp", "state", "worlds"),
}
"""The names of the commands by the title of their group, both in the order of the help."""


class GroupedCommands(click.Group):
    """A group of commands whose help shows them below the titles of GROUPS."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the help."""
        return [name for names in GROUPS.values() for name in names]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the same
        """Write a section for each group, the columns of all of them in line."""
        widest = max(map(len, self.commands))
        for title, names in GROUPS.items():
            with formatter.section(title):
                limit = formatter.width - widest - 6
                rows = [(name.ljust(widest), self.commands[name].get_short_help_str(limit)) for name in names]
                formatter.write_dl(rows)
