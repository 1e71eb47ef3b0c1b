"""The tools that need no mock: `explain`, `errors` and `rules`. They read no file and ask nobody.

With a server, `explain` also asks that mock for its message ids and for the values that it has issued.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final

import click

from mock_servers.catalogue.order import Order, orders
from mock_servers.command_line import errors, explain
from mock_servers.command_line.explain import KEY_SET, Circumstance
from mock_servers.command_line.mcp.tool import Arguments, Result, Tool
from mock_servers.configuration import members
from mock_servers.configuration.members import MemberError
from mock_servers.explain import moment
from mock_servers.explain.any_text import written
from mock_servers.explain.request_explanation import PARTS
from mock_servers.explain.verdict import ROLES
from mock_servers.explain.whole import Lent
from mock_servers.jose import jwks
from mock_servers.reading.plain import decoded
from mock_servers.settings.limits import URL, Limit, one_of
from mock_servers.wire.wording import did_you_mean, shown

_TEXT: Final = Limit(
    allowed="a text that is not empty", holds=lambda text: bool(text.strip()), schema={"minLength": 1}, secret=True
)
_MOMENT: Final = Limit(
    allowed=moment.ALLOWED,
    holds=lambda at: moment.seconds_of(str(at)) is not None,
    schema={"description": moment.ALLOWED},
)
_FIRST: Final = "platform"
_BRIEF: Final = ("service", "name", "status", "error", "error_description")
"""What is said of an error that is one of many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explain:
    """The text is sent to nobody, and answers show secrets cut.

    `answer` is what the service answered, where the text lacks it. `jwks` is the signer's key set, as JSON, to check
    signatures. `at` is when the request was made. `sent_as` is the parameter that a lone value is sent as, `token_url`
    where it is sent. `details` adds all that was found: rules, evidence, claims.
    """

    text: Annotated[str, _TEXT]
    answer: Annotated[str, _TEXT] | None = None
    jwks: str | Mapping[str, Any] | None = None
    at: Annotated[str, _MOMENT] | Annotated[float, _MOMENT] | None = None
    sent_as: Annotated[str, one_of(*ROLES)] | None = None
    token_url: Annotated[str, URL] | None = None
    details: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errors:
    """`text` is a sentence or a part of it, a code, a name, a status, or a whole answer; without it all are listed."""

    text: Annotated[str, _TEXT] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """Without `flow` the flows of the service are listed."""

    service: Annotated[str, one_of(*orders())] = _FIRST
    flow: str | None = None


_TEXTS: Final = {"type": "array", "items": {"type": "string"}}
_EXPLANATION: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "answer": {"type": "string", "description": "What to change, in a sentence or two."},
        "do": {**_TEXTS, "description": "The steps."},
        "why": {**_TEXTS, "description": "What was seen, and what the service said."},
        "fine": {**_TEXTS, "description": "What is right, as far as it can be judged."},
        "next": {**_TEXTS, "description": "What would be refused afterwards."},
        "moment": {"type": "string", "description": "When the request was made, if that matters."},
        "found": {"type": "boolean", "description": "Whether there was anything to explain."},
        "refused": {"type": "boolean", "description": "Whether the service refused it, or would."},
        "details": {"type": "object", "description": "All that was found, with `details`."},
    },
    "required": [*PARTS, "found", "refused"],
}


def offline_tools(server: str | None, token: str | None) -> tuple[Tool, ...]:
    """Return the three tools; `server` is the URL of a mock that `explain` may ask, `token` its control token."""
    return (
        Tool(
            name="explain",
            title="Explain a refusal or a value",
            description="Say why NHS England's API platform, CIS2 or NHS login refused a request, or what a token, "
            "code or key is. Takes any text: an error, a log, a request as curl, HTTP or code, a HAR file, a JWT, a "
            "message id. Read `answer` first, then follow `do`.",
            takes=members.schema(_Explain),
            answers=_EXPLANATION,
            call=partial(_explain, server, token),
            only_reads=True,
        ),
        Tool(
            name="errors",
            title="Search the errors",
            description="Search every error that the services answer. Of five errors or fewer you get the usual causes "
            "and cures.",
            takes=members.schema(_Errors),
            call=_errors,
            only_reads=True,
        ),
        Tool(
            name="rules",
            title="List what a flow checks",
            description="List what a service checks in one flow, in order, with what each check answers. The first "
            "check that fails decides the answer: all checks before it have passed.",
            takes=members.schema(_Rules),
            call=_rules,
            only_reads=True,
        ),
    )


def _explain(server: str | None, token: str | None, arguments: Arguments) -> Result:
    given = members.read(_Explain, arguments)
    text = decoded(given.text.encode())
    circumstance = Circumstance(
        role=given.sent_as, token_url=given.token_url, key_set=None, at=None, server=server, control_token=token
    )
    lent = Lent(
        answer=given.answer,
        at=moment.seconds_of(str(given.at)) if given.at is not None else None,
        keys=_keys(given.jwks),
    )
    explained = explain.explain(text, circumstance, lent)
    found = explained.as_json()
    more = {"details": found} if given.details else {}
    reported = {**{name: found[name] for name in PARTS}, "found": explained.found, "refused": explained.refused, **more}
    return Result(text="\n".join(written(explained, details=given.details)), members=reported)


def _keys(given: str | Mapping[str, Any] | None) -> bytes | None:
    if given is None:
        return None
    body = (given if isinstance(given, str) else json.dumps(given)).encode()
    found = jwks.read(body, 0, "")
    if found.keys is None:
        raise MemberError("jwks", found.problem, f"{KEY_SET}, as JSON")
    return body


def _errors(arguments: Arguments) -> Result:
    found = errors.find(members.read(_Errors, arguments).text)
    listed = found.as_json()
    if not found.are_few:
        listed = [{name: each[name] for name in _BRIEF} for each in listed]
    return Result(text=click.unstyle("\n".join(found.lines())), members={"errors": listed})


def _rules(arguments: Arguments) -> Result:
    given = members.read(_Rules, arguments)
    known = orders()[given.service]
    if given.flow is None:
        return _flows(given.service, list(known.values()))
    order = known.get(given.flow)
    if order is None:
        raise MemberError("flow", f"{shown(given.flow)}{did_you_mean(given.flow, known)}", ", ".join(known))
    steps = order.steps()
    lines = [
        f"{order.service.title}: {order.flow.name} ({order.flow.row})",
        *map(_line, range(1, len(steps) + 1), steps),
    ]
    reported = {"service": given.service, "flow": order.flow.name, "row": order.flow.row, "rules": steps}
    return Result(text="\n".join(lines if steps else [*lines, "Nothing is checked."]), members=reported)


def _flows(service: str, known: Sequence[Order]) -> Result:
    flows = [{"flow": each.flow.name, "row": each.flow.row, "of": each.service.title} for each in known]
    lines = [f"{each['flow']} ({each['of']}, {each['row']})" for each in flows]
    others = [each for each in orders() if each != service]
    text = "\n".join([*lines, f"Other services: {', '.join(others)}."])
    return Result(text=text, members={"service": service, "flows": flows, "services": list(orders())})


def _line(number: int, step: Mapping[str, Any]) -> str:
    words = " ".join(str(step[name]) for name in ("status", "error", "error_description") if step[name])
    return f"{number}. {step['rule']}: {words or 'refuses nothing'}"
