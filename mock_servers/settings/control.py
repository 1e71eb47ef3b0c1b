"""Who may use the control API, and how many worlds there may be: the settings, and where the root token is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Final

from mock_servers.settings.limits import TEXT, TIMES, Contradictions, Limit, matching
from mock_servers.wire.wording import cut, shown

VARIABLE: Final = "NHSAUTH_CONTROL_TOKEN"
"""The environment variable of a token: a server's root token, or the token that a client sends."""

VARIABLE_OF_FILE: Final = f"{VARIABLE}_FILE"

WORLDS: Final = 200
"""Worlds that a server without teams has at most, unless it is set."""
_LARGEST: Final = 4096

TOKEN: Final = matching(
    r"[A-Za-z0-9._~+/-]+=*",
    "a token as RFC 6750 has it: ASCII letters, digits and -._~+/ with any = at its end; not empty",
    secret=True,
)
TEAM: Final = matching(r"[A-Za-z0-9_-]{1,40}", "the name of a team: 1 to 40 ASCII letters, digits, _ and -")


class ControlTokenError(ValueError):
    """No root token can be used. The message names the variable, the file or the setting, and what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSettings:
    """Who may use the control API of `nhsauth serve`, below `/_nhsauth/`.

    `token` is the root token, or `token_file` a file that holds it; NHSAUTH_CONTROL_TOKEN and
    NHSAUTH_CONTROL_TOKEN_FILE come before both. Without one, everybody who can reach the API may use it. `teams` are
    the tokens of teams by name: each may make up to `worlds_each` worlds, and controls these alone. `worlds` is how
    many worlds there may be in all: by default 200, and with teams `worlds_each` for each team.
    """

    token: Annotated[str, TOKEN] | None = field(default=None, repr=False)
    token_file: Annotated[str, TEXT] | None = None
    worlds: Annotated[int, TIMES] | None = None
    worlds_each: Annotated[int, TIMES] = 20
    teams: Mapping[Annotated[str, TEAM], Annotated[str, TOKEN]] = field(default_factory=dict, repr=False)

    @property
    def is_open(self) -> bool:
        """Whether the control API asks for no token."""
        return self.token is None and self.token_file is None and not self.teams

    @property
    def most_worlds(self) -> int:
        """How many worlds there may be in all."""
        return self.worlds or len(self.teams) * self.worlds_each or WORLDS

    def found_from(self, folder: Path) -> ControlSettings:
        """Return the same settings, with a relative file resolved against a folder.

        Whether the file is there matters to `nhsauth serve` alone.
        """
        return self if self.token_file is None else replace(self, token_file=str(folder / self.token_file))

    def contradictions(self) -> Contradictions:
        """Yield a root token that is given twice, tokens that several have, and too few worlds for the teams."""
        if self.token is not None and self.token_file is not None:
            yield "token_file", self.token_file, Limit(allowed="left out beside token", holds=lambda _: False)
        known = {self.token: "the root token"}
        for team, token in self.teams.items():
            if token in known:
                once = Limit(allowed=f"another token than {known[token]}", holds=lambda _: False, secret=True)
                yield f"teams.{team}", token, once
            known.setdefault(token, f"that of {team}")
        shares = len(self.teams) * self.worlds_each
        if self.worlds is not None and self.worlds < shares:
            words = f"at least {shares}, for {len(self.teams)} teams of worlds_each = {self.worlds_each}"
            yield "worlds", self.worlds, Limit(allowed=words, holds=lambda number: number >= shares)


def with_root_token(settings: ControlSettings, environ: Mapping[str, str]) -> ControlSettings:
    """Return the settings with the root token in `token`, from the environment, the setting, or its file.

    Raises ControlTokenError for a token that cannot be used, and for teams without a root token.
    """
    token = _given(settings, environ)
    if token is None:
        if settings.teams:
            raise ControlTokenError(
                "control.teams names teams, and there is no root token; allowed: teams beside [control] token, "
                f"token_file, {VARIABLE} or {VARIABLE_OF_FILE}"
            )
        return settings
    for team, other in settings.teams.items():
        if other == token:
            raise ControlTokenError(f"control.teams.{team} is the root token; allowed: another token for each")
    return replace(settings, token=token, token_file=None)


def _given(settings: ControlSettings, environ: Mapping[str, str]) -> str | None:
    if VARIABLE in environ and VARIABLE_OF_FILE in environ:
        raise ControlTokenError(f"{VARIABLE} and {VARIABLE_OF_FILE} are both set; allowed: one of them")
    if VARIABLE in environ:
        return _checked(environ[VARIABLE], VARIABLE)
    if VARIABLE_OF_FILE in environ:
        return _in_file(Path(environ[VARIABLE_OF_FILE]), VARIABLE_OF_FILE)
    return settings.token if settings.token_file is None else _in_file(Path(settings.token_file), "control.token_file")


def _in_file(path: Path, source: str) -> str:
    """Return the token in a file, without the line break that editors put at its end."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise ControlTokenError(
            f"{source} is {shown(str(path))}, which cannot be read ({error.strerror}); allowed: a file with a token"
        ) from None
    return _checked(content.decode(errors="replace").rstrip("\r\n"), f"The token in {shown(str(path))} ({source})")


def _checked(token: str, source: str) -> str:
    if not token:
        raise ControlTokenError(f"{source} is empty; allowed: {TOKEN.allowed}")
    if len(token) > _LARGEST or not TOKEN.holds(token):
        raise ControlTokenError(f"{source} is {cut(token)}; allowed: {TOKEN.allowed}")
    return token
