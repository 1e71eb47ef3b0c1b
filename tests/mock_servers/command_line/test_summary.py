"""`nhsauth summary`: what a running mock has refused, as Markdown that nobody who sent a request can steer."""

from collections.abc import Callable, Iterator

import pytest
import requests
from click.testing import CliRunner, Result

from mock_servers.command_line import summary
from mock_servers.command_line.commands import nhsauth
from mock_servers.command_line.control_call import control_call
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.platform.platform import Platform
from mock_servers.settings.sections import ProviderSettings
from mock_servers.state.configuration import Configuration

Run = Callable[..., Result]

IN_WORLD = '"http://localhost/_worlds/b", a world: leave out --world and --all-worlds, or name its server'


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


@pytest.fixture
def worlds(url: str, platform: Platform) -> None:
    """Two worlds; the mock and both of them have refused one thing, and one world another."""
    assert platform.worlds is not None
    for name in ("team-a", "team-b"):
        platform.worlds.create(name)
    for base in (url, f"{url}/_worlds/team-a", f"{url}/_worlds/team-a", f"{url}/_worlds/team-b"):
        requests.post(f"{base}/oauth2/token", {"grant_type": "x"}, timeout=30)
    requests.get(f"{url}/_worlds/team-b/hello-world/hello/user", timeout=30)


def heads(result: Result) -> list[str]:
    return [line for line in result.output.splitlines() if line.startswith("#")]


@pytest.mark.usefixtures("worlds")
def test_all_worlds_are_summed_up_together_and_each_refusal_says_where(run: Run, url: str) -> None:
    assert [line.partition(": ")[2] for line in heads(run("--server", url, "--all-worlds"))] == [
        "5 exchanges, 5 refused at the server and in 2 worlds",
        "400, grant\\_type is invalid (4 times, in root, team-a, team-b)",
        "401, Invalid access token (in team-b)",
    ]


@pytest.mark.usefixtures("worlds")
@pytest.mark.parametrize(("world", "count"), [("root", 1), ("team-a", 2), ("team-b", 2)])
def test_one_world_is_summed_up_by_its_name(run: Run, url: str, world: str, count: int) -> None:
    first = heads(run("--server", url, "--world", world))[0]

    assert first == f"### nhsauth: {count} exchanges, {count} refused"


def test_of_many_worlds_some_are_named(run: Run, url: str, platform: Platform) -> None:
    assert platform.worlds is not None
    for number in range(12):
        platform.worlds.create(f"w{number}")
        requests.post(f"{url}/_worlds/w{number}/oauth2/token", {"grant_type": "x"}, timeout=30)

    text = run("--server", url, "--all-worlds").output

    assert "in w0, w1, w2, w3, w4, w5, w6, w7, w8, w9 and 2 more)" in text


@pytest.mark.usefixtures("worlds")
def test_a_world_that_is_not_there_is_a_no_that_lists_them(run: Run, url: str) -> None:
    result = run("--server", url, "--world", "team-c")

    assert result.exit_code == 1
    assert result.output == f'Error: No world at {url} is called "team-c". Its worlds: team-a, team-b.\n'


def test_a_world_that_ends_meanwhile_is_left_out(
    run: Run, url: str, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert platform.worlds is not None
    platform.worlds.create("team-a")

    def ending(method: str, server: str, path: str, *, token: str | None = None) -> object:
        answer = control_call(method, server, path, token=token)
        if path == "/worlds" and platform.worlds is not None:
            platform.worlds.delete("team-a")
        return answer

    monkeypatch.setattr(summary, "control_call", ending)

    result = run("--server", url, "--all-worlds")

    assert (result.exit_code, heads(result)) == (
        0,
        ["### nhsauth: 0 exchanges, 0 refused at the server and in 1 world"],
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--world", "a", "--all-worlds"],
            "--world names one world, and --all-worlds takes all: give one of them",
        ),
        (
            ["--server", "http://localhost/_worlds/b", "--world", "a"],
            f"--server is {IN_WORLD}",
        ),
        (
            ["--server", "http://localhost/_worlds/b", "--all-worlds"],
            f"--server is {IN_WORLD}",
        ),
    ],
)
def test_options_that_contradict_are_misuse(run: Run, options: list[str], said: str) -> None:
    result = run(*options)

    assert (result.exit_code, result.output) == (2, f"Error: {said}\n")


def test_a_server_that_is_not_url_is_misuse(run: Run) -> None:
    result = run("--server", "localhost")

    assert result.exit_code == 2
    assert result.output == 'Error: --server is "localhost"; allowed: http(s)://host:port, or the URL of a world\n'


def test_no_mock_at_a_server_is_a_no(run: Run) -> None:
    result = run("--server", "http://127.0.0.1:9")

    assert result.exit_code == 1
    assert "No mock answers at http://127.0.0.1:9" in result.output
