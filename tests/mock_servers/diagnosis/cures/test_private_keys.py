"""A private key that was sent is reported loudly and alone, from any place; a public one does no harm."""

import base64
import json
import re

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from werkzeug.test import Client

from tests.mock_servers.diagnosis.cures.bench import (
    PLAIN,
    SENT,
    Bench,
    followed,
    wrong,
)


def private_forms(bench: Bench) -> dict[str, str]:
    """The app's private key as clients send it."""
    key = bench.platform.apps.key(bench.platform.apps.get("nhsauth-app"))
    assert key is not None
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    der = key.private.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return {
        "pem": pem.decode(),
        "one line": pem.decode().replace("\n", "\\n"),
        "base64 of it": base64.b64encode(pem).decode(),
        "der": base64.b64encode(der).decode(),
        "jwk": json.dumps({"kty": "RSA", "n": "x", "e": "AQAB", "d": "y"}),
        "jwks": json.dumps({"keys": [{"kty": "RSA", "n": "x", "e": "AQAB", "d": "y"}]}),
    }


@pytest.mark.parametrize("form", ["pem", "one line", "base64 of it", "der", "jwk", "jwks"])
@pytest.mark.parametrize(("kind", "name"), SENT)
def test_a_private_key_is_reported_loudly_and_alone(bench: Bench, kind: str, name: str, form: str) -> None:
    value = private_forms(bench)[form]

    wrong(bench, kind, name, value)

    bench.assert_finding(f"{name} contains a PRIVATE KEY", "Withdraw this key NOW", id="private-key-sent")
    record = bench.platform.exchanges.last
    assert [finding.id for finding in record.findings if finding.certainty == "certain"] == ["private-key-sent"]
    explanation = record.explained() + json.dumps(record.as_json())
    assert [piece for piece in re.findall(r"[A-Za-z0-9+/]{16}", value)[1:] if piece in explanation] == []


def test_a_private_key_in_a_place_of_no_meaning_is_reported(bench: Bench) -> None:
    answer = bench.ask(private_key=private_forms(bench)["pem"])

    assert answer.status_code == 200
    assert any("PRIVATE KEY" in advice for advice in bench.platform.exchanges.last.advice)


@pytest.mark.parametrize("name", ["authorization", "apikey"])
def test_a_private_key_in_a_header_is_reported(bench: Bench, name: str) -> None:
    key = private_forms(bench)["base64 of it"]
    value = f"Bearer {key}" if name == "authorization" else key

    Client(bench.platform).get("/hello-world/hello/user", headers={name: value}, base_url=PLAIN)

    bench.assert_finding("PRIVATE KEY", id="private-key-sent")


def test_a_private_key_in_a_claim_is_reported(bench: Bench) -> None:
    pem = private_forms(bench)["pem"]

    bench.ask(client_assertion=bench.signed(iss=pem, sub=pem))

    bench.assert_finding("PRIVATE KEY", id="private-key-sent")


@pytest.mark.parametrize(("kind", "name"), SENT)
def test_a_public_key_is_reported_as_what_it_is(bench: Bench, kind: str, name: str) -> None:
    wrong(bench, kind, name, "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----")

    bench.assert_finding(f"{name} is a PEM (public key)", "does no harm", id="public-key-sent")
    assert followed(bench, kind) == 200
