"""How clients prove themselves at the token endpoints, and the words in which each provider refuses them."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider import app as provider_app
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwks import UnreachableError
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.provider.cis2 import PATH
from mock_servers.settings.sections import ProviderSettings
from mock_servers.state.configuration import Configuration

Ask = Callable[..., TestResponse]
Sign = Callable[..., str]
REDIRECT = "https://app.example/callback"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
NOW = 1_800_000_000


@pytest.fixture
def keyed(platform: Mock, http: Client) -> None:  # noqa: ARG001 - http registers the redirect URI
    """The app proves itself by a key at CIS2, too."""
    platform.apps.change("nhsauth-app", cis2_auth_method="private_key_jwt")


@pytest.fixture
def prove(platform: Mock, token: Ask) -> Ask:
    """Redeem a fresh code with these credentials alone."""

    def send(provider: str, headers: dict[str, str] | None = None, **credentials: Any) -> TestResponse:
        code = platform.issue_code(provider, LogInRequest(client_id="nhsauth-app"), REDIRECT)
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **credentials}
        return token(provider, form, headers)

    return send


def ordered(answer: TestResponse) -> list[tuple[str, Any]]:
    return list(json.loads(answer.get_data(as_text=True)).items())


def refused(description: str, code: str = "invalid_client") -> list[tuple[str, str]]:
    return [("error_description", description), ("error", code)]


def basic() -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(b"nhsauth-app:nhsauth-secret").decode()}


@pytest.mark.usefixtures("keyed")
@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"headers": {"kid": None}, "without": ("header.typ", "header.kid")},
        {"exp": NOW + 1800},
    ],
)
def test_cis2_takes_a_good_assertion(prove: Ask, assertion: Sign, claims: dict[str, Any]) -> None:
    answer = prove("cis2", client_assertion_type=ASSERTION_TYPE, client_assertion=assertion("cis2", **claims))

    assert answer.status_code == 200


@pytest.mark.usefixtures("keyed")
@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"iss": "other"}, "JWT is not valid"),
        ({"without": ("sub",)}, "JWT is not valid"),
        ({"iss": "other", "sub": "other"}, "Client authentication failed"),
        ({"exp": NOW}, "JWT has expired"),
        ({"exp": "soon"}, "JWT has expired"),
        ({"without": ("exp",)}, "JWT has expired"),
        ({"exp": NOW + 1801}, "JWT expiration time is unreasonable"),
        ({"headers": {"kid": "other"}}, "JWT is not valid"),
        ({"headers": {"alg": "RS256"}}, "JWT is not valid"),
        ({"headers": {"alg": "none"}}, "JWT is not valid"),
        ({"aud": "https://other.example/"}, "Audience validation failed"),
        ({"aud": ["https://other.example/"]}, "Audience validation failed"),
        ({"without": ("aud",)}, "Audience validation failed"),
    ],
)
def test_cis2_refuses_an_assertion_in_its_own_words(
    prove: Ask, assertion: Sign, claims: dict[str, Any], sentence: str
) -> None:
    answer = prove("cis2", client_assertion_type=ASSERTION_TYPE, client_assertion=assertion("cis2", **claims))

    assert (answer.status_code, ordered(answer)) == (400, refused(sentence))


@pytest.mark.usefixtures("keyed")
@pytest.mark.parametrize(
    ("credentials", "sentence"),
    [
        ({"client_assertion": "a.b"}, "JWT is not valid"),
        ({"client_assertion": "x" * 10_000}, "JWT is not valid"),
        ({"client_id": "other"}, "JWT is not valid"),
        ({"client_secret": "nhsauth-secret"}, "Client authentication failed"),
        ({"client_assertion_type": None}, "Client authentication failed"),
        ({"client_assertion_type": "x" * 10_000}, "Client authentication failed"),
        ({"client_assertion": ""}, "Client authentication failed"),
    ],
)
def test_cis2_refuses_what_is_sent_with_an_assertion(
    prove: Ask, assertion: Sign, credentials: dict[str, Any], sentence: str
) -> None:
    good = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion("cis2")}

    answer = prove("cis2", **{**good, **credentials})

    assert (answer.status_code, ordered(answer)) == (400, refused(sentence))


def test_cis2_wants_the_method_that_is_registered(prove: Ask, assertion: Sign) -> None:
    answer = prove("cis2", client_assertion_type=ASSERTION_TYPE, client_assertion=assertion("cis2"))

    assert ordered(answer) == refused("Invalid authentication method for accessing this endpoint.")


@pytest.mark.usefixtures("keyed")
def test_cis2_takes_no_secret_of_a_client_that_has_registered_a_key(prove: Ask) -> None:
    answer = prove("cis2", client_id="nhsauth-app", client_secret="nhsauth-secret")

    assert ordered(answer) == refused("Invalid authentication method for accessing this endpoint.")


def test_cis2_asks_for_basic_with_401_when_it_was_used(prove: Ask) -> None:
    answer = prove("cis2", basic())

    assert (answer.status_code, ordered(answer)) == (
        401,
        refused("Invalid authentication method for accessing this endpoint."),
    )
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="/NHSIdentity/Healthcare"'


@pytest.fixture
def basic_alone(platform: Mock, http: Client) -> None:
    """The app is registered, over the control API, to send its secret to CIS2 in the header."""
    change = {"cis2_auth_method": "client_secret_basic"}
    assert http.patch("/_nhsauth/apps/nhsauth-app", json=change, base_url=platform.url).status_code == 200


@pytest.mark.usefixtures("basic_alone")
def test_cis2_takes_basic_of_a_client_that_is_registered_so(prove: Ask) -> None:
    assert prove("cis2", basic()).status_code == 200


@pytest.mark.usefixtures("basic_alone")
def test_cis2_takes_no_secret_in_the_form_of_a_client_that_is_registered_for_basic(prove: Ask) -> None:
    answer = prove("cis2", client_id="nhsauth-app", client_secret="nhsauth-secret")

    assert (answer.status_code, ordered(answer)) == (
        400,
        refused("Invalid authentication method for accessing this endpoint."),
    )


@pytest.mark.usefixtures("basic_alone")
def test_cis2_asks_again_for_basic_when_the_secret_is_wrong(prove: Ask) -> None:
    wrong = {"Authorization": "Basic " + base64.b64encode(b"nhsauth-app:wrong").decode()}

    answer = prove("cis2", wrong)

    assert (answer.status_code, ordered(answer)) == (401, refused("Client authentication failed"))
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="/NHSIdentity/Healthcare"'


@pytest.mark.parametrize("provider", ["cis2", "nhs_login"])
@pytest.mark.parametrize("answer", ["", "no JSON", "[]", '{"keys": {}}', UnreachableError("nobody listens")])
def test_keys_that_cannot_be_read_prove_nobody(
    platform: Mock, assertion: Sign, provider: str, answer: str | UnreachableError
) -> None:
    def fetch(url: str) -> bytes:
        fetched.append(url)
        if isinstance(answer, UnreachableError):
            raise answer
        return answer.encode()

    fetched: list[str] = []
    url = "https://keys.example/" + "k" * 100
    signed = assertion(provider)
    platform.apps.change("nhsauth-app", cis2_auth_method="private_key_jwt", jwks_url=url, key_name=None)
    service = replace(platform.provider(provider), fetch=fetch)
    form = {"grant_type": "authorization_code", "client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}

    refusal = Client(provider_app.create_app(service)).post(
        service.provider.endpoints["token"], data=form, base_url=platform.url
    )

    assert (refusal.status_code, refusal.get_json()["error"]) == (400, "invalid_client")
    assert fetched == [url]
    assert f'"{url}"' in (platform.exchanges.last.diagnosis or "")


def test_a_lifetime_that_is_too_long_is_reported_before_the_keys_are_fetched(platform: Mock, assertion: Sign) -> None:
    fetched: list[str] = []
    signed = assertion("cis2", exp=NOW + 1801)
    url = "https://keys.example/"
    platform.apps.change("nhsauth-app", cis2_auth_method="private_key_jwt", jwks_url=url, key_name=None)

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return b""

    service = replace(platform.provider("cis2"), fetch=fetch)
    form = {"grant_type": "authorization_code", "client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}

    refusal = Client(provider_app.create_app(service)).post(
        service.provider.endpoints["token"], data=form, base_url=platform.url
    )

    assert refusal.get_json()["error_description"] == "JWT expiration time is unreasonable"
    assert fetched == []


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic " + "x" * 10_000])
def test_an_unreadable_header_names_no_client(prove: Ask, header: str) -> None:
    answer = prove("cis2", {"Authorization": header})

    assert ordered(answer) == refused("Client authentication failed")


def test_cis2_wants_the_client_named_once(prove: Ask) -> None:
    answer = prove("cis2", basic(), client_id="nhsauth-app")

    assert (answer.status_code, ordered(answer)) == (400, refused("Client authentication failed", "invalid_request"))


def test_cis2_gives_the_state_back(prove: Ask) -> None:
    answer = prove("cis2", client_id="other", state="s-9")

    assert ordered(answer) == [*refused("Client authentication failed"), ("state", "s-9")]


@pytest.mark.parametrize(
    ("content_type", "sentence"),
    [("application/json", "Invalid Content Type"), ("text/plain", "Invalid Content Type")],
)
def test_cis2_wants_a_form(http: Client, platform: Mock, content_type: str, sentence: str) -> None:
    answer = http.post(f"{PATH}/access_token", data=b"{}", content_type=content_type, base_url=platform.url)

    assert (answer.status_code, ordered(answer)) == (400, refused(sentence, "invalid_request"))


@pytest.mark.parametrize("name", ["code", "grant_type", "client_id", "client_secret", "redirect_uri"])
def test_cis2_names_a_repeated_parameter(http: Client, platform: Mock, name: str) -> None:
    answer = http.post(f"{PATH}/access_token", data={name: ["a", "b"]}, base_url=platform.url)

    sentence = f"Invalid Request, duplicate request parameter found : {name}"
    assert (answer.status_code, ordered(answer)) == (400, refused(sentence, "invalid_request"))


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"exp": NOW + 10 * 365 * 86400},
        {"without": ("header.typ", "header.kid")},
        {"aud": ["https://other.example", "http://127.0.0.1:8080/token"]},
        {"aud": "http://127.0.0.1:8080"},
    ],
)
def test_nhs_login_takes_a_good_assertion(prove: Ask, assertion: Sign, claims: dict[str, Any]) -> None:
    answer = prove("nhs_login", client_assertion_type=ASSERTION_TYPE, client_assertion=assertion(**claims))

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "other"},
        {"exp": NOW},
        {"headers": {"alg": "RS256"}},
        {"headers": {"kid": "other"}},
        {"aud": "https://other.example"},
        {"aud": []},
        {"without": ("aud",)},
    ],
)
def test_nhs_login_refuses_an_assertion_with_its_code_alone(
    prove: Ask, assertion: Sign, claims: dict[str, Any]
) -> None:
    answer = prove("nhs_login", client_assertion_type=ASSERTION_TYPE, client_assertion=assertion(**claims))

    assert (answer.status_code, ordered(answer)) == (400, [("error", "invalid_client")])
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "invalid_client"),
    ],
)
def test_nhs_login_refuses_with_its_code_alone(token: Ask, form: dict[str, str], error: str) -> None:
    answer = token("nhs_login", form)

    assert (answer.status_code, ordered(answer)) == (400, [("error", error)])


@pytest.mark.usefixtures("http")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": None}, "invalid_request"),
        ({"code": "unknown"}, "invalid_grant"),
        ({"code": "x" * 10_000}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://APP.example/callback"}, "invalid_grant"),
    ],
)
def test_nhs_login_judges_the_code(prove: Ask, assertion: Sign, changes: dict[str, str | None], error: str) -> None:
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion()}

    answer = prove("nhs_login", **{**proof, **changes})

    assert (answer.status_code, ordered(answer)) == (400, [("error", error)])


def test_cis2_passes_over_case_and_query_of_the_redirect_uri(prove: Ask) -> None:
    secret = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}

    assert prove("cis2", **secret, redirect_uri="https://APP.example/Callback?x=1").status_code == 200


def test_a_realm_takes_the_secret_in_the_header(prove: Ask) -> None:
    assert prove("Cis2-mock-internal-dev", basic()).status_code == 200


def test_a_long_lived_assertion_gets_advice(prove: Ask, assertion: Sign, platform: Mock) -> None:
    platform.apps.change("nhsauth-app", cis2_auth_method="private_key_jwt")
    prove("cis2", client_assertion_type=ASSERTION_TYPE, client_assertion=assertion("cis2", exp=NOW + 900))

    assert any("exp of the client assertion" in advice for advice in platform.exchanges.last.advice)


@pytest.mark.usefixtures("keyed")
def test_an_audience_that_is_the_issuer_is_reported_beside_the_endpoint(
    prove: Ask, assertion: Sign, platform: Mock
) -> None:
    issuer = f"{platform.url}{PATH}"

    prove("cis2", client_assertion_type=ASSERTION_TYPE, client_assertion=assertion("cis2", aud=issuer))

    assert platform.exchanges.last.diagnosis == (
        f'aud is the issuer: it must be the token endpoint, "{issuer}/access_token".'
    )


@pytest.mark.parametrize("aud", [["https://other.example/"], 7, None])
@pytest.mark.usefixtures("keyed")
def test_an_audience_that_is_not_text_is_reported_beside_the_endpoint(
    prove: Ask, assertion: Sign, platform: Mock, aud: Any
) -> None:
    prove("cis2", client_assertion_type=ASSERTION_TYPE, client_assertion=assertion("cis2", aud=aud))

    assert platform.exchanges.last.diagnosis == (
        f'aud is {json.dumps(aud)}: it must be the token endpoint, "{platform.url}{PATH}/access_token".'
    )


def test_the_redirect_uri_of_the_log_in_is_shown_whole_beside_the_one_that_was_sent(prove: Ask, platform: Mock) -> None:
    sent = f"{REDIRECT}/{'x' * 150}"

    prove("cis2", client_id="nhsauth-app", client_secret="nhsauth-secret", redirect_uri=sent)

    assert platform.exchanges.last.diagnosis == (
        f'redirect_uri is "{sent}"; at the log-in it was "{REDIRECT}"; they part after "{REDIRECT}".'
    )


def test_an_assertion_of_another_client_is_reported_in_the_forks_words_when_set_so(ring: KeyRing) -> None:
    platform = Mock(Configuration(cis2=ProviderSettings(foreign_assertion="ancestor")), ring=ring)
    form = {
        "grant_type": "authorization_code",
        "code": "x",
        "redirect_uri": "https://app.example/callback",
        "client_id": "other",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": platform.client_assertion("nhsauth-app"),
    }

    answer = Client(platform).post(platform.provider("cis2").provider.endpoint("token"), data=form)

    assert ordered(answer) == refused("JWT 'iss' and 'sub' claims must be equal to the client_id")


def reused(platform: Mock) -> list[str]:
    return [each for each in platform.exchanges.last.advice if "the platform would refuse this jti" in each]


@pytest.mark.usefixtures("keyed")
@pytest.mark.parametrize(("provider", "title"), [("cis2", "CIS2"), ("nhs_login", "NHS login")])
def test_an_assertion_that_is_sent_twice_is_accepted_with_advice(
    platform: Mock, prove: Ask, assertion: Sign, provider: str, title: str
) -> None:
    signed = assertion(provider, jti="of-one-request")
    advice = []
    for _ in range(2):
        answer = prove(provider, client_assertion_type=ASSERTION_TYPE, client_assertion=signed)
        assert answer.status_code == 200
        advice.append(reused(platform))

    assert (len(advice[0]), len(advice[1])) == (0, 1)
    assert advice[1][0].startswith('jti "of-one-request" of the client assertion was sent')
    assert f"and {title} may" in advice[1][0]


@pytest.mark.usefixtures("keyed")
def test_a_jti_that_two_assertions_share_gets_the_same_advice(platform: Mock, prove: Ask, assertion: Sign) -> None:
    for exp in (NOW + 60, NOW + 120):
        signed = assertion("cis2", jti="shared", exp=exp)
        assert prove("cis2", client_assertion_type=ASSERTION_TYPE, client_assertion=signed).status_code == 200

    assert len(reused(platform)) == 1


@pytest.mark.usefixtures("keyed")
def test_a_jti_of_another_service_and_an_assertion_without_one_get_no_such_advice(
    platform: Mock, prove: Ask, assertion: Sign
) -> None:
    for provider, signed in [
        ("nhs_login", assertion("nhs_login", jti="of-two-services")),
        ("cis2", assertion("cis2", jti="of-two-services")),
        ("cis2", assertion("cis2", without=("jti",))),
        ("cis2", assertion("cis2", without=("jti",))),
    ]:
        prove(provider, client_assertion_type=ASSERTION_TYPE, client_assertion=signed)
        assert reused(platform) == []
