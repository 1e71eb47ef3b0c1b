"""How people are offered on a log-in page: by name, level and what they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_servers.pages.content import PersonChoice, RoleChoice
from mock_servers.state.person import Person, roles, userinfo


def person_choice(person: Person) -> PersonChoice:
    """Return what a log-in page says of a person."""
    offered = [_role_choice(person, role) for role in roles(person)]
    return PersonChoice(
        id=person.id,
        name=f"{person.given_name} {person.family_name.title()}",
        level=person.level.upper(),
        description=_description(person, offered),
        roles=offered,
    )


def _role_choice(person: Person, role: Mapping[str, Any]) -> RoleChoice:
    """Name a role by the last of its three quoted parts, and its organisation by name where that is known."""
    code = str(role.get("org_code", ""))
    return RoleChoice(
        id=str(role.get("person_roleid", "")),
        name=str(role.get("role_name", "")).split(":")[-1].strip('"') or "a role without a name",
        organisation=_organisations(person).get(code, code),
    )


def _organisations(person: Person) -> dict[str, str]:
    found = userinfo(person).get("nhsid_user_orgs", [])
    listed = found if isinstance(found, list | tuple) else [found]
    named = [each for each in listed if isinstance(each, Mapping)]
    return {str(each.get("org_code", "")): str(each.get("org_name", "")).title() for each in named}


def _description(person: Person, offered: list[RoleChoice]) -> str:
    if person.acts_for is not None:
        return f"born {person.birthdate}, acts for {person.acts_for}"
    if person.provider == "nhs_login":
        return f"born {person.birthdate}"
    return "; ".join(f"{role.name} at {role.organisation}" for role in offered) or "no role"
