"""The forms of the console: each does what a call does, and shows what was typed again where that is refused."""

from collections.abc import Mapping
from typing import Any

import pytest

from mock_servers.console import forms
from mock_servers.console.apps import _CHANGE, _NEW
from mock_servers.console.people import _NEW as _NEW_PERSON
from mock_servers.console.time_and_faults import _CLOCK, _FAULT
from mock_servers.mock import Mock
from tests.mock_servers.console.conftest import Page, Visitor

MARKUP = "</textarea></select>\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
CONTROL = "a\x1b[31m\x07\u202eb\x7f"
LONG = "x" * 10_000
PERSON = {"provider": "cis2", "id": "656005750199", "level": "aal3"}
APP = "/apps/nhsauth-app"


def app(visitor: Visitor, client_id: str = "nhsauth-app") -> dict[str, Any]:
    found: Any = visitor.json(f"/apps/{client_id}")
    return dict(found)


# people


def test_a_person_is_added(visitor: Visitor) -> None:
    answer = visitor.post("/users", {**PERSON, "given_name": "Asha", "claims": '{"name": "Dr Asha"}'})

    people: Any = visitor.json("/users")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/_nhsauth/users#cis2-656005750199")
    assert [(each["given_name"], each["claims"]) for each in people if each["id"] == PERSON["id"]] == [
        ("Asha", {"name": "Dr Asha"})
    ]


def test_what_is_refused_stays_as_typed_with_the_sentence_of_the_api_beside_it(visitor: Visitor) -> None:
    typed = {**PERSON, "level": "aal9", "birthdate": "yesterday", "claims": "{"}
    refused = visitor.http.post("/_nhsauth/users", json=typed, base_url=visitor.mock.url).get_json()["detail"]

    answer = visitor.post("/users", typed)
    page = Page(answer.text)

    assert answer.status_code == 400
    assert {name: page.fields[name] for name in typed} == typed
    assert page.errors == {line.partition(" ")[0]: f"Error: {line}" for line in refused.splitlines()}
    assert set(page.errors) == {"level", "birthdate", "claims"}


def test_somebody_who_is_there_already_is_refused_beside_the_id(visitor: Visitor) -> None:
    answer = visitor.post("/users", {**PERSON, "id": "656005750104"})

    assert answer.status_code == 409
    assert Page(answer.text).errors == {"id": 'Error: cis2 has a user "656005750104" already.'}


def test_a_person_is_changed(visitor: Visitor) -> None:
    page = visitor.page("/users/cis2/656005750104")
    typed = {**page.fields, "level": "aal2", "claims": '{"a": 1}'}

    assert visitor.post("/users/cis2/656005750104", typed).status_code == 303
    changed = visitor.mock.store.people.get(("cis2", "656005750104"))
    assert changed is not None
    assert (changed.level, changed.claims, changed.family_name) == ("aal2", {"a": 1}, page.fields["family_name"])


# apps


def test_an_app_is_registered_with_a_key(visitor: Visitor) -> None:
    answer = visitor.post(
        "/apps",
        {
            "name": "Mine",
            "client_id": "mine",
            "make_key": "true",
            "redirect_uris": "https://a.example/1\r\nhttps://a.example/2",
        },
    )

    made = app(visitor, "mine")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/_nhsauth/apps/mine")
    assert (made["name"], made["make_key"]) == ("Mine", True)
    assert made["redirect_uris"] == ["https://a.example/1", "https://a.example/2"]


@pytest.mark.parametrize(
    ("typed", "has_one"),
    [
        ({}, True),
        ({"make_key": ""}, True),
        ({"make_key": "true"}, True),
        ({"make_key": "false"}, False),
        ({"jwks": '{"keys": []}'}, False),
        ({"jwks_url": "https://a.example/jwks"}, False),
    ],
)
def test_an_app_gets_a_key_unless_the_form_says_otherwise(
    visitor: Visitor, typed: dict[str, str], *, has_one: bool
) -> None:
    answer = visitor.post("/apps", {"client_id": "mine", **typed})
    by_program = visitor.http.post("/_nhsauth/apps", json={"client_id": "other"}, base_url=visitor.mock.url)

    assert answer.status_code == 303
    assert app(visitor, "mine")["make_key"] is has_one
    assert by_program.get_json()["make_key"] is False
    assert "Default (yes)" in visitor.page("/apps").text


def test_a_save_without_a_change_changes_nothing(visitor: Visitor) -> None:
    before = app(visitor)

    assert visitor.post(APP, visitor.page(APP).fields).status_code == 303
    assert app(visitor) == before


def test_only_what_was_changed_is_sent(visitor: Visitor) -> None:
    before, page = app(visitor), visitor.page(APP)

    visitor.post(APP, {**page.fields, "do": "change", "quota_per_minute": "7"})
    visitor.post(APP, {**visitor.page(APP).fields, "do": "change", "scopes": ""})

    assert app(visitor) == {**before, "quota_per_minute": 7, "scopes": []}


def test_a_secret_is_changed_when_typed_alone(visitor: Visitor) -> None:
    visitor.post(APP, {**visitor.page(APP).fields, "do": "change", "client_secret": "another"})
    assert app(visitor)["client_secret"] == "another"

    answer = visitor.post(APP, {**visitor.page(APP).fields, "do": "change", "client_secret": "two words"})

    assert answer.status_code == 400
    assert app(visitor)["client_secret"] == "another"


@pytest.mark.parametrize(
    ("word", "member", "value"),
    [("revoke", "approved", False), ("approve", "approved", True), ("make_key", "make_key", True)],
)
def test_a_button_changes_one_thing(visitor: Visitor, word: str, member: str, value: object) -> None:
    assert visitor.post(APP, {"do": word}).status_code == 303
    assert app(visitor)[member] == value


def test_an_app_is_removed(visitor: Visitor) -> None:
    assert visitor.post(APP, {"do": "remove"}).headers["Location"] == "/_nhsauth/apps"
    assert visitor.json("/apps") == []
    assert "There is no app." in visitor.page("/").text


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("quota_per_minute", "many", 'quota_per_minute is "many"; allowed: '),
        ("quota_per_minute", "-1", "quota_per_minute is -1; allowed: "),
        ("jwks", "[", 'jwks is "["; allowed: '),
        ("jwks", '{"keys": 1}', "jwks is "),
        ("redirect_uris", "https://a.example\nno uri", 'redirect_uris[1] is "no uri"; allowed: '),
        ("environments", "nowhere", 'environments[0] is "nowhere"'),
    ],
)
def test_each_refusal_stands_beside_its_field(visitor: Visitor, field: str, text: str, says: str) -> None:
    answer = visitor.post(APP, {**visitor.page(APP).fields, "do": "change", field: text})
    page = Page(answer.text)

    assert answer.status_code == 400
    assert page.errors[field].startswith(f"Error: {says}")
    assert page.fields[field] == text


# time, faults and state


def test_the_clock_is_moved_stopped_and_put_back(visitor: Visitor) -> None:
    clock = visitor.mock.clock
    visitor.post("/clock", {"do": "set", "now": "2030-01-01T00:00:00Z", "frozen": "true"})
    set_to = (clock.now(), clock.frozen)
    visitor.post("/clock", {"do": "move", "advance": "600"})
    moved = clock.now()
    visitor.post("/clock", {"do": "run"})
    runs = not clock.frozen
    visitor.post("/clock", {"do": "stop"})
    stops = clock.frozen
    visitor.post("/clock", {"do": "reset"})

    assert (set_to, moved, runs, stops) == ((1893456000.0, True), 1893456600.0, True, True)
    assert not clock.frozen


@pytest.mark.parametrize(
    ("words", "seconds"), [("+10 minutes (an access token expires)", 600), ("+1 hour", 3600), ("+12 hours", 43200)]
)
def test_a_button_moves_the_clock(visitor: Visitor, words: str, seconds: int) -> None:
    visitor.post("/clock", {"do": "stop"})
    before, page = visitor.mock.clock.now(), visitor.page("/clock")
    button = dict(form.buttons[f"+{seconds}"] for form in page.forms if f"+{seconds}" in form.buttons)

    assert words in page.text
    assert visitor.post("/clock", button).status_code == 303
    assert visitor.mock.clock.now() == before + seconds


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"do": "set", "now": "tomorrow"}, "now"),
        ({"do": "set", "now": "-5"}, "now"),
        ({"do": "move", "advance": "1e99"}, "advance"),
        ({"do": "move", "advance": "soon"}, "advance"),
        ({"do": "move", "advance": "NaN"}, "advance"),
    ],
)
def test_a_time_that_there_is_not_is_refused_beside_its_field(
    visitor: Visitor, form: dict[str, str], field: str
) -> None:
    answer = visitor.post("/clock", form)
    page = Page(answer.text)

    assert answer.status_code == 400
    assert page.errors[field].startswith(f"Error: {field} is ")
    assert page.fields[field] == form[field]


def test_a_fault_is_ordered_seen_and_cancelled(visitor: Visitor) -> None:
    (form,) = [each for each in visitor.page("/faults").forms if "do" in each.fields]
    typed = {"on": "token", "do": "status", "status": "429", "times": "null"}
    ordered = visitor.post("/faults", typed | dict(form.buttons.values()))
    page = visitor.page("/faults")
    number = page.fields["number"]
    cancelled = visitor.post("/faults", {"button": "cancel", "number": number})

    assert (ordered.status_code, cancelled.status_code) == (303, 303)
    assert "status 429 on token" in page.text
    assert visitor.json("/faults") == []


def test_a_fault_that_there_is_not_is_refused_beside_its_fields(visitor: Visitor) -> None:
    answer = visitor.post("/faults", {"on": "token", "do": "rotate", "seconds": "5"})

    assert answer.status_code == 400
    assert set(Page(answer.text).errors) == {"fault-on", "fault-seconds"}


def test_a_state_is_remembered_restored_and_reset(visitor: Visitor) -> None:
    visitor.post("/state", {"do": "snapshot"})
    snapshot = visitor.page("/clock").fields["snapshot"]
    visitor.post(APP, {"do": "remove"})
    gone = visitor.json("/apps")
    visitor.post("/state", {"do": "restore", "snapshot": snapshot})
    back = app(visitor)["client_id"]
    again = visitor.post("/state", {"do": "restore", "snapshot": snapshot})
    visitor.post(APP, {"do": "remove"})
    visitor.post("/state", {"do": "reset"})

    assert (gone, back, again.status_code) == ([], "nhsauth-app", 404)
    assert "each can be restored once" in again.text
    assert app(visitor)["client_id"] == "nhsauth-app"


def test_the_journal_is_emptied_without_a_script(visitor: Visitor) -> None:
    visitor.http.post("/oauth2/token", data={"grant_type": "x"}).close()

    assert visitor.post("/state", {"do": "clear"}).status_code == 303
    assert visitor.mock.exchanges.kept() == []


def test_a_world_is_made_and_ended(visitor: Visitor) -> None:
    made = visitor.post("/worlds", {"name": "a-team"})
    listed = visitor.page("/worlds").text
    refused = visitor.post("/worlds", {"name": "A team"})
    ended = visitor.post("/worlds", {"name": "a-team", "do": "remove"})

    assert (made.status_code, refused.status_code, ended.status_code) == (303, 400, 303)
    assert "a-team" in listed
    assert set(Page(refused.text).errors) == {"name"}
    assert visitor.json("/worlds") == []


# what belongs to buttons

EVERY_PAGE = [
    *("/", "/try", "/try?flow=cis2", "/apps", APP, "/users", "/users/cis2/656005750104"),
    *("/clock", "/worlds", "/explain"),
]


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_no_button_is_called_like_a_field_of_its_form(visitor: Visitor, path: str) -> None:
    """A browser sends both, and the button would overwrite what was chosen."""
    visitor.post("/faults", {"on": "token", "do": "drop"})
    visitor.post("/state", {"do": "snapshot"})
    visitor.post("/worlds", {"name": "one"})
    visitor.post("/try", {"flow": "application", "client_id": "nhsauth-app"})
    forms_of_page = visitor.page(path).forms

    assert forms_of_page
    assert [each for each in forms_of_page for name, _ in each.buttons.values() if name in each.fields] == []


@pytest.mark.parametrize(
    ("schema", "path"),
    [(_NEW_PERSON, "/users"), (_NEW, "/apps"), (_CHANGE, APP), (_FAULT, "/faults"), (_CLOCK, "/clock")],
)
def test_no_button_is_called_like_a_member_of_the_call(visitor: Visitor, schema: Mapping[str, Any], path: str) -> None:
    buttons = [
        name
        for each in visitor.page(path).forms
        if each.action == f"/_nhsauth{path}"
        for name, _ in each.buttons.values()
    ]

    assert set(buttons) & set(schema["properties"]) == set()


# what does no harm

EVERY_FIELD = [
    *(("/users", PERSON, name) for name in _NEW_PERSON["properties"]),
    *(("/apps", {}, name) for name in _NEW["properties"]),
    *((APP, {"do": "change"}, name) for name in _CHANGE["properties"] if name not in ("client_id", "refresh_jwks")),
    *(("/faults", {"on": "token", "do": "status"}, name) for name in _FAULT["properties"] if name != "do"),
    *(("/clock", {"do": "set"}, "now"), ("/clock", {"do": "move"}, "advance"), ("/worlds", {}, "name")),
]


@pytest.mark.parametrize("text", [MARKUP, CONTROL, LONG], ids=["markup", "control", "long"])
@pytest.mark.parametrize(("path", "form", "field"), EVERY_FIELD)
def test_what_is_typed_is_harmless_and_kept(
    visitor: Visitor, path: str, form: dict[str, str], field: str, text: str
) -> None:
    """Refused, it stands in its field as it was typed; taken, the control API has it as it was typed."""
    answer = visitor.post(path, {**form, field: text})
    shown = answer if answer.status_code != 303 else visitor.get(answer.headers["Location"].removeprefix("/_nhsauth"))
    page = Page(shown.text)

    assert answer.status_code in (303, 400)
    assert shown.status_code in (200, 400)
    assert "img" not in page.tags()
    assert all(given.get("src") for tag, given in page.elements if tag == "script")
    assert not any("onerror" in given for _, given in page.elements)
    if answer.status_code == 400:
        assert page.fields[field] == text
    else:
        assert text in repr_of_everything(visitor.mock)


def repr_of_everything(mock: Mock) -> str:
    """All texts that the mock holds, as they are."""
    people = [
        value for each in mock.people() for value in (each.id, each.given_name, each.family_name, str(each.acts_for))
    ]
    apps = [
        value for each in mock.apps.all() for value in (each.name, each.client_secret, each.client_id, str(each.kid))
    ]
    more = [str(value) for each in mock.apps.all() for value in (each.cis2_realm_secret, each.nhs_login_realm_secret)]
    of_faults = [str(value) for each in mock.faults.all() for value in (each.client_id, each.body, each.content_type)]
    rest = [str(value) for each in mock.apps.all() for value in (*each.redirect_uris, each.jwks_url)]
    return "\n".join([*people, *apps, *more, *of_faults, *rest])


@pytest.mark.parametrize(
    "text",
    [
        "9" * 5000,
        "[" * 100_000,
        "1e400",
        "NaN",
        '{"a": NaN}',
        "nul",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_no_number_or_json_breaks_a_form(visitor: Visitor, text: str) -> None:
    for path, form in (("/apps", {"quota_per_minute": text}), ("/users", {**PERSON, "claims": text})):
        answer = visitor.post(path, form)

        assert answer.status_code == 400
        assert next(iter(form.keys() & Page(answer.text).errors.keys()))


def test_a_member_is_read_by_its_type_and_else_as_text() -> None:
    schema = {
        "properties": {
            "flag": {"type": "boolean"},
            "number": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "either": {"anyOf": [{"type": "string"}, {"type": "object"}, {"type": "null"}]},
            "text": {"type": "string"},
            "lines": {"type": "array", "items": {"type": "string"}},
        },
        "required": [],
    }
    typed = {"flag": "true", "number": "null", "either": "null", "text": "7", "lines": "a\r\n\r\n b "}

    assert forms.members(schema, typed) == {
        "flag": True,
        "number": None,
        "either": "null",
        "text": "7",
        "lines": ["a", " b "],
    }
    assert forms.members(schema, {"either": '{"a": 1}', "flag": "maybe", "number": "7.5"}) == {
        "either": {"a": 1},
        "flag": "maybe",
        "number": 7.5,
    }
