"""How a command ends that is not done: one line on stderr and exit code 1 or 2, never a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click


class AnswerIsNo(click.ClickException):
    """The answer is no: exit code 1."""

    exit_code = 1


class Misuse(click.ClickException):
    """What was given cannot be used: exit code 2."""

    exit_code = 2


class ExistingFile(click.Path):
    """The path of a file that exists. Any other path is refused in one line, without the command's usage."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, exists=True, dir_okay=False)

    def fail(self, message: str, param: click.Parameter | None = None, ctx: click.Context | None = None) -> NoReturn:  # noqa: ARG002 - click's signature
        """End the command as misuse."""
        raise Misuse(message if param is None else f"{param.get_error_hint(None)}: {message}")


@contextmanager
def misuse(*errors: type[Exception]) -> Iterator[None]:
    """End the command with exit code 2 and the error's own words, when one of these is raised."""
    try:
        yield
    except errors as error:
        raise Misuse("\n".join(" ".join(line.split()) for line in str(error).splitlines())) from None
