"""An assertion or a jti that was used before: stored, sent again by a retry, or not unique."""

from __future__ import annotations

import re
from typing import Any, Final

from mock_servers.apim import assertions, flows
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.journal.finding import Finding
from mock_servers.journal.record import Record
from mock_servers.wire.wording import duration, shown

_JTI_RULES: Final = ("check_client_assertion_jti_fresh", "claim_client_assertion_jti")
_EXPIRED: Final = "check_client_assertion_not_expired"
_BEFORE_JTI: Final = frozenset(rule.name for rule in flows.ASSERTION)
"""The rules that refuse a request before its jti is used."""
_FAULT: Final = "fault"
"""The rule of a record when a fault has damaged the answer."""
_RETRIED: Final = frozenset({403, 429, 500, 502, 503, 504})
_AGAIN: Final = "Sign a new assertion, with a new jti, right before each request."


def same_assertion_again(case: Case) -> Finding | None:
    """The same assertion was sent before, or is too old."""
    first = first_of_same(case)
    if first is None:
        return _kept(case)
    if _invites_retry(first):
        return None
    return Finding(
        id="same-assertion-again",
        certainty="certain",
        seen=f"The same assertion was first sent {duration(case.now - first.at)} ago and {_answered(first)}.",
        cause="Your code made it once and used it again. A jti works once, even if the request was refused.",
        cure=_AGAIN,
    )


def _kept(case: Case) -> Finding | None:
    """Return the age of an assertion that the mock signed itself."""
    issued = case.issued("client_assertion")
    if issued is None or issued.kind != "client assertion" or issued.at is None or not case.refused_by(_EXPIRED):
        return None
    if case.now - issued.at <= assertions.LIFETIME:
        return None
    return Finding(
        id="same-assertion-again",
        certainty="likely",
        seen=f"This assertion was signed {duration(case.now - issued.at)} ago, for client {shown(issued.client_id)}.",
        cause="Your code kept it. An assertion is valid for at most five minutes.",
        cure=_AGAIN,
    )


def retry_resends_assertion(case: Case) -> Finding | None:
    """A retry sent the same body again."""
    first = first_of_same(case)
    if first is None or not _invites_retry(first):
        return None
    return Finding(
        id="retry-resends-assertion",
        certainty="certain",
        seen=f"The same assertion was sent {duration(case.now - first.at)} ago and {_answered(first)}. "
        "That answer invites a retry, but it used up the jti.",
        cause="Your HTTP client's retry layer sent the same body again.",
        cure="Sign inside the retry, so that each try has a new assertion, or do not retry this POST.",
    )


def jti_not_unique(case: Case) -> Finding | None:
    """Another assertion had the same jti."""
    jti, sub = case.claim("jti"), case.claim("sub")
    if first_of_same(case) is not None or not case.refused_by(*_JTI_RULES):
        return None
    other = _spent_by(case, sub, jti)
    if other is None:
        return Finding(
            id="same-assertion-again",
            certainty="possible",
            seen=f"jti {shown(jti)} was used before, in an exchange that is no longer kept.",
            cause="Either this assertion was sent before, or its jti is not unique.",
            cure=_AGAIN,
        )
    return Finding(
        id="jti-not-unique",
        certainty="certain",
        seen=f"jti {shown(jti)} was in another assertion {duration(case.now - other.at)} ago, and {_answered(other)}.",
        cause=_why(case, str(jti)),
        cure="Use a new UUID as jti in each assertion. In Python: str(uuid.uuid4()).",
    )


def _invites_retry(first: Record) -> bool:
    return first.status in _RETRIED or (first.refusal is not None and first.refusal.rule == _FAULT)


def first_of_same(case: Case) -> Record | None:
    """Return the exchange that this very assertion was first sent in, and that has spent its jti."""
    sent = case.record.sent.get("client_assertion")
    before = [*case.known.journal.sent_before(case.record, sent)] if sent else []
    same = (each for each in reversed(before) if each.sent.get("client_assertion") == sent)
    return next(filter(_spent, same), None)


def _spent_by(case: Case, sub: Any, jti: Any) -> Record | None:
    same = [*case.known.journal.with_jti_before(case.record, sub, jti)]
    return next(filter(_spent, reversed(same)), None)


def _spent(record: Record) -> bool:
    return "client_assertion" in record.received and (record.refusal is None or record.refusal.rule not in _BEFORE_JTI)


def is_before_jti(rule: str) -> bool:
    """Whether a rule refuses a request before its jti is spent."""
    return rule in _BEFORE_JTI


def _answered(record: Record) -> str:
    if record.refusal is None:
        return f"answered {record.status}"
    said = shown(record.error_description or record.error)
    return f"answered {record.status} {said}" if record.status else f"had no answer ({said})"


def _why(case: Case, jti: str) -> str:
    seconds = re.search(r"\d{10,13}", jti)
    if seconds is not None and abs(float(seconds[0][:10]) - case.now) < 86400:  # noqa: PLR2004 - a day
        return "It seems to come from the clock: two calls in the same second or millisecond get the same jti."
    return "It seems to be a constant, or made from something that does not change between calls."


FINDERS: Final = (
    Finder(find=same_assertion_again, rules=(*_JTI_RULES, _EXPIRED)),
    Finder(find=retry_resends_assertion, rules=_JTI_RULES),
    Finder(find=jti_not_unique, rules=_JTI_RULES),
)
