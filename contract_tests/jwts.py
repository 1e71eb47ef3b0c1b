"""JSON Web Tokens of a careless client: any header, any claims, any signature.

The service decides whether a token is right; this module refuses nothing that JSON can hold.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

Signer: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], str]
"""Turns a header and claims into the compact text of a token."""

Spoil: TypeAlias = Callable[[str], str]
"""Changes the text of a token after it was signed."""

Fill: TypeAlias = Callable[[Any], Any]
"""Replaces values that are only known when the request is built."""

_HASHES = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}


@dataclass(slots=True, kw_only=True)
class Jwt:
    """A token under construction: its contents, its signer, and its later damage."""

    header: dict[str, Any]
    claims: dict[str, Any]
    sign: Signer
    spoils: list[Spoil] = field(default_factory=list)

    def text(self, fill: Fill) -> str:
        """Return the compact form: filled in, signed, then spoilt in the order of the list."""
        token = self.sign(fill(self.header), fill(self.claims))
        for spoil in self.spoils:
            token = spoil(token)
        return token


@dataclass(frozen=True, slots=True, kw_only=True)
class RsaSigner:
    """Signs with an RSA key, using the hash that the header's `alg` names, by default SHA-512."""

    key: RSAPrivateKey

    def __call__(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """Return the compact token."""
        signed = f"{encode_part(header)}.{encode_part(claims)}"
        hashing = _HASHES.get(str(header.get("alg")), hashes.SHA512())
        return f"{signed}.{to_base64url(self.key.sign(signed.encode(), padding.PKCS1v15(), hashing))}"


def unsigned(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """Return a compact token with an invented signature; a `Signer` for tokens whose signature is not checked."""
    return f"{encode_part(header)}.{encode_part(claims)}.{to_base64url(b'nobody looks at this signature')}"


def public_jwk(key: RSAPublicKey, kid: str, **members: str) -> dict[str, str]:
    """Return the key as a member of a JWKS; `members` are added or replace those of a signing key."""
    numbers = key.public_numbers()
    exponent, modulus = (_number(number) for number in (numbers.e, numbers.n))
    return {"kty": "RSA", "use": "sig", "alg": "RS512", "kid": kid, "e": exponent, "n": modulus} | members


def to_base64url(raw: bytes) -> str:
    """Return the base64url text without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Return the bytes of an unpadded base64url text."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode_part(value: object) -> str:
    """Return a JSON value as one part of a token."""
    return to_base64url(json.dumps(value, separators=(",", ":")).encode())


def decode(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a sound token; the signature is not looked at."""
    header, claims, _ = token.split(".")
    return json.loads(from_base64url(header)), json.loads(from_base64url(claims))


def opaque(_: str) -> str:
    """Put a text without a single dot in the token's place: an authorization code, for one."""
    return "nxnQLxjTlLpPpqyyEnhQJyDk0aA"


def two_parts(token: str) -> str:
    """Cut the signature off, its dot included."""
    return token.rpartition(".")[0]


def empty_signature(token: str) -> str:
    """Cut the signature off and leave its dot."""
    return two_parts(token) + "."


def turned_signature(token: str) -> str:
    """Turn one bit in the middle of the signature."""
    signed, _, signature = token.rpartition(".")
    raw = bytearray(from_base64url(signature))
    raw[len(raw) // 2] ^= 1
    return f"{signed}.{to_base64url(bytes(raw))}"


def foreign_claims(token: str) -> str:
    """Add a claim and keep the signature of the claims as they were."""
    header, claims = decode(token)
    return f"{encode_part(header)}.{encode_part(claims | {'added': 'later'})}.{token.rpartition('.')[2]}"


def replaced_part(token: str, place: int, part: str) -> str:
    """Replace the text of one of the three parts and keep the signature of the others."""
    parts = token.split(".")
    parts[place] = part
    return ".".join(parts)


def rewritten_header(token: str, **members: Any) -> str:
    """Set members of the header and keep the signature; a member set to `...` is left out."""
    header, _ = decode(token)
    kept = {name: value for name, value in (header | members).items() if value is not ...}
    return replaced_part(token, 0, encode_part(kept))


def _number(number: int) -> str:
    return to_base64url(number.to_bytes((number.bit_length() + 7) // 8))
