"""The people on a log-in page, by name, level and role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_servers.pages.content import PersonChoice, RoleChoice
from mock_servers.provider.provider import Provider
from mock_servers.state.person import Person, roles, userinfo


def person_choice(provider: Provider, person: Person) -> PersonChoice:
    """Return the choice of a person on a log-in page."""
    organisations = _organisations(provider, person)
    offered = [_role_choice(organisations, role) for role in roles(provider, person)]
    return PersonChoice(
        id=person.id,
        name=f"{person.given_name} {person.family_name.title()}",
        level=person.level.upper(),
        description=_description(provider, person, offered),
        roles=offered,
    )


def _role_choice(organisations: Mapping[str, str], role: Mapping[str, Any]) -> RoleChoice:
    """Name a role by the last of its three quoted parts, and its organisation by name if that is known."""
    code = str(role.get("org_code", ""))
    return RoleChoice(
        id=str(role.get("person_roleid", "")),
        name=str(role.get("role_name", "")).split(":")[-1].strip('"') or "a role without a name",
        organisation=organisations.get(code, code),
    )


def _organisations(provider: Provider, person: Person) -> dict[str, str]:
    found = userinfo(provider, person).get("nhsid_user_orgs", [])
    listed = found if isinstance(found, list | tuple) else [found]
    named = [each for each in listed if isinstance(each, Mapping)]
    return {str(each.get("org_code", "")): str(each.get("org_name", "")).title() for each in named}


def _description(provider: Provider, person: Person, offered: list[RoleChoice]) -> str:
    if person.acts_for is not None:
        return f"born {person.birthdate}, acts for {person.acts_for}"
    if provider.userinfo_rules.shows_birthdate:
        return f"born {person.birthdate}"
    return "; ".join(f"{role.name} at {role.organisation}" for role in offered) or "no role"
