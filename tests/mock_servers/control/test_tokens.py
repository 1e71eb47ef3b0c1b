"""Client assertions, id tokens and access tokens through the control API."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.jose import jwts
from mock_servers.jose.jwts import Jwt
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock

Control = Callable[..., TestResponse]
Refused = Callable[[TestResponse], tuple[int, str, str | None]]

NOW = 1_800_000_000
EXCHANGED = [
    "access_token",
    "expires_in",
    "token_type",
    "issued_token_type",
    "refresh_token",
    "refresh_token_expires_in",
    "refresh_count",
]


@pytest.fixture
def signed(control: Control) -> Callable[..., Jwt]:
    """Ask a call for a JWT, and take it apart."""

    def ask(path: str, body: Mapping[str, Any], **options: Any) -> Jwt:
        [token] = control("POST", path, body, **options).get_json().values()
        return jwts.decode(token)

    return ask


def test_a_client_assertion_is_what_the_service_wants(control: Control, platform: Mock) -> None:
    jwt = jwts.decode(control("POST", "/client-assertions", {}).get_json()["client_assertion"])

    assert jwt.header == {"alg": "RS512", "typ": "JWT", "kid": "nhsauth-1"}
    assert list(jwt.claims) == ["iss", "sub", "aud", "jti", "exp"]
    assert (jwt.claims["iss"], jwt.claims["sub"]) == ("nhsauth-app", "nhsauth-app")
    assert (jwt.claims["aud"], jwt.claims["exp"]) == (platform.token_url, NOW + 300)


def test_each_client_assertion_has_a_jti_of_its_own(signed: Callable[..., Jwt]) -> None:
    assert signed("/client-assertions", {}).claims["jti"] != signed("/client-assertions", {}).claims["jti"]


def test_a_client_assertion_is_of_the_app_that_was_named(control: Control, signed: Callable[..., Jwt]) -> None:
    control("POST", "/apps", {"client_id": "theirs", "kid": "k", "make_key": True})

    jwt = signed("/client-assertions", {"client_id": "theirs"})

    assert (jwt.claims["sub"], jwt.header["kid"]) == ("theirs", "k")


def test_members_of_a_client_assertion_can_be_added_replaced_and_left_out(signed: Callable[..., Jwt]) -> None:
    body = {"claims": {"exp": "soon", "nbf": 1}, "headers": {"typ": "jwt"}, "without": ["jti", "header.kid", "nothing"]}

    jwt = signed("/client-assertions", body)

    assert jwt.header == {"alg": "RS512", "typ": "jwt"}
    assert list(jwt.claims) == ["iss", "sub", "aud", "exp", "nbf"]
    assert (jwt.claims["exp"], jwt.claims["nbf"]) == ("soon", 1)


def test_the_audience_follows_the_name_that_was_called(signed: Callable[..., Jwt]) -> None:
    jwt = signed("/client-assertions", {}, base_url="http://localhost:9090")

    assert jwt.claims["aud"] == "http://localhost:9090/oauth2/token"


def test_the_audience_is_the_token_url_that_was_given(signed: Callable[..., Jwt]) -> None:
    jwt = signed("/client-assertions", {"token_url": "https://int.api.service.nhs.uk/oauth2/token"})

    assert jwt.claims["aud"] == "https://int.api.service.nhs.uk/oauth2/token"


def test_an_app_whose_key_the_mock_does_not_hold_signs_nothing(control: Control, refused: Refused) -> None:
    control("POST", "/apps", {"client_id": "theirs", "jwks": {"keys": []}})

    answer = control("POST", "/client-assertions", {"client_id": "theirs"})

    assert refused(answer) == (400, "Bad Request", "client_id")


@pytest.mark.parametrize("path", ["/client-assertions", "/id-tokens"])
@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"client_id": "nobody"}, "client_id"),
        ({"client_id": 1}, "client_id"),
        ({"claims": []}, "claims"),
        ({"claims": {"exp": float("inf")}}, "claims.exp"),
        ({"headers": None}, "headers"),
        ({"without": "exp"}, "without"),
        ({"without": ["exp", 1]}, "without[1]"),
        ({"claim": {}}, "claim"),
    ],
)
def test_what_a_jwt_cannot_be_made_of_is_named(
    control: Control, refused: Refused, path: str, body: dict[str, Any], member: str
) -> None:
    if member == "claims.exp":  # JSON has no infinity, but numbers that are as good as one
        answer = control("POST", path, data='{"claims": {"exp": 1e400}}', content_type="application/json")
    else:
        answer = control("POST", path, body)

    assert refused(answer) == (400, "Bad Request", member)


def test_an_id_token_is_of_the_first_person_at_her_level(signed: Callable[..., Jwt], platform: Mock) -> None:
    jwt = signed("/id-tokens", {})

    assert jwt.claims["sub"] == "656005750104"
    assert jwt.claims["authentication_assurance_level"] == 3
    assert jwt.claims["aud"] == "nhsauth-app"
    assert jwt.claims["iss"] == platform.providers["cis2"].issuer(platform.url)
    assert jwt.claims["iat"] == NOW


def test_an_id_token_follows_user_level_client_and_nonce(control: Control, signed: Callable[..., Jwt]) -> None:
    control("POST", "/apps", {"client_id": "theirs"})
    body = {"provider": "nhs_login", "user": "9912003071", "level": "p5", "client_id": "theirs", "nonce": "n-1"}

    claims = signed("/id-tokens", body).claims

    assert (claims["nhs_number"], claims["identity_proofing_level"]) == ("9912003071", "P5")
    assert (claims["aud"], claims["nonce"]) == ("theirs", "n-1")


def test_members_of_an_id_token_can_be_added_replaced_and_left_out(signed: Callable[..., Jwt]) -> None:
    body = {"claims": {"sub": "1", "act": {"sub": "x"}}, "headers": {"alg": "none"}, "without": ["exp", "header.typ"]}

    jwt = signed("/id-tokens", body)

    assert (jwt.claims["sub"], jwt.claims["act"], "exp" in jwt.claims) == ("1", {"sub": "x"}, False)
    assert (jwt.header["alg"], "typ" in jwt.header, jwt.signature) == ("none", False, b"")


def test_the_issuer_follows_the_name_that_was_called(signed: Callable[..., Jwt]) -> None:
    jwt = signed("/id-tokens", {"provider": "nhs_login"}, base_url="http://localhost:9090")

    assert jwt.claims["iss"] == "http://localhost:9090"


def test_the_issuer_is_that_of_a_real_host_where_the_log_in_happened(signed: Callable[..., Jwt]) -> None:
    jwt = signed("/id-tokens", {"provider": "nhs_login", "base": "https://auth.sandpit.signin.nhs.uk"})

    assert jwt.claims["iss"] == "https://auth.sandpit.signin.nhs.uk"


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"provider": "google"}, "provider"),
        ({"base": "https://elsewhere.example"}, "base"),
        ({"user": "1"}, "user"),
        ({"level": "aal4"}, "level"),
        ({"user": "656005750109", "level": "aal3"}, "level"),
        ({"provider": "nhs_login", "user": "656005750104"}, "user"),
    ],
)
def test_who_cannot_log_in_gets_no_id_token(
    control: Control, refused: Refused, body: dict[str, Any], member: str
) -> None:
    assert refused(control("POST", "/id-tokens", body)) == (400, "Bad Request", member)


def test_an_id_token_and_an_assertion_of_the_control_api_buy_a_token(
    control: Control, http: Client, platform: Mock
) -> None:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "subject_token": control("POST", "/id-tokens", {}).get_json()["id_token"],
        "client_assertion": control("POST", "/client-assertions", {}).get_json()["client_assertion"],
    }

    answer = http.post("/oauth2/token", data=form, base_url=platform.url)

    assert (answer.status_code, list(answer.get_json())) == (200, EXCHANGED)


@pytest.mark.parametrize(
    ("access", "refresh_lifetime"), [("healthcare_worker", "43199"), ("patient", "3599")], ids=["worker", "patient"]
)
def test_a_persons_access_token_is_the_answer_of_an_exchange(
    control: Control, access: str, refresh_lifetime: str
) -> None:
    answer = control("POST", "/access-tokens", {"access": access})

    assert (answer.status_code, list(answer.get_json())) == (200, EXCHANGED)
    assert answer.get_json()["refresh_token_expires_in"] == refresh_lifetime


@pytest.mark.parametrize("body", [{}, {"level": "level3"}, {"client_id": "nhsauth-app"}])
def test_an_applications_access_token_is_the_answer_of_client_credentials(
    control: Control, body: dict[str, Any]
) -> None:
    answer = control("POST", "/access-tokens", {"access": "application", **body})

    assert answer.status_code == 200
    assert list(answer.get_json()) == ["access_token", "expires_in", "token_type", "issued_at"]


@pytest.mark.parametrize(
    ("body", "scope"),
    [
        ({"access": "healthcare_worker", "level": "aal2"}, "urn:nhsd:apim:user-nhs-cis2:aal2:hello-world"),
        ({"access": "healthcare_worker", "user": "656005750110"}, "urn:nhsd:apim:user-nhs-cis2:aal1:hello-world"),
        ({"access": "patient", "level": "P5"}, "urn:nhsd:apim:user-nhs-login:P5:hello-world"),
        ({"access": "application"}, "urn:nhsd:apim:app:level3:hello-world"),
    ],
)
def test_an_access_token_has_the_scopes_of_its_level(
    control: Control, platform: Mock, body: dict[str, Any], scope: str
) -> None:
    value = control("POST", "/access-tokens", body).get_json()["access_token"]

    token = platform.store.access_tokens.get(value)
    assert token is not None
    assert token.scopes == (scope,)


def test_an_access_token_opens_an_api(control: Control, http: Client, platform: Mock) -> None:
    token = control("POST", "/access-tokens", {"access": "patient"}).get_json()["access_token"]

    answer = http.get("/hello-world/hello/user", headers={"Authorization": f"Bearer {token}"}, base_url=platform.url)

    assert answer.status_code == 200


def test_the_request_for_an_access_token_is_in_the_journal_like_any_other(control: Control, platform: Mock) -> None:
    control("POST", "/access-tokens", {"access": "healthcare_worker"})

    [record] = platform.exchanges
    assert (record.method, record.path, record.status) == ("POST", "/oauth2/token", 200)
    assert record.grant_type == "urn:ietf:params:oauth:grant-type:token-exchange"


def test_an_access_token_can_be_got_under_any_name_of_the_mock(control: Control) -> None:
    answer = control("POST", "/access-tokens", {"access": "patient"}, base_url="http://localhost:9090")

    assert answer.status_code == 200


def test_an_access_token_can_be_got_from_a_server_over_a_socket(ring: KeyRing) -> None:
    with Mock(ring=ring).serving() as server:
        http = Client(Mock(ring=ring))
        answer = http.post("/_nhsauth/access-tokens", json={"access": "application"}, base_url=server.url)

    assert answer.status_code == 200


def test_a_refusal_of_the_service_is_passed_on_with_its_diagnosis(
    control: Control, refused: Refused, platform: Mock
) -> None:
    control("PATCH", "/apps/nhsauth-app", {"approved": False})

    answer = control("POST", "/access-tokens", {"access": "application"})

    assert refused(answer) == (409, "Conflict", None)
    problem, record = answer.get_json(), platform.exchanges.last
    assert problem["answer"] == {
        "error": "invalid_request",
        "error_description": "Invalid 'iss'/'sub' claims in client_assertion JWT",
        "message_id": record.message_id,
    }
    assert problem["diagnosis"] == record.diagnosis == 'App "nhsauth app" is known, but it is not approved.'
    assert problem["exchange"] == record.id
    assert problem["detail"] == f"The token service refused with 401. {record.diagnosis}"


def test_a_used_up_quota_is_passed_on_too(control: Control, refused: Refused) -> None:
    control("PATCH", "/apps/nhsauth-app", {"quota_per_minute": 1})
    control("POST", "/access-tokens", {"access": "application"})

    answer = control("POST", "/access-tokens", {"access": "application"})

    assert refused(answer) == (409, "Conflict", None)
    assert answer.get_json()["answer"]["policy"] == "quota"


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({}, "access"),
        ({"access": "doctor"}, "access"),
        ({"access": "application", "user": "656005750104"}, "user"),
        ({"access": "application", "level": "level0"}, "level"),
        ({"access": "application", "level": "aal3"}, "level"),
        ({"access": "healthcare_worker", "level": "P9"}, "level"),
        ({"access": "patient", "level": "aal3"}, "level"),
        ({"access": "patient", "user": "656005750104"}, "user"),
        ({"access": "patient", "client_id": "nobody"}, "client_id"),
        ({"access": "patient", "provider": "cis2"}, "provider"),
    ],
)
def test_what_no_access_token_can_be_got_for_is_named(
    control: Control, refused: Refused, body: dict[str, Any], member: str
) -> None:
    assert refused(control("POST", "/access-tokens", body)) == (400, "Bad Request", member)


def test_nothing_is_asked_of_the_service_for_a_body_that_is_wrong(control: Control, platform: Mock) -> None:
    control("POST", "/access-tokens", {"access": "patient", "user": "656005750104"})

    assert len(platform.exchanges) == 0
