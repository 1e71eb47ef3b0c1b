"""Explains a value: what it is, by `recognition`; what the service makes of it, by `verdict`; what is wrong with it.

A value is never shown whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlencode

from mock_servers.diagnosis.request.misplaced_value import misplaced
from mock_servers.explain.checks.check import Check
from mock_servers.explain.checks.listing import Course, listed
from mock_servers.explain.recognition import Recognised, bare_value, is_private_key, recognised
from mock_servers.explain.value import ValueExplanation, of_value
from mock_servers.explain.verdict import ROLES, Context, Verdict, context
from mock_servers.journal import provenance
from mock_servers.journal.decoded_jwt import taken_apart
from mock_servers.journal.finding import Finding
from mock_servers.journal.record import Record
from mock_servers.platform.platform import Platform
from mock_servers.reading.captured import Captured
from mock_servers.state.grant import fingerprint
from mock_servers.wire.wording import cut

_JWTS: Final = ("client_assertion", "subject_token", "access_token")
_OPAQUE: Final = ("subject_token", "code", "refresh_token", "access_token")
"""Where a value of each form is sent, rightly or not."""


def explain(platform: Platform, value: str, role: str | None = None, token_url: str | None = None) -> dict[str, Any]:
    """Return what a value is, what is wrong with it, and how the service would judge it, as a mock that runs knows it.

    `token_url` is where it would be posted to, the platform's own unless given; `role` as for `explain_on`.
    """
    return explain_on(context(platform, token_url or platform.token_url), value, role)


def explain_on(context: Context, value: str, role: str | None = None) -> dict[str, Any]:
    """Return what a value is, what is wrong with it, and how the service would judge it.

    `role` is what it is sent as (one of ROLES): what it is made for unless given, or else each that it could have.
    """
    return dict(explained_value(context, value, role).known)


def explained_value(context: Context, value: str, role: str | None = None) -> ValueExplanation:
    """Return what a value is, as `explain_on` does, and what came of the checks in the part that it plays."""
    platform, bare = context.platform, bare_value(value)
    known = recognised(context, bare)
    part = role or known.role
    parts = (part,) if part else known.could_be
    judged = [ROLES[each].judge(context, bare) for each in parts]
    verdicts = [verdict.as_json(each) for verdict, each in zip(judged, parts, strict=True)]
    found = [*_findings(platform, value, bare, role), *(judged[0].findings if part else ())]
    members = {
        "kind": known.kind,
        "certainty": known.certainty,
        "seen": known.seen,
        "value": bare if known.exchange else cut(bare),
        "jwt": taken_apart(known.jwt, platform.clock.now()) if known.jwt else None,
        "verdict": verdicts[0] if part else None,
        "verdicts": verdicts,
        "issued": known.exchange is None and provenance.recognise(platform.store, fingerprint(bare)) is not None,
        "elsewhere": [] if role else list(_elsewhere(context, bare, known, parts)),
        "findings": [asdict(each) for each in _first_of_each(found)],
        "exchange": known.exchange.as_json() if known.exchange else None,
    }
    said = asdict(of_value(members, context.url))
    said = {name: list(each) if isinstance(each, tuple) else each for name, each in said.items()}
    return ValueExplanation(
        known={**members, **said},
        url=context.url,
        checks=_checks(context, bare, part, judged[0]) if part and judged else (),
    )


def _checks(context: Context, value: str, part: str, verdict: Verdict) -> tuple[Check, ...]:
    """Return what came of the checks of a value, as if a request had brought it in its field."""
    field = ROLES[part].field
    is_header = field in ("authorization", "apikey")
    sent = Captured(
        source="text",
        method="GET" if is_header else "POST",
        url=context.url,
        headers=((field, value),) if is_header else (),
        body=b"" if is_header else urlencode({field: value}).encode(),
    )
    refused = next((each for each in verdict.ruled if each.refusal is not None), None)
    return listed(Course(ruled=verdict.ruled, stopped=(refused,) if refused is not None else ()), sent)


def _elsewhere(context: Context, bare: str, known: Recognised, parts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield what is answered to the value where it does not belong, with the cure: people send it there by mistake."""
    for part in (_JWTS if known.jwt else _OPAQUE) if parts else ():
        verdict = ROLES[part].judge(context, bare)
        if part in parts or not verdict.refusals:
            continue
        found = next(iter(_misplaced(context.platform, bare, ROLES[part].field)), None)
        cure = found.cure if found else verdict.refusals[0].error.cure
        members = verdict.as_json(part)
        yield {**{name: members[name] for name in ("as", "would_be", "error", "diagnosis")}, "cure": cure}


def _first_of_each(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings without those of a mistake that is reported already."""
    ids = [each.id for each in findings]
    return [each for place, each in enumerate(findings) if each.id not in ids[:place]]


def _findings(platform: Platform, value: str, bare: str, role: str | None) -> Iterator[Finding]:
    if value.rstrip() != bare:
        yield Finding(
            id="wrapped-value",
            certainty="certain",
            seen=f"Around the value are {len(value) - len(bare)} more characters: blanks, quotes or Bearer.",
            cause="The service takes the value as it is. Only the header Authorization has Bearer in front.",
            cure="Send the value with nothing around it.",
        )
    if is_private_key(bare):
        yield Finding(
            id="private-key-sent",
            certainty="certain",
            seen="It is a private key.",
            cause="Only its owner needs it, to sign. You register only its public half.",
            cure="Register the public key as a JWKS. Replace this key if it has left your machine.",
        )
    if role is not None:
        yield from _misplaced(platform, bare, ROLES[role].field)


def _misplaced(platform: Platform, bare: str, field: str) -> Iterator[Finding]:
    """Look at the value as if a request had brought it in this field."""
    record = Record(
        id=0,
        at=platform.clock.now(),
        service="",
        method="",
        path="",
        status=0,
        request={},
        response={},
        sent={field: fingerprint(bare)},
    )
    return misplaced(platform.store, record, platform.url, platform.names.hosts)
