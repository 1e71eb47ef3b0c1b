"""Fakes that nobody here wrote, asked by the contract tests: the report says what differs, and nothing breaks."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mock_servers.jose.keys import KeyRing

NODE = Path(__file__).parent / "node"
OF_A_CLIENT = "test_a_mistake_alone and client_credentials"
SERVE_OIDC = """
import sys, threading, warnings
warnings.simplefilter("ignore")
import oidc_provider_mock
with oidc_provider_mock.run_server_in_thread() as server:
    print(server.server_port, flush=True)
    sys.stdin.read()
"""
SERVE_OAUTH2 = """
import { OAuth2Server } from 'oauth2-mock-server';
const server = new OAuth2Server();
await server.issuer.keys.generate('RS256');
await server.start(0, '127.0.0.1');
console.log(server.address().port);
process.stdin.resume();
process.stdin.on('end', () => server.stop());
"""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What came of asking a fake."""

    code: int
    text: str
    report: Mapping[str, Any]

    def cases(self, verdict: str) -> list[Mapping[str, Any]]:
        return [case for case in self.report["cases"] if case["verdict"] == verdict]


@contextmanager
def started(command: list[str], folder: Path | None = None) -> Iterator[int]:
    """Start a fake that prints its port, and end it by closing its input."""
    with subprocess.Popen(  # noqa: S603 - the fake's own command
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(timeout=10)


def asked(url: str, words: str, ring: KeyRing, folder: Path) -> Asked:
    key, report = folder / "key.pem", folder / "report.json"
    key.write_text(ring.pair("foreign", bits=2048).private_pem(), encoding="ascii")
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("NHSAUTH_CONTRACT", "PYTEST_"))
    }
    environ |= {
        "NHSAUTH_CONTRACT_CLIENT_ID": "foreign-app",
        "NHSAUTH_CONTRACT_KEY": str(key),
        "NHSAUTH_CONTRACT_KID": "foreign",
        "NHSAUTH_CONTRACT_CLIENT_SECRET": "foreign-secret",
    }
    command = [sys.executable, "-m", "mock_servers", "contract", "--target", url, "--report", str(report), "-k", words]
    done = subprocess.run(  # noqa: S603 - our own command
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=110, check=False
    )
    return Asked(
        code=done.returncode, text=done.stdout + done.stderr, report=json.loads(report.read_text(encoding="utf-8"))
    )


def expect_an_honest_report(asked: Asked) -> None:
    """Every difference is reported with the expected and the actual answer; nothing else went wrong."""
    differs = asked.cases("differs")

    assert asked.code == 1, asked.text
    assert asked.report["cannot_judge"] is None
    assert len(differs) > 20
    assert all(case["expected"] and case["got"] for case in differs)
    assert "INTERNALERROR" not in asked.text
    assert "Traceback" not in asked.text
    assert "foreign-secret" not in asked.text


@pytest.mark.interop
def test_oidc_provider_mock_differs_plainly(ring: KeyRing, tmp_path: Path) -> None:
    if importlib.util.find_spec("oidc_provider_mock") is None:
        pytest.skip("the dependency group interop is not installed")
    with started([sys.executable, "-W", "ignore", "-c", SERVE_OIDC]) as port:
        report = asked(f"http://127.0.0.1:{port}/oauth2/token", OF_A_CLIENT, ring, tmp_path)
    members = {case["row"]: case["got"] for case in report.cases("differs")}

    expect_an_honest_report(report)
    assert members["§3.5"].startswith("4")
    assert "unsupported_grant_type" in members["§3.5"] or "invalid_client" in members["§3.5"]


@pytest.mark.node
def test_oauth2_mock_server_differs_plainly(ring: KeyRing, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not (NODE / "node_modules" / "oauth2-mock-server").is_dir():
        pytest.skip("node or its libraries are not installed: run npm ci in tests/interop/node")
    with started([node, "--input-type=module", "-e", SERVE_OAUTH2], NODE) as port:
        report = asked(f"http://127.0.0.1:{port}/token", OF_A_CLIENT, ring, tmp_path)
    members = {case["row"]: case["got"] for case in report.cases("differs")}

    expect_an_honest_report(report)
    assert {members[row] for row in ("§3.3", "§3.21")} == {"200 a body with access_token, token_type, expires_in"}
