"""Checks what a person sends with the log-in form, or a test without one, and continues the log-in.

A seal binds the form to its request, so that what is granted is what was shown. `pages` makes the HTML.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import quote, urlencode

from mock_servers.identity_provider import authorize_request as ask
from mock_servers.identity_provider import log_ins, sessions
from mock_servers.identity_provider.service import Choice, Exchange
from mock_servers.pages import OUTCOMES, SECURITY_HEADERS, ErrorPage, LogInForm, error_page, log_in_page, person_choice
from mock_servers.provider import errors
from mock_servers.rules import rejects
from mock_servers.state import person as people
from mock_servers.state.log_in import LogIn
from mock_servers.state.person import Person, Roster
from mock_servers.wire.request import Answer
from mock_servers.wire.wording import shown

SLOW: Final = 5
"""Seconds that a slow log-in takes: the browser waits, with the `Refresh` header; no thread of the mock does."""

_OWN: Final = ("username", "outcome", "selected_roleid", "level", "csrf")
_HEADLESS: Final = ("nhsauth_user", "nhsauth_outcome", "nhsauth_role", "nhsauth_level")
HTML: Final = "text/html; charset=utf-8"


def bound(exchange: Exchange) -> dict[str, str]:
    """Return the authorization request alone, without what the form or a test adds."""
    asked = exchange.asked
    return {name: asked.get(name) or "" for name in asked if name not in (*_OWN, *_HEADLESS)}


def _seal(exchange: Exchange) -> tuple[str, ...]:
    return ("form", *(part for pair in sorted(bound(exchange).items()) for part in pair))


def choice(exchange: Exchange) -> Choice:
    """Return what the form says, or in its place the parameters `nhsauth_…` and `login_hint` of the request."""
    request = exchange.request
    if request.method == "POST" and "username" in list(request.form):
        return Choice(
            username=exchange.form("username"),
            outcome=exchange.form("outcome") or "ok",
            level=exchange.form("level"),
            role=exchange.form("selected_roleid"),
        )
    return Choice(
        username=exchange.ask("nhsauth_user") or exchange.ask("login_hint"),
        outcome=exchange.ask("nhsauth_outcome") or "ok",
        level=exchange.ask("nhsauth_level"),
        role=exchange.ask("nhsauth_role"),
    )


def is_headless(exchange: Exchange) -> bool:
    """Whether the request itself names the person; an unknown one in a hint is shown to the person."""
    if exchange.ask("nhsauth_user") is not None:
        return True
    hint = exchange.ask("login_hint")
    return hint is not None and _person(exchange, hint) is not None


def _person(exchange: Exchange, username: str | None) -> Person | None:
    return exchange.service.store.people.get((exchange.service.provider.people, (username or "").strip()))


@rejects(errors.FORM_TOKEN_WRONG)
def check_form_token(exchange: Exchange) -> str | None:
    """The form was made by this provider for exactly this request."""
    sent = exchange.form("csrf") or exchange.request.query.get("csrf") or ""
    if sessions.is_sealed(exchange.service, sent, *_seal(exchange)):
        return None
    return (
        "The field csrf does not fit the request in the form: load the log-in page again and send its form unchanged."
    )


@rejects(errors.ERROR_CHOSEN)
def check_no_error_chosen(exchange: Exchange) -> str | None:
    """It is not to end with one of the errors that are documented without a cause."""
    sent = choice(exchange).outcome
    return f"The log-in ends with {sent}, as was chosen." if sent in exchange.service.provider.asking.outcomes else None


@rejects(errors.OUTCOME_UNKNOWN)
def check_outcome_known(exchange: Exchange) -> str | None:
    """It is one that the mock can play."""
    sent = choice(exchange).outcome
    known = (*OUTCOMES, *exchange.service.provider.asking.outcomes)
    return None if sent in known else f"outcome is {shown(sent)}: it is one of {', '.join(known)}."


@rejects(errors.CANCELLED)
def check_not_cancelled(exchange: Exchange) -> str | None:
    """The person goes on."""
    return "The log-in was cancelled, as was chosen." if choice(exchange).outcome == "cancelled" else None


@rejects(errors.CONSENT_REFUSED)
def check_consent_given(exchange: Exchange) -> str | None:
    """The person shares the requested data."""
    return "Consent was refused, as was chosen." if choice(exchange).outcome == "consent_refused" else None


@rejects(errors.CONSENT_REQUIRED)
def check_consent_not_needed(exchange: Exchange) -> str | None:
    """`prompt=none` cannot ask for consent (OpenID Connect Core 1.0, section 3.1.2.6)."""
    refused = choice(exchange).outcome == "consent_refused"
    return "prompt=none, and the person has not consented, as was chosen: ask again without it." if refused else None


@rejects(errors.PROVIDER_ERROR)
def check_provider_well(exchange: Exchange) -> str | None:
    """The provider does not fail."""
    return "The provider failed, as was chosen." if choice(exchange).outcome == "provider_error" else None


@rejects(errors.PERSON_UNKNOWN)
def find_person(exchange: Exchange) -> str | None:
    """A person who is known here; otherwise the form is shown again."""
    service, username = exchange.service, choice(exchange).username
    person = _person(exchange, username)
    if person is None:
        known = service.store.people.derived(Roster).listed(service.provider.people, with_levels=False)
        return f"username is {shown(username)}: {service.provider.title} has {known}."
    try:
        log_ins.acting(service, person)
    except log_ins.NoSuchPersonError as reason:
        return f"{reason}: add that person."
    exchange.person = person
    return None


@rejects(errors.ROLE_UNKNOWN)
def find_role(exchange: Exchange) -> str | None:
    """A role of this person's, or the first; it is returned if `selectedrole` was requested."""
    try:
        role = people.selected_roleid(exchange.service.provider, exchange.person, choice(exchange).role)
    except LookupError as reason:
        return f"{reason}."
    exchange.role = role if "selectedrole" in exchange.scopes else None
    return None


@rejects(errors.LEVEL_TOO_LOW)
def find_assurance(exchange: Exchange) -> str | None:
    """The first requested level that the person reaches."""
    chosen = choice(exchange)
    if chosen.outcome == "level_too_low":
        return "Too low a level was reached, as was chosen."
    return _find_assurance(exchange, exchange.person.level, chosen.level)


@rejects(errors.LEVEL_TOO_LOW)
def find_session_assurance(exchange: Exchange) -> str | None:
    """The level of the log-in that began the session must do."""
    session = exchange.session
    return None if session is None else _find_assurance(exchange, session.log_in.level, None)


def _find_assurance(exchange: Exchange, own: str, wanted: str | None) -> str | None:
    good = log_ins.assurances(exchange, wanted or own)
    for assurance in good:
        right = wanted is None or wanted.lower() == assurance.level.lower()
        if right and log_ins.reaches(exchange.service, own, assurance.level):
            exchange.assurance = assurance
            return None
    allowed = ", ".join(dict.fromkeys(assurance.level for assurance in good)) or "any of the provider's"
    return (
        f"The log-in reaches {wanted or own}; the request requires {allowed}: choose another person, or request less."
    )


def shown_or_continued(exchange: Exchange) -> Answer:
    """Answer with the log-in page, or log in without it if single sign-on is set and the session is sufficient."""
    if ask.goes_on(exchange) and find_session_assurance.objection(exchange) is None:
        return continued(exchange)
    return show(exchange)


def show(exchange: Exchange, message: str | None = None) -> Answer:
    """Answer with the log-in page."""
    return Answer(
        status=200,
        body=log_in_page(_form(exchange, message), exchange.request.prefix),
        headers=SECURITY_HEADERS,
        content_type=HTML,
    )


def _form(exchange: Exchange, message: str | None) -> LogInForm:
    service, asked = exchange.service, bound(exchange)
    asking, csrf = service.provider.asking, sessions.seal(service, *_seal(exchange))
    in_action = {**asked, "csrf": csrf} if asking.form_id else {}
    return LogInForm(
        provider_title=service.provider.title,
        action=_action(exchange, in_action),
        hidden={} if in_action else asked,
        csrf="" if in_action else csrf,
        client_name=exchange.client.name,
        client_id=exchange.client.client_id,
        scopes=exchange.scopes,
        level_asked=" or ".join(
            dict.fromkeys(each.acr or each.vector or each.level for each in exchange.assurances or ())
        )
        or None,
        people=[person_choice(service.provider, person) for person in log_ins.people(service)],
        message=message,
        form_id=asking.form_id,
        chosen=choice(exchange).username,
        picks_role="selectedrole" in exchange.scopes,
    )


def _action(exchange: Exchange, query: dict[str, str]) -> str:
    """Keycloak's form has the request in its action, since its clients post only the username (S)."""
    issuer, endpoints = exchange.service.issuer(exchange.request.base), exchange.service.provider.endpoints
    if not query:
        return f"{issuer}{endpoints['authorize']}"
    return f"{issuer}{endpoints['log_in']}?{urlencode(query, quote_via=quote)}"


def completed(exchange: Exchange) -> Answer:
    """Answer a log-in that succeeded: the redirect with its code; a slow one waits before."""
    if choice(exchange).outcome == "slow":
        return _waiting(exchange)
    patient, actor = log_ins.acting(exchange.service, exchange.person)
    begun = LogIn(
        provider=exchange.service.provider.name,
        person=patient,
        actor=actor,
        level=exchange.assurance.level,
        client_id=exchange.client_id,
        at=exchange.now,
        session_id=sessions.joined(exchange, patient) or exchange.service.identifiers.uuid(),
    )
    return _arrived(exchange, _of_request(exchange, begun, exchange.role))


def continued(exchange: Exchange) -> Answer:
    """Answer a request that a live session answers without the person."""
    session = exchange.session
    if session is None:  # find_session has refused before
        raise LookupError("no session")
    begun = session.log_in
    role = begun.role if "selectedrole" in exchange.scopes else None
    return _arrived(exchange, _of_request(exchange, begun, role))


def _of_request(exchange: Exchange, begun: LogIn, role: str | None) -> LogIn:
    return replace(
        begun,
        level=exchange.assurance.level,
        client_id=exchange.client_id,
        nonce=exchange.ask("nonce"),
        state=exchange.ask("state"),
        scope=" ".join(exchange.scopes),
        acr=exchange.assurance.acr,
        vector=exchange.assurance.vector,
        role=role,
        challenge=exchange.ask("code_challenge"),
        challenge_method=exchange.ask("code_challenge_method"),
    )


def _arrived(exchange: Exchange, login: LogIn) -> Answer:
    service = exchange.service
    parameters = {
        "code": log_ins.issue_code(service, login, exchange.redirect_uri, exchange.request.base),
        "state": login.state,
        "scope": login.scope,
        "iss": service.issuer(exchange.request.base),
        "client_id": login.client_id,
        "session_state": login.session_id,
    }
    answer = redirect(
        exchange.redirect_uri, {name: parameters[name] for name in service.provider.asking.answer_parameters}
    )
    headers = {**answer.headers, "Set-Cookie": sessions.cookie(exchange, login.session_id)}
    return Answer(status=answer.status, headers=headers, content_type=answer.content_type)


def redirect(uri: str, parameters: dict[str, str | None]) -> Answer:
    """Redirect the browser to a URI with these parameters, except those that are `None`; a registered query stays."""
    query = urlencode(
        {name: value for name, value in parameters.items() if value is not None}, quote_via=quote, safe=""
    )
    address, hash_sign, fragment = uri.partition("#")
    joint = "" if not query else "&" if "?" in address else "?"
    location = f"{address}{joint}{query}{hash_sign}{fragment}"
    return Answer(status=302, headers={"Location": location, "Cache-Control": "no-store"}, content_type=HTML)


def _waiting(exchange: Exchange) -> Answer:
    chosen = choice(exchange)
    named = dict(zip(_HEADLESS, (chosen.username, "ok", chosen.role, chosen.level), strict=True))
    query = {**bound(exchange), **{name: value for name, value in named.items() if value}}
    path = f"{exchange.request.prefix}{exchange.service.provider.endpoint('authorize')}"
    url = f"{path}?{urlencode(query, quote_via=quote)}"
    page = ErrorPage(
        title="This log-in is slow",
        status=200,
        sentence=f"It goes on by itself in {SLOW} seconds.",
        is_error=False,
        provider_title=exchange.service.provider.title,
    )
    headers = {**SECURITY_HEADERS, "Refresh": f"{SLOW}; url={url}"}
    return Answer(status=200, body=error_page(page, exchange.request.prefix), headers=headers, content_type=HTML)
