"""Checks an authorization request, parameter by parameter. Until the redirect URI is known, a refusal is a page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

from mock_servers.identity_provider import sessions
from mock_servers.identity_provider.service import Assurance, Exchange
from mock_servers.provider import errors
from mock_servers.rules import Kind, Problem, Rule, rejects
from mock_servers.state.grant import ProviderSession
from mock_servers.wire import wording
from mock_servers.wire.request import Parameters
from mock_servers.wire.wording import shown

TARGET: Final = ("client_id", "redirect_uri")
_PROMPTS: Final = {"none", "login", "consent", "select_account"}


@rejects(errors.AUTHORIZE_METHOD)
def check_authorize_method(exchange: Exchange) -> str | None:
    """A browser comes with GET; NHS login takes the request as a form, too (D)."""
    method = exchange.request.method
    if method in ("GET", "HEAD") or (method == "POST" and is_answered_form(exchange)):
        return None
    if method == "POST" and exchange.service.provider.asking.takes_post:
        return None
    return f"{method} at the authorize endpoint: send the person's browser there with GET."


def is_answered_form(exchange: Exchange) -> bool:
    """Whether this is the log-in form, sent by a person: it carries a `username`, be it empty."""
    return "username" in list(exchange.request.form)


def repeated(parameters: Parameters, among: Iterable[str] | None = None) -> str | None:
    """Return the first parameter that is repeated."""
    counted = Counter(name for name, _ in parameters.pairs)
    return next((name for name, times in counted.items() if times > 1 and (among is None or name in among)), None)


@rejects(errors.TARGET_REPEATED)
def check_target_not_repeated(exchange: Exchange) -> str | None:
    """One client and one redirect URI: otherwise it is not known where to send an error (I)."""
    name = repeated(exchange.asked, TARGET)
    return None if name is None else f"{name} is there more than once: send it once."


@rejects(errors.CLIENT_ID_MISSING)
def check_client_id_present(exchange: Exchange) -> str | None:
    """It is present."""
    return None if exchange.ask("client_id") else "The request has no client_id: send that of your app."


@rejects(errors.CLIENT_UNKNOWN, after=["check_client_id_present"])
def find_authorizing_client(exchange: Exchange) -> str | None:
    """It is a client's."""
    client_id = exchange.ask("client_id") or ""
    client = exchange.service.client(client_id)
    if client is None:
        return exchange.service.not_a_client(client_id)
    exchange.client_id, exchange.client = client.client_id, client
    return None


@rejects(errors.REDIRECT_URI_ABSENT)
def check_redirect_uri_present(exchange: Exchange) -> str | None:
    """It is present, even if the client has registered only one."""
    return None if exchange.ask("redirect_uri") else "The request has no redirect_uri: send a registered one."


@rejects(errors.REDIRECT_URI_RELATIVE, after=["check_redirect_uri_present"])
def check_redirect_uri_absolute(exchange: Exchange) -> str | None:
    """It has a scheme and a host."""
    uri = exchange.ask("redirect_uri") or ""
    return None if is_absolute(uri) else f"redirect_uri {wording.url(uri)} has no scheme and host: send the whole URL."


def is_absolute(uri: str) -> bool:
    """Whether a URI has a scheme; an unreadable one is left to the comparison."""
    try:
        return bool(urlsplit(uri).scheme)
    except ValueError:
        return True


@rejects(errors.REDIRECT_URI_MISMATCH, after=["check_redirect_uri_absolute"])
def find_redirect_uri(exchange: Exchange) -> str | None:
    """It is one of the client's, letter by letter."""
    uri, client = exchange.ask("redirect_uri") or "", exchange.client
    if client.takes_redirect(uri, exchange.request.base):
        exchange.redirect_uri = uri
        return None
    return (
        f"redirect_uri {wording.url(uri)} is not one that the client has registered: "
        f"{wording.mismatch(uri, client.redirect_uris)}. Case, port, path and a slash at the end count."
    )


@rejects(errors.ASKED_TWICE)
def check_nothing_asked_twice(exchange: Exchange) -> str | None:
    """RFC 6749, section 3.1."""
    name = repeated(exchange.asked)
    return None if name is None else f"{shown(name)} is there more than once: send each parameter once."


@rejects(errors.STATE_MISSING)
def check_state_present(exchange: Exchange) -> str | None:
    """NHS login's documentation requires one (D), production clients send none (S): a setting, tolerant."""
    if exchange.ask("state") or not (exchange.service.provider.asking.state_required and _is_strict(exchange)):
        return None
    return "The request has no state: send a fresh random one, and compare it when the person comes back."


def _is_strict(exchange: Exchange) -> bool:
    return exchange.service.settings.strict_authorize


@rejects(errors.RESPONSE_TYPE_MISSING)
def check_response_type_present(exchange: Exchange) -> str | None:
    """It is present."""
    return None if exchange.ask("response_type") else "The request has no response_type: send response_type=code."


@rejects(errors.RESPONSE_TYPE_UNSUPPORTED, after=["check_response_type_present"])
def check_response_type_code(exchange: Exchange) -> str | None:
    """The authorization code flow only (D)."""
    sent = exchange.ask("response_type")
    return None if sent == "code" else f"response_type is {shown(sent)}: there is the code flow only, so send code."


@rejects(errors.CODE_NOT_REGISTERED)
def check_code_registered(exchange: Exchange) -> str | None:
    """The client may ask for codes."""
    if exchange.client.may_use("authorization_code"):
        return None
    return f"The client's grant_types are {shown(exchange.client.grant_types)}: add authorization_code."


@rejects(errors.RESPONSE_MODE_UNSUPPORTED)
def check_response_mode(exchange: Exchange) -> str | None:
    """The answer comes in the query (D for NHS login, I for CIS2)."""
    sent = exchange.ask("response_mode")
    return None if sent in (None, "query") else f"response_mode is {shown(sent)}: leave it out; the query it is."


def _unsupported(name: str, error: Problem) -> Rule[Exchange]:
    def objection(exchange: Exchange) -> str | None:
        if name not in exchange.service.provider.asking.unsupported or exchange.ask(name) is None:
            return None
        return f"{name} is not supported by {exchange.service.provider.title}: send plain parameters."

    return Rule(kind=Kind.CHECK, error=error, objection=objection, name=f"check_no_{name}")


check_no_request = _unsupported("request", errors.REQUEST_NOT_SUPPORTED)
check_no_request_uri = _unsupported("request_uri", errors.REQUEST_URI_NOT_SUPPORTED)
check_no_registration = _unsupported("registration", errors.REGISTRATION_NOT_SUPPORTED)


def _scopes(exchange: Exchange) -> tuple[str, ...]:
    return tuple(dict.fromkeys((exchange.ask("scope") or "").split(" ")))


@rejects(errors.OPENID_MISSING)
def check_scope_openid(exchange: Exchange) -> str | None:
    """OpenID Connect Core 1.0, section 3.1.2.1."""
    if "openid" in _scopes(exchange):
        return None
    return f"scope is {shown(exchange.ask('scope') or '')}: it must have openid among its words."


@rejects(errors.SCOPE_UNKNOWN)
def find_scopes(exchange: Exchange) -> str | None:
    """CIS2 refuses unknown scopes (I), NHS login ignores them (D)."""
    asking, sent = exchange.service.provider.asking, _scopes(exchange)
    known = tuple(scope for scope in sent if scope in (*asking.scopes, *asking.reserved_scopes))
    unknown = [scope for scope in sent if scope and scope not in known]
    if unknown and not asking.ignores_unknown_scopes:
        return f"scope has {shown(unknown)}, which is unknown here; known are {' '.join(asking.scopes)}."
    exchange.scopes = known
    return None


@rejects(errors.SCOPE_RESERVED)
def check_scopes_permitted(exchange: Exchange) -> str | None:
    """Known, but not for this client."""
    reserved = exchange.service.provider.asking.reserved_scopes
    refused = [scope for scope in exchange.scopes if scope in reserved and scope not in exchange.client.scopes]
    return None if not refused else f"scope has {shown(refused)}, which this client may not ask for: leave it out."


@rejects(errors.SCOPES_EXCLUSIVE)
def check_scopes_compatible(exchange: Exchange) -> str | None:
    """`profile` and `basic_demographics` exclude each other (D)."""
    exclusive = exchange.service.provider.asking.exclusive_scopes
    both = [scope for scope in exchange.scopes if scope in exclusive]
    return None if len(both) <= 1 else f"scope has {' and '.join(both)}, which exclude each other: send one of them."


@rejects(errors.NONCE_MISSING)
def check_nonce_present(exchange: Exchange) -> str | None:
    """As for state: the platform itself sends none (S), and the refusal of others is inferred."""
    needless = not exchange.service.provider.asking.nonce_required or exchange.client.is_platform
    if needless or exchange.ask("nonce") or not _is_strict(exchange):
        return None
    return "The request has no nonce: send a fresh random one, and compare it with that of the id_token."


@rejects(errors.PROMPT_INVALID)
def check_prompt(exchange: Exchange) -> str | None:
    """Known words, and `none` only by itself (OpenID Connect Core 1.0, section 3.1.2.1)."""
    words = (exchange.ask("prompt") or "").split()
    if set(words) <= _PROMPTS and (words == ["none"] or "none" not in words):
        return None
    return f"prompt is {shown(exchange.ask('prompt'))}: leave it out, or send `login`, or `none` on its own."


@rejects(errors.MAX_AGE_INVALID)
def check_max_age(exchange: Exchange) -> str | None:
    """Whole seconds, where it counts at all."""
    sent = exchange.ask("max_age")
    if sent is None or not exchange.service.provider.asking.honours_max_age or max_age(sent) is not None:
        return None
    return f"max_age is {shown(sent)}: send whole seconds, such as 300."


def max_age(sent: str | None) -> int | None:
    """Return the seconds of a max_age; `None` if it is invalid."""
    digits = sent is not None and sent.isascii() and sent.isdigit() and len(sent) <= 15  # noqa: PLR2004 - 30 million years
    return int(sent) if sent is not None and digits else None


@rejects(errors.DISPLAY_UNSUPPORTED)
def check_display(exchange: Exchange) -> str | None:
    """NHS login knows `page` and `touch` (D)."""
    sent, known = exchange.ask("display"), exchange.service.provider.asking.displays
    if sent is None or not known or sent in known:
        return None
    return f"display is {shown(sent)}: leave it out, or send {' or '.join(known)}."


@rejects(errors.VTR_MALFORMED)
def check_vtr_readable(exchange: Exchange) -> str | None:
    """A JSON array of strings (D)."""
    if not exchange.service.provider.asking.vectors or _vectors(exchange) is not None:
        return None
    return f'vtr is {shown(exchange.ask("vtr"))}: send a JSON array of text, as ["P9.Cp.Cd"], percent-encoded once.'


@rejects(errors.VTR_UNKNOWN, after=["check_vtr_readable"])
def find_assurances(exchange: Exchange) -> str | None:
    """The requested levels: by `vtr` at NHS login, by `acr_values` at CIS2, where unknown ones are ignored (I)."""
    asking = exchange.service.provider.asking
    vectors = _vectors(exchange) if asking.vectors else None
    unknown = [vector for vector in vectors or () if vector not in asking.vectors]
    if unknown:
        return f"vtr has {shown(unknown)}, for which no client is registered: those are {', '.join(asking.vectors)}."
    if vectors is not None:
        exchange.assurances = [Assurance(level=asking.vectors[vector], vector=vector) for vector in vectors]
        return None
    exchange.assurances = _by_acr(exchange)
    return None


def _vectors(exchange: Exchange) -> Sequence[str] | None:
    sent = exchange.ask("vtr")
    if sent is None:
        return exchange.service.settings.default_vtr or exchange.service.provider.asking.default_vectors
    try:
        found = json.loads(sent)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and found and all(isinstance(each, str) for each in found) else None


def _by_acr(exchange: Exchange) -> list[Assurance] | None:
    asking = exchange.service.provider.asking
    if not asking.acr_levels:
        return None
    sent = [word for word in (exchange.ask("acr_values") or "").split() if word in asking.acr_levels]
    return [
        Assurance(level=level, acr=word) for word in sent or [asking.default_acr] for level in asking.acr_levels[word]
    ]


@rejects(errors.LOGIN_REQUIRED)
def find_session(exchange: Exchange) -> str | None:
    """`prompt=none` requires a live session of the browser, no older than `max_age`."""
    session = sessions.named(exchange)
    problem = _lacking(exchange, session)
    if problem is not None:
        return f"prompt=none, and {problem}: let the person log in."
    exchange.session = session
    return None


def goes_on(exchange: Exchange) -> bool:
    """Whether the browser's session answers the request without the person, where a setting allows that."""
    session = sessions.named(exchange)
    wanted = exchange.service.settings.single_sign_on and exchange.ask("prompt") is None
    if not wanted or _lacking(exchange, session) is not None:
        return False
    exchange.session = session
    return True


def _lacking(exchange: Exchange, session: ProviderSession | None) -> str | None:
    """Say why a session will not do."""
    if session is None:
        return "the browser has no session here (no cookie, or a tampered one)"
    if session.ended or session.expires_at <= exchange.now:
        return "the session that the browser's cookie names has ended"
    oldest = max_age(exchange.ask("max_age")) if exchange.service.provider.asking.honours_max_age else None
    if oldest is not None and exchange.now - session.at > oldest:
        return f"the log-in is older than max_age={oldest}"
    return None
