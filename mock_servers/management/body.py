"""Reads the JSON bodies of the management API; members that a call does not know are ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mock_servers.jose import javascript
from mock_servers.management import errors
from mock_servers.management.service import Exchange
from mock_servers.rules import Rule, rejects
from mock_servers.state.developer_app import Attributes
from mock_servers.wire.json_text import object_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The allowed values of a member, in words and as a test."""

    allowed: str
    fits: Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(each is None or isinstance(each, str) for each in value)


def _is_attribute(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in ("name", "value"))


def _is_quota(value: Any) -> bool:
    return isinstance(value, str) or javascript.is_number(value)


TEXT: Final = Form(allowed="a string", fits=_is_text)
NAME: Final = Form(allowed="a string that is not empty", fits=lambda value: _is_text(value) and value.strip() != "")
TEXTS: Final = Form(allowed="a list of strings", fits=_are_texts)
STATUS: Final = Form(allowed="approved or revoked", fits=lambda value: value in ("approved", "revoked"))
MILLISECONDS: Final = Form(allowed="a number of milliseconds, or -1", fits=javascript.is_number)
QUOTA: Final = Form(allowed="a number or a string", fits=_is_quota)
ATTRIBUTES: Final = Form(
    allowed="a list of objects with a name and a value, both strings",
    fits=lambda value: isinstance(value, list) and all(map(_is_attribute, value)),
)


def decoded(members: Mapping[str, Form], *, required: tuple[str, ...] = ()) -> Rule[Exchange]:
    """Make the rule that reads a body: an object with valid known members and all required ones."""

    @rejects(errors.BODY_MALFORMED)
    def decode_body(exchange: Exchange) -> str | None:
        """A JSON object; null in place of a member counts as nothing."""
        sent = object_of(exchange.request.body)
        problem = "it must be a JSON object" if sent is None else _problem(sent, members, required)
        if problem is not None:
            exchange.named["problem"] = problem
            return f"The body does not do: {problem}."
        known = {name: value for name, value in (sent or {}).items() if name in members and value is not None}
        exchange.body = known
        return None

    return decode_body


def _problem(sent: Mapping[str, Any], members: Mapping[str, Form], required: tuple[str, ...]) -> str | None:
    for name, form in members.items():
        if sent.get(name) is None and name in required:
            return f"{name} is missing"
        if sent.get(name) is not None and not form.fits(sent[name]):
            return f"{name} must be {form.allowed}"
    return None


def attributes(sent: list[dict[str, str]]) -> Attributes:
    """Return attributes as sent; of two with one name the last counts."""
    return tuple({each["name"]: each["value"] for each in sent}.items())


def texts(sent: list[str | None]) -> tuple[str, ...]:
    """Return the strings of a list, each once, without the empty ones and nulls that products have been seen with."""
    return tuple(dict.fromkeys(each for each in sent if each))
