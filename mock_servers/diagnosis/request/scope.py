"""No scope is left for the access mode or the level of this token."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import chain, islice
from typing import Final
from urllib.parse import unquote

from mock_servers.apim.scopes import APPLICATION, level_mark
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.gateway.service import find_api
from mock_servers.jose.jwts import Jwt
from mock_servers.journal.finding import Finding
from mock_servers.provider.provider import Provider
from mock_servers.provider.providers import PROVIDERS
from mock_servers.state.grant import AccessToken
from mock_servers.state.person import Roster
from mock_servers.wire.wording import shown

_FOR_APPLICATION: Final = "find_app_scopes"
_FOR_PERSON: Final = "find_user_scopes"
_PROVIDERS: Final = {each.name: each for each in PROVIDERS}
_MOST: Final = 3
_AT_API: Final = ("check_scope", "check_scope_by_newest_suite")


def scopes_none_left(case: Case) -> Finding | None:
    """The app has no scope for applications, or none for people of this provider at this level."""
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
    if any(level_mark(provider, subject) in scope for scope in app.scopes):
        return None
    return _of_person(app.name, app.scopes, provider, level, who_would_do(provider, app.scopes, _roster(case)))


def _provider(case: Case, subject: Jwt) -> Provider | None:
    """Return the provider of an id_token: as the rules found it, else the one whose levels have such names."""
    found = case.learned.get("provider")
    if isinstance(found, Provider):
        return found if found.level_claim in subject.claims else None
    return next((each for each in case.known.providers if each.level_claim in subject.claims), None)


def _of_application(name: str, scopes: Iterable[str]) -> Finding:
    return Finding(
        id="scopes-none-left",
        certainty="certain",
        seen=f"App {shown(name)} has no scope with {APPLICATION}; it has {_listed(scopes)}.",
        cause="All its APIs are for people. client_credentials gives a token to an application.",
        cure="Subscribe it to an API for application-restricted access, or exchange a person's id_token.",
    )


def who_would_do(provider: Provider, scopes: Collection[str], people: Roster) -> str:
    """Say which level is required for one of these scopes, and which known people reach it; empty for none."""
    words = [word for word, level in provider.levels.items() if any(f":{level.scope_mark}:" in each for each in scopes)]
    if not words:
        return ""
    level, (able, count) = provider.levels[words[0]], _able(provider, words[0], people)
    more = f" and {count - _MOST} more" if count > _MOST else ""
    asked = f"acr_values {level.acr}" if level.acr else f'vtr ["{level.vector_of_trust}"]'
    can = f": of this mock's people {', '.join(able)}{more} can" if able else ""
    return f"Log in at {words[0]} ({asked}){can}"


def _able(provider: Provider, wanted: str, people: Roster) -> tuple[list[str], int]:
    """Return the first people who reach a level, those for whom it is the highest first; and how many there are."""
    ranks = [word.lower() for word in provider.levels]
    higher = ranks[: ranks.index(wanted.lower())]
    by_themselves = people.able(provider.people, lambda level: level.lower() == wanted.lower())
    as_well = people.able(provider.people, lambda level: level.lower() in higher)
    count = people.count(provider.people, lambda level: level.lower() in (*higher, wanted.lower()))
    return list(islice(chain(by_themselves, as_well), _MOST)), count


def _roster(case: Case) -> Roster:
    return case.known.store.people.derived(Roster)


def _of_person(name: str, scopes: Iterable[str], provider: Provider, level: object, who: str) -> Finding:
    own = [scope for scope in scopes if f":user-{provider.word}:" in scope]
    other = f" It has no scope at all for people of {provider.title}." if not own else ""
    return Finding(
        id="scopes-none-left",
        certainty="certain",
        seen=f"The person logged in at {provider.title} with {provider.level_claim} {shown(level)}; app {shown(name)} "
        f"has {_listed(own or scopes)}.{other}",
        cause="The token gets only scopes of the id_token's level, and the app has none of them.",
        cure=f"{who}, or subscribe the app to an API for this level."
        if who
        else f"Subscribe the app to an API for people of {provider.title} at this level.",
    )


def scope_too_low(case: Case) -> Finding | None:
    """The API needs another kind of token."""
    token = case.learned.get("token")
    if not isinstance(token, AccessToken) or not case.refused_by(*_AT_API):
        return None
    who = _who_for_api(case, token)
    whose = "an application's own" if token.session is None else "a person's"
    grant = "client_credentials" if token.session is None else "a log-in"
    return Finding(
        id="scopes-none-left",
        certainty="certain",
        seen=f"The token is {whose}, of {grant}, with {_listed(token.scopes)}.",
        cause="This API needs the other kind of token, or another level.",
        cure=f"{who}."
        if who
        else "For a person's API exchange an id_token; for an application's use client_credentials.",
    )


def _who_for_api(case: Case, token: AccessToken) -> str:
    """Say who could have called a team's own API, if a person has called it at another level than required."""
    api = find_api(case.known.store, case.record.path)
    provider = _PROVIDERS.get(token.session.people) if token.session is not None else None
    if provider is None or api is None:
        return ""
    return who_would_do(provider, api.scopes, _roster(case))


def scope_joined(case: Case) -> Finding | None:
    """The words of scope are joined by something other than a space."""
    sent = case.request.query.get("scope") or case.form("scope") or ""
    words = _WORDS.findall(unquote(sent)[:_LONGEST])
    if "openid" not in words or "openid" in sent.split(" "):
        return None
    return Finding(
        id="scope-joined",
        certainty="certain",
        seen=f"scope is {shown(sent)}: its words are not joined by spaces.",
        cause="Your code joined a list by another character, printed it, or encoded the value twice.",
        cure=f"Set scope to {shown(' '.join(words))}: one space between two words, encoded once.",
    )


def scope_unknown(case: Case) -> Finding | None:
    """The log-in asks for a scope that the provider does not have; `offline_access` is added by some libraries."""
    provider = next((each for each in case.known.providers if each.name == case.record.service), None)
    if provider is None:
        return None
    asking, sent = provider.asking, case.request.query.get("scope") or case.form("scope") or ""
    known = (*asking.scopes, *asking.reserved_scopes)
    unknown = [each for each in dict.fromkeys(sent.split(" ")) if each and each not in known]
    if not unknown or asking.ignores_unknown_scopes:
        return None
    offline = _OFFLINE in unknown
    return Finding(
        id="scope-unknown",
        certainty="certain",
        seen=f"scope has {' and '.join(map(shown, unknown[:_MOST]))}, which {provider.title} does not document.",
        cause="offline_access asks for a refresh token. Some libraries add it by themselves, such as MSAL."
        if offline
        else f"{provider.title} refuses a log-in with a scope that it does not know.",
        cure=f"Leave out {_OFFLINE}: {provider.title} has no scope for refresh tokens."
        if offline
        else f"Ask only for scopes of this list: {' '.join(asking.scopes)}.",
    )


_OFFLINE: Final = "offline_access"
"""OpenID Connect Core 1.0, section 11."""
_WORDS: Final = re.compile(r"[\w.:/-]+")
_LONGEST: Final = 1000


def _listed(scopes: Iterable[str]) -> str:
    return shown(list(scopes), longest=300) if list(scopes) else "no scope"


FINDERS: Final = (
    Finder(find=scope_joined, rules=("check_scope_openid",)),
    Finder(find=scope_unknown, rules=("find_scopes",)),
    Finder(find=scopes_none_left, rules=(_FOR_APPLICATION, _FOR_PERSON)),
    Finder(find=scope_too_low, rules=_AT_API, named=("scopes-none-left",)),
)
