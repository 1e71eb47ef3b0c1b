"""The pages about exchanges in a real browser: live with the script, whole without it, and usable by keyboard alone."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

import pytest
import requests

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.mock import Mock
from tests.pastes import FOLDER, paste

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

APP = "nhsauth-app"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
HOSTILE = "<img src=x onerror=alert(1)>\x1b[31m\u202e" * 3
TIMEOUT = 30

Ask = Callable[..., None]


@pytest.fixture
def ask(served: Mock) -> Ask:
    """Send a token request; keywords are the form."""

    def send(**form: str) -> None:
        requests.post(f"{served.url}/oauth2/token", data=form, timeout=TIMEOUT)

    return send


@pytest.fixture
def founding(served: Mock, ask: Ask) -> str:
    """The founding mistake, with an assertion that is wrong in more than one way; returns the message id."""
    code = served.issue_code(
        "cis2", LogInRequest(user="656005750104", client_id=APP), f"{served.url}/_nhsauth/callback"
    )
    altered = Alterations(claims={"name": HOSTILE, "aud": "http://127.0.0.1/"}, headers={"alg": "RS256"})
    ask(
        grant_type=EXCHANGE,
        subject_token_type="urn:ietf:params:oauth:token-type:id_token",
        subject_token=code,
        client_assertion_type=ASSERTION_TYPE,
        client_assertion=served.client_assertion(APP, alterations=altered),
    )
    return str(served.exchanges.last.message_id)


@pytest.fixture
def scriptless(browser: "Browser") -> "Iterator[Page]":
    """A page of a profile that runs no script."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def faults(page: "Page") -> list[tuple[str, list[str]]]:
    """What axe-core finds fault with."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed").Axe()
    # What stands in closed details is looked at as well.
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    found = axe.run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    assert len(found.response["passes"]) > 10
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found.response["violations"]]


def explain(page: "Page", value: str) -> None:
    page.get_by_role("link", name="Explain", exact=True).click()
    page.get_by_label("A token, a code, a key").fill(value)
    page.get_by_role("button", name="Explain").click()


def heading(page: "Page") -> str:
    return page.get_by_role("heading", level=1).text_content() or ""


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1200, "light")])
@pytest.mark.parametrize("name", ["list", "exchange", "explanation", "paste", "errors", "empty"])
def test_axe_finds_no_fault_and_nothing_need_be_scrolled_sideways(
    page: "Page", served: Mock, founding: str, name: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    if name == "empty":
        served.exchanges.clear()
    path = {"exchange": f"exchanges/{founding}", "errors": "errors?text=client_assertion"}.get(name, "")
    page.goto(f"{served.url}/_nhsauth/{path}")
    if name == "explanation":
        explain(page, served.client_assertion(APP, alterations=Alterations(claims={"aud": HOSTILE})))
    if name == "paste":
        explain(page, paste("01-forum-login-value-exchange.txt"))

    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.usefixtures("founding")
def test_no_word_that_fits_a_line_is_broken(page: "Page", served: Mock) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{served.url}/_nhsauth/exchanges/1")

    names = page.locator("th code")
    broken = names.evaluate_all(
        "each => each.filter(one => one.getClientRects().length > 1).map(one => one.textContent)"
    )

    assert names.count() > 10
    assert broken == []


def test_new_exchanges_come_to_the_list_by_themselves(page: "Page", served: Mock, ask: Ask) -> None:
    page.goto(f"{served.url}/_nhsauth/exchanges")
    assert page.get_by_text("None is kept").is_visible()

    ask(grant_type="password")
    page.get_by_role("link", name="POST /oauth2/token").wait_for()
    ask(grant_type="client_credentials")

    page.locator("#exchange-2").wait_for()
    assert page.locator(".exchange").evaluate_all("rows => rows.map(row => row.id)") == ["exchange-2", "exchange-1"]
    assert page.get_by_role("status").text_content() == "1 new exchange"
    assert page.get_by_text("None is kept").is_hidden()


def test_what_has_the_focus_keeps_it_while_the_list_grows(page: "Page", served: Mock, ask: Ask) -> None:
    ask(grant_type="password")
    page.goto(f"{served.url}/_nhsauth/exchanges")
    page.get_by_role("link", name="POST /oauth2/token").focus()

    ask(grant_type="password")
    page.locator("#exchange-2").wait_for()

    assert page.evaluate("document.activeElement.getAttribute('href')") == "/_nhsauth/exchanges/1"


def test_refreshing_can_be_stopped(page: "Page", served: Mock, ask: Ask) -> None:
    page.clock.install()
    page.goto(f"{served.url}/_nhsauth/exchanges")
    button = page.get_by_role("button", name="Auto-refresh")
    asked: list[str] = []
    ask(grant_type="password")

    button.click()
    pressed = button.get_attribute("aria-pressed")
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(60_000)

    assert (pressed, asked) == ("false", [])
    button.click()
    page.clock.run_for(2_000)
    page.locator("#exchange-1").wait_for()


def test_the_list_is_searched_narrowed_and_cleared(page: "Page", served: Mock, ask: Ask) -> None:
    ask(grant_type="password")
    requests.get(f"{served.url}/hello-world/hello/world", timeout=TIMEOUT)
    page.goto(f"{served.url}/_nhsauth/exchanges")

    page.get_by_label("Search").fill("hello-world")
    page.get_by_role("button", name="Find").click()
    searched = page.locator(".exchange").evaluate_all("rows => rows.map(row => row.id)")
    page.get_by_label("Search").fill("")
    page.get_by_label("Only what was refused").check()
    page.get_by_role("button", name="Find").click()
    refused = page.locator(".exchange").evaluate_all("rows => rows.map(row => row.id)")
    page.get_by_role("button", name="Clear").click()
    page.locator("#exchange-1").wait_for(state="detached")

    assert (searched, refused) == (["exchange-2"], ["exchange-1"])
    assert served.exchanges.kept() == []


def test_exchanges_that_are_forgotten_leave_the_list(page: "Page", served: Mock, ask: Ask) -> None:
    ask(grant_type="password")
    page.goto(f"{served.url}/_nhsauth/exchanges")

    served.exchanges.clear()

    page.locator("#exchange-1").wait_for(state="detached")
    assert page.get_by_text("None is kept").is_visible()


def test_without_script_all_of_it_can_be_read_and_asked(scriptless: "Page", served: Mock, founding: str) -> None:
    scriptless.goto(f"{served.url}/_nhsauth/exchanges")
    assert scriptless.get_by_role("button", name="Auto-refresh").is_hidden()

    scriptless.get_by_role("link", name="POST /oauth2/token").click()
    assert heading(scriptless) == "POST /oauth2/token 400"
    assert scriptless.get_by_text("Stopped here").is_visible()
    scriptless.get_by_role("link", name="All exchanges").click()
    explain(scriptless, founding)

    assert heading(scriptless) == "POST /oauth2/token 400"
    assert scriptless.url == f"{served.url}/_nhsauth/exchanges/1"


def test_keys_are_enough_to_explain_a_value(page: "Page", served: Mock) -> None:
    page.goto(f"{served.url}/_nhsauth/explain")
    page.locator("#content").focus()

    page.keyboard.press("Tab")
    page.keyboard.type(served.client_assertion(APP))
    page.keyboard.press("Tab")  # the file
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # more boxes
    assert page.get_by_label("Your key set").is_visible()
    for _ in range(5):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.get_by_role("heading", level=1, name="A client assertion").wait_for()
    assert page.get_by_text("This client_assertion looks right").is_visible()


@pytest.fixture
def refused(page: "Page", served: Mock) -> "Page":
    """The page of a paste whose request lacks its client_assertion."""
    page.goto(f"{served.url}/_nhsauth/explain")
    explain(page, paste("36-client-secret-curl.txt"))
    page.get_by_role("heading", name="checks, in their order").wait_for()
    return page


def test_a_command_is_copied_by_keys_alone(refused: "Page") -> None:
    refused.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = refused.get_by_role("button", name="Copy the command for bash")
    button.focus()

    refused.keyboard.press("Enter")
    refused.get_by_role("status").get_by_text("Copied the command").wait_for()

    copied = refused.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl https://int.api.service.nhs.uk/oauth2/token \\\n")
    assert copied.endswith('"client_assertion=$CLIENT_ASSERTION"')


def test_without_script_there_is_no_button_that_does_nothing(scriptless: "Page", served: Mock) -> None:
    scriptless.goto(f"{served.url}/_nhsauth/explain")
    explain(scriptless, paste("36-client-secret-curl.txt"))

    assert scriptless.get_by_text("Your text shows a secret").is_visible()
    assert scriptless.locator("#command-bash").is_visible()
    assert scriptless.get_by_role("button").count() == 0


def test_a_file_is_explained_without_script(scriptless: "Page", served: Mock) -> None:
    scriptless.goto(f"{served.url}/_nhsauth/explain")
    scriptless.get_by_label("Or a file").set_input_files(FOLDER / "27-har-cut-access-token.txt")
    scriptless.get_by_role("button", name="Explain").click()

    assert scriptless.get_by_role("heading", name="The answer").is_visible()


def test_no_colour_alone_says_what_came_of_a_check(refused: "Page") -> None:
    states = refused.locator(".check .state").all_text_contents()

    assert {each.strip() for each in states} >= {"\u2717 Refused here", "\u2013 Not reached"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_on_a_phone_and_nothing_moves(refused: "Page", scheme: Literal["light", "dark"]) -> None:
    refused.set_viewport_size({"width": 390, "height": 844})
    refused.emulate_media(color_scheme=scheme, reduced_motion="reduce")

    assert faults(refused) == []
    assert refused.evaluate("document.documentElement.scrollWidth") == 390
    assert refused.evaluate("document.getAnimations().length") == 0
    moves = "each => each.filter(one => parseFloat(getComputedStyle(one).transitionDuration) > 0).length"
    assert refused.locator("*").evaluate_all(moves) == 0


def test_keys_are_enough_to_read_what_is_collapsed(page: "Page", served: Mock, founding: str) -> None:
    page.goto(f"{served.url}/_nhsauth/exchanges/{founding}")
    collapsed = page.get_by_text("check_client_assertion_present")
    assert collapsed.is_hidden()

    page.locator("summary", has_text="ValidateTokenRequest").focus()
    page.keyboard.press("Enter")

    assert collapsed.is_visible()


def test_the_value_goes_into_no_url(page: "Page", served: Mock) -> None:
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.goto(f"{served.url}/_nhsauth/exchanges")

    explain(page, "very-secret-value")

    assert "very-secret-value" not in "".join([*urls, page.url, page.content()])
    assert page.url == f"{served.url}/_nhsauth/explain"


def test_nothing_that_was_sent_is_run(page: "Page", served: Mock, founding: str) -> None:
    """The fixture fails when the browser complains, be it of a script, of an image or of the policy."""
    page.goto(f"{served.url}/_nhsauth/exchanges/{founding}")

    assert "<img src=x onerror=alert(1)>" in (page.locator("main").text_content() or "")
    assert page.locator("img").count() == 0


def test_a_page_elsewhere_cannot_post_the_form(browser: "Browser", served: Mock) -> None:
    page = browser.new_context().new_page()
    html = (
        f'<form method="post" action="{served.url}/_nhsauth/explain"><input name="value"><button>Post</button></form>'
    )
    page.route("http://127.0.0.1:9/", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto("http://127.0.0.1:9/")

    with page.expect_response("**/explain") as answered:
        page.get_by_role("button").click()

    assert answered.value.status == 403
    page.context.close()
