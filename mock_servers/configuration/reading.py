"""Reads `nhsauth.toml`, or the table `[tool.nhsauth]` of a pyproject.toml, into a Configuration.

A member's annotation says what it must be. The code that gets the Configuration decides what it means.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from mock_servers.configuration import members
from mock_servers.configuration.members import MemberError
from mock_servers.settings.control import ControlSettings
from mock_servers.settings.limits import IN_FILE, KEY_SET, TEXT, WORD, Contradictions, Limit
from mock_servers.settings.real_host import RealHost
from mock_servers.settings.sections import (
    EvidenceSettings,
    ProviderSettings,
    ServerSettings,
    StateSettings,
    WatchSettings,
)
from mock_servers.state.app import App, Registration, own_key_name
from mock_servers.state.configuration import READY_MADE_APP, REALM, Configuration
from mock_servers.state.person import Person

T = TypeVar("T")

_PYPROJECT: Final = "pyproject.toml"
_OF_SERVER: Final = ("public_urls", "trusted_proxies", "allow_hosts", "hosts", "test_suite_hosts", "control", "source")
_NAMES: Final = f"nhsauth.toml, or a {_PYPROJECT} with a table [tool.nhsauth]"


class ConfigurationError(ValueError):
    """A configuration file is invalid. A line for each error: the file, the member, what was found, what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldApp(App):
    """A registered app, in place of the ready-made one.

    `client_id` is its API key. Its public keys are `jwks`, or at `jwks_url`; without either the mock makes a key pair,
    unless `make_key` is false: then the app has no key. `kid` is the name of the key that the mock signs with. Empty
    `environments` mean the one that the mock plays. `subscribed = false`: it has products, but none that covers the
    token service. `quota_per_minute` 0 means no quota.
    """

    client_secret: Annotated[str, WORD] = READY_MADE_APP.client_secret
    name: Annotated[str, TEXT] = ""
    key_name: str | None = field(default=None, init=False)
    registration: Registration | None = field(default=None, init=False)
    private_key: Path | None = field(default=None, init=False)
    make_key: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AppEntry(WorldApp):
    """A registered app, in place of the ready-made one.

    `client_id` is its API key. Its public keys are `jwks` (a file or an inline table), or at `jwks_url`, or those of
    `private_key`, a PEM file that the mock signs with; without any of them the mock makes a key pair, unless `make_key`
    is false: then the app has no key. `kid` is the name of the key that the mock signs with. Empty `environments` mean
    the one that the mock plays. `subscribed = false`: it has products, but none that covers the token service.
    `quota_per_minute` 0 means no quota.
    """

    jwks: Annotated[Mapping[str, Any], KEY_SET, IN_FILE] | Annotated[Mapping[str, Any], KEY_SET] | None = None
    private_key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEntry(Person):
    """A person, with the members of a Person; `claims_file` is a JSON file with the `claims`."""

    claims_file: Annotated[Mapping[str, Any], IN_FILE] | None = None

    def contradictions(self) -> Contradictions:
        """Yield the contradictions of a Person, and claims that are given twice."""
        yield from Person.contradictions(self)
        if self.claims and self.claims_file is not None:
            yield "claims", self.claims, Limit(allowed="left out beside claims_file", holds=lambda value: not value)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEntry(RealHost):
    """A host that the mock plays under its real name, besides the known ones: an API platform, or a provider."""

    plays: Literal["platform", "cis2", "nhs_login", "realms"]
    evidence: str = field(default="I", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileConfiguration(Configuration):
    """The settings of the mock servers. Paths are relative to the file.

    `public_urls` are further names of the mock, as containers see it; `trusted_proxies` the addresses and networks
    whose `X-Forwarded-*` count; `allow_hosts` the hosts, besides loopback and private ones, from which key sets may be
    fetched, and where `apis` may be. `apps` replace the ready-made app, `users` are added to the ready-made people,
    `apis` are your own APIs behind the gateway, `hosts` further real hosts. `test_suite_hosts`: also play the hosts
    that public test suites call, such as api.enterprise.apigee.com.
    """

    apps: tuple[AppEntry, ...] = ()
    users: tuple[UserEntry, ...] = ()
    hosts: tuple[HostEntry, ...] = ()
    private_keys: Mapping[str, Path] = field(default_factory=dict, init=False)
    source: str = field(default="", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldProvider(ProviderSettings):
    """One identity provider of a world; it signs with the server's key."""

    signing_key: Path | None = field(default=None, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldConfiguration(Configuration):
    """The configuration of a world, in place of the server's.

    Its members are those of nhsauth.toml, except for files, names, hosts and proxies, which are the server's.
    """

    public_urls: tuple[str, ...] = field(default=(), init=False)
    trusted_proxies: tuple[str, ...] = field(default=(), init=False)
    allow_hosts: tuple[str, ...] = field(default=(), init=False)
    cis2: WorldProvider = field(default_factory=WorldProvider)
    nhs_login: WorldProvider = field(default_factory=WorldProvider)
    realms: Mapping[Annotated[str, REALM], WorldProvider] = field(default_factory=dict)
    apps: tuple[WorldApp, ...] = ()
    private_keys: Mapping[str, Path] = field(default_factory=dict, init=False)
    hosts: tuple[RealHost, ...] = field(default=(), init=False)
    test_suite_hosts: bool = field(default=False, init=False)
    server: ServerSettings = field(default_factory=ServerSettings, init=False)
    control: ControlSettings = field(default_factory=ControlSettings, init=False)
    state: StateSettings = field(default_factory=StateSettings, init=False)
    watch: WatchSettings = field(default_factory=WatchSettings, init=False)
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings, init=False)
    source: str = field(default="", init=False)


def of_world(given: Mapping[str, Any] | None, server: Configuration) -> Configuration:
    """Return the configuration of a world: what was given for it, else the server's.

    Names, hosts, proxies and key files are the server's. Raises MemberError.
    """
    own = server if given is None else _of_world(given)
    return replace(
        own,
        **{name: getattr(server, name) for name in _OF_SERVER},
        cis2=replace(own.cis2, signing_key=None),
        nhs_login=replace(own.nhs_login, signing_key=None),
        realms={name: replace(realm, signing_key=None) for name, realm in own.realms.items()},
        private_keys={},
    )


def for_world(configuration: Configuration) -> dict[str, Any]:
    """Return the members that are not the default, as JSON. `of_world` makes the same configuration of them.

    The mock names the keys that it makes, so `key_name` becomes `make_key`. Members that a world cannot have, such as
    `private_keys`, stay: the server refuses them by name.
    """
    given = _changed(replace(configuration, source=""))
    for entry in given.get("apps", ()):
        entry["make_key"] = entry.pop("key_name", None) is not None
    return given


def _changed(record: Any) -> dict[str, Any]:
    made = {each.name: (getattr(record, each.name), _default(each)) for each in fields(record)}
    return {name: _json(value) for name, (value, default) in made.items() if value != default}


def _default(member: Field[Any]) -> Any:
    return member.default if member.default_factory is MISSING else member.default_factory()


def _json(value: Any) -> Any:
    if is_dataclass(value):
        return _changed(value)
    if isinstance(value, Mapping):
        return {name: _json(each) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return [_json(each) for each in value]
    return str(value) if isinstance(value, Path) else value


def _of_world(given: Mapping[str, Any]) -> Configuration:
    read = members.read(WorldConfiguration, given, where="config")
    return _as(
        Configuration,
        read,
        cis2=_as(ProviderSettings, read.cis2),
        nhs_login=_as(ProviderSettings, read.nhs_login),
        realms={name: _as(ProviderSettings, realm) for name, realm in read.realms.items()},
        apps=tuple(map(_app, range(len(read.apps)), read.apps)) if "apps" in given else (READY_MADE_APP,),
    )


def read(path: Path) -> Configuration:
    """Return the configuration in a file. Raises ConfigurationError with all errors of the file."""
    where, table = _table(path)
    return _made(table, where, f"{path}: ", path.parent.absolute())


def changed(path: Path | None, settings: Mapping[str, Any]) -> Configuration:
    """Return the configuration in a file, if any, with `settings` replacing its members of these names.

    Relative paths in them start from the current folder. Raises ConfigurationError, as `read` does.
    """
    own = _made(settings, "", "", Path.cwd())
    if path is None:
        return own
    named = {*settings, *(["private_keys"] if "apps" in settings else [])}
    taken: dict[str, Any] = {each.name: getattr(own, each.name) for each in fields(own) if each.name in named}
    return replace(read(path), **taken)


def _made(table: Any, where: str, source: str, folder: Path) -> Configuration:
    try:
        given = members.read(FileConfiguration, table, where=where, folder=folder)
    except MemberError as error:
        raise ConfigurationError("\n".join(f"{source}{line}" for line in str(error).splitlines())) from None
    return _as(
        Configuration,
        given,
        apps=tuple(map(_app, range(len(given.apps)), given.apps)) if "apps" in table else (READY_MADE_APP,),
        users=tuple(_as(Person, user, claims=user.claims_file or user.claims) for user in given.users),
        hosts=tuple(_as(RealHost, host) for host in given.hosts),
        private_keys={entry.client_id: entry.private_key for entry in given.apps if entry.private_key},
        control=given.control.found_from(folder),
        state=given.state.found_from(folder),
        source=f"{source}{where}." if where else source,
    )


def find(folder: Path) -> Path | None:
    """Return the folder's nhsauth.toml, else its pyproject.toml with a table [tool.nhsauth], else None: the defaults.

    Raises ConfigurationError for an unreadable pyproject.toml.
    """
    own, shared = folder / "nhsauth.toml", folder / _PYPROJECT
    if own.is_file():
        return own
    return shared if shared.is_file() and _shared_table(_parsed(shared)) is not None else None


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **members.schema(FileConfiguration),
        "title": "nhsauth.toml",
    }


def _table(path: Path) -> tuple[str, Any]:
    """Return the place of the settings in the file, and the settings."""
    whole = _parsed(path)
    if path.name != _PYPROJECT:
        return "", whole
    table = _shared_table(whole)
    if table is None:
        raise ConfigurationError(f"{path} has no table [tool.nhsauth]; allowed: {_NAMES}")
    return "tool.nhsauth", table


def _shared_table(whole: Mapping[str, Any]) -> Any | None:
    tool = whole.get("tool")
    return tool.get("nhsauth") if isinstance(tool, Mapping) else None


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))  # editors on Windows write the mark
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({error.strerror}); allowed: {_NAMES}") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 (byte {error.start + 1}); allowed: TOML in UTF-8") from None
    except ValueError as error:
        raise ConfigurationError(f"{path} is not TOML: {_one_line(error)}") from None
    except RecursionError:
        raise ConfigurationError(f"{path} is nested too deep to be read") from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _app(index: int, entry: WorldApp) -> App:
    """Make an app of an entry: with a name and, if need be, a key."""
    app = _as(App, entry, name=entry.name or f"app {entry.client_id}")
    if entry.private_key is not None:
        return replace(app, key_name=own_key_name(app.client_id), kid=app.kid or _only_kid(app.jwks))
    if app.has_keys or not entry.make_key:
        return app
    if index == 0:
        return replace(app, key_name=READY_MADE_APP.key_name, kid=app.kid or READY_MADE_APP.kid)
    return replace(app, key_name=f"app-{index + 1}", kid=app.kid or f"app-{index + 1}")


def _as(kind: type[T], entry: T, **changes: Any) -> T:
    """Convert an entry of the file to the platform's type, which has fewer members."""
    return kind(**{each.name: getattr(entry, each.name) for each in fields(kind)} | changes)  # type: ignore[arg-type] # an entry has all members of its kind


def _only_kid(jwks: Mapping[str, Any] | None) -> str | None:
    """Return the kid of a set's only key: a private key beside the set must sign with it."""
    keys = jwks["keys"] if jwks else []
    kid = keys[0].get("kid") if len(keys) == 1 else None
    return kid if isinstance(kid, str) else None
