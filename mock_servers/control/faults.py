"""The calls about faults: what is to go wrong, where, and how often."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from mock_servers.configuration import members
from mock_servers.control.calls import DONE, Body, Call, Request, Response, ResponseObject, all_required, array_of, ref
from mock_servers.control.problems import ProblemError
from mock_servers.faults.ordered import NoSuchFaultError
from mock_servers.state.fault import Fault
from mock_servers.wire.wording import shown

_COUNTED: Final = ("id", "seen", "used")
_MOST_DIGITS: Final = 15


_FAULT: Final = ref("Fault")


@Call("GET", "/faults", {200: ResponseObject("The faults.", array_of(_FAULT), or_page=True)})
def list_faults(request: Request) -> Response:
    """The faults that are ordered, used up or not, the oldest first."""
    return Response(body=[asdict(fault) for fault in request.platform.faults.all()])


@Call(
    "POST",
    "/faults",
    {201: ResponseObject("The fault.", _FAULT)},
    body=Body(model=Fault, omit=_COUNTED, example={"on": "token", "do": "status", "status": 503, "times": 2}),
)
def order_fault(request: Request) -> Response:
    """Let something go wrong; of several faults at a place a request meets the oldest that is not used up."""
    fault = members.read(Fault, request.body, omit=_COUNTED)
    return Response(status=201, body=asdict(request.platform.faults.order(fault)))


@Call("GET", "/faults/<number>", {200: ResponseObject("The fault.", _FAULT)}, refusals={404: "There is none."})
def get_fault(request: Request) -> Response:
    """One fault: `used` says how many requests have met it."""
    return Response(body=asdict(_named(request)))


@Call("DELETE", "/faults/<number>", {204: ResponseObject("It is ordered no more.")}, refusals={404: "There is none."})
def remove_fault(request: Request) -> Response:
    """Take a fault back; answers that any fault holds back leave at once."""
    request.platform.faults.remove(_named(request).id)
    return DONE


def _named(request: Request) -> Fault:
    sent = request.path["number"]
    if not sent.isdecimal() or len(sent) > _MOST_DIGITS:
        raise ProblemError(404, f"{shown(sent)} is no number of a fault.")
    try:
        return request.platform.faults.get(int(sent))
    except NoSuchFaultError as unknown:
        raise ProblemError(404, f"{unknown}.") from None


@Call("DELETE", "/faults", {204: ResponseObject("None is ordered.")})
def clear_faults(request: Request) -> Response:
    """Take all faults back."""
    request.platform.faults.clear()
    return DONE


SCHEMAS: Final = {"Fault": all_required(members.schema(Fault))}

CALLS: Final = (list_faults, order_fault, get_fault, remove_fault, clear_faults)
