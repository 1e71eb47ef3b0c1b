"""What the plugin was told, decided once: option before environment variable before ini value before default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import pytest

if TYPE_CHECKING:
    from mock_servers.configuration import Configuration

T_co = TypeVar("T_co", covariant=True)

_IN_ROOT: Final = "in the rootdir"

SETTINGS: Final = pytest.StashKey["Settings"]()
"""Where the session's settings are, from the moment when pytest is configured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Generic[T_co]):
    """A value and who decided it: an option, an environment variable, an ini value, or nobody."""

    value: T_co
    source: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the fixtures are built from.

    `config` is the file that was named or found, `configuration` what it says; None means the ready-made app and
    people. To configure from Python, override the fixture `nhsauth_settings`: `return Settings(configuration=…)`.
    """

    config: Decided[Path | None] = Decided(value=None)
    configuration: Configuration | None = None

    def told(self) -> str | None:
        """Return a line that says what was decided and by whom; None when nothing was."""
        if self.config.value is None:
            return None
        return f"nhsauth: config {self.config.value} ({self.config.source})"


CONFIG: Final = "config"
OPTIONS: Final = {CONFIG: ("FILE", "configuration of the mock: nhsauth.toml or pyproject.toml")}
"""By name what an option is given, and what it is for. Each can be set in three places that `_places` names."""


def add_options(parser: pytest.Parser) -> None:
    """Make every option known to pytest, in its three places."""
    group = parser.getgroup("nhsauth", "NHS England's API platform, mocked")
    for name, (metavar, purpose) in OPTIONS.items():
        flag, variable, ini = _places(name)
        group.addoption(flag, dest=ini, metavar=metavar, help=f"{purpose} [{variable}]")
        parser.addini(ini, f"{purpose}; {flag} and {variable} come first", default="")


def decide(config: pytest.Config, environ: Mapping[str, str]) -> Settings:
    """Return what was set. Raises pytest.UsageError, in one line, for a configuration that cannot be used.

    A configuration in the rootdir is found without being named.
    """
    named = _file(CONFIG, config, environ)
    try:
        return _of(named.value, named.source) if named.value else _found(config.rootpath)
    except ValueError as error:
        raise pytest.UsageError(f"nhsauth: {error} ({named.source})") from None


def _places(name: str) -> tuple[str, str, str]:
    """Return the names of the command line option, the environment variable and the ini value, which is its dest."""
    return f"--nhsauth-{name}", f"NHSAUTH_{name.upper()}", f"nhsauth_{name}"


def _file(name: str, config: pytest.Config, environ: Mapping[str, str]) -> Decided[Path | None]:
    """Return the file that an option names, from where it counts: the ini file's folder, or where pytest was called."""
    flag, variable, ini = _places(name)
    here, inipath = config.invocation_params.dir, config.inipath
    candidates = (
        (config.getoption(ini), flag, here),
        (environ.get(variable), variable, here),
        (config.getini(ini), f"{ini} of {inipath.name if inipath else 'pytest'}", inipath.parent if inipath else here),
    )
    decided = (Decided(value=folder / str(value), source=source) for value, source, folder in candidates if value)
    return next(decided, Decided(value=None, source=_IN_ROOT))


def _found(root: Path) -> Settings:
    shared = root / "pyproject.toml"
    if not (root / "nhsauth.toml").is_file() and not (shared.is_file() and b"[tool.nhsauth" in shared.read_bytes()):
        return Settings()  # which spares almost everybody the import of what reads configurations
    from mock_servers.configuration_file import find  # noqa: PLC0415 - see above

    path = find(root)
    return Settings() if path is None else _of(path, _IN_ROOT)


def _of(path: Path, source: str) -> Settings:
    from mock_servers.configuration_file import read  # noqa: PLC0415 - only who has a configuration pays for reading it

    return Settings(config=Decided(value=path, source=source), configuration=read(path))
