"""Finds the earlier exchange that used a one-time value."""

from __future__ import annotations

from typing import Final

from mock_servers.diagnosis.case import Case
from mock_servers.journal.record import Record
from mock_servers.state.grant import fingerprint

_FAULT: Final = "fault"
"""The rule of a record when a fault damaged its answer."""
TOO_OLD: Final = "check_session_of_refresh_token"
"""The rule that refuses a refresh after the token has been spent."""


def first_use(case: Case, name: str) -> Record | None:
    """Return the exchange that used the value of a form parameter, if the journal still has it.

    The service did its work there, even if a fault then stopped the answer.
    """
    key = fingerprint(case.form(name) or "")
    before = case.known.journal.sent_before(case.record, key)
    return next((each for each in before if each.sent.get(name) == key and _did_its_work(each)), None)


def known_loss(first: Record) -> str | None:
    """Say what happened to an answer that met a fault; a success without one has nothing to say."""
    return f"Its answer met what was ordered: {first.diagnosis}" if first.diagnosis is not None else None


def _did_its_work(record: Record) -> bool:
    return record.refusal is None or record.refusal.rule in (_FAULT, TOO_OLD)
