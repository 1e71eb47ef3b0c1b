"""The state that a log-in carries: not sent, used, late, or nobody's."""

from __future__ import annotations

from typing import Final

from mock_servers.apim.authorize import STATE_KEPT
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.journal.finding import Finding
from mock_servers.state.authorization import PendingAuthorization
from mock_servers.wire.wording import cut, duration


def state_missing(case: Case) -> Finding | None:
    """/authorize was called without one."""
    if case.unrouted:
        return None
    asked = case.request.form if case.request.method == "POST" else case.request.query
    if "state" in asked:
        return None
    empty = "state" in list(asked)
    return Finding(
        id="state-lost",
        certainty="certain",
        seen="state is there and empty." if empty else "The request has no state.",
        cause="Without it a person cannot be told from somebody who was sent to your redirect URI with a foreign code.",
        cure="Make a fresh random state for each log-in, keep it in the person's session, and compare it on return.",
    )


def state_lost(case: Case) -> Finding | None:
    """What came to the platform's callback belongs to no log-in that is under way."""
    if case.unrouted:
        return None
    sent = case.request.query.get("state")
    if sent is None:
        return _none_sent(case)
    pending = case.known.store.pending.get(sent)
    return _of_pending(case, pending) if pending is not None else _unknown(case, sent)


def _of_pending(case: Case, pending: PendingAuthorization) -> Finding | None:
    if pending.mount != f"/{case.record.service}":
        return _told(
            f"This state was issued by {pending.mount}/authorize; it came to {case.record.path}.",
            "The two token services know their own log-ins alone.",
        )
    if pending.spent_at is not None:
        return _told(
            f"This state was used {duration(case.now - pending.spent_at)} ago.",
            "The page was reloaded, or the browser went back to it: a state is good once.",
        )
    if case.now >= pending.expires_at:
        age = case.now - pending.expires_at + STATE_KEPT
        return _told(
            f"This state was issued {duration(age)} ago and expired {duration(case.now - pending.expires_at)} ago.",
            "The person took longer at the provider than the platform waits (for how long that is, is our guess).",
        )
    return None


def _none_sent(case: Case) -> Finding:
    if "code" in case.request.query:
        return _told("The query has a code and no state.", "The provider always returns the state that it was given.")
    return _told(
        "The query has neither code nor state.",
        "This is the platform's own redirect URI; nobody opens it but a browser that a provider sends back.",
    )


def _unknown(case: Case, sent: str) -> Finding:
    if any(each.state == sent for each in case.known.store.pending.values()):
        return _told(
            f"state {cut(sent)} is the one that your application sent to /authorize.",
            "The platform puts a state of its own between itself and the provider, and gives yours back at the end: "
            "your application has played the provider's part.",
        )
    return _told(
        f"state {cut(sent)} is none that this service has issued.",
        "It was issued before the mock was started or reset, by the other token service (/oauth2 or /oauth2-mock), or "
        "to another browser session.",
    )


def _told(seen: str, cause: str) -> Finding:
    cure = "Begin again at /authorize, and let the browser follow each redirect with its cookies."
    return Finding(id="state-lost", certainty="certain", seen=seen, cause=cause, cure=cure)


FINDERS: Final = (
    Finder(find=state_missing, rules=("check_state_present",), named=("state-lost",)),
    Finder(find=state_lost, rules=("find_pending", "check_pending_live", "claim_state")),
)
