"""Mistakes in other claims of an assertion: no exp; no jti, or not text; different iss and sub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.jose import javascript
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.journal import provenance
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import shown
from mock_servers.wire.wrapping import json_object


def exp_missing(case: Case) -> Finding | None:
    """The assertion has no exp."""
    exp = case.claim("exp")
    if case.assertion is None or javascript.truthy(exp):
        return None
    return Finding(
        id="exp-missing",
        certainty="certain",
        seen="The assertion has no exp." if exp is UNDEFINED else f"exp is {shown(exp)}, which counts as missing.",
        cause="The service takes no assertion without an end of its life, whose name is exp.",
        cure="Add exp: the time now plus 300, in seconds since 1970. In Python: int(time.time()) + 300.",
    )


def claim_names(case: Case) -> Finding | None:
    """The claims have other names, or are all inside one claim."""
    if case.assertion is None:
        return None
    claims = case.assertion.claims
    missing = [name for name in _NAMES if name not in claims]
    holders = ((name, [each for each in missing if each in _members(value)]) for name, value in claims.items())
    holder, held = max(holders, key=lambda each: len(each[1]), default=("", []))
    renamed = {name: meant for name in claims if name not in _NAMES and (meant := _meant(name)) in missing}
    if len(held) >= _SEVERAL:
        return Finding(
            id="claim-names",
            certainty="certain",
            seen=f"{_listed(held)} are inside the claim {shown(holder)}.",
            cause="The service reads the claims of the JWT itself. Your code gave the library an object around them.",
            cure="Sign the inner object: give the library the claims themselves.",
        )
    return _renamed(renamed) if renamed else None


def _renamed(renamed: Mapping[str, str]) -> Finding:
    return Finding(
        id="claim-names",
        certainty="certain",
        seen=f"The assertion has {shown(list(renamed))}, and no {_listed(list(renamed.values()))}.",
        cause="Names of claims must match exactly. The service ignores names that it does not know.",
        cure=f"Call {', and '.join(f'{shown(sent)} {meant}' for sent, meant in renamed.items())}.",
    )


def _members(value: Any) -> Mapping[str, Any]:
    """Return the members of an object, or of an object that is written as text."""
    if isinstance(value, str):
        return json_object(value) or {}
    return value if isinstance(value, dict) else {}


def _meant(name: str) -> str:
    letters = "".join(filter(str.isalpha, name.lower()))
    return _LONG_NAMES.get(letters, letters)


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


_NAMES: Final = ("iss", "sub", "aud", "jti", "exp")
_SEVERAL: Final = 2
_LONG_NAMES: Final = {
    "issuer": "iss",
    "subject": "sub",
    "audience": "aud",
    "jwtid": "jti",
    "tokenid": "jti",
    "id": "jti",
    "expires": "exp",
    "expiresat": "exp",
    "expiration": "exp",
    "expirationtime": "exp",
    "expiry": "exp",
}
"""What libraries and people call a claim in full."""


def jti_missing(case: Case) -> Finding | None:
    """The assertion has no jti."""
    jti = case.claim("jti")
    if case.assertion is None or javascript.truthy(jti):
        return None
    return Finding(
        id="jti-missing",
        certainty="certain",
        seen="The assertion has no jti." if jti is UNDEFINED else f"jti is {shown(jti)}, which counts as missing.",
        cause="Most libraries do not add a jti by default.",
        cure="Add a jti: a new UUID, as text. In Python: str(uuid.uuid4()).",
    )


def jti_number(case: Case) -> Finding | None:
    """The jti is not text."""
    jti = case.claim("jti")
    if case.assertion is None or not javascript.truthy(jti) or isinstance(jti, str):
        return None
    return Finding(
        id="jti-number",
        certainty="certain",
        seen=f"jti is {shown(jti)}, which is not text.",
        cause="Other services accept a number. This one accepts only text.",
        cure="Send text, for example a new UUID. In Python: str(uuid.uuid4()).",
    )


def iss_sub_differ(case: Case) -> Finding | None:
    """`iss` or `sub` is missing, or they are not the same."""
    iss, sub = case.claim("iss"), case.claim("sub")
    if case.assertion is None:
        return None
    if javascript.truthy(iss) and javascript.truthy(sub) and javascript.loosely_equal(iss, sub):
        return None
    key = next((value for value in (iss, sub) if _is_key(case, value)), None)
    return Finding(
        id="iss-sub-differ",
        certainty="certain",
        seen=_seen(case, iss, sub),
        cause="The app asks for itself here, so iss and sub must be the same.",
        cure=f"Set both to the app's API key, {shown(key)}." if key else "Set both to the app's API key.",
    )


def _seen(case: Case, iss: Any, sub: Any) -> str:
    if iss is UNDEFINED and sub is UNDEFINED:
        return "The assertion has neither iss nor sub."
    if iss is UNDEFINED:
        return f"The assertion has no iss; its sub is {_named(case, sub)}."
    if sub is UNDEFINED:
        return f"The assertion has no sub; its iss is {_named(case, iss)}."
    return f"iss is {_named(case, iss)} and sub is {_named(case, sub)}."


def _named(case: Case, value: Any) -> str:
    shown_value = provenance.shown(case.known.store, value)
    return f"{shown_value} (the API key of an app)" if _is_key(case, value) else shown_value


def _is_key(case: Case, value: Any) -> bool:
    return case.known.app(value) is not None


FINDERS: Final = (
    Finder(
        find=claim_names,
        rules=(
            "check_client_assertion_exp_present",
            "find_client_id",
            "check_client_assertion_jti_present",
            "check_client_assertion_aud",
        ),
    ),
    Finder(find=exp_missing, rules=("check_client_assertion_exp_present",)),
    Finder(find=jti_missing, rules=("check_client_assertion_jti_present",)),
    Finder(find=jti_number, rules=("find_client_assertion_jti",)),
    Finder(find=iss_sub_differ, rules=("find_client_id",)),
)
