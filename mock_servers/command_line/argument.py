"""How a command takes an argument that click would misread."""

from __future__ import annotations

import click


class TakesPem(click.Command):
    """A command whose argument may begin as PEM does: click would take that for an option, and print it whole."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put such an argument behind all options."""
        pem = [each for each in args if each.startswith("-----")]
        rest = [each for each in args if each not in pem]
        return super().parse_args(ctx, [*rest, "--", *pem] if pem else rest)
