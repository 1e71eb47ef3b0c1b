"""A client that sends what developers send, follows the cure of the finding, and its good requests."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.journal.finding import Finding
from mock_servers.mock import Mock

REDIRECT = "https://app.example/callback"
INT, REF = "https://int.api.service.nhs.uk", "https://ref.api.service.nhs.uk"
CIS2_INT = "https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk:443"
CIS2_DEP = "https://am.nhsdep.auth-ptl.cis2.spineservices.nhs.uk:443"
CIS2_PATH = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare"
NHS_LOGIN = "https://auth.aos.signin.nhs.uk"
REALMS = "https://identity.ptl.api.platform.nhs.uk"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
SECRET = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}
PLAIN = "http://127.0.0.1:8080"
TOKEN = f"{PLAIN}/oauth2/token"


@dataclass
class Bench:
    """A client of the platform that calls whole URLs, real ones among them."""

    platform: Mock

    def post(self, url: str, form: Mapping[str, Any]) -> TestResponse:
        parts = urlsplit(url)
        base = f"{parts.scheme}://{parts.netloc}"
        return Client(self.platform).post(parts.path, data=form, base_url=base)

    def assertion(self, url: str) -> dict[str, str]:
        signed = self.platform.client_assertion("nhsauth-app", token_url=url)
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}

    def exchange(self, url: str, subject_token: str) -> TestResponse:
        form = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": ID_TOKEN, "subject_token": subject_token}
        return self.post(url, {**form, **self.assertion(url)})

    def code(self, provider: str, issuer: str, client_id: str = "nhsauth-app") -> str:
        """Log in at a provider as a browser does."""
        scopes = "openid profile" if provider == "nhs_login" else "openid"
        authorize = f"{issuer}/protocol/openid-connect/auth" if issuer.startswith(REALMS) else f"{issuer}/authorize"
        user = "9912003071" if provider == "nhs_login" else "656005750104"
        query = f"client_id={client_id}&redirect_uri={REDIRECT}&response_type=code&scope={scopes}&state=s&nonce=n"
        landed = self.platform.log_in(f"{authorize}?{query}", user=user)
        return dict(parse_qsl(urlsplit(landed).query))["code"]

    def ask(self, url: str = f"{PLAIN}/oauth2/token", **changes: Any) -> TestResponse:
        """Ask for an application's token; a change to `None` leaves the parameter out."""
        form = {"grant_type": "client_credentials", **self.assertion(url), **changes}
        return self.post(url, {name: value for name, value in form.items() if value is not None})

    def signed(self, *without: str, headers: Mapping[str, Any] | None = None, **claims: Any) -> str:
        changes = Alterations(headers=headers or {}, claims=claims, without=without)
        return self.platform.client_assertion("nhsauth-app", alterations=changes)

    def foreign_assertion(self) -> dict[str, str]:
        """An assertion of the app, whose key the mock no longer holds."""
        key = self.platform.ring.pair("nhsauth-foreign", bits=2048, kid="nhsauth-1")
        signed = self.platform.client_assertion("nhsauth-app", key=key)
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}

    def id_token(self) -> str:
        return self.platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"))

    def publish(self, body: Any) -> None:
        """Let the app's key set be this body, or what a list of keys makes one."""
        served = body if isinstance(body, bytes) else json.dumps({"keys": body}).encode()
        self.platform.store.jwks.clear()
        for service in self.platform.token_services:
            object.__setattr__(service, "fetch", lambda _: served)

    def jwk(self, *without: str, **changes: Any) -> dict[str, Any]:
        (public,) = self.platform.apps.jwks(self.platform.apps.get("nhsauth-app"))["keys"]
        return {name: value for name, value in {**public, **changes}.items() if name not in without}

    def assert_finding(self, *facts: str, id: str, certainty: str = "certain") -> None:  # noqa: A002 - a finding's own word
        """Assert what the first finding says."""
        text = str(self.top)
        assert (self.top.id, self.top.certainty) == (id, certainty), text
        assert [fact for fact in facts if fact not in text] == [], text

    @property
    def top(self) -> Finding:
        return self.platform.exchanges.last.findings[0]


def refresh_form(bench: Bench, **changes: str) -> dict[str, str]:
    token = bench.exchange(f"{PLAIN}/oauth2/token", bench.id_token()).get_json()["refresh_token"]
    return {"grant_type": "refresh_token", "refresh_token": token, **SECRET, **changes}


def code_form(bench: Bench, **changes: str) -> dict[str, str]:
    query = f"client_id=nhsauth-app&redirect_uri={REDIRECT}&response_type=code&state=s"
    landed = bench.platform.log_in(f"{PLAIN}/oauth2/authorize?{query}", user="656005750104")
    code = dict(parse_qsl(urlsplit(landed).query))["code"]
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **SECRET, **changes}


def application_form(bench: Bench, **changes: str) -> dict[str, str]:
    return {"grant_type": "client_credentials", **bench.assertion(TOKEN), **changes}


def exchange_form(bench: Bench, **changes: str) -> dict[str, str]:
    form = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": ID_TOKEN, "subject_token": bench.id_token()}
    return {**form, **bench.assertion(TOKEN), **changes}


def cis2_form(bench: Bench, **changes: str) -> dict[str, str]:
    code = bench.code("cis2", f"{PLAIN}{CIS2_PATH}")
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **SECRET, **changes}


FORMS: Mapping[str, tuple[str, Callable[..., dict[str, str]]]] = {
    "client_credentials": (TOKEN, application_form),
    "token_exchange": (TOKEN, exchange_form),
    "code": (TOKEN, code_form),
    "refresh": (TOKEN, refresh_form),
    "cis2": (f"{PLAIN}{CIS2_PATH}/access_token", cis2_form),
}
"""The five token requests, good as they are."""
SENT = [
    ("client_credentials", "client_assertion"),
    ("token_exchange", "client_assertion"),
    ("token_exchange", "subject_token"),
    ("code", "client_id"),
    ("code", "client_secret"),
    ("code", "code"),
    ("refresh", "client_id"),
    ("refresh", "client_secret"),
    ("refresh", "refresh_token"),
    ("cis2", "client_secret"),
    ("cis2", "code"),
]
OPAQUE = [each for each in SENT if each[1] not in ("client_assertion", "subject_token")]
JWTS = [each for each in SENT if each[1] in ("client_assertion", "subject_token")]


def wrong(bench: Bench, kind: str, name: str, value: str) -> None:
    """Send a value in place of a good one."""
    url, form = FORMS[kind]
    assert bench.post(url, form(bench, **{name: value})).status_code in (400, 401)


def followed(bench: Bench, kind: str) -> int:
    """Send the request anew, as it should have been; the status."""
    url, form = FORMS[kind]
    return bench.post(url, form(bench)).status_code


def raw(bench: Bench, body: bytes, url: str = TOKEN, **headers: str) -> TestResponse:
    parts = urlsplit(url)
    content_type = headers.pop("content_type", "application/x-www-form-urlencoded")
    return Client(bench.platform).post(
        parts.path,
        data=body,
        base_url=f"{parts.scheme}://{parts.netloc}",
        content_type=content_type,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def call(bench: Bench, path: str = "/hello-world/hello/user", base: str = PLAIN, **headers: str) -> TestResponse:
    return Client(bench.platform).get(path, headers=headers, base_url=base)


def tokens_of_cis2(bench: Bench, base: str = PLAIN) -> dict[str, Any]:
    issuer = f"{base}{CIS2_PATH}"
    form = {"grant_type": "authorization_code", "code": bench.code("cis2", issuer), "redirect_uri": REDIRECT, **SECRET}
    members: dict[str, Any] = bench.post(f"{issuer}/access_token", form).get_json()
    return members


def user_token(bench: Bench, url: str = TOKEN) -> dict[str, Any]:
    origin = CIS2_INT if url.startswith("https:") else None
    id_token = bench.platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"), base=origin)
    members: dict[str, Any] = bench.exchange(url, id_token).get_json()
    return members
