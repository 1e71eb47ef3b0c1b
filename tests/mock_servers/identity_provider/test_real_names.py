"""Behind a proxy that calls the mock by the providers' real names, issuers are the real ones: CIS2's carry the port."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.provider.cis2 import DEVELOPMENT_PATH, PATH
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Configuration

INT = "am.nhsint.auth-ptl.cis2.spineservices.nhs.uk"
HOSTS = [
    "am.nhsdev.auth-ptl.cis2.spineservices.nhs.uk",
    INT,
    "am.nhsdep.auth-ptl.cis2.spineservices.nhs.uk",
    "am.nhsidentity.spineservices.nhs.uk",
]
PLATFORM = "int.api.service.nhs.uk"
REALMS = "identity.ptl.api.platform.nhs.uk"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
REDIRECT = "https://app.example/callback"
NOW = 1_800_000_000.0

Call = Callable[..., TestResponse]


@pytest.fixture
def proxied(ring: KeyRing) -> Mock:
    """A platform that believes the proxy at 10.0.0.7."""
    clock = Clock()
    clock.set(NOW, frozen=True)
    return Mock(Configuration(trusted_proxies=("10.0.0.7",)), ring=ring, clock=clock)


@pytest.fixture
def call(proxied: Mock) -> Call:
    """Call the platform through the proxy by the name of a host."""
    http = Client(proxied)

    def send(host: str, path: str, form: Mapping[str, Any] | None = None) -> TestResponse:
        return http.open(
            path,
            method="GET" if form is None else "POST",
            data=form,
            headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": host},
            environ_base={"REMOTE_ADDR": "10.0.0.7"},
        )

    return send


@pytest.fixture
def redeemed(proxied: Mock, call: Call) -> Mapping[str, Any]:
    """The token answer to a code, got by CIS2's real name."""
    form = {
        "grant_type": "authorization_code",
        "code": proxied.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), REDIRECT),
        "redirect_uri": REDIRECT,
        "client_id": "nhsauth-app",
        "client_secret": "nhsauth-secret",
    }
    return dict(call(INT, f"{PATH}/access_token", form).get_json())


@pytest.fixture
def exchange(proxied: Mock, call: Call) -> Callable[[str], TestResponse]:
    """Exchange an id token at the platform's real name."""

    def send(id_token: str) -> TestResponse:
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": proxied.client_assertion("nhsauth-app", token_url=f"https://{PLATFORM}/oauth2/token"),
            "subject_token": id_token,
        }
        return call(PLATFORM, "/oauth2/token", form)

    return send


@pytest.mark.parametrize("host", [*HOSTS, f"{INT}:443", INT.upper()])
def test_discovery_of_cis2_carries_the_port_everywhere(call: Call, host: str) -> None:
    document = call(host, f"{PATH}/.well-known/openid-configuration").get_json()

    issuer = f"https://{host.lower().removesuffix(':443')}:443{PATH}"
    urls = {name: value for name, value in document.items() if isinstance(value, str) and "://" in value}
    assert document["issuer"] == issuer
    assert len(urls) == 10
    assert [name for name, value in urls.items() if not value.startswith(issuer)] == []


@pytest.mark.parametrize("host", ["auth.sandpit.signin.nhs.uk", "auth.aos.signin.nhs.uk"])
def test_discovery_of_nhs_login_carries_none(call: Call, host: str) -> None:
    document = call(host, "/.well-known/openid-configuration").get_json()

    assert (document["issuer"], document["token_endpoint"]) == (f"https://{host}", f"https://{host}/token")


def test_a_realm_carries_none(call: Call) -> None:
    document = call(REALMS, "/realms/Cis2-mock-internal-dev/.well-known/openid-configuration").get_json()

    assert document["issuer"] == f"https://{REALMS}/realms/Cis2-mock-internal-dev"


def test_the_id_token_names_the_real_issuer(redeemed: Mapping[str, Any]) -> None:
    assert jwts.decode(redeemed["id_token"]).claims["iss"] == f"https://{INT}:443{PATH}"


def test_an_id_token_of_the_real_issuer_is_exchanged(
    redeemed: Mapping[str, Any], exchange: Callable[[str], TestResponse]
) -> None:
    answer = exchange(redeemed["id_token"])

    assert (answer.status_code, "access_token" in answer.get_json()) == (200, True)


def test_the_real_issuer_without_its_port_is_not_trusted(
    proxied: Mock, redeemed: Mapping[str, Any], exchange: Callable[[str], TestResponse]
) -> None:
    token, pair = jwts.decode(redeemed["id_token"]), proxied.provider("cis2").key()
    altered = jwts.sign(token.header, {**token.claims, "iss": f"https://{INT}{PATH}"}, pair.private)

    answer = exchange(altered)

    refusal = proxied.exchanges.last.refusal
    assert refusal is not None
    assert (answer.status_code, refusal.rule) == (400, "find_provider")


def test_an_id_token_of_nhs_logins_real_issuer_is_exchanged(
    proxied: Mock, exchange: Callable[[str], TestResponse]
) -> None:
    aos = "https://auth.aos.signin.nhs.uk"

    answer = exchange(proxied.id_token("nhs_login", LogInRequest(client_id="nhsauth-app"), base=aos))

    assert answer.status_code == 200


@pytest.mark.parametrize(("port", "status"), [(":443", 200), ("", 400)])
def test_the_audience_of_an_assertion_is_the_endpoint_of_discovery(
    proxied: Mock, call: Call, port: str, status: int
) -> None:
    proxied.apps.change("nhsauth-app", cis2_auth_method="private_key_jwt")
    form = {
        "grant_type": "authorization_code",
        "code": proxied.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), REDIRECT),
        "redirect_uri": REDIRECT,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": proxied.client_assertion(
            "nhsauth-app", token_url=f"https://{INT}{port}{PATH}/access_token"
        ),
    }

    assert call(INT, f"{PATH}/access_token", form).status_code == status


def test_an_audience_without_the_port_is_shown_beside_the_right_one(proxied: Mock, call: Call) -> None:
    form = {
        "grant_type": "authorization_code",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": proxied.client_assertion("nhsauth-app", token_url=f"https://{INT}{PATH}/access_token"),
    }

    call(INT, f"{PATH}/access_token", form)

    assert proxied.exchanges.last.diagnosis == (
        f'aud is "https://{INT}{PATH}/access_token": it must be the token endpoint, '
        f'"https://{INT}:443{PATH}/access_token"; they part after "https://{INT}".'
    )


@pytest.mark.parametrize(
    ("uri", "advised"),
    [
        ("http://localhost:3000/callback", False),
        ("http://127.0.0.1:3000/callback", False),
        ("http://[::1]:3000/callback", False),
        ("http://app.example/callback", True),
        (REDIRECT, False),
    ],
)
@pytest.mark.parametrize(
    ("host", "path"),
    [
        *((host, f"{PATH}/authorize") for host in HOSTS),
        ("am.nhsdev.auth-ptl.cis2.spineservices.nhs.uk", f"{DEVELOPMENT_PATH}/authorize"),
        *((f"auth.{name}.nhs.uk", "/authorize") for name in ("sandpit.signin", "aos.signin", "login")),
    ],
)
def test_every_host_of_a_provider_gives_the_same_advice_on_plain_http(
    proxied: Mock, call: Call, host: str, path: str, uri: str, *, advised: bool
) -> None:
    proxied.apps.change("nhsauth-app", redirect_uris=(uri,))
    asked = {"client_id": "nhsauth-app", "response_type": "code", "scope": "openid", "redirect_uri": uri}

    page = call(host, f"{path}?{urlencode({**asked, 'state': 's', 'nonce': 'n'})}")

    advice = [each for each in proxied.exchanges.last.advice if "plain http" in each]
    assert (page.status_code, bool(advice)) == (200, advised)
    assert all("should be https" in each for each in advice)
