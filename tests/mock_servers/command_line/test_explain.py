"""`nhsauth explain`: what a value from a log is and how the real service would judge it, without asking anybody."""

import base64
import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from mock_servers.command_line import explain
from mock_servers.command_line.commands import nhsauth
from mock_servers.explain import offline, verdict
from mock_servers.http.server import serve
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose import jwts, keys
from mock_servers.jose.keys import KeyPair, KeyRing
from mock_servers.mock import Mock

Run = Callable[..., Result]
Explain = Callable[..., dict[str, Any]]
Sign = Callable[..., str]

NOW = 1_800_000_000
AT = "2027-01-15T08:00:00Z"
INT = "https://int.api.service.nhs.uk/oauth2/token"
CIS2_INT = (
    "https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443/openam/oauth2/realms/root/realms/NHSIdentity/realms/"
    "Healthcare"
)
CIS2_DEP = CIS2_INT.replace("nhsint", "nhsdep")
OFFLINE = {"NHSAUTH_URL": "http://127.0.0.1:9"}
GRACE = "the service allows 300 s and 10 s of grace: set exp to now + 300 or less, in seconds."
TIMEOUT = 30


def refuse_mock_only(_: socket.socket, address: object) -> None:
    """Refuse a connection to where a mock might run; any other has no business here."""
    if address != ("127.0.0.1", 9):
        pytest.fail(f"asked the network: {address}")
    raise ConnectionRefusedError


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command where every connection is an error, but to a mock that is named."""

    def ran(*arguments: str | Path, stdin: str | bytes = "", connects: bool = False, **environment: str) -> Result:
        with monkeypatch.context() as patch:
            if not connects:
                patch.setattr(socket.socket, "connect", refuse_mock_only)
            given = ["explain", *(str(argument) for argument in arguments)]
            return CliRunner(env=OFFLINE | environment).invoke(nhsauth, given, input=stdin)

    return ran


@pytest.fixture
def explain_json(run: Run) -> Explain:
    """Explain a value at NOW; its JSON, with the exit code as `exit`."""

    def explained(value: str, *arguments: str | Path) -> dict[str, Any]:
        result = run(value, "--json", "--at", AT, *arguments)
        assert result.stderr == ""
        return {**json.loads(result.stdout), "exit": result.exit_code}

    return explained


@pytest.fixture
def pair(ring: KeyRing) -> KeyPair:
    return ring.pair("a-clients-own", bits=2048, kid="test-1")


@pytest.fixture
def sign(pair: KeyPair) -> Sign:
    """A client assertion of an app that nobody here knows; keywords are further claims, `headers` header members."""

    def signed(headers: dict[str, Any] | None = None, without: tuple[str, ...] = (), **claims: Any) -> str:
        whole = {"iss": "k" * 32, "sub": "k" * 32, "aud": INT, "jti": "j", "exp": NOW + 300, **claims}
        header = {"alg": "RS512", "typ": "JWT", "kid": "test-1", **(headers or {})}
        return jwts.sign(
            {name: value for name, value in header.items() if name not in without},
            {name: value for name, value in whole.items() if name not in without},
            pair.private,
        )

    return signed


@pytest.fixture
def key_set(pair: KeyPair, tmp_path: Path) -> Path:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(keys.jwks(pair, alg="RS512")))
    return path


def id_token(pair: KeyPair, issuer: str = CIS2_INT, **claims: Any) -> str:
    header = {"typ": "JWT", "kid": "test-1", "alg": "RS256"}
    whole = {"iss": issuer, "aud": "client", "sub": "656005750104", "tokenName": "id_token", "exp": NOW + 60, **claims}
    return jwts.sign(header, {"authentication_assurance_level": 3, "id_assurance_level": 3, **whole}, pair.private)


# client assertions


def test_of_a_sound_assertion_only_what_the_service_alone_knows_is_left_open(explain_json: Explain, sign: Sign) -> None:
    found = explain_json(sign())

    assert (found["kind"], found["certainty"], found["exit"]) == ("client_assertion", "likely", 0)
    assert (found["verdict"]["would_be"], found["verdict"]["error"]) == ("undecided", None)
    assert found["verdict"]["not_judged"] == [
        "check_client_assertion_jti_fresh",
        "find_app",
        "check_public_key_registered",
        "fetch_app_jwks",
        "check_app_jwks_readable",
        "find_app_jwk",
        "decode_app_key",
        "check_client_assertion_signature",
    ]


def test_with_its_key_set_the_signature_is_judged(explain_json: Explain, sign: Sign, key_set: Path) -> None:
    sound = explain_json(sign(), "--jwks", key_set)
    header, claims, signature = sign().split(".")
    cut = explain_json(f"{header}.{claims}.{signature[:-4]}AAAA", "--jwks", key_set)

    assert sound["verdict"]["not_judged"] == ["check_client_assertion_jti_fresh", "find_app"]
    assert (cut["verdict"]["error"]["description"], cut["exit"]) == ("JWT signature verification failed", 1)


def test_with_a_key_set_a_wrong_kid_is_reported(explain_json: Explain, sign: Sign, key_set: Path) -> None:
    found = explain_json(sign(headers={"kid": "test1"}), "--jwks", key_set)

    assert found["verdict"]["error"]["rule"] == "find_app_jwk"
    assert "test-1" in found["verdict"]["diagnosis"]


def test_the_key_set_may_be_at_a_url(run: Run, sign: Sign, ring: KeyRing) -> None:
    platform = Mock(ring=ring)
    with platform.serving():
        url = f"{platform.url}/_nhsauth/apps/nhsauth-app/jwks"
        result = run(sign(headers={"kid": "nhsauth-1"}), "--jwks", url, "--at", AT, "--json", connects=True)

    assert json.loads(result.stdout)["verdict"]["error"]["description"] == "JWT signature verification failed"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"exp": NOW - 1}, "Invalid 'exp' claim in client_assertion JWT - JWT has expired"),
        ({"exp": NOW + 311}, "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future"),
        ({"headers": {"alg": "RS256"}}, "Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm"),
        ({"without": ("kid",)}, "Missing 'kid' header in client_assertion JWT"),
        ({"aud": f"{INT}/"}, "Missing or invalid 'aud' claim in client_assertion JWT"),
        ({"without": ("jti",)}, "Missing 'jti' claim in client_assertion JWT"),
    ],
)
def test_what_the_service_would_refuse_exits_with_1(
    explain_json: Explain, sign: Sign, changes: dict[str, Any], sentence: str
) -> None:
    found = explain_json(sign(**changes))

    assert found["verdict"]["error"]["description"].startswith(sentence)
    assert found["exit"] == 1


@pytest.mark.parametrize(
    ("changes", "arguments", "finding"),
    [
        ({"aud": "https://api.service.nhs.uk/oauth2/token"}, ("--token-url", INT), "aud-other-environment"),
        ({"aud": f"{INT}/"}, (), "aud-near-miss"),
        ({"exp": NOW * 1000}, (), "exp-unit"),
        ({"headers": {"alg": "RS256"}}, (), "alg-not-rs512"),
    ],
)
def test_the_mistake_behind_a_refusal_is_found(
    explain_json: Explain, sign: Sign, changes: dict[str, Any], arguments: tuple[str, ...], finding: str
) -> None:
    assert [each["id"] for each in explain_json(sign(**changes), *arguments)["findings"]][:1] == [finding]


def test_a_kid_that_is_almost_right_is_found_with_the_key_set(explain_json: Explain, sign: Sign, key_set: Path) -> None:
    (finding,) = explain_json(sign(headers={"kid": "Test_1"}), "--jwks", key_set)["findings"]

    assert (finding["id"], finding["certainty"]) == ("wrong-kid", "certain")
    assert '"test-1"' in finding["cure"]


def test_what_is_not_judged_is_not_mistake(explain_json: Explain, sign: Sign) -> None:
    """Offline no app, no key and no past is known: nothing is found in that."""
    found = explain_json(sign(aud=f"{INT}/", kid="x", iss="app name", sub="app name"))["findings"]

    assert [each["id"] for each in found] == ["aud-near-miss"]


def test_at_says_when_it_arrives(run: Run, sign: Sign) -> None:
    codes = [run(sign(), "--at", moment).exit_code for moment in (AT, str(NOW + 299), "2027-01-15T09:05:01+01:00")]

    assert codes == [0, 0, 1]


@pytest.mark.parametrize(
    ("aud", "url", "would_be"),
    [
        ("https://api.service.nhs.uk/oauth2/token", None, "undecided"),
        ("https://api.service.nhs.uk/oauth2/token", INT, "refused"),
        (INT, "https://int.api.service.nhs.uk/oauth2-mock/token", "refused"),
        (["x", "http://127.0.0.1:8080/oauth2-mock/token"], None, "undecided"),
        ("https://int.api.service.nhs.uk/oauth2", None, "refused"),
        ("https://evil.example/oauth2/token", None, "refused"),
    ],
)
def test_an_assertion_is_judged_where_it_says_unless_reported_otherwise(
    explain_json: Explain, sign: Sign, aud: Any, url: str | None, would_be: str
) -> None:
    found = explain_json(sign(aud=aud), *(("--token-url", url) if url else ()))

    assert found["verdict"]["would_be"] == would_be


# id tokens


def test_an_id_token_of_the_environments_provider_is_good_as_far_as_can_be_seen(
    explain_json: Explain, pair: KeyPair, key_set: Path
) -> None:
    found = explain_json(id_token(pair), "--jwks", key_set)

    assert (found["kind"], found["verdict"]["as"], found["verdict"]["would_be"]) == (
        "id_token",
        "subject_token",
        "undecided",
    )
    assert found["verdict"]["not_judged"] == ["find_user_scopes"]


def test_an_id_token_of_another_environment_is_refused(explain_json: Explain, pair: KeyPair) -> None:
    found = explain_json(id_token(pair, CIS2_DEP))

    assert (found["kind"], found["exit"]) == ("id_token", 1)
    assert [each["id"] for each in found["findings"]] == ["id-token-other-environment"]
    assert found["verdict"]["error"]["rule"] == "find_provider"


def test_an_id_token_of_a_mock_is_judged_as_by_that_mock(explain_json: Explain, pair: KeyPair) -> None:
    issuer = "http://localhost:8080" + CIS2_INT.partition(":443")[2]

    assert explain_json(id_token(pair, issuer))["verdict"]["would_be"] == "undecided"


def test_an_expired_id_token_was_good_then(run: Run, pair: KeyPair) -> None:
    assert [run(id_token(pair), "--at", str(NOW + late)).exit_code for late in (0, 61)] == [0, 1]


# other kinds


@pytest.mark.parametrize(
    ("claims", "kind"),
    [
        ({"events": {"http://schemas.openid.net/event/backchannel-logout": {}}, "sid": "s"}, "logout_token"),
        ({"token_use": "access", "iss": "https://auth.aos.signin.nhs.uk", "sub": "s"}, "access_token"),
        ({"token_use": "id", "iss": "https://auth.example", "sub": "s"}, "id_token"),
        ({"iss": "https://identity.example/realms/x", "typ": "Bearer", "sub": "s"}, "access_token"),
        ({"iss": "https://identity.example/realms/x", "typ": "Refresh", "sub": "s"}, "refresh_token"),
        ({"iss": "https://identity.example/realms/x", "typ": "ID", "sub": "s"}, "id_token"),
        ({"iss": "1.my.apps.national", "sub": "1.my.apps.national"}, "client_assertion"),
    ],
)
def test_a_jwt_says_what_it_is(explain_json: Explain, pair: KeyPair, claims: dict[str, Any], kind: str) -> None:
    found = explain_json(jwts.sign({"alg": "RS256"}, claims, pair.private))

    assert (found["kind"], found["certainty"]) == (kind, "likely")


def test_a_jwt_that_could_be_anything_is_judged_as_everything(explain_json: Explain, pair: KeyPair) -> None:
    found = explain_json(jwts.sign({"alg": "RS512"}, {"iss": "a", "sub": "b"}, pair.private))

    assert [each["as"] for each in found["verdicts"]] == ["client_assertion", "subject_token"]
    assert (found["verdict"], found["exit"]) == (None, 1)


@pytest.mark.parametrize(
    ("value", "roles"),
    [
        ("a" * 28, ["access_token"]),
        ("A1" * 16, ["refresh_token", "apikey"]),
        ("a-b_c" * 5 + "de", ["code"]),
        ("0b5e9ae8-52a1-4a3c-8d27-5d3a6d3d8a53", ["code"]),
    ],
)
def test_an_opaque_value_is_reported_by_its_shape_and_never_said_to_be_refused(
    explain_json: Explain, value: str, roles: list[str]
) -> None:
    found = explain_json(value)

    assert (found["certainty"], [each["as"] for each in found["verdicts"]]) == ("possible", roles)
    assert ({each["would_be"] for each in found["verdicts"]}, found["exit"]) == ({"undecided"}, 0)


def test_a_code_as_subject_token_is_refused(explain_json: Explain) -> None:
    found = explain_json("a-b_c" * 5 + "de", "--as", "subject_token")

    assert (found["verdict"]["error"]["description"], found["exit"]) == ("Malformed JWT in subject_token", 1)


@pytest.mark.parametrize("value", ["undefined", "-----BEGIN PUBLIC KEY-----", "<b>"])
def test_what_the_service_takes_nowhere_exits_with_1(explain_json: Explain, value: str) -> None:
    assert explain_json(value)["exit"] == 1


@pytest.mark.parametrize("value", ["\x1b]0;x\x07", "\udcff", "%", "hello"])
def test_what_nobody_knows_is_not_refusal_and_exits_with_2(explain_json: Explain, value: str) -> None:
    found = explain_json(value)

    assert (found["exit"], found["verdicts"]) == (2, [])
    assert found["answer"].startswith("I do not know this value")


def test_a_private_key_is_warned_of_and_never_repeated(run: Run, pair: KeyPair) -> None:
    pem = pair.private_pem()

    results = [run(pem), run("--json", pem, "--at", AT), run(pem, "--nonsense"), run("-", stdin=pem)]

    assert [each.exit_code for each in results] == [1, 1, 2, 1]
    assert "It is a private key." in results[0].stdout
    assert [line for each in results for line in pem.splitlines()[1:-1] if line in each.output] == []


def test_a_private_key_in_any_form_is_sent_to_no_mock(run: Run, pair: KeyPair, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(*call: str) -> Mapping[str, Mapping[str, str]]:
        asked.append(call[2])
        return {"urls": {}}

    monkeypatch.setattr(explain, "_answer", answer)
    pem = pair.private_pem()
    der = "".join(pem.splitlines()[1:-1])
    jwk = json.dumps({"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB"})

    for value in (pem, der, base64.b64encode(pem.encode()).decode(), jwk):
        run(value)

    assert asked == []
    run("a" * 32)
    assert asked == ["/status", "/explain"]


@pytest.mark.parametrize("role", verdict.ROLES)
def test_nothing_opaque_is_refused_for_being_unknown(role: str) -> None:
    context = offline.offline(INT, NOW)

    refused = [each.rule for each in verdict.ROLES[role].judge(context, "a" * 32).refusals]

    assert refused == {
        "client_assertion": ["decode_client_assertion"],
        "subject_token": ["decode_subject_token"],
    }.get(role, [])


# where the value comes from


@pytest.mark.parametrize("around", ["{}", "  {}\n", '"{}"', "Bearer {}"])
def test_the_value_comes_from_stdin_or_a_file_or_the_line(run: Run, sign: Sign, tmp_path: Path, around: str) -> None:
    value = around.format(sign())
    (tmp_path / "token").write_text(value)

    results = [run(value, "--at", AT), run("-", "--at", AT, stdin=value), run(f"@{tmp_path}/token", "--at", AT)]

    assert {(each.exit_code, each.stdout) for each in results} == {(0, results[0].stdout)}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["@nowhere"], 'VALUE cannot be read from "nowhere" (No such file or directory)'),
        (["@."], 'VALUE cannot be read from "." (Is a directory)'),
        ([" "], "VALUE is empty; allowed: a text, - for stdin, @FILE for a file"),
        (["-"], "VALUE is empty; allowed: a text, - for stdin, @FILE for a file"),
        (["x", "--at", "tomorrow"], '--at is "tomorrow"; allowed: ISO 8601 with a zone'),
        (["x", "--at", "2027-01-15T08:00:00"], '--at is "2027-01-15T08:00:00"; allowed: ISO 8601 with a zone'),
        (["x", "--at", "1" * 400], "--at is"),
        (["x", "--token-url", "int"], '--token-url is "int"; allowed: http(s)://host/path'),
        (["x", "--token-url", "http://[x/y"], '--token-url is "http://[x/y"; allowed: http(s)://host/path'),
        (["x", "--jwks", "nowhere"], '--jwks cannot be read from "nowhere" (No such file or directory)'),
        (["x", "--jwks", "https://["], '--jwks cannot be read from "https://["'),
        (["rrt-1", "--server", "localhost"], '--server is "localhost"; allowed: http(s)://host:port'),
        (["x", "--as", "id_token"], "Invalid value for '--as'"),
    ],
)
def test_what_cannot_be_used_is_named_on_one_line(run: Run, arguments: list[str], words: str) -> None:
    result = run(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("body", [b"<html>", b"\xff\xfe", b"[]", b'{"kty": "RSA"}', b""])
def test_a_key_set_that_is_none_is_reported_so(run: Run, tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(body)

    result = run("x", "--jwks", path)

    assert result.exit_code == 2
    assert "allowed: a JSON Web Key Set" in result.stderr


@pytest.mark.parametrize("size", [1 << 20, (4 << 20) + 1])
def test_a_file_of_any_size_and_content_does_no_harm(run: Run, tmp_path: Path, size: int) -> None:
    (tmp_path / "token").write_bytes(bytes(range(256)) * (size // 256) + b"\x1b[2J")

    result = run(f"@{tmp_path}/token")

    assert result.exit_code == 2
    assert "\x1b" not in result.output
    assert len(result.output) < 1000


# what is printed


def test_the_whole_story_of_an_assertion_is_printed(run: Run, sign: Sign) -> None:
    token = sign(headers={"alg": "RS256"}, exp=NOW + 3600, name="\x1b[31m\u202e" + "x" * 300)

    result = run(token, "--at", AT, "--details")

    assert result.exit_code == 1
    for line in (
        '  alg: "RS256"',
        "  exp: 1800003600  (2027-01-15T09:00:00Z, 60 min ahead)",
        f"As client_assertion at {INT}: would be refused",
        "  evidence S: read in the service's source or its own tests",
        f"  then: exp is 60 min ahead; {GRACE}",
        "  signature of 256 bytes",
    ):
        assert line in result.stdout.splitlines()
    assert token not in result.stdout
    assert token.rpartition(".")[2] not in result.stdout
    assert not {"\x1b", "\u202e"} & set(result.stdout)


def test_json_is_what_the_control_api_shows(run: Run, sign: Sign, ring: KeyRing) -> None:
    offline_members = json.loads(run(sign(), "--json").stdout)
    platform = Mock(ring=ring)
    with platform.serving():
        answer = requests.post(f"{platform.url}/_nhsauth/explain", json={"value": sign()}, timeout=TIMEOUT).json()

    assert list(offline_members) == list(answer)
    assert list(offline_members["verdict"]) == list(answer["verdict"])


# every place, and what a mock that runs has issued


def test_without_a_hint_a_value_is_judged_where_it_does_not_belong_too(run: Run) -> None:
    text = run("SplxlOBeZQQYbYS6WxSbIAxx4f0", "--details").stdout

    as_code, as_subject_token = text.index("As code: "), text.index("As subject_token: ")
    assert as_code < as_subject_token
    assert "As subject_token: 400 invalid_request Malformed JWT in subject_token" in text
    assert (
        "If you have the authorization code, exchange it at the provider's own token endpoint first"
        in text[as_subject_token:]
    )


def test_with_a_hint_it_is_judged_there_alone(explain_json: Explain, sign: Sign) -> None:
    assert explain_json(sign(), "--as", "client_assertion")["elsewhere"] == []


@pytest.mark.parametrize("value", ["-9d-aBcDeFgHiJkLmNoPqRsTuVw", "--9d-aBcDeFgHiJkLmNoPqRsTuV"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_value_may_begin_with_a_hyphen(run: Run, value: str, place: int) -> None:
    arguments = ["--json"]
    arguments.insert(place, value)

    result = run(*arguments)

    assert json.loads(result.stdout)["kind"] == "authorization_code"


def test_a_misspelt_option_is_one(run: Run) -> None:
    result = run("x", "--jsn")

    assert result.exit_code == 2
    assert "No such option" in result.stderr


def test_a_mock_that_runs_shows_what_it_has_issued(run: Run, ring: KeyRing) -> None:
    mock = Mock(ring=ring)
    with mock.serving():
        code = mock.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), "http://127.0.0.1:8080/_nhsauth/callback")
        issued = run(code, "--json", connects=True, NHSAUTH_URL=mock.url)
        foreign = run("SplxlOBeZQQYbYS6WxSbIAxx4f0", "--json", connects=True, NHSAUTH_URL=mock.url)
        by_hand = run(code, "--json", "--server", mock.url, connects=True)

    body = json.loads(issued.stdout)
    assert (body["kind"], body["certainty"], body["issued"]) == ("authorization_code", "certain", True)
    assert body["elsewhere"][0]["as"] == "subject_token"
    assert "access_token with client_id and client_secret" in body["elsewhere"][0]["cure"]
    assert json.loads(foreign.stdout)["issued"] is False
    assert json.loads(by_hand.stdout)["issued"] is True
    assert len(mock.exchanges) == 0


def test_each_verdict_is_printed_in_words(run: Run, sign: Sign, ring: KeyRing) -> None:
    mock = Mock(ring=ring)
    with mock.serving():
        good, bad = mock.client_assertion("nhsauth-app"), sign(aud="https://evil.example/oauth2/token")
        printed = [
            run(good, "--details", connects=True, NHSAUTH_URL=mock.url),
            run(bad, "--details", "--at", AT),
            run(sign(), "--details", "--at", AT),
        ]

    said = [re.findall(r"^As client_assertion.*: (.+)$", each.stdout, re.MULTILINE) for each in printed]
    assert said == [["would be accepted"], ["would be refused"], ["nothing objects"]]


@pytest.mark.parametrize("options", [["--at", AT], ["--jwks"]], ids=["at", "jwks"])
def test_who_says_when_or_by_which_keys_asks_no_mock(
    run: Run, ring: KeyRing, key_set: Path, options: list[str]
) -> None:
    mock = Mock(ring=ring)
    with mock.serving():
        value = mock.client_assertion("nhsauth-app")
        given = [*options, str(key_set)] if options == ["--jwks"] else options
        body = json.loads(run(value, "--json", *given, connects=True, NHSAUTH_URL=mock.url).stdout)

    assert body["issued"] is False


def test_what_is_not_mock_is_sent_no_value(run: Run) -> None:
    seen: list[bytes] = []

    def application(environ: Any, start_response: Any) -> list[bytes]:
        seen.append(environ["REQUEST_METHOD"].encode() + environ["PATH_INFO"].encode())
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b"{}"]

    with serve(application) as server:
        run("SplxlOBeZQQYbYS6WxSbIAxx4f0", connects=True, NHSAUTH_URL=server.url)

    assert seen == [b"GET/_nhsauth/health"]


def test_a_server_that_names_another_host_for_its_control_api_gets_no_value(run: Run) -> None:
    seen: list[str] = []

    def application(environ: Any, start_response: Any) -> list[bytes]:
        seen.append(environ["PATH_INFO"])
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"urls": {}, "control": f"http://localhost:{server.port}/elsewhere"}).encode()]

    with serve(application) as server:
        run("SplxlOBeZQQYbYS6WxSbIAxx4f0", connects=True, NHSAUTH_URL=server.url)

    assert seen == ["/_nhsauth/health"]


def test_an_id_of_the_real_service_cannot_be_looked_up_and_the_answer_says_so(run: Run) -> None:
    result = run("rrt-0123456789012345678-b-geu2-1234567-1234567-1")

    assert result.exit_code == 1
    assert "An id of the real service can be looked up by NHS England alone" in result.stderr


# message ids


@pytest.fixture
def served(ring: KeyRing) -> Iterator[Mock]:
    """A mock whose only exchange was refused."""
    platform = Mock(ring=ring)
    with platform.serving():
        requests.post(f"{platform.url}/oauth2/token", data={"grant_type": "password"}, timeout=TIMEOUT)
        yield platform


@pytest.mark.parametrize("by", ["option", "environment"])
def test_a_message_id_finds_the_exchange_of_a_mock_that_runs(run: Run, served: Mock, by: str) -> None:
    message_id = str(served.exchanges.last.message_id)
    option, environment = (["--server", served.url], {}) if by == "option" else ([], {"NHSAUTH_URL": served.url})

    result = run(f" {message_id}\n", "--details", *option, connects=True, **environment)

    assert result.exit_code == 1
    assert result.stdout.startswith('grant_type is "password". Send one of')
    assert "POST /oauth2/token 400 at " in result.stdout
    assert "unsupported_grant_type grant_type is invalid" in result.stdout
    assert 'grant_type is "password"' in result.stdout


def test_a_message_id_as_json_is_the_explanation_with_the_exchange(run: Run, served: Mock) -> None:
    message_id = str(served.exchanges.last.message_id)

    found = json.loads(run(message_id, "--server", served.url, "--json", connects=True).stdout)

    assert (found["kind"], found["exchange"]["message_id"]) == ("message_id", message_id)


def test_a_message_id_that_is_not_kept_is_reported_so(run: Run, served: Mock) -> None:
    result = run("rrt-0", "--server", served.url, connects=True)

    assert (result.exit_code, result.stdout) == (1, "")
    assert f'The mock at {served.url} keeps no exchange with the message id "rrt-0"' in result.stderr


def test_a_mock_that_refuses_is_heard(run: Run, served: Mock) -> None:
    foreign = served.url.replace("//127.0.0.1", "//0", 1)

    result = run("rrt-0", "--server", foreign, connects=True)

    assert result.exit_code == 1
    assert f"The mock at {foreign} refuses: Host is" in result.stderr


def test_without_a_mock_a_message_id_says_how_to_start_one(run: Run) -> None:
    result = run("rrt-0", "--server", "http://127.0.0.1:1", connects=True)

    assert result.exit_code == 1
    assert "No mock answers at http://127.0.0.1:1: start one with `nhsauth serve`" in result.stderr
