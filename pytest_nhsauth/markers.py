"""The marker `nhsauth`: the access that a test needs, read and checked before its first fixture is set up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_nhsauth import import_guard

if TYPE_CHECKING:
    from pytest_nhsauth.access import Access

NAME: Final = "nhsauth"
LINE: Final = (
    f"{NAME}(access, level=None, user=None, app=None): what `nhsauth_access_token` and `nhsauth_auth_headers` are. "
    "access is healthcare_worker (level aal1, aal2 or aal3), patient (P0, P5 or P9) or application (level0 or level3); "
    "user is the person's id, app a client id."
)
"""What `pytest --markers` shows."""

EXAMPLE: Final = f'{NAME}(access="healthcare_worker", level="aal3")'


IN_PROCESS: Final = "nhsauth_in_process"
IN_PROCESS_LINE: Final = (
    f"{IN_PROCESS}(reason): the test needs the mock in its own process, as it stops the process's time. A run with "
    "--nhsauth-target skips it and shows the reason."
)

_LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "healthcare_worker": ("aal1", "aal2", "aal3"),
    "patient": ("P0", "P5", "P9"),
    "application": ("level0", "level3"),
}
_KEYWORDS: Final = ("access", "level", "user", "app")


class MarkerError(ValueError):
    """A marker is invalid. One line: what it says, and what is allowed."""


def wanted(node: Any) -> Access | None:
    """Return the access that a test's closest marker requests; None without any. Raises MarkerError."""
    mark: pytest.Mark | None = node.get_closest_marker(NAME)
    if mark is None:
        return None
    if mark.args:
        raise MarkerError(f"@pytest.mark.{NAME} takes keywords alone ({', '.join(_KEYWORDS)}), not {mark.args[0]!r}")
    for name, value in mark.kwargs.items():
        _check_choice("keyword", name, _KEYWORDS)
        if value is not None and not isinstance(value, str):
            raise MarkerError(f"@pytest.mark.{NAME}: {name} is {value!r}; allowed is text")
    return _access(mark.kwargs)


def needs_process(node: Any) -> str | None:
    """Return why a test needs the mock in its own process; None unless it is marked so. Raises MarkerError."""
    mark: pytest.Mark | None = node.get_closest_marker(IN_PROCESS)
    if mark is None:
        return None
    given = [*mark.args, *mark.kwargs.values()]
    if len(given) != 1 or not isinstance(given[0], str) or mark.kwargs.keys() - {"reason"}:
        raise MarkerError(f"@pytest.mark.{IN_PROCESS} takes one text, the reason, and nothing else")
    return given[0]


def _access(given: Mapping[str, str | None]) -> Access:
    access, level, user = given.get("access"), given.get("level"), given.get("user")
    if access is None:
        raise MarkerError(f"@pytest.mark.{NAME}: access is missing; allowed: {', '.join(_LEVELS)}")
    _check_choice("access", access, _LEVELS)
    if level is not None:
        _check_choice(f"level of {access}", level, _LEVELS[access])
    from pytest_nhsauth.access import PROVIDERS, Access  # noqa: PLC0415 - for who uses the marker

    if user is not None and PROVIDERS[access] is None:
        raise MarkerError(
            f"@pytest.mark.{NAME}: user is {user!r}, and an application's access is nobody's: leave it out"
        )
    return Access(access=access, level=level, user=user, app=given.get("app"))


def _check_choice(what: str, word: str, allowed: Collection[str]) -> None:
    if word in allowed:
        return
    meant = import_guard.module("mock_servers.wire.wording").did_you_mean(word, allowed)
    raise MarkerError(f"@pytest.mark.{NAME}: {what} {word!r} is unknown{meant}; allowed: {', '.join(allowed)}")
