"""The pictures of the documentation: taken of the pages as they are; `make screenshots` keeps them in docs/images."""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.mock import Mock

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

IMAGES = Path(__file__).parents[2] / "docs" / "images"
KEEP = "NHSAUTH_KEEP_SCREENSHOTS"
LARGEST = 100_000  # bytes
WIDTH = 900
SCALE = 0.75  # still easily read, and a smaller file
APP = "nhsauth-app"


def form(served: Mock, subject_token: str) -> dict[str, str]:
    return {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "subject_token": subject_token,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": served.client_assertion(APP),
    }


@pytest.fixture
def founding(served: Mock) -> str:
    """A client's own request for a token, and the founding mistake; returns the number of the mistake."""
    url = f"{served.url}/oauth2/token"
    doctor = LogInRequest(user="656005750104", client_id=APP)
    requests.post(url, data=form(served, served.id_token("cis2", doctor)), timeout=30)
    code = served.issue_code("cis2", doctor, f"{served.url}/_nhsauth/callback")
    requests.post(url, data=form(served, code), timeout=30)
    return str(served.exchanges.last.id)


def journal(page: "Page", served: Mock, founding: str) -> None:
    assert founding
    page.goto(f"{served.url}/_nhsauth/exchanges")


def exchange(page: "Page", served: Mock, founding: str) -> None:
    page.goto(f"{served.url}/_nhsauth/exchanges/{founding}")


def log_in(page: "Page", served: Mock, founding: str) -> None:
    assert founding
    callback = f"redirect_uri={served.url}/_nhsauth/callback"
    page.goto(f"{served.url}/oauth2/authorize?response_type=code&client_id={APP}&{callback}&state=s")


def start(page: "Page", served: Mock, founding: str) -> None:
    assert founding
    page.goto(f"{served.url}/_nhsauth/")


def broken(page: "Page", served: Mock, founding: str) -> None:
    """The founding mistake, made on the page."""
    assert founding
    page.goto(f"{served.url}/_nhsauth/try")
    page.get_by_role("button", name="Begin").click()
    for button in ("Send step 1", "Send step 2"):
        page.get_by_role("button", name=button).click()
    page.get_by_label("Break it").nth(2).select_option("code-as-subject-token")
    page.locator("#step-exchange .break button").click()
    page.locator("#step-exchange .answer").scroll_into_view_if_needed()


def token(page: "Page", served: Mock, founding: str) -> None:
    """A step that was sent, and its id_token decoded."""
    assert founding
    page.goto(f"{served.url}/_nhsauth/try")
    page.get_by_role("button", name="Begin").click()
    for button in ("Send step 1", "Send step 2"):
        page.get_by_role("button", name=button).click()
    page.locator("#step-id-token summary", has_text="Decoded").click()
    page.locator("#step-id-token .answer").scroll_into_view_if_needed()


SHOWN: dict[str, tuple[Callable[["Page", Mock, str], None], int, str]] = {
    "start": (start, 860, "Point your code here"),
    "try": (token, 1000, "valid for 60 min"),
    "break": (broken, 1000, "Malformed JWT in subject_token"),
    "journal": (journal, 720, "Malformed JWT in subject_token"),
    "exchange": (exchange, 1120, "This is an authorization code."),
    "log-in": (log_in, 720, "656005750104"),
}
"""How one comes to a page, how high its picture is, and what has to be on it."""


def size(picture: bytes) -> tuple[int, int]:
    """The width and the height of a PNG."""
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_shows_what_its_page_is_about(browser: "Browser", served: Mock, founding: str, name: str) -> None:
    go, height, words = SHOWN[name]
    context = browser.new_context(viewport={"width": WIDTH, "height": height}, device_scale_factor=SCALE)
    page = context.new_page()
    go(page, served, founding)
    text, picture = page.inner_text("body"), page.screenshot()
    context.close()
    if os.environ.get(KEEP):
        IMAGES.mkdir(exist_ok=True)
        (IMAGES / f"{name}.png").write_bytes(picture)

    assert words in text
    assert size(picture) == size((IMAGES / f"{name}.png").read_bytes()) == (WIDTH * SCALE, height * SCALE)
    assert (IMAGES / f"{name}.png").stat().st_size < LARGEST
