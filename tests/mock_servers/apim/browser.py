"""A browser that goes through the platform's log-in: step by step, or at once, without the provider's form."""

from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.mock import Mock
from tests.mock_servers.answers import query_of

REDIRECT = "http://127.0.0.1:8080/_nhsauth/callback"
SECRET = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}
PROVIDERS = {
    ("/oauth2", "nhs-cis2"): "cis2",
    ("/oauth2", "nhs-login"): "nhs_login",
    ("/oauth2-mock", "nhs-cis2"): "Cis2-mock-internal-dev",
    ("/oauth2-mock", "nhs-login"): "NHS-Login-mock-internal-dev",
}


@dataclass
class Browser:
    """Asks a platform as browsers and applications do."""

    platform: Mock
    http: Client
    state: str = "client-state"

    def authorize(self, mount: str = "/oauth2", **changes: str | None) -> TestResponse:
        """Ask for a log-in; keywords change the query, `None` leaves a parameter out."""
        sound = {
            "client_id": "nhsauth-app",
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": "nhs-cis2",
            "state": self.state,
        }
        query = {name: value for name, value in {**sound, **changes}.items() if value is not None}
        return self.http.get(f"{mount}/authorize", query_string=query, base_url=self.platform.url)

    def logged_in(self, mount: str = "/oauth2", scope: str = "nhs-cis2", user: str | None = None) -> dict[str, str]:
        """Go to the provider, log in there without its form, and return what the browser brings to /callback."""
        provider = PROVIDERS[mount, scope]
        asked = query_of(self.authorize(mount, scope=scope))
        wanted = LogInRequest(user=user, client_id=asked["client_id"], state=asked["state"])
        return {"code": self.platform.issue_code(provider, wanted, asked["redirect_uri"]), "state": asked["state"]}

    def callback(self, query: Mapping[str, str], mount: str = "/oauth2") -> TestResponse:
        """Bring something to the platform's own redirect URI."""
        return self.http.get(f"{mount}/callback", query_string=query, base_url=self.platform.url)

    def code(self, mount: str = "/oauth2", scope: str = "nhs-cis2", user: str | None = None) -> str:
        """Log in, and return the platform's own code."""
        return query_of(self.callback(self.logged_in(mount, scope, user), mount))["code"]

    def redeem(self, code: str, mount: str = "/oauth2", **changes: str | None) -> TestResponse:
        """Redeem a code; keywords change the form, `None` leaves a parameter out."""
        sound = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **SECRET}
        form = {name: value for name, value in {**sound, **changes}.items() if value is not None}
        return self.http.post(f"{mount}/token", data=form, base_url=self.platform.url)

    def tokens(self, mount: str = "/oauth2", scope: str = "nhs-cis2", user: str | None = None) -> dict[str, str]:
        """Log in, redeem, and return the tokens."""
        members: dict[str, str] = self.redeem(self.code(mount, scope, user), mount).get_json()
        return members

    def refresh(self, token: str, mount: str = "/oauth2") -> TestResponse:
        """Refresh."""
        form = {"grant_type": "refresh_token", "refresh_token": token, **SECRET}
        return self.http.post(f"{mount}/token", data=form, base_url=self.platform.url)

    def get(self, path: str, token: str) -> TestResponse:
        """Get something with a bearer token."""
        return self.http.get(path, headers={"Authorization": f"Bearer {token}"}, base_url=self.platform.url)

    def log_out(self, token: str | None, mount: str = "/oauth2") -> TestResponse:
        """Post a logout token, as CIS2 does."""
        form = {"logout_token": token} if token is not None else {}
        return self.http.post(f"{mount}/backchannel_logout", data=form, base_url=self.platform.url)
