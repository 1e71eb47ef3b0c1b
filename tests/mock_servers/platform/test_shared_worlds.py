"""Worlds where several processes share a state: any of them makes a world from its row, and none sees another's."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from werkzeug.test import Client, EnvironBuilder

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.platform.worlds import IDLE, Worlds
from mock_servers.state.memory import MemoryTable
from mock_servers.state.state_url import open_state
from mock_servers.state.table import Backend
from mock_servers.state.world import World
from mock_servers.wire.identifiers import Identifiers
from tests.mock_servers.conftest import CLIENT_CREDENTIALS

URL = "http://127.0.0.1:8080"


@pytest.fixture
def mocks(ring: KeyRing, tmp_path: Path) -> Iterator[tuple[Mock, Mock]]:
    """Two processes' mocks over one state."""
    opened: list[Backend] = [open_state(f"sqlite:{tmp_path / 'state'}") for _ in range(2)]
    yield Mock(ring=ring, backend=opened[0]), Mock(ring=ring, backend=opened[1])
    for each in opened:
        each.close()


def token(mock: Mock, world: str) -> str:
    http = Client(mock, use_cookies=False)
    signed = http.post(f"{world}/_nhsauth/client-assertions", json={}, base_url=URL).get_json()
    form = {**CLIENT_CREDENTIALS, **signed}
    return str(http.post(f"{world}/oauth2/token", data=form, base_url=URL).get_json()["access_token"])


def call(mock: Mock, world: str, bearer: str) -> int:
    headers = {"Authorization": f"Bearer {bearer}"}
    path = f"{world}/hello-world/hello/application"
    return Client(mock, use_cookies=False).get(path, headers=headers, base_url=URL).status_code


def test_a_world_made_in_one_process_is_found_in_the_other(mocks: tuple[Mock, Mock]) -> None:
    one, other = mocks
    config = {"apps": [{"client_id": "mine", "make_key": False}]}
    Client(one).post("/_nhsauth/worlds", json={"name": "b", "config": config}, base_url=URL)

    http = Client(other)
    lines = [each["client_id"] for each in http.get("/_worlds/b/_nhsauth/apps", base_url=URL).get_json()]
    assert lines == ["mine"]
    assert http.get("/_nhsauth/worlds", base_url=URL).get_json() == [
        {"name": "b", "url": f"{URL}/_worlds/b", "control": f"{URL}/_worlds/b/_nhsauth"}
    ]


def test_a_token_of_a_world_is_good_there_in_every_process_and_nowhere_else(mocks: tuple[Mock, Mock]) -> None:
    one, other = mocks
    for name in ("a", "b"):
        Client(one).post("/_nhsauth/worlds", json={"name": name}, base_url=URL)

    bearer = token(one, "/_worlds/a")

    assert [call(mock, world, bearer) for mock in mocks for world in ("/_worlds/a", "/_worlds/b", "")] == [
        200,
        401,
        401,
    ] * 2
    assert (
        other.exchanges.last.examination()
        .findings[0]
        .seen.startswith("The value after Bearer is the access token that the platform issued")
    )
    assert " in world a; it was sent to " in other.exchanges.last.examination().findings[0].seen


def test_providers_sign_with_the_server_s_keys(mocks: tuple[Mock, Mock]) -> None:
    Client(mocks[0]).post("/_nhsauth/worlds", json={"name": "a"}, base_url=URL)
    path = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/connect/jwk_uri"

    sets = [
        Client(mock).get(f"{world}{path}", base_url=URL).get_json() for mock in mocks for world in ("/_worlds/a", "")
    ]

    assert sets == [sets[0]] * 4


def test_a_world_that_one_deletes_is_gone_in_the_other(mocks: tuple[Mock, Mock]) -> None:
    one, other = mocks
    Client(one).post("/_nhsauth/worlds", json={"name": "b"}, base_url=URL)
    bearer = token(other, "/_worlds/b")

    Client(one).delete("/_nhsauth/worlds/b", base_url=URL)
    gone = call(other, "/_worlds/b", bearer)
    Client(one).post("/_nhsauth/worlds", json={"name": "b"}, base_url=URL)

    assert (gone, call(other, "/_worlds/b", bearer)) == (404, 401)


def test_of_two_that_make_one_name_one_gets_it(mocks: tuple[Mock, Mock]) -> None:
    statuses = [Client(mock).post("/_nhsauth/worlds", json={"name": "b"}, base_url=URL).status_code for mock in mocks]

    assert statuses == [201, 409]


class Content:
    """What is in a world, of which nothing is asked here."""

    def let_go(self) -> None:
        """Nobody waits."""


class Rows(MemoryTable[World]):
    """Rows of worlds; once they have been read, `then` happens."""

    then: Callable[[], object] | None = None

    def values(self) -> list[World]:
        read = super().values()
        then, self.then = self.then, None
        if then is not None:
            then()
        return read


def test_a_world_that_another_process_uses_at_the_last_moment_stays() -> None:
    rows, dropped = Rows(), list[World]()
    now = IDLE - 1
    one, other = (
        Worlds(rows, lambda _: Content(), dropped.append, Identifiers(), machine_time)
        for machine_time in (lambda: IDLE, lambda: now)
    )
    rows.put("mine", World(name="mine", id="1", used_at=0.0))
    rows.then = lambda: other.platform("mine")

    assert [world.name for world in one.all()] == ["mine"]
    assert dropped == []
    now = 2 * IDLE
    assert other.all() == []
    assert [world.name for world in dropped] == ["mine"]


def test_the_thread_that_serves_all_clients_answers_from_a_file_but_makes_no_world(mocks: tuple[Mock, Mock]) -> None:
    mock, _ = mocks
    environ = EnvironBuilder("/oauth2/token", base_url=URL).get_environ()
    of_world = EnvironBuilder("/_worlds/a/oauth2/token", base_url=URL).get_environ()

    assert (mock.is_quick(environ), mock.is_quick(of_world)) == (True, False)
