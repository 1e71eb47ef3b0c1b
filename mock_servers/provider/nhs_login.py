"""NHS login as data: the identity provider for patients and the public."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mock_servers.provider import errors
from mock_servers.provider.provider import (
    Asking,
    Fact,
    Level,
    MockRealm,
    PlatformAsClient,
    Proof,
    Provider,
    Someone,
    UserinfoRules,
    mailbox,
)
from mock_servers.rules import Evidence, Problem, ServiceError

_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def _nhs_login(code: str, sentence: str = "", evidence: Evidence = "D") -> ServiceError:
    return ServiceError(
        status=400,
        code=code,
        sentence=sentence,
        evidence=evidence,
        row="NHS login §5",
        shape="error_first",
        headers=_NO_STORE,
    )


def _nhs_login_page(code: str, sentence: str, status: int = 400) -> ServiceError:
    return ServiceError(status=status, code=code, sentence=sentence, evidence="I", row="NHS login §4", shape="page")


def _nhs_login_redirect(code: str, sentence: str = "", evidence: Evidence = "D") -> ServiceError:
    return ServiceError(
        status=302, code=code, sentence=sentence, evidence=evidence, row="NHS login §4", shape="redirect"
    )


def _nhs_login_bearer(status: int, code: str, sentence: str, evidence: Evidence) -> ServiceError:
    return ServiceError(
        status=status,
        code=code,
        sentence=sentence,
        evidence=evidence,
        row="NHS login §7",
        shape="error_first",
        headers={"WWW-Authenticate": f'error="{code}", error_description="{sentence}"'},
    )


ROWS: Final[Mapping[Problem, ServiceError]] = {
    **errors.OF_THE_FORM,
    errors.AUTHORIZE_METHOD: _nhs_login_page("invalid_request", "Use GET or a form by POST.", 405),
    errors.TARGET_REPEATED: _nhs_login_page("invalid_request", "A parameter was sent twice."),
    errors.CLIENT_ID_MISSING: _nhs_login_page("invalid_request", "The client_id is missing."),
    errors.CLIENT_UNKNOWN: _nhs_login_page("unauthorized_client", "The client is unknown."),
    errors.REDIRECT_URI_ABSENT: _nhs_login_page("invalid_request", "The redirect_uri is missing."),
    errors.REDIRECT_URI_RELATIVE: _nhs_login_page("invalid_request", "The redirect_uri is not registered."),
    errors.REDIRECT_URI_MISMATCH: _nhs_login_page("invalid_request", "The redirect_uri is not registered."),
    errors.ASKED_TWICE: _nhs_login_redirect("invalid_request", evidence="I"),
    errors.STATE_MISSING: _nhs_login_redirect("invalid_request"),
    errors.RESPONSE_TYPE_MISSING: _nhs_login_redirect("invalid_request"),
    errors.RESPONSE_TYPE_UNSUPPORTED: _nhs_login_redirect(
        "unsupported_response_type", "Unsupported response_type value"
    ),
    errors.CODE_NOT_REGISTERED: _nhs_login_redirect("unauthorized_client"),
    errors.RESPONSE_MODE_UNSUPPORTED: _nhs_login_redirect("invalid_request", evidence="I"),
    errors.REQUEST_NOT_SUPPORTED: _nhs_login_redirect("request_not_supported"),
    errors.REQUEST_URI_NOT_SUPPORTED: _nhs_login_redirect("request_uri_not_supported"),
    errors.REGISTRATION_NOT_SUPPORTED: _nhs_login_redirect("registration_not_supported"),
    errors.OPENID_MISSING: _nhs_login_redirect("invalid_scope", evidence="I"),
    errors.SCOPE_UNKNOWN: _nhs_login_redirect("invalid_scope"),
    errors.SCOPE_RESERVED: _nhs_login_redirect("invalid_scope"),
    errors.SCOPES_EXCLUSIVE: _nhs_login_redirect("invalid_scope", evidence="I"),
    errors.NONCE_MISSING: _nhs_login_redirect("invalid_request", evidence="I"),
    errors.PROMPT_INVALID: _nhs_login_redirect("invalid_request", evidence="I"),
    errors.MAX_AGE_INVALID: _nhs_login_redirect("invalid_request", evidence="I"),
    errors.DISPLAY_UNSUPPORTED: _nhs_login_redirect("invalid_request", evidence="I"),
    errors.VTR_MALFORMED: _nhs_login_redirect("invalid_request", evidence="I"),
    errors.VTR_UNKNOWN: _nhs_login_redirect("invalid_request", evidence="I"),
    errors.LOGIN_REQUIRED: _nhs_login_redirect("sso_login_required"),
    errors.CONSENT_REQUIRED: _nhs_login_redirect("consent_required"),
    errors.ASSERTED_INVALID: _nhs_login_redirect("invalid_request", evidence="I"),
    errors.ASSERTED_UNTRUSTED: _nhs_login_redirect("invalid_request", evidence="I"),
    errors.ASSERTED_UNKNOWN: _nhs_login_redirect("login_required", evidence="I"),
    errors.ASSERTED_SPENT: _nhs_login_redirect("invalid_request", evidence="I"),
    errors.FORM_TOKEN_WRONG: _nhs_login_page("invalid_request", "This log-in form was not made for this request."),
    errors.ERROR_CHOSEN: _nhs_login_redirect("server_error"),
    errors.CANCELLED: _nhs_login_redirect("access_denied", evidence="I"),
    errors.CONSENT_REFUSED: _nhs_login_redirect("access_denied", "ConsentNotGiven", "I"),
    errors.PROVIDER_ERROR: _nhs_login_redirect("server_error", evidence="I"),
    errors.LEVEL_TOO_LOW: _nhs_login_redirect("interaction_required", evidence="I"),
    errors.METHOD_NOT_POST: _nhs_login("invalid_request"),
    errors.CONTENT_TYPE_WRONG: _nhs_login("invalid_request"),
    errors.PARAMETER_REPEATED: _nhs_login("invalid_request"),
    errors.GRANT_TYPE_MISSING: _nhs_login("invalid_request"),
    errors.GRANT_TYPE_UNKNOWN: _nhs_login("unsupported_grant_type"),
    errors.GRANT_TYPE_UNSUPPORTED: _nhs_login("unsupported_grant_type"),
    errors.GRANT_NOT_REGISTERED: _nhs_login("unauthorized_client"),
    errors.TWO_IDENTITIES: _nhs_login("invalid_client"),
    errors.CLIENT_NOT_AUTHENTICATED: _nhs_login("invalid_client"),
    errors.TOKEN_CLIENT_UNKNOWN: _nhs_login("invalid_client"),
    errors.ASSERTION_MALFORMED: _nhs_login("invalid_client"),
    errors.ASSERTION_BY_API_KEY: _nhs_login("invalid_client"),
    errors.ASSERTION_NOT_OF_CLIENT: _nhs_login("invalid_client"),
    errors.ASSERTION_EXPIRED: _nhs_login("invalid_client"),
    errors.ASSERTION_TOO_LONG: _nhs_login("invalid_client"),
    errors.CLIENT_KEYS_UNREACHABLE: _nhs_login("invalid_client"),
    errors.ASSERTION_KEY_UNKNOWN: _nhs_login("invalid_client"),
    errors.ASSERTION_SIGNATURE_WRONG: _nhs_login("invalid_client"),
    errors.TWO_METHODS: _nhs_login("invalid_client"),
    errors.ASSERTION_AUDIENCE_WRONG: _nhs_login("invalid_client"),
    errors.METHOD_NOT_REGISTERED: _nhs_login("invalid_client"),
    errors.CLIENT_SECRET_WRONG: _nhs_login("invalid_client"),
    errors.CODE_MISSING: _nhs_login("invalid_request"),
    errors.REDIRECT_URI_MISSING: _nhs_login("invalid_request"),
    errors.SCOPE_SENT: _nhs_login("invalid_request"),
    errors.CODE_UNKNOWN: _nhs_login("invalid_grant"),
    errors.CODE_NOT_OF_REQUEST: _nhs_login("invalid_grant"),
    errors.CODE_EXPIRED: _nhs_login("invalid_grant"),
    errors.CODE_VERIFIER_WRONG: _nhs_login("invalid_grant"),
    errors.CODE_SPENT: _nhs_login("invalid_grant"),
    errors.REFRESH_TOKEN_MISSING: _nhs_login("invalid_request"),
    errors.REFRESH_TOKEN_UNKNOWN: _nhs_login("invalid_grant"),
    errors.REFRESH_TOKEN_FOREIGN: _nhs_login("invalid_grant"),
    errors.REFRESH_TOKEN_EXPIRED: _nhs_login("invalid_grant"),
    errors.REFRESH_SCOPE_WIDER: _nhs_login("invalid_scope"),
    errors.REFRESH_TOKEN_SPENT: _nhs_login("invalid_grant"),
    errors.USERINFO_METHOD: _nhs_login("invalid_request", "Invalid parameter content", "I"),
    errors.ACCESS_TOKEN_INVALID: _nhs_login_bearer(401, "invalid_token", "The access token is invalid", "I"),
    errors.ACCESS_TOKEN_EXPIRED: _nhs_login_bearer(401, "invalid_token", "The access token expired", "D"),
    errors.SCOPE_INSUFFICIENT: _nhs_login_bearer(403, "insufficient_scope", "The scope openid is required", "I"),
    errors.METADATA_SCOPE_INSUFFICIENT: _nhs_login_bearer(
        403, "insufficient_scope", "The scope client_metadata is required", "I"
    ),
    errors.METADATA_INVALID: _nhs_login("invalid_request", "Invalid parameter content"),
    errors.END_SESSION_METHOD: _nhs_login("invalid_request"),
    errors.ID_TOKEN_HINT_MISSING: _nhs_login("invalid_request"),
    errors.ID_TOKEN_HINT_INVALID: _nhs_login("invalid_request"),
    errors.POST_LOGOUT_RELATIVE: _nhs_login("invalid_request"),
    errors.POST_LOGOUT_MISMATCH: _nhs_login("invalid_request"),
    errors.REALM_UNKNOWN: _nhs_login("invalid_request"),
    errors.FAULT: _nhs_login("server_error"),
}
"""Only the codes are documented, with two descriptions as examples. Every other sentence on a page is ours."""


LEVELS: Final = {
    "P9": Level(claim="P9", vector_of_trust="P9.Cp.Cd", scope_mark="P9"),
    "P5": Level(claim="P5", vector_of_trust="P5.Cp.Cd", scope_mark="P5"),
    "P0": Level(claim="P0", vector_of_trust="P0.Cp.Cd", scope_mark="P0"),
}

ID_TOKEN_HEADER: Final = {
    "sub": Fact.SUBJECT,
    "aud": Fact.CLIENT_ID,
    "kid": Fact.KID,
    "iss": Fact.ISSUER,
    "typ": "JWT",
    "exp": Fact.EXPIRES_AT,
    "iat": Fact.ISSUED_AT,
    "alg": Fact.ALGORITHM,
    "jti": Fact.TOKEN_ID,
}
"""A capture repeats claims in the header (S)."""

ID_TOKEN_CLAIMS: Final = {
    "iss": Fact.ISSUER,
    "sub": Fact.SUBJECT,
    "aud": Fact.CLIENT_ID,
    "iat": Fact.ISSUED_AT,
    "vtm": Fact.TRUSTMARK,
    "auth_time": Fact.AUTH_TIME,
    "vot": Fact.VECTOR_OF_TRUST,
    "exp": Fact.EXPIRES_AT,
    "jti": Fact.TOKEN_ID,
    "nonce": Fact.NONCE,
    "nhs_number": Fact.PERSON_ID,
    "identity_proofing_level": Fact.LEVEL,
    "id_status": "verified",
    "token_use": "id",
    "surname": Fact.FAMILY_NAME,
    "family_name": Fact.FAMILY_NAME,
    "birthdate": Fact.BIRTHDATE,
}
"""The payload of a capture (S), plus the nonce if one was sent."""

VECTORS: Final = {
    f"{level}.{credentials}": level for level in ("P9", "P5", "P0") for credentials in ("Cp", "Cp.Cd", "Cp.Ck", "Cm")
}
"""The profiles that a client is registered for (D)."""

ASKING: Final = Asking(
    takes_post=True,
    scopes=(
        "openid",
        "profile",
        "basic_demographics",
        "profile_extended",
        "email",
        "phone",
        "landline",
        "gp_registration_details",
        "gp_integration_credentials",
        "client_metadata",
    ),
    reserved_scopes=("nhs_app_credentials",),
    ignores_unknown_scopes=True,
    exclusive_scopes=("profile", "basic_demographics"),
    state_required=True,
    nonce_required=True,
    takes_asserted_log_in=True,
    outcomes=(
        "temporarily_unavailable",
        "account_selection_required",
        "login_required",
        "invalid_request_uri",
        "invalid_request_object",
    ),
    vectors=VECTORS,
    default_vectors=("P9.Cp.Cd", "P9.Cp.Ck", "P9.Cm"),
    displays=("page", "touch"),
    unsupported=("request", "request_uri", "registration"),
)

PROOF: Final = Proof(
    methods=("private_key_jwt",), algorithms=("RS512",), audiences=("token", "issuer"), audience_list=True
)
"""The lifetime of an assertion has no limit: the platform's own lives for an hour (S)."""

DISCOVERY: Final = {
    "issuer": "{issuer}",
    "authorization_endpoint": "{issuer}/authorize",
    "token_endpoint": "{issuer}/token",
    "jwks_uri": "{issuer}/.well-known/jwks.json",
    "scopes_supported": [
        "basic_demographics",
        "client_metadata",
        "email",
        "gp_integration_credentials",
        "gp_registration_details",
        "landline",
        "nhs_app_credentials",
        "openid",
        "phone",
        "profile",
        "profile_extended",
    ],
    "response_types_supported": ["code"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["RS512"],
    "claims_supported": [
        "iss",
        "aud",
        "sub",
        "family_name",
        "given_name",
        "email",
        "email_verified",
        "phone_number",
        "phone_number_verified",
        "landline_number",
        "landline_number_verified",
        "birthdate",
        "nhs_number",
        "gp_integration_credentials",
        "delegations",
        "gp_registration_details",
        "im1_token",
        "auth_time",
        "jti",
        "nonce",
        "vot",
        "vtm",
        "exp",
        "ods_code",
        "user_id",
        "linkage_key",
        "surname",
        "iat",
        "gp_ods_code",
        "gp_user_id",
        "gp_linkage_key",
        "client_user_metadata",
        "identity_proofing_level",
    ],
    "userinfo_endpoint": "{issuer}/userinfo",
    "token_endpoint_auth_signing_alg_values_supported": ["RS512"],
    "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    "fido_uaf_authentication_request_endpoint": "{issuer}/authRequest",
    "fido_uaf_registration_request_endpoint": "{issuer}/regRequest",
    "fido_uaf_registration_response_endpoint": "{issuer}/regResponse",
    "fido_uaf_deregistration_endpoint": "{issuer}/dereg",
}
"""The document captured from sandpit (S), in the order of a second public copy (S)."""


def _patient(
    number: str, level: str, family_name: str, given_name: str, birthdate: str, acts_for: str | None = None
) -> Mapping[str, Any]:
    names = {"family_name": family_name, "given_name": given_name}
    return {"id": number, "level": level, **names, "birthdate": birthdate, "acts_for": acts_for}


READY_MADE: Final = (
    _patient("9912003071", "P9", "MILLARD", "Mona", "1968-02-12"),
    _patient("9912003072", "P5", "NORTHCOTE", "Iain", "1991-07-30"),
    _patient("9912003073", "P0", "OAKDEN", "Lena", "2001-11-05"),
    _patient("9912003101", "P9", "PENHALE", "Rosa", "1994-04-23", acts_for="9912003071"),
)
"""The people of the public test suites, with their ids and levels, and one more who acts for another.

Names and dates are ours.
"""

_UNKNOWN_AT_LEVEL: Final[Mapping[str, Sequence[str]]] = {
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
"""What a log-in at a level does not return: at P0 nothing that was verified (D). The lists are inferred (I)."""


def _patient_members(person: Someone) -> dict[str, Any]:
    """Return NHS login's members, the first eight in the order of a capture (S).

    The telephone numbers belong to no one.
    """
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
        "email": f"{mailbox(person)}@mail.example",
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


USERINFO_RULES: Final = UserinfoRules(
    members=_patient_members,
    by_scope={
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
    at_userinfo_alone=(
        "phone",
        "landline",
        "gp_registration_details",
        "gp_integration_credentials",
        "client_metadata",
    ),
    unknown_at_level=_UNKNOWN_AT_LEVEL,
    names_itself=True,
    shows_birthdate=True,
)
"""It is documented what each scope adds (D)."""

NHS_LOGIN: Final = Provider(
    name="nhs_login",
    title="NHS login",
    answers_codes_alone=True,
    supports_pkce=False,  # (D)
    people="nhs_login",
    path="",
    endpoints={
        "authorize": "/authorize",
        "token": "/token",
        "userinfo": "/userinfo",
        "jwks": "/.well-known/jwks.json",
    },
    discovery=DISCOVERY,
    signing_algorithm="RS512",
    level_claim="identity_proofing_level",
    levels=LEVELS,
    subject=Fact.PERSON_UUID,
    id_token_header=ID_TOKEN_HEADER,
    id_token_claims=ID_TOKEN_CLAIMS,
    code_form="uuid",
    access_token_form="jwt",
    token_type="bearer",
    scope="openid profile profile_extended",
    code_lifetime=600,
    id_token_lifetime=3600,
    access_token_lifetime=300,
    refresh_token_lifetime=2592000,
    asking=ASKING,
    proof=PROOF,
    grants=("authorization_code", "refresh_token"),
    token_members=("access_token", "id_token", "scope", "expires_in", "token_type", "refresh_token"),
    errors=ROWS,
    ready_made=READY_MADE,
    userinfo_rules=USERINFO_RULES,
    access="patient",
    scope_mark="{level:.2}",
    host_form=r"auth\.(\w+\.)?(signin|login)\.nhs\.uk",
    on_platform=PlatformAsClient(
        client_id="test-client-nhs-login",  # a guess (I)
        scope="openid profile",  # (S)
        picked_by="nhs-login",  # (S)
        session_lifetime=3600,  # (S)
        lent_as="nhs-login",
    ),
    mock_realm=MockRealm(
        name="NHS-Login-mock", claims={"nhs_number": Fact.PERSON_ID, "identity_proofing_level": Fact.LEVEL}
    ),
)
