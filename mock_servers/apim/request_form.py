"""Checks the form of a token request: content type, grant type, and which parameters are present."""

from __future__ import annotations

from typing import Final

from mock_servers.apim import errors
from mock_servers.apim.exchange import Exchange
from mock_servers.rules import rejects
from mock_servers.wire.wording import names, shown

FORM: Final = "application/x-www-form-urlencoded"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN_TYPE: Final = "urn:ietf:params:oauth:token-type:id_token"


def is_form(exchange: Exchange) -> bool:
    """Whether the content type is a form's; a suffix such as `; charset=utf-8` is in doubt (I), hence the setting."""
    sent = exchange.request.content_type
    if exchange.service.settings.strict_content_type:
        return sent == FORM
    return sent.partition(";")[0].strip() == FORM


@rejects(errors.CONTENT_TYPE_NOT_FORM)
def check_content_type_form(exchange: Exchange) -> str | None:
    """§2.4: the body is a form."""
    sent = exchange.request.content_type
    return (
        f"Content-Type is {shown(sent)}. Send the parameters as a form: in requests `data={{…}}` rather than `json=`, "
        f"in axios a URLSearchParams, with `Content-Type: {FORM}` and nothing behind it."
    )


@rejects(errors.SUBJECT_TOKEN_TYPE_INVALID)
def check_subject_token_type_id_token(exchange: Exchange) -> str | None:
    """§2.13: a token exchange says that its subject_token is an id_token."""
    return f"{_what_is(exchange, 'subject_token_type')}: it must be exactly {ID_TOKEN_TYPE}."


def _what_is(exchange: Exchange, name: str) -> str:
    """Say what a parameter is, or that the form has none."""
    sent = next((value for each, value in exchange.request.form.pairs if each == name), None)
    return f"The form has no {name}" if sent is None else f"{name} is {shown(sent)}"


@rejects(errors.GRANT_TYPE_UNSUPPORTED)
def check_grant_type_supported(exchange: Exchange) -> str | None:
    """§2.14: the grant is one of the four that this service knows."""
    sent = exchange.form("grant_type") or ""
    if "%" in sent:
        return f"grant_type arrived as {shown(sent)}: it was percent-encoded twice. Encode the form once."
    return (
        f"grant_type is {shown(sent)}. This service knows client_credentials, authorization_code, refresh_token and "
        f"{TOKEN_EXCHANGE}."
    )


@rejects(errors.GRANT_TYPE_MISSING)
def check_grant_type_present(exchange: Exchange) -> str | None:
    """§2.15: a grant is named."""
    if "grant_type" in exchange.request.query:
        return "grant_type is in the query string, which this service does not read. Put the parameters into the body."
    lacks = exchange.request.form.lacking("grant_type")
    return f"The form has {lacks}; its parameters are {names(exchange.request.form)}."


@rejects(errors.AUTHORIZE_METHOD_NOT_ALLOWED)
def check_authorize_method(exchange: Exchange) -> str | None:
    """§2.16: a log-in begins with GET alone."""
    return f"{exchange.request.method} /authorize: a person's browser comes here, with GET."


@rejects(errors.TOKEN_METHOD_NOT_ALLOWED)
def check_token_method(exchange: Exchange) -> str | None:
    """§2.17: tokens are asked for with POST alone."""
    return f"{exchange.request.method} /token: tokens are asked for with POST and a form."


@rejects(errors.NOT_FOUND)
def check_path_known(exchange: Exchange) -> str | None:
    """§2.18: nothing else is served at this mount."""
    mount = exchange.service.mount
    return f"There is no {exchange.request.method} {shown(mount + exchange.request.path)} here. Use POST {mount}/token."


@rejects(errors.CLIENT_ASSERTION_TYPE_INVALID)
def check_client_assertion_type(exchange: Exchange) -> str | None:
    """§3.1: a JWT is the one kind of assertion that is taken."""
    sent = exchange.form("client_assertion_type")
    if sent == ASSERTION_TYPE:
        return None
    if sent is None and "client_secret" in exchange.request.form:
        return (
            "The request has a client_secret and no client_assertion_type. This service takes no secret here: sign a "
            f"client assertion and send it with client_assertion_type={ASSERTION_TYPE}."
        )
    return f"{_what_is(exchange, 'client_assertion_type')}: set it to {ASSERTION_TYPE}."


@rejects(errors.GRANT_TYPE_NOT_TOKEN_EXCHANGE)
def check_grant_type_token_exchange(exchange: Exchange) -> str | None:
    """§3.2: the subject_token_type alone has made this a token exchange."""
    sent = exchange.form("grant_type")
    if sent == TOKEN_EXCHANGE:
        return None
    return (
        f"subject_token_type makes this a token exchange, and grant_type is {shown(sent or '')}: set it to "
        f"{TOKEN_EXCHANGE}, or leave subject_token_type out."
    )


@rejects(errors.BOTH_TOKENS_MISSING)
def check_subject_token_beside_assertion(exchange: Exchange) -> str | None:
    """§3.3a: the fault rules run from the bottom, so this comes before the missing assertion."""
    form = exchange.request.form
    if "client_assertion" in form or "subject_token_type" not in form or "subject_token" in form:
        return None
    return "The form has neither client_assertion nor subject_token: send a signed client assertion and the id_token."


@rejects(errors.CLIENT_ASSERTION_MISSING)
def check_client_assertion_present(exchange: Exchange) -> str | None:
    """§3.3: the form has the assertion."""
    lacks = exchange.request.form.lacking("client_assertion")
    return lacks and f"The form has {lacks}; its parameters are {names(exchange.request.form)}."
