"""Reads a refusal: its contents, and its form."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from contract_tests.breakage import Breakage
from contract_tests.contract import CONTRACT, Shape
from contract_tests.draft import asked_at
from contract_tests.wire import Answer

# Public captures of the real service show 17 digits first and 4 in the second number, too.
_MESSAGE_ID = re.compile(r"rrt-\d{17,19}-[a-d]-\w{4}-\d{4,7}-\d{6,9}-\d", re.ASCII)


class Said(NamedTuple):
    """Status, code and sentence of a refusal."""

    status: int
    error: str | None
    sentence: str | None

    def __str__(self) -> str:
        """As a person would quote it."""
        return " ".join(filter(None, [str(self.status), self.error and f"{self.error}:", self.sentence]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form of a refusal; `members` in their order, `message_id` true if it has the real form.

    `location` is the target of a redirect with the names of its parameters; `www_authenticate` the error in such a
    header; `cache_control` is read for JSON, not for pages.
    """

    content_type: str
    members: tuple[str, ...] = ()
    message_id: bool = False
    allow: str | None = None
    location: tuple[str, ...] = ()
    www_authenticate: str | None = None
    cache_control: str | None = None


_HOME = "the client's redirect URI"
FORMS = {
    Shape.ENVELOPE: Form(
        content_type="application/json", members=("error", "error_description", "message_id"), message_id=True
    ),
    Shape.RATE_LIMIT: Form(
        content_type="application/json",
        members=(
            "message",
            "scope",
            "policy",
            "limit",
            "interval",
            "timeunit",
            "ratelimiting_expiry_time_ms",
            "message_id",
        ),
        message_id=True,
    ),
    Shape.PLATFORM_REDIRECT: Form(
        content_type="application/x-www-form-urlencoded", location=(_HOME, "error", "error_description", "state")
    ),
    Shape.PLATFORM_REDIRECT_WITHOUT_STATE: Form(
        content_type="application/x-www-form-urlencoded", location=(_HOME, "error", "error_description")
    ),
    Shape.REDIRECT: Form(content_type="text/html", location=(_HOME, "error", "error_description", "state")),
    Shape.REDIRECT_WITHOUT_STATE: Form(content_type="text/html", location=(_HOME, "error", "error_description")),
    Shape.REDIRECT_UNDESCRIBED: Form(content_type="text/html", location=(_HOME, "error", "state")),
    Shape.REDIRECT_CODE_ALONE: Form(content_type="text/html", location=(_HOME, "error")),
    Shape.DESCRIPTION_FIRST: Form(content_type="application/json", members=("error_description", "error")),
    Shape.DESCRIPTION_FIRST_WITH_STATE: Form(
        content_type="application/json", members=("error_description", "error", "state")
    ),
    Shape.ERROR_FIRST: Form(
        content_type="application/json", members=("error", "error_description"), cache_control="no-store, no-cache"
    ),
    Shape.ERROR_ALONE: Form(content_type="application/json", members=("error",), cache_control="no-store, no-cache"),
    Shape.BEARER: Form(
        content_type="application/json", members=("error", "error_description"), www_authenticate="invalid_token"
    ),
    Shape.BEARER_OF_SCOPE: Form(
        content_type="application/json",
        members=("error", "error_description"),
        www_authenticate="insufficient_scope",
    ),
    Shape.FAULT: Form(content_type="application/json", members=("fault",)),
    Shape.FAULT_CHALLENGED: Form(content_type="application/json", members=("fault",), www_authenticate="invalid_token"),
    Shape.PAGE: Form(content_type="text/html"),
    Shape.ALLOW_GET: Form(content_type="text/plain", allow="GET"),
    Shape.ALLOW_POST: Form(content_type="text/plain", allow="POST"),
}


def answer_of(key: str) -> Said:
    """Return what a row of the contract says."""
    row = CONTRACT[key]
    return Said(row.status, row.code, row.sentence)


def accepted(breakage: Breakage, *, mock: bool) -> tuple[Said, ...]:
    """Return the answers that a breakage allows: one for the mock, for others also those that are in doubt."""
    return tuple(map(answer_of, (breakage.key, *(() if mock else breakage.doubts))))


def said_of(answer: Answer, breakage: Breakage) -> Said:
    """Return what an answer says; for a page, whether it has the expected code and sentence."""
    row = breakage.row
    if row.shape is not Shape.PAGE or answer.json:
        return said(answer)
    text = html.unescape(answer.text)
    error = row.code if str(row.code) in text else None
    return Said(answer.status, error, row.sentence if row.sentence in text else _outline(answer))


def _challenge(answer: Answer) -> str | None:
    sent = answer.headers.get("www-authenticate")
    named = re.search(r'error="([^"]*)"', sent or "")
    return named[1] if named else sent


def said(answer: Answer) -> Said:
    """Return what an answer says; a body without the members of a refusal is outlined, without tokens."""
    carried = asked_at(answer.headers.get("location", ""))
    body: Mapping[str, Any] = carried or answer.json
    if isinstance(body.get("fault"), dict):
        return _fault(answer.status, body["fault"])
    sentence = body.get("error_description", body.get("message", "" if "error" in body else None))
    return Said(answer.status, body.get("error"), _outline(answer) if sentence is None else sentence)


def _fault(status: int, fault: Mapping[str, Any]) -> Said:
    detail = fault.get("detail")
    code = detail.get("errorcode") if isinstance(detail, dict) else None
    return Said(status, code, fault.get("faultstring"))


def _outline(answer: Answer) -> str:
    """Return what may be shown of a body that is not a refusal: the names of its members, or its beginning."""
    if answer.json:
        return f"a body with {', '.join(answer.json)}"
    return " ".join(answer.text.split())[:80]


def _stored(answer: Answer) -> str | None:
    """Return the two headers about storing an answer; nothing for a page."""
    return ", ".join(filter(None, (answer.headers.get(name) for name in ("cache-control", "pragma")))) or None


def difference(one: Form, right: Form) -> str:
    """Return in which parts of its form an answer differs from the right one, and how."""
    names = [each.name for each in fields(Form) if getattr(one, each.name) != getattr(right, each.name)]
    lines = [f"{name.replace('_', ' ')} {getattr(one, name)!r} for {getattr(right, name)!r}" for name in names]
    return f"the right error in another form: {'; '.join(lines)}" if lines else "as it should"


def form(answer: Answer, redirect_uri: str) -> Form:
    """Return the form of an answer; a charset beside a text's content type is no part of it."""
    content_type, location = answer.headers.get("content-type", ""), answer.headers.get("location", "")
    home = location.partition("?")[0]
    return Form(
        content_type=content_type.partition(";")[0] if content_type.startswith("text/") else content_type,
        members=tuple(answer.json),
        message_id=_MESSAGE_ID.fullmatch(str(answer.json.get("message_id"))) is not None,
        allow=answer.headers.get("allow"),
        location=(_HOME if home == redirect_uri else home, *asked_at(location)) if location else (),
        www_authenticate=_challenge(answer),
        cache_control=_stored(answer) if answer.json else None,
    )
