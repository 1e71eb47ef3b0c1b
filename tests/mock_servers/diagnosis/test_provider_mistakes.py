"""Mistakes at CIS2 and NHS login: credentials, assertions, codes, redirect URIs, states, refresh tokens."""

import base64
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyRing
from mock_servers.journal.record import Record
from mock_servers.mock import Mock
from mock_servers.provider.cis2 import PATH
from mock_servers.settings.sections import ProviderSettings
from mock_servers.state.app import App
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Configuration
from tests.mock_servers.diagnosis.findings import seen, top

NOW = 1_800_000_000.0
REDIRECT = "https://app.example/callback"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
API_KEY = "0123456789abcdefghijABCDEFGHIJKL"
CIS2_CLIENT = "12345678.apps.supplier"
INVALID_GRANT = "The provided access grant is invalid, expired, or revoked."

Ask = Callable[..., TestResponse]


@pytest.fixture
def platform(ring: KeyRing) -> Mock:
    """A platform with an app that signs for itself at CIS2, and one that CIS2 knows by another name."""
    clock = Clock()
    clock.set(NOW, frozen=True)
    platform = Mock(Configuration(trusted_proxies=("10.0.0.7",)), ring=ring, clock=clock)
    change = platform.apps.change
    change("nhsauth-app", redirect_uris=(REDIRECT,), cis2_auth_method="private_key_jwt")
    key_name = platform.apps.get("nhsauth-app").key_name
    for client_id in (API_KEY, CIS2_CLIENT):
        platform.apps.add(
            App(
                client_id=client_id,
                client_secret="a secret",
                name=client_id,
                kid="nhsauth-1",
                key_name=key_name,
                redirect_uris=(REDIRECT,),
                cis2_auth_method="private_key_jwt",
            )
        )
    return platform


@pytest.fixture
def token(platform: Mock) -> Ask:
    """POST a form to a provider's token endpoint, under the mock's own name or a real one."""
    http = Client(platform)

    def send(provider: str, form: Mapping[str, Any], *, host: str | None = None, **headers: str) -> TestResponse:
        proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": host} if host else {}
        return http.post(
            platform.provider(provider).provider.endpoint("token"),
            data={name: value for name, value in form.items() if value is not None},
            base_url=platform.url,
            headers={**headers, **proxied},
            environ_base={"REMOTE_ADDR": "10.0.0.7"},
        )

    return send


@pytest.fixture
def redeem(platform: Mock, token: Ask) -> Ask:
    """Redeem a code with an assertion; keywords change the form, `claims` and `headers` of the assertion."""

    def send(
        provider: str,
        *,
        claims: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        client_id: str = "nhsauth-app",
        host: str | None = None,
        **changes: Any,
    ) -> TestResponse:
        code = platform.issue_code(provider, LogInRequest(client_id=client_id), REDIRECT)
        assertion = platform.client_assertion(
            client_id,
            token_url=f"{platform.url}{platform.provider(provider).provider.endpoint('token')}",
            alterations=Alterations(claims=dict(claims or {}), headers=dict(headers or {})),
        )
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        return token(provider, {**form, **proof, **changes}, host=host)

    return send


def refusal_of(answer: TestResponse) -> tuple[int, str, str | None]:
    members = answer.get_json()
    return answer.status_code, members["error"], members.get("error_description")


def test_it_works_when_nothing_is_wrong(platform: Mock, redeem: Ask) -> None:
    for provider in ("cis2", "nhs_login"):
        assert redeem(provider).status_code == 200
        assert platform.exchanges.last.findings == ()


# CIS2


def test_the_api_key_beside_the_right_client_id(platform: Mock, token: Ask) -> None:
    assertion = platform.client_assertion(API_KEY, token_url=f"{platform.url}{PATH}/access_token")

    answer = token(
        "cis2",
        {
            "grant_type": "authorization_code",
            "code": "x",
            "redirect_uri": REDIRECT,
            "client_id": CIS2_CLIENT,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        },
    )

    assert refusal_of(answer) == (400, "invalid_client", "JWT is not valid")
    assert seen(platform) == ("cis2-iss-is-api-key", "certain")
    assert f'iss of the assertion is "{API_KEY}", the API key of app "{API_KEY}" at the platform' in top(platform).seen
    assert f'client_id in the form is "{CIS2_CLIENT}"' in top(platform).seen


def test_the_api_key_of_an_app_without_a_client_id(platform: Mock, redeem: Ask) -> None:
    platform.apps.change(API_KEY, name="My app - INT", cis2_auth_method="client_secret_post")

    answer = redeem("cis2", client_id=API_KEY)

    assert refusal_of(answer)[:2] == (400, "invalid_client")
    assert seen(platform) == ("cis2-iss-is-api-key", "likely")
    assert 'the API key of app "My app - INT" at the platform.' in top(platform).seen
    assert "client_secret_post" not in str(platform.exchanges.last.as_json())


def test_the_cure_of_an_api_key_at_cis2(redeem: Ask) -> None:
    assert redeem("cis2", client_id=CIS2_CLIENT).status_code == 200


def test_an_app_that_signs_at_cis2_by_one_id_is_not_reported_of_its_key(platform: Mock, redeem: Ask) -> None:
    redeem("cis2", claims={"aud": "https://other.example/"})

    assert [each.id for each in platform.exchanges.last.findings] == ["cis2-aud-without-443"]


def test_a_number_is_not_called_an_api_key(platform: Mock, redeem: Ask) -> None:
    answer = redeem("cis2", claims={"iss": 5, "sub": 5})

    assert refusal_of(answer)[:2] == (400, "invalid_client")
    assert platform.exchanges.last.findings == ()


def test_what_is_sent_as_client_id_too_is_not_called_an_api_key(platform: Mock, token: Ask) -> None:
    stranger = API_KEY[::-1]
    assertion = platform.client_assertion(
        "nhsauth-app",
        token_url=f"{platform.url}{PATH}/access_token",
        alterations=Alterations(claims={"iss": stranger, "sub": stranger}),
    )
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": REDIRECT, "client_id": stranger}

    answer = token("cis2", {**form, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion})

    assert refusal_of(answer)[:2] == (400, "invalid_client")
    assert platform.exchanges.last.findings == ()


def test_an_api_key_that_cis2_does_not_know(platform: Mock, redeem: Ask) -> None:
    stranger = "zyxwvutsrq9876543210ZYXWVUTSRQAB"

    answer = redeem("cis2", claims={"iss": stranger, "sub": stranger})

    assert refusal_of(answer)[:2] == (400, "invalid_client")
    assert seen(platform) == ("cis2-iss-is-api-key", "likely")


HOST = "am.nhsint.auth-ptl.cis2.spineservices.nhs.uk"


@pytest.mark.parametrize(
    ("aud", "words"),
    [
        (f"https://{HOST}{PATH}/access_token", ", without the port"),
        (f"https://{HOST}:443{PATH}", ", which is the issuer"),
        (f"https://{HOST}{PATH}", ", which is the issuer"),
    ],
)
def test_the_audience_of_cis2_has_its_port(platform: Mock, redeem: Ask, aud: str, words: str) -> None:
    answer = redeem("cis2", claims={"aud": aud}, host=HOST)

    assert refusal_of(answer) == (400, "invalid_client", "Audience validation failed")
    assert seen(platform) == ("cis2-aud-without-443", "certain")
    assert f'aud is "{aud}"{words}' in top(platform).seen
    assert f"https://{HOST}:443{PATH}/access_token" in top(platform).seen


def test_an_assertion_of_an_hour_at_cis2(platform: Mock, redeem: Ask) -> None:
    answer = redeem("cis2", claims={"iat": NOW, "exp": NOW + 3600})

    assert refusal_of(answer)[:2] == (400, "invalid_client")
    assert seen(platform) == ("cis2-lifetime", "certain")
    assert "3600 s after iat" in top(platform).seen
    assert "30 min at most" in top(platform).cause
    assert "guess" in top(platform).cause


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"alg": "RS256"}, "signed with RS256; registered at CIS2 is RS512"),
        ({"alg": "rs512"}, 'alg is "rs512", which is no algorithm'),
        ({"alg": "SR512"}, 'alg is "SR512", which is no algorithm'),
        ({"kid": "other"}, 'kid is "other"; the key set of the client has ["nhsauth-1"]'),
    ],
)
def test_jwt_is_not_valid_is_reported_apart(
    platform: Mock, redeem: Ask, headers: Mapping[str, Any], words: str
) -> None:
    answer = redeem("cis2", headers=headers)

    assert refusal_of(answer) == (400, "invalid_client", "JWT is not valid")
    assert seen(platform) == ("cis2-alg-or-key", "certain")
    assert words in top(platform).seen


def test_another_private_key_at_cis2(platform: Mock, ring: KeyRing, token: Ask) -> None:
    assertion = platform.client_assertion(
        "nhsauth-app",
        token_url=f"{platform.url}{PATH}/access_token",
        key=ring.pair("another", bits=2048, kid="nhsauth-1"),
    )
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": REDIRECT}

    answer = token("cis2", {**form, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion})

    assert refusal_of(answer) == (400, "invalid_client", "JWT is not valid")
    assert seen(platform) == ("cis2-alg-or-key", "certain")
    assert 'does not match the key that is registered as kid "nhsauth-1"' in top(platform).seen


def test_secret_and_assertion_together(platform: Mock, redeem: Ask) -> None:
    answer = redeem("cis2", client_secret="nhsauth-secret")

    assert refusal_of(answer) == (400, "invalid_client", "Client authentication failed")
    assert seen(platform) == ("cis2-two-methods", "certain")
    assert "a client_assertion and client_secret" in top(platform).seen


def test_header_and_form_together(platform: Mock, token: Ask) -> None:
    basic = base64.b64encode(b"nhsauth-app:nhsauth-secret").decode()
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": REDIRECT, "client_id": "nhsauth-app"}

    answer = token("cis2", {**form, "client_secret": "nhsauth-secret"}, Authorization=f"Basic {basic}")

    assert answer.get_json()["error"] == "invalid_request"
    assert seen(platform) == ("cis2-two-methods", "certain")
    assert "a Basic header and client_secret" in top(platform).seen


# NHS login


def test_a_secret_at_nhs_login(platform: Mock, token: Ask) -> None:
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": REDIRECT, "client_id": "nhsauth-app"}

    answer = token("nhs_login", {**form, "client_secret": "nhsauth-secret"})

    assert refusal_of(answer)[:2] == (400, "invalid_client")
    assert seen(platform) == ("nhs-login-auth", "certain")
    assert "with client_secret in the form" in top(platform).seen
    assert "private_key_jwt" in top(platform).cure


def test_basic_at_nhs_login(platform: Mock, token: Ask) -> None:
    basic = base64.b64encode(b"nhsauth-app:nhsauth-secret").decode()

    token(
        "nhs_login",
        {"grant_type": "authorization_code", "code": "x", "redirect_uri": REDIRECT},
        Authorization=f"Basic {basic}",
    )

    assert seen(platform) == ("nhs-login-auth", "certain")
    assert "a secret in a Basic header" in top(platform).seen


@pytest.mark.parametrize(
    ("claims", "headers", "words"),
    [
        ({}, {"alg": "RS256"}, "signed with RS256"),
        ({"aud": "http://127.0.0.1:8080/userinfo"}, {}, "the userinfo endpoint"),
        ({"aud": ["http://127.0.0.1:8080/userinfo"]}, {}, 'aud is ["http://127.0.0.1:8080/userinfo"].'),
        ({"aud": "https://elsewhere.example/token"}, {}, 'aud is "https://elsewhere.example/token".'),
        ({"aud": "http://127.0.0.1:8080/oauth2/token"}, {}, "the platform's token URL"),
        ({"aud": "https://auth.aos.signin.nhs.uk"}, {}, "NHS login of another environment"),
        ({"aud": "https://auth.login.nhs.uk/token"}, {}, "NHS login of another environment"),
    ],
)
def test_a_wrong_assertion_at_nhs_login(
    platform: Mock, redeem: Ask, claims: Mapping[str, Any], headers: Mapping[str, Any], words: str
) -> None:
    answer = redeem("nhs_login", claims=claims, headers=headers)

    assert refusal_of(answer)[:2] == (400, "invalid_client")
    assert seen(platform) == ("nhs-login-auth", "certain")
    assert words in top(platform).seen


# codes, redirect URIs, states, refresh tokens


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_a_code_redeemed_twice(platform: Mock, redeem: Ask, provider: str) -> None:
    code = platform.issue_code(provider, LogInRequest(client_id="nhsauth-app"), REDIRECT)
    redeem(provider, code=code)
    platform.clock.advance(1.2)

    answer = redeem(provider, code=code)

    assert refusal_of(answer)[:2] == (400, "invalid_grant")
    assert seen(platform) == ("code-spent-or-late", "certain")
    assert "redeemed 1.2 s ago by exchange 1" in top(platform).seen


@pytest.mark.parametrize(("provider", "lived"), [("cis2", "120 s"), ("nhs_login", "10 min")])
def test_a_late_code(platform: Mock, redeem: Ask, provider: str, lived: str) -> None:
    code = platform.issue_code(provider, LogInRequest(client_id="nhsauth-app"), REDIRECT)
    platform.clock.advance(700)

    answer = redeem(provider, code=code)

    assert refusal_of(answer)[:2] == (400, "invalid_grant")
    assert seen(platform) == ("code-spent-or-late", "certain")
    assert f"lived {lived}" in top(platform).seen


def test_a_code_of_cis2_at_nhs_login(platform: Mock, redeem: Ask) -> None:
    answer = redeem("nhs_login", code=platform.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), REDIRECT))

    assert refusal_of(answer)[:2] == (400, "invalid_grant")
    assert seen(platform) == ("code-spent-or-late", "certain")
    assert "the authorization code that CIS2 issued" in top(platform).seen


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_another_redirect_uri_than_at_the_log_in(platform: Mock, redeem: Ask, provider: str) -> None:
    answer = redeem(provider, redirect_uri=f"{REDIRECT}/")

    assert refusal_of(answer)[:2] == (400, "invalid_grant")
    assert seen(platform) == ("redirect-uri-differs", "certain")
    assert "it ends with a slash" in top(platform).seen


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_whose_code_it_is_comes_before_where_it_was_sent(platform: Mock, redeem: Ask, provider: str) -> None:
    code = platform.issue_code(provider, LogInRequest(client_id=API_KEY), REDIRECT)

    answer = redeem(provider, code=code, redirect_uri=f"{REDIRECT}/")

    assert refusal_of(answer)[:2] == (400, "invalid_grant")
    assert [each.id for each in platform.exchanges.last.findings[:2]] == ["code-spent-or-late", "redirect-uri-differs"]
    assert "tried to redeem it" in top(platform).seen


def test_what_cis2_does_not_look_at_in_a_redirect_uri_is_not_finding(platform: Mock, redeem: Ask) -> None:
    redeem("cis2", redirect_uri=f"{REDIRECT.upper()}?x=1", headers={"alg": "RS256"})

    assert [finding.id for finding in platform.exchanges.last.findings] == ["cis2-alg-or-key"]


def userinfo(platform: Mock, provider: str, bearer: str) -> TestResponse:
    path = platform.provider(provider).provider.endpoint("userinfo")
    return Client(platform).get(path, headers={"Authorization": f"Bearer {bearer}"}, base_url=platform.url)


@pytest.mark.parametrize(("provider", "age"), [("cis2", "60 min"), ("nhs_login", "60 min")])
def test_a_providers_token_that_was_kept_too_long(platform: Mock, redeem: Ask, provider: str, age: str) -> None:
    token = redeem(provider).get_json()["access_token"]
    platform.clock.advance(3601)

    answer = userinfo(platform, provider, token)

    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_token")
    assert seen(platform) == ("kept-too-long", "certain")
    assert f"The token is {age} old" in top(platform).seen


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_a_variable_that_was_never_filled_at_a_providers_userinfo(platform: Mock, provider: str) -> None:
    answer = userinfo(platform, provider, "undefined")

    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_token")
    assert seen(platform) == ("bearer-shape", "certain")


def test_an_id_token_at_a_providers_userinfo(platform: Mock) -> None:
    answer = userinfo(platform, "cis2", platform.id_token("cis2", LogInRequest(client_id="nhsauth-app")))

    assert answer.status_code == 401
    assert top(platform).seen.startswith("The value after Bearer is the id_token that CIS2 issued")
    assert top(platform).cure == "Send the access_token of this provider's own token answer as Bearer token."


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_an_unregistered_redirect_uri_at_a_log_in(platform: Mock, provider: str) -> None:
    query = {
        "client_id": "nhsauth-app",
        "redirect_uri": REDIRECT.replace("https", "http"),
        "response_type": "code",
        "scope": "openid",
        "state": "s",
        "nonce": "n",
    }
    path = platform.provider(provider).provider.endpoint("authorize")

    answer = Client(platform).get(f"{path}?{urlencode(query)}", base_url=platform.url)

    assert answer.status_code == 400
    assert seen(platform) == ("redirect-uri-differs", "certain")
    assert "its scheme is http, not https" in top(platform).seen
    assert f'the registered one is "{REDIRECT}"' in top(platform).seen


def test_a_log_in_at_a_strict_nhs_login_without_state(ring: KeyRing) -> None:
    platform = Mock(Configuration(nhs_login=ProviderSettings(strict_authorize=True)), ring=ring)
    platform.apps.change("nhsauth-app", redirect_uris=(REDIRECT,))
    query = {"client_id": "nhsauth-app", "redirect_uri": REDIRECT, "response_type": "code", "scope": "openid"}

    answer = Client(platform).get(f"/authorize?{urlencode(query)}", base_url=platform.url)

    assert (answer.status_code, "error=invalid_request" in answer.headers["Location"]) == (302, True)
    assert seen(platform) == ("state-lost", "certain")


def test_a_refresh_token_of_nhs_login_used_twice(platform: Mock, redeem: Ask) -> None:
    token = redeem("nhs_login").get_json()["refresh_token"]
    again = {"grant_type": "refresh_token", "refresh_token": token, "code": None, "redirect_uri": None}
    redeem("nhs_login", **again)
    platform.clock.advance(40.7)

    answer = redeem("nhs_login", **again)

    assert refusal_of(answer)[:2] == (400, "invalid_grant")
    assert seen(platform) == ("refresh-token-spent", "certain")
    assert "exchanged 41 s ago, by exchange 2; its successor is still unused" in top(platform).seen


def test_a_refresh_token_of_the_platform_at_nhs_login(platform: Mock, redeem: Ask) -> None:
    id_token = platform.id_token("nhs_login", LogInRequest(client_id="nhsauth-app"))
    exchange = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "subject_token": id_token,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": platform.client_assertion("nhsauth-app"),
    }
    answer = Client(platform).post("/oauth2/token", data=exchange, base_url=platform.url)
    token = answer.get_json()["refresh_token"]

    redeem("nhs_login", grant_type="refresh_token", refresh_token=token, code=None, redirect_uri=None)

    assert top(platform).seen.startswith("refresh_token is the refresh token that the platform issued")


@pytest.mark.parametrize(
    ("sent", "error"), [("client_credentials", "unsupported_grant_type"), ("authorisation_code", "invalid_grant")]
)
def test_a_grant_that_a_provider_has_not(platform: Mock, redeem: Ask, sent: str, error: str) -> None:
    answer = redeem("cis2", grant_type=sent)

    assert refusal_of(answer)[:2] == (400, error)
    assert top(platform).id == "grant-type"


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_a_token_endpoint_opened_with_get(platform: Mock, provider: str) -> None:
    path = platform.provider(provider).provider.endpoint("token")

    answer = Client(platform).get(path, base_url=platform.url)

    assert answer.status_code in (400, 405)
    assert seen(platform) == ("wrong-path", "certain")
    assert top(platform).cure == f"Did you mean POST {path}?"


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
def test_a_mangled_assertion_at_a_provider(platform: Mock, redeem: Ask, provider: str) -> None:
    answer = redeem(provider, client_assertion="undefined")

    assert refusal_of(answer)[:2] == (400, "invalid_client")
    assert seen(platform) == ("mangled-jwt", "certain")


AUTHORIZE = f"{PATH}/authorize"
"""Where CIS2's log-ins begin."""


@pytest.mark.parametrize(
    ("more", "change"),
    [
        ({}, None),
        ({"client_info": "1"}, "This looks like msal (a log-in): ConfidentialClientApplication(…, exclude_scopes="),
        (
            {"client_info": "1", "x-client-SKU": "msal.js.node"},
            "This looks like msal-node (a log-in): take offline_access",
        ),
        ({"client_info": "1", "x-client-SKU": "MSAL.NetCore"}, None),
    ],
)
def test_offline_access_is_named_with_its_cause_and_msal_is_recognised(
    platform: Mock, http: Client, more: dict[str, str], change: str | None
) -> None:
    record = asked_for(platform, http, scope="offline_access openid profile", **more)

    (finding,) = (each for each in record.findings if each.id == "scope-unknown")
    assert (finding.certainty, finding.seen) == ("certain", 'scope has "offline_access", which CIS2 does not document.')
    assert (finding.change or "").startswith(change or "")
    assert bool(finding.change) is bool(change)
    assert f"Cause: {finding.cause}" in record.explained()
    assert "offline_access asks for a refresh token" in finding.cause


def test_any_other_unknown_scope_is_named_with_those_that_there_are(platform: Mock, http: Client) -> None:
    record = asked_for(platform, http, scope="openid profiles phone")

    (finding,) = (each for each in record.findings if each.id == "scope-unknown")
    assert finding.seen == 'scope has "profiles" and "phone", which CIS2 does not document.'
    assert "openid profile email nhsperson" in finding.cure


def asked_for(platform: Mock, http: Client, **changes: str) -> Record:
    """The record of a log-in at CIS2, begun with these parameters."""
    redirect = "https://app.example/back"
    platform.apps.change("nhsauth-app", redirect_uris=(redirect,))
    asked = {"client_id": "nhsauth-app", "response_type": "code", "redirect_uri": redirect, "state": "s", "nonce": "n"}
    http.get(f"{AUTHORIZE}?{urlencode({**asked, **changes})}", base_url=platform.url)
    return platform.exchanges.last
