"""The commands that ask a running mock: they find its control API from either of its ports."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from click.testing import CliRunner, Result

from mock_servers.command_line.commands import nhsauth
from mock_servers.mock import Mock

Run = Callable[..., Result]


@pytest.fixture(params=["services", "control API"])
def url(platform: Mock, request: pytest.FixtureRequest) -> Iterator[str]:
    """A port of a mock that has the world `team-a`, and one refused exchange."""
    control = platform.start_control()
    with platform.serving():
        assert platform.worlds is not None
        platform.worlds.create("team-a")
        requests.post(f"{platform.url}/oauth2/token", {"grant_type": "password"}, timeout=30)
        yield platform.url if request.param == "services" else control.url
    control.stop()


@pytest.fixture
def run() -> Run:
    return lambda *arguments: CliRunner().invoke(nhsauth, arguments)


def test_worlds_are_listed_and_deleted(run: Run, url: str) -> None:
    listed, deleted, again = (
        run("worlds", *words, "--server", url) for words in (("list",), ("delete", "team-a"), ("list",))
    )

    assert listed.output.startswith("team-a "), listed.output
    assert (deleted.exit_code, again.output) == (0, "")


def test_the_summary_counts(run: Run, url: str) -> None:
    assert "### nhsauth: 1 exchanges, 1 refused" in run("summary", "--server", url).output


def test_env_finds_the_mock(run: Run, url: str) -> None:
    assert f"The mock at {url} speaks no TLS" in run("env", "--url", url).output


@pytest.mark.parametrize("path", ["/_nhsauth/health", "/_nhsauth/worlds"])
def test_no_redirect_is_followed(run: Run, path: str) -> None:
    """What answers at the port of a mock cannot send a command, with its token, to another address."""
    seen: list[str] = []

    class Redirecting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            base = f"http://{self.headers['Host']}"
            body = f'{{"control": "{base}/_nhsauth"}}'.encode()
            self.send_response(307 if self.path == path else 200)
            self.send_header("Location", f"{base}/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever).start()
        result = run(
            "worlds", "list", "--server", f"http://127.0.0.1:{server.server_port}", "--control-token", "secret"
        )
        server.shutdown()

    assert result.exit_code == 1
    assert path in seen
    assert "/elsewhere" not in seen
