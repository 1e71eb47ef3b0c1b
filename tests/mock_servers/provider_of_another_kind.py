"""A third identity provider, as somebody would add one: all of it is here, and nothing else knows of it."""

from typing import Any, Final

from mock_servers.provider import cis2, errors
from mock_servers.provider.provider import (
    Asking,
    Fact,
    Level,
    PlatformAsClient,
    Proof,
    Provider,
    Someone,
    UserinfoRules,
)
from mock_servers.rules import ServiceError


def _row(status: int, code: str, sentence: str, shape: str = "error_first") -> ServiceError:
    return ServiceError(status=status, code=code, sentence=sentence, evidence="I", row="pharmacy", shape=shape)


def _members(person: Someone) -> dict[str, Any]:
    name = f"{person.given_name} {person.family_name.title()}"
    return {"sub": person.id, "name": name, "licence": f"L-{person.id}", "strength": person.level}


PHARMACY: Final = Provider(
    name="pharmacy",
    title="Pharmacy sign-in",
    people="pharmacy",
    path="/pharmacy/oidc",
    endpoints={"authorize": "/auth", "token": "/tok", "userinfo": "/me", "jwks": "/keys"},
    discovery={"issuer": "{issuer}", "jwks_uri": "{issuer}/keys", "token_endpoint": "{issuer}/tok"},
    signing_algorithm="RS512",
    level_claim="strength",
    levels={
        "gold": Level(claim="gold", acr="GOLD", scope_mark="gold"),
        "iron": Level(claim="iron", acr="IRON", scope_mark="iron"),
    },
    subject=Fact.PERSON_ID,
    id_token_header={"alg": Fact.ALGORITHM, "kid": Fact.KID, "typ": "JWT"},
    id_token_claims={
        "iss": Fact.ISSUER,
        "sub": Fact.SUBJECT,
        "aud": Fact.CLIENT_ID,
        "iat": Fact.ISSUED_AT,
        "exp": Fact.EXPIRES_AT,
        "jti": Fact.TOKEN_ID,
        "strength": Fact.LEVEL,
        "shop": "S1",
    },
    code_form="uuid",
    access_token_form="ticket",
    token_type="Bearer",
    scope="openid",
    code_lifetime=60,
    id_token_lifetime=600,
    access_token_lifetime=600,
    refresh_token_lifetime=600,
    asking=Asking(
        scopes=("openid", "licence"), acr_levels={"GOLD": ("gold",), "IRON": ("gold", "iron")}, default_acr="IRON"
    ),
    proof=Proof(methods=("client_secret_basic", "client_secret_post")),
    errors={
        **cis2.ROWS,
        errors.CODE_UNKNOWN: _row(422, "no_such_code", "We never gave that code."),
        errors.CLIENT_SECRET_WRONG: _row(401, "bad_client", "That is not your secret."),
    },
    ready_made=({"id": "PH1", "level": "gold", "family_name": "TANSY", "given_name": "Ola"},),
    userinfo_rules=UserinfoRules(
        members=_members, by_scope={"openid": ("sub", "name", "strength"), "licence": ("licence",)}
    ),
    access="pharmacist",
    on_platform=PlatformAsClient(
        client_id="platform-at-pharmacy", scope="openid licence", picked_by="pharmacy", session_lifetime=1200
    ),
)
