"""What the image runs, run without a container: its command, its configuration, its health check and its client."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.processes import finished

ROOT = Path(__file__).parent.parent
CLIENT = ROOT / "examples" / "container"
CONTAINERFILE = (CLIENT / "Containerfile").read_text(encoding="utf-8")


HEALTH, SERVE = (json.loads(found) for found in re.findall(r"^ *CMD (\[.*\])$", CONTAINERFILE, re.MULTILINE))
(CONFIGURATION,) = re.findall(r"^COPY (\S+) /etc/nhsauth/nhsauth.toml$", CONTAINERFILE, re.MULTILINE)


@pytest.fixture(scope="module")
def url(key_cache: Path) -> Iterator[str]:
    """Where the mock answers, started as in the container, but for the address, a free port and the place of a file."""
    instead = {"/etc/nhsauth/nhsauth.toml": str(ROOT / CONFIGURATION), "0.0.0.0": "127.0.0.1"}  # noqa: S104 - not here
    command = [sys.executable, "-m", "mock_servers", *(instead.get(word, word) for word in SERVE), "--port", "0"]
    environ = {**os.environ, "NHSAUTH_CACHE_DIR": str(key_cache)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as mock:  # noqa: S603 - our own command
        assert mock.stdout is not None
        yield mock.stdout.readline().split()[-1]
        mock.terminate()


def test_the_image_is_built_from_the_files_that_its_ignore_file_lets_in(tmp_path: Path) -> None:
    lines = (CLIENT / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for name in (line.removeprefix("!") for line in lines if line.startswith("!")):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif name != "dist/wheelhouse":  # there only after `make wheelhouse`
            shutil.copy(ROOT / name, tmp_path)

    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=tmp_path, capture_output=True, check=False
    )

    assert lines[0] == "*"
    assert built.returncode == 0, built.stderr
    assert (tmp_path / CONFIGURATION).is_file()


def python(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return finished(sys.executable, *arguments, environ={**os.environ, **environ})


def test_the_client_of_another_container_gets_its_answer(url: str) -> None:
    done = python(str(CLIENT / "exchange.py"), NHSAUTH_URL=url, NO_PROXY="*")

    assert done.stdout == '{"message":"Hello User!"}\n', done.stderr


@pytest.mark.parametrize(("host", "status"), [("nhsauth:8080", 200), ("localhost:8080", 200), ("another:8080", 403)])
def test_the_control_api_answers_under_the_name_of_the_service(url: str, host: str, status: int) -> None:
    answer = requests.get(f"{url}/_nhsauth/status", headers={"Host": host}, timeout=30)

    assert answer.status_code == status


def test_the_health_check_shows_a_mock_that_answers_from_none(url: str) -> None:
    assert HEALTH[0] == "python3"
    (of_container,) = re.findall(r"http://127\.0\.0\.1:8080", HEALTH[2])

    check = HEALTH[2].replace("timeout=2", "timeout=60")  # this machine is busy with other tests

    assert python("-c", check.replace(of_container, url), NO_PROXY="*").returncode == 0
    assert python("-c", check.replace(of_container, "http://127.0.0.1:9"), NO_PROXY="*").returncode == 1


def test_the_container_has_no_root_and_serves_the_port_that_it_names() -> None:
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", CONTAINERFILE, re.MULTILINE)
    assert re.search(r"^EXPOSE 8080$", CONTAINERFILE, re.MULTILINE)
    assert "--port" not in SERVE
