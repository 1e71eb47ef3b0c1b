"""A real browser, sent to the mock by its proxy, logs people in through the real hosts, and trusts what it is shown."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.platform import real_names
from mock_servers.real_hosts.trust_store import TrustStore

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INT = "https://int.api.service.nhs.uk"
LOG_INS = {
    "": ("am.nhsint.auth-ptl.cis2.spineservices.nhs.uk", "Priya Ashdown"),
    "nhs-login": ("auth.aos.signin.nhs.uk", "Mona Millard"),
}

pytestmark = pytest.mark.real_names


@pytest.fixture
def served(ring: KeyRing, tmp_path: Path) -> Iterator[tuple[Mock, TrustStore]]:
    """A platform that is reached by real names."""
    platform = Mock(ring=ring)
    prepared = real_names.throwaway(platform, tmp_path)
    with platform.serving() as server:
        yield platform, prepared.open_at(server).store


@pytest.fixture
def page(served: tuple[Mock, TrustStore], tmp_path: Path) -> Iterator[Page]:
    """A page of a browser whose own store, in a home of its own, has the mock's authority and no other of ours."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    chromium = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if chromium is None or shutil.which("certutil") is None:
        pytest.skip("Chromium or certutil is not on this machine")
    platform, store = served
    trust(store, tmp_path / "home")
    with playwright.sync_playwright() as drivers:
        browser = drivers.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-background-networking"],
            env={**os.environ, "HOME": str(tmp_path / "home")},
            proxy={"server": platform.url, "bypass": "localhost,127.0.0.1"},
        )
        yield browser.new_page()
        browser.close()


def trust(store: TrustStore, home: Path) -> None:
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    for arguments in (["-N", "--empty-password"], ["-A", "-t", "C,,", "-n", "nhsauth", "-i", str(store.authority)]):
        subprocess.run(["certutil", "-d", f"sql:{database}", *arguments], check=True, timeout=60)  # noqa: S607 - the machine's own


@pytest.mark.parametrize("scope", LOG_INS, ids=["cis2", "nhs login"])
def test_a_person_logs_in_through_the_platform(page: Page, served: tuple[Mock, TrustStore], scope: str) -> None:
    platform, _ = served
    host, person = LOG_INS[scope]
    redirect_uri = f"{platform.url}/_nhsauth/callback"
    request = {"response_type": "code", "client_id": "nhsauth-app", "redirect_uri": redirect_uri, "state": "xyz"}

    page.goto(f"{INT}/oauth2/authorize?{urlencode({**request, 'scope': scope})}")
    asked_at = page.url
    page.get_by_label(person).check()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/_nhsauth/callback?*")

    reported = parse_qs(urlsplit(page.url).query)
    assert urlsplit(asked_at)[:2] == ("https", host)
    assert reported["state"] == ["xyz"]
    assert redeemed(platform, reported["code"][0])["token_type"] == "Bearer"


def redeemed(platform: Mock, code: str) -> dict[str, str]:
    """Redeem the code where its client would: at the real name, through the proxy."""
    known = platform.names.real_names
    assert known is not None
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": f"{platform.url}/_nhsauth/callback",
        "client_id": "nhsauth-app",
        "client_secret": "nhsauth-secret",
    }
    with requests.Session() as session:
        session.trust_env = False
        session.proxies, session.verify = {"https": platform.url}, str(known.store.bundle)
        answer = session.post(f"{INT}/oauth2/token", form, timeout=30)
    assert answer.status_code == 200
    return dict(answer.json())


def test_another_host_is_not_reached(page: Page) -> None:
    playwright = pytest.importorskip("playwright.sync_api")

    with pytest.raises(playwright.Error, match="ERR_TUNNEL_CONNECTION_FAILED"):
        page.goto("https://www.example.com/")
