"""CIS2 Authentication as data: NHS England's identity provider for people who work in health and care."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mock_servers.identity_provider import errors
from mock_servers.state.provider import Asking, Fact, Level, Proof, Provider

PATH: Final = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"

DEVELOPMENT_PATH: Final = "/openam/oauth2/realms/root/realms/oidc"
"""A second realm, which the development environment alone has (D)."""

_HOSTS: Final = (
    "am.nhsdev.auth-ptl.cis2.spineservices.nhs.uk",
    "am.nhsint.auth-ptl.cis2.spineservices.nhs.uk",
    "am.nhsdep.auth-ptl.cis2.spineservices.nhs.uk",
    "am.nhsidentity.spineservices.nhs.uk",
)
WRITTEN_ORIGINS: Final = {f"https://{host}": f"https://{host}:443" for host in _HOSTS}
"""Under its real names CIS2's issuer and endpoints carry the port (S), though clients call them without (S)."""

LEVELS: Final = {
    "aal3": Level(claim=3, acr="AAL3_ANY", amr=("N3_SMARTCARD",), scope_mark="aal3"),
    "aal2": Level(claim=2, acr="AAL2_OR_AAL3_ANY", amr=("TOTP",), scope_mark="aal2"),
    "aal1": Level(claim=1, acr="AAL1_USERPASS", amr=("USERPASS",), scope_mark="aal1"),
}
"""The names below aal3 in `amr` are inferred from those of `acr_values` (I)."""

ID_TOKEN_CLAIMS: Final = {
    "at_hash": Fact.AT_HASH,
    "sub": Fact.SUBJECT,
    "auditTrackingId": Fact.AUDIT_ID,
    "amr": Fact.AMR,
    "iss": Fact.ISSUER,
    "tokenName": "id_token",
    "aud": Fact.CLIENT_ID,
    "c_hash": Fact.C_HASH,
    "acr": Fact.ACR,
    "org.forgerock.openidconnect.ops": Fact.TOKEN_ID,
    "s_hash": Fact.S_HASH,
    "nonce": Fact.NONCE,
    "selected_roleid": Fact.SELECTED_ROLE,
    "sid": Fact.SESSION_ID,
    "azp": Fact.CLIENT_ID,
    "auth_time": Fact.AUTH_TIME,
    "realm": "/NHSIdentity/Healthcare",
    "exp": Fact.EXPIRES_AT,
    "tokenType": "JWTToken",
    "iat": Fact.ISSUED_AT,
    "id_assurance_level": 3,
    "authentication_assurance_level": Fact.LEVEL,
}
"""The claim set of a public sample (S), with the session id that back-channel logout needs (S) and the nonce."""

ACR_LEVELS: Final = {
    "AAL3_ANY": ("aal3",),
    "AAL2_OR_AAL3_ANY": ("aal3", "aal2"),
    "AAL2_ANY": ("aal2",),
    "AAL1_USERPASS": ("aal1",),
    "AAL3_IOS": ("aal3",),
    "AAL3_FIDO2": ("aal3",),
    "AAL3_N3_SMARTCARD": ("aal3",),
    "AAL3_CIS2_SMARTCARD": ("aal3",),
    "AAL3_SMARTCARD": ("aal3",),
    "AAL2_TOTP": ("aal2",),
    "AAL2_NHSMAIL": ("aal2",),
}
"""The documented values (D) and which levels each one means (D by its name)."""

ASKING: Final = Asking(
    scopes=(
        "openid",
        "profile",
        "email",
        "nhsperson",
        "nationalrbacaccess",
        "associatedorgs",
        "organisationalmemberships",
        "professionalmemberships",
        "selectedrole",
        "changedrole",
    ),
    acr_levels=ACR_LEVELS,
    default_acr="AAL3_ANY",
    honours_max_age=True,
    told=("code", "scope", "state", "iss", "client_id"),
)
"""State and nonce are optional (I): a live client sends no nonce (S)."""

PROOF: Final = Proof(longest=1800, advised=300, realm="/NHSIdentity/Healthcare")
"""Method and algorithm as registered (D); 5 minutes are documented (D), 30 were found by a live team (S)."""

KNOWN_GRANTS: Final = (
    "client_credentials",
    "password",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:grant-type:uma-ticket",
)
"""Grants that the product has and no client of CIS2 is registered for (I)."""

DISCOVERY: Final = {
    "version": "3.0",
    "issuer": "{issuer}",
    "authorization_endpoint": "{issuer}/authorize",
    "token_endpoint": "{issuer}/access_token",
    "userinfo_endpoint": "{issuer}/userinfo",
    "check_session_iframe": "{issuer}/connect/checkSession",
    "end_session_endpoint": "{issuer}/connect/endSession",
    "jwks_uri": "{issuer}/connect/jwk_uri",
    "registration_endpoint": "{issuer}/register",
    "claims_supported": [],
    "scopes_supported": [
        "openid",
        "profile",
        "email",
        "nhsperson",
        "nationalrbacaccess",
        "associatedorgs",
        "organisationalmemberships",
        "professionalmemberships",
        "selectedrole",
    ],
    "response_types_supported": ["code"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": [
        "PS384",
        "ES384",
        "RS384",
        "HS256",
        "HS512",
        "ES256",
        "RS256",
        "HS384",
        "ES512",
        "PS256",
        "PS512",
        "RS512",
    ],
    "id_token_encryption_alg_values_supported": ["RSA-OAEP", "RSA-OAEP-256", "RSA1_5", "dir"],
    "id_token_encryption_enc_values_supported": ["A256GCM", "A192GCM", "A128GCM", "A128CBC-HS256", "A256CBC-HS512"],
    "acr_values_supported": ["AAL3_ANY", "AAL2_OR_AAL3_ANY", "AAL2_ANY", "AAL1_USERPASS"],
    "claims_parameter_supported": False,
    "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
    "device_authorization_endpoint": "{issuer}/device/code",
    "revocation_endpoint": "{issuer}/token/revoke",
}
"""The members that the product emits (S), in its order; the real document was not found, so values are inferred (I)."""

CIS2: Final = Provider(
    name="cis2",
    title="CIS2",
    people="cis2",
    path=PATH,
    endpoints={
        "authorize": "/authorize",
        "token": "/access_token",
        "userinfo": "/userinfo",
        "jwks": "/connect/jwk_uri",
        "end_session": "/connect/endSession",
    },
    written_origins=WRITTEN_ORIGINS,
    discovery=DISCOVERY,
    signing_algorithm="RS256",
    level_claim="authentication_assurance_level",
    assurance_claims=("id_assurance_level", "authentication_assurance_level"),
    levels=LEVELS,
    subject=Fact.PERSON_ID,
    id_token_header={"typ": "JWT", "kid": Fact.KID, "alg": Fact.ALGORITHM},
    id_token_claims=ID_TOKEN_CLAIMS,
    code_form="ticket",
    access_token_form="ticket",
    token_type="Bearer",
    scope="openid",
    code_lifetime=120,
    id_token_lifetime=3600,
    access_token_lifetime=3600,
    refresh_token_lifetime=43200,
    told_short_by=1,
    asking=ASKING,
    proof=PROOF,
    grants=("authorization_code", "refresh_token"),
    known_grants=KNOWN_GRANTS,
    gives_refresh_tokens=False,
    token_members=("access_token", "refresh_token", "scope", "id_token", "token_type", "expires_in"),
    redirect_at_token_is_loose=True,
    realms_path="/openam/oauth2/realms/root",
    errors=errors.CIS2,
    ancestor_errors=errors.CIS2_ANCESTOR,
)

CIS2_DEVELOPMENT: Final = replace(
    CIS2,
    name="cis2-development",
    title="CIS2's development realm",
    path=DEVELOPMENT_PATH,
    id_token_claims={**ID_TOKEN_CLAIMS, "realm": "/oidc"},
    proof=replace(PROOF, realm="/oidc"),
    realms_path="",
)
"""The development environment's realm `oidc`: its issuer is one that the platform's userinfo does not know (S)."""
