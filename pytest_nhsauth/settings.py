"""The settings of the plugin, decided once: option before environment variable before ini value before default."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import pytest

from pytest_nhsauth import import_guard
from pytest_nhsauth.logs import PROPAGATE

if TYPE_CHECKING:
    from mock_servers.state.configuration import Configuration

T_co = TypeVar("T_co", covariant=True)

_IN_ROOT: Final = "in the rootdir"
_BASE_URL: Final = re.compile(r"https?://[^/?#@\s]+(?:/_worlds/[a-z0-9-]+)?/?")

TOKEN_FLAG: Final = "--nhsauth-target-token"
TOKEN_VARIABLE: Final = "NHSAUTH_CONTROL_TOKEN"
_TOKEN: Final = "nhsauth_target_token"
_IS_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_ALLOWED_IN_TOKEN: Final = "not all of them allowed: ASCII letters, digits and -._~+/ with any = at its end"

SETTINGS: Final = pytest.StashKey["Settings"]()
"""The session's settings, once pytest is configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Generic[T_co]):
    """A value and its source: an option, an environment variable, an ini value, or none."""

    value: T_co
    source: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of the fixtures.

    `config` is the file that was named or found, `configuration` its content; None means the ready-made app and people.
    `target` is the base URL of a running mock that the fixtures use, in a world of the session's own, instead of
    starting one; that mock has its own configuration, and `target_token` is what its control API takes. `env` are the
    templates of `nhsauth_env` by variable. To configure from Python, override the fixture `nhsauth_settings`:
    `return Settings(configuration=…)`.
    """

    config: Decided[Path | None] = Decided(value=None)
    configuration: Configuration | None = None
    target: Decided[str | None] = Decided(value=None)
    target_token: str | None = field(default=None, repr=False)
    env: Mapping[str, str] = field(default_factory=dict)

    def header_line(self) -> str | None:
        """Return the header line with the settings and their sources; None without any."""
        decided = {CONFIG: self.config, TARGET: self.target}
        header_line = [
            f"{name} {each.value} ({each.source})" for name, each in decided.items() if each.value is not None
        ]
        return f"nhsauth: {', '.join(header_line)}" if header_line else None


_NO_FILE: Final[Decided[Path | None]] = Decided(value=None, source=_IN_ROOT)

ENV: Final = "nhsauth_env"
_DECIDED_ELSEWHERE: Final = (PROPAGATE, "nhsauth_real_names", "nhsauth_contract_target", "nhsauth_explain_failures")
_YES: Final = ("1", "true", "yes", "on")
_NO: Final = ("", "0", "false", "no", "off")
CONFIG: Final = "config"
TARGET: Final = "target"
OPTIONS: Final = {
    CONFIG: ("FILE", "configuration of the mock: nhsauth.toml or pyproject.toml"),
    TARGET: ("URL", "a running mock to use instead of starting one"),
}
"""By name, the value and the help of an option. Each can be set in three places that `_places` names."""


def add_options(parser: pytest.Parser) -> None:
    """Make every option known to pytest, in its three places."""
    group = parser.getgroup("nhsauth", "NHS England's API platform, mocked")
    group.addoption(
        TOKEN_FLAG, dest=_TOKEN, metavar="TOKEN", help=f"the control token of that mock; better set [{TOKEN_VARIABLE}]"
    )
    for name, (metavar, purpose) in OPTIONS.items():
        flag, variable, ini = _places(name)
        group.addoption(flag, dest=ini, metavar=metavar, help=f"{purpose} [{variable}]")
        parser.addini(ini, f"{purpose}; {flag} and {variable} come first", default="")
    parser.addini(PROPAGATE, "let the log records of the mock reach the root logger, and caplog", "bool", default=False)
    parser.addini(ENV, "environment variables that the fixture nhsauth_env sets, NAME={token_url} a line", "linelist")


def decide(config: pytest.Config, environ: Mapping[str, str]) -> Settings:
    """Return the settings. Raises pytest.UsageError, in one line, for an invalid one.

    A configuration in the rootdir is found without being named.
    """
    return replace(_mock(config, environ), env=_env(config))


def switched_on_by(config: pytest.Config, environ: Mapping[str, str], flag: str, variable: str, ini: str) -> str | None:
    """Return which of its three places switches something on; None if none does. Raises pytest.UsageError."""
    if config.getoption(ini):
        return flag
    value = environ.get(variable, "")
    if value.lower() not in (*_YES, *_NO):
        allowed = " or ".join(each for each in (*_YES, *_NO) if each)
        raise pytest.UsageError(f"nhsauth: {variable} is {value!r}; allowed: {allowed}")
    if value:
        return variable if value.lower() in _YES else None
    return f"{ini} of the ini" if config.getini(ini) else None


def refuse_unknown(warning: str) -> None:
    """Turn pytest's warning of an unknown ini value that looks like one of ours into an error.

    Raises pytest.UsageError.
    """
    _, header_line, name = warning.strip().partition("Unknown config option: ")
    if header_line and name.startswith("nhsauth"):
        known = [ENV, *(_places(each)[2] for each in OPTIONS), *_DECIDED_ELSEWHERE]
        meant = import_guard.module("mock_servers.wire.wording").did_you_mean(name, known)
        raise pytest.UsageError(f"nhsauth: the ini's {name} is unknown{meant}; allowed: {', '.join(known)}")


def _env(config: pytest.Config) -> Mapping[str, str]:
    lines: list[str] = config.getini(ENV)
    if not lines:
        return {}
    from pytest_nhsauth.env import read  # noqa: PLC0415 - only for such lines

    try:
        return read(lines)
    except ValueError as error:
        raise pytest.UsageError(f"nhsauth: {error} ({ENV} of {_ini_file(config)})") from None


def _ini_file(config: pytest.Config) -> str:
    return config.inipath.name if config.inipath else "pytest"


def _mock(config: pytest.Config, environ: Mapping[str, str]) -> Settings:
    """Decide whether a mock is started, and with which configuration, or which running one is used."""
    named, target = _file(CONFIG, config, environ), _target(config, environ)
    if target.value is not None:
        if named.value is not None:
            raise pytest.UsageError(
                f"nhsauth: config ({named.source}) and target ({target.source}) exclude each other: a running mock has "
                "its own configuration"
            )
        return Settings(target=target, target_token=_token(config, environ))
    try:
        return _of(named.value, named.source) if named.value else _found(config.rootpath)
    except ValueError as error:
        raise pytest.UsageError(f"nhsauth: {error} ({named.source})") from None


def _places(name: str) -> tuple[str, str, str]:
    """Return the names of the command line option, the environment variable and the ini value, which is its dest."""
    return f"--nhsauth-{name}", f"NHSAUTH_{name.upper()}", f"nhsauth_{name}"


def _given(name: str, config: pytest.Config, environ: Mapping[str, str]) -> Iterator[tuple[str, str, Path]]:
    """Yield the values of each place, with their source and the base of relative paths; the first counts."""
    flag, variable, ini = _places(name)
    here, inipath = config.invocation_params.dir, config.inipath
    candidates = (
        (config.getoption(ini), flag, here),
        (environ.get(variable), variable, here),
        (config.getini(ini), f"{ini} of {_ini_file(config)}", inipath.parent if inipath else here),
    )
    yield from ((str(value), source, folder) for value, source, folder in candidates if value)


def _file(name: str, config: pytest.Config, environ: Mapping[str, str]) -> Decided[Path | None]:
    """Return the file that an option names, resolved against the ini file's folder, or the current one."""
    given = _given(name, config, environ)
    return next((Decided(value=folder / value, source=source) for value, source, folder in given), _NO_FILE)


def _target(config: pytest.Config, environ: Mapping[str, str]) -> Decided[str | None]:
    """Return the base URL of a running mock, if one was named. Raises pytest.UsageError for an invalid one."""
    for value, source, _ in _given(TARGET, config, environ):
        if not _BASE_URL.fullmatch(value):
            allowed = "http(s)://host[:port], or a world of it: …/_worlds/NAME"
            raise pytest.UsageError(f"nhsauth: target is {value!r}; allowed: {allowed} ({source})")
        return Decided(value=value.rstrip("/"), source=source)
    return Decided(value=None)


def _token(config: pytest.Config, environ: Mapping[str, str]) -> str | None:
    """Return the control token of a running mock. Raises pytest.UsageError for what can be none."""
    given = ((config.getoption(_TOKEN), TOKEN_FLAG), (environ.get(TOKEN_VARIABLE), TOKEN_VARIABLE))
    token, source = next(((str(each).strip(), place) for each, place in given if each), ("", ""))
    if token and not _IS_TOKEN.fullmatch(token):
        raise pytest.UsageError(f"nhsauth: the token of {source} has {len(token)} characters, {_ALLOWED_IN_TOKEN}")
    return token or None


def _found(root: Path) -> Settings:
    shared = root / "pyproject.toml"
    if not (root / "nhsauth.toml").is_file() and not (shared.is_file() and b"[tool.nhsauth" in shared.read_bytes()):
        return Settings()  # most runs have none, and need no reader
    from pytest_nhsauth.configuration import find  # noqa: PLC0415 - see above

    path = find(root)
    return Settings() if path is None else _of(path, _IN_ROOT)


def _of(path: Path, source: str) -> Settings:
    from pytest_nhsauth.configuration import read  # noqa: PLC0415 - only for a configuration

    return Settings(config=Decided(value=path, source=source), configuration=read(path))
