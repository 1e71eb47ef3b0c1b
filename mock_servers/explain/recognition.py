"""Says what a value is: for certain if the mock issued it, likely by its own claims, possibly by its shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mock_servers.diagnosis.opaque_value import is_unfilled, shape_of
from mock_servers.diagnosis.request import misplaced_value
from mock_servers.diagnosis.request.misplaced_value import described
from mock_servers.explain.verdict import Context
from mock_servers.jose import jwts
from mock_servers.jose.jwts import Jwt, MalformedJwtError
from mock_servers.journal import provenance
from mock_servers.journal.decoded_jwt import harmless
from mock_servers.journal.finding import Certainty
from mock_servers.journal.record import Record
from mock_servers.provider.provider import Provider
from mock_servers.provider.providers import PROVIDERS
from mock_servers.state.grant import Issued, fingerprint
from mock_servers.wire.wording import cut, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What a value is, how sure that is, and the part it is made for, if the platform has one for it.

    `could_be` are the parts that it could have where that is not known.
    """

    kind: str
    certainty: Certainty
    seen: str
    role: str | None = None
    could_be: tuple[str, ...] = ()
    jwt: Jwt | None = None
    exchange: Record | None = None


_MADE_FOR: Final = {
    "id_token": "subject_token",
    "client_assertion": "client_assertion",
    "access_token": "access_token",
    "refresh_token": "refresh_token",
    "authorization_code": "code",
    "api_key": "apikey",
}
KINDS: Final = (
    *_MADE_FOR,
    "client_secret",
    "logout_token",
    "jwt",
    "private_key",
    "pem",
    "message_id",
    "unknown",
)
_PEM: Final = re.compile(r"-----BEGIN ([A-Z ]+)-----")
_ANY_JWT: Final = ("client_assertion", "subject_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Saying:
    """What the claims of a JWT say that it is."""

    says: Callable[[Mapping[str, Any]], bool]
    kind: str
    words: str


_BACK_CHANNEL: Final = "http://schemas.openid.net/event/backchannel-logout"


def _of_itself(claims: Mapping[str, Any]) -> bool:
    iss = claims.get("iss")
    return isinstance(iss, str) and iss == claims.get("sub")


def _of_client_of(provider: Provider) -> _Saying:
    return _Saying(
        says=lambda claims: _of_itself(claims) and provider.has_client_id(str(claims["iss"])),
        kind="client_assertion",
        words=f"its iss and sub are a client id of {provider.title}, as in a client assertion for {provider.title}",
    )


def _of_realm(typ: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda claims: "/realms/" in str(claims.get("iss")) and claims.get("typ") == typ


_SAYINGS: Final = (
    _Saying(
        says=lambda claims: isinstance(claims.get("events"), dict) and _BACK_CHANNEL in claims["events"],
        kind="logout_token",
        words="its events are those of a back-channel logout",
    ),
    _Saying(
        says=lambda claims: claims.get("token_use") == "access",
        kind="access_token",
        words="its token_use is access, as in access tokens of NHS login",
    ),
    _Saying(says=_of_realm("Bearer"), kind="access_token", words="it is the access token of a realm"),
    _Saying(says=_of_realm("Refresh"), kind="refresh_token", words="it is the refresh token of a realm"),
    *(_of_client_of(provider) for provider in PROVIDERS if provider.client_id_form),
    _Saying(says=_of_itself, kind="client_assertion", words="iss and sub are the same, as in a client assertion"),
    _Saying(
        says=lambda claims: claims.get("token_use") == "id",
        kind="id_token",
        words="its token_use is id, as in id tokens of NHS login",
    ),
    _Saying(
        says=lambda claims: claims.get("tokenName") == "id_token",
        kind="id_token",
        words="its tokenName is id_token, as in id tokens of CIS2",
    ),
    _Saying(says=_of_realm("ID"), kind="id_token", words="it is the id token of a realm"),
)
"""The first that is said decides."""


def bare_value(value: str) -> str:
    """Return the value without what copying has put around it."""
    text = value.strip().strip("\"'").strip()
    return text[len("bearer ") :].strip() if text.lower().startswith("bearer ") else text


def is_private_key(bare: str) -> bool:
    """Whether it is a private key as PEM."""
    begins = _PEM.match(bare)
    return begins is not None and begins[1].endswith("PRIVATE KEY")


def recognised(context: Context, bare: str) -> Recognised:
    """Return what a bare value is."""
    if bare.startswith("rrt-"):
        record = context.platform.exchanges.find(bare)
        seen = (
            f"It is the message id of exchange {record.id}: {record}" if record else "No exchange that is kept has it."
        )
        return Recognised(kind="message_id", certainty="certain" if record else "likely", seen=seen, exchange=record)
    issued = provenance.recognise(context.platform.store, fingerprint(bare))
    if issued is not None:
        return _issued(context, issued, bare)
    if is_private_key(bare):
        return Recognised(kind="private_key", certainty="certain", seen="It is a private key, as PEM.")
    if _PEM.match(bare):
        return Recognised(kind="pem", certainty="certain", seen="It is a public key or a certificate, as PEM.")
    if shape_of(bare) is None and (bare.count(".") >= 2 or bare.startswith("eyJ")):  # noqa: PLR2004 - a JWT has three parts
        return _jwt(context, bare)
    return _by_shape(context, bare)


def _issued(context: Context, issued: Issued, bare: str) -> Recognised:
    store, now = context.platform.store, context.platform.clock.now()
    revoked_at = misplaced_value.revoked_at(store, issued, fingerprint(bare))
    kind = issued.kind.replace(" ", "_").lower()
    # An access or refresh token of a provider has no part to play at the platform.
    own = issued.issuer == "the platform" or kind not in ("access_token", "refresh_token")
    return Recognised(
        kind=kind,
        certainty="certain",
        seen=f"It is {described(issued, now, revoked_at)}.",
        role=_MADE_FOR.get(kind) if own else None,
        jwt=jwts.decoded(bare),
    )


def _jwt(context: Context, bare: str) -> Recognised:
    try:
        jwt = jwts.decode(bare)
    except MalformedJwtError as reason:
        seen = f"It looks like a JWT, and is none: {reason}."
        return Recognised(kind="jwt", certainty="possible", seen=seen, could_be=_ANY_JWT)
    by, about = (shown(harmless(jwt.claims.get(name))) for name in ("iss", "sub"))
    whose = f"It is a JWT by {by} about {about}"
    kind, words = next(_said(context, jwt.claims), ("", ""))
    if not kind:
        return Recognised(kind="jwt", certainty="certain", seen=f"{whose}.", jwt=jwt, could_be=_ANY_JWT)
    role = _MADE_FOR.get(kind) if kind in ("client_assertion", "id_token") else None
    return Recognised(kind=kind, certainty="likely", seen=f"{whose}; {words}{context.stranger}.", role=role, jwt=jwt)


def _said(context: Context, claims: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((saying.kind, saying.words) for saying in _SAYINGS if saying.says(claims))
    for service in context.services:
        found = service.provider_of(claims.get("iss"))
        if found is not None:
            yield "id_token", f"it says that it is of {found[0].title}"


def _by_shape(context: Context, bare: str) -> Recognised:
    shape = shape_of(bare)
    if shape is not None:
        seen = f"It is {shape.by}, by its looks {shape.words}{context.stranger}."
        return Recognised(kind=shape.word, certainty="possible", seen=seen, could_be=shape.could_be)
    if is_unfilled(bare):
        return Recognised(
            kind="unknown", certainty="likely", seen=f"{shown(bare)} is a variable that was not filled in."
        )
    return Recognised(kind="unknown", certainty="certain", seen=f"{cut(bare)} is nothing that is known here.")
