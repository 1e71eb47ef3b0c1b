"""Looks back in the journal: which earlier exchange has used up what is sent again."""

from __future__ import annotations

from typing import Final

from mock_servers.diagnosis.case import Case
from mock_servers.journal.record import Record
from mock_servers.state.grant import fingerprint

_FAULT: Final = "fault"
"""What a record has for a rule when a fault spoilt its answer."""
TOO_OLD: Final = "check_session_of_refresh_token"
"""The rule that refuses a refresh after the token has been spent."""


def first_use(case: Case, name: str) -> Record | None:
    """Return the exchange that used up the value of a form parameter, while the journal keeps it.

    The service did its work there, even when a fault then kept the answer from arriving.
    """
    key = fingerprint(case.form(name) or "")
    before = case.known.journal.sent_before(case.record, key)
    return next((each for each in before if each.sent.get(name) == key and _did_its_work(each)), None)


def known_loss(first: Record) -> str | None:
    """Say what became of an answer that met a fault on its way: that is told where a success has nothing."""
    return f"Its answer met what was ordered: {first.diagnosis}" if first.diagnosis is not None else None


def _did_its_work(record: Record) -> bool:
    return record.refusal is None or record.refusal.rule in (_FAULT, TOO_OLD)
