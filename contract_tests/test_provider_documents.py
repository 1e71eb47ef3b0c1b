"""What CIS2, NHS login and the mock realms tell, member by member: of themselves, in their tokens, of a person."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from contract_tests import draft
from contract_tests.answers import Said, said
from contract_tests.at_provider import CIS2_PATH as CIS2
from contract_tests.at_provider import PROVIDERS, asking, form_of, logged_in, posted, redeemed, userinfo
from contract_tests.at_provider import REALM_PATH as REALM
from contract_tests.case import proves
from contract_tests.jwts import decode
from contract_tests.reach import Ability, need
from contract_tests.target import HEALTHCARE_WORKER, PATIENT, Target
from contract_tests.wire import HttpRequest

PROVES = ("discovery", "S")

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _words(text: str) -> list[str]:
    return text.split(" ")


DISCOVERY: Mapping[str, Mapping[str, Any]] = {
    CIS2: {
        "version": "3.0",
        "issuer": "",
        "authorization_endpoint": "/authorize",
        "token_endpoint": "/access_token",
        "userinfo_endpoint": "/userinfo",
        "check_session_iframe": "/connect/checkSession",
        "end_session_endpoint": "/connect/endSession",
        "jwks_uri": "/connect/jwk_uri",
        "registration_endpoint": "/register",
        "claims_supported": [],
        "scopes_supported": _words(
            "openid profile email nhsperson nationalrbacaccess associatedorgs organisationalmemberships "
            "professionalmemberships selectedrole"
        ),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": _words(
            "PS384 ES384 RS384 HS256 HS512 ES256 RS256 HS384 ES512 PS256 PS512 RS512"
        ),
        "id_token_encryption_alg_values_supported": ["RSA-OAEP", "RSA-OAEP-256", "RSA1_5", "dir"],
        "id_token_encryption_enc_values_supported": ["A256GCM", "A192GCM", "A128GCM", "A128CBC-HS256", "A256CBC-HS512"],
        "acr_values_supported": ["AAL3_ANY", "AAL2_OR_AAL3_ANY", "AAL2_ANY", "AAL1_USERPASS"],
        "claims_parameter_supported": False,
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "device_authorization_endpoint": "/device/code",
        "revocation_endpoint": "/token/revoke",
    },
    "": {
        "issuer": "",
        "authorization_endpoint": "/authorize",
        "token_endpoint": "/token",
        "jwks_uri": "/.well-known/jwks.json",
        "scopes_supported": _words(
            "basic_demographics client_metadata email gp_integration_credentials "
            "gp_registration_details landline nhs_app_credentials openid phone profile profile_extended"
        ),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS512"],
        "claims_supported": _words(
            "iss aud sub family_name given_name email email_verified phone_number phone_number_verified "
            "landline_number landline_number_verified birthdate nhs_number gp_integration_credentials "
            "delegations gp_registration_details im1_token auth_time jti nonce vot vtm exp ods_code "
            "user_id linkage_key surname iat gp_ods_code gp_user_id gp_linkage_key client_user_metadata "
            "identity_proofing_level"
        ),
        "userinfo_endpoint": "/userinfo",
        "token_endpoint_auth_signing_alg_values_supported": ["RS512"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "fido_uaf_authentication_request_endpoint": "/authRequest",
        "fido_uaf_registration_request_endpoint": "/regRequest",
        "fido_uaf_registration_response_endpoint": "/regResponse",
        "fido_uaf_deregistration_endpoint": "/dereg",
    },
    REALM: {
        "issuer": "",
        "authorization_endpoint": "/protocol/openid-connect/auth",
        "token_endpoint": "/protocol/openid-connect/token",
        "userinfo_endpoint": "/protocol/openid-connect/userinfo",
        "jwks_uri": "/protocol/openid-connect/certs",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS512"],
    },
}
PLACES = ("issuer", "endpoint", "jwks_uri", "check_session_iframe")


@pytest.mark.parametrize("path", DISCOVERY)
def test_a_discovery_document_is_whole(target: Target, path: str) -> None:
    """All members in their order, each place below the issuer."""
    need(target.abilities, Ability.PROVIDERS)
    issuer = target.origin + path

    document = target.send(HttpRequest(method="GET", path=f"{path}/.well-known/openid-configuration", headers={})).json

    expected = {
        name: issuer + value if name.endswith(PLACES) and isinstance(value, str) else value
        for name, value in DISCOVERY[path].items()
    }
    assert list(document.items()) == list(expected.items())


@proves("CIS2 §6", "S")
def test_an_id_token_of_a_log_in_at_cis2_is_whole(target: Target) -> None:
    """Header and claims in their order, with the hashes of code and token."""
    header, claims = decode(_tokens(target, "cis2")["id_token"])
    now, client = target.now(), target.app({}).client_id

    assert (list(header), header["typ"], header["alg"]) == (["typ", "kid", "alg"], "JWT", "RS256")
    assert list(claims) == [
        *("at_hash", "sub", "auditTrackingId", "amr", "iss", "tokenName", "aud", "c_hash", "acr"),
        *("org.forgerock.openidconnect.ops", "s_hash", "nonce", "sid", "azp", "auth_time", "realm", "exp"),
        *("tokenType", "iat", "id_assurance_level", "authentication_assurance_level"),
    ]
    assert {name: claims[name] for name in claims if name not in {*_FRESH, "authentication_assurance_level"}} == {
        "sub": HEALTHCARE_WORKER.user,
        "amr": ["N3_SMARTCARD"],
        "iss": target.origin + CIS2,
        "tokenName": "id_token",
        "aud": client,
        "acr": "AAL3_ANY",
        "nonce": "nonce",
        "azp": client,
        "auth_time": now,
        "realm": "/NHSIdentity/Healthcare",
        "exp": now + 3600,
        "tokenType": "JWTToken",
        "iat": now,
    }
    assert UUID.fullmatch(claims["sid"])


@proves("NHS login §6", "S")
def test_an_id_token_of_a_log_in_at_nhs_login_is_whole(target: Target) -> None:
    """Its header repeats some claims."""
    header, claims = decode(_tokens(target, "nhs_login")["id_token"])
    now, client = target.now(), target.app({}).client_id

    assert list(header) == _words("sub aud kid iss typ exp iat alg jti")
    assert {name: header[name] for name in ("sub", "aud", "iss", "exp", "iat", "jti")} == {
        name: claims[name] for name in ("sub", "aud", "iss", "exp", "iat", "jti")
    }
    assert list(claims.items()) == list(
        {
            "iss": target.origin,
            "sub": claims["sub"],
            "aud": client,
            "iat": now,
            "vtm": f"{target.origin}/trustmark/{urlsplit(target.origin).netloc}",
            "auth_time": now,
            "vot": "P9.Cp.Cd",
            "exp": now + 3600,
            "jti": claims["jti"],
            "nonce": "nonce",
            "nhs_number": PATIENT.user,
            "identity_proofing_level": "P9",
            "id_status": "verified",
            "token_use": "id",
            "surname": "MILLARD",
            "family_name": "MILLARD",
            "birthdate": "1968-02-12",
        }.items()
    )


@proves("admin §4", "I")
def test_an_id_token_of_a_realm_is_whole(target: Target) -> None:
    """Five minutes long."""
    header, claims = decode(_tokens(target, "realm")["id_token"])
    now, client = target.now(), target.app({}).client_id

    assert (list(header), header["typ"], header["alg"]) == (["alg", "typ", "kid"], "JWT", "RS512")
    assert {name: claims[name] for name in claims if name not in _FRESH} == {
        "exp": now + 300,
        "iat": now,
        "auth_time": now,
        "iss": target.origin + REALM,
        "aud": client,
        "sub": HEALTHCARE_WORKER.user,
        "typ": "ID",
        "azp": client,
        "nonce": "nonce",
        "authentication_assurance_level": 3,
    }


_FRESH = {
    *("at_hash", "c_hash", "s_hash", "sid", "jti", "auditTrackingId", "org.forgerock.openidconnect.ops"),
    *("id_assurance_level",),
}


@proves("NHS login §5", "S")
def test_an_access_token_of_nhs_login_is_a_jwt(target: Target) -> None:
    """Claim by claim, as captured."""
    header, claims = decode(_tokens(target, "nhs_login")["access_token"])
    now, client = target.now(), target.app({}).client_id

    assert (list(header), header["typ"], header["alg"]) == (["typ", "alg", "kid"], "JWT", "RS512")
    assert list(claims.items()) == list(
        {
            "iss": target.origin,
            "sub": claims["sub"],
            "aud": client,
            "iat": now,
            "vtm": f"{target.origin}/trustmark/{urlsplit(target.origin).netloc}",
            "auth_time": now,
            "vot": "P9.Cp.Cd",
            "exp": now + 300,
            "jti": claims["jti"],
            "nhs_number": PATIENT.user,
            "version": 0,
            "client_id": client,
            "reason_for_request": "patientaccess",
            "token_use": "access",
            "requesting_patient": PATIENT.user,
            "scope": "openid profile",
        }.items()
    )


@proves("admin §4", "I")
def test_a_realm_answers_a_code_with_its_members(target: Target) -> None:
    """Nothing of it is to be stored."""
    answer = draft.realm_token(target).send()

    assert list(answer.json) == ["access_token", "expires_in", "token_type", "id_token", "scope"]
    assert (answer.json["expires_in"], answer.json["token_type"]) == (300, "Bearer")
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")


USERINFO_OF_CIS2 = {
    "openid": (),
    "profile": ("name", "given_name", "family_name", "uid", "email", "title", "initials", "display_name"),
    "email": ("email",),
    "nationalrbacaccess": ("nhsid_nrbac_roles",),
    "associatedorgs": ("nhsid_user_orgs",),
    "organisationalmemberships": ("nhsid_org_memberships", "nhsid_org_roles"),
    "professionalmemberships": ("gdc_id", "gmp_id", "consultant_id", "gmc_id", "rcn_id", "nmc_id", "gphc_id", "gdp_id"),
}


@proves("CIS2 §7", "D")
@pytest.mark.parametrize("scope", [scope for scope in USERINFO_OF_CIS2 if scope != "profile"])
def test_userinfo_of_cis2_shows_what_its_scope_adds(target: Target, scope: str) -> None:
    """To the members of each log-in."""
    least = _userinfo(target, "cis2", "openid")
    reported = _userinfo(target, "cis2", f"openid {scope}")

    assert set(reported) == {*least, *USERINFO_OF_CIS2[scope]}


@proves("CIS2 §7", "D")
def test_userinfo_of_cis2_shows_roles_and_places(target: Target) -> None:
    """Member by member; the people are the mock's own."""
    every = "openid profile email nhsperson nationalrbacaccess associatedorgs organisationalmemberships"
    reported = _userinfo(target, "cis2", every)

    role = reported["nhsid_nrbac_roles"][0]
    assert (reported["nhsid_useruid"], reported["sub"], reported["uid"]) == (HEALTHCARE_WORKER.user,) * 3
    assert role == {
        "person_orgid": "900000104001",
        "person_roleid": "900000104011",
        "org_code": "Z9H01",
        "role_name": '"Clinical":"Clinical Provision":"Clinical Practitioner Access Role"',
        "role_code": "S8000:G8000:R8000",
        "activities": ["Perform Prescription Preparation", "Invented Clinical Activity"],
        "activity_codes": ["B0278", "B9001"],
    }
    assert list(reported["nhsid_nrbac_roles"][1])[7:] == ["workgroups", "workgroups_codes", "aow", "aow_codes"]
    assert reported["nhsid_user_orgs"] == [
        {"org_name": "MOCKFORD GENERAL HOSPITAL", "org_code": "Z9H01"},
        {"org_name": "INVENTED LANE SURGERY", "org_code": "Z9G02"},
    ]
    assert list(reported["nhsid_org_memberships"][0]) == ["person_orgid", "org_name", "org_code", "gnc"]


EVERY_MEMBER_OF_NHS_LOGIN = {
    "openid": ("sub", "iss", "aud"),
    "profile": ("nhs_number", "birthdate", "family_name", "identity_proofing_level"),
    "basic_demographics": ("birthdate", "family_name", "identity_proofing_level"),
    "profile_extended": ("given_name",),
    "email": ("email", "email_verified"),
    "phone": ("phone_number", "phone_number_verified", "phone_number_pds_matched"),
    "landline": ("landline_number", "landline_number_verified"),
    "gp_registration_details": ("gp_registration_details",),
    "gp_integration_credentials": ("gp_integration_credentials",),
}


@proves("NHS login §7", "D")
@pytest.mark.parametrize("scope", EVERY_MEMBER_OF_NHS_LOGIN)
def test_userinfo_of_nhs_login_shows_what_its_scope_adds(target: Target, scope: str) -> None:
    """Each scope has members of its own."""
    reported = _userinfo(target, "nhs_login", f"openid {scope}".removesuffix(" openid"))

    assert set(reported) == {*EVERY_MEMBER_OF_NHS_LOGIN["openid"], *EVERY_MEMBER_OF_NHS_LOGIN[scope]}


@proves("NHS login §7", "D")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"client_user_metadata": "a note"}', 204),
        ('{"client_user_metadata": "' + "x" * 1024 + '"}', 204),
        ('{"client_user_metadata": "' + "x" * 1025 + '"}', 400),
        ('{"client_user_metadata": 7}', 400),
        ('{"client_user_metadata": "a note", "more": ""}', 400),
        ("[]", 400),
        ("a note", 400),
    ],
)
def test_a_client_keeps_a_note_of_a_person(target: Target, body: str, status: int) -> None:
    """One member, text of 1,024 characters at most."""
    token = _granted(target, "nhs_login", "openid client_metadata")["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    answer = target.send(HttpRequest(method="PATCH", path="/userinfo", headers=headers, body=body))

    assert answer.status == status
    if status == 400:
        assert said(answer) == Said(400, "invalid_request", "Invalid parameter content")
        return
    reported = target.send(HttpRequest(method="GET", path="/userinfo", headers=headers)).json["client_user_metadata"]
    assert f'"{reported}"' in body


OUTCOMES = [
    ("cis2", "cancelled", "access_denied", "Resource Owner did not authorize the request"),
    ("cis2", "consent_refused", "access_denied", "Resource Owner did not authorize the request"),
    ("cis2", "provider_error", "server_error", "Internal Server Error"),
    ("cis2", "level_too_low", "interaction_required", "The request requires some interaction that is not allowed."),
    ("nhs_login", "cancelled", "access_denied", None),
    ("nhs_login", "consent_refused", "access_denied", "ConsentNotGiven"),
    ("nhs_login", "provider_error", "server_error", None),
    ("nhs_login", "level_too_low", "interaction_required", None),
    ("nhs_login", "temporarily_unavailable", "temporarily_unavailable", None),
    ("nhs_login", "account_selection_required", "account_selection_required", None),
    ("nhs_login", "login_required", "login_required", None),
    ("nhs_login", "invalid_request_uri", "invalid_request_uri", None),
    ("nhs_login", "invalid_request_object", "invalid_request_object", None),
    ("realm", "cancelled", "access_denied", "User cancelled"),
    ("realm", "consent_refused", "access_denied", "User denied consent"),
    ("realm", "provider_error", "server_error", None),
    ("realm", "level_too_low", "interaction_required", "Authentication requirements not fulfilled"),
]


@proves("log-in", "I")
@pytest.mark.parametrize(("provider", "outcome", "error", "sentence"), OUTCOMES)
def test_a_log_in_may_end_badly(target: Target, provider: str, outcome: str, error: str, sentence: str | None) -> None:
    """The client is notified by a redirect."""
    answer = logged_in(target, PROVIDERS[provider], {"nhsauth_outcome": outcome})
    reported = draft.asked_at(answer.headers.get("location", ""))

    assert (answer.status, reported.get("error"), reported.get("error_description"), reported.get("state")) == (
        302,
        error,
        sentence,
        draft.STATE,
    )


@proves("log-in", "I")
@pytest.mark.parametrize("provider", ["cis2", "nhs_login", "realm"])
def test_a_person_logs_in_by_the_form_of_the_page(target: Target, provider: str) -> None:
    """The test posts the fields of the form with the user's name. The redirect has the code."""
    page = PROVIDERS[provider].authorize(target).send()
    form = form_of(page) | {"username": PROVIDERS[provider].person.user}

    answer = posted(target, page, form)

    assert answer.status == 302
    assert UUID.fullmatch(draft.asked_at(answer.headers["location"])["code"]) or provider != "nhs_login"
    assert list(draft.asked_at(answer.headers["location"])) == _SENTENCES[provider]


@proves("log-in", "I")
@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_a_form_that_was_changed_is_refused(target: Target, provider: str) -> None:
    """It is bound to the request that it was made for."""
    page = PROVIDERS[provider].authorize(target).send()
    form = form_of(page) | {"username": PROVIDERS[provider].person.user, "state": "another"}

    answer = posted(target, page, form)

    assert answer.status == 400
    assert "This log-in form was not made for this request." in answer.text


@proves("log-in", "I")
@pytest.mark.parametrize("provider", ["cis2", "nhs_login", "realm"])
def test_nobody_who_is_unknown_logs_in(target: Target, provider: str) -> None:
    """The form comes again."""
    page = PROVIDERS[provider].authorize(target).send()

    answer = posted(target, page, form_of(page) | {"username": "nobody"})

    assert (answer.status, {*form_of(answer), "username"}) == (200, {*form_of(page), "username"})


@proves("CIS2 §8", "D")
def test_a_logout_at_cis2_comes_back_where_it_is_registered(target: Target) -> None:
    """With the state."""
    back = "https://app.example/bye"
    ending = draft.cis2_end_session(target)
    ending.app["post_logout_redirect_uris"] = [back]
    tokens = _granted(target, "cis2", "openid", {"post_logout_redirect_uris": [back]})
    ending.asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": back, "state": "7"}

    answer = ending.send()

    assert (answer.status, answer.headers["location"]) == (302, f"{back}?state=7")


@proves("§6 browser flow", "I")
@pytest.mark.parametrize("uri", ["https://app.example/callback", "https://elsewhere.example/oauth2/callback"])
def test_the_platform_itself_comes_back_to_its_own_callback_alone(target: Target, uri: str) -> None:
    """As a client of CIS2 it has one under each of its names."""
    asked = draft.cis2_authorize(target)
    asked.asked |= {"client_id": draft.PLATFORM, "redirect_uri": f"{target.origin}/oauth2/callback"}
    good = asked.send()
    asked.asked["redirect_uri"] = uri
    bad = asked.send()

    assert (good.status, bad.status) == (200, 400)
    assert "does not match a pre-registered value" in bad.text


_SENTENCES = {
    "cis2": ["code", "scope", "state", "iss", "client_id"],
    "nhs_login": ["code", "state"],
    "realm": ["state", "session_state", "code"],
}


def _granted(target: Target, provider: str, scope: str, app: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the tokens of a log-in that asked for these scopes."""
    at = PROVIDERS[provider]
    landing = asking(target, at, {"scope": scope, "nhsauth_user": at.person.user}, app).send()
    return redeemed(target, at, landing, app).json


def _tokens(target: Target, provider: str) -> dict[str, Any]:
    return _granted(target, provider, "openid profile" if provider == "nhs_login" else "openid")


def _userinfo(target: Target, provider: str, scope: str) -> dict[str, Any]:
    return userinfo(target, PROVIDERS[provider], _granted(target, provider, scope)["access_token"]).json
