"""The mock realms, as test clients use them: Keycloak's form, answers in its own words, keys and claims to choose."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.configuration import reading as configuration_file
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.clock import Clock

HOST = "https://identity.ptl.api.platform.nhs.uk"
CIS2, NHS_LOGIN = "Cis2-mock-internal-dev", "NHS-Login-mock-internal-dev"
GOOGLE = "https://google.com"
CLIENT = {CIS2: "test-client-cis2", NHS_LOGIN: "test-client-nhs-login"}
SECRET = "platform-secret"
NOW = 1_800_000_000

Realm = Callable[..., TestResponse]


@pytest.fixture
def http(platform: Mock) -> Client:
    """The platform without cookies: nothing may depend on them."""
    return Client(platform, use_cookies=False)


@pytest.fixture
def at(http: Client) -> Realm:
    """Call an endpoint of a realm at its real host."""

    def call(endpoint: str, realm: str = CIS2, method: str = "GET", **options: Any) -> TestResponse:
        path = f"/realms/{realm}/protocol/openid-connect/{endpoint}"
        return http.open(path, method=method, base_url=HOST, **options)

    return call


@pytest.fixture
def form(at: Realm) -> Callable[..., TestResponse]:
    """Ask for the log-in form; keywords change the request."""

    def get(realm: str = CIS2, **changes: str | None) -> TestResponse:
        asked = {"response_type": "code", "client_id": CLIENT[realm], "redirect_uri": GOOGLE, "scope": "openid"}
        query = {name: value for name, value in {**asked, **changes}.items() if value is not None}
        return at("auth", realm, query_string=query)

    return get


@pytest.fixture
def logged_in(http: Client, form: Callable[..., TestResponse]) -> Callable[..., TestResponse]:
    """Send the form with a user name and nothing else, as test clients do."""

    def post(username: str, realm: str = CIS2, **changes: str | None) -> TestResponse:
        action = urlsplit(action_of(form(realm, **changes)))
        return http.post(f"{action.path}?{action.query}", data={"username": username}, base_url=HOST)

    return post


@pytest.fixture
def redeem(at: Realm) -> Callable[..., TestResponse]:
    """Redeem a code; keywords change the form."""

    def post(code: str, realm: str = CIS2, /, **changes: str | None) -> TestResponse:
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": CLIENT[realm],
            "client_secret": SECRET,
            "redirect_uri": GOOGLE,
        }
        data = {name: value for name, value in {**sent, **changes}.items() if value is not None}
        return at("token", realm, "POST", data=data)

    return post


def action_of(page: TestResponse) -> str:
    """The action of the first form, which must be Keycloak's."""
    assert page.status_code == 200, page.text
    first = re.search(r"<form[^>]*>", page.text)
    assert first is not None
    assert 'id="kc-form-login"' in first[0]
    assert 'method="post"' in first[0].lower()
    action = re.search(r'action="([^"]*)"', first[0])
    assert action is not None
    return unescape(action[1])


def redirect_parameters(answer: TestResponse) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def refusal(answer: TestResponse) -> tuple[int, Any]:
    return answer.status_code, answer.get_json()


def test_the_form_has_an_absolute_action_and_every_input_a_name_and_a_value(
    form: Callable[..., TestResponse],
) -> None:
    page = form()
    inputs = re.findall(r"<input[^>]*>", page.text)

    assert action_of(page).startswith(f"{HOST}/realms/{CIS2}/login-actions/authenticate?")
    assert page.mimetype == "text/html"
    assert any('name="username"' in each for each in inputs)
    assert [each for each in inputs if 'name="' not in each or 'value="' not in each] == []


@pytest.mark.parametrize(
    ("realm", "username", "claim", "level"),
    [
        *((CIS2, f"65600575010{last}", "authentication_assurance_level", 3) for last in (4, 5, 6, 7)),
        *((CIS2, f"6560057501{last}", "authentication_assurance_level", 2) for last in ("09", "11", "12")),
        (CIS2, "656005750110", "authentication_assurance_level", 1),
        (NHS_LOGIN, "9912003071", "identity_proofing_level", "P9"),
        (NHS_LOGIN, "9912003072", "identity_proofing_level", "P5"),
        (NHS_LOGIN, "9912003073", "identity_proofing_level", "P0"),
    ],
)
def test_a_user_name_alone_logs_in_and_the_id_token_shows_the_level(
    platform: Mock,
    logged_in: Callable[..., TestResponse],
    redeem: Callable[..., TestResponse],
    realm: str,
    username: str,
    claim: str,
    level: int | str,
) -> None:
    back = logged_in(username, realm)
    answer = redeem(redirect_parameters(back)["code"], realm)
    token = jwts.decode(answer.get_json()["id_token"])

    person = "nhs_number" if realm == NHS_LOGIN else "sub"
    assert (back.status_code, list(redirect_parameters(back))) == (302, ["session_state", "code"])
    assert answer.status_code == 200
    assert set(answer.get_json()) >= {"id_token", "access_token", "expires_in", "token_type"}
    assert (token.claims[claim], token.claims[person], token.claims["iss"]) == (
        level,
        username,
        f"{HOST}/realms/{realm}",
    )
    assert (token.claims["aud"], token.header["alg"], token.header["typ"]) == (CLIENT[realm], "RS512", "JWT")
    assert platform.providers[realm].key().kid == token.header["kid"]


def test_a_state_comes_back_when_one_was_sent(logged_in: Callable[..., TestResponse]) -> None:
    assert list(redirect_parameters(logged_in("656005750104", state="7"))) == ["state", "session_state", "code"]


def test_each_log_in_has_a_sid_of_its_own(
    logged_in: Callable[..., TestResponse], redeem: Callable[..., TestResponse]
) -> None:
    tokens = [redeem(redirect_parameters(logged_in("656005750104"))["code"]).get_json()["id_token"] for _ in range(2)]
    sids = [jwts.decode(token).claims["sid"] for token in tokens]

    assert len(set(sids)) == 2
    assert all(re.fullmatch(r"[0-9a-f-]{36}", sid) for sid in sids)


def test_an_unknown_user_gets_the_form_again(logged_in: Callable[..., TestResponse]) -> None:
    assert action_of(logged_in("nobody")).startswith(f"{HOST}/realms/{CIS2}/login-actions/authenticate?")


def test_a_basic_header_beside_a_client_id_in_the_form_is_not_error(
    logged_in: Callable[..., TestResponse], at: Realm
) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": redirect_parameters(logged_in("656005750104"))["code"],
        "client_id": CLIENT[CIS2],
        "redirect_uri": GOOGLE,
    }

    answer = at("token", CIS2, "POST", data=form, auth=(CLIENT[CIS2], SECRET))

    assert answer.status_code == 200


def test_an_assertion_alone_is_not_what_a_realm_has_registered(
    platform: Mock, logged_in: Callable[..., TestResponse], redeem: Callable[..., TestResponse]
) -> None:
    assertion = platform.client_assertion(
        "nhsauth-app", token_url=f"{HOST}/realms/{CIS2}/protocol/openid-connect/token"
    )
    answer = redeem("any", client_id=None, client_secret=None, **asserted(assertion))

    assert answer.status_code == 401
    assert logged_in("656005750104").status_code == 302


def test_a_secret_beside_an_assertion_counts_and_gets_advice(
    platform: Mock, logged_in: Callable[..., TestResponse], redeem: Callable[..., TestResponse]
) -> None:
    code = redirect_parameters(logged_in("656005750104"))["code"]

    wrong = redeem(code, client_secret="wrong", **asserted("any"))
    answer = redeem(code, **asserted("any"))

    assert (wrong.status_code, answer.status_code) == (401, 200)
    assert any("has not looked at the assertion" in each for each in platform.exchanges.last.advice)


def test_a_secret_alone_gets_no_advice(
    platform: Mock, logged_in: Callable[..., TestResponse], redeem: Callable[..., TestResponse]
) -> None:
    answer = redeem(redirect_parameters(logged_in("656005750104"))["code"])

    assert (answer.status_code, platform.exchanges.last.advice) == (200, ())


def asserted(assertion: str) -> dict[str, str]:
    return {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }


@pytest.mark.parametrize("realm", [CIS2, NHS_LOGIN])
def test_the_certs_hold_the_key_that_signs(platform: Mock, at: Realm, realm: str) -> None:
    (key,) = at("certs", realm).get_json()["keys"]
    token = jwts.decode(platform.id_token(realm, LogInRequest(client_id="x")))

    assert (key["kid"], key["kty"], key["use"]) == (token.header["kid"], "RSA", "sig")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"grant_type": None}, (400, "invalid_request", "Missing form parameter: grant_type")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type", "Unsupported grant_type")),
        ({"client_id": "nobody"}, (401, "invalid_client", "Invalid client or Invalid client credentials")),
        ({"client_secret": "wrong"}, (401, "unauthorized_client", "Invalid client or Invalid client credentials")),
        ({"client_secret": None}, (401, "unauthorized_client", "Invalid client or Invalid client credentials")),
        ({"code": None}, (400, "invalid_request", "Missing parameter: code")),
        ({"code": "nothing"}, (400, "invalid_grant", "Code not valid")),
        ({"redirect_uri": "https://google.com/"}, (400, "invalid_grant", "Code not valid")),
        ({"redirect_uri": None}, (400, "invalid_grant", "Incorrect redirect_uri")),
    ],
)
@pytest.mark.parametrize("realm", [CIS2, NHS_LOGIN])
def test_the_token_endpoint_refuses_in_keycloaks_words(
    logged_in: Callable[..., TestResponse],
    redeem: Callable[..., TestResponse],
    realm: str,
    changes: dict[str, str | None],
    expected: tuple[int, str, str],
) -> None:
    code = redirect_parameters(logged_in("9912003071" if realm == NHS_LOGIN else "656005750104", realm))["code"]

    answer = redeem(code, realm, **changes)

    status, error, sentence = expected
    assert refusal(answer) == (status, {"error": error, "error_description": sentence})
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_code_is_good_once_and_for_a_while(
    platform: Mock, logged_in: Callable[..., TestResponse], redeem: Callable[..., TestResponse]
) -> None:
    used, late = (redirect_parameters(logged_in("656005750104"))["code"] for _ in range(2))
    redeem(used)
    again = redeem(used)
    platform.clock.advance(3600)

    assert refusal(again) == (400, {"error": "invalid_grant", "error_description": "Code not valid"})
    assert refusal(redeem(late)) == (400, {"error": "invalid_grant", "error_description": "Code is expired"})


def test_a_get_of_the_token_endpoint_is_not_allowed(at: Realm) -> None:
    assert refusal(at("token")) == (405, {"error": "HTTP 405 Method Not Allowed"})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"client_id": "nobody"}, "Client not found."),
        ({"redirect_uri": "https://elsewhere.example"}, "Invalid parameter: redirect_uri"),
        ({"redirect_uri": "https://google.com/"}, "Invalid parameter: redirect_uri"),
        ({"redirect_uri": None}, "Invalid parameter: redirect_uri"),
    ],
)
def test_a_person_is_reported_on_a_page_in_keycloaks_words(
    form: Callable[..., TestResponse], changes: dict[str, str | None], sentence: str
) -> None:
    page = form(**changes)

    assert (page.status_code, page.mimetype, sentence in page.text) == (400, "text/html", True)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"response_type": None},
            {"error": "invalid_request", "error_description": "Missing parameter: response_type"},
        ),
        ({"response_type": "token"}, {"error": "unsupported_response_type"}),
        ({"prompt": "none"}, {"error": "login_required"}),
    ],
)
def test_a_client_is_reported_by_a_redirect_in_keycloaks_words(
    form: Callable[..., TestResponse], changes: dict[str, str | None], expected: dict[str, str]
) -> None:
    assert redirect_parameters(form(**changes)) == expected


def test_a_bearer_that_is_none_is_reported_in_keycloaks_words(at: Realm) -> None:
    answer = at("userinfo", headers={"Authorization": "Bearer nothing"})

    assert refusal(answer) == (
        401,
        {"error": "invalid_token", "error_description": "Token verification failed"},
    )


@pytest.fixture
def configured(tmp_path: Path, ring: KeyRing) -> Mock:
    """A platform whose CIS2 realm signs with a key of the user's, and whose first person has other claims."""
    (tmp_path / "realm.pem").write_text(ring.pair("cis2", bits=2048).private_pem(), encoding="utf-8")
    path = tmp_path / "nhsauth.toml"
    path.write_text(
        """
        [realms."Cis2-mock-internal-dev"]
        signing_key = "realm.pem"
        kid = "of-the-suite"

        [realms."NHS-Login-mock-internal-dev"]
        kid = "of-no-file"

        [[users]]
        provider = "cis2"
        id = "656005750104"
        level = "aal3"
        claims = { name = "SUITE Person", nhsid_user_orgs = [{ org_name = "ONE", org_code = "A1" }], gdc_id = "GDC9" }
        """,
        encoding="utf-8",
    )
    clock = Clock()
    clock.set(NOW, frozen=True)
    return Mock(configuration_file.read(path), ring=ring, clock=clock)


def test_a_realm_publishes_the_key_it_is_given_under_the_kid_it_is_given(configured: Mock, ring: KeyRing) -> None:
    status, body = configured.in_process.call(f"{HOST}/realms/{CIS2}/protocol/openid-connect/certs")
    (key,) = json.loads(body)["keys"]

    assert (status, key["kid"]) == (200, "of-the-suite")
    assert key["n"] == ring.pair("cis2", bits=2048).public_jwk(alg="RS512")["n"]


def test_a_realm_that_is_given_a_kid_alone_makes_its_key(configured: Mock) -> None:
    _, body = configured.in_process.call(f"{HOST}/realms/{NHS_LOGIN}/protocol/openid-connect/certs")

    assert [key["kid"] for key in json.loads(body)["keys"]] == ["of-no-file"]


def test_userinfo_takes_the_claims_that_are_configured_in_their_place(configured: Mock) -> None:
    plain, own = Mock(ring=configured.ring), configured

    plain_members, own_members = (userinfo(each) for each in (plain, own))

    assert list(own_members) == list(plain_members)
    assert (own_members["name"], own_members["nhsid_user_orgs"], own_members["gdc_id"]) == (
        "SUITE Person",
        [{"org_name": "ONE", "org_code": "A1"}],
        "GDC9",
    )
    assert own_members["uid"] == "656005750104"


def userinfo(platform: Mock) -> dict[str, Any]:
    """The platform's /userinfo of 656005750104 after a log-in at the realm."""
    base = f"{platform.url}/oauth2-mock"
    redirect_uri = platform.apps.get("nhsauth-app").redirect_uris[0]
    query = f"client_id=nhsauth-app&redirect_uri={redirect_uri}&response_type=code&state=1"
    end = platform.log_in(f"{base}/authorize?{query}", user="656005750104")
    form = {
        "grant_type": "authorization_code",
        "client_id": "nhsauth-app",
        "client_secret": "nhsauth-secret",
        "redirect_uri": redirect_uri,
        "code": parse_qs(urlsplit(end).query)["code"][0],
    }
    _, body = platform.in_process.call(f"{base}/token", form)
    status, userinfo_body = platform.in_process.call(f"{base}/userinfo", bearer=json.loads(body)["access_token"])
    assert status == 200, userinfo_body
    return dict(json.loads(userinfo_body))


def test_userinfo_of_the_first_person_has_its_twenty_four_members(platform: Mock) -> None:
    members = userinfo(platform)

    assert len(members) == 24
    assert (members["sub"], members["nhsid_useruid"], members["uid"]) == ("656005750104",) * 3
    assert [len(members[name]) for name in ("nhsid_user_orgs", "nhsid_org_roles", "nhsid_org_memberships")] == [2, 2, 2]
    first, second = members["nhsid_nrbac_roles"]
    assert {"workgroups", "workgroups_codes", "aow", "aow_codes"} <= set(second) - set(first)


@pytest.mark.parametrize(
    ("uri", "advised"), [("http://localhost:3000/callback", False), ("http://app.example/callback", True)]
)
def test_a_realm_says_nothing_against_a_client_on_the_developers_machine(
    platform: Mock, form: Callable[..., TestResponse], uri: str, *, advised: bool
) -> None:
    platform.apps.change("nhsauth-app", redirect_uris=(uri,))

    page = form(client_id="nhsauth-app", redirect_uri=uri)

    advice = [each for each in platform.exchanges.last.advice if each.startswith(f'redirect_uri "{uri}"')]
    assert (page.status_code, len(advice)) == (200, int(advised))
    assert all("is plain http" in each and "should be https" in each and "only https" not in each for each in advice)
