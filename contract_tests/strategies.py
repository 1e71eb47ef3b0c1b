"""Random token requests: valid ones, changed in a few places, and written in any equivalent form."""

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

from contract_tests import jwts
from contract_tests.draft import ACCESS_TOKEN, FORM, ID_TOKEN, JWT_BEARER, TOKEN_EXCHANGE, Ahead, Draft, LazyValue
from contract_tests.wire import HttpRequest

Change: TypeAlias = tuple[str, Any]
"""A part of a draft by its dotted name, and its new value; `ABSENT` removes it."""
ABSENT: Final = "(left out)"

Spoiling: TypeAlias = tuple[str, Callable[[str], str]]
"""Which token is damaged as text after it was signed, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How a form is written, without any difference in meaning.

    `order` sorts the parameters, `escapes` says for each character in turn whether it is percent-encoded without need,
    `lower` writes hexadecimal digits in lower case, `extra` are unknown parameters, `capitals` writes the names of
    headers in upper case.
    """

    order: Sequence[int] = ()
    escapes: Sequence[bool] = (False,)
    lower: bool = False
    extra: Sequence[tuple[str, str]] = ()
    empty: bool = False
    capitals: bool = False

    def of(self, request: HttpRequest, form: Sequence[tuple[str, str]]) -> HttpRequest:
        """Return the request with its form written this way."""
        pairs = [*form, *self.extra]
        keys = dict(enumerate(self.order))
        # Parameters of one name keep their order, which means something.
        names = sorted({name for name, _ in pairs}, key=lambda name: keys.get([n for n, _ in pairs].index(name), 0))
        ordered = [pair for name in names for pair in pairs if pair[0] == name]
        body = "&".join(f"{self._escaped(name)}={self._escaped(value)}" for name, value in ordered)
        headers = {name.upper() if self.capitals else name: value for name, value in request.headers.items()}
        return HttpRequest(
            method=request.method, path=request.path, headers=headers, body=f"&{body}&" if self.empty else body
        )

    def _escaped(self, text: str) -> str:
        return "".join(self._character(place, character) for place, character in enumerate(text))

    def _character(self, place: int, character: str) -> str:
        if character in _PLAIN and not self.escapes[place % len(self.escapes)]:
            return character
        if character == " " and not self.escapes[place % len(self.escapes)]:
            return "+"
        escaped = "".join(f"%{byte:02X}" for byte in character.encode())
        return escaped.lower() if self.lower else escaped


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to make a request of a sound draft."""

    changes: Sequence[Change] = ()
    spoilings: Sequence[Spoiling] = ()
    writing: Writing = field(default_factory=Writing)

    def applied(self, draft: Draft) -> Draft:
        """Return the draft, changed."""
        for part, value in self.changes:
            _change(draft, part, value)
        for token, spoil in self.spoilings:
            (draft.assertion if token == "assertion" else draft.subject).spoils.append(spoil)
        return draft

    def request(self, draft: Draft) -> HttpRequest:
        """Return the request, built with new identifiers, and written in this way."""
        return self.writing.of(*self.applied(draft).built())


def _change(draft: Draft, part: str, value: Any) -> None:
    container, _, name = part.rpartition(".")
    members = _MEMBERS[container](draft)
    if value == ABSENT:
        members.pop(name, None)
    else:
        members[name] = value


_MEMBERS: Final[Mapping[str, Callable[[Draft], dict[str, Any]]]] = {
    "form": lambda draft: draft.form,
    "headers": lambda draft: draft.headers,
    "assertion.header": lambda draft: draft.assertion.header,
    "assertion.claims": lambda draft: draft.assertion.claims,
    "subject.header": lambda draft: draft.subject.header,
    "subject.claims": lambda draft: draft.subject.claims,
}
_PLAIN: Final = frozenset(string.ascii_letters + string.digits + "-._~")
_TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)

NUMBERS: Final = st.sampled_from(
    [0, 1, -1, 0.5, -0.0, 2**31, 2**31 - 1, 2**53, 2**53 + 1, 2**63, 10**21, 1e308, 5e-324, 10**290, -(10**290)]
)
"""At the limits of JSON numbers, and of a script's numbers."""
VALUES: Final = st.one_of(
    st.none(), st.booleans(), NUMBERS, _TEXT, st.sampled_from(["0", "1", " ", "\u0130", [], [None], {}, {"a": 1}])
)
"""JSON values of every type, those before all that a script reads in its own way."""

EDGES: Final = st.sampled_from([-3600, -1, -0.5, 0, 0.5, 1, 9, 10, 10.5, 11, 299, 300, 309, 310, 310.5, 311, 3600])
"""Seconds from now: each boundary of the contract, and a step to both sides."""
TIMES: Final = st.one_of(EDGES.map(Ahead), EDGES.map(Ahead), NUMBERS, VALUES, st.sampled_from(["1e3", " 7 ", "soon"]))


def _or_gone(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, st.just(ABSENT))


def _parts(strategies: Mapping[str, st.SearchStrategy[Any]], most: int) -> st.SearchStrategy[list[Change]]:
    """Draw changes of a few different parts, one at least."""
    one = st.sampled_from(sorted(strategies)).flatmap(lambda part: st.tuples(st.just(part), strategies[part]))
    return st.lists(one, min_size=1, max_size=most, unique_by=lambda change: change[0])


def _seldom(token: str) -> st.SearchStrategy[list[Spoiling]]:
    """Draw damage of a token's text, in one case of six: it hides all other mistakes."""
    junk = st.lists(st.tuples(st.just(token), JUNK), min_size=1, max_size=1)
    return st.integers(0, 5).flatmap(lambda die: junk if die == 5 else st.just([]))


_ASSERTION: Final = {
    "assertion.header.alg": st.sampled_from(
        ["RS512", "RS256", "none", "rs512", "HS256", "PS512", None, ["RS512"], ABSENT]
    ),
    "assertion.header.kid": _or_gone(VALUES),
    "assertion.header.typ": _or_gone(st.one_of(VALUES, st.sampled_from(["jwt", "JWT ", "JwT", "at+jwt", ["JWT"]]))),
    "assertion.claims.exp": _or_gone(st.one_of(TIMES, st.sampled_from([10**320, -(10**320), float("nan")]))),
    "assertion.claims.iss": _or_gone(st.one_of(VALUES, st.just([LazyValue.CLIENT_ID]))),
    "assertion.claims.sub": _or_gone(st.one_of(VALUES, st.just(LazyValue.CLIENT_ID))),
    "assertion.claims.jti": _or_gone(st.one_of(NUMBERS, st.sampled_from([None, False, True, "", [], {}, ["a"]]))),
    "assertion.claims.aud": _or_gone(
        st.one_of(
            VALUES,
            st.sampled_from(
                [[LazyValue.URL], ["https://other.example", LazyValue.URL], [[LazyValue.URL]], {"aud": LazyValue.URL}]
            ),
        )
    ),
    "assertion.claims.nbf": EDGES.map(Ahead),
    "assertion.claims.iat": EDGES.map(Ahead),
}
_SUBJECT: Final = {
    "subject.header.kid": _or_gone(VALUES),
    "subject.header.typ": _or_gone(st.one_of(VALUES, st.sampled_from(["jwt", "at+jwt", ["JWT"]]))),
    "subject.claims.exp": _or_gone(TIMES),
    "subject.claims.iss": _or_gone(st.one_of(VALUES, st.just("https://idp.example"))),
    "subject.claims.aud": _or_gone(VALUES),
    "subject.claims.nbf": EDGES.map(Ahead),
    "subject.claims.iat": EDGES.map(Ahead),
}


def _field(*values: Any) -> st.SearchStrategy[Any]:
    """Draw a parameter's value, some other text, nothing, or the parameter twice."""
    known = st.sampled_from(["", *values])
    one = st.one_of(known, known, _TEXT)
    return _or_gone(st.one_of(one, st.lists(one, min_size=2, max_size=3)))


_FORM_FIELDS: Final = {
    "form.grant_type": _field("client_credentials", TOKEN_EXCHANGE, "password", "client_credentials "),
    "form.subject_token_type": _field(ID_TOKEN, ACCESS_TOKEN),
    "form.client_assertion_type": _field(JWT_BEARER, f"{JWT_BEARER} "),
    "form.client_assertion": _field("opaque", "a.b.c", "..", LazyValue.ASSERTION),
    "form.subject_token": _field("opaque", "a.b.c", "e30.e30.", LazyValue.SUBJECT),
    "headers.Content-Type": st.sampled_from([FORM, f"{FORM};charset=utf-8", "text/plain", "application/json", ABSENT]),
}

JUNK: Final = st.one_of(
    st.sampled_from([jwts.opaque, jwts.two_parts, jwts.empty_signature, jwts.turned_signature, jwts.foreign_claims]),
    st.builds(
        lambda place, part: partial(jwts.replaced_part, place=place, part=part),
        st.integers(0, 1),
        st.one_of(
            st.binary(max_size=12).map(jwts.to_base64url),
            st.sampled_from(
                ["", "A", "e30", "bnVsbA", "W10", "IiI", "eyJhIjpOYU59", "eyJhIjoxLCJhIjoyfQ", "e30=", "é"]
            ),
        ),
    ),
)
"""Damage of a token's text: lost parts, parts replaced by other JSON or by other text, another token's signature."""


@st.composite
def _bit(draw: st.DrawFn) -> Callable[[str], str]:
    """Draw the turning of one bit anywhere in a token's three parts."""
    place, bit = draw(st.integers(0, 2)), draw(st.integers(0, 7))
    where = draw(st.floats(0, 1, exclude_max=True))

    def turn(token: str) -> str:
        parts = token.split(".")
        raw = bytearray(jwts.from_base64url(parts[place]))
        raw[int(where * len(raw))] ^= 1 << bit
        return jwts.replaced_part(token, place, jwts.to_base64url(bytes(raw)))

    return turn


WRITINGS: Final = st.builds(
    Writing,
    order=st.permutations(range(8)),
    escapes=st.lists(st.booleans(), min_size=1, max_size=5),
    lower=st.booleans(),
    extra=st.lists(st.tuples(_TEXT.map("x_{}".format), _TEXT), max_size=2),
    empty=st.booleans(),
    capitals=st.booleans(),
)

CREDENTIALS: Final = st.builds(
    Recipe,
    changes=st.one_of(_parts(_ASSERTION, 3), _parts(_ASSERTION, 2), _parts(_ASSERTION | _FORM_FIELDS, 4)),
    spoilings=_seldom("assertion"),
    writing=WRITINGS,
)
"""Requests for an application's token, right or wrong."""
EXCHANGES: Final = st.builds(
    Recipe,
    changes=st.one_of(_parts(_SUBJECT, 3), _parts(_SUBJECT, 2), _parts(_SUBJECT | _FORM_FIELDS, 4)),
    spoilings=_seldom("subject"),
    writing=WRITINGS,
)
"""Exchanges of an id token, right or wrong."""
DAMAGED: Final = st.builds(Recipe, spoilings=st.tuples(st.tuples(st.just("assertion"), _bit())), writing=WRITINGS)
"""Valid requests whose assertion has one bit changed after it was signed."""
SOUND: Final = st.builds(
    Recipe,
    changes=_parts(
        {
            "assertion.header.typ": st.sampled_from(["JWT", "jwt", "Jwt", "jwT"]),
            "assertion.header.extra": VALUES,
            "assertion.claims.exp": st.one_of(st.sampled_from([0, 0.5, 300, 309.5, 310]), st.floats(0, 310)).map(Ahead),
            "assertion.claims.aud": st.sampled_from(
                [LazyValue.URL, [LazyValue.URL], ["https://other.example", LazyValue.URL], [1, LazyValue.URL]]
            ),
            "assertion.claims.nbf": st.one_of(st.none(), st.floats(-(10**6), 10).map(Ahead)),
            "assertion.claims.iat": st.one_of(st.none(), st.floats(-(10**6), 10).map(Ahead)),
            "assertion.claims.extra": VALUES,
            "form.subject_token_type": st.sampled_from(["", ACCESS_TOKEN]),
            "form.scope": _TEXT,
            "form.client_id": _TEXT,
        },
        6,
    ),
    writing=WRITINGS,
)
"""Requests that look odd and are right."""
