"""A signature over the header and payload in another base64 than the one that was sent."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.jose import jwts
from mock_servers.jose.jwts import Jwt
from mock_servers.journal.finding import Finding

_RULE: Final = "check_client_assertion_signature"
_ALGORITHMS: Final = ("RS512", "RS256", "RS384")
_ENCODINGS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "ordinary base64": base64.b64encode,
    "ordinary base64 without padding": lambda raw: base64.b64encode(raw).rstrip(b"="),
    "base64url with padding": base64.urlsafe_b64encode,
    "base64 in lines, as MIME has it": lambda raw: base64.encodebytes(raw).rstrip(b"\n"),
}


def signed_in_other_base64(case: Case) -> Finding | None:
    """The right key signed the header and payload in another base64 than the one that was sent."""
    key: Any = case.learned.get("app_key")
    found = next(_signed(case.assertion, key), None) if case.assertion is not None and key is not None else None
    if found is None or not case.refused_by(_RULE):
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


def _signed(jwt: Jwt, key: RSAPublicKey) -> Iterator[str]:
    raw = [base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)) for part in jwt.signing_input.split(b".")]
    tried = {jwt.signing_input}
    for words, encode in _ENCODINGS.items():
        text = b".".join(map(encode, raw))
        if text not in tried and jwts.verify(replace(jwt, signing_input=text), key, _ALGORITHMS):
            yield words
        tried.add(text)


FINDERS: Final = (Finder(find=signed_in_other_base64, rules=(_RULE,), named=("changed-after-signing",)),)
