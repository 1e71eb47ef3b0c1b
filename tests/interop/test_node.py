"""Client libraries from npm log in at a mock on a port: their tests stand in node/, and node's own runner runs them.

They want `npm ci` in tests/interop/node beforehand.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.sections import ApimSettings
from mock_servers.state.configuration import Configuration

FOLDER = Path(__file__).parent / "node"

ALG = "Invalid 'alg' header in client_assertion JWT - unsupported JWT algorithm - must be 'RS512'"
KID_MISSING = "Missing 'kid' header in client_assertion JWT"
KID_UNKNOWN = "Invalid 'kid' header in client_assertion JWT - no matching public key"
TYP = "Invalid 'typ' header in client_assertion JWT - must be 'JWT'"
TOO_FAR = "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future"
JTI_MISSING = "Missing 'jti' claim in client_assertion JWT"
NOT_FORM = "Content-Type header must be application/x-www-form-urlencoded"

pytestmark = pytest.mark.node


@pytest.fixture
def node() -> str:
    """The runner, or a skip that says what is missing."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("node is not on this machine")
    if not (FOLDER / "node_modules").is_dir():
        pytest.skip("the libraries are not installed: run npm ci in tests/interop/node")
    return found


@pytest.fixture
def environment(ring: KeyRing) -> Iterator[Mapping[str, str]]:
    """The URLs of a mock, which real host names lead to as well, and of one that is strict about content types."""
    mock = Mock(Configuration(trusted_proxies=("127.0.0.1",)), ring=ring)
    strict = Mock(Configuration(apim=ApimSettings(strict_content_type=True)), ring=ring)
    with mock.serving() as one, strict.serving() as other:
        yield {**os.environ, "NHSAUTH_URL": one.url, "NHSAUTH_STRICT_URL": other.url}


@pytest.mark.parametrize("library", ["oauth4webapi", "openid-client"])
def test_the_library_logs_in_refreshes_and_logs_out(library: str, node: str, environment: Mapping[str, str]) -> None:
    command = [node, "--test", "--test-reporter=tap", f"{library}.test.mjs"]

    done = subprocess.run(  # noqa: S603 - our own tests
        command, cwd=FOLDER, env=environment, capture_output=True, encoding="utf-8", timeout=100, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


MISTAKES = {
    "openid-client": (TYP, ["typ-missing", "aud-near-miss"]),
    "oauth4webapi": (KID_MISSING, ["kid-missing", "typ-missing", "aud-near-miss"]),
    "jose": (TYP, ["typ-missing"]),
    "jsonwebtoken": (ALG, ["alg-not-rs512", "kid-missing"]),
    "jsonwebtoken, no jti": (JTI_MISSING, ["jti-missing"]),
    "jsonwebtoken, milliseconds": (TOO_FAR, ["exp-unit"]),
    "node-jose": (KID_UNKNOWN, ["wrong-kid"]),
    "axios, an object": (NOT_FORM, ["json-body"]),
    "axios, params": ("grant_type is missing", ["query-string-params"]),
}
"""What each library meets by itself: the sentence that goes out, and the mistakes that are found, in their order."""


def test_what_libraries_do_by_themselves_is_found(node: str, environment: Mapping[str, str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own script
        [node, "mistakes.mjs"],
        cwd=FOLDER,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stdout + done.stderr
    assert {line["library"]: (line["answered"], line["found"]) for line in lines} == MISTAKES
