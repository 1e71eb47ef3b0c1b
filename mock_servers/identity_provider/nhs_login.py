"""NHS login as data: the identity provider for patients and the public."""

from __future__ import annotations

from typing import Final

from mock_servers.identity_provider import errors
from mock_servers.state.provider import Asking, Fact, Level, Proof, Provider

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
"""The payload of a capture (S), with the nonce when one was sent."""

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
    unsupported={
        "request": "request_not_supported",
        "request_uri": "request_uri_not_supported",
        "registration": "registration_not_supported",
    },
)

PROOF: Final = Proof(
    methods=("private_key_jwt",), algorithms=("RS512",), audiences=("token", "issuer"), audience_list=True
)
"""No limit to an assertion's lifetime: the platform's own lives an hour (S)."""

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

NHS_LOGIN: Final = Provider(
    name="nhs_login",
    title="NHS login",
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
    errors=errors.NHS_LOGIN,
)
