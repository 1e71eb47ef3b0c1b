"""Worlds: further mocks on one server, each with everything of its own but keys and the server's names."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.platform.worlds import IDLE
from mock_servers.settings.control import WORLDS
from mock_servers.state.configuration import Configuration
from mock_servers.state.world import EXCHANGES
from tests.mock_servers.conftest import CLIENT_CREDENTIALS

Call = Callable[..., TestResponse]
Refused = Callable[[TestResponse], tuple[int, str, str | None]]


class Machine:
    """The machine's time, which these tests move."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def platform(ring: KeyRing, machine: Machine) -> Mock:
    return Mock(ring=ring, machine_time=machine)


@pytest.fixture
def call(platform: Mock) -> Call:
    """Call a path of the server; `body` goes out as JSON."""
    http = Client(platform, use_cookies=False)

    def send(method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        sent = {"json": body} if body is not None else {}
        return http.open(path, method=method, **{"base_url": platform.url, **sent, **options})

    return send


@pytest.fixture
def make(call: Call) -> Callable[..., str]:
    """Make a world, and return the path below which it is."""

    def made(**body: Any) -> str:
        answer = call("POST", "/_nhsauth/worlds", body)
        assert answer.status_code == 201
        return str(answer.get_json()["url"].removeprefix("http://127.0.0.1:8080"))

    return made


@pytest.fixture
def refused() -> Refused:
    """Status, detail and member of an answer that must be a problem."""

    def reported(answer: TestResponse) -> tuple[int, str, str | None]:
        assert answer.content_type == "application/problem+json"
        problem = answer.get_json()
        return answer.status_code, problem["detail"], problem.get("member")

    return reported


class TestMaking:
    def test_a_world_has_a_url_below_the_base_that_was_called(self, call: Call) -> None:
        answer = call("POST", "/_nhsauth/worlds", {"name": "b"}, base_url="http://localhost:9")

        assert (answer.status_code, answer.get_json()) == (
            201,
            {
                "name": "b",
                "url": "http://localhost:9/_worlds/b",
                "control": "http://localhost:9/_worlds/b/_nhsauth",
            },
        )

    def test_without_a_name_it_is_given_one_of_its_own(self, call: Call) -> None:
        first, second = (call("POST", "/_nhsauth/worlds", {}).get_json()["name"] for _ in range(2))

        assert first
        assert first != second

    def test_it_is_listed_and_reported(self, call: Call, make: Callable[..., str]) -> None:
        make(name="a")
        make(name="b")

        urls = [(name, f"http://127.0.0.1:8080/_worlds/{name}") for name in "ab"]
        lines = [{"name": name, "url": url, "control": f"{url}/_nhsauth"} for name, url in urls]
        assert call("GET", "/_nhsauth/worlds").get_json() == lines
        assert call("GET", "/_nhsauth/worlds/b").get_json() == lines[1]

    @pytest.mark.parametrize("name", ["", "A", "a b", "-a", "a-", "a/b", "a.b", "é", "a" * 41, "..", 7])
    def test_a_name_that_no_url_could_hold_is_refused(self, call: Call, refused: Refused, name: object) -> None:
        status, detail, member = refused(call("POST", "/_nhsauth/worlds", {"name": name}))

        assert (status, member) == (400, "name")
        assert "1 to 40 small letters, digits and hyphens" in detail

    def test_a_name_that_is_taken_is_refused(self, call: Call, refused: Refused, make: Callable[..., str]) -> None:
        make(name="b")

        assert refused(call("POST", "/_nhsauth/worlds", {"name": "b"})) == (
            409,
            "a world has the name 'b': choose another, or delete that one.",
            "name",
        )

    def test_there_are_at_most_two_hundred(
        self, call: Call, refused: Refused, platform: Mock, make: Callable[..., str]
    ) -> None:
        for _ in range(WORLDS):
            make()

        assert refused(call("POST", "/_nhsauth/worlds", {})) == (
            409,
            "200 worlds are there, which is the limit: delete one, or wait until one was idle for an hour.",
            None,
        )
        assert call("DELETE", f"/_nhsauth/worlds/{_name(platform)}").status_code == 204
        assert call("POST", "/_nhsauth/worlds", {}).status_code == 201

    def test_of_many_that_ask_for_one_name_at_once_one_gets_it(self, call: Call) -> None:
        statuses: list[int] = []

        def ask() -> None:
            statuses.append(call("POST", "/_nhsauth/worlds", {"name": "b"}).status_code)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

        assert sorted(statuses) == [201, *[409] * 7]


class TestEnding:
    def test_a_deleted_world_is_not_there(self, call: Call, refused: Refused, make: Callable[..., str]) -> None:
        url = make(name="b")

        assert call("DELETE", "/_nhsauth/worlds/b").status_code == 204
        assert refused(call("POST", f"{url}/oauth2/token")) == (
            404,
            'No world is called "b": it was deleted, or nobody asked it for an hour. POST /_nhsauth/worlds.',
            None,
        )
        for method in ("GET", "DELETE"):
            assert refused(call(method, "/_nhsauth/worlds/b")) == (
                404,
                'No world is called "b": GET /_nhsauth/worlds lists them.',
                None,
            )

    def test_a_new_world_of_an_old_name_is_as_at_the_start(self, call: Call, make: Callable[..., str]) -> None:
        url = make(name="b")
        call("DELETE", f"{url}/_nhsauth/apps/nhsauth-app")
        call("DELETE", "/_nhsauth/worlds/b")

        make(name="b")

        assert [app["client_id"] for app in call("GET", f"{url}/_nhsauth/apps").get_json()] == ["nhsauth-app"]

    def test_it_is_gone_after_an_hour_in_which_nobody_asks_it(
        self, call: Call, machine: Machine, make: Callable[..., str]
    ) -> None:
        url = make(name="b")
        machine.seconds += IDLE

        assert call("GET", "/_nhsauth/worlds/b").status_code == 404
        assert call("GET", "/_nhsauth/worlds").get_json() == []
        assert call("GET", f"{url}/_nhsauth/health").status_code == 404
        assert call("DELETE", "/_nhsauth/worlds/b").status_code == 404

    def test_it_stays_while_it_is_asked(self, call: Call, machine: Machine, make: Callable[..., str]) -> None:
        url = make(name="b")
        for _ in range(3):
            machine.seconds += IDLE - 61
            assert call("GET", f"{url}/_nhsauth/health").status_code == 200

    def test_to_be_listed_is_not_use_of_it(self, call: Call, machine: Machine, make: Callable[..., str]) -> None:
        make(name="b")
        machine.seconds += IDLE - 1
        call("GET", "/_nhsauth/worlds")
        machine.seconds += 1

        assert call("GET", "/_nhsauth/worlds").get_json() == []

    def test_the_service_s_own_clock_ends_none(self, call: Call, make: Callable[..., str]) -> None:
        url = make(name="b")

        for path in ("/_nhsauth/clock", f"{url}/_nhsauth/clock"):
            call("PUT", path, {"advance": 10 * IDLE})

        assert call("GET", f"{url}/_nhsauth/health").status_code == 200


class TestContents:
    def test_it_begins_as_the_server_began(self, ring: KeyRing) -> None:
        mock = Mock(Configuration(apps=()), ring=ring)
        mock.apps.create(client_id="later", make_key=False)
        assert mock.worlds is not None

        world = mock.worlds.platform(mock.worlds.create("b").name)

        assert world is not None
        assert world.apps.all() == []

    def test_it_begins_as_its_own_configuration_says(self, call: Call, make: Callable[..., str]) -> None:
        url = make(name="b", config={"apps": [{"client_id": "mine", "make_key": False}], "diagnosis": False})

        assert [app["client_id"] for app in call("GET", f"{url}/_nhsauth/apps").get_json()] == ["mine"]
        assert [app["client_id"] for app in call("GET", "/_nhsauth/apps").get_json()] == ["nhsauth-app"]

    @pytest.mark.parametrize(
        ("config", "member"),
        [
            ({"apps": [{"client_id": "a", "private_key": "/etc/hostname"}]}, "config.apps[0].private_key"),
            ({"apps": [{"client_id": "a", "jwks": "/etc/hostname"}]}, "config.apps[0].jwks"),
            ({"cis2": {"signing_key": "/etc/hostname"}}, "config.cis2.signing_key"),
            ({"realms": {"Cis2-mock-int": {"signing_key": "x"}}}, "config.realms.Cis2-mock-int.signing_key"),
            ({"users": [{"provider": "cis2", "id": "1", "claims_file": "x"}]}, "config.users[0].claims_file"),
            ({"public_urls": ["http://evil"]}, "config.public_urls"),
            ({"allow_hosts": ["evil"]}, "config.allow_hosts"),
            ({"trusted_proxies": ["10.0.0.1"]}, "config.trusted_proxies"),
            ({"hosts": []}, "config.hosts"),
            ({"evidence": {"observations": ["/etc/hostname"]}}, "config.evidence"),
            ({"apim": {"access_token_lifetime": "long"}}, "config.apim.access_token_lifetime"),
        ],
    )
    def test_a_configuration_names_no_file_and_nothing_of_the_server_s(
        self, call: Call, refused: Refused, config: object, member: str
    ) -> None:
        status, _, reported = refused(call("POST", "/_nhsauth/worlds", {"config": config}))

        assert (status, reported) == (400, member)
        assert call("GET", "/_nhsauth/worlds").get_json() == []

    def test_what_it_has_is_its_own(self, call: Call, make: Callable[..., str]) -> None:
        one, other = make(name="a"), make(name="b")

        call("PATCH", f"{one}/_nhsauth/apps/nhsauth-app", {"quota_per_minute": 1})
        call("PUT", f"{one}/_nhsauth/clock", {"now": "2030-01-01T00:00:00Z", "frozen": True})
        call("POST", f"{one}/_nhsauth/faults", {"on": "token", "do": "status", "status": 503})
        call("POST", f"{one}/_nhsauth/users", {"provider": "cis2", "id": "656005750199", "level": "aal3"})
        call("POST", f"{one}/oauth2/token")

        for elsewhere in (other, ""):
            assert call("GET", f"{elsewhere}/_nhsauth/apps/nhsauth-app").get_json()["quota_per_minute"] == 300
            assert call("GET", f"{elsewhere}/_nhsauth/clock").get_json()["frozen"] is False
            assert call("GET", f"{elsewhere}/_nhsauth/faults").get_json() == []
            assert "656005750199" not in {each["id"] for each in call("GET", f"{elsewhere}/_nhsauth/users").get_json()}
            assert call("GET", f"{elsewhere}/_nhsauth/exchanges").get_json() == []
        assert [each["status"] for each in call("GET", f"{one}/_nhsauth/exchanges").get_json()] == [503]

    def test_to_reset_the_server_or_a_world_leaves_the_others(self, call: Call, make: Callable[..., str]) -> None:
        one, other = make(name="a"), make(name="b")
        for each in (one, other):
            call("POST", f"{each}/_nhsauth/apps", {"client_id": "more"})

        call("POST", "/_nhsauth/reset")
        call("POST", f"{one}/_nhsauth/reset")

        assert call("GET", f"{one}/_nhsauth/apps/more").status_code == 404
        assert call("GET", f"{other}/_nhsauth/apps/more").status_code == 200

    def test_a_snapshot_of_one_is_none_of_another(self, call: Call, make: Callable[..., str]) -> None:
        one, other = make(name="a"), make(name="b")
        snapshot = call("POST", f"{one}/_nhsauth/snapshots").get_json()["id"]

        assert call("POST", f"{other}/_nhsauth/snapshots/{snapshot}/restore").status_code == 404
        assert call("POST", f"{one}/_nhsauth/snapshots/{snapshot}/restore").status_code == 204

    def test_the_keys_of_the_providers_are_those_of_the_server(self, call: Call, make: Callable[..., str]) -> None:
        path = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/connect/jwk_uri"

        assert call("GET", f"{make()}{path}").get_json() == call("GET", path).get_json()

    def test_it_keeps_fewer_exchanges_than_a_server(self, platform: Mock, make: Callable[..., str]) -> None:
        make(name="b")
        assert platform.worlds is not None
        world = platform.worlds.platform("b")
        assert world is not None
        http = Client(world)

        for _ in range(EXCHANGES + 1):
            http.get("/_worlds/b/oauth2/nothing")

        assert [len(world.exchanges), world.exchanges.last.id] == [EXCHANGES, EXCHANGES + 1]

    def test_an_assertion_of_one_world_is_not_replay_in_another(self, call: Call, make: Callable[..., str]) -> None:
        one, other = make(name="a"), make(name="b")
        claims = {"jti": "the same"}

        def ask(url: str) -> int:
            body = {"claims": claims}
            assertion = call("POST", f"{url}/_nhsauth/client-assertions", body).get_json()["client_assertion"]
            return call(
                "POST", f"{url}/oauth2/token", data={**CLIENT_CREDENTIALS, "client_assertion": assertion}
            ).status_code

        assert [ask(one), ask(other), ask(""), ask(one)] == [200, 200, 200, 400]


class TestPage:
    def test_the_page_of_the_server_reaches_its_worlds_and_theirs_back(
        self, call: Call, make: Callable[..., str]
    ) -> None:
        make(name="team-a")

        pages = [
            call("GET", f"{url}/_nhsauth/{page}", headers={"Accept": "text/html"}).get_data(as_text=True)
            for url, page in (("", "worlds"), ("/_worlds/team-a", ""), ("/_worlds/team-a", "exchanges"))
        ]

        assert '<a href="/_worlds/team-a/_nhsauth/">team-a</a>' in pages[0]
        assert all('<a href="/_nhsauth/">The mock that this world is a part of</a>' in page for page in pages[1:])
        assert "<h1>Point your code here: world team-a</h1>" in pages[1]
        assert "<h1>Exchanges of world team-a</h1>" in pages[2]
        assert ["Worlds" in page for page in pages] == [True, False, False]


class TestNesting:
    @pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", ""), ("GET", "/b"), ("DELETE", "/b")])
    def test_a_world_has_no_worlds_of_its_own(
        self, call: Call, refused: Refused, make: Callable[..., str], method: str, path: str
    ) -> None:
        url = make(name="b")

        answer = call(method, f"{url}/_nhsauth/worlds{path}", {} if method == "POST" else None)

        assert refused(answer) == (
            404,
            "A world has no worlds of its own: ask http://127.0.0.1:8080/_nhsauth/worlds.",
            None,
        )

    def test_no_api_of_a_team_s_own_may_stand_where_worlds_are(self, call: Call, refused: Refused) -> None:
        body = {"path": "/_worlds/b", "upstream": "http://127.0.0.1:9"}

        assert refused(call("POST", "/_nhsauth/apis", body))[::2] == (400, "path")


def _name(platform: Mock) -> str:
    assert platform.worlds is not None
    return platform.worlds.all()[0].name
