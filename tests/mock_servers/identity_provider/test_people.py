"""The people: what providers tell of them at userinfo, by scope and level, and the roles that they have."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mock_servers.configuration import reading as configuration_file
from mock_servers.provider.providers import PROVIDERS
from mock_servers.state.person import (
    READY_MADE,
    Person,
    id_token_claims,
    roles,
    selected_roleid,
    userinfo,
)

OF = {provider.name: provider for provider in PROVIDERS}
APPROVED = Path(__file__).parents[3] / "contract_tests" / "ready_made_people.json"
"""Userinfo of each at their own level, by their ids."""
PAGE = Path(__file__).parents[3] / "docs" / "people.md"
EVERYBODY = {person.id: person for person in READY_MADE}
DOCTOR = EVERYBODY["656005750104"]
NURSE = EVERYBODY["656005750105"]
WITHOUT_ROLES = EVERYBODY["656005750108"]
WITHOUT_WORK = EVERYBODY["656005750112"]
P9, P5, P0 = (EVERYBODY[number] for number in ("9912003071", "9912003072", "9912003073"))
WORKERS = [person for person in READY_MADE if person.provider == "cis2"]
PATIENTS = [person for person in READY_MADE if person.provider == "nhs_login"]

DOCTORS_MEMBERS = [
    "nhsid_useruid",
    "name",
    "given_name",
    "family_name",
    "uid",
    "email",
    "title",
    "initials",
    "display_name",
    "middle_names",
    "idassurancelevel",
    "nhsid_nrbac_roles",
    "nhsid_user_orgs",
    "nhsid_org_roles",
    "nhsid_org_memberships",
    "gdc_id",
    "gmp_id",
    "consultant_id",
    "gmc_id",
    "rcn_id",
    "nmc_id",
    "gphc_id",
    "gdp_id",
    "sub",
]
"""The order of the public test data."""

ROLE = [
    "person_orgid",
    "person_roleid",
    "org_code",
    "role_name",
    "role_code",
    "activities",
    "activity_codes",
]
MORE_OF_A_ROLE = ["workgroups", "workgroups_codes", "aow", "aow_codes"]


def test_userinfo_of_the_first_worker_has_its_24_members_in_order() -> None:
    assert list(userinfo(OF[DOCTOR.provider], DOCTOR)) == DOCTORS_MEMBERS
    assert len(DOCTORS_MEMBERS) == 24


def test_the_first_worker_has_two_roles_and_only_the_second_has_work_groups() -> None:
    assert [list(role) for role in roles(OF[DOCTOR.provider], DOCTOR)] == [ROLE, ROLE + MORE_OF_A_ROLE]


def test_the_quotes_of_a_role_name_belong_to_it() -> None:
    assert roles(OF[NURSE.provider], NURSE)[0]["role_name"] == '"Clinical":"Clinical Provision":"Nurse Access Role"'


def test_the_first_worker_belongs_to_two_organisations() -> None:
    reported = userinfo(OF[DOCTOR.provider], DOCTOR)

    assert [list(each) for each in reported["nhsid_user_orgs"]] == [["org_name", "org_code"]] * 2
    assert [list(each) for each in reported["nhsid_org_roles"]] == [["person_orgid", "org_name", "org_code"]] * 2


def test_of_the_first_workers_memberships_the_first_alone_has_a_number() -> None:
    first, second = userinfo(OF[DOCTOR.provider], DOCTOR)["nhsid_org_memberships"]

    assert list(first) == ["person_orgid", "org_name", "org_code", "gnc"]
    assert list(second) == ["person_orgid", "org_name", "org_code"]


def test_the_first_worker_has_every_professional_id() -> None:
    reported = userinfo(OF[DOCTOR.provider], DOCTOR, ["professionalmemberships"])

    assert list(reported) == DOCTORS_MEMBERS[15:23]
    assert all(reported.values())


def test_a_professional_id_that_a_worker_lacks_is_an_empty_text() -> None:
    assert userinfo(OF[NURSE.provider], NURSE)["gmc_id"] == ""


def test_a_worker_without_roles_has_an_empty_list_and_one_without_work_no_list_at_all() -> None:
    assert userinfo(OF[WITHOUT_ROLES.provider], WITHOUT_ROLES)["nhsid_nrbac_roles"] == []
    assert "nhsid_nrbac_roles" not in userinfo(OF[WITHOUT_WORK.provider], WITHOUT_WORK)


@pytest.mark.parametrize("person", WORKERS, ids=lambda person: person.id)
def test_ids_of_roles_and_organisations_have_twelve_digits(person: Person) -> None:
    numbers = [role[name] for role in roles(OF[person.provider], person) for name in ("person_orgid", "person_roleid")]

    assert [number for number in numbers if len(number) != 12 or not number.isdigit()] == []


def test_no_two_roles_share_an_id() -> None:
    ids = [role["person_roleid"] for person in WORKERS for role in roles(OF[person.provider], person)]

    assert len(set(ids)) == len(ids) == 9


@pytest.mark.parametrize(
    ("scope", "members"),
    [
        ("openid", ["nhsid_useruid", "sub"]),
        ("profile", ["name", "given_name", "family_name", "uid"]),
        ("email", ["email"]),
        ("nhsperson", ["title", "initials", "display_name", "middle_names", "idassurancelevel"]),
        ("nationalrbacaccess", ["nhsid_nrbac_roles"]),
        ("associatedorgs", ["nhsid_user_orgs"]),
        ("organisationalmemberships", ["nhsid_org_roles", "nhsid_org_memberships"]),
        ("selectedrole", []),
    ],
)
def test_each_scope_of_cis2_adds_its_members(scope: str, members: list[str]) -> None:
    assert list(userinfo(OF[DOCTOR.provider], DOCTOR, [scope])) == members


@pytest.mark.parametrize(
    ("scope", "members"),
    [
        ("openid", ["sub", "iss", "aud"]),
        ("profile", ["nhs_number", "birthdate", "family_name", "identity_proofing_level"]),
        ("basic_demographics", ["birthdate", "family_name", "identity_proofing_level"]),
        ("profile_extended", ["given_name"]),
        ("email", ["email", "email_verified"]),
        ("phone", ["phone_number", "phone_number_verified", "phone_number_pds_matched"]),
        ("landline", ["landline_number", "landline_number_verified"]),
        ("gp_registration_details", ["gp_registration_details"]),
        ("gp_integration_credentials", ["gp_integration_credentials"]),
        ("client_metadata", ["client_user_metadata"]),
    ],
)
def test_each_scope_of_nhs_login_adds_its_members(scope: str, members: list[str]) -> None:
    known = {"iss": "https://issuer.example", "aud": "app", "client_user_metadata": "notes"}

    assert list(userinfo(OF[P9.provider], P9, [scope], known=known)) == members


def test_userinfo_of_a_patient_comes_in_the_order_of_the_capture() -> None:
    known = {"iss": "https://issuer.example", "aud": "app"}

    assert list(userinfo(OF[P9.provider], P9, ["openid", "profile", "profile_extended"], known=known)) == [
        "sub",
        "iss",
        "aud",
        "nhs_number",
        "birthdate",
        "family_name",
        "identity_proofing_level",
        "given_name",
    ]


def test_a_patient_at_p0_is_reported_of_nothing_that_was_verified() -> None:
    assert list(userinfo(OF[P0.provider], P0)) == [
        "sub",
        "identity_proofing_level",
        "email",
        "email_verified",
        "phone_number",
        "phone_number_verified",
        "landline_number",
        "landline_number_verified",
    ]


def test_a_patient_at_p5_has_no_credentials_for_the_surgery() -> None:
    assert set(userinfo(OF[P9.provider], P9)) - set(userinfo(OF[P5.provider], P5)) == {"gp_integration_credentials"}


def test_the_level_of_the_log_in_decides_and_not_the_persons_own() -> None:
    assert userinfo(OF[P9.provider], P9, level="P0").keys() == userinfo(OF[P0.provider], P0).keys()
    assert userinfo(OF[P9.provider], P9, level="p5")["identity_proofing_level"] == "P5"


@pytest.mark.parametrize("person", PATIENTS, ids=lambda person: person.id)
def test_nothing_that_nhs_login_shows_is_null_or_empty(person: Person) -> None:
    assert [name for name, value in userinfo(OF[person.provider], person).items() if value in (None, "")] == []


@pytest.mark.parametrize("person", READY_MADE, ids=lambda person: person.id)
def test_every_member_that_is_reported_belongs_to_a_scope(person: Person) -> None:
    known = {name for names in OF[person.provider].userinfo_rules.by_scope.values() for name in names}

    assert set(userinfo(OF[person.provider], person)) - known == set()


@pytest.mark.parametrize("name", DOCTORS_MEMBERS)
def test_a_claim_takes_the_place_of_any_member(name: str) -> None:
    person = Person(provider="cis2", id=DOCTOR.id, level="aal3", claims={name: "theirs"})

    assert userinfo(OF[person.provider], person)[name] == "theirs"
    assert list(userinfo(OF[person.provider], person)) == DOCTORS_MEMBERS


def test_a_claim_that_is_null_leaves_the_member_out() -> None:
    person = Person(provider="nhs_login", id="9912003199", level="P9", claims={"nhs_number": None})

    assert "nhs_number" not in userinfo(OF[person.provider], person)


def test_a_claim_is_not_reported_without_its_scope() -> None:
    person = Person(provider="cis2", id="656005750199", level="aal3", claims={"email": "x@example.org"})

    assert "email" not in userinfo(OF[person.provider], person, ["openid"])


def test_a_claim_that_no_scope_names_is_reported_with_any() -> None:
    person = Person(provider="cis2", id="656005750199", level="aal3", claims={"invented": 1})

    assert userinfo(OF[person.provider], person, ["openid"])["invented"] == 1


def test_what_is_reported_at_userinfo_alone_is_not_claim_of_the_id_token() -> None:
    claims: Mapping[str, Any] = {"nhsid_nrbac_roles": [], "gmc_id": "GMC1", "name": "TEST User", "invented": 1}
    person = Person(provider="cis2", id="656005750199", level="aal3", claims=claims)

    assert id_token_claims(OF[person.provider], person) == {"name": "TEST User", "invented": 1}


def test_the_first_role_is_selected_unless_another_is_chosen() -> None:
    first, second = (role["person_roleid"] for role in roles(OF[DOCTOR.provider], DOCTOR))

    assert (
        selected_roleid(OF[DOCTOR.provider], DOCTOR),
        selected_roleid(OF[DOCTOR.provider], DOCTOR, ""),
        selected_roleid(OF[DOCTOR.provider], DOCTOR, second),
    ) == (
        first,
        first,
        second,
    )


@pytest.mark.parametrize("person", [WITHOUT_ROLES, WITHOUT_WORK], ids=lambda person: person.id)
def test_who_has_no_role_selects_none(person: Person) -> None:
    assert selected_roleid(OF[person.provider], person) is None


@pytest.mark.parametrize("person", [NURSE, WITHOUT_ROLES], ids=lambda person: person.id)
def test_a_role_of_somebody_else_cannot_be_chosen(person: Person) -> None:
    with pytest.raises(LookupError, match=f'user {person.id} has no role "900000104011"'):
        selected_roleid(OF[person.provider], person, "900000104011")


@pytest.mark.parametrize("claim", [{"person_roleid": "1"}, [{"person_roleid": "1"}]], ids=["bare", "listed"])
def test_a_single_role_may_be_configured_without_a_list(claim: Any) -> None:
    person = Person(provider="cis2", id="656005750199", level="aal3", claims={"nhsid_nrbac_roles": claim})

    assert selected_roleid(OF[person.provider], person) == "1"


def test_the_person_whom_the_documentation_configures_has_the_role_that_it_says(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "nhsauth.toml"
    path.write_text(shown, encoding="utf-8")

    (person,) = configuration_file.read(path).users

    assert (userinfo(OF[person.provider], person)["name"], selected_roleid(OF[person.provider], person)) == (
        "TEST User",
        "900000199011",
    )
    assert list(userinfo(OF[person.provider], person)) == DOCTORS_MEMBERS


def test_who_acts_for_another_acts_for_somebody_who_is_there() -> None:
    acting = [person for person in READY_MADE if person.acts_for]

    assert [(person.id, person.acts_for) for person in acting] == [("9912003101", "9912003071")]
    assert all(person.acts_for in EVERYBODY for person in acting)


@pytest.mark.parametrize("person", READY_MADE, ids=lambda person: person.id)
def test_userinfo_of_the_ready_made_is_as_approved(person: Person) -> None:
    reported = userinfo(OF[person.provider], person)

    assert list(reported.items()) == list(json.loads(APPROVED.read_text(encoding="utf-8"))[person.id].items())
