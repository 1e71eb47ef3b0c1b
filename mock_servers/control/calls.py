"""One call of the control API as data: where it is, what it takes, what it gives, and the function that answers it.

Routes and openapi.json are both made of these, so that neither can drift from the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from mock_servers import pages
from mock_servers.configuration import members
from mock_servers.configuration.members import MemberError
from mock_servers.pages import Navigation
from mock_servers.wire.wording import shown

if TYPE_CHECKING:
    from mock_servers.platform.access import Access, Caller
    from mock_servers.platform.platform import Platform

_NUMBER: Final = re.compile(r"[0-9]{1,15}")

JSON: Final = "application/json"
PEM: Final = "text/plain; charset=utf-8"
HTML: Final = "text/html; charset=utf-8"

TEXT: Final[Mapping[str, Any]] = {"type": "string"}
TEXT_OR_NULL: Final[Mapping[str, Any]] = {"type": ["string", "null"]}
NULL: Final[Mapping[str, Any]] = {"type": "null"}
NUMBER: Final[Mapping[str, Any]] = {"type": "integer", "minimum": 0, "maximum": 10**15 - 1}
"""What a query parameter is that counts something."""
TEXTS: Final[Mapping[str, Any]] = {"type": "array", "items": TEXT}
EVIDENCE: Final[Mapping[str, Any]] = {
    "enum": ["S", "Q", "D", "I"],
    "description": "S: read in the real service's source or tests. D: documented. Q: quoted by a user. I: inferred.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, past its guards.

    `base` is what every URL of the services begins with, as the caller wrote it, `control` what that of each call does,
    `path` the variable parts of the path, `query` the parameters by name, `body` the members of the JSON object, or of
    the page's own form, that was sent. `for_people`: it comes from a browser, which gets a page where there is one.
    `access` knows the control tokens, and `caller` is whose token was sent.
    """

    platform: Platform
    base: str
    control: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    access: Access
    caller: Caller
    for_people: bool = False

    def number(self, name: str) -> int | None:
        """Return a query parameter that is a whole number; `None` if it was not sent. Raises MemberError."""
        sent = self.query.get(name)
        if sent is None:
            return None
        if not _NUMBER.fullmatch(sent):
            raise MemberError(name, shown(sent), "a whole number")
        return int(sent)

    def navigation(self, current: str) -> Navigation:
        """Return the way between the pages, from the page that is called so."""
        worlds = self.platform.worlds
        has_worlds = worlds is not None and bool(worlds.all())
        return pages.navigation(current, is_real=self.platform.exchanges.is_real, has_worlds=has_worlds)

    @property
    def prefix(self) -> str:
        """The path of the base, which every link begins with; empty at the root."""
        return urlsplit(self.base).path


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What is answered: a JSON value, the text of another content type, or nothing at all (204).

    `world` is the name of the world that the call has made or ended.
    """

    status: int = 200
    body: Any = None
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    world: str | None = None


DONE: Final = Response(status=204)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a body is: the members of a dataclass but for `omit`; `partial`: none of them must be there.

    `changes`: what is not there stays as it is, rather than take its default. `more` are members of a body that no
    dataclass can have, with their schemas; `never` is the schema of what its members may not be together; `example` is
    a body that is answered.
    """

    model: type[Any]
    omit: tuple[str, ...] = ()
    partial: bool = False
    changes: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)
    never: Mapping[str, Any] = field(default_factory=dict)
    example: Mapping[str, Any] = field(default_factory=dict)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the body."""
        whole = members.schema(self.model, omit=self.omit)
        properties = _without_defaults(whole) if self.changes else whole["properties"]
        required = [] if self.partial else whole["required"]
        never = {"not": self.never} if self.never else {}
        return {**whole, "properties": {**properties, **self.more}, "required": required, **never}


@dataclass(frozen=True, slots=True)
class ResponseObject:
    """One answer: in words, and the JSON Schema of its body; `schema` is `None` for an answer without one.

    `or_page`: a caller that prefers HTML gets a page.
    """

    description: str
    schema: Mapping[str, Any] | None = None
    content_type: str = JSON
    or_page: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter: in words, and its JSON Schema."""

    description: str
    schema: Mapping[str, Any]


def _unanswered(_: Request) -> Response:
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Call:
    """A call, which decorates the function that answers it: that one's name and docstring are the call's.

    `path` is Flask's, below `/_nhsauth`; `refusals` says by status why it may fail. What the guards refuse is the same
    everywhere and not repeated here; `from_redirect`: a browser may be sent here from another site. `from_form`: the
    mock's own page may post a form. `any_host`: it is answered under any. `only_reads`: it changes nothing.
    `takes`: the control token that it asks for, if one is set: none, that of any caller, or one that controls the mock
    or the world that is called.
    """

    method: str
    path: str
    responses: Mapping[int, ResponseObject]
    _: KW_ONLY
    body: Body | None = None
    query: Mapping[str, Parameter] = field(default_factory=dict)
    refusals: Mapping[int, str] = field(default_factory=dict)
    from_redirect: bool = False
    from_form: bool = False
    any_host: bool = False
    only_reads: bool = False
    takes: Literal["no token", "any token", "its own token"] = "its own token"
    answer: Callable[[Request], Response] = _unanswered

    def __call__(self, answer: Callable[[Request], Response]) -> Call:
        """Return the call with the function that answers it."""
        return replace(self, answer=answer)

    @property
    def name(self) -> str:
        """The operation id."""
        first, *others = self.answer.__name__.split("_")
        return "".join([first, *(word.capitalize() for word in others)])

    @property
    def changes(self) -> bool:
        """Whether it changes anything in the mock."""
        return self.method != "GET" and not self.only_reads

    @property
    def summary(self) -> str:
        """What it does, in a sentence."""
        return cleandoc(self.answer.__doc__ or self.name)


def ref(schema: str) -> dict[str, Any]:
    """Return a reference to the schema of this name among the document's components."""
    return {"$ref": f"#/components/schemas/{schema}"}


def array_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a list whose items have this schema."""
    return {"type": "array", "items": dict(schema)}


def any_of(*schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a value that one of these schemas allows."""
    return {"anyOf": list(schemas)}


def all_required(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an answer: what may be left out of a body is always there in an answer, without default."""
    properties = _without_defaults(schema)
    return {**schema, "properties": properties, "required": list(properties)}


def _without_defaults(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties: Mapping[str, Mapping[str, Any]] = schema["properties"]
    return {name: without_default(each) for name, each in properties.items()}


def without_default(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema that takes nothing for granted."""
    return {name: schema[name] for name in schema if name != "default"}


def answer_object(properties: Mapping[str, Any], description: str = "") -> dict[str, Any]:
    """Return the schema of an object that has exactly these members, in this order."""
    words = {"description": description} if description else {}
    return {
        **words,
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
