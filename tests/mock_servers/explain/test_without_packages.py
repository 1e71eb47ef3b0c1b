"""An explanation needs no package beside our own code, and is the same without: in a browser there is none."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from mock_servers.jose import jwts, keys
from mock_servers.jose.keys import KeyRing
from tests.mock_servers.explain.without_packages import explained
from tests.pastes import NOW, TRUTH, paste
from tests.sources import ROOT
from tools.site.explain.modules import sources

Case = Mapping[str, Any]
URL = "https://int.api.service.nhs.uk/oauth2/token"


def case(text: str, key_set: str | None = None) -> Case:
    return {"text": text, "keys": key_set, "now": NOW}


def signed_cases(ring: KeyRing) -> list[Case]:
    """A private key; a client assertion, good and changed, alone and in a request, with its own key set or another."""
    pair, other = (ring.pair(name, bits=2048, kid="test-1") for name in ("a-clients-own", "another-clients"))
    claims = {"iss": "k" * 32, "sub": "k" * 32, "aud": URL, "jti": "1", "iat": int(NOW), "exp": int(NOW) + 240}
    good = jwts.sign({"alg": "RS512", "typ": "JWT", "kid": "test-1"}, claims, pair.private)
    head, _, signature = good.rpartition(".")
    bad = f"{head}.{signature[::-1]}"
    sent = (
        f"curl {URL} -d grant_type=client_credentials -d client_assertion_type=urn:ietf:params:oauth:client-assertion"
        "-type:jwt-bearer -d client_assertion="
    )
    sets = (None, *(json.dumps(keys.jwks(each, alg="RS512")) for each in (pair, other)))
    leaked = [case(f"{text}{pair.private_pem()}") for text in ("", "my key:\n\n", f"curl {URL} -d client_assertion=")]
    return leaked + [case(text + jwt, key_set) for text in ("", sent) for jwt in (good, bad) for key_set in sets]


@pytest.fixture(scope="module")
def cases(ring: KeyRing) -> list[Case]:
    return [*(case(paste(name)) for name in TRUTH), *signed_cases(ring)]


@pytest.fixture(scope="module")
def alone(cases: list[Case]) -> Mapping[str, Any]:
    program = (sys.executable, "-m", "tests.mock_servers.explain.without_packages")
    done = subprocess.run(program, cwd=ROOT, input=json.dumps(cases), capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found


def test_what_this_takes_is_shipped_with_the_page_in_the_browser(alone: Mapping[str, Any]) -> None:
    assert set(alone["files"]) <= set(map(str, sources()))


def test_the_explanation_is_the_same_to_the_letter(cases: list[Case], alone: Mapping[str, Any]) -> None:
    differ = [(here, there) for here, there in zip(explained(cases), alone["lines"], strict=True) if here != there]

    assert differ == []


def test_signatures_are_judged(cases: list[Case], alone: Mapping[str, Any]) -> None:
    answers = ["\n".join(lines) for each, lines in zip(cases, alone["lines"], strict=True) if each["keys"]]

    assert sum("looks right" in each for each in answers) == 2
    assert len(set(answers)) > 1
