"""The pages about people: who can log in, and a form for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import flask

from mock_servers.console import forms
from mock_servers.console.forms import Errors
from mock_servers.console.visit import Visit
from mock_servers.control.people import create_user, put_user
from mock_servers.control.problems import ProblemError
from mock_servers.provider.providers import PROVIDERS, title_of
from mock_servers.wire.wording import shown

_FIRST: Final = ("provider", "id", "level", "given_name", "family_name", "birthdate", "claims", "acts_for")
_OWN: Final = tuple(name for name in _FIRST if name not in ("provider", "id"))
_NEW: Final[Mapping[str, Any]] = forms.schema_of(create_user)
_CHANGE: Final[Mapping[str, Any]] = forms.schema_of(put_user)


def show(visit: Visit) -> flask.Response:
    """Show all people, and the form for another."""
    return _page(visit, {})


def add(visit: Visit) -> flask.Response:
    """Add a person; what cannot be added is shown again."""
    answer = visit.call("POST", "/users", forms.members(_NEW, visit.form))
    if answer.is_refusal:
        return _page(visit, visit.form, forms.errors(answer, _FIRST), status=answer.status)
    return visit.go(f"/users#{_anchor(answer.body)}")


def show_one(visit: Visit) -> flask.Response:
    """Show a person, with a form to change them."""
    person = _found(visit)
    return _person_page(visit, person, forms.texts(_CHANGE, person))


def change(visit: Visit) -> flask.Response:
    """Put the person as the form says; what cannot be is shown again."""
    person = _found(visit)
    body = forms.members({**_CHANGE, "properties": {name: _CHANGE["properties"][name] for name in _OWN}}, visit.form)
    answer = visit.call("PUT", _path(person), body)
    if answer.is_refusal:
        return _person_page(visit, person, visit.form, forms.errors(answer, _OWN), status=answer.status)
    return visit.go(f"/users#{_anchor(answer.body)}")


def _page(
    visit: Visit, values: Mapping[str, str], errors: Errors = forms.NO_ERRORS, *, status: int = 200
) -> flask.Response:
    people = visit.read("/users")
    example = forms.example_of(create_user)
    return visit.page(
        "people.html",
        "People",
        status=status,
        people={
            each.title: [_row(person) for person in people if person["provider"] == each.name] for each in PROVIDERS
        },
        fields=forms.fields(_NEW, _FIRST, values, errors),
        errors=errors.others,
        same=visit.same_call("POST", "/users", forms.members(_NEW, values) or example),
    )


def _person_page(
    visit: Visit,
    person: Mapping[str, Any],
    values: Mapping[str, str],
    errors: Errors = forms.NO_ERRORS,
    *,
    status: int = 200,
) -> flask.Response:
    body = {name: value for name, value in person.items() if name in _OWN and value not in (None, {})}
    return visit.page(
        "person.html",
        "People",
        status=status,
        person=_row(person),
        fields=forms.fields(_CHANGE, _OWN, values, errors),
        errors=errors.others,
        same=visit.same_call("PUT", _path(person), body),
    )


def _row(person: Mapping[str, Any]) -> dict[str, Any]:
    return {**person, "path": _path(person), "anchor": _anchor(person), "title": title_of(person["provider"])}


def _found(visit: Visit) -> Mapping[str, Any]:
    people: list[Mapping[str, Any]] = visit.read("/users")
    wanted = dict(visit.path)
    for person in people:
        if {"provider": person["provider"], "id": person["id"]} == wanted:
            return person
    raise ProblemError(404, f"{shown(wanted['provider'])} has no user {shown(wanted['id'])}.")


def _path(person: Mapping[str, Any]) -> str:
    return f"/users/{quote(person['provider'], safe='')}/{quote(person['id'], safe='')}"


def _anchor(person: Mapping[str, Any]) -> str:
    return quote(f"{person['provider']}-{person['id']}", safe="")
