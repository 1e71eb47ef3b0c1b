"""Explains a value to who asks over HTTP: as JSON, or as a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
from mock_servers.explain.explanation import explain
from mock_servers.explain.kind import KINDS
from mock_servers.explain.verdict import ROLES
from mock_servers.wire.wording import shown

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explain:
    """A value to explain: a token, code, key or secret, or the message id of an exchange.

    `as`: the part that it is to play; the one it is made for unless given. `token_url`: where it would be posted to.
    """

    value: str
    token_url: Annotated[str, URL] | None = None


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
