import json
import os
import re
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import jwt
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from mock_servers.apim import errors
from mock_servers.catalogue import apis
from mock_servers.catalogue.entries import entries
from mock_servers.catalogue.search import search
from mock_servers.command_line.commands import nhsauth
from mock_servers.command_line.groups import GROUPS
from mock_servers.gateway import errors as gateway_errors
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyRing
from mock_servers.management import errors as management_errors
from mock_servers.mock import Mock
from mock_servers.provider import cis2, keycloak, nhs_login
from mock_servers.rules import ServiceError
from tests.processes import finished, python

Run = Callable[..., Result]

COMMANDS = [
    [],
    ["serve"],
    ["state"],
    *(["state", each] for each in ("info", "export", "import", "clear")),
    ["demo"],
    ["explain"],
    ["errors"],
    ["config"],
    ["config", "check"],
    ["config", "schema"],
    ["keys"],
    ["keys", "new"],
    ["token"],
    ["run"],
    ["env"],
    ["summary"],
    ["client-contract"],
]
QUOTA_TEXT = (
    "Your application, Mine - INT, has exceeded its quota of 300 requests every 1 minute(s) and is being rate limited."
)
HEAVY = ["flask", "werkzeug", "jwt", "cryptography", "requests", "h11", "asyncio", "hypothesis", "msgspec", "pytest"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "*")  # of the machine that runs the tests

    def ran(*arguments: str | Path, stdin: str | bytes = "") -> Result:
        return CliRunner().invoke(nhsauth, [str(argument) for argument in arguments], input=stdin)

    return ran


def one_line(text: str) -> str:
    assert text.endswith("\n")
    assert text.count("\n") == 1, text
    return text.removesuffix("\n")


# every command


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_has_help(run: Run, command: list[str], option: str) -> None:
    result = run(*command, option)

    assert (result.exit_code, result.stdout.startswith("Usage: ")) == (0, True)


HELP = """\
Usage: nhsauth [OPTIONS] COMMAND [ARGS]...

  Mocks of NHS England's API platform, CIS2 and NHS login, and explanations of
  what the real ones refuse.

  Start with nhsauth explain: paste the error, the request or both. What you
  paste stays on your machine.

  Exit codes: 0 done, 1 the answer is no, 2 misuse or cannot be judged.

Options:
  --version   Print the version.
  -h, --help  Show this message and exit.

The real service refused you:
  explain          Say why a request was refused, or what a value is.
  errors           List the errors, with causes and cures.
  watch            Run a command and explain what the real hosts refuse.

A mock on your machine:
  serve            Start all mocks on one port, until SIGINT or SIGTERM.
  run              Run a command with mocks at the real host names.
  env              Print the variables that point programs at a mock.
  demo             Show a refused request, why, and the right one.
  token            Get an access token from any environment.

In CI:
  contract         Run the contract tests.
  client-contract  Judge your own client: what it sends, how it behaves.
  summary          Print what a running mock refused, as Markdown.

More:
  config           Check a configuration, or print its JSON Schema.
  keys             Make key pairs.
  mcp              Give coding agents these commands as tools.
  state            Inspect, export, import or clear a lasting state.
  worlds           List or delete the worlds of a running mock.
"""


def test_the_help_shows_the_commands_by_what_brings_somebody_here() -> None:
    result = CliRunner().invoke(nhsauth, ["--help"], prog_name="nhsauth")

    assert result.stdout == HELP


def test_every_command_is_in_one_group() -> None:
    grouped = [name for names in GROUPS.values() for name in names]

    assert sorted(grouped) == sorted(nhsauth.commands)


def test_the_help_of_run_promises_what_a_proxy_can_do(run: Run) -> None:
    reported = " ".join(run("run", "--help").stdout.split())

    assert "Programs that obey them reach the mocks, and no other host by https" in reported
    assert "A program that ignores them, such as a browser, calls the real hosts" in reported


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_the_version(run: Run, command: list[str]) -> None:
    result = run(*command, "--version")

    assert (result.exit_code, result.stdout.startswith("nhsauth ")) == (0, True)


@pytest.mark.parametrize("command", [["nonsense"], ["serve", "--nonsense"], ["serve", "--port", "65536"], ["token"]])
def test_misuse_exits_with_2(run: Run, command: list[str]) -> None:
    assert run(*command).exit_code == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_help_imports_nothing_heavy(command: list[str]) -> None:
    code = (
        "import sys\n"
        "from mock_servers.command_line.commands import nhsauth\n"
        f"nhsauth({[*command, '--help']!r}, standalone_mode=False)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = python(code)

    assert done.stderr == "[]\n"


def test_the_module_is_the_command() -> None:
    done = finished(sys.executable, "-m", "mock_servers", "--version")

    assert done.stdout.startswith("nhsauth ")


# config


def test_a_configuration_that_holds_is_reported_so(run: Run) -> None:
    Path("nhsauth.toml").write_text("[[apps]]\nclient_id = 'x'\n[[users]]\nprovider='cis2'\nid='1'\nlevel='aal3'\n")

    result = run("config", "check")

    assert (result.exit_code, one_line(result.stdout)) == (
        0,
        f"{Path.cwd() / 'nhsauth.toml'} is valid (1 app, 1 user).",
    )


def test_a_named_file_is_checked_in_the_place_of_the_one_found(run: Run) -> None:
    Path("nhsauth.toml").write_text("broken")
    Path("other.toml").write_text("diagnosis = true")

    assert run("config", "check", "other.toml").exit_code == 0


def test_without_a_file_the_defaults_hold(run: Run) -> None:
    result = run("config", "check", "--json")

    assert json.loads(result.stdout) == {"holds": True, "file": None, "apps": 1, "apis": 0, "users": 13}
    assert run("config", "check").stdout == "No nhsauth.toml here. The defaults are valid (1 app).\n"


def test_a_configuration_that_does_not_hold_is_a_no(run: Run) -> None:
    Path("nhsauth.toml").write_text("diagnosys = true")

    result = run("config", "check")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "nhsauth.toml: diagnosys is unknown (did you mean diagnosis?)" in one_line(result.stderr)


def test_a_configuration_that_does_not_hold_is_reported_to_programs(run: Run) -> None:
    Path("nhsauth.toml").write_text("diagnosis = 3")

    result = run("config", "check", "nhsauth.toml", "--json")

    assert (result.exit_code, json.loads(result.stdout)) == (
        1,
        {
            "holds": False,
            "problem": "nhsauth.toml: diagnosis is 3; allowed: true or false",
            "problems": ["nhsauth.toml: diagnosis is 3; allowed: true or false"],
        },
    )


def test_every_error_of_a_configuration_has_its_line(run: Run) -> None:
    Path("nhsauth.toml").write_text("diagnosis = 3\n[apim]\nenvironment = 'itn'")

    lines = run("config", "check", "nhsauth.toml").stderr.splitlines()

    assert lines[0] == "Error: nhsauth.toml: diagnosis is 3; allowed: true or false"
    assert lines[1].startswith('nhsauth.toml: apim.environment is "itn" (did you mean int?); allowed: "int" or ')


def test_every_key_file_that_holds_no_key_has_its_line(run: Run) -> None:
    Path("x.pem").write_text("no key")
    Path("y.pem").write_text("-----BEGIN PUBLIC KEY-----")
    Path("nhsauth.toml").write_text("[cis2]\nsigning_key = 'x.pem'\n[nhs_login]\nsigning_key = 'y.pem'")

    lines = [line.partition(";")[0] for line in run("config", "check", "nhsauth.toml").stderr.splitlines()]

    assert lines == [
        f"Error: nhsauth.toml: cis2.signing_key is {Path('x.pem').absolute()}, which is not PEM",
        f"nhsauth.toml: nhs_login.signing_key is {Path('y.pem').absolute()}, which holds a public key",
    ]


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ("[cis2]\nsigning_key = 'x.pem'", "cis2.signing_key"),
        ("[[apps]]\nclient_id = 'x'\nprivate_key = 'x.pem'", "apps[0].private_key"),
        ("[realms.Cis2-mock-x]\nsigning_key='x.pem'", "realms.Cis2-mock-x.signing_key"),
    ],
)
def test_a_key_file_that_holds_no_key_is_a_no(run: Run, text: str, member: str) -> None:
    Path("x.pem").write_text("no key")
    Path("nhsauth.toml").write_text(text)

    result = run("config", "check", "nhsauth.toml")

    assert (result.exit_code, result.stdout) == (1, "")
    said = one_line(result.stderr)
    assert said.startswith(f"Error: nhsauth.toml: {member} is ")
    assert "x.pem, which is not PEM; allowed is an unencrypted RSA private key" in said


def test_a_file_that_is_not_there_is_misuse(run: Run) -> None:
    assert run("config", "check", "none.toml").exit_code == 2


def test_the_schema_is_printed(run: Run) -> None:
    result = run("config", "schema")

    assert json.loads(result.stdout)["title"] == "nhsauth.toml"


# keys new


def test_a_new_key_comes_in_three_forms_of_one_key(run: Run) -> None:
    result = run("keys", "new", "--bits", "2048", "--kid", "int-1", "--out", "keys")

    private = load_pem_private_key(Path("keys/int-1.pem").read_bytes(), password=None)
    assert isinstance(private, RSAPrivateKey)
    token = jwt.encode({"sub": "x"}, private, algorithm="RS512", headers={"kid": "int-1"})
    jwk = jwt.PyJWKSet.from_json(Path("keys/jwks.json").read_text())["int-1"]
    assert result.exit_code == 0
    assert jwt.decode(token, jwk.key, algorithms=["RS512"]) == {"sub": "x"}
    assert jwt.decode(token, Path("keys/int-1.pub.pem").read_text(), algorithms=["RS512"]) == {"sub": "x"}


def test_the_published_set_has_nothing_private(run: Run) -> None:
    run("keys", "new", "--bits", "2048", "--kid", "int-1")

    assert set(json.loads(Path("jwks.json").read_text())["keys"][0]) == {"kty", "kid", "use", "alg", "n", "e"}


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_nobody_else_can_read_the_private_key(run: Run) -> None:
    run("keys", "new", "--bits", "2048", "--kid", "int-1")

    assert stat.S_IMODE(Path("int-1.pem").stat().st_mode) == 0o600


def test_the_default_kid_has_the_date(run: Run) -> None:
    body = json.loads(run("keys", "new", "--bits", "2048", "--json").stdout)

    assert body == {
        "kid": body["kid"],
        "bits": 2048,
        "private_key": f"{body['kid']}.pem",
        "public_key": f"{body['kid']}.pub.pem",
        "jwks": "jwks.json",
    }
    assert Path(body["private_key"]).stem.removeprefix("nhsauth-").isdigit()


def test_a_new_key_is_never_printed(run: Run) -> None:
    result = run("keys", "new", "--bits", "2048", "--kid", "int-1")

    assert "PRIVATE" not in result.output
    assert "int-1.pem" in result.stdout


@pytest.mark.parametrize("name", ["int-1.pem", "int-1.pub.pem", "jwks.json"])
def test_nothing_is_overwritten(run: Run, name: str) -> None:
    Path(name).write_text("mine")

    result = run("keys", "new", "--bits", "2048", "--kid", "int-1")

    assert (result.exit_code, Path(name).read_text(), len(list(Path().iterdir()))) == (2, "mine", 1)
    assert one_line(result.stderr).startswith(f"Error: {name} is there already")


def test_beside_a_key_set_that_is_there_the_advice_reaches_a_second_key(run: Run) -> None:
    run("keys", "new", "--bits", "2048", "--kid", "one")

    refused = run("keys", "new", "--bits", "2048", "--kid", "two")
    followed = run("keys", "new", "--bits", "2048", "--kid", "two", "--out", "second")

    assert one_line(refused.stderr).strip() == (
        "Error: jwks.json is there already, and nothing is overwritten: name another folder with --out, then add the "
        "key in its jwks.json to jwks.json, so that it lists both"
    )
    assert (followed.exit_code, Path("second/jwks.json").is_file()) == (0, True)


@pytest.mark.parametrize("kid", ["../x", "a/b", ".x", "b=", ""])
def test_a_kid_that_would_be_no_file_name_is_misuse(run: Run, kid: str) -> None:
    result = run("keys", "new", "--bits", "2048", "--kid", kid, "--out", "keys")

    assert (result.exit_code, Path("keys").exists()) == (2, False) if kid else (0, True)


def test_a_folder_that_cannot_be_made_is_misuse(run: Run) -> None:
    Path("file").touch()

    result = run("keys", "new", "--bits", "2048", "--out", "file/keys")

    assert result.exit_code == 2
    assert "cannot be written" in one_line(result.stderr)


@pytest.mark.parametrize("bits", ["1024", "16384"])
def test_a_size_that_is_not_key_is_misuse(run: Run, bits: str) -> None:
    assert run("keys", "new", "--bits", bits).exit_code == 2


# token


@pytest.fixture
def key_file(ring: KeyRing, tmp_path: Path) -> Path:
    """The private key of the ready-made app, as a file."""
    path = tmp_path / "app.pem"
    path.write_text(ring.pair("nhsauth-app", bits=4096).private_pem())
    return path


def arguments(platform: Mock, key_file: Path) -> list[str | Path]:
    return [
        "token",
        "--token-url",
        platform.token_url,
        "--client-id",
        "nhsauth-app",
        "--key",
        key_file,
        "--kid",
        "nhsauth-1",
    ]


def test_a_token_is_printed_as_the_service_gave_it(run: Run, ring: KeyRing, key_file: Path) -> None:
    platform = Mock(ring=ring)
    with platform.serving():
        result = run(*arguments(platform, key_file))

    body = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    assert list(body) == ["access_token", "expires_in", "token_type", "issued_at"]
    assert len(body["access_token"]) == 28


@pytest.mark.parametrize("form", ["{}", "-", "@id_token.txt"])
def test_an_id_token_is_exchanged_wherever_it_comes_from(run: Run, ring: KeyRing, key_file: Path, form: str) -> None:
    platform = Mock(ring=ring)
    with platform.serving():
        id_token = platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"))
        Path("id_token.txt").write_text(f"{id_token}\n")
        given = form.format(id_token)
        result = run(*arguments(platform, key_file), "--subject-token", given, stdin=f"{id_token}\n")

    assert (result.exit_code, json.loads(result.stdout)["refresh_count"]) == (0, "0")


def test_a_refusal_is_a_no_in_the_words_of_the_service(run: Run, ring: KeyRing, key_file: Path) -> None:
    platform = Mock(ring=ring)
    with platform.serving():
        result = run(*arguments(platform, key_file), "--subject-token", "AUTHORIZATIONCODE-12345678")

    assert (result.exit_code, result.stdout) == (1, "")
    assert one_line(result.stderr).startswith(
        "Error: 400 invalid_request: Malformed JWT in subject_token (message_id rrt-"
    )


def test_a_service_that_is_not_there_is_a_no(run: Run, key_file: Path) -> None:
    result = run(
        "token", "--token-url", "http://127.0.0.1:9/token", "--client-id", "x", "--key", key_file, "--kid", "k"
    )

    assert result.exit_code == 1
    assert one_line(result.stderr).startswith("Error: no answer from http://127.0.0.1:9/token")


def test_a_file_without_a_key_is_misuse(run: Run) -> None:
    Path("x.pem").write_text("no key")

    result = run("token", "--client-id", "x", "--key", "x.pem", "--kid", "k")

    assert (result.exit_code, one_line(result.stderr)) == (
        2,
        "Error: x.pem is not PEM; allowed is an unencrypted RSA private key in PEM, PKCS#8 or PKCS#1",
    )


def test_a_key_of_another_kind_is_misuse(run: Run) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    Path("x.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    result = run("token", "--client-id", "x", "--key", "x.pem", "--kid", "k")

    assert (result.exit_code, "that is not RSA" in one_line(result.stderr)) == (2, True)


def test_a_url_that_is_none_is_misuse(run: Run, key_file: Path) -> None:
    result = run("token", "--token-url", "mock", "--client-id", "x", "--key", key_file, "--kid", "k")

    assert (result.exit_code, one_line(result.stderr).startswith("Error: token_url is 'mock'; allowed is ")) == (
        2,
        True,
    )


@pytest.mark.parametrize(
    ("given", "said"), [("@none", "cannot be read from none"), ("-", "is empty"), ("", "is empty")]
)
def test_a_subject_token_that_is_not_there_is_misuse(run: Run, key_file: Path, given: str, said: str) -> None:
    result = run("token", "--client-id", "x", "--key", key_file, "--kid", "k", "--subject-token", given)

    assert result.exit_code == 2
    assert f"Error: --subject-token {said}" in one_line(result.stderr)


# errors


def test_every_error_has_a_cause_and_a_cure() -> None:
    lacking = [
        f"{entry.service}: {entry.name} lacks a cause or a cure; write both where the error is defined"
        for entry in entries()
        if not (entry.problem.cause and entry.problem.cure)
    ]

    assert lacking == []


def test_every_error_is_listed(run: Run) -> None:
    listed = json.loads(run("errors", "--json").stdout)

    of_providers = (cis2.ROWS, cis2.ANCESTOR_ROWS, nhs_login.ROWS, keycloak.ROWS)
    of_services = [row for each in (errors, gateway_errors, apis, management_errors) for row in vars(each).values()]
    own = [row for row in of_services if isinstance(row, ServiceError)]
    assert len(listed) == len(own) + sum(map(len, of_providers))


def test_an_error_is_reported_with_all_that_is_known(run: Run) -> None:
    body = json.loads(run("errors", "malformed jwt in SUBJECT_token", "--json").stdout)

    assert body == [
        {
            "service": "the token service",
            "name": "SUBJECT_TOKEN_MALFORMED",
            "status": 400,
            "error": "invalid_request",
            "error_description": "Malformed JWT in subject_token",
            "evidence": "S",
            "evidence_means": "read in the service's source or its own tests",
            "row": "§5.2",
            "played": True,
            "rules": ["decode_subject_token"],
            "cause": errors.SUBJECT_TOKEN_MALFORMED.cause,
            "cure": errors.SUBJECT_TOKEN_MALFORMED.cure,
            "mistakes": body[0]["mistakes"],
        }
    ]
    assert "code-as-subject-token" in body[0]["mistakes"]


def test_people_read_the_same_in_lines(run: Run) -> None:
    usual = errors.CLIENT_ASSERTION_KID_MISSING

    assert run("errors", "Missing 'kid' header in client_assertion JWT").stdout.splitlines() == [
        "400 invalid_request  Missing 'kid' header in client_assertion JWT",
        "  from     the token service, §3.7, CLIENT_ASSERTION_KID_MISSING",
        "  evidence S: read in the service's source or its own tests",
        f"  cause    {usual.cause}",
        f"  cure     {usual.cure}",
        "  mistake  kid-missing: The header has no kid.",
        "  mistake  header-names: The members of the header have names in another case.",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("access_token_expired", "TOKEN_EXPIRED"),
        ("kid_unknown", "CLIENT_ASSERTION_KID_UNKNOWN"),
        ("429", "QUOTA_EXCEEDED"),
        (f'{{"message": "{QUOTA_TEXT}"}}', "QUOTA_EXCEEDED"),
        ('{"error": "invalid_grant", "error_description": "refresh_token is invalid"}', "REFRESH_TOKEN_UNKNOWN"),
        ("error_description=The provided access grant is invalid, expired, or revoked.", "CODE_UNKNOWN"),
    ],
)
def test_errors_are_found_by_code_name_status_or_a_whole_answer(text: str, name: str) -> None:
    assert name in [entry.name for entry in search(text).entries]


def test_an_answer_finds_the_rows_of_its_sentence_alone(run: Run) -> None:
    text = '{"error": "invalid_request", "error_description": "Missing client_assertion"}'

    assert [body["name"] for body in json.loads(run("errors", text, "--json").stdout)] == [
        "CLIENT_ASSERTION_MISSING",
        "EXTERNAL_ID_TOKEN_MISSING",
        "LOGOUT_TOKEN_MISSING",
    ]


def test_a_text_that_no_error_is_about_is_a_no(run: Run) -> None:
    result = run("errors", "nonsense")

    assert (result.exit_code, result.stdout) == (1, "")
    assert one_line(result.stderr) == 'Error: No error is about "nonsense": `nhsauth errors` lists them all'


def test_a_long_text_that_no_error_is_about_is_cut(run: Run) -> None:
    result = run("errors", "nonsense " * 100)

    assert one_line(result.stderr).startswith("Error: No error is about the text nonsen… (900 characters): ")


def test_several_errors_are_listed_before_their_causes(run: Run) -> None:
    lines = run("errors", "Missing \u201ckid\u201d header").stdout.splitlines()

    assert lines[:5] == [
        "400 invalid_request  Missing 'kid' header in client_assertion JWT  (the token service)",
        "400 invalid_request  Missing 'kid' header in subject_token JWT  (the token service)",
        "400 invalid_request  Missing 'kid' header in act.sub JWT  (the token service)",
        "",
        "400 invalid_request  Missing 'kid' header in client_assertion JWT",
    ]
    assert [line[:10] for line in lines].count("  cause   ") == 3


def test_many_errors_are_a_line_each(run: Run) -> None:
    lines = run("errors", "invalid_scope").stdout.splitlines()

    assert len(lines) > 7
    assert all("invalid_scope" in line for line in lines[:-2])
    assert lines[-2:] == [
        "",
        (
            "Causes and cures are shown for 5 errors or fewer. Give more of the sentence, or give the request and its "
            "answer to nhsauth explain."
        ),
    ]


def test_all_errors_are_a_line_each(run: Run) -> None:
    lines = run("errors").stdout.splitlines()

    assert all(re.match(r"\d{3} .*  \(.+\)$|\d{3}  .*", line) for line in lines if line)
    assert not [line for line in lines if line.startswith("  cause")]


def test_what_is_only_near_is_said_to_be(run: Run) -> None:
    lines = run("errors", "subject tokn malformed").stdout.splitlines()

    assert lines[:3] == [
        "No error has these words. The nearest:",
        "",
        "400 invalid_request  Malformed JWT in subject_token",
    ]
    assert [row["near"] for row in json.loads(run("errors", "subject tokn malformed", "--json").stdout)] == [True]


def test_an_error_that_no_mock_answers_says_so(run: Run) -> None:
    assert "  played   by no mock: an API behind the gateway says so" in run("errors", "ASID").stdout.splitlines()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_errors_reads_stdin_and_a_file(run: Run, tmp_path: Path, encoding: str) -> None:
    text = '400\r\n{"error_description": "Malformed JWT in\r\nsubject_token"}'.encode(encoding)
    (tmp_path / "paste.txt").write_bytes(text)

    assert "Malformed JWT in subject_token" in run("errors", "@paste.txt").stdout
    assert run("errors", "-", stdin=text).stdout == run("errors", "@paste.txt").stdout


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("@none.txt", 'TEXT cannot be read from "none.txt" (No such file or directory)'),
        ("@.", 'TEXT cannot be read from "." (Is a directory)'),
        (" ", "TEXT is empty; allowed: a text, - for stdin, @FILE for a file"),
        ("-", "TEXT is empty; allowed: a text, - for stdin, @FILE for a file"),
    ],
)
def test_a_text_that_cannot_be_read_is_misuse(run: Run, given: str, said: str) -> None:
    result = run("errors", given)

    assert (result.exit_code, one_line(result.stderr)) == (2, f"Error: {said}")


def test_without_a_terminal_nothing_is_coloured(run: Run) -> None:
    assert "\033" not in run("errors").stdout


def test_no_color_overrides_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\033" not in CliRunner().invoke(nhsauth, ["errors"], color=True).stdout


def test_a_terminal_gets_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)

    assert "\033" in CliRunner().invoke(nhsauth, ["errors"], color=True).stdout


def test_without_the_extra_state_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [
        name for name in sys.modules if name in ("mock_servers.command_line.state", "mock_servers.state.codec")
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("mock_servers.command_line.state", raising=False)
    monkeypatch.setitem(sys.modules, "msgspec", None)

    result = run("state", "info")

    assert result.exit_code == 2
    assert one_line(result.stderr) == (
        "Error: nhsauth state needs the package msgspec: pip install 'pytest-nhsauth[state]'"
    )


# env


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:abc", "http://127.0.0.1:99999", "http://:80", "http://[::1", "ftp://x"]
)
@pytest.mark.parametrize("option", ["--server", "--url"])
def test_env_asks_at_a_url(run: Run, url: str, option: str) -> None:
    result = run("env", option, url)

    assert result.exit_code == 2
    assert one_line(result.stderr).startswith(f"Error: --server is {url!r}; allowed: ")


def test_each_command_calls_the_place_of_a_mock_by_the_same_names() -> None:
    def all_of(group: click.Group) -> Iterator[click.Command]:
        for each in group.commands.values():
            yield from all_of(each) if isinstance(each, click.Group) else [each]

    names = [option.opts for each in all_of(nhsauth) for option in each.params]

    assert {tuple(each) for each in names if {"--server", "--url"} & {*each}} == {("--server", "--url")}


@pytest.mark.parametrize("answer", [b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]"])
def test_env_shows_what_is_not_mock(run: Run, answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor() as pool:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        pool.submit(_answer_once, listening, answer)
        result = run("env", "--url", url)

    assert (result.exit_code, one_line(result.stderr)) == (1, f"Error: What answers at {url} is no mock of nhsauth")


def _answer_once(listening: socket.socket, answer: bytes) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(1 << 16)
        connection.sendall(answer)


@pytest.mark.parametrize(
    "host", ["http://x", "x:", "x:0", "x:65536", "x:443:1", "*.x", "x y", "", "x/y", "a@b", "x:https"]
)
@pytest.mark.parametrize("command", [("serve", "--tls"), ("run",)])
def test_an_allowed_host_that_is_none_is_refused(run: Run, command: tuple[str, ...], host: str) -> None:
    result = run(*command, "--allow-host", host, *(("--", "true") if command == ("run",) else ()))

    assert result.exit_code == 2
    assert "--allow-host" in result.stderr
    assert "allowed: a host, or one with its port such as proxy.example:8443" in result.stderr
