"""Our code on other systems, as far as one can tell: without POSIX, at a console of cp1252, with CRLF and odd paths."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

HERE = Path(__file__).parent
README = HERE.parent.parent / "README.md"
DRIVER = [sys.executable, "-X", "warn_default_encoding", str(HERE / "driver.py")]
BUSY = 100  # seconds
ODD = "my ÅÄÖ folder"

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environ(key_cache: Path) -> dict[str, str]:
    """A console that can show what cp1252 has, and a test run of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV_"))}
    return {**kept, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0", "NHSAUTH_CACHE_DIR": str(key_cache)}


@pytest.fixture
def run(environ: dict[str, str], tmp_path: Path) -> Run:
    """Run a program of ours in a folder with a name that needs quotes, and is not ASCII."""
    folder = tmp_path / ODD
    folder.mkdir()

    def ran(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [*DRIVER, *map(str, arguments)]
        return subprocess.run(  # noqa: S603 - our own Python
            command, cwd=folder, env=environ, capture_output=True, encoding="cp1252", check=False, timeout=BUSY
        )

    return ran


def test_every_module_can_be_imported_where_there_is_not_posix(run: Run) -> None:
    done = run("imports")

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 200


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("import fcntl", "No module named 'fcntl' on every system"),
        ("import os; os.getuid()", "module 'os' has no attribute 'getuid' on every system"),
        ("open(__file__)", "'encoding' argument not specified"),
    ],
)
def test_the_driver_finds_what_other_systems_lack(line: str, problem: str) -> None:
    names = "{'__name__': 'mock_servers.x', '__file__': driver.__file__}"
    code = f"import driver\nexec(compile({line!r}, 'x', 'exec'), {names})"

    done = subprocess.run(  # noqa: S603 - our own Python
        [*DRIVER[:3], "-c", code], cwd=HERE, capture_output=True, text=True, check=False, timeout=BUSY
    )

    assert done.returncode == 1
    assert problem in done.stderr


def test_serve_answers_and_explains(environ: dict[str, str], tmp_path: Path) -> None:
    config = tmp_path / ODD / "nhsauth.toml"
    config.parent.mkdir()
    config.write_bytes(b'public_urls = ["http://mock:8080"]\r\n\r\n[apim]\r\nenvironment = "int"\r\n')
    command = [*DRIVER, "nhsauth", "serve", "--port", "0", "--json", "--config", str(config)]
    with subprocess.Popen(  # noqa: S603 - our own Python
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="cp1252"
    ) as mock:
        assert mock.stdout is not None
        assert mock.stderr is not None
        url = json.loads(mock.stdout.readline())["url"]
        answer = requests.post(f"{url}/oauth2/token", {"grant_type": "→ 日本"}, timeout=30)
        (exchange,) = requests.get(f"{url}/_nhsauth/exchanges", timeout=30).json()
        mock.terminate()
        log = mock.stderr.read()

    assert answer.status_code == 400
    assert exchange["findings"][0]["id"] == "grant-type"
    assert "POST /oauth2/token 400 unsupported_grant_type" in log
    assert "Traceback" not in log


@pytest.mark.parametrize(
    "arguments",
    [["demo"], ["errors"], ["explain", "Malformed JWT in subject_token →"], ["config", "schema"]],
    ids=str,
)
def test_a_command_shows_all_that_the_console_cannot_show(run: Run, arguments: list[str]) -> None:
    done = run("nhsauth", *arguments)

    assert done.returncode in (0, 1)
    assert done.stdout != ""
    assert "Traceback" not in done.stderr


def test_the_fixtures_work(run: Run, tmp_path: Path) -> None:
    (shown,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / ODD / "test_readme.py").write_text(shown, encoding="utf-8", newline="\r\n")

    done = run("pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "test_readme.py")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_a_failure_is_reported_at_a_console_that_cannot_show_it(run: Run, tmp_path: Path) -> None:
    test = """import requests

def test_refused(nhsauth):
    assert requests.post(nhsauth.token_url, {"grant_type": "→ 日本"}).ok
"""
    (tmp_path / ODD / "test_it.py").write_text(test, encoding="utf-8")

    done = run("pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "test_it.py")

    assert "1 failed" in done.stdout
    assert "No service here has such a grant." in done.stdout
    assert "INTERNALERROR" not in done.stdout + done.stderr


def test_a_key_file_with_crlf_is_the_same_key(run: Run, tmp_path: Path) -> None:
    run("nhsauth", "keys", "new", "--bits", "2048", "--kid", "mine")
    key = tmp_path / ODD / "mine.pem"
    key.write_bytes(key.read_bytes().replace(b"\n", b"\r\n"))
    (tmp_path / ODD / "nhsauth.toml").write_bytes(f'[cis2]\r\nsigning_key = "{key.name}"\r\n'.encode())

    done = run("nhsauth", "config", "check")

    assert done.returncode == 0, done.stdout + done.stderr
