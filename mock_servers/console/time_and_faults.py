"""The page about time, faults and state: what the mock's clock says, what is to go wrong, and ways back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import flask

from mock_servers.console import forms
from mock_servers.console.forms import Errors
from mock_servers.console.visit import Answer, Visit
from mock_servers.control.clock import set_clock
from mock_servers.control.faults import order_fault
from mock_servers.state.fault import MEMBERS_OF, Fault
from mock_servers.wire.wording import moment

_CLOCK: Final[Mapping[str, Any]] = forms.schema_of(set_clock)
_FAULT: Final[Mapping[str, Any]] = forms.schema_of(order_fault)
_SET: Final = ("now", "frozen")
_MOVE: Final = ("advance",)
_FIRST: Final = ("on", "do", "times", "after", "client_id")
_OTHERS: Final = tuple(forms.others(_FAULT, _FIRST))
_PLACE: Final = "/clock"
_JUMPS: Final[Mapping[str, tuple[int, str]]] = {
    "+600": (600, "+10 minutes (an access token expires)"),
    "+3600": (3600, "+1 hour"),
    "+43200": (43200, "+12 hours"),
}
"""By the word of a button, by how many seconds it moves the clock, and its label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What the forms show: the texts and errors of each."""

    clock: Mapping[str, str]
    fault: Mapping[str, str]
    errors_of_clock: Errors = forms.NO_ERRORS
    errors_of_fault: Errors = forms.NO_ERRORS
    restored: Errors = forms.NO_ERRORS
    snapshot: str = ""


_EMPTY: Final = _Shown(clock={}, fault={})


def show(visit: Visit) -> flask.Response:
    """Show how clock and faults stand, with the forms that change them."""
    return _page(visit, _EMPTY)


def set_time(visit: Visit) -> flask.Response:
    """Move, stop, or let run the clock, or put it back, by the button that was pressed."""
    word = visit.form.get("do", "set")
    if word == "reset":
        return _done(visit, visit.call("DELETE", "/clock"))
    if word in ("stop", "run"):
        return _done(visit, visit.call("PUT", "/clock", {"frozen": word == "stop"}))
    if word in _JUMPS:
        return _done(visit, visit.call("PUT", "/clock", {"advance": _JUMPS[word][0]}))
    names = _MOVE if word == "move" else _SET
    typed = {name: visit.form[name] for name in names if name in visit.form}
    answer = visit.call("PUT", "/clock", forms.members(_CLOCK, typed))
    if answer.is_refusal:
        refused = forms.errors(answer, (*_SET, *_MOVE))
        return _page(visit, _Shown(clock=visit.form, fault={}, errors_of_clock=refused), status=answer.status)
    return visit.go(_PLACE)


def change_faults(visit: Visit) -> flask.Response:
    """Order a fault, or cancel one or all, by the button that was pressed."""
    word = visit.form.get("button", "order")
    if word == "cancel":
        return _done(visit, visit.call("DELETE", f"/faults/{quote(visit.form.get('number', ''), safe='')}"))
    if word == "cancel_all":
        return _done(visit, visit.call("DELETE", "/faults"))
    answer = visit.call("POST", "/faults", forms.members(_FAULT, visit.form))
    if answer.is_refusal:
        refused = forms.errors(answer, _FAULT["properties"])
        return _page(visit, _Shown(clock={}, fault=visit.form, errors_of_fault=refused), status=answer.status)
    return visit.go(f"{_PLACE}#faults")


def change_state(visit: Visit) -> flask.Response:
    """Reset the mock, remember how it stands, restore that, or empty the journal, by the button that was pressed."""
    word, name = visit.form.get("do", ""), visit.form.get("snapshot", "")
    if word == "reset":
        return _done(visit, visit.call("POST", "/reset"))
    if word == "clear":
        return _done(visit, visit.call("DELETE", "/exchanges"), "state")
    if word == "restore":
        answer = visit.call("POST", f"/snapshots/{quote(name, safe='')}/restore")
        if not answer.is_refusal:
            return visit.go(f"{_PLACE}#state")
        return _page(visit, _Shown(clock={}, fault={}, restored=Errors({}, [answer.detail])), status=answer.status)
    return _done(visit, visit.call("POST", "/snapshots"), "state")


def _done(visit: Visit, answer: Answer, place: str = "") -> flask.Response:
    if answer.is_refusal:
        return _page(visit, _Shown(clock={}, fault={}, restored=Errors({}, [answer.detail])), status=answer.status)
    return visit.go(f"{_PLACE}#{place}" if place else _PLACE)


def _page(visit: Visit, shown: _Shown, *, status: int = 200) -> flask.Response:
    snapshots = [(name, moment(at)) for name, at in visit.request.platform.store.snapshots.items()]
    clock = visit.read("/clock")
    return visit.page(
        "time.html",
        "Time and faults",
        status=status,
        clock=clock,
        jumps={word: label for word, (_, label) in _JUMPS.items()},
        set_fields=forms.fields(_CLOCK, _SET, shown.clock, shown.errors_of_clock),
        move_fields=forms.fields(_CLOCK, _MOVE, shown.clock, shown.errors_of_clock),
        faults=[{**fault, "words": str(Fault(**fault))} for fault in visit.read("/faults")],
        fault_fields=forms.fields(_FAULT, _FIRST, shown.fault, shown.errors_of_fault),
        fault_others=[
            (each, _for(each.name)) for each in forms.fields(_FAULT, _OTHERS, shown.fault, shown.errors_of_fault)
        ],
        errors=[*shown.errors_of_clock.others, *shown.errors_of_fault.others, *shown.restored.others],
        snapshots=list(reversed(snapshots)),
        has_worlds=visit.request.platform.worlds is not None,
        same={
            "set": visit.same_call("PUT", "/clock", {"now": clock["now"], "frozen": True}),
            "move": visit.same_call("PUT", "/clock", {"advance": 600}),
            "clock_reset": visit.same_call("DELETE", "/clock"),
            "fault": visit.same_call("POST", "/faults", forms.example_of(order_fault)),
            "cancel_all": visit.same_call("DELETE", "/faults"),
            "snapshot": visit.same_call("POST", "/snapshots"),
            "reset": visit.same_call("POST", "/reset"),
            "forget": visit.same_call("DELETE", "/exchanges"),
        },
    )


def _for(member: str) -> str:
    return ", ".join(deed for deed, members in MEMBERS_OF.items() if member in members)
