"""The page to start from: where programs point, with which app, who can log in, and how the mock stands."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import flask

from mock_servers.apim.request_form import ASSERTION_TYPE
from mock_servers.commands.command import Asked, Sent, Value, Variable
from mock_servers.console.visit import Visit
from mock_servers.control.exchange_page import ROLES, journal_page
from mock_servers.provider.providers import PROVIDERS
from mock_servers.wire.environment_lines import LINES

_NEWEST: Final = 5
_MOVED: Final = 2  # seconds
_SHELLS: Final[Mapping[str, str]] = {"sh": "sh, bash, zsh", "dotenv": "dotenv", "powershell": "PowerShell"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppKeys:
    """The secret of an app and the private key that the mock made for it, if it made one."""

    secret: str
    private_key: str | None


def show(visit: Visit) -> flask.Response:
    """Show the page; for real traffic the exchanges, and for an old link to them the same."""
    request = visit.request
    if request.platform.exchanges.is_real or any(name in request.query for name in ("before", "text", "refused")):
        query = flask.request.query_string.decode("latin-1")
        return visit.go(f"/exchanges?{query}" if query else "/exchanges")
    return _page(visit)


def show_keys(visit: Visit) -> flask.Response:
    """Show the page with the secret and the key of its app. They are in the answer to a POST: no URL shows them."""
    app = _first_app(visit)
    return _page(visit, keys_of(visit, app) if app is not None else None)


def keys_of(visit: Visit, app: Mapping[str, Any]) -> AppKeys:
    """Return the secret and the key of an app."""
    key = visit.call("GET", f"/apps/{quote(app['client_id'], safe='')}/private-key")
    return AppKeys(secret=app["client_secret"], private_key=None if key.is_refusal else str(key.body))


def _first_app(visit: Visit) -> Mapping[str, Any] | None:
    apps: list[Mapping[str, Any]] = visit.read("/apps?limit=1")
    return apps[0] if apps else None


def _page(visit: Visit, keys: AppKeys | None = None) -> flask.Response:
    request, app, status = visit.request, _first_app(visit), visit.read("/status")
    shown = journal_page(request.platform, None)
    people = visit.read("/users")
    return visit.page(
        "start.html",
        "Start",
        urls=_urls(status),
        app=app,
        keys=keys,
        environment=_environment(status, app),
        first_token=_first_token(visit, app) if app is not None and app["make_key"] else None,
        people={each.title: [person for person in people if person["provider"] == each.name] for each in PROVIDERS},
        state=_state(visit),
        rows=list(shown.rows)[:_NEWEST],
        world=shown.world,
        roles=ROLES,
        is_first=keys is None,
    )


def _urls(status: Mapping[str, Any]) -> dict[str, str]:
    urls, providers = status["urls"], status["providers"]
    found = {f"Platform {name} URL": urls[name] for name in ("token", "authorize", "userinfo")}
    for each in PROVIDERS:
        names = {"authorize": "authorize URL", "token": "token URL"}
        names |= {"issuer": "issuer", "discovery": "discovery", "jwks": "key set (JWKS)"}
        found |= {f"{each.title} {words}": providers[each.name][name] for name, words in names.items()}
    return {**found, "APIs (gateway)": urls["base"], "Example API": f"{urls['hello_world']}/hello/user"}


def _environment(status: Mapping[str, Any], app: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the lines that set the variables, by the shell or file that reads them."""
    urls = status["urls"]
    issuers = {f"{each.name.upper()}_ISSUER": status["providers"][each.name]["issuer"] for each in PROVIDERS}
    values = {
        "APIM_BASE_URL": urls["base"],
        "APIM_TOKEN_URL": urls["token"],
        "APIM_AUTHORIZE_URL": urls["authorize"],
        "APIM_USERINFO_URL": urls["userinfo"],
        **issuers,
    }
    if app is not None:
        uris = app["redirect_uris"]
        values |= {"CLIENT_ID": app["client_id"], **({"KID": app["kid"]} if app["kid"] else {})}
        values |= {"REDIRECT_URI": uris[0]} if uris else {}
    return {
        words: "\n".join(LINES[shell](name, value) for name, value in values.items())
        for shell, words in _SHELLS.items()
    }


def _first_token(visit: Visit, app: Mapping[str, Any]) -> object:
    """Return the commands that get an application's token; the mock signs."""
    url = f"{visit.request.base}/oauth2/token"
    body = {"client_id": app["client_id"], "token_url": url}
    signed = Asked(variable="client_assertion", call="client-assertions", member="client_assertion", body=body)
    form: dict[str, Value] = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": Variable("client_assertion"),
    }
    return visit.commands("Get a first token", signed, Sent(url=url, form=form))


def _state(visit: Visit) -> dict[str, str]:
    clock, faults = visit.read("/clock"), visit.read("/faults")
    ahead = clock["seconds"] - time.time()
    moved = "Moved" if abs(ahead) > _MOVED else "As on this machine"
    due = [fault for fault in faults if fault["times"] is None or fault["used"] < fault["times"]]
    lasts = visit.request.platform.store.backend.is_shared
    return {
        "Clock": f"{'Stopped' if clock['frozen'] else moved}: {clock['now']}",
        "Faults": f"{len(due)} ordered and not yet used up" if due else "None",
        "State": "Kept where you chose, also when the mock stops" if lasts else "In memory, until the mock stops",
    }
