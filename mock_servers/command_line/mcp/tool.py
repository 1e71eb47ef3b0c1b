"""A tool of a coding agent: what it takes, as JSON Schema, and the function that answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mock_servers.configuration.members import MemberError

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a tool answers: a text for people and models, and the same for programs."""

    text: str
    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool. `call` takes the arguments; it raises MemberError for a wrong one, click.ClickException to refuse else.

    `answers` is the JSON Schema of `Result.members`, where it is promised. `only_reads`: it changes nothing;
    `destroys`: it throws something away.
    """

    name: str
    title: str
    description: str
    takes: Mapping[str, Any]
    call: Callable[..., Result]
    answers: Mapping[str, Any] | None = None
    only_reads: bool = False
    destroys: bool = False


NOTHING: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
"""The schema of a tool without arguments."""


def take_nothing(arguments: Arguments) -> None:
    """Raise MemberError for an argument of a tool that has none."""
    for name in arguments:
        raise MemberError(name, "unknown", "no argument")


def alone(arguments: Arguments, name: str) -> bool:
    """Whether an argument is given that stands by itself. Raises MemberError where another is given beside it."""
    others = [each for each in arguments if each != name]
    if name in arguments and others:
        raise MemberError(name, f"given beside {others[0]}", f"{name} by itself")
    return name in arguments
