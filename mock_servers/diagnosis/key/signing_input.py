"""A signature over the header and payload in another base64 than the one that was sent."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.key.key import known_keys
from mock_servers.diagnosis.key.proof import MOST
from mock_servers.jose.jwts import Jwt
from mock_servers.journal.finding import Finding

_RULE: Final = "check_client_assertion_signature"
_ENCODINGS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "ordinary base64": base64.b64encode,
    "ordinary base64 without padding": lambda raw: base64.b64encode(raw).rstrip(b"="),
    "base64url with padding": base64.urlsafe_b64encode,
    "base64 in lines, as MIME has it": lambda raw: base64.encodebytes(raw).rstrip(b"\n"),
}


def signed_in_other_base64(case: Case) -> Finding | None:
    """The right key signed the header and payload in another base64 than the one that was sent."""
    key: Any = case.learned.get("app_key")
    if not case.refused_by(_RULE) or case.assertion is None or key is None or _are_many(case):
        return None
    found = _signed(case.assertion, key)
    if found is None:
        return None
    return Finding(
        id="changed-after-signing",
        certainty="certain",
        seen=f"The registered key signed the header and payload of client_assertion in {found}; they were sent in "
        "base64url without padding.",
        cause="Your code signed first, and turned base64 into base64url only afterwards, so it signed another text.",
        cure="Turn header and payload into base64url first (- and _ instead of + and /, no =), join them by a dot, and "
        "sign that text; or let a library make the JWT.",
    )


def _are_many(case: Case) -> bool:
    """Whether so many keys are to be tried that the operations of `proof` are needed for them."""
    return len(list(islice(known_keys(case, case.header("kid")), _MANY))) == _MANY


def _signed(jwt: Jwt, key: RSAPublicKey) -> str | None:
    """Return in which base64 header and payload were signed, by one operation."""
    try:
        made = key.recover_data_from_signature(jwt.signature, padding.PKCS1v15(), None)
    except InvalidSignature:
        return None
    raw = [base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)) for part in jwt.signing_input.split(b".")]
    texts = {words: b".".join(map(encode, raw)) for words, encode in _ENCODINGS.items()}
    others = ((words, text) for words, text in texts.items() if text != jwt.signing_input)
    return next((words for words, text in others if any(made.endswith(each(text).digest()) for each in _HASHES)), None)


_MANY: Final = MOST // 2
_HASHES: Final = (hashlib.sha512, hashlib.sha256, hashlib.sha384)
FINDERS: Final = (Finder(find=signed_in_other_base64, rules=(_RULE,), named=("changed-after-signing",)),)
