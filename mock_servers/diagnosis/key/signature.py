"""Why a signature is invalid: another key, another algorithm, a token that was changed or cut.

Keys are tried, the one that should have made it first. All known keys are tried only if the signature was refused;
otherwise only the app's registered ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from mock_servers.apim import flows
from mock_servers.apim.client import APP_JWKS_KEPT
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder, rules_of
from mock_servers.diagnosis.key.key import KnownKey, are_all_known, known_keys, usable
from mock_servers.diagnosis.key.proof import BARE, REVERSED, Attempt, Proof, attempt, encoded_forms
from mock_servers.jose import jwts
from mock_servers.jose.jwts import Jwt
from mock_servers.jose.rsa_numbers import PublicKey
from mock_servers.journal.finding import Certainty, Finding
from mock_servers.wire.wording import duration, moment, shown

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
    """A token with a signature that its key did not make, its field, and that key.

    `refused`: the service has refused the signature; otherwise it refused something else first.
    """

    field: str
    jwt: Jwt
    key: PublicKey
    kid: Any
    refused: bool = True


def _signed(case: Case) -> _Signed | None:
    app_key = case.learned.get("app_key")
    if case.refused_by(_ASSERTION) and case.assertion is not None and app_key is not None:
        return _Signed(field="client_assertion", jwt=case.assertion, key=app_key, kid=case.learned["kid"])
    key = usable(case.learned.get("provider_jwk") or {})
    if case.refused_by(_SUBJECT) and case.subject is not None and key is not None:
        return _Signed(field="subject_token", jwt=case.subject, key=key, kid=case.subject.header.get("kid"))
    return _not_yet_verified(case)


def _not_yet_verified(case: Case) -> _Signed | None:
    """Return the assertion, when its signature would be refused once the rest is right."""
    kid = case.header("kid")
    jwk = case.key_set.find(kid) if case.key_set is not None else None
    key = usable(jwk or {})
    if case.assertion is None or key is None or case.header("alg") not in _RSA:
        return None
    if jwts.verify(case.assertion, key, _RSA):
        return None
    return _Signed(field="client_assertion", jwt=case.assertion, key=key, kid=kid, refused=False)


def refused_signature(case: Case) -> Finding | None:
    """The signature is not the one that the named key makes of this text."""
    signed = _signed(case)
    if signed is None:
        return _without_key(case)
    if not signed.refused and changed_on_the_way(case) is not None:
        return None  # that says it already
    tried = attempt(case, signed.field, signed.jwt, _keys(case, signed))
    replaced = _replaced(case, signed)
    if replaced is not None:
        return replaced
    if tried.proof is None:
        return _of_length(signed) or _by_nobody(case, signed, tried)
    if tried.proof.maker.key != signed.key:
        return _by_another(case, signed, tried.proof.maker)
    is_good = tried.proof == Proof(maker=tried.proof.maker, alg=str(signed.jwt.header.get("alg")))
    return _good_here(case, signed) if is_good else _by_the_key_itself(signed, tried.proof)


def _without_key(case: Case) -> Finding | None:
    """Say what the signature itself shows, where the key that it was checked with is not known."""
    refused = {"client_assertion": _ASSERTION, "subject_token": _SUBJECT}
    sent = [(name, case.tokens.get(name)) for name, rule in refused.items() if case.refused_by(rule)]
    found = (_of_shape(name, jwt.signature) for name, jwt in sent if jwt is not None)
    return next(filter(None, found), None)


def _of_shape(name: str, signature: bytes) -> Finding | None:
    form = next((form for form, made in encoded_forms(signature) if form and len(made) in _RSA_BYTES), None)
    if form is not None:
        return replace(
            _changed(name, f"The third part of {name} is written {form}.", _SELF_ENCODED), certainty="likely"
        )
    size = len(signature)
    if size in _RSA_BYTES or size == 0:
        return None
    if size in _OTHERS:
        return Finding(
            id="signature-by-other-alg",
            certainty="likely",
            seen=f"The signature of {name} has {size} bytes, like one of {_OTHERS[size]}; RSA keys make 256 or more.",
            cause=_OTHER_ALG,
            cure=_LET_LIBRARY if name == "client_assertion" else AS_GIVEN,
        )
    return Finding(
        id="signature-cut-off",
        certainty="likely",
        seen=f"The signature of {name} has {size} bytes; RSA keys make 256, 384 or 512.",
        cause="Its end was lost, or something was added to it.",
        cure="Send the token in one piece, on one line, as the library returned it.",
    )


_SELF_ENCODED: Final = (
    "Your code encoded the signature itself. The third part of a JWT is the base64url of the signature's bytes."
)
_UNCHANGED: Final = "Give the library all members before it signs, and send its result unchanged."
_OTHER_ALG: Final = "The header names an algorithm that did not make the signature."
_LET_LIBRARY: Final = "Let the library write alg: give it RS512 and the RSA private key."


def _good_here(case: Case, signed: _Signed) -> Finding:
    """The signature is right by the key set that is known here: the service that refused it has another one."""
    other = case.subject is not None and signed.field == "client_assertion"
    odd = _of_shape("subject_token", case.subject.signature) if other and case.subject is not None else None
    return odd or Finding(
        id="new-key-not-seen-yet",
        certainty="likely",
        seen=f"The signature of {signed.field} is right for kid {shown(signed.kid)} of this key set.",
        cause="The service has another key set under your app: an older copy, which it keeps for an hour, or that of "
        f"another URL.{' Or it refused subject_token: the sentence is the same.' if other else ''}",
        cure="Compare this set with the one that is registered for the app here, and wait an hour after a change."
        f"{' Send the id_token exactly as you got it.' if other else ''}",
    )


def _replaced(case: Case, signed: _Signed) -> Finding | None:
    """The app has another key under this kid by now, and it made the signature."""
    kept = case.key_set
    if not case.refused_by(_ASSERTION) or kept is None:
        return None
    served = case.known.served(kept.url)
    key = usable((served.find(signed.kid) if served is not None else None) or {})
    if key is None or key == signed.key or not jwts.verify(signed.jwt, key, _RSA):
        return None
    return Finding(
        id="new-key-not-seen-yet",
        certainty="certain",
        seen=f"The signature is that of the key that the key set now has as kid {shown(signed.kid)}; the service's "
        f"copy is {duration(case.now - kept.at)} old, and has another key there.",
        cause="The platform keeps a key set for an hour, and finds a key by its kid.",
        cure=f"Wait until {moment(kept.at + APP_JWKS_KEPT)}, or sign with the old key. Give each new key a new kid; in "
        "this mock, `refresh_jwks` shows it at once.",
    )


def changed_on_the_way(case: Case) -> Finding | None:
    """A claim or header may be wrong because the JWT was changed after it was signed: its key signed another text."""
    field = next((name for name, rules in _BEFORE.items() if case.refused_by(*rules)), None)
    if case.refused_by(_ASSERTION, _SUBJECT):
        return None
    jwt = case.tokens.get(field) if field is not None else None
    if field is None or jwt is None:
        return None
    kid = jwt.header.get("kid")
    keys = [key for key in known_keys(case, kid) if key.registered or key.kid == kid]
    named = [key for key in keys if key.kid == kid][:1]
    proof = attempt(case, field, jwt, named or keys, most=1 if named else _FEW_KEYS).proof
    if proof is None or not proof.is_of_other_text or proof.form:
        return None
    found = _changed(
        field,
        f"A key of {proof.maker.owner} made the signature of {field}, but not for the header and payload as sent.",
        "It was changed or cut on the way, or the signature is that of another JWT. What the service objects to may be "
        "a consequence.",
    )
    return replace(found, certainty="likely")


_FEW_KEYS: Final = 4
"""Keys that are tried where the kid names none, and the service has not looked at the signature."""
_BEFORE: Final = {
    "client_assertion": tuple(
        name
        for name in rules_of(*flows.CLIENT_ASSERTION)
        if name.startswith(("check_client_assertion_", "find_client_"))
    ),
    "subject_token": (
        *(name for name in rules_of(*flows.SUBJECT_TOKEN) if name.startswith("check_subject_token_")),
        "find_provider",
    ),
}
"""The rules that read a JWT beside the one that checks its signature."""


def _keys(case: Case, signed: _Signed) -> Iterable[KnownKey]:
    yield KnownKey(owner="this app", kid=signed.kid, key=signed.key, registered=True)
    for each in known_keys(case, signed.jwt.header.get("kid")):
        if each.key != signed.key and (signed.refused or each.registered):
            yield each


def _of_length(signed: _Signed) -> Finding | None:
    """The signature does not have the length that this key makes."""
    length, wanted = len(signed.jwt.signature), signed.key.key_size // 8
    if not signed.refused or length == wanted or length in _RSA_BYTES:
        return None
    if length in _OTHERS:
        return Finding(
            id="signature-by-other-alg",
            certainty="likely",
            seen=f"The signature of {signed.field} has {length} bytes, like one of {_OTHERS[length]}; RSA makes "
            f"{wanted} with this key.",
            cause=_OTHER_ALG,
            cure=_LET_LIBRARY,
        )
    characters = -(-length * 8 // 6)
    return Finding(
        id="signature-cut-off",
        certainty="certain",
        seen=f"The signature of {signed.field} has {length} bytes ({characters} characters); this key makes {wanted}.",
        cause=_why_of_length(characters, is_longer=length > wanted),
        cure="Send the token in one piece, on one line, as the library returned it.",
    )


def _why_of_length(characters: int, *, is_longer: bool) -> str:
    if is_longer:
        return "Something was added to the end of the token."
    wrapped = any(characters % wrap == 0 for wrap in _WRAPS) and characters > 0
    return f"The end of the token was lost on the way{', perhaps where a line was wrapped' if wrapped else ''}."


def _by_the_key_itself(signed: _Signed, proof: Proof) -> Finding:
    """The right key made the signature, but of another text, by another algorithm, or written in another way."""
    if proof.form:
        return _changed(
            signed.field,
            f"The registered key made the signature of {signed.field}; its third part is written {proof.form}.",
            "CryptSignHash and other calls of CryptoAPI give the signature in reverse order."
            if proof.form == REVERSED
            else _SELF_ENCODED,
            "Reverse the bytes of the signature before base64url, or let a library make the JWT."
            if proof.form == REVERSED
            else _UNCHANGED,
        )
    if proof.is_of_other_text:
        return _changed(
            signed.field,
            f"The registered key made the signature of {signed.field}, but not for the header and payload that were "
            "sent.",
            "The header or payload was changed after signing, or the signature is that of another JWT.",
        )
    if proof.text:
        return _changed(
            signed.field,
            f"The registered key signed {signed.field} with {proof.text}.",
            proof.cause,
            "Let the call that signs hash the text itself, with SHA-512, or let a library make the JWT."
            if proof.cause == BARE
            else _UNCHANGED,
        )
    padding = " Its padding is PSS, which RS algorithms do not have." if proof.alg.startswith("PS") else ""
    return Finding(
        id="signature-by-other-alg",
        certainty="certain",
        seen=f"The registered key made the signature of {signed.field} by {proof.alg}; the header says "
        f"{shown(signed.jwt.header.get('alg'))}.",
        cause=f"Your code wrote the header by hand, or after signing.{padding}",
        cure="Let the library write alg: RS512 (RSASSA-PKCS1-v1_5 with SHA-512).",
    )


def _changed(field: str, seen: str, cause: str, cure: str = _UNCHANGED) -> Finding:
    return Finding(
        id="changed-after-signing",
        certainty="certain",
        seen=seen if field == "client_assertion" else seen.replace("The registered key", "The provider's key"),
        cause=cause,
        cure=cure if field == "client_assertion" else AS_GIVEN,
    )


def _by_nobody(case: Case, signed: _Signed, tried: Attempt) -> Finding:
    if signed.field == "subject_token":
        return _not_by_provider(case, signed, f"matches no key that {_whose(case, tried)}", "likely")
    if not signed.refused:
        return Finding(
            id="other-private-key",
            certainty="certain",
            seen=f"The signature does not match the key registered as kid {shown(signed.kid)}.",
            cause="It was signed with another private key, or changed after signing.",
            cure="Sign with the private half of the registered key, and send the assertion unchanged.",
        )
    modulus = f"{signed.key.public_numbers().n:x}"
    return Finding(
        id="other-private-key",
        certainty="likely",
        seen=f"No key that {_whose(case, tried)} made the signature of client_assertion; the key registered as kid "
        f"{shown(signed.kid)} has {signed.key.key_size} bits, and its modulus begins {modulus[:16]}.",
        cause="It was signed with another private key, or changed after signing.",
        cure="Run `openssl rsa -in key.pem -noout -modulus`, compare, and sign with the key that matches.",
    )


def _whose(case: Case, tried: Attempt) -> str:
    if not case.known.is_all:
        return "the key set has"
    return "this mock knows" if are_all_known(case) and tried.is_complete else "was tried"


def _by_another(case: Case, signed: _Signed, maker: KnownKey) -> Finding:
    if signed.field == "subject_token":
        return _not_by_provider(case, signed, f"matches kid {shown(maker.kid)} of {maker.owner}", "certain")
    return _made_by(signed, maker)


def _not_by_provider(case: Case, signed: _Signed, whose: str, certainty: Certainty) -> Finding:
    return Finding(
        id="other-private-key",
        certainty=certainty,
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


_NAMED: Final = {
    "signature-by-other-alg": "The right key made the signature, but with another algorithm than the header says.",
    "changed-after-signing": "The right key made the signature, but the header or payload was written differently.",
    "signature-cut-off": "The signature does not have the length that this key makes.",
    "other-private-key": "Another key made the signature.",
    "jwk-and-pem-differ": "Another key made the signature.",
    "new-key-not-seen-yet": "The key set now has the key, but the service's copy, kept for an hour, does not.",
}
FINDERS: Final = (Finder(find=refused_signature, rules=(_ASSERTION, _SUBJECT), named=_NAMED),)
FIRST: Final = (
    Finder(
        find=changed_on_the_way,
        rules=tuple(dict.fromkeys(name for rules in _BEFORE.values() for name in rules)),
        named=("changed-after-signing",),
        doubts=True,
    ),
)
"""Before the finders that look at claims: those of a JWT that was changed say nothing."""
