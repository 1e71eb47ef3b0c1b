"""Who can log in: the ready-made people, all of them invented, and the shape of those that a configuration adds."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_NAMESPACE: Final = uuid.UUID("7f1f7c1e-5d0c-4f0e-9a43-3a5a7f3a1d10")
"""Fixed, so that a patient's `sub` is the same in every run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person at one provider.

    `id` is CIS2's twelve-digit user id, or the NHS number; `level` the highest the person can log in at (`aal3`, `P9`);
    `claims` are added to, or take the place of, those of the id token.
    """

    provider: str
    id: str
    level: str
    family_name: str = "EXAMPLE"
    given_name: str = "Sam"
    birthdate: str = "1980-01-31"
    claims: Mapping[str, Any] = field(default_factory=dict)

    @property
    def uuid(self) -> str:
        """A UUID that is always the same for this person: the `sub` of NHS login (D)."""
        return str(uuid.uuid5(_NAMESPACE, f"{self.provider}:{self.id}"))


def _worker(number: str, level: str, family_name: str, given_name: str) -> Person:
    return Person(provider="cis2", id=number, level=level, family_name=family_name, given_name=given_name)


def _patient(number: str, level: str, family_name: str, given_name: str, birthdate: str) -> Person:
    return Person(
        provider="nhs_login",
        id=number,
        level=level,
        family_name=family_name,
        given_name=given_name,
        birthdate=birthdate,
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
)
"""The people of the public test suites by their ids and levels; names and dates are ours."""
