"""What our pages show to be pasted: each command is run by a test, or said not to be; what has a grammar keeps it."""

import ast
import configparser
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from mock_servers.command_line.commands import nhsauth

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCED = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
SHELL = ("sh", "shell", "bash")

ELSEWHERE: Mapping[str, tuple[str, str]] = {
    r"pip install|python3 -m venv|^\S*python -m pip": (".ci/run", "-m pip install"),
    r"^make (?:demo|test)$": ("tests/test_hosted.py", "make demo"),
    r"nhsauth demo|nhsauth serve(?! --tls)": ("tests/mock_servers/command_line/test_processes.py", "serve"),
    r"^flask --app mock_servers|^gunicorn": ("tests/mock_servers/platform/test_app.py", "mock_servers:create_app"),
    r"uvx|pipx run": ("tests/test_release.py", "pipx"),
    r"make wheelhouse|\.pyz serve": ("tests/test_release.py", "pyz"),
    r"nhsauth run --(?! npm)|nhsauth serve --tls|nhsauth env": ("tests/real_names/test_programs.py", "run"),
    r"nhsauth run .* pytest|find \. -name": (".ci/run", "test-nhsd-apim"),
    r"nhsauth client-contract": ("tests/contract_tests/test_client_contract.py", "client-contract"),
    r"nhsauth contract|--pyargs contract_tests": ("tests/contract_tests/test_screen.py", "contract"),
    r"-m unittest|manage\.py test": ("tests/test_recipes.py", "commands()"),
    r"python -m pytest": ("tests/test_tutorial.py", "runpytest_subprocess"),
    r"ask |ask\(|^curl http://127\.0\.0\.1:8080/oauth2/token": ("tests/test_other_clients.py", r"ask\\\("),
    r"certutil|mkdir -p home|^HOME=": ("tests/real_names/test_chromium.py", "certutil"),
    r"^curl http://127\.0\.0\.1:(?:8080/hello|9090)": ("tests/test_deployment.py", "9090"),
    r"nhsauth state": ("tests/mock_servers/command_line/test_state.py", "state"),
    r"nhsauth mcp": ("tests/mock_servers/command_line/test_mcp.py", "mcp"),
    r"nhsauth watch --port|watch\.env": ("tests/mock_servers/command_line/test_watch.py", "watch"),
}
"""Which test runs a command, or the same with other files and ports, and what that test says of it."""
NOT_RUN = {
    r"^docker": "the container image",
    r"^npx": "`npx openapi-typescript`",
    r"npm (?:test|start)": "`npm` commands",
    r"^export ": "`export` lines",
}
"""How docs/versions.md calls what no test runs."""
HERE = (
    'nhsauth explain "Malformed JWT in subject_token"',
    "nhsauth explain rrt-2563444503875642511-b-geu2-5543531-544664312-4",
    'nhsauth explain @request.txt --answer \'{"error": "invalid_request", "error_description": "…"}\'',
    "nhsauth explain @network.har",
    "nhsauth explain @cassette.yaml",
    "nhsauth explain @token.txt --jwks jwks.json --at 2026-11-24T09:00:00Z",
    "pbpaste | nhsauth explain -",
    "xclip -selection clipboard -o | nhsauth explain -",
    "nhsauth explain @request.txt",
    "nhsauth explain @token.txt",
    "nhsauth explain @token.txt --jwks jwks.json",
    'nhsauth errors "kid header"',
    "nhsauth keys new --bits 2048 --kid cis2 --out cis2",
    "nhsauth keys new --bits 2048 --kid nhs_login --out nhs_login",
)
"""Commands that this file runs."""
FAULT = r"^curl -d '\{\"on\": \"token\""


def blocks(*languages: str) -> Iterator[tuple[str, str]]:
    """The page and the text of every block in one of these languages."""
    for page in PAGES:
        for indent, language, text in FENCED.findall(page.read_text(encoding="utf-8")):
            if language in languages:
                yield page.name, re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)


def commands() -> list[str]:
    """Every command that a page shows for a shell, without its comment."""
    found: list[str] = []
    for _, text in blocks(*SHELL):
        joined = re.sub(r"\\\n\s*", "", text)
        found += [re.sub(r"\s+# .*$", "", line).strip() for line in joined.splitlines() if line.strip()]
    return list(dict.fromkeys(found))


def whose(command: str) -> list[str]:
    """Every part of this file that covers a command."""
    here = ["here"] if command in HERE or re.search(FAULT, command) else []
    return here or [pattern for pattern in (*ELSEWHERE, *NOT_RUN) if re.search(pattern, command)]


@pytest.mark.parametrize("command", commands())
def test_a_command_is_run_by_a_test_or_said_not_to_be(command: str) -> None:
    assert whose(command) != []


@pytest.mark.parametrize("pattern", [*ELSEWHERE, *NOT_RUN, *map(re.escape, HERE), FAULT])
def test_nothing_is_reported_of_a_command_that_no_page_shows(pattern: str) -> None:
    assert [command for command in commands() if re.search(pattern, command)] != []


@pytest.mark.parametrize(("name", "words"), ELSEWHERE.values())
def test_the_test_that_runs_a_command_is_there(name: str, words: str) -> None:
    assert re.search(words, (ROOT / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("words", [*NOT_RUN.values(), "PowerShell", ".NET"])
def test_the_documentation_lists_what_no_test_runs(words: str) -> None:
    text = (ROOT / "docs" / "versions.md").read_text(encoding="utf-8").partition("## What was not run")[2]

    assert words in text.partition("\n## ")[0]


@pytest.mark.parametrize("text", sorted({text for _, text in blocks(*SHELL)}))
def test_a_shell_can_read_it(text: str) -> None:
    if shutil.which("sh") is None:
        pytest.skip("there is no POSIX shell")

    read = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True, check=False)  # noqa: S607 - the machine's own shell

    assert (read.returncode, read.stderr) == (0, "")


@pytest.mark.parametrize("text", sorted({text for _, text in blocks("python")}))
def test_python_can_read_it(text: str) -> None:
    assert ast.parse(text).body


@pytest.mark.parametrize(
    ("language", "text"), [(each, text) for each in ("toml", "ini", "yaml") for _, text in blocks(each)]
)
def test_what_is_shown_of_a_file_can_be_read(language: str, text: str) -> None:
    if language == "ini":
        configparser.ConfigParser(interpolation=None).read_string(text)
    read = (
        tomllib.loads(text)
        if language == "toml"
        else YAML(typ="safe", pure=True).load(text)
        if language == "yaml"
        else 1
    )

    assert read


@pytest.mark.parametrize("text", sorted({text for _, text in blocks("js")}))
def test_node_can_read_it(text: str, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node")
    file = tmp_path / "shown.mjs"
    file.write_text(text, encoding="utf-8")

    read = subprocess.run([node, "--check", file], capture_output=True, text=True, check=False)  # noqa: S603 - ours

    assert read.stderr == ""


def asked(command: str) -> Iterator[list[str]]:
    """The arguments of each `nhsauth` in a command line."""
    for words in re.findall(r"nhsauth ([a-z-]+(?: [^|;&>)]*)?)", command):
        yield shlex.split(words)


@pytest.mark.parametrize("command", [each for each in commands() if re.search(r"(?:^|[ /(])nhsauth [a-z]", each)])
def test_a_command_of_ours_knows_its_options(command: str) -> None:
    for arguments in asked(command):
        if arguments[0] not in nhsauth.commands:
            continue  # the name of a package or an image
        context: click.Context | None = click.Context(nhsauth, info_name="nhsauth", **nhsauth.context_settings)
        found: click.Command = nhsauth
        while isinstance(found, click.Group):
            found = found.commands[arguments.pop(0)]
        with found.make_context("nhsauth", arguments, parent=context) as reported:
            assert reported.command is found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that commands name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NHSAUTH_URL", raising=False)
    url, form, said = "https://int.api.service.nhs.uk/oauth2/token", "grant_type=x", '{"error": "invalid_request"}'
    kind = "application/x-www-form-urlencoded"
    sent = {"method": "POST", "url": url, "headers": [], "postData": {"mimeType": kind, "text": form}}
    answered = {"status": 400, "headers": [], "content": {"text": said, "mimeType": "application/json"}}
    recorded = {"method": "POST", "uri": url, "headers": {"Content-Type": [kind]}, "body": form}
    kept = {"status": {"code": 400, "message": "Bad Request"}, "headers": {}, "body": {"string": said}}
    files = {
        "request.txt": f"curl {url} -d {form}",
        "token.txt": "w4xoW3AX9H42RAuPq4IpfSUABPo",
        "jwks.json": '{"keys": []}',
        "network.har": json.dumps({"log": {"version": "1.2", "entries": [{"request": sent, "response": answered}]}}),
        "cassette.yaml": json.dumps({"version": 1, "interactions": [{"request": recorded, "response": kept}]}),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", HERE)
def test_a_command_that_is_shown_works(command: str, folder: Path) -> None:
    (arguments,) = asked(command)

    done = CliRunner().invoke(nhsauth, arguments, input="w4xoW3AX9H42RAuPq4IpfSUABPo\n")

    assert folder.is_dir()
    assert done.exit_code in (0, 1), done.output
    assert not isinstance(done.exception, Exception), done.output
