"""Explains a value: what it is, by `kind`; what the service would make of it, by `verdict`; and what is wrong with it.

A value is never shown whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlsplit

from mock_servers import pages
from mock_servers.configuration import members
from mock_servers.configuration.limits import URL
from mock_servers.configuration.members import MemberError
from mock_servers.control.calls import (
    EVIDENCE,
    HTML,
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    Asked,
    Call,
    Gives,
    Takes,
    Told,
    answer_object,
)
from mock_servers.diagnosis.request.place import misplaced
from mock_servers.explain.kind import KINDS, bare_value, is_private_key, kind_of
from mock_servers.explain.verdict import ROLES, Bench, bench
from mock_servers.journal import provenance
from mock_servers.journal.dissection import taken_apart
from mock_servers.journal.finding import Finding
from mock_servers.journal.record import Record
from mock_servers.wire.wording import cut, shown

if TYPE_CHECKING:
    from mock_servers.platform.platform import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explain:
    """A value to explain: a token, code, key or secret, or the message id of an exchange.

    `as`: the part that it is to play; the one it is made for unless given. `token_url`: where it would be posted to.
    """

    value: str
    token_url: Annotated[str, URL] | None = None


def explain(platform: Platform, value: str, role: str | None = None, token_url: str | None = None) -> dict[str, Any]:
    """Return what a value is, what is wrong with it, and how the service would judge it, as a mock that runs knows it.

    `token_url` is where it would be posted to, the platform's own unless given; `role` as for `explain_on`.
    """
    return explain_on(bench(platform, token_url or platform.token_url), value, role)


def explain_on(bench: Bench, value: str, role: str | None = None) -> dict[str, Any]:
    """Return what a value is, what is wrong with it, and how the service would judge it.

    `role` is what it is sent as (one of ROLES): what it is made for unless given, or else each that it could have.
    """
    platform, bare = bench.platform, bare_value(value)
    kind = kind_of(bench, bare)
    part = role or kind.role
    parts = (part,) if part else kind.could_be
    judged = [ROLES[each].judge(bench, bare) for each in parts]
    verdicts = [verdict.as_json(each) for verdict, each in zip(judged, parts, strict=True)]
    found = [*_findings(platform, value, bare, role), *(judged[0].findings if part else ())]
    return {
        "kind": kind.kind,
        "certainty": kind.certainty,
        "seen": kind.seen,
        "value": bare if kind.exchange else cut(bare),
        "jwt": taken_apart(kind.jwt, platform.clock.now()) if kind.jwt else None,
        "verdict": verdicts[0] if part else None,
        "verdicts": verdicts,
        "findings": [asdict(each) for each in _first_of_each(found)],
        "exchange": kind.exchange.as_json() if kind.exchange else None,
    }


def _first_of_each(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings without those of a mistake that is told already."""
    ids = [each.id for each in findings]
    return [each for place, each in enumerate(findings) if each.id not in ids[:place]]


def _findings(platform: Platform, value: str, bare: str, role: str | None) -> Iterator[Finding]:
    if value != bare:
        yield Finding(
            id="wrapped-value",
            certainty="certain",
            seen=f"Around the value are {len(value) - len(bare)} more characters: blanks, quotes or Bearer.",
            cause="The service takes what is sent as it is; only the header Authorization has a Bearer in front.",
            cure="Send the value bare.",
        )
    if is_private_key(bare):
        yield Finding(
            id="private-key-sent",
            certainty="certain",
            seen="It is a private key.",
            cause="Nobody but its owner needs it: it signs, and only its public half is registered.",
            cure="Register the public key as a JWKS; replace this one if it has left your machine.",
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
        sent={field: provenance.fingerprint(bare)},
    )
    return misplaced(platform.store, record, platform.url, platform.hosts)


def _explain(asked: Asked) -> Told:
    given = _read(asked.body)
    url = given.token_url or f"{asked.origin}/oauth2/token"
    told = explain(asked.platform, given.value, asked.body.get("as"), url)
    return _page(told) if asked.for_people else Told(body=told)


def _page(told: Mapping[str, Any]) -> Told:
    """Return the page of a value; whoever asks for an exchange is sent to the exchange's own."""
    if told["exchange"]:
        return Told(status=303, headers={"Location": f"/_nhsauth/exchanges/{told['exchange']['id']}"})
    from mock_servers.control.explanation_page import explanation_page  # noqa: PLC0415 - programs never ask for it

    page = pages.explanation_page(explanation_page(told))
    return Told(body=page, content_type=HTML, headers=pages.SECURITY_HEADERS)


def _read(body: Mapping[str, Any]) -> _Explain:
    role = body.get("as")
    if role is not None and (not isinstance(role, str) or role not in ROLES):
        raise MemberError("as", shown(role), " or ".join(shown(each) for each in ROLES))
    try:
        # No dataclass can have a member called `as`.
        given = members.read(_Explain, {name: value for name, value in body.items() if name != "as"})
        urlsplit(given.token_url or "")
    except MemberError as wrong:
        allowed = f"as, {wrong.allowed}" if wrong.found.startswith("unknown") else wrong.allowed
        raise MemberError(wrong.where, wrong.found, allowed) from wrong
    except ValueError as broken:
        raise MemberError("token_url", shown(body["token_url"]), f"{URL.allowed} ({broken})") from broken
    return given


_ERROR: Final = answer_object(
    {
        "status": {"type": "integer"},
        "code": TEXT,
        "description": TEXT,
        "rule": TEXT,
        "evidence": EVIDENCE,
    }
)

SCHEMAS: Final = {
    "Verdict": answer_object(
        {
            "as": {"enum": list(ROLES)},
            "would_be": {"enum": ["refused", "accepted", "undecided"]},
            "error": {"anyOf": [_ERROR, {"type": "null"}], "description": "What would go out."},
            "diagnosis": TEXT_OR_NULL,
            "then": {**TEXTS, "description": "What would be refused next."},
            "not_judged": {
                **TEXTS,
                "description": "The rules that could not be asked: they need the whole request, or a server elsewhere.",
            },
        },
        "How the service would judge the value now. Nothing is spent or remembered, and no network is used.",
    ),
    "Explanation": answer_object(
        {
            "kind": {"enum": list(KINDS)},
            "certainty": {
                "enum": ["certain", "likely", "possible"],
                "description": "certain: the mock issued it, or it can be nothing else. likely: by what it says of "
                "itself. possible: by its looks.",
            },
            "seen": {**TEXT, "description": "What it is, in words."},
            "value": {**TEXT, "description": "Its beginning and its length; a message id that is known, whole."},
            "jwt": {
                "anyOf": [
                    answer_object(
                        {
                            "header": {"type": "object"},
                            "claims": {"type": "object"},
                            "times": {"type": "object", "additionalProperties": TEXT},
                            "signature": TEXT,
                        }
                    ),
                    {"type": "null"},
                ],
                "description": "The JWT taken apart, its times in words.",
            },
            "verdict": {
                "anyOf": [{"$ref": "#/components/schemas/Verdict"}, {"type": "null"}],
                "description": "In the part that was asked for, or that the value is made for.",
            },
            "verdicts": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Verdict"},
                "description": "That one; or, where it is not known what the value is made for, one for each part that "
                "it could have.",
            },
            "findings": {"type": "array", "items": {"$ref": "#/components/schemas/Finding"}},
            "exchange": {
                "anyOf": [{"$ref": "#/components/schemas/Exchange"}, {"type": "null"}],
                "description": "The exchange with this message id.",
            },
        },
        "What a value is.",
    ),
}

CALLS: Final = (
    Call(
        method="POST",
        path="/explain",
        name="explain",
        summary="Say what a value is, and how the service would judge it; for a browser a page.",
        answer=_explain,
        takes=Takes(
            kind=_Explain,
            more={"as": {"enum": [*ROLES, None], "description": "The part that it is to play."}},
            example={"value": "SplxlOBeZQQYbYS6WxSbIA", "as": "subject_token"},
        ),
        gives={
            200: Gives(
                description="The explanation.", schema={"$ref": "#/components/schemas/Explanation"}, or_page=True
            ),
            303: Gives(description="For a browser that asks for a message id: to the page of the exchange."),
        },
        from_form=True,
    ),
)
