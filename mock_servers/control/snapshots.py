"""The calls that let a test put the mock back to where it was, rather than to its start."""

from __future__ import annotations

from typing import Final

from mock_servers.control.calls import DONE, TEXT, Call, Request, Response, ResponseObject, answer_object
from mock_servers.control.problems import ProblemError
from mock_servers.wire.wording import shown


def _take(request: Request) -> Response:
    name = request.platform.identifiers.uuid()
    request.platform.snapshots.put(name, request.platform.snapshot())
    return Response(status=201, body={"id": name})


def _restore(request: Request) -> Response:
    state = request.platform.snapshots.take(request.path["snapshot"])
    if state is None:
        raise ProblemError(404, f"No snapshot {shown(request.path['snapshot'])} is kept: each can be restored once.")
    request.platform.restore(state)
    return DONE


SCHEMAS: Final = {"Snapshot": answer_object({"id": TEXT}, "What to restore the state by.")}

CALLS: Final = (
    Call(
        method="POST",
        path="/snapshots",
        name="takeSnapshot",
        summary="Remember the present state: apps, users, tokens, jtis, clock. The newest 20 are kept.",
        answer=_take,
        responses={201: ResponseObject(description="It is kept.", schema={"$ref": "#/components/schemas/Snapshot"})},
    ),
    Call(
        method="POST",
        path="/snapshots/<snapshot>/restore",
        name="restoreSnapshot",
        summary="Back to a state that was remembered, with an empty journal, and forget the snapshot. Keys stay.",
        answer=_restore,
        responses={204: ResponseObject(description="It is as it was.")},
        refusals={404: "There is none, or it is kept no longer."},
    ),
)
