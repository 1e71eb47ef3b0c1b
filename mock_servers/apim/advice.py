"""Advice on a successful request: the service accepts it, but it will cause trouble later."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from mock_servers.apim.authorize import provider_of
from mock_servers.apim.exchange import Exchange
from mock_servers.apim.request_form import FORM
from mock_servers.jose.keys import PRIVATE_MEMBERS
from mock_servers.journal import success_advice
from mock_servers.journal.record import Record
from mock_servers.state.grant import RefreshToken
from mock_servers.wire.origins import is_plain_http
from mock_servers.wire.wording import duration, shown, url

_ALLOWED: Final = 300
_SHORT: Final = 8
_GRACE: Final = 10
"""Seconds of an assertion's life that are allowed, and by which a clock may be ahead (S)."""


def advise(exchange: Exchange, record: Record) -> Iterator[str]:
    """Give advice on an exchange that went well."""
    sent = exchange.request.content_type
    if sent.startswith(FORM) and sent != FORM:
        yield (
            f"Content-Type is {shown(sent)}: the service's source compares the whole header, and may answer 415 (our "
            f"guess is that it does not). Send {FORM} alone."
        )
    yield from success_advice.private_key_sent(exchange.request)
    yield from success_advice.secrets_in_query(exchange.request)
    yield from _of_authorize(exchange)
    yield from _of_assertion(exchange)
    yield from _of_tokens(exchange, record)
    published = [key.get("kid") for key in _keys(exchange) if not PRIVATE_MEMBERS.isdisjoint(key)]
    if published:
        yield f"The key set publishes the PRIVATE key of {shown(published)}: make a new key pair and replace it now."
    yield from _of_key_members(exchange)
    issued_at = getattr(exchange, "provider_origin", exchange.request.base)
    if issued_at != exchange.request.base and not exchange.service.is_real:
        yield (
            f"The id_token was issued under {url(issued_at)} and exchanged under {url(exchange.request.base)}: "
            "this mock knows both names as its own; the real platform trusts one issuer a provider, to the letter."
        )


def _of_key_members(exchange: Exchange) -> Iterator[str]:
    """A JWK whose members name another use than its real one; most have no such members, which is fine."""
    jwk = getattr(exchange, "app_jwk", {})
    for name, good in (("alg", "RS512"), ("use", "sig")):
        said = jwk.get(name, good)
        if said != good:
            yield (
                f"The JWK {shown(jwk.get('kid'))} says {name} {shown(said)}, and is used for {good}. Our guess is that "
                f"the service does not judge it; other services do. Set {name} to {good}, or leave it out."
            )

    odd = [name for name in ("n", "e") if any(each in str(jwk.get(name, "")) for each in "+/=")]
    if odd:
        yield (
            f"{' and '.join(odd)} of the JWK {shown(jwk.get('kid'))} is in standard base64 (+, / or =): this mock "
            "reads it, another reader may not. Write it in base64url, which has - and _ and no padding."
        )


def _of_assertion(exchange: Exchange) -> Iterator[str]:
    assertion = getattr(exchange, "assertion", None)
    if assertion is None:
        return
    ahead = exchange.exp - exchange.now
    if ahead > _ALLOWED:
        yield (
            f"exp is {duration(ahead)} ahead, which passes by the grace of {_GRACE} s alone: a little more and the "
            "answer is 400. Set it to now + 240."
        )
    if ahead <= _SHORT:
        yield (
            f"exp is {duration(ahead)} ahead: a slow request would find it expired. Minutes may have been added as "
            "seconds; set it to now + 240."
        )
    yield from success_advice.fast_clock(assertion.claims, exchange.now, _GRACE)
    yield from success_advice.odd_kid(exchange.kid)


def _of_tokens(exchange: Exchange, record: Record) -> Iterator[str]:
    if exchange.request.path != "/token":
        return
    service = exchange.service
    yield from success_advice.token_not_cached(service.journal, record, service.settings.access_token_lifetime)
    token = getattr(exchange, "refresh_token", None)
    if token is not None:
        yield from success_advice.expires_in_misread(_renewals(exchange, token))


def _renewals(exchange: Exchange, token: RefreshToken) -> Iterator[float]:
    """When a family's tokens were renewed, up to this exchange, and when it began: the newest first."""
    own = (each for each in success_advice.newest(exchange.service.store.refresh_tokens) if each.family == token.family)
    yield from (each.spent_at for each in own if each.spent_at is not None and each.spent_at <= exchange.now)
    yield token.session.issued_at


def _of_authorize(exchange: Exchange) -> Iterator[str]:
    uri = getattr(exchange, "redirect_uri", None)
    if uri is not None and is_plain_http(uri):
        yield (
            f"redirect_uri {url(uri)} is plain http: anyone on the network can read the code. Register https; "
            "plain http is for your own machine."
        )
    if uri is not None:
        yield from _of_near_scope(exchange, exchange.query("scope") or "")


def _of_near_scope(exchange: Exchange, scope: str) -> Iterator[str]:
    taken = provider_of(exchange)
    for provider in exchange.service.providers:
        word = provider.on_platform.picked_by
        if word is not None and scope != word and _loosely(word) in _loosely(scope):
            yield f"scope is {shown(scope)}, so this went to {taken.title}: only exactly {word} picks {provider.title}."


def _loosely(scope: str) -> str:
    return re.sub(r"[\W_]", "", scope.lower())


def _keys(exchange: Exchange) -> Sequence[Mapping[str, object]]:
    jwks = getattr(exchange, "app_jwks", None)
    return (jwks.keys or ()) if jwks is not None else ()
