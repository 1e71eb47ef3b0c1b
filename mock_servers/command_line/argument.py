"""How a command takes an argument that click would misread."""

from __future__ import annotations

import re
from typing import Final

import click

_VALUE: Final = re.compile(r"-----.*|-[A-Za-z0-9_.~+/=-]{15,}", re.DOTALL)
"""PEM, or a code, key or token: one in 64 begins with a hyphen. No option of ours is so long."""


class TakesValue(click.Command):
    """A command whose argument may begin with a hyphen: click would take that for an option, and print it whole."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put such an argument behind all options."""
        if "--" in args:
            return super().parse_args(ctx, args)
        options = [each for parameter in self.params for each in parameter.opts]
        values = [each for each in args if _VALUE.fullmatch(each) and each.partition("=")[0] not in options]
        rest = [each for each in args if each not in values]
        return super().parse_args(ctx, [*rest, "--", *values] if values else rest)
