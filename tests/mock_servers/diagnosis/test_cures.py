"""Cures are followed as they are written, under plain and under real host names."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import Wanted
from mock_servers.journal.finding import Finding
from mock_servers.platform.platform import Platform

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


@dataclass
class Bench:
    """A client of the platform that calls whole URLs, real ones among them."""

    platform: Platform

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

    def code(self, provider: str, issuer: str) -> str:
        """Log in at a provider as a browser does."""
        scopes = "openid profile" if provider == "nhs_login" else "openid"
        authorize = f"{issuer}/protocol/openid-connect/auth" if "/realms/" in issuer[40:] else f"{issuer}/authorize"
        authorize = f"{issuer}/authorize" if CIS2_PATH in issuer else authorize
        user = "9912003071" if provider == "nhs_login" else "656005750104"
        query = f"client_id=nhsauth-app&redirect_uri={REDIRECT}&response_type=code&scope={scopes}&state=s&nonce=n"
        landed = self.platform.walk(f"{authorize}?{query}", user)
        return dict(parse_qsl(urlsplit(landed).query))["code"]

    @property
    def top(self) -> Finding:
        return self.platform.exchanges.last.findings[0]


@pytest.fixture
def bench(platform: Platform) -> Bench:
    platform.apps.change("nhsauth-app", redirect_uris=(REDIRECT,))
    for host in platform.hosts:
        platform.origins.add(host.origin)
    return Bench(platform=platform)


def url_in(text: str) -> str:
    found = re.search(r"https?://[^\s\",]+", text)
    assert found is not None, text
    return found[0]


@pytest.mark.parametrize(
    ("at", "provider", "issuer"),
    [
        (f"{PLAIN}/oauth2/token", "cis2", f"{PLAIN}{CIS2_PATH}"),
        (f"{PLAIN}/oauth2/token", "nhs_login", PLAIN),
        (f"{INT}/oauth2/token", "cis2", f"{CIS2_INT}{CIS2_PATH}"),
        (f"{INT}/oauth2/token", "nhs_login", NHS_LOGIN),
        (f"{REF}/oauth2/token", "cis2", f"{CIS2_DEP}{CIS2_PATH}"),
        (f"{INT}/oauth2-mock/token", "cis2", f"{REALMS}/realms/Cis2-mock-int"),
    ],
)
def test_a_code_in_place_of_an_id_token_is_redeemed_where_the_cure_says(
    bench: Bench, at: str, provider: str, issuer: str
) -> None:
    code = bench.code(provider, issuer)

    answer = bench.exchange(at, code)

    assert answer.get_json()["error_description"] == "Malformed JWT in subject_token"
    assert (bench.top.id, bench.top.certainty) == ("code-as-subject-token", "certain")
    redeem_at = url_in(bench.top.cure)
    assert redeem_at.startswith(issuer)
    proof = bench.assertion(redeem_at) if "client assertion" in bench.top.cure else SECRET
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **proof}
    redeemed = bench.post(redeem_at, form)
    assert bench.exchange(at, redeemed.get_json()["id_token"]).status_code == 200


@pytest.mark.parametrize(
    ("code_of", "sent_to"),
    [
        (f"{CIS2_INT}{CIS2_PATH}", f"{INT}/oauth2/token"),
        (f"{CIS2_INT}{CIS2_PATH}", f"{NHS_LOGIN}/token"),
        (f"{CIS2_DEP}{CIS2_PATH}", f"{PLAIN}/oauth2/token"),
    ],
)
def test_a_code_at_the_wrong_service_is_redeemed_where_the_cure_says(bench: Bench, code_of: str, sent_to: str) -> None:
    form = {"grant_type": "authorization_code", "code": bench.code("cis2", code_of), "redirect_uri": REDIRECT}

    answer = bench.post(sent_to, {**form, **(bench.assertion(sent_to) if "signin" in sent_to else SECRET)})

    assert answer.status_code in (400, 401)
    assert (bench.top.id, bench.top.certainty) == ("code-spent-or-late", "certain")
    assert bench.post(url_in(bench.top.cure), {**form, **SECRET}).status_code == 200


Make = Callable[[Bench], TestResponse]
