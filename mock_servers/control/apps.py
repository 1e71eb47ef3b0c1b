"""The calls about apps: registering, changing and removing them, and their keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from mock_servers.configuration import members
from mock_servers.configuration.members import MemberError
from mock_servers.control.calls import (
    DONE,
    NUMBER,
    PEM,
    TEXT,
    Body,
    Call,
    Parameter,
    Request,
    Response,
    ResponseObject,
    all_required,
    array_of,
    ref,
)
from mock_servers.control.problems import ProblemError
from mock_servers.settings.real_host import environment_among
from mock_servers.state.app import App
from mock_servers.state.registration import AppExistsError, NoSuchAppError
from mock_servers.wire.wording import did_you_mean, shown

if TYPE_CHECKING:
    from mock_servers.platform.platform import Platform

_HIDDEN: Final = ("key_name", "registration")
_SOURCES: Final = ("jwks", "jwks_url")


@dataclass(frozen=True, slots=True, kw_only=True)
class _NewApp(App):
    """An app. What is not given takes its default; client_id, client_secret and name are made up.

    `make_key`: the mock makes a key pair for it, whose public half is served at its `jwks_url` unless `jwks` or another
    `jwks_url` is given.
    """

    make_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _AppChange(_NewApp):
    """Members of an app to change; the others stay.

    `make_key`: whether the mock is to hold a key pair for it. `refresh_jwks`: the service forgets the key set of this
    app that it keeps, and fetches it anew.
    """

    refresh_jwks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What was given of an app: its members, and what is to become of its key and of the key set that is kept."""

    members: Mapping[str, Any]
    make_key: bool | None
    refresh_jwks: bool


_TWO_SOURCES: Final = {
    "required": ["jwks", "jwks_url"],
    "properties": {"jwks": {"type": "object"}, "jwks_url": {"type": "string"}},
}
_NEW: Final = Body(
    model=_NewApp,
    omit=_HIDDEN,
    partial=True,
    never=_TWO_SOURCES,
    example={"name": "My app - INT", "redirect_uris": ["https://app.example/callback"], "make_key": True},
)
_CHANGE: Final = Body(
    model=_AppChange, omit=_HIDDEN, partial=True, changes=True, never=_TWO_SOURCES, example={"quota_per_minute": 10}
)


def _shown(request: Request, app: App) -> dict[str, Any]:
    own_url = f"{request.base}{request.platform.apps.jwks_path(app)}" if app.has_keys else None
    listed = {each.name: getattr(app, each.name) for each in fields(App) if each.name not in _HIDDEN}
    listed |= {"jwks_url": app.jwks_url or own_url, "make_key": app.key_name is not None}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in listed.items()}


def _given(request: Request, takes: Body) -> _Given:
    read = members.read_partial(takes.model, request.body, omit=takes.omit)
    known = environment_among(request.platform.names.hosts)
    for index, name in enumerate(read.get("environments", ())):
        if not known.holds(name):
            found = f"{shown(name)}{did_you_mean(name, known.words)}"
            raise MemberError(f"environments[{index}]", found, known.allowed)
    make_key, refresh_jwks = read.pop("make_key", None), read.pop("refresh_jwks", False)
    client_id = request.path.get("client_id")
    if client_id is not None and read.pop("client_id", client_id) != client_id:
        raise MemberError(
            "client_id", shown(request.body["client_id"]), f"{shown(client_id)}, as in the path, or nothing"
        )
    return _Given(members=_one_source(request, read), make_key=make_key, refresh_jwks=refresh_jwks)


def _one_source(request: Request, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members with one source of keys, which removes the other from the app.

    A `jwks_url` of the mock's own, as its answers show it, does not count. Raises MemberError for two sources.
    """
    url = given.get("jwks_url")
    kept = {name: value for name, value in given.items() if name != "jwks_url" or not _is_own(request, url)}
    named = [name for name in _SOURCES if kept.get(name) is not None]
    if len(named) > 1:
        raise MemberError("jwks_url", "given beside jwks", "one of the two")
    return dict.fromkeys(_SOURCES) | kept if named else kept


def _is_own(request: Request, url: str | None) -> bool:
    client_id = request.path.get("client_id") or str(request.body.get("client_id"))
    return url in _own_urls(request.platform, f"/_nhsauth/apps/{quote(client_id, safe='')}/jwks")


def _own_urls(platform: Platform, jwks_path: str) -> list[str]:
    return [f"{base}{jwks_path}" for base in (platform.url, *platform.names.origins)]


_APP: Final = ref("App")
_UNKNOWN: Final = {404: "No app has this client id."}
_TAKEN: Final = {409: "Another app has this client id."}
_MANAGED: Final = {409: "It is a key of an app of the management API, and changed there."}


@Call(
    "GET",
    "/apps",
    {200: ResponseObject("The apps.", array_of(_APP), or_page=True)},
    query={
        "after": Parameter("Only those registered after the app with this client id.", TEXT),
        "limit": Parameter("Only the oldest so many.", NUMBER),
    },
)
def list_apps(request: Request) -> Response:
    """All registered apps, the oldest first; with limit a page of them, and with after the next page."""
    apps, after, limit = request.platform.apps.all(), request.query.get("after"), request.number("limit")
    if after is not None:
        place = next((place for place, app in enumerate(apps) if app.client_id == after), None)
        if place is None:
            raise MemberError("after", shown(after), "the client id of a registered app")
        apps = apps[place + 1 :]
    return Response(body=[_shown(request, app) for app in apps[:limit]])


@Call("POST", "/apps", {201: ResponseObject("The app.", _APP)}, body=_NEW, refusals=_TAKEN)
def create_app(request: Request) -> Response:
    """Register an app."""
    given = _given(request, _NEW)
    return Response(status=201, body=_shown(request, _created(request, given.members, make_key=given.make_key)))


def _created(request: Request, given: Mapping[str, Any], *, make_key: bool | None) -> App:
    apps = request.platform.apps
    try:
        app = apps.create(make_key=bool(make_key), **given)
    except AppExistsError as taken:
        raise ProblemError(409, str(taken), member="client_id") from taken
    # With a key set of its own it has got no key so far, though one was asked for.
    return apps.change(app.client_id, make_key=True) if make_key and app.key_name is None else app


@Call("GET", "/apps/<path:client_id>", {200: ResponseObject("The app.", _APP, or_page=True)}, refusals=_UNKNOWN)
def get_app(request: Request) -> Response:
    """One app."""
    return Response(body=_shown(request, _found(request)))


def _found(request: Request) -> App:
    try:
        return request.platform.apps.get(request.path["client_id"])
    except NoSuchAppError as unknown:
        raise ProblemError(404, str(unknown)) from unknown


def _changeable(request: Request) -> App:
    """Find an app that is not one of the management API's, which would undo a change at its next own."""
    app = _found(request)
    if app.registration is None:
        return app
    owner = f"{shown(app.registration.app)} of {shown(app.registration.developer)}"
    raise ProblemError(409, f"{shown(app.client_id)} is a key of app {owner}: change it through the management API.")


@Call(
    "PUT",
    "/apps/<path:client_id>",
    {
        200: ResponseObject("The app; what was not given has its default again.", _APP),
        201: ResponseObject("The new app.", _APP),
    },
    body=_NEW,
    refusals=_MANAGED,
)
def put_app(request: Request) -> Response:
    """Register an app under this client id, or replace the one that is there."""
    given, client_id = _given(request, _NEW), request.path["client_id"]
    if request.platform.store.apps.get(client_id) is not None:
        _changeable(request)
    whole = {**_defaults(request), **given.members}
    try:
        app = request.platform.apps.change(client_id, make_key=bool(given.make_key), **whole)
    except NoSuchAppError:
        named = members.read_partial(App, {"client_id": client_id})
        app = _created(request, {**named, **given.members}, make_key=given.make_key)
        return Response(status=201, body=_shown(request, app))
    return Response(body=_shown(request, app))


def _defaults(request: Request) -> dict[str, Any]:
    plain = {each.name: each.default for each in fields(App) if each.default is not MISSING}
    secret = request.platform.identifiers.client_secret()
    made_up = {"client_secret": secret, "name": f"app {request.path['client_id']}"}
    return {name: value for name, value in {**plain, **made_up}.items() if name not in _HIDDEN}


@Call(
    "PATCH",
    "/apps/<path:client_id>",
    {200: ResponseObject("The app.", _APP)},
    body=_CHANGE,
    refusals=_UNKNOWN | _MANAGED,
)
def change_app(request: Request) -> Response:
    """Change members of an app; a key set that the service keeps stays unless refresh_jwks is true."""
    given = _given(request, _CHANGE)
    _changeable(request)
    app = request.platform.apps.change(request.path["client_id"], make_key=given.make_key, **given.members)
    if given.refresh_jwks:
        _forget_key_sets(request.platform, app, app.jwks_url)
    return Response(body=_shown(request, app))


@Call("DELETE", "/apps/<path:client_id>", {204: ResponseObject("It is gone.")}, refusals=_UNKNOWN | _MANAGED)
def delete_app(request: Request) -> Response:
    """Forget an app."""
    app = _changeable(request)
    request.platform.apps.remove(app.client_id)
    _forget_key_sets(request.platform, app, None)
    return DONE


def _forget_key_sets(platform: Platform, app: App, url: str | None) -> None:
    """Drop what the service has fetched from `url`, and from the mock's own URL of the app under each of its names."""
    for each in (url, *_own_urls(platform, platform.apps.jwks_path(app))):
        platform.store.jwks.take(("app", each))


@Call(
    "GET",
    "/apps/<path:client_id>/private-key",
    {200: ResponseObject("PKCS#8, as PEM.", {"type": "string"}, content_type=PEM)},
    refusals={404: "No app has this client id, or the mock has made no key for it."},
)
def get_private_key(request: Request) -> Response:
    """The private key that the mock made for an app."""
    app = _found(request)
    pair = request.platform.apps.key(app) if request.platform.made_key_of(app) else None
    if pair is None:
        raise ProblemError(404, f"The mock has made no key for app {shown(app.client_id)}: ask for one with make_key.")
    return Response(body=pair.private_pem(), content_type=PEM)


@Call(
    "GET",
    "/apps/<path:client_id>/jwks",
    {200: ResponseObject("The set.", ref("KeySet"))},
    refusals=_UNKNOWN,
    takes="no token",
)
def get_key_set(request: Request) -> Response:
    """The public keys of an app whose set the mock serves; the service keeps them an hour, like any others."""
    return Response(body=request.platform.apps.jwks(_found(request)))


SCHEMAS: Final = {
    "App": {
        **all_required(members.schema(_NewApp, omit=_HIDDEN)),
        "title": "App",
        "description": "An app, with the members of the configuration file.",
    },
    "KeySet": {
        "description": "A JSON Web Key Set (RFC 7517).",
        "type": "object",
        "properties": {"keys": {"type": "array", "items": {"type": "object"}}},
        "required": ["keys"],
    },
}

CALLS: Final = (list_apps, create_app, get_app, put_app, change_app, delete_app, get_private_key, get_key_set)
