"""What would be refused next, without what follows from the first fault itself."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.mock import Mock

REDIRECT = "https://app.example/callback"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

Post = Callable[..., TestResponse]


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE},
        {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": ""},
        {"grant_type": "refresh_token", "client_id": "nhsauth-app", "client_secret": "nhsauth-secret"},
        {
            "grant_type": "authorization_code",
            "client_id": "nhsauth-app",
            "client_secret": "nhsauth-secret",
            "redirect_uri": "http://127.0.0.1:8080/_nhsauth/callback",
        },
    ],
)
def test_what_is_absent_is_reported_once(platform: Mock, post: Post, form: dict[str, str]) -> None:
    answer = post(**form)

    assert answer.status_code in (400, 401)
    assert platform.exchanges.last.examination().then == ()


def test_an_absent_subject_token_is_reported_once(platform: Mock, token_exchange: Post) -> None:
    answer = token_exchange(subject_token="")

    assert answer.status_code == 400
    assert platform.exchanges.last.examination().then == ()


@pytest.mark.parametrize("path", ["/oauth2/userinfo", "/hello-world/hello/user"])
def test_an_absent_header_is_reported_once(platform: Mock, http: Client, path: str) -> None:
    answer = http.get(path)

    assert answer.status_code == 401
    assert platform.exchanges.last.examination().then == ()


@pytest.mark.parametrize("exp", [None, "soon", {}])
@pytest.mark.parametrize("sub", ["nhsauth-app", "another"])
def test_an_assertion_for_cis2_without_a_time_is_explained(
    platform: Mock, http: Client, exp: Any, sub: str, caplog: pytest.LogCaptureFixture
) -> None:
    platform.apps.change("nhsauth-app", redirect_uris=(REDIRECT,), cis2_auth_method="private_key_jwt")
    path = platform.providers["cis2"].provider.endpoint("token")
    changes = Alterations(claims={"exp": exp, "sub": sub}, without=["exp"] if exp is None else [])
    assertion = platform.client_assertion("nhsauth-app", token_url=f"{platform.url}{path}", alterations=changes)
    form = {
        "grant_type": "authorization_code",
        "code": platform.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), REDIRECT),
        "redirect_uri": REDIRECT,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }

    answer = http.post(path, data=form, base_url=platform.url)
    then = platform.exchanges.last.examination().then

    assert answer.status_code in (400, 401)
    assert [line for line in then if "exp" in line] == ([] if sub == "nhsauth-app" else [then[0]])
    assert caplog.records == []
