"""CIS2 Authentication as data: NHS England's identity provider for people who work in health and care."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
from mock_servers.provider.workplaces import PROFESSIONAL_IDS, WORK
from mock_servers.rules import Evidence, Problem, ServiceError


def _cis2(status: int, code: str, sentence: str, evidence: Evidence = "I") -> ServiceError:
    return ServiceError(
        status=status, code=code, sentence=sentence, evidence=evidence, row="CIS2 §5", shape="description_first"
    )


def _cis2_page(status: int, code: str, sentence: str) -> ServiceError:
    return ServiceError(status=status, code=code, sentence=sentence, evidence="I", row="CIS2 §5", shape="page")


def _cis2_redirect(code: str, sentence: str) -> ServiceError:
    return ServiceError(status=302, code=code, sentence=sentence, evidence="I", row="CIS2 §5", shape="redirect")


_CLIENT_INVALID: Final = (
    "The client identifier provided is invalid, the client failed to authenticate, the client did not include its "
    "credentials, provided multiple client credentials, or used unsupported credentials type."
)
_DUPLICATE: Final = "Invalid Request, duplicate request parameter found : {name}"
_INVALID_GRANT: Final = "The provided access grant is invalid, expired, or revoked."
_INVALID_SCOPE: Final = "The requested scope is invalid, unknown, or malformed."
_INVALID_TOKEN: Final = "The access token provided is expired, revoked, malformed, or invalid for other reasons."
_DENIED: Final = "Resource Owner did not authorize the request"
_MISMATCH: Final = "The redirection URI provided does not match a pre-registered value."
_RELATIVE: Final = "The redirection URI provided is not absolute."
_NOT_AUTHENTICATED: Final = "Client authentication failed"


ROWS: Final[Mapping[Problem, ServiceError]] = {
    **errors.OF_THE_FORM,
    errors.AUTHORIZE_METHOD: _cis2_page(405, "method_not_allowed", "Required Method: GET found: {method}"),
    errors.TARGET_REPEATED: _cis2_page(400, "invalid_request", _DUPLICATE),
    errors.CLIENT_ID_MISSING: _cis2_page(400, "invalid_request", "Missing parameter, client_id"),
    errors.CLIENT_UNKNOWN: _cis2_page(400, "invalid_client", _CLIENT_INVALID),
    errors.REDIRECT_URI_ABSENT: _cis2_page(400, "invalid_request", "Missing parameter: redirect_uri"),
    errors.REDIRECT_URI_RELATIVE: _cis2_page(400, "relative_redirect_uri", _RELATIVE),
    errors.REDIRECT_URI_MISMATCH: _cis2_page(400, "redirect_uri_mismatch", _MISMATCH),
    errors.ASKED_TWICE: _cis2_redirect("invalid_request", _DUPLICATE),
    errors.STATE_MISSING: _cis2_redirect("invalid_request", "Missing parameter, state"),
    errors.RESPONSE_TYPE_MISSING: _cis2_redirect("invalid_request", "Missing parameter, response_type"),
    errors.RESPONSE_TYPE_UNSUPPORTED: _cis2_redirect("unsupported_response_type", "Response type is not supported."),
    errors.CODE_NOT_REGISTERED: _cis2_redirect(
        "unauthorized_client", "The client is not authorized to request an authorization code using this method."
    ),
    errors.RESPONSE_MODE_UNSUPPORTED: _cis2_redirect("invalid_request", "Invalid Response Type."),
    errors.REQUEST_NOT_SUPPORTED: _cis2_redirect("request_not_supported", ""),
    errors.REQUEST_URI_NOT_SUPPORTED: _cis2_redirect("request_uri_not_supported", ""),
    errors.REGISTRATION_NOT_SUPPORTED: _cis2_redirect("registration_not_supported", ""),
    errors.OPENID_MISSING: _cis2_redirect("invalid_request", "Missing expected scope=openid from request"),
    errors.SCOPE_UNKNOWN: _cis2_redirect("invalid_scope", _INVALID_SCOPE),
    errors.SCOPE_RESERVED: _cis2_redirect("invalid_scope", _INVALID_SCOPE),
    errors.SCOPES_EXCLUSIVE: _cis2_redirect("invalid_scope", _INVALID_SCOPE),
    errors.NONCE_MISSING: _cis2_redirect("invalid_request", "Missing parameter, nonce"),
    errors.PROMPT_INVALID: _cis2_redirect("invalid_request", "Prompt parameter is invalid or unsupported"),
    errors.MAX_AGE_INVALID: _cis2_redirect("invalid_request", "Invalid max_age parameter"),
    errors.DISPLAY_UNSUPPORTED: _cis2_redirect("invalid_request", "Invalid display parameter"),
    errors.VTR_MALFORMED: _cis2_redirect("invalid_request", "Invalid vtr parameter"),
    errors.VTR_UNKNOWN: _cis2_redirect("invalid_request", "Invalid vtr parameter"),
    errors.LOGIN_REQUIRED: _cis2_redirect("login_required", "The request requires login."),
    errors.CONSENT_REQUIRED: _cis2_redirect("consent_required", "The request requires consent."),
    errors.ASSERTED_INVALID: _cis2_redirect("invalid_request", "Invalid asserted_login_identity parameter"),
    errors.ASSERTED_UNTRUSTED: _cis2_redirect("invalid_request", "Invalid asserted_login_identity parameter"),
    errors.ASSERTED_UNKNOWN: _cis2_redirect("login_required", "The request requires login."),
    errors.ASSERTED_SPENT: _cis2_redirect("invalid_request", "Invalid asserted_login_identity parameter"),
    errors.FORM_TOKEN_WRONG: _cis2_page(400, "invalid_request", "This log-in form was not made for this request."),
    errors.ERROR_CHOSEN: _cis2_redirect("server_error", ""),
    errors.CANCELLED: _cis2_redirect("access_denied", _DENIED),
    errors.CONSENT_REFUSED: _cis2_redirect("access_denied", _DENIED),
    errors.PROVIDER_ERROR: _cis2_redirect("server_error", "Internal Server Error"),
    errors.LEVEL_TOO_LOW: _cis2_redirect(
        "interaction_required", "The request requires some interaction that is not allowed."
    ),
    errors.METHOD_NOT_POST: _cis2(405, "method_not_allowed", "Required Method: POST found: {method}"),
    errors.CONTENT_TYPE_WRONG: _cis2(400, "invalid_request", "Invalid Content Type"),
    errors.PARAMETER_REPEATED: _cis2(400, "invalid_request", _DUPLICATE),
    errors.GRANT_TYPE_MISSING: _cis2(400, "invalid_request", "Grant type is not set"),
    errors.GRANT_TYPE_UNKNOWN: _cis2(400, "invalid_grant", "Unknown Grant Type, {grant_type}"),
    errors.GRANT_TYPE_UNSUPPORTED: _cis2(400, "unsupported_grant_type", "Grant type is not supported"),
    errors.GRANT_NOT_REGISTERED: _cis2(400, "unsupported_grant_type", "Grant type is not supported"),
    errors.TWO_IDENTITIES: _cis2(400, "invalid_request", _NOT_AUTHENTICATED),
    errors.CLIENT_NOT_AUTHENTICATED: _cis2(400, "invalid_client", _NOT_AUTHENTICATED),
    errors.TOKEN_CLIENT_UNKNOWN: _cis2(400, "invalid_client", _NOT_AUTHENTICATED),
    errors.ASSERTION_MALFORMED: _cis2(400, "invalid_client", "JWT is not valid"),
    errors.ASSERTION_NOT_OF_CLIENT: _cis2(400, "invalid_client", "JWT is not valid", "Q"),
    # Quoted for such a key; whether that request named a client_id beside it was not said.
    errors.ASSERTION_BY_API_KEY: _cis2(400, "invalid_client", "JWT is not valid"),
    errors.ASSERTION_EXPIRED: _cis2(400, "invalid_client", "JWT has expired"),
    errors.ASSERTION_TOO_LONG: _cis2(400, "invalid_client", "JWT expiration time is unreasonable"),
    errors.CLIENT_KEYS_UNREACHABLE: _cis2(400, "invalid_client", "JWT is not valid"),
    errors.ASSERTION_KEY_UNKNOWN: _cis2(400, "invalid_client", "JWT is not valid", "Q"),
    errors.ASSERTION_SIGNATURE_WRONG: _cis2(400, "invalid_client", "JWT is not valid", "Q"),
    errors.TWO_METHODS: _cis2(400, "invalid_client", _NOT_AUTHENTICATED),
    errors.ASSERTION_AUDIENCE_WRONG: _cis2(400, "invalid_client", "Audience validation failed"),
    errors.METHOD_NOT_REGISTERED: _cis2(
        400, "invalid_client", "Invalid authentication method for accessing this endpoint."
    ),
    errors.CLIENT_SECRET_WRONG: _cis2(400, "invalid_client", _NOT_AUTHENTICATED),
    errors.CODE_MISSING: _cis2(400, "invalid_request", "Missing parameter, 'code'"),
    errors.REDIRECT_URI_MISSING: _cis2(400, "invalid_request", "Missing parameter, 'redirect_uri'"),
    errors.SCOPE_SENT: _cis2(
        400,
        "invalid_request",
        "Scope parameter is not supported on an authorization code access_token exchange request. Scope parameter "
        "should be supplied to the authorize request.",
    ),
    errors.CODE_UNKNOWN: _cis2(400, "invalid_grant", _INVALID_GRANT, "S"),
    errors.CODE_NOT_OF_REQUEST: _cis2(400, "invalid_grant", _INVALID_GRANT, "S"),
    errors.CODE_EXPIRED: _cis2(400, "invalid_grant", _INVALID_GRANT, "S"),
    errors.CODE_VERIFIER_WRONG: _cis2(400, "invalid_grant", _INVALID_GRANT),
    errors.CODE_SPENT: _cis2(400, "invalid_grant", _INVALID_GRANT, "S"),
    errors.REFRESH_TOKEN_MISSING: _cis2(400, "invalid_request", "Missing parameter, 'refresh_token'"),
    errors.REFRESH_TOKEN_UNKNOWN: _cis2(400, "invalid_request", "RefreshToken does not exist"),
    errors.REFRESH_TOKEN_FOREIGN: _cis2(400, "invalid_request", "Token was issued to a different client"),
    errors.REFRESH_TOKEN_EXPIRED: _cis2(400, "invalid_grant", "grant is invalid"),
    errors.REFRESH_SCOPE_WIDER: _cis2(400, "invalid_scope", _INVALID_SCOPE),
    errors.REFRESH_TOKEN_SPENT: _cis2(400, "invalid_request", "RefreshToken does not exist"),
    errors.USERINFO_METHOD: _cis2(405, "method_not_allowed", "Required Method: GET found: {method}"),
    errors.ACCESS_TOKEN_INVALID: _cis2(401, "invalid_token", _INVALID_TOKEN, "S"),
    errors.ACCESS_TOKEN_EXPIRED: _cis2(401, "invalid_token", _INVALID_TOKEN, "S"),
    errors.SCOPE_INSUFFICIENT: _cis2(403, "insufficient_scope", "The resource requested requires scope: openid"),
    errors.METADATA_SCOPE_INSUFFICIENT: _cis2(
        403, "insufficient_scope", "The resource requested requires scope: client_metadata"
    ),
    errors.METADATA_INVALID: _cis2(400, "invalid_request", "Invalid parameter content"),
    errors.END_SESSION_METHOD: _cis2(405, "method_not_allowed", "Required Method: GET found: {method}"),
    errors.ID_TOKEN_HINT_MISSING: _cis2(
        400, "bad_request", "The endSession endpoint requires an id_token_hint parameter"
    ),
    errors.ID_TOKEN_HINT_INVALID: _cis2(400, "bad_request", "The id_token_hint is not a token of this provider"),
    errors.POST_LOGOUT_RELATIVE: _cis2(400, "relative_redirect_uri", _RELATIVE),
    errors.POST_LOGOUT_MISMATCH: _cis2(400, "redirect_uri_mismatch", _MISMATCH),
    errors.REALM_UNKNOWN: _cis2(404, "not_found", "No OpenID Connect provider for realm {realm}"),
    errors.FAULT: _cis2(400, "server_error", "Internal Server Error"),
}
"""No source shows CIS2's sentences for prompt, max_age and id_token_hint. These are our own."""

ANCESTOR_ROWS: Final[Mapping[Problem, ServiceError]] = {
    errors.CODE_UNKNOWN: _cis2(400, "invalid_request", "Authorization code doesn't exist."),
    errors.CODE_EXPIRED: _cis2(400, "invalid_grant", "Authorization code expired."),
    errors.ASSERTION_NOT_OF_CLIENT: _cis2(
        400, "invalid_client", "JWT 'iss' and 'sub' claims must be equal to the client_id"
    ),
}
"""Sentences of ForgeRock's original product or a fork of it, where CIS2 was captured or quoted with a different one."""


PATH: Final = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"

DEVELOPMENT_PATH: Final = "/openam/oauth2/realms/root/realms/oidc"
"""A second realm. Only the development environment has it (D)."""

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
"""The claims of a public sample (S), plus the session id that back-channel logout needs (S) and the nonce."""

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
    answer_parameters=("code", "scope", "state", "iss", "client_id"),
)
"""State and nonce are optional (I): a production client sends no nonce (S)."""

PROOF: Final = Proof(
    longest=1800,
    longest_source="found by a live team; its words are our guess",
    advised=300,
    realm="/NHSIdentity/Healthcare",
)
"""Method and algorithm as registered (D).

The documented lifetime is 5 minutes (D); a team found that 30 are accepted (S).
"""

KNOWN_GRANTS: Final = (
    "client_credentials",
    "password",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:grant-type:uma-ticket",
)
"""Grants that the product supports, but for which no CIS2 client is registered (I)."""

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
"""The members that the product returns (S), in its order.

The real document was not found, so the values are inferred (I).
"""


def _worker(number: str, level: str, family_name: str, given_name: str) -> Mapping[str, Any]:
    return {"id": number, "level": level, "family_name": family_name, "given_name": given_name}


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
)
"""The people of the public test suites, with their ids and levels. We invented the names."""


def _worker_members(person: Someone) -> dict[str, Any]:
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
        "email": f"{mailbox(person)}@nhs.example",
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


USERINFO_RULES: Final = UserinfoRules(
    members=_worker_members,
    by_scope={
        "openid": ("sub", "nhsid_useruid"),  # the names are documented (D), what they add is inferred (I)
        "profile": ("name", "family_name", "given_name", "uid"),  # (D)
        "email": ("email",),  # (D)
        "nhsperson": ("title", "display_name", "middle_names", "initials", "idassurancelevel"),  # (I)
        "nationalrbacaccess": ("nhsid_nrbac_roles",),  # (S)
        "associatedorgs": ("nhsid_user_orgs",),  # (S)
        "organisationalmemberships": ("nhsid_org_memberships", "nhsid_org_roles"),  # (I)
        "professionalmemberships": PROFESSIONAL_IDS,  # (I)
    },
    at_userinfo_alone=(
        "nationalrbacaccess",
        "associatedorgs",
        "organisationalmemberships",
        "professionalmemberships",
    ),
)

_PROVIDER: Final = Provider(
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
    expires_in_short_by=1,
    asking=ASKING,
    proof=PROOF,
    grants=("authorization_code", "refresh_token"),
    known_grants=KNOWN_GRANTS,
    gives_refresh_tokens=False,
    token_members=("access_token", "refresh_token", "scope", "id_token", "token_type", "expires_in"),
    redirect_at_token_is_loose=True,
    realms_path="/openam/oauth2/realms/root",
    errors=ROWS,
    ancestor_errors=ANCESTOR_ROWS,
    ready_made=READY_MADE,
    userinfo_rules=USERINFO_RULES,
    access="healthcare_worker",
    scope_mark="aal{level}",
    client_id_like=("….apps.supplier", "….apps.national"),
    client_id_form=r"[\w.-]+\.apps\.(?:national|supplier)",
    on_platform=PlatformAsClient(
        client_id="test-client-cis2",  # public, of the realm (S)
        scope="openid nationalrbacaccess",  # (S)
        default_acr="AAL3_ANY",
        session_lifetime=43200,  # (S)
        sends_logout_tokens=True,
        lent_as="cis2",
    ),
    mock_realm=MockRealm(name="Cis2-mock", claims={"authentication_assurance_level": Fact.LEVEL}),
)

CIS2_DEVELOPMENT: Final = replace(
    _PROVIDER,
    name="cis2-development",
    title="CIS2's development realm",
    path=DEVELOPMENT_PATH,
    id_token_claims={**ID_TOKEN_CLAIMS, "realm": "/oidc"},
    proof=replace(PROOF, realm="/oidc"),
    realms_path="",
)
"""The development environment's realm `oidc`. The platform's userinfo does not accept its issuer (S)."""

CIS2: Final = replace(_PROVIDER, at_environment={"dev": (CIS2_DEVELOPMENT,)})
