"""Mistakes in other claims of an assertion: no exp; no jti, or not text; different iss and sub."""

from __future__ import annotations

from typing import Any, Final

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.jose import javascript
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.journal import provenance
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import shown


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
        seen=f"iss is {_named(case, iss)} and sub is {_named(case, sub)}.",
        cause="The app asks for itself here, so iss and sub must be the same.",
        cure=f"Set both to the app's API key, {shown(key)}." if key else "Set both to the app's API key.",
    )


def _named(case: Case, value: Any) -> str:
    shown_value = provenance.shown(case.known.store, value)
    return f"{shown_value} (the API key of an app)" if _is_key(case, value) else shown_value


def _is_key(case: Case, value: Any) -> bool:
    return case.known.app(value) is not None


FINDERS: Final = (
    Finder(find=exp_missing, rules=("check_client_assertion_exp_present",)),
    Finder(find=jti_missing, rules=("check_client_assertion_jti_present",)),
    Finder(find=jti_number, rules=("find_client_assertion_jti",)),
    Finder(find=iss_sub_differ, rules=("find_client_id",)),
)
