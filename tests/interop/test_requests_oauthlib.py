"""requests-oauthlib logs in at CIS2 and at the platform with a client secret, and refreshes at the platform.

NHS login takes no secret and this library signs nothing, so that it cannot log in or refresh there; a test says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import requests

pytest.importorskip("requests_oauthlib", reason="the dependency group interop is not installed")

from oauthlib.oauth2 import (
    InvalidClientError,
    InvalidClientIdError,
    InvalidGrantError,
    WebApplicationClient,
)
from requests_oauthlib import OAuth2Session

from mock_servers.mock import Mock

DOCTOR = "656005750104"
PATIENT = "9912003071"
CIS2 = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
SECRET = "nhsauth-secret"

Visit = Callable[..., requests.Response]
Open = Callable[..., OAuth2Session]

pytestmark = pytest.mark.interop


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library refuses http:// unless an option says that this is a test."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
def open_session(redirect_uri: str) -> Iterator[Open]:
    """Open a session of the ready-made app, for a web application's flow."""
    sessions: list[OAuth2Session] = []

    def start(*scope: str) -> OAuth2Session:
        client = WebApplicationClient("nhsauth-app")
        sessions.append(OAuth2Session(client=client, redirect_uri=redirect_uri, scope=list(scope) or None))
        return sessions[-1]

    yield start
    for session in sessions:
        session.close()


def landed(session: OAuth2Session, visit: Visit, authorize_url: str, username: str, **more: str) -> str:
    """Log a person in and return the URL that the browser ends at."""
    url, _ = session.authorization_url(authorize_url, **more)
    return visit(url, username=username).url


def logged_in_at_the_platform(
    session: OAuth2Session, visit: Visit, platform: Mock, username: str = DOCTOR
) -> dict[str, Any]:
    token: dict[str, Any] = session.fetch_token(
        f"{platform.url}/oauth2/token",
        authorization_response=landed(session, visit, f"{platform.url}/oauth2/authorize", username),
        include_client_id=True,
        client_secret=SECRET,
    )
    return token


def test_a_doctor_logs_in_at_cis2(platform: Mock, visit: Visit, open_session: Open) -> None:
    session, issuer = open_session("openid"), f"{platform.url}{CIS2}"

    token = session.fetch_token(
        f"{issuer}/access_token",
        authorization_response=landed(session, visit, f"{issuer}/authorize", DOCTOR),
        include_client_id=True,
        client_secret=SECRET,
    )

    assert token["expires_in"] == 3599
    assert session.get(f"{issuer}/userinfo").json()["sub"] == DOCTOR


def test_a_doctor_logs_in_at_the_platform(platform: Mock, visit: Visit, open_session: Open) -> None:
    session = open_session()

    token = logged_in_at_the_platform(session, visit, platform)

    assert token["expires_in"] == 599  # the library makes a number of the text
    assert session.get(f"{platform.url}/oauth2/userinfo").json()["nhsid_useruid"] == DOCTOR


def test_a_patient_logs_in_at_the_platform(platform: Mock, visit: Visit, open_session: Open) -> None:
    token = logged_in_at_the_platform(open_session("nhs-login"), visit, platform, PATIENT)

    assert token["refresh_token_expires_in"] == "3599"


def test_the_platform_refreshes(platform: Mock, visit: Visit, open_session: Open) -> None:
    session = open_session()
    first = dict(logged_in_at_the_platform(session, visit, platform))

    second = session.refresh_token(f"{platform.url}/oauth2/token", client_id="nhsauth-app", client_secret=SECRET)

    assert second["refresh_count"] == "1"
    assert second["access_token"] != first["access_token"]
    assert session.get(f"{platform.url}/hello-world/hello/user").json() == {"message": "Hello User!"}


def test_a_refresh_token_is_good_once(platform: Mock, visit: Visit, open_session: Open) -> None:
    session = open_session()
    refresh = partial(
        session.refresh_token, f"{platform.url}/oauth2/token", client_id="nhsauth-app", client_secret=SECRET
    )
    first = logged_in_at_the_platform(session, visit, platform)["refresh_token"]
    refresh()

    with pytest.raises(InvalidGrantError) as refused:
        refresh(refresh_token=first)

    assert refused.value.description == "refresh_token is invalid"


# what the library does by itself that the real services refuse, and the cure


def test_nhs_login_does_not_refresh_for_a_secret(platform: Mock, open_session: Open) -> None:
    session = open_session("openid")

    with pytest.raises(InvalidClientError) as refused:
        session.refresh_token(
            f"{platform.url}/token", refresh_token="any", client_id="nhsauth-app", client_secret=SECRET
        )

    assert refused.value.error == "invalid_client"


def test_the_platform_does_not_see_the_secret_where_the_library_puts_it_by_itself(
    platform: Mock, visit: Visit, open_session: Open
) -> None:
    session = open_session()

    with pytest.raises(InvalidClientIdError) as refused:
        session.fetch_token(
            f"{platform.url}/oauth2/token",
            authorization_response=landed(session, visit, f"{platform.url}/oauth2/authorize", DOCTOR),
            client_secret=SECRET,
        )

    assert refused.value.description == "client_id is missing"


def test_the_platform_does_not_refresh_without_the_client_in_the_form(
    platform: Mock, visit: Visit, open_session: Open
) -> None:
    session = open_session()
    logged_in_at_the_platform(session, visit, platform)

    with pytest.raises(InvalidClientIdError) as refused:
        session.refresh_token(f"{platform.url}/oauth2/token", auth=("nhsauth-app", SECRET))

    assert refused.value.description == "client_id is missing"
