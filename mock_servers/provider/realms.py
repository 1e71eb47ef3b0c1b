"""The platform's mock realms as data. `/oauth2-mock` sends people there to log in; people and levels are the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mock_servers.provider import keycloak
from mock_servers.provider.provider import Asking, Fact, Proof, Provider
from mock_servers.provider.providers import PROVIDERS

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
    scopes=tuple(dict.fromkeys(scope for provider in PROVIDERS for scope in provider.asking.scopes)),
    ignores_unknown_scopes=True,
    honours_max_age=True,
    answer_parameters=("state", "session_state", "code"),
    form_id="kc-form-login",
)
"""A realm lets any person log in at their own level: the public test suites expect it (S)."""
_PROOF = Proof(methods=("client_secret_post", "client_secret_basic"), realm="realm", counts_registered=True)


def _realm(parent: Provider, realm: str, claims: Mapping[str, Fact]) -> Provider:
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
        expires_in_short_by=0,
        asking=_ASKING,
        proof=_PROOF,
        grants=("authorization_code",),
        token_members=("access_token", "expires_in", "token_type", "id_token", "scope"),
        redirect_at_token_is_loose=False,
        ignores_scope=True,
        client_registry="realms",
        errors=keycloak.ROWS,
        ancestor_errors={},
        at_environment={},
    )


def mock_realms(environment: str, providers: Iterable[Provider] = PROVIDERS) -> list[Provider]:
    """Return the realms of an environment such as `internal-dev`, in the order of the providers they replace (S)."""
    having = [(provider, provider.mock_realm) for provider in providers if provider.mock_realm is not None]
    return [_realm(provider, f"{realm.name}-{environment}", realm.claims) for provider, realm in having]
