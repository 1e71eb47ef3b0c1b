"""The calls about time: the service's, which a test may move or stop, never the machine's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from mock_servers.configuration import members
from mock_servers.configuration.members import MemberError
from mock_servers.control.calls import DONE, Body, Call, Request, Response, ResponseObject, answer_object, ref
from mock_servers.control.problems import ProblemError
from mock_servers.settings.limits import Limit
from mock_servers.state.clock import Clock
from mock_servers.wire.wording import moment, shown

_LAST: Final = int(datetime(9998, 12, 31, tzinfo=UTC).timestamp())
"""A year before Python's last: what is issued then expires later."""


def _seconds(iso: str) -> float | None:
    try:
        then = datetime.fromisoformat(iso)
        return then.timestamp() if then.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _in_range(seconds: float | None) -> bool:
    return seconds is not None and 0 <= seconds <= _LAST


_ISO: Final = Limit(
    allowed="ISO 8601 with a zone, such as 2026-11-24T09:00:00Z, from 1970 to 9998",
    holds=lambda iso: _in_range(_seconds(iso)),
    schema={"format": "date-time"},
)
_NUMBER: Final = Limit(allowed="seconds since 1970", holds=_in_range, schema={"minimum": 0, "maximum": _LAST})


@dataclass(frozen=True, slots=True, kw_only=True)
class _ClockChange:
    """A move of the clock: to `now` (ISO 8601 with a zone, or seconds since 1970), or forward by `advance` seconds.

    After `now` it runs on from there unless `frozen`; `advance` leaves a stopped clock stopped. `frozen` alone stops it
    where it is, or lets it run on.
    """

    now: Annotated[str, _ISO] | Annotated[float, _NUMBER] | None = None
    advance: float | None = None
    frozen: bool | None = None


_TWO_MOVES: Final = {
    "required": ["now", "advance"],
    "properties": {"now": {"type": ["string", "number"]}, "advance": {"type": "number"}},
}
_NO_MOVE: Final = {"properties": {name: {"type": "null"} for name in ("now", "advance", "frozen")}}
_CLOCK: Final = ref("Clock")


@Call("GET", "/clock", {200: ResponseObject("The clock.", _CLOCK, or_page=True)})
def get_clock(request: Request) -> Response:
    """The service's time."""
    return Response(body=_shown(request.platform.clock))


def _shown(clock: Clock) -> dict[str, Any]:
    now = clock.now()
    return {"now": moment(now), "seconds": now, "frozen": clock.frozen}


@Call(
    "PUT",
    "/clock",
    {200: ResponseObject("The clock.", _CLOCK)},
    body=Body(
        model=_ClockChange,
        never={"anyOf": [_TWO_MOVES, _NO_MOVE]},
        example={"now": "2026-11-24T09:00:00Z", "frozen": True},
    ),
)
def set_clock(request: Request) -> Response:
    """Move or stop the service's time; what the mock signs follows it."""
    change, clock = members.read(_ClockChange, request.body), request.platform.clock
    if change.now is not None and change.advance is not None:
        raise MemberError("advance", "given beside now", "one of the two")
    if change.now is not None:
        now = _seconds(change.now) if isinstance(change.now, str) else change.now
        clock.set(now or 0, frozen=bool(change.frozen))
    elif change.advance is not None:
        if not _in_range(clock.now() + change.advance):
            raise MemberError("advance", shown(change.advance), "seconds that lead to a time from 1970 to 9998")
        clock.advance(change.advance)
    elif change.frozen is None:
        raise ProblemError(400, "Nothing is said of the clock: send now, advance or frozen.")
    if change.now is None and change.frozen is not None:
        clock.set(clock.now(), frozen=change.frozen)
    return Response(body=_shown(clock))


@Call("DELETE", "/clock", {204: ResponseObject("It does.")})
def reset_clock(request: Request) -> Response:
    """Let the clock follow the machine's time again."""
    request.platform.clock.reset()
    return DONE


SCHEMAS: Final = {
    "Clock": answer_object(
        {
            "now": {"type": "string", "format": "date-time"},
            "seconds": {"type": "number", "description": "The same, as seconds since 1970."},
            "frozen": {"type": "boolean"},
        },
        "How the service's clock stands.",
    )
}

CALLS: Final = (get_clock, set_clock, reset_clock)
