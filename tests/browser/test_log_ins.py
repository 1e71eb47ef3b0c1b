"""People log in with a real browser: at the providers and at the platform, until a code or an error has arrived."""

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import requests

from mock_servers.mock import Mock
from mock_servers.platform.platform import Platform

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

CIS2 = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
TIMEOUT = 30
MARKUP = "'\"></code><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7*7 }}"
WORD = "'\"><img/src=x/onerror=alert(1)>"
"""Markup without blanks, for what takes none."""
PATIENTS_REQUEST = {"scope": "openid profile", "nonce": "n", "vtr": '["P5.Cp.Cd"]'}


def authorize(platform: Platform, path: str, **more: str) -> str:
    """The URL that an application sends a browser to."""
    request = {
        "response_type": "code",
        "client_id": "nhsauth-app",
        "redirect_uri": f"{platform.url}/_nhsauth/callback",
        "scope": "openid",
        "state": "xyz",
        **more,
    }
    return f"{platform.url}{path}?{urlencode(request)}"


def arrived(page: "Page") -> dict[str, str]:
    """What the redirect URI was sent."""
    page.wait_for_url("**/_nhsauth/callback?*")
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def redeemed(platform: Platform, path: str, code: str) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": f"{platform.url}/_nhsauth/callback",
        "client_id": "nhsauth-app",
        "client_secret": "nhsauth-secret",
    }
    answer = requests.post(f"{platform.url}{path}", data=form, timeout=TIMEOUT)
    assert answer.status_code == 200
    return dict(answer.json())


def test_a_doctor_logs_in_at_cis2(page: "Page", served: Mock) -> None:
    page.goto(authorize(served, f"{CIS2}/authorize"))

    page.get_by_label("Priya Ashdown").check()
    page.get_by_role("button", name="Continue").click()

    reported = arrived(page)
    assert reported["state"] == "xyz"
    assert page.get_by_role("heading", level=1).text_content() == "An authorization code has arrived"
    assert "id_token" in redeemed(served, f"{CIS2}/access_token", reported["code"])


def test_a_doctor_chooses_a_role(page: "Page", served: Mock) -> None:
    page.goto(authorize(served, f"{CIS2}/authorize", scope="openid selectedrole", prompt="login"))

    page.get_by_label("Priya Ashdown").check()
    page.get_by_label("In which role?").select_option("900000104012")
    page.get_by_role("button", name="Continue").click()

    answer = redeemed(served, f"{CIS2}/access_token", arrived(page)["code"])
    explained = requests.post(f"{served.url}/_nhsauth/explain", json={"value": answer["id_token"]}, timeout=TIMEOUT)
    assert explained.json()["jwt"]["claims"]["selected_roleid"] == "900000104012"


def test_a_role_of_somebody_else_is_a_problem_that_is_named(page: "Page", served: Mock) -> None:
    page.goto(authorize(served, f"{CIS2}/authorize", scope="openid selectedrole"))

    page.get_by_label("Tom Birchall").check()
    page.get_by_label("In which role?").select_option("900000104012")
    page.get_by_role("button", name="Continue").click()

    assert page.get_by_role("alert").get_by_role("link").text_content() == "This person does not have this role."
    assert page.title() == "Error: Log in - Mock of CIS2"


def test_a_patient_logs_in_at_nhs_login(page: "Page", served: Mock) -> None:
    page.goto(authorize(served, "/authorize", **PATIENTS_REQUEST))

    page.get_by_label("Mona Millard").check()
    page.get_by_role("button", name="Continue").click()

    reported = arrived(page)
    assert reported["state"] == "xyz"
    assert "ask client-assertions" in (page.locator("main").text_content() or "")


def test_a_patient_refuses_consent(page: "Page", served: Mock) -> None:
    page.goto(authorize(served, "/authorize", **PATIENTS_REQUEST))

    page.get_by_label("Refuse to share data with the application").check()
    page.get_by_role("button", name="Continue").click()

    assert arrived(page) == {"error": "access_denied", "error_description": "ConsentNotGiven", "state": "xyz"}


def test_keys_are_enough_to_log_in(page: "Page", served: Mock) -> None:
    page.goto(authorize(served, f"{CIS2}/authorize"))

    page.locator("[name=username]:checked").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    arrived(page)
    assert "656005750105" in (page.locator("main").text_content() or "")


def test_a_doctor_logs_in_through_the_platform(page: "Page", served: Mock) -> None:
    page.goto(authorize(served, "/oauth2/authorize"))

    page.get_by_label("Priya Ashdown").check()
    page.get_by_role("button", name="Continue").click()

    reported = arrived(page)
    assert reported["state"] == "xyz"
    assert "refresh_token" in redeemed(served, "/oauth2/token", reported["code"])


def test_a_patient_logs_in_through_the_mock_realm(page: "Page", served: Mock) -> None:
    page.goto(authorize(served, "/oauth2-mock/authorize", scope="nhs-login"))

    page.get_by_label("User").fill("9912003071")
    page.get_by_role("button", name="Continue").click()

    assert "refresh_token" in redeemed(served, "/oauth2-mock/token", arrived(page)["code"])


def test_an_unknown_user_is_asked_again_by_the_mock_realm(page: "Page", served: Mock) -> None:
    page.goto(authorize(served, "/oauth2-mock/authorize", scope="nhs-login"))

    page.get_by_label("User").fill("nobody")
    page.get_by_role("button", name="Continue").click()

    assert page.get_by_role("alert").is_visible()
    assert page.get_by_label("User").input_value() == "nobody"


def test_a_name_of_the_mock_other_than_the_callbacks_is_not_obstacle(page: "Page", served: Mock) -> None:
    """The form's answer redirects to another origin, where a browser may say `Origin: null`."""
    page.goto(authorize(served, f"{CIS2}/authorize").replace("//127.0.0.1", "//localhost", 1))

    page.get_by_role("button", name="Continue").click()

    assert "code" in arrived(page)
    assert urlsplit(page.url).hostname == "127.0.0.1"
    assert page.get_by_role("heading", level=1).text_content() == "An authorization code has arrived"


def test_a_redirect_uri_that_is_not_registered_ends_on_a_page(page: "Page", served: Mock) -> None:
    url = authorize(served, f"{CIS2}/authorize", redirect_uri="https://evil.example/callback")

    answer = requests.get(url, timeout=TIMEOUT, allow_redirects=False)
    page.set_content(answer.text)

    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert page.get_by_role("heading", level=1).count() == 1


def foreign(page: "Page") -> set[str]:
    """The elements and attributes on a page that are the markup's."""
    names = page.evaluate(
        "[...document.body.querySelectorAll('*')].flatMap(each => [each.localName, ...each.getAttributeNames()])"
    )
    return {*names} & {"img", "script", "onerror"}


@pytest.fixture
def marked(served: Mock) -> Mock:
    """A mock with an app and people whose every field that takes any text is markup."""

    def create(path: str, **members: Any) -> None:
        answer = requests.post(f"{served.url}/_nhsauth/{path}", json=members, timeout=TIMEOUT)
        assert answer.status_code == 201, answer.text

    role = dict.fromkeys(("person_roleid", "role_name", "org_code", "org_name"), MARKUP)
    claims = {"nhsid_nrbac_roles": [role], "nhsid_user_orgs": [role], "name": MARKUP}
    callback = f"{served.url}/_nhsauth/callback"
    create("apps", client_id=WORD, name=MARKUP, client_secret=WORD, redirect_uris=[callback])
    for provider, level, number in (("cis2", "aal3", "656005759999"), ("nhs_login", "P9", "9912003888")):
        people = {"provider": provider, "level": level, "given_name": MARKUP, "family_name": MARKUP}
        create("users", id=number, claims=claims if provider == "cis2" else {}, **people)
    return served


@pytest.mark.parametrize(
    ("path", "asked", "person"),
    [
        (
            f"{CIS2}/authorize",
            {"scope": "openid selectedrole", "nonce": MARKUP, "acr_values": MARKUP, "vtr": MARKUP},
            "656005759999",
        ),
        ("/authorize", {**PATIENTS_REQUEST, "nonce": MARKUP, "acr_values": MARKUP}, "9912003888"),
    ],
    ids=["CIS2", "NHS login"],
)
def test_markup_in_every_field_of_a_log_in_is_text(
    page: "Page", marked: Mock, path: str, asked: dict[str, str], person: str
) -> None:
    """The fixture of the page fails when the browser complains, be it of a script, an image or the policy."""
    page.goto(authorize(marked, path, **{**asked, "client_id": WORD, "state": MARKUP}))
    shown, found = page.locator("main").text_content() or "", foreign(page)
    page.locator(f"input[value='{person}']").check()
    page.get_by_role("button", name="Continue").click()
    state = arrived(page)["state"]

    assert (shown.count(MARKUP) > 1, WORD in shown, found) == (True, True, set())
    assert (state, MARKUP in (page.locator("main").text_content() or ""), foreign(page)) == (MARKUP, True, set())


@pytest.mark.parametrize("path", ["errors?text={}", "callback?error={0}&error_description={0}&{0}={0}", "?text={}"])
def test_markup_in_a_query_is_text(page: "Page", served: Mock, path: str) -> None:
    page.goto(f"{served.url}/_nhsauth/{path.format(quote(MARKUP, safe=''))}")
    fields = page.evaluate("[...document.querySelectorAll('input')].map(each => each.value)")

    assert MARKUP in [*fields, *page.locator("dd").all_text_contents()]
    assert foreign(page) == set()
