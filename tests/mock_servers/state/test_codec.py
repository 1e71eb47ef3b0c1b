import types
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_servers.journal import shared_journal
from mock_servers.state.codec import Codec, Format
from mock_servers.state.grant import AuthorizationCode
from mock_servers.state.log_in import LogIn
from mock_servers.state.person import Person
from mock_servers.state.store import KINDS
from mock_servers.state.table import Kind, UnusableStateError

pytestmark = pytest.mark.slow

ALL = {**KINDS, **shared_journal.KINDS}
TEXTS = st.text(st.characters(exclude_categories=()), max_size=8)
"""Halves of surrogate pairs among them, and two of them that JSON would take for a pair."""
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(),
    float: NUMBERS | st.integers(-(2**53), 2**53),
    bool: st.booleans(),
    bytes: st.binary(max_size=40),
    type(None): st.none(),
    Any: JSON,
}


def values_of(form: Any) -> st.SearchStrategy[Any]:
    """Any value that this declared type allows."""
    origin, arguments = get_origin(form), get_args(form)
    if form in PLAIN:
        return PLAIN[form]
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Annotated, Union, types.UnionType):
        return st.one_of([values_of(each) for each in arguments[: 1 if origin is Annotated else None]])
    if origin is not None:
        return collections_of(origin, arguments)
    return records_of(form)


def collections_of(origin: Any, arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin is Mapping:
        return st.dictionaries(*map(values_of, arguments), max_size=3)
    if origin is tuple and arguments[-1] is not ...:
        return st.tuples(*map(values_of, arguments))
    return st.lists(values_of(arguments[0]), max_size=3).map(origin)


def records_of(form: Any) -> st.SearchStrategy[Any]:
    assert isinstance(form, type), form
    assert is_dataclass(form), f"a table declares {form}: say here what may stand there"
    hints = get_type_hints(form, include_extras=True)
    return st.builds(form, **{each.name: values_of(hints[each.name]) for each in fields(form) if each.init})


def codec_of(kind: Kind[Any]) -> Codec[Any]:
    return Codec("table", kind, Format())


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_value_and_key_of_a_store_survives_being_written(name: str, data: st.DataObject) -> None:
    kind = ALL[name]
    value, key = data.draw(values_of(kind.value)), data.draw(values_of(keys_of(kind)))

    codec = codec_of(kind)

    assert codec.read(codec.value(value)) == value
    assert codec.key(codec.read_key(codec.key(key))) == codec.key(key)


def keys_of(kind: Kind[Any]) -> Any:
    """The type of its keys; of a key that may be anything, texts and numbers."""
    return tuple[str | int, ...] if kind.key == tuple[Any, ...] else kind.key


@settings(deadline=None)
@given(st.frozensets(TEXTS), st.binary(), JSON)
def test_sets_bytes_and_json_survive_being_written(texts: frozenset[str], octets: bytes, json: Any) -> None:
    codec = codec_of(Kind(value=tuple[frozenset[str], bytes, Any]))

    assert codec.read(codec.value((texts, octets, json))) == (texts, octets, json)


def test_a_number_in_a_claim_stays_the_kind_of_number_that_it_is() -> None:
    codec = codec_of(KINDS["people"])
    claims = {"whole": 1, "not": 1.0, "big": 10**30, "nested": [{"deep": [0, 0.0, -1]}]}

    person = codec.read(codec.value(Person(provider="cis2", id="1", level="aal3", claims=claims)))

    assert repr(person.claims) == repr(claims)


def test_what_was_read_is_a_value_of_the_declared_classes() -> None:
    person = Person(provider="nhs_login", id="9912003071", level="P9")
    log_in = LogIn(provider="nhs_login", person=person, level="P9", client_id="a", at=0, session_id="s", actor=person)
    code = AuthorizationCode(log_in=log_in, redirect_uri="app:/", expires_at=0)

    codec = codec_of(KINDS["codes"])

    assert codec.read(codec.value(code)) == code
    assert isinstance(codec.read(codec.value(code)).expires_at, float)


@pytest.mark.parametrize(
    "raw",
    [b"", b"1", b"1 ", b"x {}", b"1 {", b'1 {"words": 5}', b'1 {"at": 1}', b"1 []", b"\x80", b"0 {}", b"-1 {}"],
)
def test_what_is_not_value_of_the_table_is_refused_in_one_line(raw: bytes) -> None:
    with pytest.raises(UnusableStateError, match=r"^table table holds a value that this version cannot read: .+$"):
        codec_of(Kind(value=Note)).read(raw)


def test_what_is_not_data_is_refused_when_written() -> None:
    with pytest.raises(TypeError, match="a value of type object cannot be kept"):
        codec_of(Kind(value=Any)).value(object())


# formats


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    words: tuple[str, ...]
    at: float = 0


NOTES: Kind[Note] = Kind(value=Note)
RENAMED = {"table": lambda note: {**note, "words": note["text"].split()}}
MOVED = {"table": lambda note: {**note, "at": note["at"] + 1}, "another": lambda _: None}


def test_each_value_begins_with_its_format() -> None:
    note = Note(words=("a",))

    assert Codec("table", NOTES, Format()).value(note).startswith(b"1 {")
    assert Codec("table", NOTES, Format((RENAMED, MOVED))).value(note).startswith(b"3 {")


def test_a_value_of_an_earlier_format_goes_through_each_upgrade_since() -> None:
    codec: Codec[Note] = Codec("table", Kind(value=Note), Format((RENAMED, MOVED)))

    assert codec.read(b'1 {"text": "a b", "at": 1}') == Note(words=("a", "b"), at=2)
    assert codec.read(b'2 {"words": ["a"], "at": 1}') == Note(words=("a",), at=2)
    assert codec.read(b'3 {"words": ["a"], "at": 1}') == Note(words=("a",), at=1)


def test_an_upgrade_that_cannot_be_made_is_an_unreadable_value() -> None:
    with pytest.raises(UnusableStateError, match="cannot read: 'text'"):
        Codec("table", Kind(value=Note), Format((RENAMED,))).read(b'1 {"words": ["a"]}')


def test_neighbouring_versions_read_what_the_other_writes_where_only_fields_came_to_it() -> None:
    codec = codec_of(Kind(value=Note))

    assert codec.read(b'2 {"words": ["a"], "at": 1, "colour": "red"}') == Note(words=("a",), at=1)
    assert codec.read(b'1 {"words": ["a"]}') == Note(words=("a",), at=0)
