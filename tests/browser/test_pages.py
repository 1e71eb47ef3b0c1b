"""Every page in a real browser: nothing that axe-core finds fault with, and keys are enough to use it."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest
from werkzeug.test import Client

from mock_servers import pages
from mock_servers.pages import CallbackPage, ErrorPage, LogInForm, NextStep, person_choice
from mock_servers.provider.cis2 import CIS2
from mock_servers.provider.nhs_login import NHS_LOGIN
from mock_servers.state.person import READY_MADE

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.browser

URL = "http://pages.example/"
STYLE = Client(pages.style).get("/").text
WORKERS = [person_choice(CIS2, person) for person in READY_MADE if person.provider == CIS2.name]
PATIENTS = [person_choice(NHS_LOGIN, person) for person in READY_MADE if person.provider == NHS_LOGIN.name]
CIS2_FORM = LogInForm(
    provider_title="CIS2",
    action=URL,
    hidden={"state": "s"},
    csrf="c",
    client_name="My app - INT",
    client_id="nhsauth-app",
    scopes=["openid", "nationalrbacaccess", "selectedrole"],
    level_asked="AAL3_ANY",
    people=WORKERS,
    picks_role=True,
)
NHS_LOGIN_FORM = replace(
    CIS2_FORM, provider_title="NHS login", scopes=["openid", "profile"], people=PATIENTS, picks_role=False
)
REALM_FORM = replace(
    CIS2_FORM, provider_title="the mock realm Cis2-mock-internal-dev", form_id="kc-form-login", csrf=""
)
MESSAGE = "User 656005750110 logs in at AAL1 at most: choose somebody else"

HTML = {
    "cis2": pages.log_in_page(CIS2_FORM),
    "cis2_again": pages.log_in_page(replace(CIS2_FORM, message=MESSAGE, chosen="656005750110")),
    "cis2_without_people": pages.log_in_page(replace(CIS2_FORM, people=[])),
    "nhs_login": pages.log_in_page(NHS_LOGIN_FORM),
    "realm": pages.log_in_page(REALM_FORM),
    "realm_again": pages.log_in_page(replace(REALM_FORM, message="Nobody has the id 123", chosen="123")),
    "error": pages.error_page(
        ErrorPage(
            title="The redirect URI does not match",
            status=400,
            sentence="The redirection URI provided does not match a pre-registered value.",
            advice="redirect_uri is https://app.example/callback: register it with the app.",
            provider_title="CIS2",
        )
    ),
    "callback": pages.callback_page(
        CallbackPage(
            heading="An authorization code has arrived",
            summary="The code is good once: run the command below to get tokens for it.",
            parameters=[("code", "a" * 200), ("state", "s")],
            facts={"Issued by": "CIS2", "For the client": "nhsauth-app"},
            steps=[
                NextStep(
                    title="Redeem the code",
                    command="curl http://127.0.0.1:8080/token \\\n  --data x=y",
                    powershell="irm",
                )
            ],
        )
    ),
    "callback_error": pages.callback_page(
        CallbackPage(
            heading="The log-in failed", summary="Nothing is left.", parameters=[("error", "x")], is_error=True
        )
    ),
}

Open = Callable[[str], "Page"]


@pytest.fixture
def opened(page: "Page") -> Open:
    """A page, as the mock sends it, headers included."""

    def go(name: str) -> "Page":
        page.route(
            f"{URL}**",
            lambda route: fulfilled(route, name),
        )
        page.goto(URL)
        return page

    return go


def fulfilled(route: "Route", name: str) -> None:
    if route.request.url.endswith(pages.STYLE_PATH):
        route.fulfill(status=200, body=STYLE, content_type="text/css; charset=utf-8")
        return
    headers = {**pages.SECURITY_HEADERS, "Content-Type": "text/html; charset=utf-8"}
    route.fulfill(status=200, body=HTML[name], headers=headers)


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1200, "light")])
@pytest.mark.parametrize("name", HTML)
def test_axe_finds_no_fault_with_a_page(opened: Open, name: str, width: int, scheme: Literal["light", "dark"]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed").Axe()
    page = opened(name)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)

    found = axe.run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )

    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found.response["violations"]] == []
    assert len(found.response["passes"]) > 10


@pytest.mark.parametrize("name", HTML)
def test_a_narrow_page_need_not_be_scrolled_sideways(opened: Open, name: str) -> None:
    page = opened(name)
    page.set_viewport_size({"width": 320, "height": 900})

    assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("name", HTML)
def test_the_style_is_applied(opened: Open, name: str) -> None:
    colour = opened(name).locator(".header").evaluate("each => getComputedStyle(each).backgroundColor")

    assert colour == "rgb(0, 94, 184)"


@pytest.mark.parametrize("name", HTML)
def test_the_first_key_reaches_the_content(opened: Open, name: str) -> None:
    page = opened(name)

    page.keyboard.press("Tab")
    link = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")

    assert link == "Skip to main content"
    assert page.evaluate("document.activeElement.id") == "content"


def test_keys_alone_choose_a_person_and_an_outcome(opened: Open) -> None:
    page = opened("nhs_login")
    page.locator("#username-1").focus()

    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")

    assert page.locator("[name=username]:checked").get_attribute("value") == "9912003072"
    assert page.locator("[name=outcome]:checked").get_attribute("value") == "cancelled"


@pytest.mark.parametrize("name", ["cis2_again", "realm_again"])
def test_the_message_reaches_the_field(opened: Open, name: str) -> None:
    page = opened(name)

    page.get_by_role("alert").get_by_role("link").click()

    assert page.evaluate("document.activeElement.name") == "username"


def test_what_is_focused_can_be_seen(opened: Open) -> None:
    page = opened("cis2")

    page.keyboard.press("Tab")

    assert page.evaluate("getComputedStyle(document.activeElement).backgroundColor") == "rgb(255, 235, 59)"
