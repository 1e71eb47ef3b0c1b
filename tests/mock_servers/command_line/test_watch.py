"""`nhsauth watch`, as a process; a second mock with settings and keys of its own plays the real services."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from tests.processes import finished

pytestmark = pytest.mark.slow  # each test starts the command in a process of its own

NHSAUTH = [sys.executable, "-m", "mock_servers"]
PATIENCE = 60  # seconds, of a machine that is busy with other tests
INT = "int.api.service.nhs.uk"
ISSUER = (
    "https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443/openam/oauth2/realms/root/realms/NHSIdentity/realms/"
    "Healthcare"
)
ASK = f"""
import urllib.error, urllib.request
try:
    urllib.request.urlopen("https://{INT}/oauth2/token", b"grant_type=client_credentials", timeout=30)
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode().split('"')[3])
"""
PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and modes are of POSIX")


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """A mock that plays the real services, in a process of its own."""

    url: str
    authority: Path

    @property
    def options(self) -> tuple[str, ...]:
        upstream = self.url.replace("http://", "https://")
        return ("--upstream", f"{INT}={upstream}", "--upstream-ca", str(self.authority))


@contextmanager
def playing(folder: Path, settings: str) -> Iterator[Second]:
    (folder / "nhsauth.toml").write_text(
        f'[[apps]]\nclient_id = "theirs"\nmake_key = true\n{settings}', encoding="utf-8"
    )
    environ = {**clean(), "NHSAUTH_CACHE_DIR": str(folder / "cache")}
    command = [*NHSAUTH, "serve", "--tls", "--port", "0", "--json", "--log-level", "error"]
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        yield Second(url=url, authority=folder / "cache" / "tls" / "ca.pem")
        process.terminate()


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Second]:
    with playing(tmp_path_factory.mktemp("second"), "") as played:
        yield played


def clean(**more: str) -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if name not in PROXIES}, **more}


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command under `nhsauth watch`, in an empty folder."""

    def start(*options: str, code: str = ASK, **environ: str) -> subprocess.CompletedProcess[str]:
        return finished(
            *NHSAUTH, "watch", *options, "--", sys.executable, "-c", code, folder=tmp_path, environ=clean(**environ)
        )

    return start


def test_a_program_gets_the_real_answer_and_its_refusal_is_explained(run: Run, second: Second) -> None:
    done = run(*second.options)

    assert (done.returncode, done.stdout.strip()) == (0, "400 invalid_request"), done.stderr
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f"nhsauth: exchange 1: POST {INT}/oauth2/token 400 invalid_request Missing or invalid ")
    assert lines[1].startswith("  The form has no client_assertion_type: set it to")
    assert lines[-1] == "nhsauth: 1 exchange with known hosts, 1 refused"


def test_the_configuration_names_upstreams_as_well(run: Run, second: Second, tmp_path: Path) -> None:
    upstream = second.url.replace("http://", "https://")
    (tmp_path / "nhsauth.toml").write_text(
        f'[watch]\nupstreams = {{"{INT}" = "{upstream}"}}\nupstream_ca = "{second.authority}"\n', encoding="utf-8"
    )

    assert run().stdout.strip() == "400 invalid_request"


@pytest.mark.parametrize(("code", "expected"), [(0, 1), (3, 3)])
def test_fail_on_refused_is_a_1_unless_the_command_has_failed(
    run: Run, second: Second, code: int, expected: int
) -> None:
    done = run(*second.options, "--fail-on", "refused", code=f"{ASK}\nraise SystemExit({code})")

    assert done.returncode == expected


def test_without_a_refusal_fail_on_is_a_0(run: Run, second: Second) -> None:
    code = f"import urllib.request; urllib.request.urlopen('https://{INT}/hello-world/hello/world', timeout=30)"

    assert run(*second.options, "--fail-on", "refused", code=code).returncode == 0


@POSIX
def test_the_file_is_private_whole_and_read_back(run: Run, second: Second, tmp_path: Path) -> None:
    run(*second.options, "--har", "it.har")

    assert (tmp_path / "it.har").stat().st_mode & 0o777 == 0o600
    explanation = finished(*NHSAUTH, "explain", "@it.har", folder=tmp_path)
    assert (explanation.returncode, "Missing or invalid client_assertion_type" in explanation.stdout) == (1, True)


def test_a_host_that_is_down_is_reported_of_with_what_the_program_would_have_met(run: Run, second: Second) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]

    done = run("--upstream", f"{INT}=https://127.0.0.1:{port}", "--upstream-ca", str(second.authority))

    assert f"502 127.0.0.1:{port} cannot be reached" in done.stderr
    assert (
        f"nhsauth: {INT} was not reached: 127.0.0.1:{port} cannot be reached (Connection refused). "
        "Without nhsauth your program would have met the same." in done.stderr
    )


def test_a_certificate_that_nobody_trusts_is_reported_of(run: Run, second: Second) -> None:
    done = run(*second.options[:2])

    assert "does not hold for int.api.service.nhs.uk: " in done.stderr
    assert done.returncode != 0


def test_production_is_refused(run: Run, second: Second) -> None:
    done = run(*second.options, code="import urllib.request; urllib.request.urlopen('https://api.service.nhs.uk/')")

    assert (
        "nhsauth: api.service.nhs.uk was not reached: it is production. To reach it start nhsauth watch with "
        "--production. No value is kept then, and no file can be written.\n"
    ) in done.stderr
    assert "  refused by the proxy: api.service.nhs.uk:443 (1 time)" in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--production", "--har", "x.har"), "--production writes no file; allowed: --har without it"),
        (("--har-with-secrets",), "--har-with-secrets is for --har; allowed: beside --har FILE"),
        (
            ("--upstream", "int.api.service.nhs.uk"),
            '"int.api.service.nhs.uk"; allowed: HOST=URL, https only: a URL such as https://proxy.example:8443',
        ),
        (
            ("--upstream", f"{INT}=http://127.0.0.1"),
            f'"{INT}=http://127.0.0.1"; allowed: HOST=URL, https only: a URL such as https://proxy.example:8443',
        ),
        (
            ("--upstream", "imt.api.service.nhs.uk=https://127.0.0.1"),
            '--upstream names "imt.api.service.nhs.uk", which is no host of the platform, CIS2 or NHS login',
        ),
        (("--upstream", f"{INT}=https://a.example", "--upstream", f"{INT}=https://b.example"), "is given twice"),
        (("--upstream-ca", "none.pem"), "none.pem"),
        (("--har", "no/such/folder.har"), "No such file or directory"),
        (("--fail-on", "anything"), "'anything' is not"),
    ],
)
def test_misuse_is_one_line_and_a_2(run: Run, options: tuple[str, ...], words: str) -> None:
    done = run(*options)

    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_without_certificates_is_misuse(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")

    done = run("--upstream-ca", "empty.pem")

    assert done.returncode == 2
    assert done.stderr.startswith("Error: --upstream-ca is 'empty.pem', which holds no readable certificate")


@pytest.mark.parametrize("proxy", ["https://proxy.example:8443", "socks5://127.0.0.1:1080", "http://:3128"])
def test_a_proxy_that_cannot_be_gone_through_is_misuse(run: Run, proxy: str) -> None:
    done = run(HTTPS_PROXY=proxy)

    assert done.returncode == 2
    assert f"HTTPS_PROXY is {proxy!r}; allowed: http://host:port" in done.stderr


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_a_command_it_prints_the_lines_of_env_and_waits_for_a_signal(
    second: Second, tmp_path: Path, number: int
) -> None:
    command = [*NHSAUTH, "watch", *second.options]
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(  # noqa: S603 - our own
                command, cwd=tmp_path, env=clean(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
        stack.callback(process.kill)
        assert process.stdout is not None
        assert process.stderr is not None
        page = re.search(r"the page is at (\S+)\. Ctrl-C ends it", process.stderr.readline())
        assert page is not None
        lines = dict(process.stdout.readline().strip().removeprefix("export ").split("=", 1) for _ in range(12))
        environ = clean(**{name: value.strip("'") for name, value in lines.items()})
        asked = finished(sys.executable, "-c", ASK, environ=environ)
        exchanges = requests.get(f"{page[1]}exchanges", timeout=PATIENCE).json()
        process.send_signal(number)
        _, reported = process.communicate(timeout=PATIENCE)

    assert asked.stdout.strip() == "400 invalid_request"
    assert [(each["error"]["rule"], each["world"]) for each in exchanges] == [("check_client_assertion_type", None)]
    assert (process.returncode, "1 exchange with known hosts, 1 refused" in reported) == (0, True)


def test_the_page_says_that_this_is_real_traffic(second: Second, run: Run) -> None:
    code = f"""{ASK}
import os
base = os.environ["NHSAUTH_URL"] + "/_nhsauth/"
while b"Exchange 1" not in urllib.request.urlopen(
    urllib.request.Request(base, headers={{"Accept": "text/html"}}), timeout=30
).read():
    pass
pages = [
    urllib.request.urlopen(urllib.request.Request(base + path, headers={{"Accept": "text/html"}}), timeout=30)
    for path in ("", "exchanges/1")
]
print([(b"Real traffic, watched by nhsauth" in text, b"invented" in text) for text in (each.read() for each in pages)])
"""

    assert run(*second.options, code=code).stdout.splitlines()[-1] == "[(True, False), (True, False)]"


def test_nothing_is_mocked_there(second: Second, run: Run) -> None:
    code = """
import os, urllib.error, urllib.request
for path in ("/oauth2/token", "/_nhsauth/access-tokens", "/_nhsauth/apps", "/_nhsauth/", "/_nhsauth/health"):
    try:
        print(urllib.request.urlopen(os.environ["NHSAUTH_URL"] + path, timeout=30).status)
    except urllib.error.HTTPError as error:
        print(error.code)
"""

    assert run(*second.options, code=code).stdout.split() == ["404", "404", "404", "200", "200"]


MANY = """
import asyncio, collections, os, ssl
from urllib.parse import urlsplit
proxy, context = urlsplit(os.environ["HTTPS_PROXY"]), ssl.create_default_context()
host = "int.api.service.nhs.uk"
met = asyncio.Barrier(500)

async def ask():
    reader, writer = await asyncio.open_connection(proxy.hostname, proxy.port)
    writer.write(f"CONNECT {host}:443 HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n".encode())
    answer = await reader.readuntil(b"\\r\\n\\r\\n")
    assert b" 200 " in answer, answer
    await writer.start_tls(context, server_hostname=host)
    await met.wait()
    writer.write(f"GET /hello-world/hello/world HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n".encode())
    line = await reader.readline()
    writer.close()
    return line.split()[1].decode()

async def main():
    print(collections.Counter(await asyncio.gather(*(ask() for _ in range(500)))))

asyncio.run(main())
"""


def test_500_requests_at_once_are_answered_and_counted(run: Run, second: Second) -> None:
    done = run(*second.options, code=MANY)

    assert done.stdout.strip() == "Counter({'200': 500})", done.stderr
    assert "nhsauth: 500 exchanges with known hosts, 0 refused" in done.stderr


def test_key_sets_are_fetched_when_that_is_asked_for(run: Run, second: Second) -> None:
    cis2 = "am.nhsint.auth-ptl.cis2.spineservices.nhs.uk"
    upstream = ("--upstream", f"{cis2}={second.url.replace('http://', 'https://')}")
    code = f"""
import os, urllib.error, urllib.request
try:
    urllib.request.urlopen("https://{INT}/oauth2/token", os.environb[b"FORM"], timeout=30)
except urllib.error.HTTPError as error:
    print(error.code)
"""

    without = run(*second.options, *upstream, code=code, FORM=exchange(second))
    fetched = run(*second.options, *upstream, "--fetch-keys", code=code, FORM=exchange(second))

    assert (without.stdout, fetched.stdout) == ("401\n", "401\n")
    assert "  One of these: your client_assertion and its signature do not fit the key" in without.stderr
    assert "  The signature of your subject_token was probably not made by a key of the identity" in fetched.stderr


def exchange(second: Second) -> str:
    """Return a token exchange with an id_token whose signature was spoilt."""
    token = ask(second, "id-tokens", {"provider": "cis2", "claims": {"iss": ISSUER}})["id_token"]
    assertion = ask(second, "client-assertions", {"token_url": f"https://{INT}/oauth2/token"})["client_assertion"]
    return urlencode(
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
            "subject_token": f"{token[:-8]}AAAAAAAA",
        }
    )


def ask(second: Second, path: str, body: object) -> dict[str, str]:
    found: dict[str, str] = requests.post(f"{second.url}/_nhsauth/{path}", json=body, timeout=PATIENCE).json()
    return found


def test_what_was_answered_is_compared_by_rule_and_written_without_a_value(
    run: Run, second: Second, tmp_path: Path
) -> None:
    done = run(*second.options, "--observations", "int.json", "--fail-on", "differs")

    lines = done.stderr.splitlines()
    assert done.returncode == 0, done.stderr
    assert "nhsauth: Compared with what we would have said: 1 same, 0 differs, 0 cannot tell" in lines
    assert lines[-1] == "nhsauth: int.json has it, without any value."
    day = json.loads((tmp_path / "int.json").read_text(encoding="utf-8"))
    assert day["host"] == second.url.removeprefix("http://")  # a mock, and so no evidence
    (seen,) = day["observations"]
    assert (seen["rules"], seen["verdict"], seen["count"]) == (["check_client_assertion_type"], "same", 1)


def test_fail_on_differs_is_a_1_where_something_does(run: Run, tmp_path: Path) -> None:
    settings = "[apim]\nstrict_content_type = true\n"
    typed = '{"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}), timeout'
    code = ASK.replace("urlopen(", "urlopen(urllib.request.Request(").replace("timeout", typed, 1)
    folder = tmp_path / "strict"
    folder.mkdir()

    with playing(folder, settings) as strict:
        done = run(*strict.options, "--fail-on", "differs", code=code)

    assert done.returncode == 1, done.stderr
    assert "  differs at check_content_type_form: we say 400 invalid_request: Missing or invalid client" in done.stderr
    assert "; it answered 415 invalid_request: Content-Type header must be " in done.stderr
    assert "strict_content_type" not in done.stderr  # what a mock answers calls for no setting
