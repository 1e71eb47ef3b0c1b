"""The workplaces of the ready-made workers, as CIS2 returns them at userinfo. Every name, code and number is invented.

The shapes are those of the public test data (S). `people` decides which member each person has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

ORGANISATIONS: Final = {
    "Z9H01": "MOCKFORD GENERAL HOSPITAL",
    "Z9G02": "INVENTED LANE SURGERY",
    "Z9P03": "PRETEND STREET PHARMACY",
    "Z9D04": "MADE-UP DENTAL PRACTICE",
}
"""Organisation codes that are not in use, with their names."""

PROFESSIONAL_IDS: Final = ("gdc_id", "gmp_id", "consultant_id", "gmc_id", "rcn_id", "nmc_id", "gphc_id", "gdp_id")
"""In the order of userinfo. A person without one has an empty text (S)."""

_ROLES: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "S8000:G8000:R8000": (
        '"Clinical":"Clinical Provision":"Clinical Practitioner Access Role"',
        {"B0278": "Perform Prescription Preparation", "B9001": "Invented Clinical Activity"},
    ),
    "S8000:G8000:R8001": (
        '"Clinical":"Clinical Provision":"Nurse Access Role"',
        {"B0278": "Perform Prescription Preparation"},
    ),
    "S8000:G8000:R8003": (
        '"Clinical":"Clinical Provision":"Health Professional Access Role"',
        {"B9002": "Invented Dispensing Activity"},
    ),
    "S8001:G8002:R8008": (
        '"Admin & Clerical":"Admin & Clerical":"Admin/Clinical Support Access Role"',
        {"B9003": "Invented Clerical Activity"},
    ),
}
"""By role code: the name, quotes included, and the activities by their codes."""

_WARDS: Final = {
    "workgroups": ["Invented Ward 1"],
    "workgroups_codes": ["WG901"],
    "aow": ["Invented Medicine"],
    "aow_codes": ["AW901"],
}


def _role(person_orgid: str, person_roleid: str, org_code: str, role_code: str, **more: list[str]) -> dict[str, Any]:
    role_name, activities = _ROLES[role_code]
    return {
        "person_orgid": person_orgid,
        "person_roleid": person_roleid,
        "org_code": org_code,
        "role_name": role_name,
        "role_code": role_code,
        "activities": list(activities.values()),
        "activity_codes": list(activities),
        **more,
    }


def _work(
    title: str,
    middle_names: str,
    roles: Sequence[Mapping[str, Any]],
    at: Mapping[str, str] | None = None,
    **professional_ids: str,
) -> dict[str, Any]:
    """Return a worker's roles and posts; `at` maps `person_orgid` to organisations other than those of the roles."""
    own = at or {role["person_orgid"]: role["org_code"] for role in roles}
    posts = [
        {"person_orgid": person_orgid, "org_name": ORGANISATIONS[org_code], "org_code": org_code}
        for person_orgid, org_code in own.items()
    ]
    return {
        "title": title,
        "middle_names": middle_names,
        "nhsid_nrbac_roles": list(roles),
        "nhsid_user_orgs": [{"org_name": post["org_name"], "org_code": post["org_code"]} for post in posts],
        "nhsid_org_roles": posts,
        "nhsid_org_memberships": [{**post, "gnc": "G9000001"} if post is posts[0] else post for post in posts],
        **professional_ids,
    }


WORK: Final[Mapping[str, Mapping[str, Any]]] = {
    "656005750104": _work(
        "Dr",
        "Asha",
        [
            _role("900000104001", "900000104011", "Z9H01", "S8000:G8000:R8000"),
            _role("900000104002", "900000104012", "Z9G02", "S8001:G8002:R8008", **_WARDS),
        ],
        gdc_id="GDC104",
        gmp_id="GMP104",
        consultant_id="CON104",
        gmc_id="GMC104",
        rcn_id="RCN104",
        nmc_id="NMC104",
        gphc_id="GPHC104",
        gdp_id="GDP104",
    ),
    "656005750105": _work(
        "Mr",
        "Elias",
        [_role("900000105001", "900000105011", "Z9H01", "S8000:G8000:R8001", **_WARDS)],
        rcn_id="RCN105",
        nmc_id="NMC105",
    ),
    "656005750106": _work(
        "Ms",
        "Lucia",
        [_role("900000106001", "900000106011", "Z9P03", "S8000:G8000:R8003")],
        gphc_id="GPHC106",
    ),
    "656005750107": _work(
        "Dr",
        "Karim",
        [
            _role("900000107001", "900000107011", "Z9G02", "S8000:G8000:R8000"),
            _role("900000107001", "900000107012", "Z9G02", "S8001:G8002:R8008"),
        ],
        gmp_id="GMP107",
        gmc_id="GMC107",
    ),
    "656005750108": _work("Ms", "Anne", [], at={"900000108001": "Z9H01"}),
    "656005750109": _work("Mrs", "May", [_role("900000109001", "900000109011", "Z9G02", "S8001:G8002:R8008")]),
    "656005750110": _work("Mx", "Lee", [_role("900000110001", "900000110011", "Z9H01", "S8001:G8002:R8008")]),
    "656005750111": _work(
        "Dr",
        "Lin",
        [_role("900000111001", "900000111011", "Z9D04", "S8000:G8000:R8000")],
        gdc_id="GDC111",
        gdp_id="GDP111",
    ),
}
"""By CIS2 user id. A user who is not listed (`656005750112`, and configured users) has neither roles nor posts."""
