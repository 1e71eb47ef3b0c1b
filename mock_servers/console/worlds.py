"""The page about worlds: which there are, a form for another, and the way into each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import flask

from mock_servers.console import forms
from mock_servers.console.forms import Errors
from mock_servers.console.visit import Visit
from mock_servers.control.worlds import add_world

_NEW: Final[Mapping[str, Any]] = forms.schema_of(add_world)
_FIRST: Final = ("name", "config")


def show(visit: Visit) -> flask.Response:
    """Show the worlds that the visitor controls."""
    return _page(visit, {})


def change(visit: Visit) -> flask.Response:
    """Make a world, or end one, by the button that was pressed."""
    if visit.form.get("do") == "remove":
        answer = visit.call("DELETE", f"/worlds/{quote(visit.form.get('name', ''), safe='')}")
        refused = Errors({}, [answer.detail]) if answer.is_refusal else forms.NO_ERRORS
    else:
        answer = visit.call("POST", "/worlds", forms.members(_NEW, visit.form))
        refused = forms.errors(answer, _FIRST) if answer.is_refusal else forms.NO_ERRORS
    if answer.is_refusal:
        return _page(visit, visit.form, refused, status=answer.status)
    token = answer.body.get("token") if isinstance(answer.body, dict) else None
    return visit.go("/worlds") if token is None else _page(visit, {}, token=token)


def _page(
    visit: Visit,
    values: Mapping[str, str],
    errors: Errors = forms.NO_ERRORS,
    *,
    status: int = 200,
    token: str | None = None,
) -> flask.Response:
    example = forms.example_of(add_world)
    return visit.page(
        "worlds.html",
        "Worlds",
        status=status,
        worlds=visit.read("/worlds"),
        token=token,
        fields=forms.fields(_NEW, _FIRST, values, errors),
        errors=errors.others,
        same=visit.same_call("POST", "/worlds", example),
    )
