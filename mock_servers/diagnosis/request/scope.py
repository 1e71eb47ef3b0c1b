"""No scope is left for the way or the level of this token. Mistake 43."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mock_servers.apim.scopes import APPLICATION
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.jose.jwts import Jwt
from mock_servers.journal.finding import Finding
from mock_servers.state.grant import AccessToken
from mock_servers.state.provider import Provider
from mock_servers.wire.wording import shown

_FOR_APPLICATION: Final = "find_app_scopes"
_FOR_PERSON: Final = "find_user_scopes"
_AT_API: Final = ("check_scope", "check_scope_by_newest_suite")
_PEOPLE: Final = {"cis2": "user-nhs-cis2", "nhs_login": "user-nhs-login"}


def scopes_none_left(case: Case) -> Finding | None:
    """The app has no product for application access, or none for people of this provider at this level."""
    app, ahead = case.app, {rule.name for rule in case.ahead}
    if app is None:
        return None
    if _FOR_APPLICATION in ahead:
        return None if any(APPLICATION in scope for scope in app.scopes) else _of_application(app.name, app.scopes)
    subject = case.learned.get("subject", case.subject)
    provider = _provider(case, subject) if isinstance(subject, Jwt) else None
    if provider is None or _FOR_PERSON not in ahead:
        return None
    level = subject.claims[provider.level_claim]
    mark = f":{level[:2]}:" if isinstance(level, str) and provider.people == "nhs_login" else f":aal{level}:"
    return None if any(mark in scope for scope in app.scopes) else _of_person(app.name, app.scopes, provider, level)


def _provider(case: Case, subject: Jwt) -> Provider | None:
    """Return the provider of an id_token: as the rules found it, else by which of them names levels like this."""
    found = case.learned.get("provider")
    if isinstance(found, Provider):
        return found if found.level_claim in subject.claims else None
    return next((each for each in case.known.providers if each.level_claim in subject.claims), None)


def _of_application(name: str, scopes: Iterable[str]) -> Finding:
    return Finding(
        id="scopes-none-left",
        certainty="certain",
        seen=f"App {shown(name)} has no scope with {APPLICATION}; it has {_listed(scopes)}.",
        cause="Its products are all for people; client_credentials gives an application's own token.",
        cure="Subscribe it to an API for application-restricted access, or exchange a person's id_token.",
    )


def _of_person(name: str, scopes: Iterable[str], provider: Provider, level: object) -> Finding:
    own = [scope for scope in scopes if f":{_PEOPLE[provider.people]}:" in scope]
    other = f" It has none for people of {provider.title} at all." if not own else ""
    return Finding(
        id="scopes-none-left",
        certainty="certain",
        seen=f"The person logged in at {provider.title} with {provider.level_claim} {shown(level)}; app {shown(name)} "
        f"has {_listed(own or scopes)}.{other}",
        cause="Of the app's scopes only those of the id_token's level are given, and none has it.",
        cure="Ask for a higher level at the log-in (acr_values at CIS2, vtr at NHS login), or subscribe the app to an "
        "API for this level.",
    )


def scope_too_low(case: Case) -> Finding | None:
    """An API wants another kind of token than it got."""
    token = case.learned.get("token")
    if not isinstance(token, AccessToken) or not case.refused_by(*_AT_API):
        return None
    whose = "an application's own" if token.session is None else "a person's"
    grant = "client_credentials" if token.session is None else "a log-in"
    return Finding(
        id="scopes-none-left",
        certainty="certain",
        seen=f"The token is {whose}, of {grant}, with {_listed(token.scopes)}.",
        cause="This API takes the other kind, or another level.",
        cure="For a person's API exchange an id_token; for an application's use client_credentials.",
    )


def _listed(scopes: Iterable[str]) -> str:
    return shown(list(scopes), longest=300) if list(scopes) else "no scope"


FINDERS: Final = (
    Finder(find=scopes_none_left, rules=(_FOR_APPLICATION, _FOR_PERSON)),
    Finder(find=scope_too_low, rules=_AT_API, named=("scopes-none-left",)),
)
