"""How a command ends that is not done: one line on stderr and exit code 1 or 2, never a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click


class No(click.ClickException):
    """The answer is no: exit code 1."""

    exit_code = 1


class Misuse(click.ClickException):
    """What was given cannot be used: exit code 2."""

    exit_code = 2


@contextmanager
def misuse(*kinds: type[Exception]) -> Iterator[None]:
    """End the command with exit code 2 and the error's own words, on one line, when one of these is raised."""
    try:
        yield
    except kinds as error:
        raise Misuse(" ".join(str(error).split())) from None
