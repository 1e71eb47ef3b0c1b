"""The client: a name that is no API key of this environment, or an app without a registered key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from mock_servers.apim.client import known_keys
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.opaque_value import API_KEY, UUID, is_path, is_unfilled
from mock_servers.diagnosis.provider.assertion import provider_of
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.journal import provenance
from mock_servers.journal.finding import Certainty, Finding
from mock_servers.provider.provider import Provider
from mock_servers.provider.providers import PROVIDERS, owner_of_client_id, title_of
from mock_servers.state.app import PLATFORM, App
from mock_servers.state.configuration import page_of
from mock_servers.state.indexes import START
from mock_servers.wire.wording import shown
from mock_servers.wire.wrapping import Unwrapped, recovered

_BY_CLIENT_ID: Final = ("find_app_by_client_id", "find_app_of_query")
_BOTH: Final = "Both must be the app's API key of the environment that you post to"
_ONE: Final = "client_id must be the app's API key of the environment that you call"

_Said = tuple[Certainty, str]


def app_not_known_here(case: Case) -> Finding | None:
    """`iss` and `sub`, or `client_id`, are not an API key of this environment."""
    by_id = case.refused_by(*_BY_CLIENT_ID)
    named = case.form("client_id") or case.request.query.get("client_id") if by_id else case.claim("sub")
    if named is UNDEFINED or named is None or _is_known(case, named) or client_id_cut(case) is not None:
        return None
    if not by_id and (case.assertion is None or named != case.claim("iss")):
        return None
    certainty, said = next(_guesses(case, named))
    names = "client_id is" if by_id else "iss and sub are"
    return Finding(
        id="app-not-known-here",
        certainty=certainty,
        seen=f"{names} {provenance.shown(case.known.store, named)}: {said}.",
        cause=f"{_ONE}." if by_id else f"{_BOTH}, here {case.known.environment}.",
        cure=_cure(case, named, names),
    )


def client_id_cut(case: Case) -> Finding | None:
    """The client id is the start or the end of one that is known, or CIS2's without its end."""
    named = _named(case)
    if not isinstance(named, str) or not named or case.known.app(named) is not None:
        return None
    whole = _longer(case, named)
    if not whole:
        return without_end(named, provider_of(case))
    meant = " or ".join(map(shown, whole))
    return Finding(
        id="app-not-known-here",
        certainty="certain" if len(whole) == 1 else "likely",
        seen=f"The client id is {shown(named)}: {'the start' if whole[0].startswith(named) else 'the end'} of {meant}.",
        cause="A part of the client id was cut off.",
        cure=f"Send {meant}, whole.",
    )


def _named(case: Case) -> Any:
    """Return what names the client: iss of an assertion, else client_id, in the form, the header or the URL."""
    if case.assertion is not None:
        return case.claim("iss")
    basic = case.request.basic
    return case.form("client_id") or case.request.query.get("client_id") or (basic[0] if basic is not None else None)


def _longer(case: Case, named: str) -> list[str]:
    """Return the client ids that the service knows, and of which this is the start or the end."""
    if not case.known.is_all or len(named) < START:
        return []
    provider = provider_of(case)
    known = (
        each
        for each in _of_the_rest(case)
        if (each.known_at(provider.name) if provider else _is_known(case, each.client_id))
    )
    found = (each.client_id for each in known if each.client_id.startswith(named) or each.client_id.endswith(named))
    return list(dict.fromkeys(found))[:_MOST]


def _of_the_rest(case: Case) -> Iterator[App]:
    """Return the apps whose secret, kid or redirect URI the request has."""
    apps, basic, sent = case.known.store.apps, case.request.basic, case.form("redirect_uri")
    secret, page = case.form("client_secret") or (basic[1] if basic is not None else None), page_of(sent or "")
    kid = case.header("kid") if case.assertion is not None else None
    yield from apps.find("word", secret) if secret else ()
    yield from apps.find("word", kid) if isinstance(kid, str) else ()
    yield from apps.find("page", page) if page else ()


def without_end(named: str, provider: Provider | None) -> Finding | None:
    """Say that twelve digits are a client id of a provider whose client ids have an end after them."""
    ends = [each.strip("…") for each in provider.client_id_like if each.startswith("…")] if provider else []
    if provider is None or not ends or not _TWELVE_DIGITS.fullmatch(named):
        return None
    return Finding(
        id="app-not-known-here",
        certainty="likely",
        seen=f"The client id is 12 digits alone: it looks like a {provider.title} client id without its end, "
        f"{' or '.join(ends)}.",
        cause=f"The end is a part of {provider.title}'s client ids.",
        cure=f"Send the whole client id, as {provider.title} gave it.",
    )


_MOST: Final = 3
_TWELVE_DIGITS: Final = re.compile(r"\d{12}")


def _is_known(case: Case, named: Any) -> bool:
    app = case.known.app(named)
    return app is not None and app.known_in(case.known.environment)


def _cure(case: Case, named: Any, names: str) -> str:
    found = _wrapped(case, named)
    if found is not None:
        trim = ": trim what your code reads from a file or a setting" if found.words == "white space around it" else ""
        return f"Set {names.rpartition(' ')[0]} to {shown(found.bare)}, without {found.words}{trim}."
    if not case.known.is_all:
        return "Take the API key from the app's page in the developer portal of this environment."
    return (
        "Take the API key from the app's page in the developer portal; this mock knows "
        f"{known_keys(case.known.store.apps, case.known.environment)}."
    )


def _guesses(case: Case, named: Any) -> Iterator[_Said]:
    if not isinstance(named, str):
        yield "certain", "not text, and an API key is text"
        return
    if case.known.is_all:
        yield from _of_apps(case, named)
    elif (found := _wrapped(case, named)) is not None:
        yield "likely", f"an API key with {found.words}"
    yield from _of_platform(named)
    yield from _of_shape(named)
    yield "possible", "not known to this mock" if case.known.is_all else "not what an API key looks like"


def _of_apps(case: Case, named: str) -> Iterator[_Said]:
    bare = named.strip().strip("\"'")
    apps = case.known.store.apps
    by_key = filter(None, [apps.get(named), apps.get(bare)])
    found = _wrapped(case, named)
    app = apps.get(found.bare) if found is not None else None
    if app is not None and found is not None:
        yield "certain", f"the API key of app {shown(app.name)}, {shown(app.client_id)}, with {found.words}"
    for app in (*by_key, *apps.find("word", named), *apps.find("word", bare.lower())):
        if named == app.client_id:
            yield "certain", f"the API key of app {shown(app.name)}, which is registered {_there(app)}"
        yield from ((("certain", words)) for words in _resembles(app, named, bare))


def _there(app: App) -> str:
    """Say where an app is registered that this environment of the platform does not know."""
    if app.known_at(PLATFORM):
        return f"in {' and '.join(app.environments)} and not here"
    services = [title_of(each) for each in app.services]
    return f"at {' and '.join(services) or 'no service'}, and not at the platform"


def _wrapped(case: Case, named: Any) -> Unwrapped | None:
    """Return the API key that was sent with something around it: a known one, or one by its form."""
    if not isinstance(named, str) or (not case.known.is_all and API_KEY.fullmatch(named)):
        return None
    apps = case.known.store.apps
    accepts = (lambda bare: apps.get(bare) is not None) if case.known.is_all else (lambda bare: bool(_is_key(bare)))
    return recovered(named, accepts, "client_id")


_is_key: Final = API_KEY.fullmatch


def _resembles(app: App, named: str, bare: str) -> Iterator[str]:
    if bare.lower() == app.client_id.lower() and bare != app.client_id:
        yield f"the API key of app {shown(app.name)}, {shown(app.client_id)}, but with different capital letters"
    elif named == app.name:
        yield f"the name of app {shown(app.name)}, whose API key is {shown(app.client_id)}"
    elif named == app.client_secret:
        yield f"the client secret of app {shown(app.name)}, where its API key should be"
    elif named == app.kid:
        yield f"the kid of app {shown(app.name)}, whose API key is {shown(app.client_id)}"


def _of_platform(named: str) -> Iterator[_Said]:
    if any(named == provider.on_platform.client_id for provider in PROVIDERS):
        yield "certain", "the client id that the platform itself has at an identity provider"


def _of_shape(named: str) -> Iterator[_Said]:
    if not named.strip() or is_unfilled(named):
        yield "certain", "a variable that was not filled in"
    if is_path(named):
        yield "likely", "probably the path of a file that was not read"
    owner = owner_of_client_id(named)
    if owner is not None:
        yield "likely", f"it looks like a {owner.title} client id, which works only at {owner.title}"
    if UUID.fullmatch(named):
        yield "likely", "a UUID, like the application id in the developer portal; that is not the API key"
    if API_KEY.fullmatch(named):
        yield "likely", "32 letters and digits, like an API key: perhaps of another environment, or replaced since"


def no_public_key(case: Case) -> Finding | None:
    """The app has no registered key set."""
    app = case.app
    if app is None or app.has_keys:
        return None
    return Finding(
        id="no-public-key",
        certainty="certain",
        seen=f"App {shown(app.name)} has no JWKS URL.",
        cause="The service checks signatures with the public key behind the URL that is registered for the app.",
        cure="Register a JWKS URL in the developer portal; in this mock give the app `jwks` or `jwks_url`, or let it "
        "make a key.",
    )


_RULES: Final = ("check_client_known_to_sandbox", "find_app", *_BY_CLIENT_ID)
_AT_PROVIDER: Final = ("find_client", "find_authorizing_client")
FINDERS: Final = (
    Finder(find=client_id_cut, rules=(*_RULES, *_AT_PROVIDER), named=("app-not-known-here",)),
    Finder(find=app_not_known_here, rules=_RULES),
    Finder(find=no_public_key, rules=("check_public_key_registered",)),
)
