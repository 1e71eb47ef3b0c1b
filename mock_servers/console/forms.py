"""Forms made of the JSON Schemas of calls: their fields, and the members that were typed into them.

Nothing is judged here. What is no JSON value of a member's type goes to the control API as it was typed, whose sentence
then stands beside the field.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NoReturn

from mock_servers.console.visit import Answer
from mock_servers.control.calls import Call
from mock_servers.provider.providers import title_of
from mock_servers.state.person import LEVELS
from mock_servers.wire.wording import shown

SECRETS: Final = ("client_secret", "cis2_realm_secret", "nhs_login_realm_secret")
"""Members that no page shows unasked."""

_LABELS: Final[Mapping[str, str]] = {
    "client_id": "Client id",
    "kid": "Key id (kid)",
    "jwks": "Key set (JWKS)",
    "jwks_url": "URL of the key set",
    "redirect_uris": "Redirect URIs",
    "backchannel_logout_uri": "Back-channel logout URI",
    "post_logout_redirect_uris": "Redirect URIs after a logout",
    "cis2_auth_method": "Authentication method at CIS2",
    "cis2_signing_algorithm": "Signing algorithm at CIS2",
    "cis2_realm_secret": "Secret at the CIS2 mock realm",
    "nhs_login_realm_secret": "Secret at the NHS login mock realm",
    "make_key": "Make a key pair",
    "refresh_jwks": "Fetch the key set again",
    "quota_per_minute": "Requests a minute",
    "id": "User id or NHS number",
    "acts_for": "Acts for (an NHS number)",
    "claims": "Claims",
    "on": "Where",
    "do": "What goes wrong",
    "times": "How many requests",
    "after": "After how many good ones",
    "seconds": "Seconds of delay",
    "now": "New time",
    "advance": "Seconds to move forward",
    "frozen": "Stop the clock there",
    "kind": "Kind of damage",
    "processed": "After the work was done",
}
_YES_OR_NO: Final = {True: "yes", False: "no"}
_HINTS: Final[Mapping[str, str]] = {
    "level": ". ".join(f"{title_of(name)}: {', '.join(levels)}" for name, levels in LEVELS.items()),
    "now": "ISO 8601 with a zone, such as 2026-11-24T09:00:00Z, or seconds since 1970",
    "times": "Default: 1; null for all until you cancel it",
    "quota_per_minute": "0: no quota",
    "claims": "A JSON object: added to the id token and userinfo, or in place of theirs. null leaves a member out",
    "jwks": "A JSON object with the public keys. Leave it empty if the mock makes the key",
}


def schema_of(call: Call) -> Mapping[str, Any]:
    """Return the JSON Schema of the body of a call."""
    return {"properties": {}, "required": []} if call.body is None else call.body.schema()


def example_of(call: Call) -> Mapping[str, Any]:
    """Return a body that the call takes."""
    return {} if call.body is None else call.body.example


class Typed(str):
    """What somebody typed. It goes back into its field as it is, and is escaped like any other text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field: how it is filled in (`kind`), values with their words (`choices`), the API's sentence (`error`)."""

    name: str
    label: str
    kind: Literal["text", "area", "choice", "secret"]
    value: Typed
    choices: Sequence[tuple[str, str]] = ()
    hint: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Errors:
    """What the control API objects to: sentences by member, and those that are about no member of the form."""

    by_name: Mapping[str, str]
    others: Sequence[str] = ()


NO_ERRORS: Final = Errors({})


def fields(
    schema: Mapping[str, Any], names: Iterable[str], values: Mapping[str, str], errors: Errors = NO_ERRORS
) -> list[Field]:
    """Return the fields of these members, filled in with these texts."""
    properties = schema["properties"]
    return [
        Field(
            name=name,
            label=_LABELS.get(name, name.replace("_", " ").capitalize()),
            kind=_kind(name, properties[name]),
            value=Typed(values.get(name, "")),
            choices=_choices(properties[name], is_needed=name in schema["required"]),
            hint=_hint(name, properties[name]),
            error=errors.by_name.get(name, ""),
        )
        for name in names
    ]


def others(schema: Mapping[str, Any], *groups: Iterable[str]) -> list[str]:
    """Return the members that none of these groups has."""
    known = {name for group in groups for name in group}
    return [name for name in schema["properties"] if name not in known]


def texts(schema: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, str]:
    """Return members of an answer as the texts of their fields; no secret."""
    return {name: _text(members[name]) for name in schema["properties"] if name in members and name not in SECRETS}


def members(schema: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """Return what was filled in as the members of a body; an empty field is no member."""
    return {name: _value(each, form[name]) for name, each in schema["properties"].items() if name in form}


def changes(schema: Mapping[str, Any], form: Mapping[str, str], before: Mapping[str, str]) -> dict[str, Any]:
    """Return the members whose texts are no longer those of `before`; an emptied field empties its member."""
    changed = {
        name: each
        for name, each in schema["properties"].items()
        if _lines(form.get(name, "")) != before.get(name, "") and (name not in SECRETS or name in form)
    }
    return {name: _value(each, form[name]) if name in form else _nothing(each) for name, each in changed.items()}


def errors(answer: Answer, names: Iterable[str]) -> Errors:
    """Return the sentences of a refusal by the members that they name."""
    by_name: dict[str, str] = {}
    left: list[str] = []
    known = list(names)
    for line in answer.detail.splitlines():
        start = re.split(r"[ .\[]", line, maxsplit=1)[0]
        name = start if start in known else answer.body.get("member") if not by_name else None
        if name in known:
            by_name[name] = "; ".join(filter(None, (by_name.get(name), line)))
        else:
            left.append(line)
    return Errors(by_name, left)


def _types(schema: Mapping[str, Any]) -> set[str]:
    if "anyOf" in schema:
        return set().union(*(_types(each) for each in schema["anyOf"]))
    named = schema.get("type", ())
    return {named} if isinstance(named, str) else set(named)


def _words(schema: Mapping[str, Any]) -> list[str]:
    """Return the values that a member may have, if they are listed."""
    if "anyOf" in schema:
        return [word for each in schema["anyOf"] for word in _words(each)]
    return [str(word) for word in schema.get("enum", ()) if word is not None]


def _kind(name: str, schema: Mapping[str, Any]) -> Literal["text", "area", "choice", "secret"]:
    types = _types(schema)
    if types & {"array", "object"}:
        return "area"
    if "boolean" in types or _words(schema):
        return "choice"
    return "secret" if name in SECRETS else "text"


def _choices(schema: Mapping[str, Any], *, is_needed: bool) -> list[tuple[str, str]]:
    is_flag = "boolean" in _types(schema)
    words = [("true", "Yes"), ("false", "No")] if is_flag else [(word, title_of(word)) for word in _words(schema)]
    if is_needed:
        return words
    default = schema.get("default")
    usual = _YES_OR_NO[default] if isinstance(default, bool) else default
    unsaid = "Default" if default is None else f"Default ({usual})"
    return [("", unsaid), *words]


def _hint(name: str, schema: Mapping[str, Any]) -> str:
    if name in _HINTS:
        return _HINTS[name]
    if "array" in _types(schema):
        return "One on each line"
    default = schema.get("default")
    return f"Default: {_text(default)}" if default not in (None, "", True, False) else ""


def _text(value: Any) -> str:
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "\n".join(value)
    return json.dumps(value, indent=2 if isinstance(value, dict) else None, ensure_ascii=False)


def _value(schema: Mapping[str, Any], text: str) -> Any:
    types = _types(schema)
    if "array" in types:
        return [line for line in _lines(text).split("\n") if line]
    is_text = "string" in types and not (types & {"object", "number"})
    return text if is_text else _json(text, types)


def _json(text: str, types: set[str]) -> Any:
    """Return the JSON value of a text if a member may have it, else the text."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return _lines(text) if "object" in types else text
    if isinstance(value, float) and not math.isfinite(value):
        return text
    if isinstance(value, str) or ("string" in types and isinstance(value, bool | None | list)):
        return text
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(shown(constant))


def _nothing(schema: Mapping[str, Any]) -> Any:
    types = _types(schema)
    if "null" in types:
        return None
    return [] if "array" in types else {} if "object" in types else ""


def _lines(text: str) -> str:
    """Return a text with plain line ends: browsers send a carriage return before each."""
    return text.replace("\r\n", "\n")
