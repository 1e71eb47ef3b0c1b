"""Finds a provider's row for a problem, and renders the answer in the shape that the row names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from mock_servers.identity_provider import log_in_form, realm
from mock_servers.identity_provider.authorize_request import TARGET, repeated
from mock_servers.identity_provider.service import Exchange
from mock_servers.pages import SECURITY_HEADERS, ErrorPage, error_page
from mock_servers.provider import errors
from mock_servers.rules import Problem, ServiceError
from mock_servers.wire.request import Answer


def _description_first(row: ServiceError, exchange: Exchange) -> Answer:
    """CIS2's (S); a `state` comes back (I), and a client that used the header is asked to use it again (I)."""
    body = {"error_description": _sentence(row, exchange), "error": row.code}
    state = exchange.form("state") or exchange.request.query.get("state")
    if state is not None:
        body["state"] = state
    if row.code != "invalid_client" or exchange.request.basic is None:
        return Answer(status=row.status, body=body, headers=row.headers)
    asks = f'Basic realm="{exchange.service.provider.proof.realm}"'
    return Answer(status=401, body=body, headers={**row.headers, "WWW-Authenticate": asks})


def _error_first(row: ServiceError, _: Exchange) -> Answer:
    described = {"error_description": row.sentence} if row.sentence else {}
    return Answer(status=row.status, body={"error": row.code, **described}, headers=row.headers)


def _page(row: ServiceError, exchange: Exchange) -> Answer:
    page = ErrorPage(
        title=row.heading,
        status=row.status,
        sentence=_sentence(row, exchange),
        code=row.code,
        provider_title=exchange.service.provider.title,
    )
    return Answer(
        status=row.status,
        body=error_page(page, exchange.request.prefix),
        headers=SECURITY_HEADERS,
        content_type=log_in_form.HTML,
    )


def _redirect(row: ServiceError, exchange: Exchange) -> Answer:
    """To the redirect URI that the rules have found to be the client's, and to no other."""
    return log_in_form.redirect(
        exchange.redirect_uri,
        {"error": row.code, "error_description": _sentence(row, exchange) or None, "state": exchange.ask("state")},
    )


def _sentence(row: ServiceError, exchange: Exchange) -> str:
    sentence = row.sentence.replace("{method}", exchange.request.method)
    sentence = sentence.replace("{grant_type}", exchange.form("grant_type") or "")
    sentence = sentence.replace("{realm}", realm.named(exchange) or "")
    name = repeated(exchange.asked, TARGET) or repeated(exchange.asked) or repeated(exchange.request.form)
    return sentence.replace("{name}", name or "")


_SHAPES: Final[Mapping[str, Callable[[ServiceError, Exchange], Answer]]] = {
    "description_first": _description_first,
    "error_first": _error_first,
    "redirect": _redirect,
    "again": lambda row, exchange: log_in_form.show(exchange, row.sentence),
    "page": _page,
}


def row_of(problem: Problem, exchange: Exchange) -> ServiceError:
    """Return the provider's own row for a problem; one that a person has chosen is named by the choice.

    Raises LookupError for a problem that the provider has no row for.
    """
    provider, settings = exchange.service.provider, exchange.service.settings
    chosen = settings.foreign_assertion if problem is errors.ASSERTION_NOT_OF_CLIENT else settings.unusable_code
    ancestors = provider.ancestor_errors if chosen == "ancestor" else {}
    row = ancestors.get(problem) or provider.errors.get(problem)
    if row is None:
        raise LookupError(f"{provider.title} has no row for {errors.name_of(problem)}: write one into its errors")
    code = log_in_form.choice(exchange).outcome if problem is errors.ERROR_CHOSEN else row.code
    return replace(row, code=code, cause=problem.cause, cure=problem.cure, heading=problem.heading)


def render(row: ServiceError, exchange: Exchange, _: str) -> Answer:
    """Make the provider's own answer; providers give no message ids."""
    return _SHAPES[row.shape](row, exchange)
