"""A refused refresh: the token was used before, its answer was lost, or it never existed."""

from __future__ import annotations

from typing import Final

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.provider.assertion import provider_of
from mock_servers.journal.finding import Finding
from mock_servers.journal.record import Record
from mock_servers.state.grant import ProviderRefreshToken, RefreshToken, fingerprint
from mock_servers.wire.wording import cut, duration, moment, shown

_TIMEOUTS: Final = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 100, 120)
"""Seconds after which HTTP clients commonly give up."""
_NEAR: Final = 0.5
"""Seconds that a retry takes in addition to the timeout."""

Sent = RefreshToken | ProviderRefreshToken
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


def sent_token(case: Case) -> Sent | None:
    """Return the refresh token that was sent, when it is one of the service that was asked."""
    value, store, at_provider = case.form("refresh_token") or "", case.known.store, provider_of(case)
    if at_provider is None:
        token = store.refresh_tokens.get(value)
        return token if token is not None and token.environment == case.known.environment else None
    of_provider = store.provider_refresh_tokens.get(value)
    return of_provider if of_provider is not None and of_provider.log_in.provider == at_provider.name else None


def refresh_token_of_other_environment(case: Case) -> Finding | None:
    """The refresh token is from another environment of the same service."""
    value, store, at_provider = case.form("refresh_token") or "", case.known.store, provider_of(case)
    token, of_provider = store.refresh_tokens.get(value), store.provider_refresh_tokens.get(value)
    if at_provider is None and token is not None and token.environment != case.known.environment:
        return _of_environment(f"environment {token.environment}", f"environment {case.known.environment}")
    if at_provider is None or of_provider is None or of_provider.log_in.provider == at_provider.name:
        return None
    return _of_environment(of_provider.log_in.provider, at_provider.name)


def _of_environment(of: str, here: str) -> Finding:
    return Finding(
        id="token-of-other-environment",
        certainty="certain",
        seen=f"The refresh token was issued by {of}; it was sent to {here}.",
        cause="Each service of each environment knows only its own tokens.",
        cure="Refresh at the URL that gave you the token: use one setting for both requests.",
    )


def answer_lost_on_timeout(case: Case) -> Finding | None:
    """The first refresh succeeded, but its answer never reached the client."""
    token, first = sent_token(case), first_use(case, "refresh_token")
    if token is None or token.spent_at is None or first is None or not _unused(case, token):
        return None
    gap = case.now - token.spent_at
    why = known_loss(first) or _of_timeout(gap)
    if why is None:
        return None
    return Finding(
        id="answer-lost-on-timeout",
        certainty="certain" if first.refusal is not None else "likely",
        seen=f"This refresh token was exchanged {duration(gap)} ago by exchange {first.id}, with success, and the new "
        "one that it gave was never used.",
        cause=f"{why} The new refresh token was lost with the answer.",
        cure="Wait longer for the answer (30 s), and do not repeat a refresh. Now let the person log in again.",
    )


def _of_timeout(gap: float) -> str | None:
    timeout = next((each for each in _TIMEOUTS if 0 <= gap - each <= _NEAR), None)
    if timeout is None:
        return None
    return f"A client that gives up after {timeout} s and tries again looks like this. The platform did answer."


def refresh_token_spent(case: Case) -> Finding | None:
    """The refresh token was used before. Each refresh gives a new one, and the old one stops working."""
    token = sent_token(case)
    if token is None or token.spent_at is None or answer_lost_on_timeout(case) is not None:
        return None
    first = first_use(case, "refresh_token")
    by = f", by exchange {first.id}" if first is not None else ""
    return Finding(
        id="refresh-token-spent",
        certainty="certain",
        seen=f"This refresh token was exchanged {duration(case.now - token.spent_at)} ago{by}{_counted(token)}; "
        f"{_successor(case, token, first)}.",
        cause="Each refresh gives a new token and ends the old one: two workers or two tabs shared "
        "it, or a session kept an old copy.",
        cure="Keep the refresh_token of the latest answer, and refresh under a lock.",
    )


def _counted(token: Sent) -> str:
    return f" (its refresh_count was {token.count})" if isinstance(token, RefreshToken) else ""


def _successor(case: Case, token: Sent, first: Record | None) -> str:
    if first is not None and first.refusal is not None and first.refusal.rule == TOO_OLD:
        return "that refresh was refused, as the session was too old for it, and the token was spent all the same"
    newer = _next(case, token)
    if newer is None:
        return "what came after it is not known here"
    if newer.spent_at is not None:
        return f"its successor has been used as well, {duration(case.now - newer.spent_at)} ago"
    return "its successor is still unused"


def _next(case: Case, token: Sent) -> Sent | None:
    """Return the token that took the place of one: of the same session, the next by count or the last that was made."""
    store = case.known.store
    if isinstance(token, RefreshToken):
        return next(iter(store.refresh_tokens.find("turn", (token.family, token.count + 1))), None)
    of_session = store.provider_refresh_tokens.find("session", token.log_in.session_id)
    made = [each for each in of_session if each.log_in == token.log_in]
    after = made[made.index(token) + 1 :] if token in made else []
    return after[0] if after else None


def _unused(case: Case, token: Sent) -> bool:
    newer = _next(case, token)
    return newer is not None and newer.spent_at is None


def no_refresh_here(case: Case) -> Finding | None:
    """The token is another app's, its session has ended, or its grant gives no refresh token."""
    token = sent_token(case)
    if token is None:
        return _none_was_given(case) if case.issued("refresh_token") is None else None
    if token.spent_at is not None:
        return None
    return _of_other_client(case, token) or _ended(case, token)


def _of_other_client(case: Case, token: Sent) -> Finding | None:
    owner = token.client_id if isinstance(token, RefreshToken) else token.log_in.client_id
    asking = case.record.client_id
    if asking is None or owner == asking or case.known.store.apps.get(asking) is None:
        return None
    return Finding(
        id="no-refresh-here",
        certainty="certain",
        seen=f"The refresh token belongs to client {shown(owner)}; {shown(asking)} asked.",
        cause="Only the client that got a refresh token can use it.",
        cure="Refresh with the client id and secret that got the token.",
    )


def _ended(case: Case, token: Sent) -> Finding | None:
    if not case.refused_by("check_refresh_token_live", "check_refresh_token_not_revoked"):
        return None
    ended = f"it ended at {moment(_ends_at(token))}" if case.refused_by("check_refresh_token_live") else "it was ended"
    return Finding(
        id="no-refresh-here",
        certainty="certain",
        seen=f"The refresh token is of a session that is over: {ended}{_begun(token)}.",
        cause="A refresh does not make a session longer: 12 hours after a log-in at CIS2, one hour after one at "
        "NHS login, it ends. A log-out ends it earlier."
        if isinstance(token, RefreshToken)
        else "A provider's refresh token has a lifetime of its own, and a log-out ends it earlier.",
        cure="Let the person log in again.",
    )


def _ends_at(token: Sent) -> float:
    if isinstance(token, RefreshToken):
        return min(token.expires_at, token.session.issued_at + token.session.lifetime)
    return token.expires_at


def _begun(token: Sent) -> str:
    begun = token.session.issued_at if isinstance(token, RefreshToken) else 0
    return f", having begun at {moment(begun)}" if begun else ""


def session_shortened(case: Case) -> Finding | None:
    """The refresh asks for a shorter session than the one that is over already."""
    asked, token = case.form("_refresh_tokens_validity_ms"), sent_token(case)
    if asked is None or not isinstance(token, RefreshToken) or not token.session.issued_at:
        return None
    return Finding(
        id="session-shortened",
        certainty="certain",
        seen=f"_refresh_tokens_validity_ms is {shown(asked)}, and the session is "
        f"{duration(case.now - token.session.issued_at)} old.",
        cause="The parameter makes the session shorter, so nothing is left of it. The refresh token is spent.",
        cure="Log in again. Then leave the parameter out, or send more milliseconds than the session is old.",
    )


def _none_was_given(case: Case) -> Finding | None:
    """The client's last tokens came of client_credentials, which gives no refresh token."""
    last = next((each for each in case.known.before(case.record) if _gave_tokens(each, case)), None)
    if last is None or last.grant_type != "client_credentials":
        return None
    sent = case.form("refresh_token")
    return Finding(
        id="no-refresh-here",
        certainty="certain" if sent is None else "likely",
        seen=f"{'There is no refresh_token' if sent is None else f'refresh_token {cut(sent)} is not known here'}; the "
        f"last tokens of this client came from client_credentials, {duration(case.now - last.at)} ago.",
        cause="client_credentials never gives a refresh token.",
        cure="Do not refresh: ask for a new token with a new assertion.",
    )


def _gave_tokens(record: Record, case: Case) -> bool:
    asked = case.form("client_id") or case.record.client_id
    return record.service == case.record.service and record.refusal is None and record.client_id == asked


_FIND: Final = ("find_refresh_token", "claim_refresh_token")
FINDERS: Final = (
    Finder(find=refresh_token_of_other_environment, rules=_FIND, named=("token-of-other-environment",)),
    Finder(find=answer_lost_on_timeout, rules=_FIND),
    Finder(find=refresh_token_spent, rules=_FIND),
    Finder(find=session_shortened, rules=(TOO_OLD,)),
    Finder(
        find=no_refresh_here,
        rules=(
            "check_refresh_token_present",
            *_FIND,
            "check_refresh_token_own",
            "check_refresh_token_not_revoked",
            "check_refresh_token_live",
        ),
    ),
)
