"""Advice on a successful request: the mock accepts it, but something else will not."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from mock_servers.identity_provider.client_proof import API_KEY
from mock_servers.identity_provider.service import Exchange
from mock_servers.identity_provider.token_request import verifier_problem
from mock_servers.jose.jwts import Jwt
from mock_servers.journal import success_advice
from mock_servers.journal.record import Record
from mock_servers.state.log_in import LogIn
from mock_servers.wire.origins import is_plain_http
from mock_servers.wire.wording import duration, shown, url

_LONGEST: Final = 300
_NOT_FOUND: Final = 404


def advise(exchange: Exchange, record: Record) -> Iterator[str]:
    """Yield advice on a request: what only the mock accepts, and what the real provider advises against."""
    yield from _of_path(exchange, record)
    yield from success_advice.private_key_sent(exchange.request)
    yield from success_advice.secrets_in_query(exchange.request)
    yield from _of_plain_http(exchange)
    yield from _of_asking(exchange)
    yield from _of_log_out(exchange)
    yield from _of_two_proofs(exchange)
    yield from _of_pkce(exchange)
    token = getattr(exchange, "refresh_token", None)
    if token is not None:
        yield from success_advice.expires_in_misread(_renewals(exchange, token.log_in))
    assertion = getattr(exchange, "assertion", None)
    if assertion is not None:
        yield from _of_assertion(exchange, assertion)
        title = exchange.service.provider.title
        yield from success_advice.jti_sent_before(exchange.service.journal, record, assertion.claims, title)


def _of_plain_http(exchange: Exchange) -> Iterator[str]:
    """A native application handles its own callback on the same machine, and a live client of int is registered so."""
    uri = getattr(exchange, "redirect_uri", "")
    if is_plain_http(uri):
        yield (
            f"redirect_uri {url(uri)} is plain http: anyone on the network can read the code. It should be https (D); "
            "plain http is for an application on the person's own machine, at localhost."
        )


def _of_asking(exchange: Exchange) -> Iterator[str]:
    asking, client = exchange.service.provider.asking, getattr(exchange, "client", None)
    if not asking.nonce_required or not hasattr(exchange, "redirect_uri") or client is None or client.is_platform:
        return
    absent = [name for name in ("state", "nonce") if exchange.ask(name) is None]
    if absent:
        yield (
            f"The request has no {' and no '.join(absent)}, which {exchange.service.provider.title} documents as "
            "mandatory (a live client gets by without: our guess is that it is not refused). Send a fresh random one, "
            "and compare it when the person comes back; `strict_authorize` makes the mock refuse."
        )


def _of_log_out(exchange: Exchange) -> Iterator[str]:
    """Tokens that were exchanged for an id token of a session have no part in its end."""
    hint = getattr(exchange, "hint", None)
    if hint is None:
        return
    session = (exchange.service.provider.name, hint.claims.get("sid"))
    tokens = success_advice.newest(exchange.service.store.access_tokens)
    exchanged = [each.session for each in tokens if each.session and each.expires_at > exchange.now]
    if any((each.provider, each.id) == session and not each.of_browser_flow for each in exchanged):
        yield (
            "The platform's access token for this id_token lives on until it expires: the platform ends the sessions "
            "of its own log-ins when CIS2 says so, and none that began with a token exchange (S). Delete the access "
            "token and the refresh token when the person logs out."
        )


def _of_two_proofs(exchange: Exchange) -> Iterator[str]:
    credentials, provider = getattr(exchange, "credentials", None), exchange.service.provider
    if (
        credentials is None
        or credentials.method == "private_key_jwt"
        or "client_assertion" not in exchange.request.form
    ):
        return
    yield (
        f"There is a secret and a client_assertion: {provider.title} counts the secret and has not looked at the "
        "assertion, which the provider that it stands for may do. Send the one that is registered."
    )


def _of_pkce(exchange: Exchange) -> Iterator[str]:
    """A documented lack of support is no reason for advice, but nobody has seen what CIS2 does."""
    provider = exchange.service.provider
    problem = verifier_problem(exchange) if provider.supports_pkce and hasattr(exchange, "code") else None
    if problem is not None:
        yield (
            f"{problem} This mock accepts it; {provider.title} may refuse it, as its product does (I). `enforce_pkce` "
            "makes the mock refuse."
        )


def _renewals(exchange: Exchange, log_in: LogIn) -> Iterator[float]:
    """When a log-in's tokens were renewed, up to this exchange, and when it was: the newest first."""
    tokens = success_advice.newest(exchange.service.store.provider_refresh_tokens)
    own = (each for each in tokens if each.log_in == log_in)
    yield from (each.spent_at for each in own if each.spent_at is not None and each.spent_at <= exchange.now)
    yield log_in.at


def _of_path(exchange: Exchange, record: Record) -> Iterator[str]:
    if record.status != _NOT_FOUND:
        return
    provider = exchange.service.provider
    paths = [provider.endpoint(name) for name in provider.endpoints]
    near = get_close_matches(record.path[:_LONGEST], paths, n=1, cutoff=0)
    yield f"Nothing is at {shown(record.path)}; did you mean {near[0]}? The discovery document has every endpoint."


def _of_assertion(exchange: Exchange, assertion: Jwt) -> Iterator[str]:
    yield from success_advice.odd_kid(assertion.header.get("kid"))
    provider = exchange.service.provider
    ahead, advised = assertion.claims["exp"] - exchange.now, provider.proof.advised
    if advised is not None and ahead > advised:
        yield f"exp of the client assertion is {duration(ahead)} ahead: {duration(advised)} are documented."
    if provider.client_id_like and API_KEY.fullmatch(exchange.client_id):
        yield (
            f"iss {shown(exchange.client_id)} looks like an API key: this mock knows an app by one id everywhere, the "
            f"real {provider.title} by a client id of its own ({provider.client_id_like[0]}). Take the two from two "
            "settings."
        )
