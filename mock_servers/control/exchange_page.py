"""Puts exchanges on pages for people: the list, and one of them whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from mock_servers.catalogue.evidence import EVIDENCE
from mock_servers.control import suggested_command
from mock_servers.control.suggested_command import jwts_of
from mock_servers.journal.record import Record
from mock_servers.journal.rule_trace import Step
from mock_servers.pages.journal import (
    ExchangePage,
    ExchangeRow,
    FindingShown,
    JournalPage,
    JwtPart,
    Member,
    Part,
    PolicyShown,
    RuleShown,
    Why,
)
from mock_servers.wire.wording import cut, duration, moment

if TYPE_CHECKING:
    from mock_servers.platform.platform import Platform

ROLES: Final = {
    "client_assertion": "client_assertion, by which an app proves itself",
    "subject_token": "subject_token, the id_token of a person",
    "refresh_token": "refresh_token",
    "code": "code, at an identity provider",
    "access_token": "Authorization: Bearer, at an API",
    "apikey": "apikey, at an API",
}
"""What a value can be sent as, in words for people."""

_AT_ONCE: Final = 50
_LONGEST_CLIENT: Final = 100
_PARTS: Final = {"headers": "Headers", "query": "Query parameters", "form": "Form", "body": "Members"}


def journal_page(platform: Platform, before: int | None, text: str = "", *, only_refused: bool = False) -> JournalPage:
    """Return the newest exchanges, or the newest of those with a number below `before`; of those that a text is in."""
    kept = [record for record in platform.exchanges.kept() if before is None or record.id < before]
    if only_refused:
        kept = [record for record in kept if record.refusal is not None]
    if text:
        kept = [record for record in kept if text.lower() in _searched(record)]
    shown = kept[-_AT_ONCE:]
    wanted = {**({"text": text} if text else {}), **({"refused": "true"} if only_refused else {})}
    return JournalPage(
        rows=[_row(record) for record in reversed(shown)],
        older=f"/_nhsauth/exchanges?{urlencode({'before': shown[0].id, **wanted})}" if len(kept) > len(shown) else None,
        is_newest=before is None,
        text=text,
        only_refused=only_refused,
        explains=platform.exchanges.explains,
        is_real=platform.exchanges.is_real,
        world=platform.world.name if platform.world is not None else None,
    )


def _searched(record: Record) -> str:
    """Return what a search looks at: what the list shows, and the message id."""
    error = record.refusal
    shown = (record.method, record.path, str(record.status), record.client_id, record.message_id, record.headline)
    refused = (error.code, error.description) if error is not None else ()
    return " ".join(filter(None, (*shown, *refused))).lower()


def exchange_page(platform: Platform, record: Record, base: str, control: str) -> ExchangePage:
    """Return all that is known of an exchange; its reader calls services below `base`, and `control`."""
    examined = record.examination()
    error = record.refusal
    return ExchangePage(
        id=record.id,
        title=f"{record.method} {record.path} {record.status}",
        facts=_facts(record, platform.clock.now()),
        is_error=error is not None,
        error=" ".join(part for part in (error.code, error.description) if part) if error else "",
        evidence=EVIDENCE[error.evidence] if error else None,
        about=_about(record),
        why=Why(
            headline=record.answer,
            diagnosis=record.diagnosis if examined.headline else None,
            findings=[finding_shown(asdict(each)) for each in examined.findings],
            then=examined.then,
            advice=examined.advice,
        ),
        request=_parts(record.request, jwts_of(record)),
        response=_parts(record.response, {}),
        flow=record.flow.replace("-", " "),
        timeline=[
            _policy(name, list(of_policy))
            for name, of_policy in groupby(record.timeline(), key=lambda step: step.policy)
        ],
        attempt=suggested_command.corrected(platform, record, base, control),
        explains=platform.exchanges.explains,
        is_real=platform.exchanges.is_real,
    )


def finding_shown(finding: Mapping[str, Any]) -> FindingShown:
    """Return a finding of the control API as a page shows it."""
    evidence = finding.get("evidence")
    basis = [part for part in (finding.get("row"), EVIDENCE[evidence] if evidence else None) if part]
    return FindingShown(
        **{name: finding[name] for name in ("id", "certainty", "seen", "cause", "cure")},
        later=finding.get("later", False),
        change=finding.get("change"),
        difference=finding.get("difference"),
        basis=", ".join(basis) or None,
        about=_errors_about(finding["row"]) if finding.get("row") else None,
    )


def jwt_part(jwt: Mapping[str, Any]) -> JwtPart:
    """Return a decoded JWT as a page shows it."""
    return JwtPart(
        header=[_member(name, value) for name, value in jwt["header"].items()],
        claims=[_member(name, value, jwt["times"].get(name)) for name, value in jwt["claims"].items()],
        signature=jwt["signature"],
    )


def _row(record: Record) -> ExchangeRow:
    error = record.refusal
    return ExchangeRow(
        id=record.id,
        at=moment(record.at),
        method=record.method,
        path=record.path,
        status=record.status,
        is_error=error is not None,
        client=_client(record),
        outcome=error.description or error.code if error else "",
        why=record.headline,
    )


def _about(record: Record) -> str | None:
    error = record.refusal
    text = error.description or error.code if error and error.rule != "fault" else ""
    return _errors_about(text) if text else None


def _errors_about(text: str) -> str:
    return f"/_nhsauth/errors?{urlencode({'text': text})}"


def _client(record: Record) -> str | None:
    sent = record.client_id
    return sent if sent is None or len(sent) <= _LONGEST_CLIENT else cut(sent)


def _facts(record: Record, now: float) -> dict[str, str]:
    ago = f", {duration(now - record.at)} {'ago' if record.at <= now else 'ahead of the clock'}"
    facts = {
        "Exchange": str(record.id),
        "Arrived": f"{moment(record.at)}{ago}",
        "Client": _client(record),
        "Message id": record.message_id,
    }
    return {name: words for name, words in facts.items() if words}


def _parts(message: Mapping[str, Any], jwts: Mapping[str, Mapping[str, Any]]) -> dict[str, Sequence[Part]]:
    found = {_PARTS[place]: list(_placed(message[place], jwts)) for place in _PARTS if place in message}
    return {about: parts for about, parts in found.items() if parts}


def _placed(values: Mapping[str, Any], jwts: Mapping[str, Mapping[str, Any]]) -> Iterator[Part]:
    for name, value in values.items():
        jwt = jwts.get(name)
        yield Part(
            name=name,
            value=value if isinstance(value, str) else json.dumps(value, default=str),
            jwt=jwt_part(jwt) if jwt else None,
        )


def _member(name: str, value: Any, words: str | None = None) -> Member:
    return Member(name=name, value=json.dumps(value, ensure_ascii=False), words=words)


def _policy(name: str, steps: Sequence[Step]) -> PolicyShown:
    states = [step.state for step in steps]
    return PolicyShown(
        name=name,
        results=_passed(states),
        rules=[RuleShown(name=step.rule, state=step.state, words=step.words) for step in steps],
        is_open="stopped" in states or "foreseen" in states,
    )


def _passed(states: Sequence[str]) -> str:
    if "stopped" in states:
        return f"stopped at rule {states.index('stopped') + 1} of {len(states)}"
    if "foreseen" in states:
        return f"not reached; {states.count('foreseen')} of {len(states)} would refuse"
    return "not reached" if "unasked" in states else f"passed, {len(states)} of {len(states)}"
