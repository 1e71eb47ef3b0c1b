"""Generated damage: a good request, one or two edits drawn from a grammar, and a machine that follows the cure.

An edit is an operation at a place. Places are the names and values of the form, of the JWT's header and of its claims
before it is signed, the text of a JWT after that, and what comes after Bearer. An exchange has two places.
"""

from __future__ import annotations

import base64
import html
import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final
from urllib.parse import quote

from hypothesis import strategies as st

from mock_servers.journal.finding import Finding, first_step
from mock_servers.journal.record import Record
from tests.mistakes.listed import APP, ASSERTION_TYPE, GOOD, ID_TOKEN, STRANGER, TOKEN_EXCHANGE, Draft, World

SIGNED: Final = ("grant_type", "client_assertion_type", "client_assertion")
BY_SECRET: Final = ("grant_type", "client_id", "client_secret")
FIELDS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "client_credentials": SIGNED,
    "token_exchange": (*SIGNED, "subject_token_type", "subject_token"),
    "refresh": (*BY_SECRET, "refresh_token"),
    "code": (*BY_SECRET, "code", "redirect_uri"),
    "cis2": (*SIGNED, "code", "redirect_uri"),
    "api": ("Authorization",),
}
"""The parameters of each kind of request; of a call, its header."""
FIELDS: Final = tuple(dict.fromkeys(name for names in FIELDS_OF.values() for name in names))
HEADER: Final = ("alg", "typ", "kid")
CLAIMS: Final = ("iss", "sub", "aud", "jti", "exp")
_JWTS: Final = ("client_assertion", "subject_token")
_KNOWN: Final = (
    APP,
    STRANGER,
    "nhsauth-1",
    "nhsauth-secret",
    "client_credentials",
    "urn:ietf:params:oauth:token-type:jwt",
    ASSERTION_TYPE,
    ID_TOKEN,
    TOKEN_EXCHANGE,
    "https://int.api.service.nhs.uk/oauth2/token",
    "RS256",
    "undefined",
    "",
)
_CHARACTERS: Final = " \t\n\"'.-_=+/%A0é\u200b\ufeff\u2013"

_Operation = Callable[[str, "Edit"], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An operation at the `part` of a request with this `name`; `at` is the share of the text before it."""

    part: str
    name: str
    operation: str
    at: float = 0
    length: int = 1
    text: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The members that it damages."""
        return frozenset(self.name.split("/")) | (frozenset(self.text.split("/")) if self.is_exchange else frozenset())

    @property
    def is_exchange(self) -> bool:
        """Whether it gives each of two members the other's value."""
        return self.operation == "exchange"

    def exchange(self, *parts: dict[str, Any]) -> None:
        """Give each of two members, wherever they are, the other's value."""
        holders = {name: part for part in parts for name in part}
        one, other = ([name for name in each.split("/") if name in holders] for each in (self.name, self.text))
        if one and other:
            values = holders[one[0]][one[0]], holders[other[0]][other[0]]
            for names, value in ((other, values[0]), (one, values[1])):
                for name in names:
                    holders[name][name] = value

    def apply(self, members: dict[str, Any]) -> None:
        """Damage the member of a form, header or claims, where it is there."""
        if self.name not in members:
            return
        value = members[self.name]
        if self.operation == "leave out":
            del members[self.name]
        elif self.part.endswith(" name"):
            renamed = {self.of(name) if name == self.name else name: each for name, each in members.items()}
            members.clear()
            members.update(renamed)
        elif isinstance(value, str):
            members[self.name] = self.of(value)
        elif isinstance(value, int | float):
            members[self.name] = _NUMBERS[self.length % len(_NUMBERS)](value)

    def of(self, text: str) -> str:
        """Return the text, damaged."""
        return _OPERATIONS[self.operation](text, self)

    def place(self, text: str) -> int:
        """Return where in a text it is."""
        return int(self.at * len(text))


def _delete(text: str, edit: Edit) -> str:
    at = edit.place(text)
    return text[:at] + text[at + edit.length :]


def _swap(text: str, edit: Edit) -> str:
    at = edit.place(text)
    return f"{text[:at]}{text[at : at + 2][::-1]}{text[at + 2 :]}"


def _turned(text: str, edit: Edit) -> str:
    """Turn the case of the next letter, and of those behind it in so many characters."""
    at = edit.place(text)
    return f"{text[:at]}{text[at : at + edit.length].swapcase()}{text[at + edit.length :]}"


_BLANKS: Final = (" ", "\r", "\n", "\t")
_MASKS: Final = ("***", "…", "...", "[REDACTED]", "****************")
_OPERATIONS: Final[Mapping[str, _Operation]] = {
    "insert": lambda text, edit: f"{text[: edit.place(text)]}{edit.text}{text[edit.place(text) :]}",
    "add": lambda text, edit: f"{text}{edit.text}",
    "delete": _delete,
    "swap": _swap,
    "truncate": lambda text, edit: text[: edit.place(text)],
    "repeat": lambda text, _: f"{text}{text}",
    "percent": lambda text, _: quote(text, safe=""),
    "base64": lambda text, _: base64.b64encode(text.encode()).decode(),
    "JSON": lambda text, _: json.dumps(text),
    "HTML": lambda text, _: html.escape(f"<{text}>"),
    "bytes": lambda text, _: repr(text.encode()),
    "list": lambda text, _: repr([text]),
    "map": lambda text, edit: f"{{{edit.name}={text}, more=x}}",
    "UTF-16": lambda text, _: text.encode("utf-16-le").decode("latin-1"),
    "byte order mark": lambda text, _: f"\ufeff{text}",
    "compressed": lambda text, _: base64.b64encode(zlib.compress(text.encode())).decode(),
    "hex": lambda text, _: text.encode().hex(),
    "upper": lambda text, _: text.upper(),
    "lower": lambda text, _: text.lower(),
    "swapcase": lambda text, _: text.swapcase(),
    "case of a letter": _turned,
    "quotes": lambda text, _: f'"{text}"',
    "white space": lambda text, edit: f"{text}{_BLANKS[edit.length % len(_BLANKS)]}",
    "Bearer": lambda text, _: f"Bearer {text}",
    "masked": lambda text, edit: f"{text[:4]}{_MASKS[edit.length % len(_MASKS)]}",
    "replace": lambda _, edit: edit.text,
}
_NUMBERS: Final[Sequence[Callable[[float], Any]]] = (
    str,
    lambda value: value * 1000,
    lambda value: value + 3600,
    lambda value: value - 3600,
    lambda _: None,
    lambda value: [value],
    lambda value: value / 60,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Damaged:
    """A good request of a `kind` with its edits, each of which can be undone."""

    kind: str
    edits: tuple[Edit, ...]
    values: tuple[tuple[str, str], ...] = ()

    def send(self, world: World) -> Record:
        """Make the request, send it, and return its record; values that an answer has named are set at the end."""
        draft = GOOD[self.kind](world)
        for part, members in (("header", draft.jose), ("claim", draft.claims)):
            for edit in self._at(part, f"{part} name"):
                edit.apply(members)
            members.update({name: value for name, value in self.values if name in _MEMBERS[part]})
        for edit in self._exchanges("jwt"):
            edit.exchange(draft.jose, draft.claims)
        for edit in self._at("bearer"):
            self._damage_header(edit, draft)
        draft.finish.append(self._damage_form)
        draft.send()
        return world.platform.exchanges.last

    def _at(self, *parts: str) -> list[Edit]:
        return [edit for edit in self.edits if edit.part in parts and not edit.is_exchange]

    def _exchanges(self, part: str) -> list[Edit]:
        return [edit for edit in self.edits if edit.part == part and edit.is_exchange]

    def _damage_header(self, edit: Edit, draft: Draft) -> None:
        """Damage what comes after Bearer; a header holds bytes, and no line ends."""
        if edit.operation == "leave out":
            draft.headers.pop("Authorization", None)
        elif "Authorization" in draft.headers:
            scheme, _, token = draft.headers["Authorization"].partition(" ")
            value = "".join(each for each in edit.of(token) if each not in "\r\n\0")
            draft.headers["Authorization"] = f"{scheme} {value}".encode().decode("latin-1")

    def _damage_form(self, draft: Draft) -> None:
        for edit in self._exchanges("field"):
            edit.exchange(draft.form)
        for edit in self._at("text", "field", "field name"):
            edit.apply(draft.form)
        draft.form.update({name: value for name, value in self.values if name in FIELDS})

    def following(self, finding: Finding) -> Damaged:
        """Return the request after its sender has done what a finding says, and nothing else."""
        value = value_in(finding)
        if value is not None:
            kept = tuple(edit for edit in self.edits if edit.name != value[0] or edit.part == "text")
            return Damaged(kind=self.kind, edits=kept, values=(*self.values, value))
        names = named_in(finding)
        return Damaged(kind=self.kind, edits=tuple(edit for edit in self.edits if not edit.names & names))


_MEMBERS: Final = {"header": HEADER, "claim": CLAIMS}
_NAMES: Final = (*FIELDS, *HEADER, *CLAIMS)
_SET: Final = re.compile(
    rf"\b(?:Send|Set|Use) (?:the )?({'|'.join(_NAMES)})(?: to| as| =)? \"([^\"\\…]+)\"(?:[.,:;]| exactly|$)"
)
_ALSO: Final = (
    (r"API key|client id", ("iss", "sub", "client_id")),
    (r"\bsecret\b", ("client_secret",)),
    (r"\bcode\b", ("code",)),
    (r"access_token|\bBearer\b|Authorization", ("Authorization",)),
    (r"refresh token", ("refresh_token",)),
    (r"id_token(?!_)", ("subject_token",)),
    (r"[Ss]ign(?:s|ed|ature)?\b|private key|assertion(?!_type)|JWT", ("client_assertion",)),
    (r"[Pp]arameter|form\b|body", FIELDS),
)


def value_in(finding: Finding) -> tuple[str, str] | None:
    """Return the member that a cure names with the value to set."""
    found = _SET.search(finding.cure)
    return (found[1], found[2]) if found is not None else None


def named_in(finding: Finding) -> set[str]:
    """Return the members of a request that a finding is about."""
    text = f"{finding.seen} {finding.cure}"
    names = {name for name in _NAMES if re.search(rf"(?<![\w-]){name}(?![\w-])", text)}
    return names | {name for pattern, also in _ALSO if re.search(pattern, finding.cure) for name in also}


def _places(kind: str) -> list[tuple[str, str]]:
    fields = FIELDS_OF[kind]
    if kind == "api":
        return [("bearer", name) for name in fields]
    if "client_assertion" not in fields:
        return [("field name", name) for name in fields] + [("field", name) for name in fields]
    return [
        *(("field name", name) for name in fields),
        *(("text" if name in _JWTS else "field", name) for name in fields),
        *((part, name) for part, names in _MEMBERS.items() for name in names),
        *((f"{part} name", name) for part, names in _MEMBERS.items() for name in names),
    ]


def exchanges(kind: str) -> list[Edit]:
    """Every exchange of two members of one kind of request: of its form, and of its JWT before it is signed."""
    fields = combinations(FIELDS_OF[kind], 2)
    jwt = combinations((*HEADER, "iss/sub", *CLAIMS[2:]), 2) if "client_assertion" in FIELDS_OF[kind] else ()
    return [
        Edit(part=part, name=one, operation="exchange", text=other)
        for part, pairs in (("field", fields), ("jwt", jwt))
        for one, other in pairs
    ]


@st.composite
def _edits(draw: st.DrawFn, kind: str) -> Edit:
    if (swaps := exchanges(kind)) and draw(st.integers(min_value=0, max_value=7)) == 0:
        return draw(st.sampled_from(swaps))
    part, name = draw(st.sampled_from(_places(kind)))
    operation = draw(st.sampled_from(["leave out", *_OPERATIONS]))
    known = operation == "replace" and not part.endswith(" name")
    return Edit(
        part=part,
        name=name,
        operation=operation,
        at=draw(st.floats(min_value=0, max_value=0.999)),
        length=draw(st.integers(min_value=1, max_value=12)),
        text=draw(st.sampled_from(_KNOWN if known else _CHARACTERS)),
    )


@st.composite
def damaged(draw: st.DrawFn) -> Damaged:
    """Requests with one or two edits."""
    kind = draw(st.sampled_from([*FIELDS_OF, "client_credentials", "token_exchange"]))
    return Damaged(kind=kind, edits=tuple(draw(st.lists(_edits(kind), min_size=1, max_size=2))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What came of a damaged request: the end in words, and the findings that were followed, one for each round."""

    end: str
    findings: tuple[Finding, ...] = ()

    @property
    def is_outside(self) -> bool:
        """Whether the first step of a cure is to be taken outside the request, at the portal or at the provider."""
        return any(_OUTSIDE.search(first_step(each.cure)) for each in self.findings)


_OUTSIDE: Final = re.compile(r"\b([Rr]egister|[Aa]pprove|[Aa]sk|[Uu]pload|[Ll]og in|portal)\b")
ROUNDS: Final = 2


def followed(world: World, request: Damaged) -> Followed:
    """Send a damaged request, do what its answer says, and send it again: two rounds, each at a world's start."""
    world.again()
    record = request.send(world)
    if record.refusal is None:
        return Followed(end="accepted")
    findings: tuple[Finding, ...] = ()
    for _ in range(ROUNDS):
        finding = answer_of(record)
        findings = (*findings, finding)
        cured = request.following(finding)
        world.again()
        after = cured.send(world)
        if after.refusal is None:
            return Followed(end=f"200 in round {len(findings)}", findings=findings)
        if _is_same(record, after) and (cured == request or finding.seen == answer_of(after).seen):
            return Followed(end=f"{finding.certainty}, and the same refusal", findings=findings)
        request, record = cured, after
    return Followed(end="another problem", findings=findings)


def answer_of(record: Record) -> Finding:
    """Return the finding that explains a refusal; without one, what the rule says."""
    first = next(iter(record.findings), None)
    if first is not None and not first.later:
        return first
    seen = str(record.diagnosis)
    cure = str(record.answer).removeprefix(seen).strip()
    return Finding(id=str(record.refusal and record.refusal.rule), certainty="likely", seen=seen, cause="", cure=cure)


def _is_same(one: Record, other: Record) -> bool:
    """Whether two requests met the same rule, and the same sentence."""
    refusals = [each.refusal for each in (one, other)]
    return len({each and (each.rule, each.description) for each in refusals}) == 1
