"""Mistakes with the state of a log-in: not sent, used, late, or unknown."""

from __future__ import annotations

from typing import Final

from mock_servers.apim.authorize import STATE_KEPT
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.journal.finding import Finding
from mock_servers.state.grant import PendingAuthorization
from mock_servers.wire.wording import cut, duration


def state_missing(case: Case) -> Finding | None:
    """The request to /authorize has no state."""
    if case.unrouted:
        return None
    asked = case.request.form if case.request.method == "POST" else case.request.query
    if "state" in asked:
        return None
    empty = "state" in list(asked)
    return Finding(
        id="state-lost",
        certainty="certain",
        seen="state is empty." if empty else "The request has no state.",
        cause="Without a state you cannot tell your own person from one whom an attacker sent with another code.",
        cure="Make a new random state for each log-in, keep it in the person's session, and compare it on return.",
    )


def state_lost(case: Case) -> Finding | None:
    """The platform's callback got a state that is not of a log-in in progress."""
    if case.unrouted:
        return None
    sent = case.request.query.get("state")
    if sent is None:
        if "code" in case.request.query:
            return _lost("The query has a code and no state.", "The provider always returns the state that it got.")
        return _lost(
            "The query has neither code nor state.",
            "This is the platform's own redirect URI. Only a browser that a provider sends back opens it.",
        )
    pending = case.known.store.pending.get(sent)
    return _of_pending(case, pending) if pending is not None else _unknown(case, sent)


def _of_pending(case: Case, pending: PendingAuthorization) -> Finding | None:
    if pending.mount != f"/{case.record.service}":
        return _lost(
            f"This state was issued by {pending.mount}/authorize; it came to {case.record.path}.",
            "Each of the two token services knows only its own log-ins.",
        )
    if pending.spent_at is not None:
        return _lost(
            f"This state was used {duration(case.now - pending.spent_at)} ago.",
            "The page was reloaded, or the browser went back to it. A state works once.",
        )
    if case.now >= pending.expires_at:
        age = case.now - pending.expires_at + STATE_KEPT
        return _lost(
            f"This state was issued {duration(age)} ago and expired {duration(case.now - pending.expires_at)} ago.",
            "The person took longer than the platform waits. (How long it waits is our guess.)",
        )
    return None


def _unknown(case: Case, sent: str) -> Finding:
    if case.known.store.pending.find("state", sent):
        return _lost(
            f"state {cut(sent)} is the one that your application sent to /authorize.",
            "The platform sends the provider a state of its own, and gives yours back at the end: "
            "your application acted as the provider.",
        )
    return _lost(
        f"state {cut(sent)} was not issued by this service.",
        "It was issued before the mock was started or reset, by the other token service (/oauth2 or /oauth2-mock), or "
        "to another browser session.",
    )


def _lost(seen: str, cause: str) -> Finding:
    cure = "Start again at /authorize, and let the browser follow each redirect with its cookies."
    return Finding(id="state-lost", certainty="certain", seen=seen, cause=cause, cure=cure)


FINDERS: Final = (
    Finder(find=state_missing, rules=("check_state_present",), named=("state-lost",)),
    Finder(find=state_lost, rules=("find_pending", "check_pending_live", "claim_state")),
)
