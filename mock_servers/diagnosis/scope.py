"""No scope is left for the way or the level of this token. Mistake 43."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mock_servers.apim.scopes import APPLICATION
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.grants import AccessToken
from mock_servers.identity_provider.provider import Provider
from mock_servers.jwts import Jwt
from mock_servers.records import Finding
from mock_servers.wording import shown

_PEOPLE: Final = {"cis2": "user-nhs-cis2", "nhs_login": "user-nhs-login"}


def scopes_none_left(case: Case) -> Finding | None:
    """The app has no product for application access, or none for people of this provider at this level."""
    if case.app is None:
        return None
    if case.refused_by("find_app_scopes"):
        return _of_application(case.app.name, case.app.scopes)
    provider, subject = case.learned.get("provider"), case.learned.get("subject")
    if not case.refused_by("find_user_scopes") or not isinstance(provider, Provider) or not isinstance(subject, Jwt):
        return None
    return _of_person(case.app.name, case.app.scopes, provider, subject.claims.get(provider.level_claim))


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
    if not isinstance(token, AccessToken):
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
    Finder(find=scopes_none_left, rules=("find_app_scopes", "find_user_scopes")),
    Finder(find=scope_too_low, rules=("check_scope", "check_scope_by_newest_suite")),
)
