"""Mistakes in the assertion's header: algorithm, missing kid, type."""

from __future__ import annotations

from typing import Any, Final

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.jose import javascript
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import shown
from mock_servers.wire.wrapping import recovered

_DEFAULTS: Final = {
    "RS256": "Many libraries sign with RS256 by default. This service accepts only RS512.",
    "RS384": "This service accepts only RS512.",
    "PS256": "It is RSA with another padding (PSS). Some Microsoft libraries use it by default.",
    "PS384": "It is RSA with another padding (PSS).",
    "PS512": "The hash is right, but the padding (PSS) is not: a PS512 signature is not valid as RS512.",
    "none": "It says that the JWT has no signature.",
}


def alg_not_rs512(case: Case) -> Finding | None:
    """The assertion is not signed with RS512."""
    alg = case.header("alg")
    if case.assertion is None or alg == "RS512":
        return None
    return Finding(
        id="alg-not-rs512",
        certainty="certain",
        seen="The assertion's header has no alg."
        if alg is UNDEFINED
        else f"The assertion's header says alg {shown(alg)}.",
        cause=_around(alg, "RS512") or _why(alg),
        cure="Sign with RS512 and the RSA private key. (CIS2 takes what was registered there, RS256 or RS512.)",
    )


def header_names(case: Case) -> Finding | None:
    """The members of the header have names in another case."""
    if case.assertion is None:
        return None
    header = case.assertion.header
    renamed = [name for name in header if name not in _NAMES and name.lower() in _NAMES and name.lower() not in header]
    if not renamed:
        return None
    return Finding(
        id="header-names",
        certainty="certain",
        seen=f"The header has {', '.join(map(shown, renamed))}, and no {', '.join(map(str.lower, renamed))}.",
        cause="Names must match exactly, and those of a JWT are in small letters.",
        cure=f"Call {', and '.join(f'{shown(name)} {name.lower()}' for name in renamed)}.",
    )


_NAMES: Final = ("alg", "kid", "typ")


def _around(sent: Any, good: str) -> str:
    """Say what is around the right value; nothing where it is not inside."""
    found = recovered(sent, good.__eq__) if isinstance(sent, str) else None
    return f"It is {good} with {found.words}." if found is not None else ""


def _why(alg: Any) -> str:
    if isinstance(alg, str) and alg in _DEFAULTS:
        return _DEFAULTS[alg]
    if isinstance(alg, str) and alg.startswith("HS"):
        return (
            "HS algorithms sign with a secret that both sides share: they use a private key as plain text, "
            "and the public key cannot check the result."
        )
    if isinstance(alg, str) and alg.startswith(("ES", "Ed")):
        return "It is for elliptic-curve keys. This service accepts only RSA keys."
    return "The service accepts only RS512."


def kid_missing(case: Case) -> Finding | None:
    """The header has no kid."""
    kid = case.header("kid")
    if case.assertion is None or javascript.truthy(kid):
        return None
    misplaced = case.claim("kid")
    seen = (
        "The assertion's header has no kid"
        if kid is UNDEFINED
        else f"The header's kid is {shown(kid)}, which counts as missing"
    )
    return Finding(
        id="kid-missing",
        certainty="certain",
        seen=f"{seen}. The claims have one: {shown(misplaced)}." if misplaced is not UNDEFINED else f"{seen}.",
        cause="kid belongs in the header, not in the payload."
        if misplaced is not UNDEFINED
        else "Most libraries do not set a kid unless you give them one with the key.",
        cure=f"Put kid into the header: {_registered(case)}.",
    )


def _registered(case: Case) -> str:
    kids = case.key_set.kids if case.key_set is not None else []
    if not kids:
        return "the one under which the public key is registered"
    return f"registered for this app is {shown(kids[0])}" if len(kids) == 1 else f"registered are {shown(kids)}"


def typ_missing(case: Case) -> Finding | None:
    """The header has no typ, or its typ is not JWT."""
    typ = case.header("typ")
    if case.assertion is None or (isinstance(typ, str) and typ.lower() == "jwt"):
        return None
    return Finding(
        id="typ-missing",
        certainty="certain",
        seen="The assertion's header has no typ."
        if typ is UNDEFINED
        else f"The assertion's header says typ {shown(typ)}.",
        cause=_around(typ, "JWT")
        or "The standard does not require typ, so some libraries leave it out. This service requires it.",
        cure='Set typ to "JWT" in the header.',
    )


FINDERS: Final = (
    Finder(
        find=header_names,
        rules=("check_client_assertion_alg", "find_client_assertion_kid", "check_client_assertion_typ"),
    ),
    Finder(find=alg_not_rs512, rules=("check_client_assertion_alg",)),
    Finder(find=kid_missing, rules=("find_client_assertion_kid",)),
    Finder(find=typ_missing, rules=("check_client_assertion_typ",)),
)
