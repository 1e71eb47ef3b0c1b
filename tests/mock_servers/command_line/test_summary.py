"""`nhsauth summary`: what a running mock has refused, as Markdown that nobody who sent a request can steer."""

from collections.abc import Callable, Iterator

import pytest
import requests
from click.testing import CliRunner, Result

from mock_servers.command_line.commands import nhsauth
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.platform.platform import Platform
from mock_servers.settings.sections import ProviderSettings
from mock_servers.state.configuration import Configuration

Run = Callable[..., Result]


@pytest.fixture
def url(platform: Platform) -> Iterator[str]:
    """Where a mock answers."""
    with platform.serving():
        yield platform.url


@pytest.fixture
def run() -> Run:
    """Run the command."""
    return lambda *arguments: CliRunner().invoke(nhsauth, ["summary", *arguments])


def test_nothing_was_asked(run: Run, url: str) -> None:
    result = run("--server", url)

    assert result.output == "### nhsauth: 0 exchanges, 0 refused\n\n"


def test_each_kind_of_refusal_is_explained_once(run: Run, url: str) -> None:
    for _ in range(2):
        requests.post(f"{url}/oauth2/token", {"grant_type": "x"}, timeout=30)
    requests.get(f"{url}/hello-world/hello/world", timeout=30)

    result = run("--server", url)

    lines = result.output.splitlines()
    assert lines[:9] == [
        "### nhsauth: 3 exchanges, 2 refused",
        "",
        "#### POST /oauth2/token: 400, grant\\_type is invalid (2 times)",
        "",
        (
            'Probably: grant\\_type is "x". Send one of client\\_credentials, '
            "urn:ietf:params:oauth:grant-type:token-exchange, authorization\\_code, refresh\\_token."
        ),
        "",
        "**grant-type** (likely)",
        "",
        '- Seen: grant\\_type is "x".',
    ]
    assert [line for line in lines if line.startswith("- Cure: Send one of client\\_credentials, ")] != []
    assert result.output.count("####") == 1


@pytest.mark.parametrize("strict", [False, True], ids=["no finding", "only of a later rule"])
def test_the_answer_is_about_this_refusal_also_without_a_finding(run: Run, ring: KeyRing, *, strict: bool) -> None:
    mock = Mock(Configuration(nhs_login=ProviderSettings(strict_authorize=strict)), ring=ring)
    with mock.serving():
        requests.get(f"{mock.url}/authorize?client_id=nobody", timeout=30)

        lines = run("--server", mock.url).output.splitlines()

    assert lines[4] == (
        'client\\_id "nobody" is no client of NHS login: register the app. '
        "Send the client id that this provider gave for this environment."
    )
    assert lines[6].startswith("Next: **state-lost** (certain)" if strict else "- then: ")


def test_the_server_may_stand_in_the_environment(run: Run, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHSAUTH_URL", url)

    assert run().output.startswith("### nhsauth: 0 exchanges")


@pytest.mark.parametrize(
    "sent", ["<img src=//a>", "[a](//b)", "`|a|`", "\n# a", "https://a.example", "@somebody", "**a**"]
)
def test_what_was_sent_marks_nothing_up(run: Run, url: str, sent: str) -> None:
    requests.post(f"{url}/oauth2/token", {"grant_type": sent}, timeout=30)

    text = run("--server", url).output

    (seen,) = [line for line in text.splitlines() if line.startswith("- Seen: ")]
    assert "grant\\_type is " in seen
    assert sent not in text
    assert "<" not in text


def test_many_kinds_of_refusal_are_cut(run: Run, url: str) -> None:
    for number in range(32):
        requests.get(f"{url}/hello-world/hello/user?{number}", timeout=30)
        requests.get(f"{url}/hello-world/{number}", timeout=30)

    text = run("--server", url).output

    assert text.count("\n#### ") == 30
    assert text.endswith("And 3 other refusals: `/_nhsauth/exchanges` has them all.\n\n")


def test_a_server_that_is_not_url_is_misuse(run: Run) -> None:
    result = run("--server", "localhost")

    assert result.exit_code == 2
    assert result.output == 'Error: --server is "localhost"; allowed: http(s)://host:port, or the URL of a world\n'


def test_no_mock_at_a_server_is_a_no(run: Run) -> None:
    result = run("--server", "http://127.0.0.1:9")

    assert result.exit_code == 1
    assert "No mock answers at http://127.0.0.1:9" in result.output
