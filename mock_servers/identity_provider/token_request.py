"""Checks the request that redeems a code at a provider's token endpoint; `client_proof` identifies the client."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import replace

from mock_servers.identity_provider import log_ins
from mock_servers.identity_provider.authorize_request import repeated
from mock_servers.identity_provider.service import Exchange
from mock_servers.journal import provenance
from mock_servers.provider import errors
from mock_servers.rules import Kind, Problem, Rule, rejects
from mock_servers.wire import wording
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import cut, duration, shown


@rejects(errors.METHOD_NOT_POST)
def check_method(exchange: Exchange) -> str | None:
    """RFC 6749, section 3.2."""
    method = exchange.request.method
    return None if method == "POST" else f"{method} at the token endpoint: tokens are asked for with POST and a form."


@rejects(errors.CONTENT_TYPE_WRONG)
def check_content_type(exchange: Exchange) -> str | None:
    """A form; a charset behind it does no harm (I)."""
    sent = exchange.request.content_type
    if sent.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        return None
    return f"Content-Type is {shown(sent)}: send the parameters as application/x-www-form-urlencoded."


@rejects(errors.PARAMETER_REPEATED)
def check_parameters_not_repeated(exchange: Exchange) -> str | None:
    """RFC 6749, section 3.2."""
    name = repeated(exchange.request.form)
    return None if name is None else f"{shown(name)} is there more than once: send each parameter once."


def present(name: str, error: Problem, *, instead: str) -> Rule[Exchange]:
    """Make the rule that a parameter is in the form; `instead` says what to do without it."""

    def objection(exchange: Exchange) -> str | None:
        form = exchange.request.form
        return None if name in form else f"The form has {form.lacking(name)}: {instead}."

    return Rule(kind=Kind.CHECK, error=error, objection=objection, name=f"check_{name}_present")


check_grant_type_present = present(
    "grant_type",
    errors.GRANT_TYPE_MISSING,
    instead="send grant_type=authorization_code, as application/x-www-form-urlencoded",
)
check_code_present = present("code", errors.CODE_MISSING, instead="send the one from the redirect")
check_redirect_uri_present = present(
    "redirect_uri", errors.REDIRECT_URI_MISSING, instead="repeat the one of the authorization request"
)
"""RFC 6749, section 4.1.3."""


@rejects(errors.GRANT_TYPE_UNKNOWN, after=["check_grant_type_present"])
def check_grant_type_known(exchange: Exchange) -> str | None:
    """The product has such a grant, whether or not this provider offers it (I)."""
    sent, provider = exchange.form("grant_type"), exchange.service.provider
    if sent in (*provider.grants, *provider.known_grants):
        return None
    return f"grant_type is {shown(sent)}, which no service has; {provider.title} answers {_answered(exchange)}."


def _answered(exchange: Exchange) -> str:
    return " and ".join(exchange.service.provider.grants)


@rejects(errors.GRANT_TYPE_UNSUPPORTED, after=["check_grant_type_known"])
def check_grant_type(exchange: Exchange) -> str | None:
    """This provider offers the grant."""
    sent, provider = exchange.form("grant_type"), exchange.service.provider
    if sent in provider.grants:
        return None
    return f"grant_type is {shown(sent)}; {provider.title} answers {_answered(exchange)}."


@rejects(errors.GRANT_NOT_REGISTERED)
def check_grant_registered(exchange: Exchange) -> str | None:
    """The client may use it (I at CIS2; RFC 6749, section 5.2, at NHS login)."""
    sent = exchange.form("grant_type") or ""
    if exchange.client.may_use(sent):
        return None
    return f"grant_type is {shown(sent)}; the client's grant_types are {shown(exchange.client.grant_types)}: add it."


@rejects(errors.SCOPE_SENT)
def check_no_scope(exchange: Exchange) -> str | None:
    """The product refuses a scope here (I), production clients of CIS2 send one (S): a setting."""
    if exchange.service.settings.scope_at_token == "ignore" or "scope" not in exchange.request.form:
        return None
    return f"The form has scope {shown(exchange.form('scope'))}: send scope with the authorization request alone."


@rejects(errors.CODE_UNKNOWN, after=["check_code_present"])
def find_code(exchange: Exchange) -> str | None:
    """Issued by this provider."""
    sent = exchange.form("code") or ""
    code = exchange.service.store.codes.get(sent)
    if code is None or code.log_in.provider != exchange.service.provider.name:
        return f"code {cut(sent)} was not issued by {exchange.service.provider.title}."
    exchange.code = code
    return None


@rejects(errors.CODE_NOT_OF_REQUEST)
def check_code_of_request(exchange: Exchange) -> str | None:
    """Unused, and issued to this client for this redirect URI, in a session that goes on."""
    sent, code = exchange.form("code") or "", exchange.code
    if code.spent_at is not None:
        return (
            f"code {cut(sent)} was used {duration(exchange.now - code.spent_at)} ago: redeem it once, keep the answer."
        )
    if code.log_in.client_id != exchange.client_id:
        return f"code {cut(sent)} was issued to client {shown(code.log_in.client_id)}."
    if not log_ins.is_alive(exchange.service, code.log_in):
        return f"code {cut(sent)} is of a session that has ended: let the person log in again."
    if not _same_redirect(exchange, code.redirect_uri):
        uri = exchange.form("redirect_uri") or ""
        return f"redirect_uri is {wording.url(uri)}; at the log-in it was {wording.mismatch(uri, [code.redirect_uri])}."
    return None


def _same_redirect(exchange: Exchange, registered: str) -> bool:
    """Case and query string do not count in CIS2's ancestor (I)."""
    sent = exchange.form("redirect_uri") or ""
    if not exchange.service.provider.redirect_at_token_is_loose:
        return sent == registered
    return sent.partition("?")[0].lower() == registered.partition("?")[0].lower()


@rejects(errors.CODE_EXPIRED)
def check_code_live(exchange: Exchange) -> str | None:
    """Within its lifetime."""
    late = exchange.now - exchange.code.expires_at
    return None if late < 0 else f"The code expired {duration(late)} ago: redeem it when it arrives."


@rejects(errors.CODE_VERIFIER_WRONG)
def check_code_verifier(exchange: Exchange) -> str | None:
    """CIS2's product compares it with the challenge (I); nobody has seen what CIS2 does: a setting, off by default."""
    return verifier_problem(exchange) if exchange.service.settings.enforce_pkce else None


def verifier_problem(exchange: Exchange) -> str | None:
    """Return what is wrong with the verifier of a code whose log-in had a challenge (RFC 7636, section 4.6)."""
    login, verifier = exchange.code.log_in, exchange.form("code_verifier")
    if login.challenge is None:
        return None
    if verifier is None:
        lacking = exchange.request.form.lacking("code_verifier")
        return (
            f"The authorization request had a code_challenge, and the form has {lacking}: send the verifier of that "
            "challenge."
        )
    made = {"S256": _s256(verifier), "plain": verifier}
    method = login.challenge_method or "plain"
    if method not in made:
        return f"code_challenge_method is {shown(method)}: send S256, or plain."
    if made[method] == login.challenge:
        return None
    return (
        f"code_verifier does not match the code_challenge of the log-in by {method}: keep the verifier in the person's "
        "session, and send that one."
    )


def _s256(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode(errors="replace")).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


@rejects(errors.CODE_SPENT)
def claim_code(exchange: Exchange) -> str | None:
    """Of several requests at once with one code, exactly one passes."""
    sent, code = exchange.form("code") or "", exchange.code
    if exchange.service.store.codes.swap(sent, code, replace(code, spent_at=exchange.now)):
        provenance.mark_spent(exchange.service.store, sent, exchange.now)
        return None
    return f"code {cut(sent)} was used by another request at this moment: redeem it once."


def redeemed(exchange: Exchange) -> Answer:
    """The tokens for the code."""
    return log_ins.tokens(exchange.service, exchange.request.base, exchange.code.log_in, exchange.form("code") or "")
