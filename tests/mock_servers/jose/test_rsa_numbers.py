"""RSA by arithmetic says of each signature what cryptography says of it."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from itertools import islice

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mock_servers.jose import jwks, jwts, rsa_numbers
from mock_servers.jose.rsa_numbers import PlainKey

HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
SIZES = (1024, 1025, 1031, 1032, 2048, 2050)
"""Bits: those that fill their last byte, and those that do not, which PSS pads in other ways."""
Scheme = tuple[padding.PKCS1v15 | padding.PSS, hashes.HashAlgorithm]


@cache
def private_key(bits: int, exponent: int = 65537) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=exponent, key_size=bits)


def plain(key: rsa.RSAPublicKey) -> PlainKey:
    return PlainKey(n=key.public_numbers().n, e=key.public_numbers().e)


def scheme(alg: str, salt: object = None) -> Scheme:
    made = HASHES[alg[2:]]
    if alg.startswith("RS"):
        return padding.PKCS1v15(), made
    return padding.PSS(mgf=padding.MGF1(made), salt_length=made.digest_size if salt is None else salt), made  # type: ignore[arg-type] # a number, or AUTO


def is_good(key: rsa.RSAPublicKey, signature: bytes, message: bytes, wanted: Scheme) -> bool:
    try:
        key.verify(signature, message, *wanted)
    except InvalidSignature:
        return False
    return True


def raw(key: rsa.RSAPrivateKey, encoded: bytes) -> bytes:
    """The private operation on any bytes, as who forges a padding does it."""
    numbers = key.private_numbers()
    number = int.from_bytes(encoded) % numbers.public_numbers.n
    return pow(number, numbers.d, numbers.public_numbers.n).to_bytes((key.key_size + 7) // 8)


def opened(key: rsa.RSAPrivateKey, signature: bytes) -> bytes:
    numbers = key.public_key().public_numbers()
    return pow(int.from_bytes(signature), numbers.e, numbers.n).to_bytes((key.key_size + 7) // 8)


def flipped(text: bytes, chosen: random.Random) -> bytes:
    place = chosen.randrange(len(text))
    return text[:place] + bytes([text[place] ^ (1 << chosen.randrange(8))]) + text[place + 1 :]


Damage = Callable[[rsa.RSAPrivateKey, bytes, random.Random], bytes]
DAMAGES: tuple[Damage, ...] = (
    lambda _key, signature, chosen: flipped(signature, chosen),
    lambda _key, signature, _: signature[:-1],
    lambda _key, signature, _: b"\x00" + signature,
    lambda _key, signature, _: signature + b"\x00",
    lambda _key, _signature, _: b"",
    lambda _key, signature, chosen: chosen.randbytes(len(signature)),
    lambda key, signature, _: (int.from_bytes(signature) + key.public_key().public_numbers().n).to_bytes(
        len(signature) + 1
    ),
    lambda _key, signature, _: bytes(len(signature)),
    # one bit of what the padding holds
    lambda key, signature, chosen: raw(key, flipped(opened(key, signature), chosen)),
    # a padding that is too short, with what is left behind the digest
    lambda key, signature, _: raw(key, b"\x00\x01\xff\x00" + opened(key, signature).lstrip(b"\x00\x01\xff") + bytes(9)),
    # what was signed moved to the front of the padding
    lambda key, signature, _: raw(key, opened(key, signature)[:3] + opened(key, signature)[40:] + bytes(37)),
)


def cases(seed: int) -> Iterator[tuple[rsa.RSAPrivateKey, str, bytes, bytes, Scheme]]:
    """Key, algorithm, signature, message: half of them good, and each damage in turn."""
    chosen = random.Random(seed)
    for count in range(10**6):
        key, alg = private_key(SIZES[count % len(SIZES)]), ALGORITHMS[(count // len(SIZES)) % len(ALGORITHMS)]
        message = chosen.randbytes(chosen.randrange(300))
        salt = None if chosen.random() < 0.8 else chosen.choice((0, 1, 8, 20))
        try:
            signature = key.sign(message, *scheme(alg, salt))
        except ValueError:  # a key of 1024 bits has no room for SHA-512 and its salt
            signature = chosen.randbytes((key.key_size + 7) // 8)
        if count % 2:
            signature = DAMAGES[(count // 2) % len(DAMAGES)](key, signature, chosen)
        if chosen.random() < 0.05:
            message += b"."
        yield key, alg, signature, message, scheme(alg)


@pytest.mark.parametrize(("seed", "most"), [(1, 200), pytest.param(2, 2_000, marks=pytest.mark.slow)])
def test_arithmetic_and_cryptography_agree_on_each_signature(seed: int, most: int) -> None:
    said = [
        (
            is_good(key.public_key(), signature, message, wanted),
            rsa_numbers.is_signature(numbers, signature, message, alg),
        )
        for key, alg, signature, message, wanted in islice(cases(seed), most)
        for numbers in [plain(key.public_key())]
    ]

    assert [place for place, (theirs, ours) in enumerate(said) if theirs is not ours] == []
    assert most * 0.3 < sum(theirs for theirs, _ in said) < most * 0.6


def test_both_recover_the_same_of_a_signature() -> None:
    for key, _, signature, _, _ in islice(cases(3), 200):
        theirs = None
        with suppress(InvalidSignature):
            theirs = key.public_key().recover_data_from_signature(signature, padding.PKCS1v15(), None)

        assert rsa_numbers.recovered(plain(key.public_key()), signature) == theirs


def test_both_agree_on_a_salt_of_any_length() -> None:
    for key, alg, signature, message, _ in islice(cases(4), 300):
        if alg.startswith("PS"):
            theirs = is_good(key.public_key(), signature, message, scheme(alg, padding.PSS.AUTO))

            assert rsa_numbers.is_pss_of_any_salt(key.public_key(), signature, message, alg) is theirs


def test_a_forgery_for_a_small_exponent_is_refused() -> None:
    """Bleichenbacher's: a cube whose head is a right padding, and garbage behind the digest."""
    key = private_key(2048, 3)
    digest = rsa_numbers._DIGEST_INFO["256"] + sha256(b"message")  # noqa: SLF001 - what a forger writes
    head = b"\x00\x01" + 8 * b"\xff" + b"\x00" + digest
    wanted = int.from_bytes(head + bytes(256 - len(head)))
    forged = (cube_root(wanted) + 1).to_bytes(256)

    assert opened(key, forged).startswith(head[:30])
    assert not rsa_numbers.is_signature(plain(key.public_key()), forged, b"message", "RS256")


def sha256(message: bytes) -> bytes:
    made = hashes.Hash(hashes.SHA256())
    made.update(message)
    return made.finalize()


def cube_root(number: int) -> int:
    low, high = 0, 1 << (number.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= number else (low, middle - 1)
    return low


@pytest.mark.parametrize("bits", SIZES)
def test_the_der_of_a_public_key_is_that_of_cryptography(bits: int) -> None:
    key = private_key(bits).public_key()

    assert rsa_numbers.subject_public_key_info(plain(key)) == key.public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize(
    ("n", "e"), [(0, 3), (2**2048 + 1, 65536), (2**2048 + 1, 1), (2**2048 + 1, 2**2049 + 1), (15, 0)]
)
def test_numbers_that_cryptography_refuses_are_no_key(n: int, e: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        rsa.RSAPublicNumbers(n=n, e=e).public_key()
    with pytest.raises(ValueError, match="odd"):
        PlainKey(n=n, e=e)


def test_a_jwt_is_verified_by_a_plain_key_as_by_that_of_cryptography() -> None:
    private = private_key(2048)
    jwt = jwts.decode(jwts.sign({"alg": "RS512"}, {"iss": "app"}, private))
    key = plain(private.public_key())

    assert jwts.verify(jwt, key, ("RS512",))
    assert not jwts.verify(jwt, key, ("RS256",))
    assert not jwts.verify(jwt, plain(private_key(2050).public_key()), ("RS512",))


def test_without_cryptography_a_jwk_is_a_plain_key(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = private_key(2048).public_key().public_numbers()
    n, e = (jwts.base64url(each.to_bytes((each.bit_length() + 7) // 8)) for each in (numbers.n, numbers.e))
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives.asymmetric.rsa", None)
    jwks._rsa_key.cache_clear()  # noqa: SLF001 - as if no key had been read

    assert jwks.public_key({"kty": "RSA", "n": n, "e": e}) == PlainKey(n=numbers.n, e=numbers.e)
    jwks._rsa_key.cache_clear()  # noqa: SLF001 - the others want theirs
