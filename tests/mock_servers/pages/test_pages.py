"""The pages as HTML: what their forms send, and that nothing on them is taken for markup."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from werkzeug.test import Client

from mock_servers import pages
from mock_servers.pages import (
    OUTCOMES,
    SECURITY_HEADERS,
    STYLE_PATH,
    CallbackPage,
    ErrorPage,
    LogInForm,
    NextStep,
    PersonChoice,
    RoleChoice,
    person_choice,
)
from mock_servers.provider.cis2 import CIS2
from mock_servers.provider.providers import provider_named
from mock_servers.state.person import READY_MADE, Person

EVIL = """'"><script>alert(1)</script>&{{ 7*7 }}{% raw %}"""
DOCTOR = PersonChoice(
    id="656005750104", name="Priya Ashdown", level="AAL3", roles=[RoleChoice(id="11", name="Nurse", organisation="Z9")]
)
NURSE = PersonChoice(id="656005750105", name="Tom Birchall", level="AAL3")
FORM = LogInForm(
    provider_title="CIS2",
    action="http://127.0.0.1:8080/authorize",
    hidden={"state": "s", "nonce": ""},
    csrf="c",
    client_name="My app",
    client_id="nhsauth-app",
    scopes=["openid"],
    people=[DOCTOR, NURSE],
)
REALM = replace(FORM, form_id="kc-form-login", csrf="")


class Elements(HTMLParser):
    """Every start tag with its attributes, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))

    def of(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.all if tag in tags]


def log_in_page(form: LogInForm) -> Elements:
    return Elements(pages.log_in_page(form))


def test_the_form_is_posted_to_its_action() -> None:
    (form,) = log_in_page(FORM).of("form")

    assert (form["method"], form["action"]) == ("post", "http://127.0.0.1:8080/authorize")


def test_hidden_fields_and_the_csrf_token_go_with_the_form() -> None:
    hidden = [each for each in log_in_page(FORM).of("input") if each["type"] == "hidden"]

    assert {each["name"]: each["value"] for each in hidden} == {"state": "s", "nonce": "", "csrf": "c"}


def test_people_are_radios_and_the_first_is_chosen() -> None:
    radios = [each for each in log_in_page(FORM).of("input") if each["name"] == "username"]

    assert [(each["type"], each["value"], "checked" in each) for each in radios] == [
        ("radio", "656005750104", True),
        ("radio", "656005750105", False),
    ]


def test_who_was_chosen_before_is_chosen_again() -> None:
    radios = log_in_page(replace(FORM, chosen="656005750105")).of("input")

    assert [each["value"] for each in radios if each["name"] == "username" and "checked" in each] == ["656005750105"]


def test_one_can_choose_how_to_fail() -> None:
    radios = [each for each in log_in_page(FORM).of("input") if each["name"] == "outcome"]

    assert [(each["value"], "checked" in each) for each in radios] == [(word, word == "ok") for word in OUTCOMES]


def test_roles_are_offered_where_one_is_asked_for() -> None:
    page = log_in_page(replace(FORM, picks_role=True))

    assert [each["name"] for each in page.of("select")] == ["selected_roleid"]
    assert [each["value"] for each in page.of("option")] == ["", "11"]


def test_no_role_is_offered_unless_one_is_asked_for() -> None:
    assert log_in_page(FORM).of("select") == []


def test_a_realms_form_is_keycloaks() -> None:
    first = log_in_page(REALM).of("form")[0]

    assert (first["id"], first["method"], first["action"]) == (
        "kc-form-login",
        "post",
        "http://127.0.0.1:8080/authorize",
    )


def test_a_realms_username_is_a_text_field_left_empty() -> None:
    (field,) = (each for each in log_in_page(REALM).of("input") if each["name"] == "username")

    assert (field["type"], field["value"]) == ("text", "")


@pytest.mark.parametrize("message", [None, "Nobody has this id"])
def test_every_input_of_a_realms_form_has_a_name_and_a_value(message: str | None) -> None:
    inputs = log_in_page(replace(REALM, message=message)).of("input")

    assert [each for each in inputs if each.get("name") is None or each.get("value") is None] == []


def test_a_realms_form_leaves_nothing_else_to_choose() -> None:
    page = log_in_page(replace(REALM, picks_role=True))

    assert [each["name"] for each in page.of("input", "select")] == ["state", "nonce", "username"]


@pytest.mark.parametrize("form", [FORM, REALM], ids=["radios", "text"])
def test_a_message_is_named_in_the_title_and_reaches_the_field(form: LogInForm) -> None:
    html = pages.log_in_page(replace(form, message="Nobody has this id"))
    page = Elements(html)
    ids = {attributes.get("id") for _, attributes in page.all}
    links = [link["href"] for link in page.of("a")]

    assert "<title>Error: Log in - Mock of CIS2</title>" in html
    assert [link for link in links if link is None or link.removeprefix("#") not in ids] == []
    assert len(links) == 2


def test_a_page_without_people_says_so() -> None:
    assert "There is nobody who could log in." in pages.log_in_page(replace(FORM, people=[]))


EVIL_PAGES = {
    "log_in": pages.log_in_page(
        LogInForm(
            provider_title=EVIL,
            action=EVIL,
            hidden={EVIL: EVIL},
            csrf=EVIL,
            client_name=EVIL,
            client_id=EVIL,
            scopes=[EVIL],
            level_asked=EVIL,
            people=[
                PersonChoice(
                    id=EVIL,
                    name=EVIL,
                    level=EVIL,
                    description=EVIL,
                    roles=[RoleChoice(id=EVIL, name=EVIL, organisation=EVIL)],
                )
            ],
            message=EVIL,
            chosen=EVIL,
            picks_role=True,
        )
    ),
    "realm": pages.log_in_page(replace(FORM, form_id=EVIL, chosen=EVIL, message=EVIL)),
    "error": pages.error_page(ErrorPage(title=EVIL, status=400, sentence=EVIL, advice=EVIL, provider_title=EVIL)),
    "callback": pages.callback_page(
        CallbackPage(
            heading=EVIL,
            summary=EVIL,
            parameters=[(EVIL, EVIL)],
            facts={EVIL: EVIL},
            steps=[NextStep(title=EVIL, command=EVIL, powershell=EVIL)],
        )
    ),
}


@pytest.mark.parametrize("name", EVIL_PAGES)
def test_nothing_on_a_page_is_taken_for_markup(name: str) -> None:
    tags = {tag for tag, _ in Elements(EVIL_PAGES[name]).all}

    assert "script" not in tags
    assert "<script" not in EVIL_PAGES[name]


@pytest.mark.parametrize("name", EVIL_PAGES)
def test_nothing_on_a_page_breaks_out_of_its_attribute(name: str) -> None:
    values = [value for _, attributes in Elements(EVIL_PAGES[name]).all for value in attributes.values()]

    assert [value for value in values if value and "alert(1)" in value and EVIL not in value] == []


@pytest.mark.parametrize("name", EVIL_PAGES)
def test_nothing_on_a_page_is_taken_for_a_template(name: str) -> None:
    assert "49" not in EVIL_PAGES[name].partition("</head>")[2]


@pytest.mark.parametrize("name", EVIL_PAGES)
def test_a_page_runs_no_script_and_fetches_nothing(name: str) -> None:
    page = Elements(EVIL_PAGES[name])

    assert page.of("script", "img", "iframe", "object", "embed", "source") == []
    assert page.of("link") == [{"rel": "stylesheet", "href": STYLE_PATH}]
    assert not re.search(r"@import|url\(", EVIL_PAGES[name])
    assert [each for _, each in page.all if any(attribute.startswith("on") for attribute in each)] == []


@pytest.mark.parametrize("name", EVIL_PAGES)
def test_a_page_has_one_first_heading_and_a_language(name: str) -> None:
    page = Elements(EVIL_PAGES[name])

    assert len(page.of("h1")) == 1
    assert page.of("html") == [{"lang": "en"}]


def test_the_style_is_served_and_fetches_nothing_itself() -> None:
    answer = Client(pages.style).get("/")

    assert (answer.status_code, answer.content_type) == (200, "text/css; charset=utf-8")
    assert ".header" in answer.text
    assert not re.search(r"@import|url\(", answer.text)


@pytest.mark.parametrize("name", EVIL_PAGES)
def test_no_element_has_a_style_that_the_policy_forbids(name: str) -> None:
    assert [each for _, each in Elements(EVIL_PAGES[name]).all if "style" in each] == []


def test_the_policy_allows_the_style_alone_and_leaves_the_way_back_open() -> None:
    assert SECURITY_HEADERS["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def test_a_realm_is_called_a_mock_once() -> None:
    html = pages.log_in_page(replace(REALM, provider_title="the mock realm Cis2-mock-int"))

    assert "<title>Log in - The mock realm Cis2-mock-int</title>" in html


@pytest.mark.parametrize("person", READY_MADE, ids=lambda person: person.id)
def test_everybody_who_is_ready_made_can_be_offered(person: Person) -> None:
    choice = person_choice(provider_named(person.provider), person)

    assert (choice.id, choice.level.lower()) == (person.id, person.level.lower())
    assert choice.description


def test_a_worker_is_described_by_roles_and_organisations() -> None:
    assert person_choice(CIS2, READY_MADE[1]).description == "Nurse Access Role at Mockford General Hospital"


def test_roles_of_any_shape_can_be_offered() -> None:
    claims = {"nhsid_nrbac_roles": [{}, 1, {"org_code": 2, "role_name": None}], "nhsid_user_orgs": {"org_code": "X"}}
    person = Person(provider="cis2", id="656005750199", level="aal3", claims=claims)

    assert [role.id for role in person_choice(CIS2, person).roles] == ["", ""]
