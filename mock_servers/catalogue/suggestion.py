"""The settings that observations suggest: one for each doubt that an answer has settled differently."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mock_servers.catalogue.entries import entries
from mock_servers.catalogue.observations import Day, Observation
from mock_servers.settings.real_host import Hosts

_UNAUTHORIZED: Final = 401
_UNSUPPORTED_TYPE: Final = 415
_HOSTS: Final = Hosts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting of `nhsauth.toml` that makes the mock answer as observed.

    `value` is written as TOML, `plays` is the word for the hosts that it is about; `calls` says whether an observation
    there suggests it.
    """

    table: str
    key: str
    value: str
    plays: str
    calls: Callable[[Observation], bool]

    def __str__(self) -> str:
        return f"[{self.table}] {self.key} = {self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A setting, and its observations: how often, in which environments, when last."""

    setting: Setting
    count: int
    environments: tuple[str, ...]
    last: str


def _refused_by(*rules: str) -> Callable[[Observation], bool]:
    return lambda seen: seen.verdict == "differs" and bool({*rules} & {*seen.rules}) and seen.answered.code != ""


def _in_words_of_the_ancestor(*, of_client: bool) -> Callable[[Observation], bool]:
    def calls(seen: Observation) -> bool:
        rows = [each for each in entries() if "by the settings" in each.service]
        names = {each.name for each in rows if each.error.sentence == seen.answered.description}
        of_clients = {"ASSERTION_NOT_OF_CLIENT"}
        return seen.verdict == "differs" and bool(names & of_clients if of_client else names - of_clients)

    return calls


def _refused_by_its_type(seen: Observation) -> bool:
    is_ours = seen.predicted is not None and seen.predicted.status == _UNSUPPORTED_TYPE
    return _refused_by("check_content_type_form")(seen) and seen.answered.status == _UNSUPPORTED_TYPE and not is_ours


def _too_low_is_unauthorized(seen: Observation) -> bool:
    return _refused_by("check_scope", "check_scope_by_newest_suite")(seen) and seen.answered.status == _UNAUTHORIZED


def _without_state_or_nonce(seen: Observation) -> bool:
    """Whether one of two rules has refused that refuse only with this setting."""
    return bool(seen.rules) and {*seen.rules} <= {"check_state_present", "check_nonce_present"}


SETTINGS: Final = (
    Setting(
        table="apim",
        key="strict_content_type",
        value="true",
        plays="platform",
        calls=_refused_by_its_type,
    ),
    Setting(
        table="apim",
        key="insufficient_scope_status",
        value="401",
        plays="platform",
        calls=_too_low_is_unauthorized,
    ),
    Setting(
        table="apim",
        key="sandbox_unknown_client",
        value="true",
        plays="platform",
        calls=_refused_by("check_client_known_to_sandbox"),
    ),
    Setting(
        table="cis2",
        key="assurance_levels",
        value='"string"',
        plays="cis2",
        calls=lambda seen: seen.answered.members.get("id_token.id_assurance_level") == "string",
    ),
    Setting(
        table="cis2",
        key="unusable_code",
        value='"ancestor"',
        plays="cis2",
        calls=_in_words_of_the_ancestor(of_client=False),
    ),
    Setting(
        table="cis2",
        key="foreign_assertion",
        value='"ancestor"',
        plays="cis2",
        calls=_in_words_of_the_ancestor(of_client=True),
    ),
    Setting(table="cis2", key="scope_at_token", value='"refuse"', plays="cis2", calls=_refused_by("check_no_scope")),
    Setting(
        table="nhs_login",
        key="strict_authorize",
        value="true",
        plays="nhs_login",
        calls=_without_state_or_nonce,
    ),
)
"""The doubts of docs/configuration.md that an answer can settle."""


def settings_for(seen: Observation, host: str) -> Iterator[Setting]:
    """Yield the settings that an observation of a host suggests."""
    plays = getattr(_HOSTS.find(host), "plays", "")
    yield from (each for each in SETTINGS if each.plays == plays and each.calls(seen))


def suggested(days: Iterable[Day]) -> list[Suggestion]:
    """Return the settings that files of observations suggest, in the order of the file."""
    found: dict[Setting, list[tuple[Day, Observation]]] = {}
    for day in days:
        for seen in day.observations:
            for setting in settings_for(seen, day.host):
                found.setdefault(setting, []).append((day, seen))
    return [
        Suggestion(
            setting=setting,
            count=sum(seen.count for _, seen in found[setting]),
            environments=tuple(sorted({day.environment for day, _ in found[setting]})),
            last=max(day.day for day, _ in found[setting]),
        )
        for setting in SETTINGS
        if setting in found
    ]


def lines(suggestions: Iterable[Suggestion]) -> Iterator[str]:
    """Yield the lines of a `nhsauth.toml`, each table once, with a reason for each setting."""
    table = ""
    for each in suggestions:
        if each.setting.table != table:
            yield from ([""] if table else [])
            table = each.setting.table
            yield f"[{table}]"
        times = "once" if each.count == 1 else f"{each.count} times"
        why = f"observed {times} in {' and '.join(each.environments)}, last {each.last}"
        yield f"{each.setting.key} = {each.setting.value}  # {why}"
