"""The calls about faults: what is to go wrong, where, and how often."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from mock_servers.configuration import members
from mock_servers.control.calls import DONE, Body, Call, Request, Response, ResponseObject, all_required
from mock_servers.control.problems import ProblemError
from mock_servers.faults.ordered import NoSuchFaultError
from mock_servers.state.fault import Fault
from mock_servers.wire.wording import shown

_COUNTED: Final = ("id", "seen", "used")
_MOST_DIGITS: Final = 15


def _list(request: Request) -> Response:
    return Response(body=[asdict(fault) for fault in request.platform.faults.all()])


def _order(request: Request) -> Response:
    fault = members.read(Fault, request.body, omit=_COUNTED)
    return Response(status=201, body=asdict(request.platform.faults.order(fault)))


def _get(request: Request) -> Response:
    return Response(body=asdict(_named(request)))


def _remove(request: Request) -> Response:
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


def _clear(request: Request) -> Response:
    request.platform.faults.clear()
    return DONE


_FAULT: Final = {"$ref": "#/components/schemas/Fault"}

SCHEMAS: Final = {"Fault": all_required(members.schema(Fault))}

CALLS: Final = (
    Call(
        method="GET",
        path="/faults",
        name="listFaults",
        summary="The faults that are ordered, used up or not, the oldest first.",
        answer=_list,
        responses={200: ResponseObject(description="The faults.", schema={"type": "array", "items": _FAULT})},
    ),
    Call(
        method="POST",
        path="/faults",
        name="orderFault",
        summary="Let something go wrong; of several faults at a place a request meets the oldest that is not used up.",
        answer=_order,
        body=Body(kind=Fault, omit=_COUNTED, example={"on": "token", "do": "status", "status": 503, "times": 2}),
        responses={201: ResponseObject(description="The fault.", schema=_FAULT)},
    ),
    Call(
        method="GET",
        path="/faults/<number>",
        name="getFault",
        summary="One fault: `used` says how many requests have met it.",
        answer=_get,
        responses={200: ResponseObject(description="The fault.", schema=_FAULT)},
        refusals={404: "There is none."},
    ),
    Call(
        method="DELETE",
        path="/faults/<number>",
        name="removeFault",
        summary="Take a fault back; answers that any fault holds back leave at once.",
        answer=_remove,
        responses={204: ResponseObject(description="It is ordered no more.")},
        refusals={404: "There is none."},
    ),
    Call(
        method="DELETE",
        path="/faults",
        name="clearFaults",
        summary="Take all faults back.",
        answer=_clear,
        responses={204: ResponseObject(description="None is ordered.")},
    ),
)
