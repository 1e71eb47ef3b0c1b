"""Thirty teams that make two hundred worlds at once, and then try to see and change each other's."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

TEAMS = {f"team-{number}": hashlib.sha256(b"%d" % number).hexdigest() for number in range(30)}
"""The tokens of the teams."""

WORLDS = 200
TRIES = 1000
AT_ONCE = 16
CALLS = (
    "GET /_worlds/NAME/_nhsauth/apps",
    "POST /_worlds/NAME/_nhsauth/apps",
    "DELETE /_worlds/NAME/_nhsauth/apps/of-NAME",
    "GET /_worlds/NAME/_nhsauth/exchanges",
    "GET /_nhsauth/worlds/NAME",
    "DELETE /_nhsauth/worlds/NAME",
)

Answer = tuple[int, Any]  # the status, and the JSON of the body
Ask = Callable[..., Answer]
"""Make a call: its method and path, the token, and a body if there is one."""


def try_each_others_worlds(ask: Ask, seed: int = 38) -> None:
    """A thousand calls, each with a token that is not the world's, find nothing and change nothing."""

    def make(number: int) -> tuple[str, str, str]:
        team, name = f"team-{number % len(TEAMS)}", f"w{number}"
        made, world = ask("POST", "/_nhsauth/worlds", TEAMS[team], {"name": name})
        registered, _ = ask("POST", f"/_worlds/{name}/_nhsauth/apps", world["token"], {"client_id": f"of-{name}"})
        assert (made, registered) == (201, 201)
        return team, name, world["token"]

    def attempt(tried: tuple[str, str, str]) -> int:
        call, name, token = tried
        method, _, path = call.replace("NAME", name).partition(" ")
        status, _ = ask(method, path, token, {"client_id": "theirs"} if method == "POST" else None)
        return status

    def clients(world: tuple[str, str, str]) -> list[str]:
        _, name, token = world
        return [app["client_id"] for app in ask("GET", f"/_worlds/{name}/_nhsauth/apps", token)[1]]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        worlds = list(pool.map(make, range(WORLDS)))
        assert set(pool.map(attempt, _tries(worlds, Random(seed)))) == {404}
        assert list(pool.map(clients, worlds)) == [["nhsauth-app", f"of-{name}"] for _, name, _ in worlds]


def _tries(worlds: list[tuple[str, str, str]], random: Random) -> list[tuple[str, str, str]]:
    """Draw calls of worlds by other teams' tokens, and by those of other teams' worlds."""
    tokens = [*TEAMS.items(), *((team, token) for team, _, token in worlds)]
    tries: list[tuple[str, str, str]] = []
    while len(tries) < TRIES:
        (owner, name, _), (team, token) = random.choice(worlds), random.choice(tokens)
        if owner != team:
            tries.append((random.choice(CALLS), name, token))
    return tries
