"""The client contract distinguishes good clients from bad ones, and says what each gets wrong."""

import json
import logging
import sys
import textwrap
import time
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from contract_tests.client_contract import (
    CHECKS,
    CallableClient,
    CommandClient,
    Scorecard,
    ServiceClient,
    Settings,
    Verdict,
    judge,
)
from contract_tests.client_contract.settings import VARIABLES
from contract_tests.client_contract.subject import CannotJudgeError
from mock_servers.client import Client, Token
from mock_servers.command_line.commands import nhsauth
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from tests.processes import finished

pytestmark = pytest.mark.slow  # each test puts a whole client on a stage

Script = Callable[[str], list[str]]
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

ONE_TOKEN = """
import os, pathlib
from mock_servers.client import Client

key = pathlib.Path(os.environ["NHSAUTH_PRIVATE_KEY_FILE"]).read_text()
with Client(
    token_url=os.environ["NHSAUTH_TOKEN_URL"],
    client_id=os.environ["NHSAUTH_CLIENT_ID"],
    kid=os.environ["NHSAUTH_KID"],
    private_key=key,
) as client:
    print(client.client_credentials().access_token)
"""
WRONG_KID = ONE_TOKEN.replace('os.environ["NHSAUTH_KID"]', '"other"')
SILENT = f"try:\n{textwrap.indent(ONE_TOKEN, '    ')}\nexcept Exception:\n    raise SystemExit(1)\n"
SERVICE = """
import os, pathlib, sys, urllib.request
from wsgiref.simple_server import make_server
from mock_servers.client import Client, TokenError

key = pathlib.Path(os.environ["NHSAUTH_PRIVATE_KEY_FILE"]).read_text()
client = Client(
    token_url=os.environ["NHSAUTH_TOKEN_URL"],
    client_id=os.environ["NHSAUTH_CLIENT_ID"],
    kid=os.environ["NHSAUTH_KID"],
    private_key=key,
)


def app(environ, start_response):
    try:
        token = client.client_credentials().access_token
    except TokenError as error:
        start_response("502 Bad Gateway", [])
        return [str(error).encode()]
    request = urllib.request.Request(os.environ["NHSAUTH_API_URL"], headers={"Authorization": f"Bearer {token}"})
    urllib.request.urlopen(request).close()
    start_response("200 OK", [])
    return [b"patients"]


make_server("127.0.0.1", int(sys.argv[1]), app).serve_forever()
"""


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """A command that runs Python text."""

    def write(text: str) -> list[str]:
        path = tmp_path / "client.py"
        path.write_text(text, encoding="utf-8")
        return [sys.executable, str(path)]

    return write


@cache
def key_of(pem: str) -> rsa.RSAPrivateKey:
    """Loaded once for all clients: checking a key of 4096 bits takes as long as 150 signatures."""
    key = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


class Ours:
    """The project's own client, as a team would wrap its own."""

    def __init__(self, settings: Settings, margin: float = 60) -> None:
        self.client = Client(
            token_url=settings.token_url,
            client_id=settings.client_id,
            private_key=key_of(settings.private_key_pem),
            kid=settings.kid,
            client_secret=settings.client_secret,
            now=settings.clock,
            margin=margin,
        )
        self._person: Token | None = None

    def token(self) -> str:
        return self.client.client_credentials().access_token

    def exchange(self, id_token: str) -> str:
        self._person = self.client.token_exchange(id_token)
        return self._person.access_token

    def refresh(self) -> str:
        assert self._person is not None
        self._person = self.client.refresh(self._person)
        return self._person.access_token


class Bad:
    """Everything that the checks are about, wrong; `right` puts single things right."""

    def __init__(self, settings: Settings, **right: Any) -> None:
        self._settings, self._right = settings, right
        self._assertion = self._signed()
        self._refresh_token = ""

    def _signed(self) -> str:
        now = int(time.time())
        claims = {
            "iss": "other",
            "sub": self._settings.client_id,
            "aud": "https://other.example/token",
            "exp": now + 3600,
            "jti": 7,
            **self._right.get("claims", {}),
        }
        headers = {"typ": "x", "kid": "x", **self._right.get("headers", {})}
        algorithm = self._right.get("algorithm", "RS256")
        return jwt.encode(claims, key_of(self._settings.private_key_pem), algorithm=algorithm, headers=headers)

    def token(self) -> str:
        logging.getLogger("bad").info("asking with %s", self._assertion)
        url = self._settings.token_url + self._right.get("query", f"?client_secret={self._settings.client_secret}")
        kind = self._right.get("content_type", "application/x-www-form-urlencoded; charset=utf-8")
        body = {"grant_type": self._right.get("grant_type", "client-credentials"), "client_assertion": self._assertion}
        body |= {"client_assertion_type": ASSERTION_TYPE}
        answer = requests.post(url, data=body, headers={"Content-Type": kind}, timeout=5)
        for _ in range(2 if answer.status_code == 429 else 0):
            requests.post(url, data=body, headers={"Content-Type": kind}, timeout=5)
        return str(answer.json().get("access_token", answer.json()))

    def exchange(self, id_token: str) -> str:
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "subject_token": id_token,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": Ours(self._settings).client.client_assertion(),
        }
        self._refresh_token = requests.post(self._settings.token_url, data=form, timeout=5).json()["refresh_token"]
        return "exchanged"

    def refresh(self) -> str:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._refresh_token,
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
        }
        return str(requests.post(self._settings.token_url, data=form, timeout=5).json())


def verdict(card: Scorecard, check: str) -> Verdict:
    [found] = [each for each in card.verdicts if each.id == check]
    return found


def test_our_own_client_keeps_all_of_it(ring: KeyRing) -> None:
    card = judge(CallableClient(Ours, "ours", takes_clock=True), ring=ring)

    assert (card.failed, card.skipped, card.score) == ([], [], f"{len(CHECKS)} of {len(CHECKS)}"), str(card)


@pytest.fixture(scope="module")
def bad(ring: KeyRing) -> Scorecard:
    """The card of a client that does everything wrong."""
    return judge(CallableClient(Bad, "bad"), ring=ring)


@pytest.mark.parametrize(
    ("check", "seen"),
    [
        ("charset", "Content-Type is 'application/x-www-form-urlencoded; charset=utf-8'"),
        ("nothing-elsewhere", "the URL has a query of 28 characters"),
        ("grant", "grant_type is 'client-credentials'"),
        ("alg", "alg is 'RS256'"),
        ("kid", "kid is 'x', and 'nhsauth-1' is registered"),
        ("typ", "typ is 'x'"),
        ("iss-sub", "iss is 'other', sub 'nhsauth-app'"),
        ("jti", "jti is '7'"),
        ("lifetime", "exp is 3"),
        ("aud", "aud is 'https://other.example/token', called was"),
        ("token", "400 unsupported_grant_type"),
        ("refusal", "it goes on after a 400, with something in place of a token"),
        ("rotation", "401 invalid_grant: refresh_token is invalid"),
        ("secrets", "of the keys, secrets, assertions and tokens that it had are in what it logged or said"),
    ],
)
def test_a_bad_client_is_reported_what_it_does(bad: Scorecard, check: str, seen: str) -> None:
    found = verdict(bad, check)

    assert (found.outcome, bool(found.cure)) == ("failed", True)
    assert seen in found.seen


class Plain(Ours):
    """Asks by hand and calls `raise_for_status()`, as most programs do; its error has nothing of the body."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._settings, self._kept, self._until = settings, "", 0.0

    def token(self) -> str:
        now = self._settings.clock()
        if now > self._until - 60:
            form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
            form |= {"client_assertion": self.client.client_assertion()}
            answer = requests.post(self._settings.token_url, form, timeout=5)
            answer.raise_for_status()
            self._kept, self._until = answer.json()["access_token"], now + int(answer.json()["expires_in"])
        return self._kept


def test_a_plain_client_is_advised_to_show_the_message_id_and_does_not_fail(ring: KeyRing) -> None:
    card = judge(CallableClient(Plain, "plain", takes_clock=True), ring=ring)

    found = verdict(card, "message-id")
    assert (card.failed, card.advised) == ([], ["message-id"]), str(card)
    assert "neither its error nor its log has rrt-" in found.seen
    assert found.cure.startswith("Log error, error_description and message_id")
    assert (
        str(card).splitlines()[-1]
        == f"{len(CHECKS) - 1} of {len(CHECKS) - 1} held, 1 with advice, 0 could not be judged"
    )
    assert card.as_json()["advice"] == 1


def test_what_a_bad_client_does_right_is_said_too(bad: Scorecard) -> None:
    assert bad.passed == ["form"]


def test_who_gets_no_token_is_not_asked_how_it_keeps_one(bad: Scorecard) -> None:
    assert bad.skipped == ["clock-fast", "clock-slow", "kept", "renewed", "fresh-assertion", "back-off"]
    assert verdict(bad, "kept").seen == "it gets no token to begin with"


def test_a_card_shows_no_secret(bad: Scorecard) -> None:
    texts = [str(bad), bad.as_markdown(), json.dumps(bad.as_json())]

    assert [text for text in texts if "nhsauth-secret" in text or "eyJ" in text] == []


class Careless(Bad):
    """Gets a token, and behaves badly with it."""

    def __init__(self, settings: Settings) -> None:
        claims = {
            "iss": settings.client_id,
            "aud": settings.token_url,
            "jti": str(uuid.uuid4()),
            "exp": int(time.time()) + 300,
            "iat": int(time.time()),
        }
        super().__init__(
            settings,
            claims=claims,
            headers={"typ": "JWT", "kid": settings.kid},
            algorithm="RS512",
            query="",
            grant_type="client_credentials",
        )


@pytest.mark.parametrize(
    ("check", "seen"),
    [
        ("clock-fast", "exp"),
        ("kept", "three calls in one moment asked for 3 tokens"),
        ("fresh-assertion", "the same assertion was sent again after a 503"),
        ("back-off", "it asked 2 more times within a second of a 429"),
    ],
)
def test_a_careless_client_is_reported_how_it_behaves(ring: KeyRing, check: str, seen: str) -> None:
    card = judge(CallableClient(Careless), ring=ring, checks=[each for each in CHECKS if each.id == check])

    assert card.failed == [check], str(card)
    assert seen in verdict(card, check).seen


def test_a_token_that_is_kept_to_its_last_second_is_noticed(ring: KeyRing) -> None:
    def make(settings: Settings) -> Callable[[], str]:
        return Ours(settings, margin=0.5).token

    card = judge(CallableClient(make, takes_clock=True), ring=ring, checks=_named("renewed"))

    assert card.failed == ["renewed"]


def test_a_client_that_waits_out_a_429_backs_off(ring: KeyRing) -> None:
    card = judge(CallableClient(Ours), ring=ring, checks=_named("back-off", "message-id"))

    assert card.passed == ["back-off", "message-id"]


def _named(*ids: str) -> list[Any]:
    return [check for check in CHECKS if check.id in ids]


def test_a_command_is_judged_by_what_it_sends(script: Script, ring: KeyRing) -> None:
    card = judge(CommandClient(script(ONE_TOKEN)), ring=ring, checks=_named("aud", "kept", "back-off", "message-id"))

    assert (card.failed, card.skipped) == ([], ["kept"]), str(card)


def test_a_command_that_is_not_there_cannot_be_judged(ring: KeyRing) -> None:
    with pytest.raises(CannotJudgeError, match="'no-such-command' cannot be run: No such file"):
        judge(CommandClient(["no-such-command"]), ring=ring)


def test_a_service_is_judged_by_its_trigger(script: Script, ring: KeyRing, unused_tcp_port: int) -> None:
    command = [*script(SERVICE), str(unused_tcp_port)]

    client = ServiceClient(command, f"http://127.0.0.1:{unused_tcp_port}/patients")
    card = judge(client, ring=ring, checks=_named("aud", "kept", "renewed", "back-off", "message-id", "secrets"))

    assert (card.failed, card.skipped) == ([], ["renewed"]), str(card)


@pytest.fixture
def unused_tcp_port() -> int:
    """A port that is free now; the service gets it and binds it itself."""
    import socket  # noqa: PLC0415 - nothing else here opens one

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_service_that_ends_cannot_be_judged(script: Script, ring: KeyRing, unused_tcp_port: int) -> None:
    command = script("raise SystemExit(3)")

    with pytest.raises(CannotJudgeError, match="ended with exit code 3 before it listened"):
        judge(ServiceClient(command, f"http://127.0.0.1:{unused_tcp_port}/"), ring=ring)


def test_without_a_ring_the_keys_are_those_of_the_users_cache(ring: KeyRing) -> None:
    seen: list[str] = []

    def make(settings: Settings) -> Callable[[], str]:
        seen.append(settings.private_key_pem)
        return lambda: "made up"

    judge(CallableClient(make), checks=_named("form", "aud"))

    apps = Mock(ring=ring).apps
    key = apps.key(apps.get("nhsauth-app"))
    assert key is not None
    assert seen == [key.private_pem()] * 2


def test_a_client_that_cannot_be_made_cannot_be_judged(ring: KeyRing) -> None:
    def make(_: Settings) -> Callable[[], str]:
        raise ValueError("no such setting")

    with pytest.raises(CannotJudgeError, match="the client cannot be made: ValueError: no such setting"):
        judge(CallableClient(make), ring=ring)


def test_a_client_that_sends_nothing_is_not_asked(ring: KeyRing) -> None:
    card = judge(CallableClient(lambda _: lambda: "made up"), ring=ring)

    assert (card.failed, card.passed) == ([], [])
    assert verdict(card, "form").seen == "it sent nothing to the token endpoint: no word why"


LEAKS = """
import os, pathlib, sys

print(pathlib.Path(os.environ["NHSAUTH_PRIVATE_KEY_FILE"]).read_text(), file=sys.stderr)
sys.exit(1)
"""


@pytest.mark.parametrize("checks", [("secrets",), ("form", "secrets")])
def test_a_client_that_sends_nothing_may_show_its_key_all_the_same(
    script: Script, ring: KeyRing, checks: tuple[str, ...]
) -> None:
    card = judge(CommandClient(script(LEAKS)), ring=ring, checks=_named(*checks))

    assert card.failed == ["secrets"]


def test_what_a_command_prints_need_be_no_text(script: Script, ring: KeyRing) -> None:
    command = script(r'import sys; sys.stdout.buffer.write(b"\xff\n")')

    card = judge(CommandClient(command), ring=ring, checks=_named("form"))

    assert verdict(card, "form").seen == "it sent nothing to the token endpoint: no word why"


DROPS = """
import socket, sys

with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        server.accept()[0].close()
"""


def test_a_service_that_drops_the_call_is_judged_by_that(script: Script, ring: KeyRing, unused_tcp_port: int) -> None:
    client = ServiceClient([*script(DROPS), str(unused_tcp_port)], f"http://127.0.0.1:{unused_tcp_port}/")

    card = judge(client, ring=ring, checks=_named("form"))

    assert verdict(card, "form").seen.startswith("it sent nothing to the token endpoint: ")


class TestCommandLine:
    """`nhsauth client-contract`."""

    def run(self, *arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(nhsauth, ["client-contract", *arguments])
        return result.exit_code, result.stdout, result.stderr

    def test_a_good_client_is_0(self, script: Script) -> None:
        code, reported, _ = self.run("--check", "aud", "--check", "kept", "--", *script(ONE_TOKEN))

        assert (code, reported.splitlines()[-1]) == (0, "1 of 1 held, 1 could not be judged")

    def test_a_client_that_gets_advice_alone_is_0(self, script: Script) -> None:
        code, reported, _ = self.run("--check", "message-id", "--", *script(SILENT))

        assert (code, reported.splitlines()[-1]) == (0, "0 of 0 held, 1 with advice, 0 could not be judged")

    def test_a_check_can_be_left_out(self, script: Script) -> None:
        chosen = ("--check", "kid", "--check", "token", "--check", "grant", "--skip", "kid", "--skip", "token")
        code, reported, _ = self.run("--json", *chosen, "--", *script(WRONG_KID))

        assert (code, [each["id"] for each in json.loads(reported)["checks"]]) == (0, ["grant"])

    def test_the_names_of_the_checks_are_listed_without_a_client(self) -> None:
        code, reported, _ = self.run("--list")

        assert code == 0
        assert [line.split()[0] for line in reported.splitlines()] == [check.id for check in CHECKS]
        assert "message-id         shows the message_id of a refusal (advice)" in reported.splitlines()

    def test_a_bad_client_is_1_and_its_card_is_written(self, script: Script, tmp_path: Path) -> None:
        report = tmp_path / "card.md"
        code, reported, _ = self.run("--json", "--report", str(report), "--check", "kid", "--", *script(WRONG_KID))

        assert (code, json.loads(reported)["failed"]) == (1, 1)
        assert report.read_text(encoding="utf-8").startswith("# Client contract: ")

    def test_a_client_of_which_nothing_can_be_reported_is_2(self, script: Script) -> None:
        code, reported, logged = self.run("--", *script("print('made up')"))

        assert (code, reported) == (2, "")
        assert [line.partition(": nothing could be judged: ")[2] for line in logged.splitlines()] == [
            "it sent nothing to the token endpoint: no word why"
        ]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
            ("raise SystemExit(3)", "exit code 3: it printed nothing"),
            ("this is no Python", "SyntaxError: invalid syntax"),
        ],
    )
    def test_a_broken_command_is_one_line(self, script: Script, text: str, reason: str) -> None:
        code, reported, logged = self.run("--", *script(text))

        assert (code, reported, len(logged.splitlines())) == (2, "", 1)
        assert logged.endswith(f": nothing could be judged: it sent nothing to the token endpoint: {reason}\n")
        as_json = json.loads(self.run("--json", "--", *script(text))[1])
        assert (as_json["skipped"], as_json["failed"]) == (len(CHECKS), 0)

    def test_a_card_that_cannot_be_written_is_2(self, script: Script, tmp_path: Path) -> None:
        report = tmp_path / "nowhere" / "card.md"
        code, _, reported = self.run("--report", str(report), "--check", "form", "--", *script(ONE_TOKEN))

        assert (code, reported) == (2, f"Error: {report} cannot be written: No such file or directory\n")

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            (["--", "no-such-command"], "Error: 'no-such-command' is no command here"),
            (["--trigger", "5000", "--", "python3"], "Error: --trigger is '5000'; allowed is a URL such as"),
            (["--check", "kids", "--", "python3"], "Error: --check is 'kids'; allowed is form, charset,"),
            (["--skip", "kids", "--", "python3"], "Error: --skip is 'kids'; allowed is form, charset,"),
            (
                ["--check", "kid", "--skip", "kid", "--", "python3"],
                "Error: --skip leaves no check: it names kid",
            ),
            (
                ["--report", "card.txt", "--", "python3"],
                "Error: --report is 'card.txt'; allowed is a name that ends in .md or .json",
            ),
        ],
    )
    def test_misuse_is_2(self, arguments: list[str], problem: str) -> None:
        code, _, reported = self.run(*arguments)

        assert code == 2
        assert problem in reported

    def test_one_table_is_all_that_is_reported(self, script: Script) -> None:
        command = [sys.executable, "-m", "mock_servers", "client-contract", "--check", "kid", "--check", "token", "--"]

        done = finished(*command, *script(WRONG_KID))

        code, reported, logged = done.returncode, done.stdout, done.stderr
        rows = [line.split()[:3] for line in reported.splitlines()]
        assert (code, logged) == (1, "")
        assert rows[2:4] == [["outcome", "check", "known"], ["FAILED", "kid", "source"]]
        assert ["FAILED", "token", "source"] in rows
        assert reported.splitlines()[-1].startswith("With --logs FOLDER there are files")

    def test_logs_are_files_of_what_was_said_on_either_side(self, script: Script, tmp_path: Path) -> None:
        folder = tmp_path / "logs"

        code, reported, _ = self.run("--logs", str(folder), "--check", "token", "--", *script(WRONG_KID))

        assert (code, "Invalid 'kid' header" in reported) == (1, True), reported
        assert "Invalid 'kid' header" in (folder / "mock.log").read_text(encoding="utf-8"), reported
        assert (folder / "client.log").read_text(encoding="utf-8")

    def test_help_names_what_the_client_finds_in_its_environment(self) -> None:
        _, reported, _ = self.run("--help")

        assert [name for name in VARIABLES if name not in reported] == []


def test_the_page_lists_every_check() -> None:
    page = (Path(__file__).parents[2] / "docs" / "client-contract.md").read_text(encoding="utf-8")

    assert [check.id for check in CHECKS if f"`{check.id}`" not in page] == []
