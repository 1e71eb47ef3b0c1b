"""The platform's mock realms as data: where `/oauth2-mock` sends people to log in, with the same people and levels."""

from __future__ import annotations

from dataclasses import replace

from mock_servers.identity_provider import keycloak
from mock_servers.identity_provider.cis2 import CIS2
from mock_servers.identity_provider.nhs_login import NHS_LOGIN
from mock_servers.state.provider import Asking, Fact, Proof, Provider

_OPENID_CONNECT = "/protocol/openid-connect"
_ENDPOINTS = {
    "authorize": f"{_OPENID_CONNECT}/auth",
    "token": f"{_OPENID_CONNECT}/token",
    "userinfo": f"{_OPENID_CONNECT}/userinfo",
    "jwks": f"{_OPENID_CONNECT}/certs",
    "log_in": "/login-actions/authenticate",
}
_DISCOVERY = {
    "issuer": "{issuer}",
    "authorization_endpoint": "{issuer}/protocol/openid-connect/auth",
    "token_endpoint": "{issuer}/protocol/openid-connect/token",
    "userinfo_endpoint": "{issuer}/protocol/openid-connect/userinfo",
    "jwks_uri": "{issuer}/protocol/openid-connect/certs",
    "response_types_supported": ["code"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["RS512"],
}
_CLAIMS = {
    "exp": Fact.EXPIRES_AT,
    "iat": Fact.ISSUED_AT,
    "auth_time": Fact.AUTH_TIME,
    "jti": Fact.TOKEN_ID,
    "iss": Fact.ISSUER,
    "aud": Fact.CLIENT_ID,
    "sub": Fact.PERSON_ID,
    "typ": "ID",
    "azp": Fact.CLIENT_ID,
    "nonce": Fact.NONCE,
    "sid": Fact.SESSION_ID,
    "at_hash": Fact.AT_HASH,
}


_ASKING = Asking(
    scopes=tuple(dict.fromkeys((*CIS2.asking.scopes, *NHS_LOGIN.asking.scopes))),
    ignores_unknown_scopes=True,
    honours_max_age=True,
    told=("state", "session_state", "code"),
    form_id="kc-form-login",
)
"""A realm takes whoever there is at whatever level is theirs: the public test suites expect it (S)."""
_PROOF = Proof(methods=("client_secret_post", "client_secret_basic"), realm="realm", counts_registered=True)


def _realm(parent: Provider, realm: str, claims: dict[str, Fact]) -> Provider:
    return replace(
        parent,
        name=realm,
        title=f"the mock realm {realm}",
        path=f"/realms/{realm}",
        endpoints=_ENDPOINTS,
        written_origins={},
        discovery=_DISCOVERY,
        signing_algorithm="RS512",
        id_token_header={"alg": Fact.ALGORITHM, "typ": "JWT", "kid": Fact.KID},
        id_token_claims={**_CLAIMS, **claims},
        id_token_lifetime=300,
        access_token_lifetime=300,
        told_short_by=0,
        asking=_ASKING,
        proof=_PROOF,
        grants=("authorization_code",),
        token_members=("access_token", "expires_in", "token_type", "id_token", "scope"),
        redirect_at_token_is_loose=False,
        tells_all=True,
        errors=keycloak.ROWS,
        ancestor_errors={},
    )


def mock_realms(environment: str) -> tuple[Provider, Provider]:
    """Return the CIS2 and the NHS login realm of an environment such as `internal-dev`, in this order (S)."""
    return (
        _realm(CIS2, f"Cis2-mock-{environment}", {"authentication_assurance_level": Fact.LEVEL}),
        _realm(
            NHS_LOGIN,
            f"NHS-Login-mock-{environment}",
            {"nhs_number": Fact.PERSON_ID, "identity_proofing_level": Fact.LEVEL},
        ),
    )
