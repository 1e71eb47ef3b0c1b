"""RSA signatures checked by arithmetic alone, for a Python that has no cryptography: one in a browser.

Public keys only: nothing here is secret, so nothing has to take the same time for each key (RFC 8017, section 8).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

_HASHES: Final[Mapping[str, Callable[[bytes], hashlib._Hash]]] = {
    "256": hashlib.sha256,
    "384": hashlib.sha384,
    "512": hashlib.sha512,
}
_DIGEST_INFO: Final = {
    "256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
"""What stands before the digest: DER that names its hash (RFC 8017, section 9.2, note 1)."""
_SHORTEST_PADDING: Final = b"\x00\x01" + 8 * b"\xff"
_TRAILER: Final = 0xBC
_SMALLEST_EXPONENT: Final = 3
_RSA_ENCRYPTION: Final = bytes.fromhex("300d06092a864886f70d0101010500")


class Numbers(Protocol):
    """The numbers of a public key (RFC 8017, section 3.1)."""

    @property
    def n(self) -> int:
        """The modulus."""

    @property
    def e(self) -> int:
        """The exponent."""


class PublicKey(Protocol):
    """An RSA public key: one of cryptography, or a PlainKey."""

    @property
    def key_size(self) -> int:
        """Bits of the modulus."""

    def public_numbers(self) -> Numbers:
        """Return modulus and exponent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainKey:
    """The numbers of a public key, and the key itself. Raises ValueError for numbers that no RSA key has."""

    n: int
    e: int

    def __post_init__(self) -> None:
        if not (_SMALLEST_EXPONENT <= self.e < self.n and self.e % 2):
            raise ValueError("e must be odd, and 3 <= e < n")

    @property
    def key_size(self) -> int:
        """Bits of the modulus."""
        return self.n.bit_length()

    def public_numbers(self) -> PlainKey:
        """Return modulus and exponent."""
        return self


def is_signature(key: PublicKey, signature: bytes, message: bytes, alg: str) -> bool:
    """Whether the key made the signature of the message by `alg`: RS256 to RS512, PS256 to PS512.

    A PSS salt has the length of the digest (RFC 7518, section 3.5).
    """
    if alg.startswith("PS"):
        return _is_pss(key, signature, message, alg, _hash(alg)(b"").digest_size)
    signed = _DIGEST_INFO[alg[2:]] + _hash(alg)(message).digest()
    return recovered(key, signature) == signed


def is_pss_of_any_salt(key: PublicKey, signature: bytes, message: bytes, alg: str) -> bool:
    """Whether the key made the signature of the message by PS256, PS384 or PS512, with a salt of any length."""
    return _is_pss(key, signature, message, alg, None)


def recovered(key: PublicKey, signature: bytes) -> bytes | None:
    """Return what the key signed with PKCS #1 v1.5, the digest at its end; `None` if it did not make the signature."""
    encoded = _opened(key, signature)
    if encoded is None or not encoded.startswith(_SHORTEST_PADDING):
        return None
    head, zero, signed = encoded[2:].partition(b"\x00")
    return signed if zero and not head.strip(b"\xff") else None


def subject_public_key_info(key: PublicKey) -> bytes:
    """Return the DER that a PEM of the public key holds (RFC 5280, section 4.1; RFC 8017, appendix A.1.1)."""
    numbers = key.public_numbers()
    inner = _der(0x30, _integer(numbers.n) + _integer(numbers.e))
    return _der(0x30, _RSA_ENCRYPTION + _der(0x03, b"\x00" + inner))


def _hash(alg: str) -> Callable[[bytes], hashlib._Hash]:
    return _HASHES[alg[2:]]


def _opened(key: PublicKey, signature: bytes) -> bytes | None:
    """Return what the public operation makes of a signature, as long as the modulus (RFC 8017, section 5.2.2)."""
    numbers, length = key.public_numbers(), (key.key_size + 7) // 8
    number = int.from_bytes(signature)
    if len(signature) != length or number >= numbers.n:
        return None
    return pow(number, numbers.e, numbers.n).to_bytes(length)


def _is_pss(key: PublicKey, signature: bytes, message: bytes, alg: str, salt_size: int | None) -> bool:
    """Verify as RFC 8017, section 9.1.2, says; step by step in its order."""
    make, opened, bits = _hash(alg), _opened(key, signature), key.key_size - 1
    size, length = make(b"").digest_size, (bits + 7) // 8
    if opened is None or any(opened[:-length]) or length < size + 2:
        return False
    encoded = opened[-length:]
    masked, digest = encoded[: -size - 1], encoded[-size - 1 : -1]
    unused = 8 * length - bits
    if encoded[-1] != _TRAILER or masked[0] >> (8 - unused):
        return False
    mask = _mgf1(digest, len(masked), alg)
    block = (int.from_bytes(masked) ^ int.from_bytes(mask)) & ((1 << (8 * len(masked) - unused)) - 1)
    zeros, one, salt = block.to_bytes(len(masked)).partition(b"\x01")
    if any(zeros) or not one or salt_size not in (None, len(salt)):
        return False
    return make(bytes(8) + make(message).digest() + salt).digest() == digest


def _mgf1(seed: bytes, length: int, alg: str) -> bytes:
    """Return the mask of a seed (RFC 8017, appendix B.2.1)."""
    make = _hash(alg)
    blocks = -(-length // make(b"").digest_size)
    return b"".join(make(seed + count.to_bytes(4)).digest() for count in range(blocks))[:length]


def _integer(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:  # noqa: PLR2004 - X.690, section 8.1.3: longer ones are preceded by how many bytes tell it
        return bytes([tag, length]) + content
    written = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(written)]) + written + content
