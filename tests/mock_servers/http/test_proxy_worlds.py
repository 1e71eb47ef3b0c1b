"""Under the real host names the user name of the proxy says in which world a client is."""

import base64
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from mock_servers.http.server import Server
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.platform import real_names
from mock_servers.platform.platform import Platform
from tests.mock_servers.conftest import CLIENT_CREDENTIALS

INT = "https://int.api.service.nhs.uk"
CIS2 = "https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk"
DISCOVERY = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/.well-known/openid-configuration"

Ask = Callable[..., requests.Response]


@pytest.fixture
def platform(ring: KeyRing) -> Mock:
    return Mock(ring=ring)


@pytest.fixture
def server(platform: Mock, tmp_path: Path) -> Iterator[Server]:
    with platform.serving() as running:
        real_names.throwaway(platform, tmp_path).open_at(running)
        yield running


@pytest.fixture
def ask(platform: Mock, server: Server) -> Iterator[Ask]:
    """Ask by a proxy, under a user name or none."""
    known = platform.names.real_names
    assert known is not None
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(known.store.bundle)

        def send(user: str, method: str, url: str, **more: object) -> requests.Response:
            proxy = server.url.replace("://", f"://{user}:x@" if user else "://")
            return session.request(method, url, proxies={"http": proxy, "https": proxy}, timeout=30, **more)  # type: ignore[arg-type] # keywords of requests

        yield send


@pytest.fixture
def world(platform: Mock) -> Callable[[str], Platform]:
    """Make a world."""

    def made(name: str) -> Platform:
        assert platform.worlds is not None
        found = platform.worlds.platform(platform.worlds.create(name).name)
        assert found is not None
        return found

    return made


def test_a_client_is_in_the_world_that_its_proxy_s_user_name_says(
    platform: Mock, ask: Ask, world: Callable[[str], Platform]
) -> None:
    places = {"a": world("a"), "b": world("b"), "": platform, "root": platform}
    seen = []

    for user, own in places.items():
        form = {**CLIENT_CREDENTIALS, "client_assertion": own.client_assertion("nhsauth-app")}
        status = ask(user, "POST", f"{INT}/oauth2/token", data=form).status_code
        seen.append((status, *(len(places[name].exchanges) for name in ("a", "b", "root"))))

    assert seen == [(200, 1, 0, 0), (200, 1, 1, 0), (200, 1, 1, 1), (200, 1, 1, 2)]


def test_what_one_tunnel_carries_is_all_in_one_world(
    platform: Mock, ask: Ask, world: Callable[[str], Platform]
) -> None:
    own = world("b")

    for _ in range(3):
        ask("b", "POST", f"{INT}/oauth2/token")

    assert (len(own.exchanges), len(platform.exchanges)) == (3, 0)


def test_issuers_are_the_real_ones(ask: Ask, world: Callable[[str], Platform]) -> None:
    world("b")

    assert ask("b", "GET", f"{CIS2}{DISCOVERY}").json()["issuer"].startswith(f"{CIS2}:443/openam/")


def test_a_token_of_one_world_is_unknown_in_another(ask: Ask, world: Callable[[str], Platform]) -> None:
    own, other = world("a"), world("b")
    form = {**CLIENT_CREDENTIALS, "client_assertion": other.client_assertion("nhsauth-app")}
    token = ask("b", "POST", f"{INT}/oauth2/token", data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    statuses = [ask(user, "GET", f"{INT}/hello-world/hello/application", headers=headers).status_code for user in "ab"]

    assert statuses == [401, 200]
    assert " in world b; it was sent to " in own.exchanges.last.examination().findings[0].seen


def test_the_page_of_an_app_of_one_world_is_played(ask: Ask, world: Callable[[str], Platform]) -> None:
    world("b").apps.change("nhsauth-app", redirect_uris=("http://app.example/callback",))

    assert ask("b", "GET", "http://app.example/callback").status_code == 200


def test_the_mock_s_own_urls_say_themselves_in_which_world_they_are(
    ask: Ask, server: Server, world: Callable[[str], Platform]
) -> None:
    own, _ = world("a"), world("b")

    assert ask("b", "GET", f"{server.url}/_worlds/a/oauth2/nothing").status_code == 404
    assert len(own.exchanges) == 1


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("Basic " + base64.b64encode(b"nobody:x").decode(), "names no world: nobody"),
        ("Basic !", "is no user name of Basic"),
        ("Bearer x", "is no user name of Basic"),
        ("Basic " + base64.b64encode(b"\x1b[31m:x").decode(), "names no world: ?[31m"),
    ],
)
@pytest.mark.parametrize("line", ["CONNECT int.api.service.nhs.uk:443", "GET {url}/"])
def test_who_names_no_world_is_reported_so(server: Server, line: str, sent: str, words: str) -> None:
    head = (f"{line.format(url=server.url)} HTTP/1.1", "Host: int.api.service.nhs.uk", f"Proxy-Authorization: {sent}")
    with socket.create_connection((server.host, server.port), timeout=30) as connection:
        connection.sendall("\r\n".join((*head, "", "")).encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()

    reported = answer.partition("\r\n\r\n")[0].split("\r\n")
    assert reported[0] == f"HTTP/1.1 407 Proxy-Authorization {words}; POST /_nhsauth/worlds makes one"
    assert 'Proxy-Authenticate: Basic realm="nhsauth"' in reported


def test_a_world_that_goes_under_a_tunnel_is_reported_in_the_tunnel(platform: Mock, ask: Ask) -> None:
    assert platform.worlds is not None
    platform.worlds.create("b")
    assert ask("b", "GET", f"{INT}/oauth2/_ping").status_code == 200

    platform.worlds.delete("b")

    assert ask("b", "GET", f"{INT}/oauth2/_ping").json()["detail"].startswith('No world is called "b"')


def test_status_shows_the_proxy_of_the_world(platform: Mock, server: Server, world: Callable[[str], Platform]) -> None:
    world("b")

    members = {url: requests.get(f"{server.url}{url}/_nhsauth/status", timeout=30).json() for url in ("", "/_worlds/b")}

    assert members[""]["real_names"]["proxy"] == server.url
    assert members["/_worlds/b"]["real_names"]["proxy"] == server.url.replace("://", "://b:x@")
    assert platform.names.real_names is not None
    assert platform.names.real_names.of_world("b").variables({})["NHSAUTH_URL"] == f"{server.url}/_worlds/b"
