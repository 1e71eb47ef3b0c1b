"""`nhsauth explain` with a whole request: what is printed, the exit code, and what is refused."""

import json
import os
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mock_servers.command_line.commands import nhsauth
from mock_servers.command_line.named_file import FilesBelow
from mock_servers.jose import keys
from mock_servers.jose.keys import KeyRing

INT = "https://int.api.service.nhs.uk/oauth2/token"
CURL = (
    f"curl {INT} -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange "
    "-d subject_token_type=urn:ietf:params:oauth:token-type:id_token -d subject_token=w4xoW3AX9H42RAuPq4IpfSUABPo "
    "-d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer -d client_assertion=$JWT"
)
SENTENCE = "Malformed JWT in subject_token"


def explain(*arguments: str | Path, stdin: str = "") -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", lambda *_: pytest.fail("asked the network"))
        return CliRunner().invoke(nhsauth, ["explain", *map(str, arguments)], input=stdin)


def test_the_command_and_the_sentence_say_what_was_wrong_and_exit_with_1() -> None:
    result = explain(CURL, "--answer", SENTENCE, "--details")

    answer, _, details = result.stdout.partition("\n\n")
    assert (result.exit_code, result.stderr) == (1, "")
    assert answer.startswith("The value sent as subject_token is probably an authorization code")
    assert details.splitlines()[0] == (
        "POST int.api.service.nhs.uk/oauth2/token (token-exchange) was answered Malformed JWT in subject_token "
        "(rule decode_subject_token)."
    )


@pytest.mark.parametrize("given", ["-", "@"])
def test_it_is_read_from_stdin_and_from_a_file(tmp_path: Path, given: str) -> None:
    path = tmp_path / "request.txt"
    path.write_text(CURL)

    result = explain(f"@{path}" if given == "@" else "-", stdin=CURL if given == "-" else "")

    assert result.exit_code == 1
    assert result.stdout.startswith("The value sent as subject_token is probably an authorization code")


def test_the_answer_may_stand_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps({"error": "invalid_request", "error_description": SENTENCE}))

    assert "(rule decode_subject_token)" in explain(CURL, "--answer", f"@{path}", "--details").stdout


def test_programs_get_json() -> None:
    body = json.loads(explain(CURL, "--answer", SENTENCE, "--json").stdout)

    assert [each["stopped_by"] for each in body["exchanges"]] == [["decode_subject_token"]]


def test_a_request_that_nothing_is_held_against_exits_with_0() -> None:
    result = explain("curl https://int.api.service.nhs.uk/hello-world/hello/world")

    assert result.exit_code == 0
    assert result.stdout == (
        "GET int.api.service.nhs.uk/hello-world/hello/world (hello-world): I see nothing that would be\nrefused.\n"
    )


def test_files_are_read_only_when_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "form.txt").write_text("grant_type=none")

    assert "grant_type is" not in explain(f"curl {INT} -d @form.txt").stdout
    assert 'grant_type is \\"none\\"' in explain(f"curl {INT} -d @form.txt", "--read-files", "--json").stdout


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../secret.txt", "it is outside of this folder; allowed: files below it"),
        ("{}/secret.txt", "it is outside of this folder; allowed: files below it"),
        ("link.txt", "it is outside of this folder; allowed: files below it"),
        ("/dev/zero", "it is outside of this folder; allowed: files below it"),
        ("pipe", "it is no regular file"),
        ("folder", "it is no regular file"),
        ("large", "all files together have more than 5000000 bytes"),
        ("missing", "No such file or directory"),
    ],
)
@pytest.mark.skipif(os.name != "posix", reason="links and pipes are of POSIX")
def test_files_that_are_not_below_the_folder_or_no_files_are_listed_as_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    here = tmp_path / "here"
    (here / "folder").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("grant_type=treasure")
    (here / "link.txt").symlink_to(tmp_path / "secret.txt")
    os.mkfifo(here / "pipe")
    (here / "large").write_bytes(bytes(5_000_001))
    monkeypatch.chdir(here)

    said = explain(f"curl {INT} -d @{name.format(tmp_path)}", "--read-files", "--details")

    assert "treasure" not in said.output
    assert f"which cannot be read ({reason})" in said.stdout
    assert said.stderr.startswith("Left out: the file ")
    assert said.stderr.rstrip().endswith(f": {reason}")


def test_all_files_together_have_a_bound(tmp_path: Path) -> None:
    (tmp_path / "half").write_bytes(bytes(3_000_000))
    read = FilesBelow(tmp_path)
    read("half")

    with pytest.raises(ValueError, match="all files together have more than 5000000 bytes"):
        read("half")


def test_a_key_set_judges_the_signature(ring: KeyRing, tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(keys.jwks(ring.pair("a-clients-own", bits=2048, kid="test-1"), alg="RS512")))

    result = explain(
        CURL.replace("$JWT", "not.a.jwt"), "--jwks", path, "--answer", "Malformed JWT in client_assertion", "--details"
    )

    assert "(rule decode_client_assertion)" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["curl https://example.org"],
            'No request here is for a host of the platform, CIS2 or NHS login; found: "example.org"',
        ),
        (
            ["curl --aws-sigv4 a https://a.example"],
            "curl's --aws-sigv4 is not read here: it signs for Amazon's services",
        ),
        (
            ["curl https://a.example https://b.example"],
            "The command has 2 URLs; allowed: one (is one of them not quoted?)",
        ),
        (["curl https://{a,b}.example"], 'The URL "https://{a,b}.example" is a pattern for several; allowed: one URL'),
        (['{"log": {"entries": ['], "The text ends or breaks off as JSON, at line 1; is the file cut off"),
    ],
)
def test_why_nothing_was_found_is_said_where_it_is_known_and_exits_with_2(arguments: list[str], message: str) -> None:
    result = explain(*arguments)

    assert result.exit_code == 2
    assert result.stdout.startswith("I found no request, no error of these services and no token in this text.")
    assert message in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([CURL, "--answer", " "], "--answer is empty; allowed: a text, - for stdin, @FILE for a file"),
        ([CURL, "--at", "soon"], '--at is "soon"; allowed: ISO 8601 with a zone'),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exit_code_2(arguments: list[str], message: str) -> None:
    result = explain(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_nothing_in_a_text_steers_the_terminal() -> None:
    result = explain(f"curl {INT} -d grant_type=$'a\\x1b[31mb'")

    assert "\x1b" not in result.stdout


PASTE = f"PS> Invoke-RestMethod {INT}\r\n{{ error_description: \u201c{SENTENCE}\u201d }}\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_what_a_pipe_of_windows_brings_is_read_the_same(encoding: str) -> None:
    results = [CliRunner().invoke(nhsauth, ["explain", *given], input=PASTE.encode(encoding)) for given in ([], ["-"])]

    assert [each.exit_code for each in results] == [1, 1]
    assert {each.stdout.partition("\n")[0] for each in results} == {
        "The value sent as subject_token is not a JWT, and the service needs the id_token. If you have the"
    }


def test_the_name_of_a_file_is_asked_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.har").write_text("{}")

    result = explain("net.har")

    assert result.exit_code == 2
    assert "Did you mean @net.har?" in result.stdout


def test_of_a_file_each_kind_is_reported_once_with_its_count(tmp_path: Path) -> None:
    entry = {
        "request": {"method": "POST", "url": INT, "headers": [], "postData": {"text": "grant_type=none"}},
        "response": {"status": 400, "headers": [], "content": {"text": json.dumps({"error": "invalid_request"})}},
    }
    fetched = {"request": {"method": "GET", "url": INT, "headers": []}, "response": {"status": 405, "headers": []}}
    path = tmp_path / "net.har"
    path.write_text(json.dumps({"log": {"entries": [entry, *[fetched] * 3, entry]}}))

    kinds, every = explain(f"@{path}"), json.loads(explain(f"@{path}", "--json").stdout)

    assert "3 more: GET int.api.service.nhs.uk/oauth2/token" in kinds.stdout
    assert len(every["exchanges"]) == 5
    assert explain(f"@{path}", "--all").stdout.count("The method is GET.") == 3
