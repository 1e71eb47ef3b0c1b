"""An authorization code that is no longer valid: used, late, or another client's.

`place` reports one that came to the wrong service.
"""

from __future__ import annotations

from typing import Final

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.provider.assertion import provider_of
from mock_servers.diagnosis.request.misplaced_value import redeem_url
from mock_servers.diagnosis.token.refresh_token import first_use, known_loss
from mock_servers.journal.finding import Finding
from mock_servers.state.grant import Issued
from mock_servers.wire.wording import duration, shown

_FIND: Final = ("find_code", "check_code_of_request")
_TWICE: Final = 30
"""Seconds; two requests with one code that lie closer together are one callback that ran twice."""


def code_spent_or_late(case: Case) -> Finding | None:
    """The code is real, but it is spent, expired, or belongs elsewhere."""
    issued = case.issued("code")
    if issued is None or issued.kind != "authorization code" or issued.redeem_at != case.record.path:
        return None
    return _elsewhere(case, issued) or _spent(case, issued) or _late(case, issued) or _foreign(case, issued)


def _elsewhere(case: Case, issued: Issued) -> Finding | None:
    """Another environment of the same service gave it."""
    here, provider = case.known.environment, provider_of(case)
    if issued.environment == here if provider is None else issued.home == provider.home:
        return None
    of = f"environment {issued.environment}" if provider is None else f"{issued.issuer} at {issued.home}"
    return Finding(
        id="code-spent-or-late",
        certainty="certain",
        seen=f"This code was issued by {of}; it was sent to {here or case.request.base}.",
        cause="Each environment accepts only its own codes.",
        cure=f"Redeem it at {redeem_url(issued, case.request.base, case.known.hosts)}: use one setting for the "
        "URLs of log-in and token request.",
    )


def _spent(case: Case, issued: Issued) -> Finding | None:
    if issued.spent_at is None:
        return None
    gap, first = case.now - issued.spent_at, first_use(case, "code")
    by = f" by exchange {first.id}" if first is not None else ""
    client = f", for client {shown(issued.client_id)}" if issued.client_id else ""
    twice = "Your callback ran twice: a reload, a double click, a retry, or a mode that renders twice."
    why = twice if gap < _TWICE else "Your code kept this one and sent it again."
    return Finding(
        id="code-spent-or-late",
        certainty="certain",
        seen=f"This code was redeemed {duration(gap)} ago{by}{client}.",
        cause=f"A code works once. {(known_loss(first) if first is not None else None) or why}",
        cure="Redeem a code once and keep the tokens: find the state, delete it, and only then redeem the code.",
    )


def _late(case: Case, issued: Issued) -> Finding | None:
    if issued.expires_at is None or issued.at is None or case.now < issued.expires_at:
        return None
    lived = issued.expires_at - issued.at
    return Finding(
        id="code-spent-or-late",
        certainty="certain",
        seen=f"This code was issued {duration(case.now - issued.at)} ago and lived {duration(lived)}.",
        cause="A code is only for the moment between the redirect and your server's request.",
        cure="Redeem each code as soon as it arrives. Now send the person to log in again.",
    )


def _foreign(case: Case, issued: Issued) -> Finding | None:
    asking = case.record.client_id
    if issued.client_id in ("", asking) or not case.refused_by(*_FIND):
        return None
    return Finding(
        id="code-spent-or-late",
        certainty="certain",
        seen=f"This code was issued to client {shown(issued.client_id)}; {shown(asking)} tried to redeem it.",
        cause="Only the client that sent the person to log in can redeem the code.",
        cure="Use one client_id for the log-in and the token request.",
    )


FINDERS: Final = (Finder(find=code_spent_or_late, rules=(*_FIND, "check_code_live", "claim_code")),)
