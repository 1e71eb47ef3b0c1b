"""A key pair as JWK, JWKS and PEM, its thumbprint, and how it is made."""

from collections.abc import Mapping
from types import MappingProxyType

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)

from mock_servers.jose import keys
from tests.mock_servers.jose.written import Key, number


class TestKeyPair:
    def test_repr_shows_the_kid_and_nothing_of_the_key(self, key: Key) -> None:
        assert repr(keys.KeyPair(kid="k-1", private=key)) == "KeyPair(kid='k-1')"

    def test_jwk_has_its_members_in_order(self, key: Key) -> None:
        jwk = keys.KeyPair(kid="k-1", private=key).public_jwk(alg="RS512")

        assert list(jwk) == ["kty", "kid", "use", "alg", "n", "e"]

    def test_jwk_names_kid_use_and_algorithm(self, key: Key) -> None:
        jwk = keys.KeyPair(kid="k-1", private=key).public_jwk(alg="RS256")

        assert (jwk["kty"], jwk["kid"], jwk["use"], jwk["alg"]) == ("RSA", "k-1", "sig", "RS256")

    def test_jwk_numbers_rebuild_the_public_key(self, key: Key) -> None:
        jwk = keys.KeyPair(kid="k-1", private=key).public_jwk(alg="RS512")

        rebuilt = rsa.RSAPublicNumbers(number(jwk["e"]), number(jwk["n"])).public_key()
        assert rebuilt == key.public_key()

    def test_jwk_numbers_have_no_padding_and_no_leading_zeros(self, key: Key) -> None:
        jwk = keys.KeyPair(kid="k-1", private=key).public_jwk(alg="RS512")

        assert (len(jwk["n"]), jwk["e"]) == (342, "AQAB")

    def test_pyjwt_verifies_with_the_jwk_what_the_key_object_signed(self, key: Key) -> None:
        pair = keys.KeyPair(kid="k-1", private=key)
        token = jwt.PyJWS().encode(b"payload", pair.private, algorithm="RS512")

        verifying = jwt.PyJWK(pair.public_jwk(alg="RS512"))
        assert jwt.PyJWS().decode(token, verifying, algorithms=["RS512"]) == b"payload"

    def test_private_pem_is_pkcs8(self, key: Key) -> None:
        assert keys.KeyPair(kid="k-1", private=key).private_pem().startswith("-----BEGIN PRIVATE " + "KEY-----\n")

    def test_private_pem_holds_the_key(self, key: Key) -> None:
        text = keys.KeyPair(kid="k-1", private=key).private_pem()

        loaded = load_pem_private_key(text.encode(), password=None)
        assert isinstance(loaded, Key)
        assert loaded.private_numbers() == key.private_numbers()

    def test_public_pem_is_subject_public_key_info(self, key: Key) -> None:
        assert keys.KeyPair(kid="k-1", private=key).public_pem().startswith("-----BEGIN PUBLIC KEY-----\n")

    def test_public_pem_holds_the_public_key(self, key: Key) -> None:
        assert load_pem_public_key(keys.KeyPair(kid="k-1", private=key).public_pem().encode()) == key.public_key()


class TestJwks:
    def test_holds_the_keys_in_the_order_given(self, key: Key, other_key: Key) -> None:
        pairs = [keys.KeyPair(kid="b", private=key), keys.KeyPair(kid="a", private=other_key)]

        assert keys.jwks(*pairs, alg="RS512") == {"keys": [pair.public_jwk(alg="RS512") for pair in pairs]}

    def test_of_no_key_is_an_empty_set(self) -> None:
        assert keys.jwks(alg="RS512") == {"keys": []}


class TestThumbprint:
    # RFC 7638 §3.1
    N = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
        "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
        "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnqDKgw"
    )
    JWK: Mapping[str, object] = MappingProxyType(
        {"kty": "RSA", "n": N, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    )
    PRINT = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

    def test_is_that_of_the_rfc(self) -> None:
        assert keys.thumbprint(self.JWK) == self.PRINT

    def test_depends_on_kty_n_and_e_alone(self) -> None:
        bare = {name: self.JWK[name] for name in ("n", "e", "kty")}

        assert keys.thumbprint(bare) == self.PRINT

    @pytest.mark.parametrize("change", [{"kty": "EC"}, {"kty": None}, {"n": None}, {"n": 5}, {"e": None}, {"e": 65537}])
    def test_refuses_what_is_not_rsa_jwk(self, change: dict[str, object]) -> None:
        with pytest.raises(ValueError, match=r"^a thumbprint needs a JWK with kty RSA and with n and e as strings$"):
            keys.thumbprint({**self.JWK, **change})


class TestGenerate:
    def test_makes_a_key_of_the_size_asked_for(self, key: Key) -> None:
        assert key.key_size == 2048

    def test_makes_the_usual_exponent(self, key: Key) -> None:
        assert key.public_key().public_numbers().e == 65537

    def test_makes_another_key_each_time(self, key: Key, other_key: Key) -> None:
        assert key.public_key() != other_key.public_key()

    @pytest.mark.parametrize("bits", [-1, 0, 1024, 2047, 8193])
    def test_names_a_size_that_it_refuses(self, bits: int) -> None:
        with pytest.raises(ValueError, match=rf"^{bits} bits are no size for a new RSA key: allowed are 2048 to 8192$"):
            keys.generate(bits)

    def test_allows_8192_bits(self, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
        made = {8192: key}
        monkeypatch.setattr(rsa, "generate_private_key", lambda *, key_size, public_exponent: made[key_size])  # noqa: ARG005 - cryptography's own names

        assert keys.generate(8192) is key
