"""The calls that let a test put the mock back to where it was, rather than to its start."""

from __future__ import annotations

from typing import Final

from mock_servers.control.calls import DONE, TEXT, Call, Request, Response, ResponseObject, answer_object, ref
from mock_servers.control.problems import ProblemError
from mock_servers.wire.wording import shown


@Call("POST", "/snapshots", {201: ResponseObject("It is kept.", ref("Snapshot"))})
def take_snapshot(request: Request) -> Response:
    """Remember the present state: apps, users, tokens, jtis, clock. The newest 20 are kept."""
    name = request.platform.identifiers.uuid()
    request.platform.snapshots.put(name, request.platform.snapshot(), request.platform.clock.now())
    return Response(status=201, body={"id": name})


@Call(
    "POST",
    "/snapshots/<snapshot>/restore",
    {204: ResponseObject("It is as it was.")},
    refusals={404: "There is none, or it is kept no longer."},
)
def restore_snapshot(request: Request) -> Response:
    """Back to a state that was remembered, with an empty journal, and forget the snapshot. Keys stay."""
    state = request.platform.snapshots.take(request.path["snapshot"])
    if state is None:
        raise ProblemError(404, f"No snapshot {shown(request.path['snapshot'])} is kept: each can be restored once.")
    request.platform.restore(state)
    return DONE


SCHEMAS: Final = {"Snapshot": answer_object({"id": TEXT}, "What to restore the state by.")}

CALLS: Final = (take_snapshot, restore_snapshot)
