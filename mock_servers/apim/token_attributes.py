"""The attributes of an access token in Apigee, which test suites and logs read (S); computed when read."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from mock_servers.jose import javascript, jwts
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.provider.provider import word_of
from mock_servers.provider.providers import PROVIDERS
from mock_servers.state.grant import AccessToken, Session

LEVELS: Final = tuple(level.scope_mark.lower() for provider in PROVIDERS for level in provider.levels.values())
"""The words of `auth_level`; the first that is in a scope counts (S)."""

APPLICATION_LEVEL: Final = "level3"
_CLAIMS: Final = {
    "id_token-subject": "sub",
    "id_token-issuer": "iss",
    "id_token-acr": "acr",
    "id_token-authentication_assurance_level": "authentication_assurance_level",
    "id_token-amr": "amr",
    "id_token-id-assurance-level": "id_assurance_level",
    "id_token-identity-proofing-level": "identity_proofing_level",
}


def attributes_of(token: AccessToken) -> dict[str, str]:
    """Return the attributes of a token by name, in their order; those that were set by hand count, new ones last."""
    return {**_issued(token), **dict(token.attributes)}


def auth(session: Session | None, scopes: tuple[str, ...]) -> dict[str, str]:
    """Return how the owner of a token authenticated: type, grant type, level, provider, user id."""
    if session is None:
        return _auth("app", "client_credentials", APPLICATION_LEVEL, "apim", "")
    grant_type = "authorization_code" if session.of_browser_flow else "token_exchange"
    word = provider_word(session.provider, session.people, session.issuer)
    return of_person(grant_type, level_in(scopes), word, session.subject)


def of_person(grant_type: str, level: str, provider: str, user_id: str) -> dict[str, str]:
    """Return the same for a person of whom only this is known yet."""
    return _auth("user", grant_type, level, provider, user_id)


def _auth(kind: str, grant_type: str, level: str, provider: str, user_id: str) -> dict[str, str]:
    return {
        "auth_type": kind,
        "auth_grant_type": grant_type,
        "auth_level": level,
        "auth_provider": provider,
        "auth_user_id": user_id,
    }


def level_in(scopes: tuple[str, ...]) -> str:
    """Return the highest level that any scope names, in lower case; "unknown" if no scope does (S)."""
    named = {part for scope in scopes for part in scope.lower().split(":")}
    return next((level for level in LEVELS if level in named), "unknown")


def provider_word(provider: str, people: str, issuer: str) -> str:
    """Return the platform's word for the provider with this issuer: `nhs-cis2`, `apim-mock-nhs-login`.

    A mock realm is known by its host, or by being one of this mock's.
    """
    word = word_of(people)
    host = urlsplit(issuer).hostname or ""
    is_mock = "-mock-" in provider or host == "identity.ptl.api.platform.nhs.uk" or host.endswith(".api.service.nhs.uk")
    return f"apim-mock-{word}" if is_mock else word


def _issued(token: AccessToken) -> dict[str, str]:
    attributes = {**auth(token.session, token.scopes), **_person_attributes(token.session)}
    return attributes | {"issuer": token.issuer, "_first_issued": str(int(_first_issued(token) * 1000))}


def _first_issued(token: AccessToken) -> float:
    return token.session.issued_at if token.session else token.issued_at


def _person_attributes(session: Session | None) -> dict[str, str]:
    if session is None:
        return {}
    claims = jwts.decode(session.id_token).claims if session.id_token else {}
    attributes = {name: _text(claims.get(claim, UNDEFINED)) for name, claim in _CLAIMS.items()}
    attributes["id_token"] = session.id_token
    if session.external_access_token is not None:
        attributes["external_access_token"] = session.external_access_token
    return attributes


def _text(value: Any) -> str:
    return "" if value is UNDEFINED or value is None else javascript.text(value)
