"""A browser that asks to log in at either provider, and a client that redeems what it brings."""

import html
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.jose.jwts import Alterations
from mock_servers.mock import Mock

REDIRECT = "https://app.example/callback"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

Ask = Callable[..., TestResponse]


@pytest.fixture
def http(platform: Mock) -> Client:
    """A browser under the platform's own URL."""
    platform.apps.change(
        "nhsauth-app", redirect_uris=(REDIRECT,), post_logout_redirect_uris=("https://app.example/bye",)
    )
    return Client(platform)


def asked(**changes: str | None) -> dict[str, str]:
    """A good authorization request, with changes; None leaves a parameter out."""
    request: dict[str, str | None] = {
        "response_type": "code",
        "client_id": "nhsauth-app",
        "redirect_uri": REDIRECT,
        "scope": "openid profile",
        "state": "s-1",
        "nonce": "n-1",
        **changes,
    }
    return {name: value for name, value in request.items() if value is not None}


@pytest.fixture
def authorize(platform: Mock, http: Client) -> Ask:
    """GET an authorize URL with a good request, changed."""

    def send(provider: str = "cis2", pairs: list[tuple[str, str]] | None = None, **changes: str | None) -> TestResponse:
        query = urlencode(pairs if pairs is not None else asked(**changes))
        path = platform.provider(provider).provider.endpoint("authorize")
        return http.get(f"{path}?{query}", base_url=platform.url)

    return send


def form_of(page: TestResponse) -> tuple[str, dict[str, str]]:
    """The form of a page: its action and hidden fields."""
    text = page.get_data(as_text=True)
    action = re.search(r'<form[^>]*action="([^"]*)"', text)
    assert action is not None
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', text)
    return html.unescape(action.group(1)), {html.unescape(name): html.unescape(value) for name, value in fields}


@pytest.fixture
def submit(platform: Mock, http: Client, authorize: Ask) -> Ask:
    """Ask for the page and post its form; `fields` change what is posted."""

    def send(
        username: str, provider: str = "cis2", fields: Mapping[str, str] | None = None, **changes: str | None
    ) -> TestResponse:
        action, hidden = form_of(authorize(provider, **changes))
        parts = urlsplit(action)
        sent = {**hidden, "username": username, **(fields or {})}
        return http.post(f"{parts.path}?{parts.query}", data=sent, base_url=platform.url)

    return send


@pytest.fixture
def read_redirect() -> Callable[[TestResponse], dict[str, str]]:
    """Read the parameters of a redirect to the client."""

    def read(answer: TestResponse) -> dict[str, str]:
        assert answer.status_code == 302, answer.get_data(as_text=True)
        target, _, query = answer.headers["Location"].partition("?")
        assert target == REDIRECT
        return dict(parse_qsl(query))

    return read


@pytest.fixture
def assertion(platform: Mock) -> Callable[..., str]:
    """Sign a client assertion for a provider's token endpoint."""

    def sign(
        provider: str = "nhs_login", *, without: tuple[str, ...] = (), client_id: str = "nhsauth-app", **claims: Any
    ) -> str:
        headers = claims.pop("headers", {})
        return platform.client_assertion(
            client_id,
            token_url=f"{platform.url}{platform.provider(provider).provider.endpoint('token')}",
            alterations=Alterations(claims=claims, headers=headers, without=without),
        )

    return sign


@pytest.fixture
def token(platform: Mock, http: Client) -> Ask:
    """POST a form to a provider's token endpoint."""

    def send(provider: str, form: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> TestResponse:
        path = platform.provider(provider).provider.endpoint("token")
        sent = {name: value for name, value in form.items() if value is not None}
        return http.post(path, data=sent, headers=dict(headers or {}), base_url=platform.url)

    return send


@pytest.fixture
def redeem(token: Ask, assertion: Callable[..., str]) -> Ask:
    """Redeem a code at a provider with good credentials; keywords change the form."""

    def send(provider: str, code: str, **changes: Any) -> TestResponse:
        secret = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion()}
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            **(proof if provider == "nhs_login" else secret),
            **changes,
        }
        return token(provider, form)

    return send
