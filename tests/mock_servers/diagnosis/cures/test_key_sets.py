"""What is wrong with a key set is mended as the cure says, and the key stays where it can."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from mock_servers.jose.jwks import Redirect
from tests.mock_servers.diagnosis.cures.bench import PLAIN, REDIRECT, Bench


@pytest.mark.parametrize(
    ("without", "changes", "sent", "words"),
    [
        (["kid"], {}, "test-1", "has no kid"),
        ([], {"kid": 7}, "7", "has kid 7, which is not text"),
        ([], {"kid": None}, "test-1", "has kid null, which is not text"),
    ],
)
def test_a_kid_is_added_to_a_key_set_that_lacks_it(
    bench: Bench, without: Sequence[str], changes: Mapping[str, Any], sent: str, words: str
) -> None:
    bench.publish([bench.jwk(*without, **changes)])

    answer = bench.ask(client_assertion=bench.signed(headers={"kid": sent}))

    assert answer.get_json()["error_description"] == (
        "Invalid 'kid' header in client_assertion JWT - no matching public key"
    )
    bench.assert_finding(words, f'Add "kid": "{sent}" to the JWK', id="jwk-without-kid")
    bench.publish([bench.jwk(kid=sent)])
    assert bench.ask(client_assertion=bench.signed(headers={"kid": sent})).status_code == 200


def test_of_several_keys_the_one_without_kid_is_named_that_signed(bench: Bench) -> None:
    bench.publish([bench.jwk("kid"), {**bench.platform.providers["cis2"].key().public_jwk(alg="RS512"), "kid": "x"}])

    bench.ask()

    bench.assert_finding("its key in the registered set has no kid", id="jwk-without-kid")


@pytest.mark.parametrize("kid", ["your-kid", "<kid>", "${KID}", "undefined"])
def test_a_kid_that_was_not_filled_in(bench: Bench, kid: str) -> None:
    bench.ask(client_assertion=bench.signed(headers={"kid": kid}))

    bench.assert_finding("a variable that was not filled in", 'Send kid "nhsauth-1"', id="wrong-kid")
    assert bench.ask(client_assertion=bench.signed(headers={"kid": "nhsauth-1"})).status_code == 200


@pytest.mark.parametrize(
    ("make", "good", "words"),
    [
        (lambda jwk: {**jwk, "n": None}, {}, "it lacks n or e"),
        (lambda jwk: {name: jwk[name] for name in ("kid", "n", "e")}, {"kty": "RSA"}, 'Add "kty": "RSA" to the JWK'),
        (lambda jwk: {"kid": jwk["kid"], "x5c": ["MIIC"]}, {}, "does not read x5c. You can keep the key"),
        (lambda jwk: {"kid": jwk["kid"], "kty": "RSA", "pem": "-----BEGIN PUBLIC KEY-----"}, {}, '"pem" holds a PEM'),
    ],
)
def test_a_jwk_that_lacks_something_is_mended_and_the_key_stays(
    bench: Bench, make: Callable[[dict[str, Any]], dict[str, Any]], good: Mapping[str, Any], words: str
) -> None:
    bench.publish([make(bench.jwk())])

    answer = bench.ask()

    assert answer.status_code == 401
    bench.assert_finding(words, id="weak-or-odd-key")
    assert ("Make an RSA key" in bench.top.cure) is (words == "it lacks n or e")
    bench.publish([{**make(bench.jwk()), "n": bench.jwk()["n"], "e": bench.jwk()["e"], "kty": "RSA", **good}])
    assert bench.ask().status_code == 200


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"keys": ["-----BEGIN PUBLIC KEY-----"]}', "a list of keys with a PEM key in it"),
        (Redirect(b"<html>Moved</html>"), "Register the URL that it redirects to"),
        (Redirect(b""), "a redirect, which is not followed"),
    ],
)
def test_what_is_not_key_set_is_named(bench: Bench, body: bytes, words: str) -> None:
    bench.publish(body)

    answer = bench.ask()

    assert answer.status_code == 401
    bench.assert_finding(words, id="jwks-is-not-a-set")
    bench.publish([bench.jwk()])
    assert bench.ask().status_code == 200


def test_a_fetched_redirect_is_known_as_one(bench: Bench) -> None:
    query = f"client_id=nhsauth-app&redirect_uri={REDIRECT}&response_type=code&state=s"
    bench.platform.apps.change("nhsauth-app", jwks_url=f"{PLAIN}/oauth2/authorize?{query}")
    bench.platform.apps.change("nhsauth-app", key_name=None)

    bench.post(f"{PLAIN}/oauth2/token", {"grant_type": "client_credentials", **bench.foreign_assertion()})

    bench.assert_finding("a redirect, which is not followed", id="jwks-is-not-a-set")


def test_standard_base64_in_a_jwk_passes_with_advice(bench: Bench) -> None:
    n = bench.jwk()["n"].replace("-", "+").replace("_", "/") + "=="
    bench.publish([bench.jwk(n=n)])

    answer = bench.ask()

    (advice,) = bench.platform.exchanges.last.advice
    assert answer.status_code == 200
    assert "n of the JWK" in advice
    assert "base64url" in advice


def test_a_key_that_was_replaced_under_its_kid_waits_for_the_service_s_copy(bench: Bench) -> None:
    new = bench.platform.ring.pair("nhsauth-replaced", bits=2048, kid="nhsauth-1")
    assert bench.ask().status_code == 200  # now the set is kept
    bench.platform.apps.change("nhsauth-app", jwks={"keys": [new.public_jwk(alg="RS512")]})

    bench.ask(client_assertion=bench.platform.client_assertion("nhsauth-app", key=new))

    bench.assert_finding("sign with the old key", "Give each new key a new kid", id="new-key-not-seen-yet")
    bench.platform.clock.advance(3601)
    assert bench.ask(client_assertion=bench.platform.client_assertion("nhsauth-app", key=new)).status_code == 200
