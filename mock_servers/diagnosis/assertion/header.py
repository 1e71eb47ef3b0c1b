"""What is wrong with the assertion's header: algorithm, kid absent, type."""

from __future__ import annotations

from typing import Any, Final

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.jose import javascript
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import shown

_DEFAULTS: Final = {
    "RS256": "RS256 is what many libraries sign with unless told; this service takes RS512 alone.",
    "RS384": "This service takes RS512 alone.",
    "PS256": "It is RSA with another padding (PSS), the default of some Microsoft libraries.",
    "PS384": "It is RSA with another padding (PSS).",
    "PS512": "It is the right hash with another padding (PSS): PS512 and RS512 do not verify each other's signatures.",
    "none": "It says that there is no signature at all.",
}


def alg_not_rs512(case: Case) -> Finding | None:
    """Any algorithm but RS512."""
    alg = case.header("alg")
    if case.assertion is None or alg == "RS512":
        return None
    return Finding(
        id="alg-not-rs512",
        certainty="certain",
        seen=f"The assertion's header says alg {shown(alg)}.",
        cause=_why(alg),
        cure="Sign with RS512 and the RSA private key. (CIS2 takes what was registered there, RS256 or RS512.)",
    )


def _why(alg: Any) -> str:
    if isinstance(alg, str) and alg in _DEFAULTS:
        return _DEFAULTS[alg]
    if isinstance(alg, str) and alg.startswith("HS"):
        return (
            "HS algorithms sign with a secret that both sides share: a private key given to them is used as mere text, "
            "and nobody with the public key can check that."
        )
    if isinstance(alg, str) and alg.startswith(("ES", "Ed")):
        return "It belongs to an elliptic-curve key; this service takes RSA keys alone."
    return "The service takes RS512 alone."


def kid_missing(case: Case) -> Finding | None:
    """The header names no key."""
    kid = case.header("kid")
    if case.assertion is None or javascript.truthy(kid):
        return None
    misplaced = case.claim("kid")
    seen = (
        "The assertion's header has no kid" if kid is UNDEFINED else f"The header's kid is {shown(kid)}, which is none"
    )
    return Finding(
        id="kid-missing",
        certainty="certain",
        seen=f"{seen}; there is one among the claims, {shown(misplaced)}."
        if misplaced is not UNDEFINED
        else f"{seen}.",
        cause="kid is a member of the header, not of the payload."
        if misplaced is not UNDEFINED
        else "Most libraries know no kid unless it is given to them beside the key.",
        cure=f"Put kid into the header: {_registered(case)}.",
    )


def _registered(case: Case) -> str:
    kids = case.key_set.kids if case.key_set is not None else []
    if not kids:
        return "the one under which the public key is registered"
    return f"registered for this app is {shown(kids[0])}" if len(kids) == 1 else f"registered are {shown(kids)}"


def typ_missing(case: Case) -> Finding | None:
    """The header does not say that it is a JWT."""
    typ = case.header("typ")
    if case.assertion is None or (isinstance(typ, str) and typ.lower() == "jwt"):
        return None
    return Finding(
        id="typ-missing",
        certainty="certain",
        seen="The assertion's header has no typ."
        if typ is UNDEFINED
        else f"The assertion's header says typ {shown(typ)}.",
        cause="The standard leaves typ to the application, so not every library sets it; this service insists.",
        cure='Set typ to "JWT" in the header.',
    )


FINDERS: Final = (
    Finder(find=alg_not_rs512, rules=("check_client_assertion_alg",)),
    Finder(find=kid_missing, rules=("find_client_assertion_kid",)),
    Finder(find=typ_missing, rules=("check_client_assertion_typ",)),
)
