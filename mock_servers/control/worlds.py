"""The calls about worlds: a mock of one's own for each test run that shares a server."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Final

from mock_servers.configuration import members
from mock_servers.configuration.reading import WorldConfiguration
from mock_servers.control.calls import (
    DONE,
    TEXT,
    Body,
    Call,
    Request,
    Response,
    ResponseObject,
    answer_object,
    array_of,
    ref,
)
from mock_servers.control.problems import ProblemError
from mock_servers.platform.worlds import TooManyOfTeamError, TooManyWorldsError, WorldExistsError
from mock_servers.state.world import NAME, World
from mock_servers.wire.wording import shown

if TYPE_CHECKING:
    from mock_servers.platform.platform import Platform
    from mock_servers.platform.worlds import Worlds


@dataclass(frozen=True, slots=True, kw_only=True)
class _NewWorld:
    """A world. Without `name` it is given one; without `config` it begins as the server began.

    `config` has the members of nhsauth.toml but for files, and for what is the server's alone: names, hosts, proxies.
    """

    name: Annotated[str, NAME] | None = None
    config: WorldConfiguration | None = None


_WORLD: Final = ref("World")
_NESTED: Final = "This is a world, and has none of its own."
_UNKNOWN: Final = {404: "There is none of this name, or it was idle for an hour, or this is a world itself."}


@Call(
    "GET",
    "/worlds",
    {200: ResponseObject("The worlds.", array_of(_WORLD), or_page=True)},
    refusals={404: _NESTED},
    takes="any token",
)
def list_worlds(request: Request) -> Response:
    """The worlds that the caller controls, the oldest first: all of them, unless a token says that fewer are."""
    return Response(body=[_shown(request, each) for each in _worlds(request).all() if request.caller.controls(each)])


@Call(
    "POST",
    "/worlds",
    {201: ResponseObject("The world.", _WORLD)},
    body=Body(model=_NewWorld, example={"name": "team-a", "config": {"apim": {"access_token_lifetime": 60}}}),
    refusals={
        404: _NESTED,
        409: "Another world has this name, or there are as many as there may be.",
        429: "The team has as many worlds as it may.",
    },
    takes="any token",
)
def add_world(request: Request) -> Response:
    """Make a mock of your own: below its URL everything is anew. It is gone after an hour in which nobody asks it.

    Where a control token is set, `token` is the one for this world alone; no later answer has it.
    """
    worlds, given, caller = _worlds(request), members.read(_NewWorld, request.body), request.caller
    if not caller.is_root and caller.team is None:
        raise ProblemError(
            403, f"This is the token of {caller}, which makes no worlds: send the root token, or a team's."
        )
    try:
        made = worlds.create(given.name, request.body.get("config"), team=caller.team)
    except WorldExistsError as taken:
        raise ProblemError(409, f"{taken}.", member="name") from None
    except TooManyOfTeamError as full:
        raise ProblemError(429, f"{full}.") from None
    except TooManyWorldsError as full:
        raise ProblemError(409, f"{full}.") from None
    own = {} if request.access.is_open else {"token": request.access.token_of(made)}
    return Response(status=201, body=_shown(request, made) | own, world=made.name)


@Call("GET", "/worlds/<name>", {200: ResponseObject("The world.", _WORLD)}, refusals=_UNKNOWN, takes="any token")
def get_world(request: Request) -> Response:
    """One world."""
    return Response(body=_shown(request, _found(request)))


@Call("DELETE", "/worlds/<name>", {204: ResponseObject("It is gone.")}, refusals=_UNKNOWN, takes="any token")
def remove_world(request: Request) -> Response:
    """Forget a world, with all that is in it."""
    name = _found(request).name
    if not _worlds(request).delete(name):
        raise _unknown(request)
    return replace(DONE, world=name)


def _found(request: Request) -> World:
    """Return the world that a path names. Another's is unknown, like one that is not there."""
    found = _worlds(request).get(request.path["name"])
    if found is None or not request.caller.controls(found):
        raise _unknown(request)
    return found


def _worlds(request: Request) -> Worlds[Platform]:
    worlds = request.platform.worlds
    if worlds is None:
        root = request.base.removesuffix(request.prefix)
        raise ProblemError(404, f"A world has no worlds of its own: ask {root}/_nhsauth/worlds.")
    return worlds


def _unknown(request: Request) -> ProblemError:
    return ProblemError(404, f"No world is called {shown(request.path['name'])}: GET /_nhsauth/worlds lists them.")


def _shown(request: Request, world: World) -> dict[str, str]:
    control = request.control.removesuffix("/_nhsauth")
    return {
        "name": world.name,
        "url": f"{request.base}{world.prefix}",
        "control": f"{control}{world.prefix}/_nhsauth",
        **({} if world.team is None else {"team": world.team}),
    }


SCHEMAS: Final = {
    "World": {
        **answer_object(
            {
                "name": TEXT,
                "url": TEXT,
                "control": TEXT,
                "team": {**TEXT, "description": "The team that made it, if a team's token did."},
                "token": {**TEXT, "description": "Where a control token is set: that of a world which was just made."},
            },
            "A mock of one's own, below its URL; its control API may be at another port.",
        ),
        "required": ["name", "url", "control"],
    }
}

CALLS: Final = (list_worlds, add_world, get_world, remove_world)
