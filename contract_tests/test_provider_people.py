"""Whom CIS2, NHS login and the mock realms have ready, value by value; the people are the mock's own."""

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract_tests.at_provider import CIS2, NHS_LOGIN, PROVIDERS, REALM, claims, landed, logged_in, redeemed
from contract_tests.at_provider import tokens as tokens_of
from contract_tests.at_provider import userinfo as userinfo_of
from contract_tests.case import proves, where
from contract_tests.draft import STATE
from contract_tests.jwts import decode
from contract_tests.reach import Ability, Switch, need
from contract_tests.target import HEALTHCARE_WORKER, PATIENT, Target

PROVES = ("CIS2 §7", "D")

PEOPLE: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("ready_made_people.json").read_text(encoding="utf-8")
)
"""Userinfo of each at their own level, by their ids, without what depends on the log-in."""
WORKERS, PATIENTS = ([user for user in PEOPLE if user.startswith(start)] for start in ("656", "991"))
LEVELS = {"656005750109": 2, "656005750110": 1, "656005750111": 2, "656005750112": 2}
"""Of the workers who have no smartcard."""
ACTING, FOR = "9912003101", PATIENT.user
EVERY_SCOPE_OF_CIS2 = (
    "openid profile email nhsperson nationalrbacaccess associatedorgs organisationalmemberships professionalmemberships"
)
EVERY_SCOPE_OF_NHS_LOGIN = (
    "openid profile profile_extended email phone landline gp_registration_details gp_integration_credentials"
)
ACR = {
    "AAL3_ANY": (3, ["N3_SMARTCARD"]),
    "AAL2_OR_AAL3_ANY": (3, ["N3_SMARTCARD"]),
    "AAL2_ANY": (2, ["TOTP"]),
    "AAL1_USERPASS": (1, ["USERPASS"]),
    "AAL3_IOS": (3, ["N3_SMARTCARD"]),
    "AAL3_FIDO2": (3, ["N3_SMARTCARD"]),
    "AAL3_N3_SMARTCARD": (3, ["N3_SMARTCARD"]),
    "AAL3_CIS2_SMARTCARD": (3, ["N3_SMARTCARD"]),
    "AAL3_SMARTCARD": (3, ["N3_SMARTCARD"]),
    "AAL2_TOTP": (2, ["TOTP"]),
    "AAL2_NHSMAIL": (2, ["TOTP"]),
}
"""The id token of a person with a smartcard, when that was requested."""
VECTORS = [f"{level}.{credentials}" for level in ("P9", "P5", "P0") for credentials in ("Cp", "Cp.Cd", "Cp.Ck", "Cm")]
_LEVEL = "authentication_assurance_level"


def _acr(user: str) -> str:
    return {1: "AAL1_USERPASS", 2: "AAL2_ANY"}.get(LEVELS.get(user, 3), "AAL3_ANY")


def _vtr(user: str) -> str:
    return json.dumps([f"{PEOPLE[user]['identity_proofing_level']}.Cp"])


@pytest.mark.parametrize("user", WORKERS)
def test_userinfo_of_cis2_shows_all_of_a_worker(target: Target, user: str) -> None:
    """With every scope; values and types, in their order."""
    granted = tokens_of(target, CIS2, {"scope": EVERY_SCOPE_OF_CIS2, "acr_values": _acr(user)}, user)

    answer = userinfo_of(target, CIS2, granted["access_token"])

    assert (answer.status, list(answer.json.items())) == (200, list(PEOPLE[user].items()))
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/json", "no-store")
    assert granted["scope"] == EVERY_SCOPE_OF_CIS2


@proves("NHS login §7", "D")
@pytest.mark.parametrize("user", PATIENTS)
def test_userinfo_of_nhs_login_shows_all_of_a_patient(target: Target, user: str) -> None:
    """With every scope; a person who acts for another gets the other's members."""
    granted = tokens_of(target, NHS_LOGIN, {"scope": EVERY_SCOPE_OF_NHS_LOGIN, "vtr": _vtr(user)}, user)

    answer = userinfo_of(target, NHS_LOGIN, granted["access_token"])

    reported = PEOPLE[FOR if user == ACTING else user]
    own = {"sub": reported["sub"], "iss": target.origin, "aud": target.app({}).client_id}
    assert (answer.status, list(answer.json.items())) == (200, list({**own, **reported}.items()))


@proves("admin §4", "I")
@pytest.mark.parametrize("user", WORKERS)
def test_userinfo_of_a_realm_shows_all_of_a_worker(target: Target, user: str) -> None:
    """For any scope, and at their own level, which the id token has."""
    granted = tokens_of(target, REALM, {}, user)

    answer = userinfo_of(target, REALM, granted["access_token"])

    assert (answer.status, list(answer.json.items())) == (200, list(PEOPLE[user].items()))
    assert decode(granted["id_token"])[1][_LEVEL] == LEVELS.get(user, 3)


@proves("CIS2 §7", "D")
@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("openid", ["nhsid_useruid", "sub"]),
        ("openid profile", ["nhsid_useruid", "name", "given_name", "family_name", "uid", "sub"]),
        (
            "openid nhsperson",
            ["nhsid_useruid", "title", "initials", "display_name", "middle_names", "idassurancelevel", "sub"],
        ),
    ],
)
def test_a_scope_of_cis2_shows_its_members_alone(target: Target, scope: str, names: list[str]) -> None:
    """In their order."""
    granted = tokens_of(target, CIS2, {"scope": scope})

    assert list(userinfo_of(target, CIS2, granted["access_token"]).json) == names


@proves("CIS2 §6", "D")
@where(unless=Switch.LEVELS_AS_TEXT)
@pytest.mark.parametrize("acr", ACR)
def test_an_id_token_of_cis2_shows_how_the_person_logged_in(target: Target, acr: str) -> None:
    """The acr value as it was asked for, the level that was reached, and the way."""
    reported = claims(target, CIS2, {"acr_values": acr})

    assert (reported["acr"], reported[_LEVEL], reported["amr"], reported["id_assurance_level"]) == (acr, *ACR[acr], 3)


@proves("CIS2 §6", "I")
@where(unless=Switch.LEVELS_AS_TEXT)
@pytest.mark.parametrize(
    ("asked", "user", "acr", "level"),
    [
        (None, HEALTHCARE_WORKER.user, "AAL3_ANY", 3),
        ("AAL9_ANY", HEALTHCARE_WORKER.user, "AAL3_ANY", 3),
        ("AAL9_ANY AAL2_ANY", HEALTHCARE_WORKER.user, "AAL2_ANY", 2),
        ("AAL2_ANY AAL3_ANY", HEALTHCARE_WORKER.user, "AAL2_ANY", 2),
        ("AAL2_OR_AAL3_ANY", "656005750109", "AAL2_OR_AAL3_ANY", 2),
        ("AAL3_ANY AAL1_USERPASS", "656005750109", "AAL1_USERPASS", 1),
    ],
)
def test_the_first_level_that_a_person_reaches_is_reported(
    target: Target, asked: str | None, user: str, acr: str, level: int
) -> None:
    """Words that CIS2 does not know do not count; without one the highest level is wanted."""
    reported = claims(target, CIS2, {"acr_values": asked}, user)

    assert (reported["acr"], reported[_LEVEL]) == (acr, level)


@proves("NHS login §4", "D")
@pytest.mark.parametrize("vector", VECTORS)
def test_the_tokens_of_nhs_login_show_the_vector_that_was_asked_for(target: Target, vector: str) -> None:
    """The level with it; userinfo has the level, too."""
    granted = tokens_of(target, NHS_LOGIN, {"vtr": json.dumps([vector]), "scope": EVERY_SCOPE_OF_NHS_LOGIN})
    own, access = (decode(granted[name])[1] for name in ("id_token", "access_token"))
    body = userinfo_of(target, NHS_LOGIN, granted["access_token"]).json

    level, _, _ = vector.partition(".")
    assert (own["vot"], access["vot"], own["identity_proofing_level"]) == (vector, vector, level)
    assert body["identity_proofing_level"] == level
    assert ("gp_integration_credentials" in body, "given_name" in body) == (level == "P9", level != "P0")


@proves("NHS login §4", "I")
@pytest.mark.parametrize(
    ("asked", "user", "vector"),
    [
        ('["P9.Cp.Cd", "P5.Cp.Cd"]', "9912003072", "P5.Cp.Cd"),
        ('["P0.Cm", "P9.Cm"]', PATIENT.user, "P0.Cm"),
        (None, PATIENT.user, "P9.Cp.Cd"),
    ],
)
def test_the_first_vector_that_a_person_reaches_is_reported(
    target: Target, asked: str | None, user: str, vector: str
) -> None:
    """Without one P9 is wanted."""
    assert claims(target, NHS_LOGIN, {"vtr": asked}, user)["vot"] == vector


@proves("NHS login §6", "D")
def test_who_acts_for_another_is_reported_in_the_others_id_token(target: Target) -> None:
    """As `act.sub`: an id token of their own, of the same log-in."""
    reported = claims(target, NHS_LOGIN, {}, ACTING)
    acting = decode(reported["act"]["sub"])[1]

    assert (reported["sub"], reported["nhs_number"]) == (PEOPLE[FOR]["sub"], FOR)
    assert {name: acting[name] for name in ("sub", "nhs_number", "family_name", "birthdate", "aud", "nonce")} == {
        **{name: PEOPLE[ACTING][name] for name in ("sub", "nhs_number", "family_name", "birthdate")},
        "aud": target.app({}).client_id,
        "nonce": "nonce",
    }
    assert "act" not in acting


@proves("CIS2 §6", "S")
@pytest.mark.parametrize(("name", "digest"), [("cis2", "sha256"), ("realm", "sha512")])
def test_an_id_token_has_half_the_hashes_of_what_it_came_with(target: Target, name: str, digest: str) -> None:
    """Of the access token; at CIS2 of code and state as well."""
    at = PROVIDERS[name]
    landing = logged_in(target, at, {})
    answer = redeemed(target, at, landing).json

    claims = decode(answer["id_token"])[1]
    of = {"at_hash": answer["access_token"], "c_hash": landed(landing)["code"], "s_hash": STATE}
    expected = {each: _half(value, digest) for each, value in of.items() if each == "at_hash" or name == "cis2"}
    assert {each: claims[each] for each in of if each in claims} == expected


def _half(value: str, digest: str) -> str:
    whole = hashlib.new(digest, value.encode()).digest()
    return base64.urlsafe_b64encode(whole[: len(whole) // 2]).rstrip(b"=").decode()


@proves("CIS2 §7", "I")
@pytest.mark.parametrize(
    ("chosen", "expected"),
    [(None, "900000104011"), ("900000104011", "900000104011"), ("900000104012", "900000104012")],
)
def test_a_role_is_reported_to_who_asks_for_it(target: Target, chosen: str | None, expected: str) -> None:
    """The one that was chosen, or the first."""
    asked = {"scope": "openid selectedrole", "nhsauth_role": chosen}

    assert claims(target, CIS2, asked)["selected_roleid"] == expected
    assert "selected_roleid" not in claims(target, CIS2, {"nhsauth_role": chosen})


@proves("admin §4", "I")
@pytest.mark.parametrize("user", PATIENTS)
def test_a_realm_for_patients_has_the_same_people(target: Target, user: str) -> None:
    """Its id token has NHS number and level."""
    need(target.abilities, Ability.PROVIDERS)
    path = "/realms/NHS-Login-mock-internal-dev"
    at = replace(REALM, person=PATIENT, path=path, userinfo=REALM.userinfo.replace(REALM.path, path))
    asking, redeeming = at.authorize(target), at.token(target)
    asking.path, redeeming.path = (each.path.replace(REALM.path, path) for each in (asking, redeeming))
    asking.asked["nhsauth_user"] = user
    redeeming.form["code"] = landed(asking.send())["code"]
    answer = redeeming.send().json

    own = decode(answer["id_token"])[1]
    reported = PEOPLE[FOR if user == ACTING else user]
    assert (own["iss"], own["sub"], own["nhs_number"]) == (
        f"{target.origin}{path}",
        *[FOR if user == ACTING else user] * 2,
    )
    assert own["identity_proofing_level"] == reported["identity_proofing_level"]
    named = userinfo_of(target, at, answer["access_token"]).json
    assert {name: value for name, value in named.items() if name not in ("iss", "aud")} == reported
