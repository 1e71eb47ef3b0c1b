"""Who can log in: the ready-made people, all of them invented, and the shape of those that a configuration adds.

What a provider tells of a person at userinfo is here too; where the ready-made workers work is `work`'s.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from mock_servers.state.limit import DATE, WORD, Contradictions, one_of
from mock_servers.state.work import PROFESSIONAL_IDS, WORK
from mock_servers.wire.wording import shown

_NAMESPACE: Final = uuid.UUID("7f1f7c1e-5d0c-4f0e-9a43-3a5a7f3a1d10")
"""Fixed, so that a patient's `sub` is the same in every run."""

LEVELS: Final[Mapping[str, Sequence[str]]] = {"cis2": ("aal3", "aal2", "aal1"), "nhs_login": ("P9", "P5", "P0")}
"""By provider, the levels at which its people can log in, the highest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person at one provider.

    `id` is CIS2's twelve-digit user id, or the NHS number; `level` the highest the person can log in at (`aal3`, `P9`);
    `claims` are added to, or take the place of, those of the id token and of userinfo, where null leaves a member out.
    `acts_for` is the NHS number of another patient: the id token is then that patient's, with the person's own as
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
        """A UUID that is always the same for this person: the `sub` of NHS login (D)."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.provider}:{self.id}"))

    def contradictions(self) -> Contradictions:
        """Name a level that is not one of the provider's; its case does not count."""
        levels = LEVELS[self.provider]
        if self.level.lower() not in map(str.lower, levels):
            yield "level", self.level, one_of(*levels)


def _worker(number: str, level: str, family_name: str, given_name: str) -> Person:
    return Person(provider="cis2", id=number, level=level, family_name=family_name, given_name=given_name)


def _patient(
    number: str, level: str, family_name: str, given_name: str, birthdate: str, acts_for: str | None = None
) -> Person:
    return Person(
        provider="nhs_login",
        id=number,
        level=level,
        family_name=family_name,
        given_name=given_name,
        birthdate=birthdate,
        acts_for=acts_for,
    )


READY_MADE: Final = (
    _worker("656005750104", "aal3", "ASHDOWN", "Priya"),
    _worker("656005750105", "aal3", "BIRCHALL", "Tom"),
    _worker("656005750106", "aal3", "CALLOWAY", "Ines"),
    _worker("656005750107", "aal3", "DREWITT", "Omar"),
    _worker("656005750108", "aal3", "ELLERBY", "Ruth"),
    _worker("656005750109", "aal2", "FAIRLAMB", "Joan"),
    _worker("656005750110", "aal1", "GREENSLADE", "Ade"),
    _worker("656005750111", "aal2", "HOLLIN", "Mei"),
    _worker("656005750112", "aal2", "INGLEBY", "Carl"),
    _patient("9912003071", "P9", "MILLARD", "Mona", "1968-02-12"),
    _patient("9912003072", "P5", "NORTHCOTE", "Iain", "1991-07-30"),
    _patient("9912003073", "P0", "OAKDEN", "Lena", "2001-11-05"),
    _patient("9912003101", "P9", "PENHALE", "Rosa", "1994-04-23", acts_for="9912003071"),
)
"""The people of the public test suites by their ids and levels, and one more who acts for another.

Names and dates are ours.
"""

MEMBERS_BY_SCOPE: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "cis2": {
        "openid": ("sub", "nhsid_useruid"),  # the names are documented (D), what they add is inferred (I)
        "profile": ("name", "family_name", "given_name", "uid"),  # (D)
        "email": ("email",),  # (D)
        "nhsperson": ("title", "display_name", "middle_names", "initials", "idassurancelevel"),  # (I)
        "nationalrbacaccess": ("nhsid_nrbac_roles",),  # (S)
        "associatedorgs": ("nhsid_user_orgs",),  # (S)
        "organisationalmemberships": ("nhsid_org_memberships", "nhsid_org_roles"),  # (I)
        "professionalmemberships": PROFESSIONAL_IDS,  # (I)
    },
    "nhs_login": {
        "openid": ("sub", "iss", "aud"),
        "profile": ("nhs_number", "birthdate", "family_name", "identity_proofing_level"),
        "basic_demographics": ("birthdate", "family_name", "identity_proofing_level"),
        "profile_extended": ("given_name",),
        "email": ("email", "email_verified"),
        "phone": ("phone_number", "phone_number_verified", "phone_number_pds_matched"),
        "landline": ("landline_number", "landline_number_verified"),
        "gp_registration_details": ("gp_registration_details",),
        "gp_integration_credentials": ("gp_integration_credentials",),
        "client_metadata": ("client_user_metadata",),
    },
}
"""What each scope adds to userinfo, by whose people log in; all of NHS login's is documented (D)."""

UNKNOWN_AT_LEVEL: Final[Mapping[str, Sequence[str]]] = {
    "P5": ("gp_integration_credentials",),
    "P0": (
        "nhs_number",
        "birthdate",
        "family_name",
        "given_name",
        "phone_number_pds_matched",
        "gp_registration_details",
        "gp_integration_credentials",
    ),
}
"""What a log-in at a level does not tell: nothing that was verified, at P0 (D); the lists are inferred (I)."""


def userinfo(
    person: Person,
    scopes: Collection[str] | None = None,
    *,
    level: str | None = None,
    known: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the members of userinfo in their order, absent ones left out; without `scopes` those of every scope.

    `level` is that of the log-in, the person's own unless given. `known` are members that no person has: `iss`, `aud`,
    `client_user_metadata`; each has its place and its scope.
    """
    reached = (level or person.level).upper()
    members = {**_at_level(_MEMBERS[person.provider](person), reached), **(known or {}), **person.claims}
    hidden = _unasked(person.provider, scopes)
    return {name: value for name, value in members.items() if value is not None and name not in hidden}


def _unasked(provider: str, scopes: Collection[str] | None) -> set[str]:
    by_scope = MEMBERS_BY_SCOPE[provider]
    asked = {name for scope, names in by_scope.items() if scopes is None or scope in scopes for name in names}
    return {name for names in by_scope.values() for name in names} - asked


def _at_level(members: Mapping[str, Any], level: str) -> dict[str, Any]:
    """Leave out what the level does not tell, and say the level itself where it has a place."""
    told = {name: value for name, value in members.items() if name not in UNKNOWN_AT_LEVEL.get(level, ())}
    return told | ({"identity_proofing_level": level} if "identity_proofing_level" in told else {})


def _worker_members(person: Person) -> dict[str, Any]:
    """Return CIS2's members in the order of the public test data (S)."""
    work = WORK.get(person.id, {})
    given_name, family_name = person.given_name.title(), person.family_name.title()
    title, middle_names = work.get("title", "Mx"), work.get("middle_names", "Quill")
    return {
        "nhsid_useruid": person.id,
        "name": f"{family_name.upper()} {given_name.upper()} {title}",
        "given_name": given_name,
        "family_name": family_name,
        "uid": person.id,
        "email": f"{_mailbox(person)}@nhs.example",
        "title": title,
        "initials": f"{given_name[:1]}{middle_names[:1]}",
        "display_name": f"{given_name} {family_name}",
        "middle_names": middle_names,
        "idassurancelevel": "3",
        "nhsid_nrbac_roles": work.get("nhsid_nrbac_roles"),
        "nhsid_user_orgs": work.get("nhsid_user_orgs"),
        "nhsid_org_roles": work.get("nhsid_org_roles"),
        "nhsid_org_memberships": work.get("nhsid_org_memberships"),
        **{name: work.get(name, "") for name in PROFESSIONAL_IDS},
        "sub": person.id,
    }


def _patient_members(person: Person) -> dict[str, Any]:
    """Return NHS login's members, the first eight in the order of a capture (S); telephone numbers are nobody's."""
    number = f"{int(uuid.UUID(person.uuid)) % 1000:03}"
    return {
        "sub": person.uuid,
        "iss": None,
        "aud": None,
        "nhs_number": person.id,
        "birthdate": person.birthdate,
        "family_name": person.family_name,
        "identity_proofing_level": person.level,
        "given_name": person.given_name,
        "email": f"{_mailbox(person)}@mail.example",
        "email_verified": True,
        "phone_number": f"+447700900{number}",
        "phone_number_verified": True,
        "phone_number_pds_matched": True,
        "landline_number": f"+441632960{number}",
        "landline_number_verified": True,
        "gp_registration_details": {"gp_ods_code": "Z9G02"},
        "gp_integration_credentials": {
            "gp_user_id": f"9000000{number}",
            "gp_linkage_key": f"Mock{number}LinkageKey",
            "gp_ods_code": "Z9G02",
        },
        "client_user_metadata": None,
    }


_MEMBERS: Final[Mapping[str, Callable[[Person], dict[str, Any]]]] = {
    "cis2": _worker_members,
    "nhs_login": _patient_members,
}


def _mailbox(person: Person) -> str:
    return re.sub(r"[^a-z0-9.]", "", f"{person.given_name}.{person.family_name}".lower())


def roles(person: Person) -> list[Mapping[str, Any]]:
    """Return the person's roles, `nhsid_nrbac_roles`; a configuration may give a single one without a list (S)."""
    found = userinfo(person).get("nhsid_nrbac_roles", [])
    listed = found if isinstance(found, list | tuple) else [found]
    return [role for role in listed if isinstance(role, Mapping)]


def selected_roleid(person: Person, chosen: str | None = None) -> str | None:
    """Return the role a person acts in: the one chosen, else her first, `None` for who has none. Raises LookupError."""
    known = [str(role["person_roleid"]) for role in roles(person) if "person_roleid" in role]
    if not chosen:
        return known[0] if known else None
    if chosen not in known:
        raise LookupError(f"user {person.id} has no role {shown(chosen)}: she has {', '.join(known) or 'none'}")
    return chosen


def id_token_claims(person: Person) -> dict[str, Any]:
    """Return those of the person's `claims` that belong into an id token: not what is told at userinfo alone."""
    return {name: value for name, value in person.claims.items() if name not in _AT_USERINFO_ALONE}


_AT_USERINFO_ALONE: Final = frozenset(
    name
    for provider, scopes in (
        ("cis2", ("nationalrbacaccess", "associatedorgs", "organisationalmemberships", "professionalmemberships")),
        (
            "nhs_login",
            ("phone", "landline", "gp_registration_details", "gp_integration_credentials", "client_metadata"),
        ),
    )
    for scope in scopes
    for name in MEMBERS_BY_SCOPE[provider][scope]
)
