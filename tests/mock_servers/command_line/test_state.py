import json
import os
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result

from mock_servers.command_line.commands import nhsauth
from mock_servers.state.app import App
from mock_servers.state.sqlite import open_sqlite
from mock_servers.state.store import KINDS, Store
from tests.served import Serve

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NHSAUTH_STATE", raising=False)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:  # noqa: ARG001 - where it runs
    return lambda *arguments: CliRunner().invoke(nhsauth, ["state", *map(str, arguments)])


@contextmanager
def store(file: Path) -> Iterator[Store]:
    with closing(open_sqlite(file, KINDS)) as backend:
        yield Store.over(backend)


@pytest.fixture
def filled(folder: Path) -> Path:
    """A state with two tables, and a world beside them."""
    with store(folder / "state.db") as own:
        own.apps.put("a", App(client_id="a", client_secret="s3cret", name="an app"))
        own.client_metadata.put(("cis2", "a", "\ud800"), "note")
        Store.over(own.backend.below("world 1")).client_metadata.put(("cis2", "a", "j"), "note")
    return folder / "state.db"


# what is in it


def test_info_counts_what_is_in_each_table(run: Run, filled: Path) -> None:
    result = run("info", "--state", f"sqlite:{filled}")

    assert result.exit_code == 0
    assert result.output == f"sqlite:{filled}, format 1\napps             1\nclient_metadata  1\nworld 1          1\n"


def test_programs_get_it_as_json(run: Run, filled: Path) -> None:
    assert json.loads(run("info", "--json", "--state", f"sqlite:{filled}").output) == {
        "state": f"sqlite:{filled}",
        "format": 1,
        "tables": {"apps": 1, "client_metadata": 1},
        "below": {"world 1": 1},
    }


def test_the_state_is_named_by_the_option_else_the_environment_else_the_configuration(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("option", "environment", "file"):
        with store(folder / name):
            pass
    (folder / "nhsauth.toml").write_text('[state]\nurl = "sqlite:file"')
    assert run("info").output == f"sqlite:{folder}/file, format 1\nNothing is in it.\n"

    monkeypatch.setenv("NHSAUTH_STATE", "sqlite:environment")
    assert run("info").output.startswith("sqlite:environment,")
    assert run("info", "--state", "sqlite:option").output.startswith("sqlite:option,")


@pytest.mark.parametrize("command", [["info"], ["clear"], ["export", "file"]])
def test_memory_has_nothing_to_look_at(run: Run, command: list[str]) -> None:
    result = run(*command)

    assert result.exit_code == 2
    assert result.output == (
        "Error: The state is memory, which ends with its process: name one that lasts with --state, NHSAUTH_STATE, or "
        "[state] url in nhsauth.toml\n"
    )


@pytest.mark.parametrize("command", [["info"], ["clear"], ["export", "file"]])
def test_a_file_that_is_not_there_is_not_made(run: Run, folder: Path, command: list[str]) -> None:
    result = run(*command, "--state", "sqlite:none.db")

    assert (result.exit_code, result.output) == (2, "Error: none.db does not exist\n")
    assert list(folder.iterdir()) == []


def test_a_password_is_not_printed(run: Run) -> None:
    result = run("info", "--state", "unix://:s3cret@/nowhere/at/all")

    assert result.exit_code == 2
    assert result.output.startswith("Error: unix:///nowhere/at/all: ")
    assert "s3cret" not in result.output


# carried elsewhere


def test_what_was_exported_can_be_imported_elsewhere(run: Run, filled: Path, folder: Path) -> None:
    exported = run("export", "copy.json", "--state", f"sqlite:{filled}")
    imported = run("import", "copy.json", "--state", "sqlite:other.db")
    again = run("export", "again.json", "--state", "sqlite:other.db")

    assert exported.output == (
        "copy.json holds 3 entries, test keys, secrets and tokens among them: give it to nobody else.\n"
    )
    assert imported.output == "sqlite:other.db holds 3 entries now.\n"
    assert again.exit_code == 0
    assert (folder / "copy.json").read_bytes() == (folder / "again.json").read_bytes()
    with store(folder / "other.db") as other:
        assert other.apps.find("page", "x") == []
        assert other.client_metadata.get(("cis2", "a", "\ud800")) == "note"


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_nobody_else_may_read_an_export(run: Run, filled: Path, folder: Path) -> None:
    run("export", "copy.json", "--state", f"sqlite:{filled}")

    assert stat.S_IMODE((folder / "copy.json").stat().st_mode) == 0o600


def test_an_export_overwrites_nothing(run: Run, filled: Path, folder: Path) -> None:
    (folder / "copy.json").write_text("mine")

    result = run("export", "copy.json", "--state", f"sqlite:{filled}")

    assert (result.exit_code, result.output) == (
        2,
        "Error: copy.json is there already: name another file, or remove it\n",
    )
    assert (folder / "copy.json").read_text() == "mine"


def test_an_export_to_nowhere_is_said(run: Run, filled: Path) -> None:
    result = run("export", "none/copy.json", "--state", f"sqlite:{filled}")

    assert (result.exit_code, result.output) == (
        2,
        "Error: none/copy.json cannot be written (No such file or directory)\n",
    )


def test_an_export_that_is_not_there_is_said(run: Run) -> None:
    result = run("import", "none.json", "--state", "sqlite:other.db")

    assert (result.exit_code, result.output) == (2, "Error: none.json cannot be read (No such file or directory)\n")


def exported(**members: Any) -> str:
    return json.dumps({"what": "nhsauth state", "format": 1, "content": {}} | members)


UNREADABLE = "table app_ids holds a value that this version cannot read"
NO_EXPORT = "is no export of a state"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", f"{NO_EXPORT}: Expecting value: line 1 column 1 (char 0)"),
        ("[]", f'{NO_EXPORT}: "what" is not "nhsauth state"'),
        ('{"what": "x"}', f'{NO_EXPORT}: "what" is not "nhsauth state"'),
        (exported(format=True), f'{NO_EXPORT}: "format" must be a number, "content" an object'),
        (exported(content=[]), f'{NO_EXPORT}: "format" must be a number, "content" an object'),
        (
            exported(format=7),
            "was exported by a newer version (format 7, this one knows 1): import it with that version",
        ),
        (exported(content={"cats": []}), "cannot be imported: there is no table 'cats'"),
        (exported(content={"a b/apps": []}), "cannot be imported: there is no table 'a b/apps'"),
        (exported(content={"apps": {}}), "cannot be imported: table apps is no list"),
        (
            exported(content={"apps": [["a"]]}),
            "cannot be imported: entry 0 of table apps is no pair of a key and a value",
        ),
        (
            exported(content={"app_ids": [["a", ["b", "c"]], ["a", ["b", 5]]]}),
            f"cannot be imported: entry 1: {UNREADABLE}: Expected `str`, got `int` - at `$[1]`",
        ),
        (
            exported(format=0, content={"app_ids": [["a", ["b", "c"]]]}),
            f"cannot be imported: entry 0: {UNREADABLE}: there is no format 0",
        ),
    ],
)
def test_what_is_not_export_is_refused_by_name_and_nothing_is_changed(
    run: Run, folder: Path, text: str, said: str
) -> None:
    (folder / "file").write_text(text)

    result = run("import", "file", "--state", "sqlite:other.db")

    assert (result.exit_code, result.output) == (2, f"Error: file {said}\n")
    if (folder / "other.db").exists():
        assert run("info", "--state", "sqlite:other.db").output.endswith("Nothing is in it.\n")


def test_an_import_replaces_nothing(run: Run, filled: Path) -> None:
    run("export", "copy.json", "--state", f"sqlite:{filled}")
    result = run("import", "copy.json", "--state", f"sqlite:{filled}")

    assert (result.exit_code, result.output) == (
        2,
        f"Error: sqlite:{filled} holds 3 entries already: nhsauth state clear forgets them\n",
    )


def test_clear_forgets_all_of_it(run: Run, filled: Path) -> None:
    result = run("clear", "--state", f"sqlite:{filled}")

    assert result.output == f"sqlite:{filled} is empty; it held 3 entries. Start the servers that use it again.\n"
    assert run("info", "--state", f"sqlite:{filled}").output.endswith("Nothing is in it.\n")


# serve


@pytest.mark.slow
def test_what_was_registered_is_there_after_a_restart(serve: Serve, tmp_path: Path) -> None:
    first = serve("--state", "sqlite:state.db")
    call(first.url, "POST", "/_nhsauth/apps", {"client_id": "mine"})
    first.process.kill()
    second = serve("--state", "sqlite:state.db")

    assert [app["client_id"] for app in call(second.url, "GET", "/_nhsauth/apps")] == ["nhsauth-app", "mine"]
    assert stat.S_IMODE((tmp_path / "state.db").stat().st_mode) == 0o600 or os.name != "posix"


@pytest.mark.slow
def test_what_a_server_has_left_can_be_exported_and_imported(serve: Serve, run: Run) -> None:
    served = serve("--state", "sqlite:state.db")
    served.post("/oauth2/token", grant_type="x")
    world = call(served.url, "POST", "/_nhsauth/worlds", {"name": "w"})["url"]
    call(world, "POST", f"{urlsplit(world).path}/_nhsauth/snapshots")
    served.end()
    done = [
        run("export", "copy.json", "--state", "sqlite:state.db"),
        run("import", "copy.json", "--state", "sqlite:other.db"),
        run("export", "again.json", "--state", "sqlite:other.db"),
    ]

    assert [each.exit_code for each in done] == [0, 0, 0], done[1].output
    assert json.loads(Path("copy.json").read_bytes()) == json.loads(Path("again.json").read_bytes())
    assert [each["path"] for each in call(serve("--state", "sqlite:other.db").url, "GET", "/_nhsauth/exchanges")] == [
        "/oauth2/token"
    ]


def call(url: str, method: str, path: str, body: Any = None) -> Any:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


@pytest.mark.slow
@pytest.mark.parametrize("option", ["postgres://u:s3cret@host", "sqlite:none/state.db", "sqlite:foreign", "valkey"])
def test_a_state_that_cannot_be_used_ends_a_server_in_one_line(serve: Serve, tmp_path: Path, option: str) -> None:
    (tmp_path / "foreign").write_text("not ours")
    with socket.create_server(("127.0.0.1", 0)) as full:  # which nobody answers at
        location = f"valkey://:s3cret@127.0.0.1:{full.getsockname()[1]}" if option == "valkey" else option
        served = serve("--state", location, "--state-wait", "0")
        said = served.process.communicate(timeout=60)[1]

    assert (served.process.returncode, served.ready) == (2, "")
    assert said.startswith("Error: ")
    assert said.count("\n") == 1
    assert "s3cret" not in said
    assert (tmp_path / "foreign").read_text() == "not ours"
