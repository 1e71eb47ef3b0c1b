"""Every fixture, attribute and fault that docs/plugin.md and docs/faults.md name, as a team uses them."""

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from pytest_nhsauth import (
    AppFactory,
    Client,
    ClientAssertionFactory,
    Clock,
    Exchanges,
    Faults,
    Gateway,
    IdTokenFactory,
    Platform,
    RealNames,
    RegisteredApp,
    TokenError,
)

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

PLATFORM = ("token", "authorize", "callback", "userinfo")
OF_PROVIDERS = tuple(
    f"{provider}{part}"
    for provider in ("cis2", "nhs_login")
    for part in ("", ".authorize", ".token", ".userinfo", ".jwks", ".discovery")
)
PLACES = (*PLATFORM, "app.jwks", *OF_PROVIDERS, "api")
EVERYWHERE = (
    {"status": 503},
    {"status": 502, "body": "down", "content_type": "text/plain"},
    {"delay": 0.01},
    {"drop": True},
    {"drop": True, "processed": True},
    *({"malformed": kind} for kind in ("html", "half", "truncated", "empty")),
)
FAULTS = [
    *((place, what) for place in PLACES for what in EVERYWHERE),
    *((place, {"rate_limit": "quota"}) for place in (*PLATFORM, "api")),
    *((place, {"rate_limit": "spike_arrest", "scope": "proxy"}) for place in (*PLATFORM, "api")),
    *((place, {"catch_all": True, "status": 401}) for place in PLATFORM),
    *((place, {"rotate": True}) for place in ("app.jwks", "cis2.jwks", "nhs_login.jwks")),
]


def called(url: str, token: str, path: str = "") -> requests.Response:
    return requests.get(f"{url}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=10)


def test_the_urls_of_the_platform_answer(nhsauth: Platform) -> None:
    assert requests.get(f"{nhsauth.control_url}/health", timeout=10).json()["status"] == "ok"
    assert nhsauth.token_url == f"{nhsauth.url}/oauth2/token"
    assert requests.post(nhsauth.token_url, data={"grant_type": "mine"}, timeout=10).status_code == 400
    assert requests.get(nhsauth.jwks_url, timeout=10).json()["keys"]
    assert requests.get(nhsauth.authorize_url, timeout=10).status_code == 401
    assert requests.get(nhsauth.userinfo_url, timeout=10).status_code == 401
    assert requests.get(f"{nhsauth.gateway}/hello-world/hello/world", timeout=10).ok


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_the_urls_of_a_provider_are_those_of_its_discovery(nhsauth: Platform, provider: str) -> None:
    urls = getattr(nhsauth, provider)

    published = requests.get(urls.discovery_url, timeout=10).json()

    assert published["issuer"] == urls.issuer
    assert published["authorization_endpoint"] == urls.authorize_url
    assert published["token_endpoint"] == urls.token_url
    assert published["userinfo_endpoint"] == urls.userinfo_url
    assert published["jwks_uri"] == urls.jwks_url
    assert published.get("end_session_endpoint") == urls.end_session_url
    assert requests.get(urls.jwks_url, timeout=10).json()["keys"]


def test_the_registered_app_signs_and_logs_in(nhsauth: Platform, nhsauth_app: RegisteredApp) -> None:
    assert nhsauth.app().client_id == nhsauth_app.client_id
    assert isinstance(load_pem_private_key(nhsauth_app.private_key_pem.encode(), None), RSAPrivateKey)
    assert nhsauth_app.private_key.key_size >= 2048
    assert [key["kid"] for key in nhsauth_app.jwks["keys"]] == [nhsauth_app.kid]
    assert requests.get(nhsauth_app.jwks_url, timeout=10).json() == nhsauth_app.jwks
    query = {
        "response_type": "code",
        "client_id": nhsauth_app.client_id,
        "redirect_uri": nhsauth_app.redirect_uri,
        "state": "mine",
    }
    back = nhsauth.log_in(f"{nhsauth.authorize_url}?{urlencode(query)}", user="656005750104")
    found = parse_qs(urlsplit(back).query)
    form = {
        "grant_type": "authorization_code",
        "code": found["code"][0],
        "client_id": nhsauth_app.client_id,
        "client_secret": nhsauth_app.client_secret,
        "redirect_uri": nhsauth_app.redirect_uri,
    }
    token = requests.post(nhsauth.token_url, data=form, timeout=10).json()["access_token"]
    assert called(nhsauth.userinfo_url, token).ok
    assert nhsauth.explain(found["code"][0]).kind == "authorization_code"


def test_the_factories_leave_out_what_is_named(
    nhsauth: Platform,
    nhsauth_client_assertion: ClientAssertionFactory,
    nhsauth_id_token: IdTokenFactory,
    nhsauth_app: RegisteredApp,
    nhsauth_exchanges: Exchanges,
) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    for without in ("exp", "header.kid"):
        sent = {**form, "client_assertion": nhsauth_client_assertion(without=[without])}
        assert requests.post(nhsauth.token_url, data=sent, timeout=10).status_code == 400
        assert without.removeprefix("header.") in str(nhsauth_exchanges.last.diagnosis)
    assert nhsauth_app.client_assertion() != nhsauth_app.id_token()
    assert nhsauth_id_token(user="9912003071", provider="nhs_login", level="P9", claims={"more": 1}, headers={})


def test_the_client_has_its_three_grants(nhsauth_client: Client, nhsauth_id_token: IdTokenFactory) -> None:
    assert nhsauth_client.client_credentials().access_token
    token = nhsauth_client.token_exchange(nhsauth_id_token())
    assert token.refresh_token
    assert nhsauth_client.refresh(token.refresh_token).access_token != token.access_token


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=f"{access} {level}", marks=pytest.mark.nhsauth(access=access, level=level))
        for access, level, path in [
            ("healthcare_worker", "aal3", "user"),
            ("healthcare_worker", "aal1", "user"),
            ("patient", "P9", "user"),
            ("application", "level3", "application"),
        ]
    ],
)
def test_the_marker_has_its_token(
    nhsauth: Platform, nhsauth_auth_headers: Mapping[str, str], nhsauth_access_token: str, path: str
) -> None:
    assert nhsauth_auth_headers == {"Authorization": f"Bearer {nhsauth_access_token}"}
    assert called(nhsauth.gateway, nhsauth_access_token, f"/hello-world/hello/{path}").ok


@pytest.mark.nhsauth(access="application", level="level0")
def test_level0_is_the_api_key(nhsauth_auth_headers: Mapping[str, str], nhsauth_app: RegisteredApp) -> None:
    assert nhsauth_auth_headers == {"apikey": nhsauth_app.client_id}


def test_apps_people_and_the_clock_are_changed_for_a_test(
    nhsauth: Platform, nhsauth_new_app: AppFactory, nhsauth_clock: Clock, nhsauth_client: Client
) -> None:
    more = nhsauth_new_app(client_id="more", scopes=["urn:nhsd:apim:app:level3:hello-world"])
    assert nhsauth.apps.get(more.client_id).scopes == ("urn:nhsd:apim:app:level3:hello-world",)
    assert nhsauth.new_app(client_id="another").client_id in {app.client_id for app in nhsauth.apps.all()}
    assert nhsauth.users.all()
    token = nhsauth_client.client_credentials().access_token
    nhsauth_clock.advance(600)
    assert called(nhsauth.gateway, token, "/hello-world/hello/application").status_code == 401
    assert nhsauth.clock.now() == pytest.approx(nhsauth_clock.now(), abs=60)


def test_nothing_of_another_test_is_there(nhsauth: Platform) -> None:
    assert {"more", "another"}.isdisjoint(app.client_id for app in nhsauth.apps.all())
    assert list(nhsauth.exchanges) == []
    assert nhsauth.faults.all() == []


def test_each_example_is_isolated(nhsauth_platform: Platform) -> None:
    for _ in range(2):
        with nhsauth_platform.isolated():
            nhsauth_platform.new_app(client_id="of-an-example")


def test_variables_are_set(nhsauth: Platform, nhsauth_env: Mapping[str, str]) -> None:
    assert nhsauth_env == {"TEAM_TOKEN_URL": nhsauth.token_url}
    assert os.environ["TEAM_TOKEN_URL"] == nhsauth.token_url


def test_an_api_stands_behind_the_gateway(nhsauth_gateway: Gateway, nhsauth_client: Client) -> None:
    def api(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(environ["PATH_INFO"]).encode()]

    scope = "urn:nhsd:apim:app:level3:mine"
    url = nhsauth_gateway(api, scopes=[scope])

    assert called(url, "none", "/Patient/1").status_code == 401
    assert called(url, nhsauth_client.client_credentials().access_token, "/Patient/1").json() == "/Patient/1"


@pytest.mark.filterwarnings("ignore::pytest_nhsauth.UnusedFaultWarning")
@pytest.mark.parametrize(("place", "what"), FAULTS, ids=lambda value: value if isinstance(value, str) else str(value))
def test_a_fault_is_ordered_listed_and_taken_back(nhsauth_faults: Faults, place: Any, what: dict[str, Any]) -> None:
    fault = nhsauth_faults.next(place, **what, times=2, after=1, client_id="nhsauth-app")

    assert nhsauth_faults.all() == nhsauth_faults.unused == [fault]
    assert (fault.on, fault.times, fault.after) == (place, 2, 1)
    nhsauth_faults.remove(fault)
    assert nhsauth_faults.all() == []


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ({"status": 502, "body": "down", "content_type": "text/plain"}, 502),
        ({"delay": 0.01}, 200),
        ({"malformed": "html"}, 200),
        ({"malformed": "half"}, 200),
        ({"malformed": "empty"}, 200),
        ({"rate_limit": "quota"}, 429),
        ({"rate_limit": "spike_arrest"}, 429),
        ({"catch_all": True}, 500),
        ({"catch_all": True, "status": 401}, 401),
    ],
    ids=str,
)
def test_the_next_request_meets_it_and_the_one_after_does_not(
    nhsauth_client: Client, nhsauth_faults: Faults, nhsauth_exchanges: Exchanges, what: dict[str, Any], status: int
) -> None:
    fault = nhsauth_faults.next("token", **what)
    if what.keys() == {"delay"}:
        nhsauth_client.client_credentials()
    else:
        with pytest.raises(TokenError):
            nhsauth_client.client_credentials()

    assert nhsauth_exchanges.last.status == status
    assert "a fault you ordered" in str(nhsauth_exchanges.last.diagnosis)
    assert nhsauth_faults.unused == []
    nhsauth_faults.remove(fault)
    assert nhsauth_client.client_credentials().access_token


@pytest.mark.parametrize(
    "what", [{"drop": True}, {"drop": True, "processed": True}, {"malformed": "truncated"}], ids=str
)
def test_no_answer_or_half_of_one(nhsauth_client: Client, nhsauth_faults: Faults, what: dict[str, Any]) -> None:
    nhsauth_faults.next("token", **what)

    with pytest.raises(TokenError):
        nhsauth_client.client_credentials()

    assert nhsauth_client.client_credentials().access_token


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_a_provider_is_down_until_it_is_not(nhsauth: Platform, nhsauth_faults: Faults, provider: Any) -> None:
    urls = getattr(nhsauth, provider)
    down = nhsauth_faults.down(provider, status=504)

    assert requests.get(urls.discovery_url, timeout=10).status_code == 504
    nhsauth_faults.remove(down)
    assert requests.get(urls.discovery_url, timeout=10).ok


def test_a_rotated_key_is_unknown(
    nhsauth_client: Client, nhsauth_id_token: IdTokenFactory, nhsauth_faults: Faults
) -> None:
    nhsauth_faults.next("cis2.jwks", rotate=True)

    with pytest.raises(TokenError, match="kid"):
        nhsauth_client.token_exchange(nhsauth_id_token())


def test_the_real_names_are_those_of_the_mock(nhsauth_real_names: RealNames) -> None:
    answer = requests.get("https://int.api.service.nhs.uk/hello-world/hello/world", timeout=10)

    assert answer.json() == {"message": "Hello World!"}
