"""A platform in process, its clock stopped, and what tests ask of it."""

import inspect
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, cast

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.clock import Clock
from mock_servers.state.memory import MemoryTable

NOW = 1_800_000_000.0
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLIENT_CREDENTIALS = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
TOKEN_EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "client_assertion_type": ASSERTION_TYPE,
}

ANSWERING = tuple(
    f"mock_servers.{room}."
    for room in ("apim", "diagnosis", "faults", "gateway", "http", "identity_provider", "journal", "management")
)
"""The rooms that answer and explain; pages, commands and the control API may show a whole table."""
LISTING = ("mock_servers.faults.ordered.all",)
"""What gives the control API its list."""

Post = Callable[..., TestResponse]


@pytest.fixture(autouse=True)
def _no_whole_reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In no test does an answer or a finding read a whole table: thousands of tokens may be in it."""
    found: list[str] = []

    def watched(read: Callable[[MemoryTable[Any]], Any]) -> Callable[[MemoryTable[Any]], Any]:
        def watching(table: MemoryTable[Any]) -> Any:
            frame = cast("FrameType", cast("FrameType", inspect.currentframe()).f_back)
            caller = f"{frame.f_globals['__name__']}.{frame.f_code.co_name}"
            if caller.startswith(ANSWERING) and caller not in LISTING:
                found.append(f"{caller} reads all of {table.name}")
            return read(table)

        return watching

    for name in ("values", "items"):
        monkeypatch.setattr(MemoryTable, name, watched(getattr(MemoryTable, name)))
    yield

    assert found == []


@pytest.fixture
def platform(ring: KeyRing) -> Mock:
    """A fresh platform, its clock stopped at NOW."""
    clock = Clock()
    clock.set(NOW, frozen=True)
    return Mock(ring=ring, clock=clock)


@pytest.fixture
def http(platform: Mock) -> Client:
    """The platform as WSGI answers it, without a socket."""
    return Client(platform)


@pytest.fixture
def post(platform: Mock, http: Client) -> Post:
    """Post a form to the token endpoint under the platform's own URL."""

    def send(path: str = "/oauth2/token", **form: Any) -> TestResponse:
        return http.post(path, data=form, base_url=platform.url)

    return send


@pytest.fixture
def client_credentials(platform: Mock, post: Post) -> Callable[..., TestResponse]:
    """Ask for an application's token; keywords change the form."""

    def send(**changes: Any) -> TestResponse:
        assertion = platform.client_assertion("nhsauth-app")
        return post(**{**CLIENT_CREDENTIALS, "client_assertion": assertion, **changes})

    return send


@pytest.fixture
def token_exchange(platform: Mock, post: Post) -> Callable[..., TestResponse]:
    """Exchange an id token of the provider's first person; keywords change the form."""

    def send(provider: str = "cis2", **changes: Any) -> TestResponse:
        form: Mapping[str, Any] = {
            **TOKEN_EXCHANGE,
            "client_assertion": platform.client_assertion("nhsauth-app"),
            "subject_token": platform.id_token(provider, LogInRequest(client_id="nhsauth-app")),
            **changes,
        }
        return post(**form)

    return send


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB, where this machine lets us mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mounting, capture_output=True, check=False)  # noqa: S603 - our own command
    except FileNotFoundError:
        pytest.skip("no command mount")
    if mounted.returncode:
        pytest.skip("this machine lets us mount no file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607 - our own command
