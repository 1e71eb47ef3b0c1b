"""Advice on successes: what the service does not mind, and will hurt; and none for what is right."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.gateway.advice import advise
from mock_servers.gateway.service import Exchange, Service
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyPair
from mock_servers.journal.leaked_private_key import is_private
from mock_servers.mock import Mock
from mock_servers.state.person import Person
from mock_servers.wire.request import Request

Ask = Callable[..., TestResponse]

NOW = 1_800_000_000.0
REDIRECT = "https://app.example/callback"
SECRET = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}
BEGIN = "-----BEGIN"


def b64url(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def advice(platform: Mock) -> list[str]:
    return list(platform.exchanges.last.advice)


# tokens that nobody keeps


def test_a_token_per_call_is_noticed_at_the_fifth(platform: Mock, client_credentials: Ask) -> None:
    lines = []
    for _ in range(6):
        client_credentials()
        lines.append(advice(platform))
        platform.clock.advance(0.8)

    assert lines[:4] == [[], [], [], []]
    assert lines[4][0].startswith('5 tokens in 3.2 s for "nhsauth-app": one lives 10 min')
    assert lines[5][0].startswith('6 tokens in 4.0 s for "nhsauth-app"')
    assert "load the private key once" in lines[5][0]


def test_a_token_in_its_time_is_not_habit(platform: Mock, client_credentials: Ask) -> None:
    for _ in range(8):
        client_credentials()
        platform.clock.advance(540)

    assert advice(platform) == []


def test_tokens_of_several_apps_are_counted_apart(platform: Mock, client_credentials: Ask) -> None:
    app = platform.apps.get("nhsauth-app")
    for number in range(6):
        name = f"app-{number}"
        platform.apps.add(type(app)(client_id=name, client_secret="s", name=name, key_name=app.key_name, kid=app.kid))
        client_credentials(client_assertion=platform.client_assertion(name))

    assert advice(platform) == []


def test_advice_is_about_what_came_before_whenever_it_is_read(platform: Mock, client_credentials: Ask) -> None:
    for _ in range(6):
        client_credentials()

    assert [len(record.advice) for record in platform.exchanges] == [0, 0, 0, 0, 1, 1]


def test_reading_advice_costs_the_same_however_long_the_journal_is(
    platform: Mock, client_credentials: Ask, http: Client
) -> None:
    client_credentials()
    for _ in range(300):
        http.get("/hello-world/hello/world")
    for _ in range(4):
        client_credentials()

    assert advice(platform) == []


def test_tokens_of_several_people_are_no_habit(platform: Mock, token_exchange: Ask) -> None:
    for _ in range(6):
        token_exchange()

    assert advice(platform) == []


def test_one_id_token_exchanged_for_each_call_is_noticed(platform: Mock, token_exchange: Ask) -> None:
    id_token = platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"))
    for _ in range(5):
        token_exchange(subject_token=id_token)

    assert advice(platform)[0].startswith('5 tokens in 0 ms for "nhsauth-app"')


# renewals


def test_a_renewal_as_soon_as_the_token_arrives(platform: Mock, token_exchange: Ask, post: Ask) -> None:
    token = token_exchange().get_json()["refresh_token"]
    lines = []
    for _ in range(3):
        platform.clock.advance(5)
        answer = post(grant_type="refresh_token", refresh_token=token, **SECRET)
        token = answer.get_json()["refresh_token"]
        lines.append(advice(platform))

    assert lines[:2] == [[], []]
    assert lines[2][0].startswith("3 renewals in a row, each within 5.0 s of the token before it")
    assert "int(expires_in) - 60" in lines[2][0]


def test_renewals_of_several_people_are_counted_apart(platform: Mock, token_exchange: Ask, post: Ask) -> None:
    tokens = [token_exchange().get_json()["refresh_token"] for _ in range(5)]
    for token in tokens:
        post(grant_type="refresh_token", refresh_token=token, **SECRET)

    assert advice(platform) == []


def test_renewals_at_nhs_login_as_soon_as_the_token_arrives(platform: Mock, http: Client) -> None:
    platform.apps.change("nhsauth-app", redirect_uris=(REDIRECT,))
    url = f"{platform.url}{platform.provider('nhs_login').provider.endpoint('token')}"
    code = platform.issue_code("nhs_login", LogInRequest(client_id="nhsauth-app"), REDIRECT)
    grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    for _ in range(4):
        proof = {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": platform.client_assertion("nhsauth-app", token_url=url),
        }
        answer = http.post(url, data={**grant, **proof}, base_url=platform.url)
        grant = {"grant_type": "refresh_token", "refresh_token": answer.get_json()["refresh_token"]}
        platform.clock.advance(2)

    assert any(reported.startswith("3 renewals in a row, each within 2.0 s") for reported in advice(platform))


def test_renewals_in_their_time(platform: Mock, token_exchange: Ask, post: Ask) -> None:
    token = token_exchange().get_json()["refresh_token"]
    for _ in range(4):
        platform.clock.advance(540)
        token = post(grant_type="refresh_token", refresh_token=token, **SECRET).get_json()["refresh_token"]

    assert advice(platform) == []


# one request


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"exp": NOW + 307}, "exp is 307 s ahead, which passes by the grace of 10 s alone"),
        ({"iat": NOW + 6}, "iat is 6.0 s ahead of the service's clock, of which 10 s are forgiven"),
        ({"nbf": NOW + 3, "iat": NOW}, "nbf is 3.0 s ahead"),
    ],
)
def test_a_clock_that_is_nearly_too_fast(
    platform: Mock, client_credentials: Ask, claims: dict[str, Any], words: str
) -> None:
    answer = client_credentials(
        client_assertion=platform.client_assertion("nhsauth-app", alterations=Alterations(claims=claims))
    )

    assert answer.status_code == 200
    assert words in advice(platform)[0]


@pytest.mark.parametrize("claims", [{"exp": NOW + 300}, {"iat": NOW, "nbf": NOW}, {"exp": NOW + 60}])
def test_a_lifetime_that_is_right(platform: Mock, client_credentials: Ask, claims: dict[str, Any]) -> None:
    client_credentials(
        client_assertion=platform.client_assertion("nhsauth-app", alterations=Alterations(claims=claims))
    )

    assert advice(platform) == []


@pytest.mark.parametrize(
    ("kid", "advised"),
    [("private.pem", True), ("keys/int.key", True), ("app-int-1", False), ("1.0", False), ("a/b+c=", False)],
)
def test_a_key_that_is_named_by_its_file(platform: Mock, client_credentials: Ask, kid: str, *, advised: bool) -> None:
    key = publish(platform, {"kid": kid})
    assertion = platform.client_assertion("nhsauth-app", key=key, alterations=Alterations(headers={"kid": kid}))

    answer = client_credentials(client_assertion=assertion)

    assert answer.status_code == 200
    assert any("the name of a file" in reported for reported in advice(platform)) is advised


def publish(platform: Mock, members: dict[str, str]) -> KeyPair:
    """Register the app's own key set by hand, changed; returns the key."""
    app = platform.apps.get("nhsauth-app")
    key, (public,) = platform.apps.key(app), platform.apps.jwks(app)["keys"]
    assert key is not None
    platform.apps.change("nhsauth-app", jwks={"keys": [{**public, **members}]})
    return key


def test_a_secret_in_the_url(platform: Mock, http: Client) -> None:
    audience = platform.configuration.apim.audiences[0]
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": platform.client_assertion("nhsauth-app", token_url=audience),
    }

    answer = http.post("/oauth2/token?client_secret=nhsauth-secret", data=form, base_url=platform.url)

    assert answer.status_code == 200
    assert advice(platform)[0].startswith("client_secret in the URL: URLs end in logs")
    assert "nhsauth-secret" not in advice(platform)[0]


# at an identity provider


def test_an_api_key_at_cis2_that_the_mock_takes_for_a_client_id(platform: Mock, http: Client) -> None:
    key = "0123456789abcdefghijABCDEFGHIJKL"
    app = platform.apps.get("nhsauth-app")
    platform.apps.add(
        type(app)(
            client_id=key,
            client_secret="s",
            name="own",
            key_name=app.key_name,
            kid=app.kid,
            redirect_uris=(REDIRECT,),
            cis2_auth_method="private_key_jwt",
        )
    )
    path = platform.provider("cis2").provider.endpoint("token")
    form = {
        "grant_type": "authorization_code",
        "code": platform.issue_code("cis2", LogInRequest(client_id=key), REDIRECT),
        "redirect_uri": REDIRECT,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": platform.client_assertion(key, token_url=f"{platform.url}{path}"),
    }

    answer = http.post(path, data=form, base_url=platform.url)

    assert answer.status_code == 200
    assert any("looks like an API key" in reported for reported in advice(platform))


@pytest.mark.parametrize(
    ("provider", "path", "meant"),
    [
        ("cis2", "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/token", "Healthcare/access_token?"),
        ("cis2", "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/authorise", "Healthcare/authorize?"),
    ],
)
def test_a_path_of_a_provider_that_is_nearly_right(
    platform: Mock, http: Client, provider: str, path: str, meant: str
) -> None:
    answer = http.post(path, data={"grant_type": "authorization_code"}, base_url=platform.url)

    assert (answer.status_code, platform.exchanges.last.service) == (404, provider)
    assert meant in advice(platform)[0]


# at an API


@pytest.fixture
def call(platform: Mock, http: Client, token_exchange: Ask) -> Ask:
    """Call an API for people with a live token."""

    def send(user: str | None = None, *, late: float = 0, **headers: str) -> TestResponse:
        id_token = platform.id_token("cis2", LogInRequest(client_id="nhsauth-app", user=user))
        token = token_exchange(subject_token=id_token).get_json()["access_token"]
        platform.clock.advance(late)
        return http.get("/hello-world/hello/user", headers={"Authorization": f"Bearer {token}", **headers})

    return send


@pytest.mark.parametrize(
    ("sent", "advised"), [("1234", True), ("60E0B220-8136-4CA5-AE46-1D97EF59D068", False), (None, False)]
)
def test_a_request_id_is_a_uuid(platform: Mock, call: Ask, sent: str | None, *, advised: bool) -> None:
    answer = call(**({"X-Request-ID": sent} if sent else {}))

    assert answer.status_code == 200
    assert any('X-Request-ID is "1234", no UUID' in reported for reported in advice(platform)) is advised


def test_a_token_has_time_enough_with_five_seconds_left(platform: Mock, call: Ask) -> None:
    answer = call(late=595)

    assert (answer.status_code, advice(platform)) == (200, [])


def test_a_token_in_its_last_seconds(platform: Mock, call: Ask) -> None:
    answer = call(late=597)

    assert answer.status_code == 200
    assert advice(platform) == ["The token has 3.0 s left: renew it a minute before it expires."]


ROLES = {"nhsid_nrbac_roles": [{"person_roleid": "555000000001"}, {"person_roleid": "555000000002"}]}


@pytest.fixture
def two_roles(platform: Mock) -> str:
    person = Person(provider="cis2", id="777000000001", level="aal3", claims=ROLES)
    platform.store.people.put((person.provider, person.id), person)
    return person.id


def test_a_person_of_several_roles_without_the_header(platform: Mock, call: Ask, two_roles: str) -> None:
    answer = call(two_roles)
    request = Request(method="GET", base="http://mock", target="/patients/1", path="/1")
    exchange = Exchange(request=request, service=gateway(platform), now=NOW)
    exchange.token = platform.store.access_tokens.values()[-1]

    reported = list(advise(exchange, platform.exchanges.last))

    assert (answer.status_code, advice(platform)) == (200, [])
    assert reported[0].startswith(
        'The person has 2 roles (["555000000001", "555000000002"]) and there is no header NHSD-Session-URID'
    )


def gateway(platform: Mock) -> Service:
    """What stands before an API of a team's own."""
    return Service(
        settings=platform.configuration.apim,
        clock=platform.clock,
        store=platform.store,
        identifiers=platform.identifiers,
        journal=platform.exchanges,
    )


def test_a_role_that_the_person_has_not(platform: Mock, call: Ask, two_roles: str) -> None:
    answer = call(two_roles, **{"NHSD-Session-URID": "555000000009"})

    assert answer.status_code == 200
    assert advice(platform)[0].startswith('NHSD-Session-URID is "555000000009", none of the person\'s roles')


def test_a_role_that_the_person_has(platform: Mock, call: Ask, two_roles: str) -> None:
    answer = call(two_roles, **{"NHSD-Session-URID": "555000000002"})

    assert (answer.status_code, advice(platform)) == (200, [])


# private keys in a JWT


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize(
    "written",
    [
        f"{BEGIN} PRIVATE KEY",
        f"{BEGIN} RSA PRIVATE KEY",
        f"{BEGIN} PRIVATE\\u0020KEY",
        "\\u002d----BEGIN PRIVATE KEY",
    ],
)
def test_a_private_key_in_a_jwt_is_seen_however_it_is_escaped(part: int, written: str) -> None:
    parts = ["{}", "{}"]
    parts[part] = f'{{"a": "{written}-----"}}'

    assert is_private(f"{'.'.join(b64url(each) for each in parts)}.")


@pytest.mark.parametrize(
    "value",
    [
        b64url(json.dumps({"kty": "RSA", "d": "y" * 80})),
        f"eyJ9.eyJ9. {BEGIN} PRIVATE KEY-----",
        f"eyJ9.{BEGIN} EC PRIVATE KEY-----",
    ],
)
def test_a_private_key_that_begins_as_a_jwt_is_seen(value: str) -> None:
    assert value.startswith("eyJ")
    assert is_private(value)


@pytest.mark.parametrize("value", ["a.b.c", "{}.{}.", "é.é.é", f"{'a.' * 99}", "eyJ9.eyJ9.", "."])
def test_what_is_not_jwt_holds_no_private_key(value: str) -> None:
    assert not is_private(value)


def test_an_applications_own_token_has_no_role_to_be_wrong(
    platform: Mock, client_credentials: Ask, http: Client
) -> None:
    token = client_credentials().get_json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "NHSD-Session-URID": "555000000009"}

    answer = http.get("/hello-world/hello/application", headers=headers)

    assert (answer.status_code, advice(platform)) == (200, [])


def test_a_person_who_is_removed_since_has_no_role_left(platform: Mock, call: Ask, two_roles: str) -> None:
    call(two_roles)
    token = platform.store.access_tokens.values()[-1]
    platform.store.people.take(("cis2", two_roles))
    request = Request(method="GET", base="http://mock", target="/", path="/", headers={"nhsd-session-urid": "1"})
    exchange = Exchange(request=request, service=gateway(platform), now=NOW)
    exchange.token = token

    (reported,) = advise(exchange, platform.exchanges.last)

    assert reported.startswith('NHSD-Session-URID is "1", none of the person\'s roles, which are []')


def test_a_person_of_one_role_needs_no_header(platform: Mock, call: Ask) -> None:
    roles = {"nhsid_nrbac_roles": ROLES["nhsid_nrbac_roles"][:1]}
    person = Person(provider="cis2", id="777000000002", level="aal3", claims=roles)
    platform.store.people.put((person.provider, person.id), person)
    call(person.id)
    request = Request(method="GET", base="http://mock", target="/patients/1", path="/1")
    exchange = Exchange(request=request, service=gateway(platform), now=NOW)
    exchange.token = platform.store.access_tokens.values()[-1]

    assert list(advise(exchange, platform.exchanges.last)) == []
