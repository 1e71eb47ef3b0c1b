"""One browser in two worlds at once: what it does in one does not show in the other."""

from typing import TYPE_CHECKING

import pytest

from mock_servers.mock import Mock
from mock_servers.platform.platform import Platform
from tests.browser.test_log_ins import CIS2, PATIENTS_REQUEST, arrived, authorize, redeemed

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

CONFIG = {"cis2": {"single_sign_on": True}, "nhs_login": {"single_sign_on": True}}
PROVIDERS: dict[str, tuple[str, dict[str, str], tuple[str, str]]] = {
    "cis2": (f"{CIS2}/authorize", {}, ("656005750104", "656005750105")),
    "nhs_login": ("/authorize", PATIENTS_REQUEST, ("9912003071", "9912003072")),
}


def made(platform: Mock, name: str) -> Platform:
    """A world in which a browser that has a session is not asked again."""
    assert platform.worlds is not None
    world = platform.worlds.platform(platform.worlds.create(name, CONFIG).name)
    assert world is not None
    return world


@pytest.mark.parametrize("provider", PROVIDERS)
def test_two_people_log_in_in_two_worlds_of_one_browser(page: "Page", served: Mock, provider: str) -> None:
    path, request, people = PROVIDERS[provider]
    worlds = [made(served, name) for name in ("a", "b")]

    codes = []
    for world, person in zip(worlds, people, strict=True):
        page.goto(authorize(world, path, **request))
        page.locator(f"input[value='{person}']").check()
        page.get_by_role("button", name="Continue").click()
        codes.append(arrived(page)["code"])
        assert page.url.startswith(f"{world.url}/_nhsauth/callback")
    for world in (*worlds, worlds[0]):
        page.goto(authorize(world, path, prompt="none", **request))
        assert "code" in arrived(page)
        assert page.url.startswith(f"{world.url}/_nhsauth/callback")

    for world, code, person in zip(worlds, codes, people, strict=True):
        issued = {each.log_in.person.id for each in world.store.provider_sessions.values()}
        assert (issued, world.store.codes.get(code) is not None) == ({person}, True)
    assert served.exchanges.kept() == []


def test_the_platform_s_own_flow_stays_in_its_world(page: "Page", served: Mock) -> None:
    worlds = [made(served, name) for name in ("a", "b")]

    for world in worlds:
        page.goto(authorize(world, "/oauth2/authorize", scope="nhs-cis2"))
        page.get_by_label("Priya Ashdown").check()
        page.get_by_role("button", name="Continue").click()

        assert "access_token" in redeemed(world, "/oauth2/token", arrived(page)["code"])
        assert page.url.startswith(f"{world.url}/_nhsauth/callback")


def test_the_page_of_a_world_refreshes_and_clears_its_own_list(page: "Page", served: Mock) -> None:
    one, other = made(served, "a"), made(served, "b")
    page.goto(f"{one.url}/_nhsauth/exchanges")
    for world in (one, other):
        page.request.get(f"{world.url}/oauth2/nothing")

    page.get_by_role("link", name="GET /oauth2/nothing").wait_for()
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("The list is empty").wait_for()

    assert (len(one.exchanges), len(other.exchanges)) == (0, 1)
