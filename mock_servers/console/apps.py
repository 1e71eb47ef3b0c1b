"""The pages about apps: the list with a form for another, and one app with its keys and what may be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import flask

from mock_servers.console import forms
from mock_servers.console.forms import Errors
from mock_servers.console.start import AppKeys, keys_of
from mock_servers.console.visit import Answer, Visit
from mock_servers.control.apps import change_app, create_app

_FIRST: Final = ("name", "client_id", "make_key", "jwks", "jwks_url", "redirect_uris", "scopes")
_STANDING: Final = ("approved", "key_approved", "quota_per_minute")
_NEW: Final[Mapping[str, Any]] = forms.schema_of(create_app)
_FORM: Final = {**_NEW, "properties": {**_NEW["properties"], "make_key": {"type": "boolean", "default": True}}}
"""The form makes a key by default: who fills it in has none at hand. The call does not."""
_KEYS: Final = ("make_key", "jwks", "jwks_url")
_CHANGE: Final[Mapping[str, Any]] = forms.schema_of(change_app)
_CHANGED: Final = tuple(name for name in _FIRST if name != "client_id")
_NOT_CHANGED: Final = ("client_id", "refresh_jwks")
_OTHERS_OF_NEW: Final = tuple(forms.others(_NEW, _FIRST, _STANDING))
_OTHERS: Final = tuple(forms.others(_CHANGE, _CHANGED, _STANDING, _NOT_CHANGED))


def show(visit: Visit) -> flask.Response:
    """Show all apps, and the form for another."""
    return _list(visit, {})


def add(visit: Visit) -> flask.Response:
    """Register an app; what cannot be registered is shown again."""
    answer = visit.call("POST", "/apps", _body(visit.form))
    if answer.is_refusal:
        return _list(visit, visit.form, forms.errors(answer, _NEW["properties"]), status=answer.status)
    return visit.go(_path(answer.body["client_id"]))


def _body(form: Mapping[str, str]) -> dict[str, Any]:
    """Return what the form registers: with a key of the mock's, unless it says where the keys are."""
    body = forms.members(_FORM, form)
    return body if any(name in body for name in _KEYS) else {**body, "make_key": True}


def show_one(visit: Visit) -> flask.Response:
    """Show an app, with a form to change it."""
    app = visit.read(_path(visit.path["client_id"]))
    return _page(visit, app, forms.texts(_CHANGE, app))


def change(visit: Visit) -> flask.Response:
    """Do what the button that was pressed says: change the app, remove it, or show its secrets."""
    path, word = _path(visit.path["client_id"]), visit.form.get("do", "change")
    app = visit.read(path)
    if word == "keys":
        return _page(visit, app, forms.texts(_CHANGE, app), keys=keys_of(visit, app))
    if word in _AT_ONCE:
        return _done(visit, app, visit.call("PATCH", path, _AT_ONCE[word]), path)
    if word == "remove":
        return _done(visit, app, visit.call("DELETE", path), "/apps")
    before = {**forms.texts(_CHANGE, app), **dict.fromkeys(_NOT_CHANGED, "")}
    body = forms.changes(_without(_CHANGE, _NOT_CHANGED), visit.form, before)
    if not body:
        return visit.go(path)
    return _done(visit, app, visit.call("PATCH", path, body), path)


_AT_ONCE: Final[Mapping[str, Mapping[str, Any]]] = {
    "approve": {"approved": True, "key_approved": True},
    "revoke": {"approved": False},
    "make_key": {"make_key": True},
    "refresh": {"refresh_jwks": True},
}
"""What a button changes, by its word."""


def _done(visit: Visit, app: Mapping[str, Any], answer: Answer, then: str) -> flask.Response:
    if not answer.is_refusal:
        return visit.go(then)
    refused = forms.errors(answer, _CHANGE["properties"])
    typed = visit.form if visit.form.get("do", "change") == "change" else forms.texts(_CHANGE, app)
    return _page(visit, app, typed, refused, status=answer.status)


def _without(schema: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {**schema, "properties": {name: each for name, each in schema["properties"].items() if name not in names}}


def _list(
    visit: Visit, values: Mapping[str, str], errors: Errors = forms.NO_ERRORS, *, status: int = 200
) -> flask.Response:
    example = forms.example_of(create_app)
    filled = {name: value for name, value in _body(values).items() if name not in forms.SECRETS} if values else {}
    return visit.page(
        "apps.html",
        "Apps",
        status=status,
        apps=[{**app, "path": _path(app["client_id"])} for app in visit.read("/apps")],
        fields=forms.fields(_FORM, _FIRST, values, errors),
        others=forms.fields(_NEW, (*_STANDING, *_OTHERS_OF_NEW), values, errors),
        errors=errors.others,
        same=visit.same_call("POST", "/apps", filled or example),
    )


def _page(
    visit: Visit,
    app: Mapping[str, Any],
    values: Mapping[str, str],
    errors: Errors = forms.NO_ERRORS,
    *,
    status: int = 200,
    keys: AppKeys | None = None,
) -> flask.Response:
    path = _path(app["client_id"])
    example = forms.example_of(change_app)
    return visit.page(
        "app.html",
        "Apps",
        status=status,
        app=app,
        path=path,
        keys=keys,
        fields=forms.fields(_CHANGE, _CHANGED, values, errors),
        standing=forms.fields(_CHANGE, _STANDING, values, errors),
        others=forms.fields(_CHANGE, _OTHERS, values, errors),
        errors=errors.others,
        same=visit.same_call("PATCH", path, example),
        same_removal=visit.same_call("DELETE", path),
    )


def _path(client_id: str) -> str:
    return f"/apps/{quote(client_id, safe='')}"
