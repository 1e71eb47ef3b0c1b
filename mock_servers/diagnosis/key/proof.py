"""Which known key made a signature, and over which text: computed from the signature, not read from the token.

The public operation on an RSA signature gives the digest that was signed (RFC 8017, section 5.2.2). So one operation
for each key shows whether that key made the signature, even of a text that was not sent. PSS hides its digest: it is
verified over the text as sent only, with the keys of the app or provider itself.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any, Final

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.key.key import KnownKey
from mock_servers.jose import jwts
from mock_servers.jose.jwts import Jwt
from mock_servers.jose.rsa_numbers import is_pss_of_any_salt, recovered
from mock_servers.wire.wording import shown

MOST: Final = 100
"""Public-key operations for one signature."""
REVERSED: Final = "from its last byte to its first"
"""How CryptoAPI writes a signature: little-endian, where a JWT needs big-endian (RFC 8017, section 4.1)."""
_EARLIER: Final = 50
"""The newest exchanges whose JWTs may be what was signed."""
_MEMBERS: Final = 5
"""Changed members that are named."""
_DIGESTS: Final[Mapping[str, Callable[[bytes], Any]]] = {
    "RS512": hashlib.sha512,
    "RS256": hashlib.sha256,
    "RS384": hashlib.sha384,
}
_PSS: Final = ("PS512", "PS256", "PS384")
_SLIP: Final = (
    "Your code made the text to sign by itself: it is header, dot and payload, as they are sent, and hashed once."
)
BARE: Final = (
    "Your code pads the digest alone, as a raw RSA call or openssl pkeyutl without -pkeyopt digest:sha512 does. RS512 "
    "signs the DigestInfo, which names the hash (RFC 8017, section 9.2)."
)
_LATE: Final = (
    "Your code signed first, and turned base64 into base64url only afterwards. Sign header, dot and payload as they "
    "are sent: with - and _ instead of + and /, and without =."
)
_BASE64: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "ordinary base64": base64.b64encode,
    "ordinary base64 without padding": lambda raw: base64.b64encode(raw).rstrip(b"="),
    "base64url with padding": base64.urlsafe_b64encode,
    "base64 in lines, as MIME has it": lambda raw: base64.encodebytes(raw).rstrip(b"\n"),
}
_HEX: Final = re.compile(rb"(?:[0-9a-fA-F]{2})+")


def written(members: Mapping[str, Any], *later: str) -> Iterator[tuple[str, bytes]]:
    """Return the ways in which the same members might have been written when they were signed.

    Those named in `later` may have been added after signing.
    """
    ordered = dict(sorted(members.items()))
    yield "as sent", json.dumps(members, separators=(",", ":")).encode()
    yield "written with blanks", json.dumps(members).encode()
    yield "in the order of the alphabet", json.dumps(ordered, separators=(",", ":")).encode()
    yield "in the order of the alphabet, with blanks", json.dumps(ordered).encode()
    yield "in letters that are not escaped", _unescaped(members)
    for name in later:
        if name in members:
            fewer = {key: value for key, value in members.items() if key != name}
            yield f"without {name}", json.dumps(fewer, separators=(",", ":")).encode()


def _unescaped(members: Mapping[str, Any]) -> bytes:
    text = json.dumps(members, separators=(",", ":"), ensure_ascii=False)
    return text.encode(errors="surrogatepass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The key that made a signature, and how.

    `alg` made it; empty if the text that was signed is not known. `text` says what was signed instead of the text as
    sent, `cause` what code does that, and `form` how the signature was written instead of base64url; they are empty if
    nothing differs.
    """

    maker: KnownKey
    alg: str = ""
    text: str = ""
    cause: str = ""
    form: str = ""

    @property
    def is_of_other_text(self) -> bool:
        """Whether the key signed a text that could not be found out."""
        return not self.alg


@dataclass(slots=True)
class Attempt:
    """Keys tried on one signature; `is_complete` says whether all of them were."""

    left: int = MOST
    is_complete: bool = True
    proof: Proof | None = field(default=None)

    @property
    def maker(self) -> KnownKey | None:
        """The key that made the signature, if one was found."""
        return self.proof.maker if self.proof is not None else None

    def may(self) -> bool:
        """Count one operation; `False` when none is left."""
        self.is_complete = self.is_complete and self.left > 0
        self.left -= 1
        return self.left >= 0


def attempt(case: Case, name: str, jwt: Jwt, keys: Iterable[KnownKey], most: int = MOST) -> Attempt:
    """Try keys in their order on the signature of the JWT in the form's field `name`, by so many operations."""
    tried, known = Attempt(left=most), list(islice(keys, most + 1))
    forms = list(encoded_forms(jwt.signature))
    of_own = [*forms, (REVERSED, jwt.signature[::-1])]
    made = (_of_digest(case, name, jwt, key, of_own if key.registered else forms, tried) for key in known)
    padded = (_of_pss(jwt, key, tried) for key in known if key.registered)
    tried.proof = next(filter(None, made), None) or next(filter(None, padded), None)
    return tried


def _of_digest(
    case: Case, name: str, jwt: Jwt, key: KnownKey, forms: Iterable[tuple[str, bytes]], tried: Attempt
) -> Proof | None:
    for form, signature in forms:
        if len(signature) == key.key.key_size // 8 and tried.may():
            signed = recovered(key.key, signature)
            if signed is not None:
                alg, text, cause = next(_texts_signed(case, name, jwt, signed), ("", "", ""))
                return Proof(maker=key, alg=alg, text=text, cause=cause, form=form)
    return None


def _of_pss(jwt: Jwt, key: KnownKey, tried: Attempt) -> Proof | None:
    if len(jwt.signature) != key.key.key_size // 8:
        return None
    sent = (jwt.signature, jwt.signing_input)
    return next(
        (Proof(maker=key, alg=alg) for alg in _PSS if tried.may() and is_pss_of_any_salt(key.key, *sent, alg)), None
    )


def encoded_forms(signature: bytes) -> Iterator[tuple[str, bytes]]:
    """Return the bytes of a signature as they were sent, and as other writings than base64url give them."""
    yield "", signature
    third = jwts.base64url(signature).encode()
    if _HEX.fullmatch(third):
        yield "in hex", bytes.fromhex(third.decode())
    if _HEX.fullmatch(signature):
        yield "in hex, and then in base64url", bytes.fromhex(signature.decode())
    try:
        standard = signature.strip().translate(bytes.maketrans(b"-_", b"+/"))
        yield "in base64 twice", binascii.a2b_base64(standard + b"=" * (-len(standard) % 4), strict_mode=True)
    except binascii.Error:
        return


def _texts_signed(case: Case, name: str, jwt: Jwt, signed: bytes) -> Iterator[tuple[str, str, str]]:
    """Return the algorithm, the text and the cause that give the recovered digest, the text as sent first."""
    candidates = (
        (_SLIP, _slips(jwt)),
        (_LATE, _in_other_base64(jwt)),
        ("Your code decoded the header or payload and wrote it again after signing.", _written_otherwise(jwt)),
        (
            "Your code changed a signed JWT, or joined an old signature to a new header and payload.",
            _sent_earlier(case, name, jwt),
        ),
    )
    for cause, texts in candidates:
        for (words, text), (alg, make) in product(texts, _DIGESTS.items()):
            digest = make(text)
            if signed == digest.digest():
                yield (
                    alg,
                    f"{words and f'{words}, and '}a bare digest, without the DigestInfo that names its hash",
                    BARE,
                )
            elif signed.endswith(digest.digest()):
                yield alg, words, cause if words else ""
            twice = (make(digest.digest()).digest(), make(digest.hexdigest().encode()).digest())
            if signed.endswith(twice):
                yield alg, f"{words or 'the text as sent'} hashed twice", _SLIP


def _slips(jwt: Jwt) -> Iterator[tuple[str, bytes]]:
    """Return what code signs in place of `header.payload`."""
    sent = jwt.signing_input
    header, payload = sent.split(b".")
    yield "", sent
    yield "a line feed after the payload", sent + b"\n"
    yield "a carriage return and a line feed after the payload", sent + b"\r\n"
    yield "the JSON instead of its base64url", b".".join((_json(header), _json(payload)))
    yield "the payload alone", payload
    yield "the JSON of the payload alone", _json(payload)
    yield "the text in UTF-16", sent.decode().encode("utf-16-le")


def _in_other_base64(jwt: Jwt) -> Iterator[tuple[str, bytes]]:
    raw = [_json(part) for part in jwt.signing_input.split(b".")]
    texts = ((words, b".".join(map(encode, raw))) for words, encode in _BASE64.items())
    return ((f"header and payload in {words}", text) for words, text in texts if text != jwt.signing_input)


def _json(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


def _written_otherwise(jwt: Jwt) -> Iterator[tuple[str, bytes]]:
    raw = [("as sent", _json(part)) for part in jwt.signing_input.split(b".")]
    headers, payloads = (raw[0], *written(jwt.header, "kid", "typ")), (raw[1], *written(jwt.claims))
    for header, payload in product(headers, payloads):
        yield f"the header {header[0]} and the payload {payload[0]}", jwts.signing_input(header[1], payload[1])


def _sent_earlier(case: Case, name: str, jwt: Jwt) -> Iterator[tuple[str, bytes]]:
    """Return the JWTs that this mock received before in this field, each with the members that differ."""
    for record in islice(case.known.before(case.record), _EARLIER):
        earlier = record.received.get(name)
        if earlier is None:
            continue
        then, now = {**earlier.header, **earlier.claims}, {**jwt.header, **jwt.claims}
        changed = [member for member in {**then, **now} if then.get(member) != now.get(member)]
        words = f"another {' and '.join(map(shown, changed[:_MEMBERS]))}: what exchange {record.id} sent"
        for header, payload in product(written(earlier.header), written(earlier.claims)):
            yield words, jwts.signing_input(header[1], payload[1])
