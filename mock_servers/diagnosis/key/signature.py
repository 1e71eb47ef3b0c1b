"""Why a signature is invalid: another key, another algorithm, a token that was changed or cut.

All known keys are tried only if the signature was refused; otherwise only the registered one, once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.key.key import KnownKey, are_all_known, known_keys, usable
from mock_servers.jose import jwts
from mock_servers.jose.jwts import Jwt
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import shown

AS_GIVEN: Final = (
    "Send the id_token exactly as you got it. In a test let the mock sign: use the fixture nhsauth_id_token, or "
    "POST /_nhsauth/id-tokens."
)
_ASSERTION: Final = "check_client_assertion_signature"
_SUBJECT: Final = "check_subject_token_signature"
_RSA: Final = ("RS512", "RS256", "RS384", "PS512", "PS256", "PS384")
_OTHERS: Final = {32: "HS256", 48: "HS384", 64: "HS512 or ES256", 96: "ES384", 132: "ES512"}
"""Bytes of signatures that are not RSA's."""
_RSA_BYTES: Final = (128, 256, 384, 512, 1024)
_WRAPS: Final = (64, 72, 76, 80)
"""Characters after which editors and tools wrap a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """A token with a refused signature, its field, and the key that should have made it."""

    field: str
    jwt: Jwt
    key: RSAPublicKey
    kid: Any


def _signed(case: Case) -> _Signed | None:
    app_key = case.learned.get("app_key")
    if case.refused_by(_ASSERTION) and case.assertion is not None and app_key is not None:
        return _Signed(field="client_assertion", jwt=case.assertion, key=app_key, kid=case.learned["kid"])
    key = usable(case.learned.get("provider_jwk") or {})
    if case.refused_by(_SUBJECT) and case.subject is not None and key is not None:
        return _Signed(field="subject_token", jwt=case.subject, key=key, kid=case.subject.header.get("kid"))
    return None


def signature_cut_off(case: Case) -> Finding | None:
    """The signature does not have the length that this key makes."""
    signed = _signed(case)
    if signed is None:
        return None
    length, wanted = len(signed.jwt.signature), signed.key.key_size // 8
    if length == wanted or length in _RSA_BYTES:
        return None
    if length in _OTHERS:
        return Finding(
            id="signature-by-other-alg",
            certainty="likely",
            seen=f"The signature of {signed.field} has {length} bytes, like one of {_OTHERS[length]}; RSA makes "
            f"{wanted} with this key.",
            cause="The header names an algorithm that did not make the signature.",
            cure="Let the library write alg: give it RS512 and the RSA private key.",
        )
    characters = -(-length * 8 // 6)
    wrapped = any(characters % wrap == 0 for wrap in _WRAPS) and characters > 0
    return Finding(
        id="signature-cut-off",
        certainty="certain",
        seen=f"The signature of {signed.field} has {length} bytes ({characters} characters); this key makes {wanted}.",
        cause="It ends where a line would be wrapped." if wrapped else "The end of the token was lost on the way.",
        cure="Send the token in one piece, on one line, as the library returned it.",
    )


def signature_by_other_alg(case: Case) -> Finding | None:
    """The right key made the signature, but with another algorithm than the header says."""
    signed = _signed(case)
    if signed is None:
        return None
    claimed = signed.jwt.header.get("alg")
    made_by = next((alg for alg in _RSA if alg != claimed and _verifies(signed.jwt, signed.key, alg)), None)
    if made_by is None:
        return None
    padding = " Its padding is PSS, which RS algorithms do not have." if made_by.startswith("PS") else ""
    return Finding(
        id="signature-by-other-alg",
        certainty="certain",
        seen=f"The registered key made the signature of {signed.field} by {made_by}; the header says {shown(claimed)}.",
        cause=f"Your code wrote the header by hand, or after signing.{padding}",
        cure="Let the library write alg: RS512 (RSASSA-PKCS1-v1_5 with SHA-512).",
    )


def _verifies(jwt: Jwt, key: RSAPublicKey, alg: Any) -> bool:
    return alg in _RSA and jwts.verify(replace(jwt, header={**jwt.header, "alg": alg}), key, (alg,))


def changed_after_signing(case: Case) -> Finding | None:
    """The right key made the signature, but the header or payload was written differently."""
    signed = _signed(case)
    if signed is None:
        return None
    alg = signed.jwt.header.get("alg")
    for header, payload in product(_written(signed.jwt.header, "kid", "typ"), _written(signed.jwt.claims)):
        if _verifies(replace(signed.jwt, signing_input=jwts.signing_input(header[1], payload[1])), signed.key, alg):
            how = " and ".join(filter(None, (f"the header {header[0]}", f"the payload {payload[0]}")))
            return Finding(
                id="changed-after-signing",
                certainty="certain",
                seen=f"The registered key signed {signed.field} with {how}.",
                cause="Your code decoded the header or payload and wrote it again after signing.",
                cure="Give the library all members before it signs, and send its result unchanged.",
            )
    return None


def _written(members: Mapping[str, Any], *later: str) -> Iterator[tuple[str, bytes]]:
    """Return the ways in which the same members might have been written when they were signed."""
    ordered = dict(sorted(members.items()))
    yield "as sent", json.dumps(members, separators=(",", ":")).encode()
    yield "written with blanks", json.dumps(members).encode()
    yield "in the order of the alphabet", json.dumps(ordered, separators=(",", ":")).encode()
    yield "in the order of the alphabet, with blanks", json.dumps(ordered).encode()
    yield "in letters that are not escaped", json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()
    for name in later:
        if name in members:
            fewer = {key: value for key, value in members.items() if key != name}
            yield f"without {name}", json.dumps(fewer, separators=(",", ":")).encode()


def other_private_key(case: Case) -> Finding | None:
    """Another key made the signature."""
    signed = _signed(case)
    if signed is None:
        return _not_by_registered(case)
    alg = signed.jwt.header.get("alg")
    others = (key for key in known_keys(case, signed.jwt.header.get("kid")) if key.key != signed.key)
    maker = next((key for key in others if _verifies(signed.jwt, key.key, alg)), None)
    if maker is None and any(find(case) for find in (signature_cut_off, signature_by_other_alg, changed_after_signing)):
        return None
    if signed.field == "subject_token":
        return _not_by_provider(case, signed, maker)
    if maker is not None:
        return _made_by(signed, maker)
    modulus = f"{signed.key.public_numbers().n:x}"
    return Finding(
        id="other-private-key",
        certainty="likely",
        seen=f"No key that {_whose(case)} made the signature of client_assertion; the key registered as kid "
        f"{shown(signed.kid)} has {signed.key.key_size} bits, and its modulus begins {modulus[:16]}.",
        cause="It was signed with another private key, or changed after signing.",
        cure="Run `openssl rsa -in key.pem -noout -modulus`, compare, and sign with the key that matches.",
    )


def _whose(case: Case) -> str:
    if not case.known.is_all:
        return "the key set has"
    return "this mock knows" if are_all_known(case) else "was tried"


def _not_by_provider(case: Case, signed: _Signed, maker: KnownKey | None) -> Finding:
    whose = f"matches kid {shown(maker.kid)} of {maker.owner}" if maker else f"matches no key that {_whose(case)}"
    return Finding(
        id="other-private-key",
        certainty="certain" if maker else "likely",
        seen=f"The signature of subject_token {whose}; the header says kid {shown(signed.kid)}.",
        cause=f"Someone other than {case.learned['provider'].title} signed it, or it was changed after signing.",
        cure=AS_GIVEN,
    )


def _made_by(signed: _Signed, maker: KnownKey) -> Finding:
    if maker.held and maker.kid == signed.kid:
        return Finding(
            id="jwk-and-pem-differ",
            certainty="certain",
            seen=f"The private key that this mock holds for the app made the signature; the JWK registered as "
            f"kid {shown(signed.kid)} is another key's.",
            cause="JWK and PEM are not a pair: someone made a new key pair, and kept one half of the old one.",
            cure="Make the JWK from the private key that you sign with, and register it.",
        )
    return Finding(
        id="other-private-key",
        certainty="certain",
        seen=f"The signature of client_assertion matches kid {shown(maker.kid)} of {maker.owner}; the header says kid "
        f"{shown(signed.kid)}.",
        cause="Your code takes key and kid from two settings. Only one of them was changed."
        if maker.registered or maker.held
        else "Your code read another owner's private key: a path or a secret has the wrong name.",
        cure=f"Send kid {shown(maker.kid)} with this key."
        if maker.registered
        else f"Sign with the private key that belongs to kid {shown(signed.kid)}.",
    )


def _not_by_registered(case: Case) -> Finding | None:
    """Something else was refused first; the signature is then verified with the named key only."""
    jwk = case.key_set.find(case.header("kid")) if case.key_set is not None else None
    key, alg = usable(jwk or {}), case.header("alg")
    if case.assertion is None or key is None or alg not in _RSA or _verifies(case.assertion, key, alg):
        return None
    return Finding(
        id="other-private-key",
        certainty="certain",
        seen=f"The signature does not match the key registered as kid {shown(case.header('kid'))}.",
        cause="It was signed with another private key, or changed after signing.",
        cure="Sign with the private half of the registered key, and send the assertion unchanged.",
    )


FINDERS: Final = (
    Finder(find=signature_by_other_alg, rules=(_ASSERTION, _SUBJECT)),
    Finder(find=changed_after_signing, rules=(_ASSERTION, _SUBJECT)),
    Finder(find=signature_cut_off, rules=(_ASSERTION, _SUBJECT)),
    Finder(find=other_private_key, rules=(_ASSERTION, _SUBJECT), named=("other-private-key", "jwk-and-pem-differ")),
)
