"""The people who can log in: ready-made ones, all invented, and those of a configuration.

Their data, and what userinfo returns about them, is each provider's.
"""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Annotated, Any, Final

from mock_servers.provider.provider import Provider, UserinfoRules
from mock_servers.provider.providers import PROVIDERS
from mock_servers.settings.limits import DATE, WORD, Contradictions, one_of
from mock_servers.wire.wording import shown

_MOST: Final = 50
"""The largest number of people that a sentence lists."""
_NAMESPACE: Final = uuid.UUID("7f1f7c1e-5d0c-4f0e-9a43-3a5a7f3a1d10")
"""Fixed, so that a patient's `sub` is the same in every run."""

LEVELS: Final[Mapping[str, Sequence[str]]] = {each.name: tuple(each.levels) for each in PROVIDERS}
"""By provider, the levels at which its people can log in, the highest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person at one provider.

    `id` is CIS2's twelve-digit user id, or the NHS number; `level` the highest level at which the person can log in
    (`aal3`, `P9`). `claims` are added to those of the id token and of userinfo, or replace them; null leaves a member
    out. `acts_for` is the NHS number of another patient: the id token is then that patient's, with the person's own as
    `act.sub`.
    """

    provider: Annotated[str, one_of(*LEVELS)]
    id: Annotated[str, WORD]
    level: str
    family_name: str = "EXAMPLE"
    given_name: str = "Sam"
    birthdate: Annotated[str, DATE] = "1980-01-31"
    acts_for: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)

    @property
    def uuid(self) -> str:
        """A UUID that stays the same for this person: the `sub` of NHS login (D)."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.provider}:{self.id}"))

    def contradictions(self) -> Contradictions:
        """Yield a level that the provider does not have; case does not matter."""
        levels = LEVELS[self.provider]
        if self.level.lower() not in map(str.lower, levels):
            yield "level", self.level, one_of(*levels)


def people_of(providers: Iterable[Provider]) -> tuple[Person, ...]:
    """Return the people of each provider who exist at the start."""
    return tuple(Person(provider=provider.name, **each) for provider in providers for each in provider.ready_made)


def everybody(providers: Iterable[Provider], more: Iterable[Person]) -> tuple[Person, ...]:
    """Return all people; a later one replaces a ready-made one with the same id."""
    return tuple({(each.provider, each.id): each for each in (*people_of(providers), *more)}.values())


class Roster:
    """The people of each provider and level, in the order in which they came; computed once for all people."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._by_provider: dict[str, dict[str, list[tuple[int, str]]]] = {}
        for place, person in enumerate(people):
            self._by_provider.setdefault(person.provider, {}).setdefault(person.level, []).append((place, person.id))

    def able(self, provider: str, is_enough: Callable[[str], bool]) -> Iterator[str]:
        """Return the ids of the people whose highest level is sufficient."""
        levels = self._by_provider.get(provider, {})
        return (each for _, each in heapq.merge(*(ids for level, ids in levels.items() if is_enough(level))))

    def first(self, provider: str, is_enough: Callable[[str], bool]) -> str | None:
        """Return the id of the first person whose highest level is sufficient."""
        return next(self.able(provider, is_enough), None)

    def count(self, provider: str, is_enough: Callable[[str], bool]) -> int:
        """Return the number of people whose highest level is sufficient."""
        return sum(len(ids) for level, ids in self._by_provider.get(provider, {}).items() if is_enough(level))

    def listed(self, provider: str, *, with_levels: bool = True) -> str:
        """List the people who can log in at a provider: the first ones, and how many more there are."""
        levels = self._by_provider.get(provider, {})
        everybody = heapq.merge(*([(*each, level) for each in ids[:_MOST]] for level, ids in levels.items()))
        words = [f"{own} ({level})" if with_levels else own for _, own, level in islice(everybody, _MOST)]
        more = self.count(provider, lambda _: True) - len(words)
        return f"{', '.join(words)}{f' and {more} more' if more else ''}"


READY_MADE: Final = people_of(PROVIDERS)
"""The people of the public test suites, with their ids and levels, and one more who acts for another."""


def userinfo(
    provider: Provider,
    person: Person,
    scopes: Collection[str] | None = None,
    *,
    level: str | None = None,
    known: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the members of userinfo in their order, without absent ones; without `scopes` those of every scope.

    `level` is that of the log-in, by default the person's own. `known` are members that are not the person's: `iss`,
    `aud`, `client_user_metadata`; each has its place and its scope.
    """
    userinfo_rules, asked = provider.userinfo_rules, (level or person.level).lower()
    reached = next((each for each in provider.levels if each.lower() == asked), asked)
    members = {**_at_level(provider, userinfo_rules.members(person), reached), **(known or {}), **person.claims}
    hidden = _unasked(userinfo_rules, scopes)
    return {name: value for name, value in members.items() if value is not None and name not in hidden}


def _unasked(userinfo_rules: UserinfoRules, scopes: Collection[str] | None) -> set[str]:
    by_scope = userinfo_rules.by_scope
    asked = {name for scope, names in by_scope.items() if scopes is None or scope in scopes for name in names}
    return {name for names in by_scope.values() for name in names} - asked


def _at_level(provider: Provider, members: Mapping[str, Any], level: str) -> dict[str, Any]:
    """Remove the members that a log-in at this level does not return, and set the level where it has a place."""
    unknown = provider.userinfo_rules.unknown_at_level.get(level, ())
    allowed = {name: value for name, value in members.items() if name not in unknown}
    return allowed | ({provider.level_claim: level} if provider.level_claim in allowed else {})


def roles(provider: Provider, person: Person) -> list[Mapping[str, Any]]:
    """Return the person's roles, `nhsid_nrbac_roles`; a configuration may give a single one without a list (S)."""
    found = userinfo(provider, person).get("nhsid_nrbac_roles", [])
    listed = found if isinstance(found, list | tuple) else [found]
    return [role for role in listed if isinstance(role, Mapping)]


def selected_roleid(provider: Provider, person: Person, chosen: str | None = None) -> str | None:
    """Return the role a person acts in: the chosen one, else their first, `None` without roles. Raises LookupError."""
    known = [str(role["person_roleid"]) for role in roles(provider, person) if "person_roleid" in role]
    if not chosen:
        return known[0] if known else None
    if chosen not in known:
        raise LookupError(f"user {person.id} has no role {shown(chosen)}: she has {', '.join(known) or 'none'}")
    return chosen


def id_token_claims(provider: Provider, person: Person) -> dict[str, Any]:
    """Return those of the person's `claims` that go in an id token: not those of userinfo only."""
    userinfo_rules = provider.userinfo_rules
    elsewhere = {name for scope in userinfo_rules.at_userinfo_alone for name in userinfo_rules.by_scope[scope]}
    return {name: value for name, value in person.claims.items() if name not in elsewhere}
