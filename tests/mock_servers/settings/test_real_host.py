"""Under real host names each host serves its own paths alone, and each environment trusts its own issuers."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider import log_ins
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.provider.cis2 import PATH
from mock_servers.settings.real_host import HOSTS, Hosts, RealHost
from mock_servers.settings.sections import ApimSettings
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Configuration

INT, REF, PROD = "int.api.service.nhs.uk", "ref.api.service.nhs.uk", "api.service.nhs.uk"
CIS2 = "am.nhsint.auth-ptl.cis2.spineservices.nhs.uk"
CIS2_DEV, CIS2_LIVE = "am.nhsdev.auth-ptl.cis2.spineservices.nhs.uk", "am.nhsidentity.spineservices.nhs.uk"
NHS_LOGIN, SANDPIT = "auth.aos.signin.nhs.uk", "auth.sandpit.signin.nhs.uk"
REALMS = "identity.ptl.api.platform.nhs.uk"
WELL_KNOWN = "/.well-known/openid-configuration"
REDIRECT = "https://app.example/callback"
UNTRUSTED = "Missing or non-matching 'iss' claim in subject_token JWT"

Call = Callable[..., TestResponse]


@pytest.fixture
def platform(ring: KeyRing) -> Mock:
    clock = Clock()
    clock.set(1_800_000_000.0, frozen=True)
    made = Mock(ring=ring, clock=clock)
    for host in HOSTS:
        made.names.origins.add(host.origin)
    made.apps.change("nhsauth-app", redirect_uris=(REDIRECT,))
    return made


@pytest.fixture
def call(platform: Mock) -> Call:
    return caller(platform)


def caller(platform: Mock) -> Call:
    http = Client(platform)

    def send(host: str, path: str, form: Mapping[str, Any] | None = None, **headers: str) -> TestResponse:
        method = "GET" if form is None else "POST"
        return http.open(path, method=method, data=form, base_url=f"https://{host}", headers=headers)

    return send


def redemption(landed: str) -> dict[str, str]:
    """The form that redeems the code with which a browser landed."""
    return {
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(landed).query)["code"][0],
        "redirect_uri": REDIRECT,
        "client_id": "nhsauth-app",
        "client_secret": "nhsauth-secret",
    }


@pytest.fixture
def exchange(platform: Mock, call: Call) -> Callable[..., TestResponse]:
    """Exchange an id token at one of the platform's hosts."""

    def send(host: str, id_token: str, mount: str = "/oauth2", aud: str | None = None) -> TestResponse:
        url = aud or f"https://{host}{mount}/token"
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": platform.client_assertion("nhsauth-app", token_url=url),
            "subject_token": id_token,
        }
        return call(host, f"{mount}/token", form)

    return send


@pytest.fixture
def id_token(call: Call) -> Callable[..., str]:
    """Log in at a provider's real host, and redeem the code there."""

    def get(host: str, path: str = PATH) -> str:
        query = f"response_type=code&client_id=nhsauth-app&redirect_uri={REDIRECT}&scope=openid&state=s&nonce=n"
        answer = call(host, f"{path}/authorize?{query}&nhsauth_user=656005750104")
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
        proof = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **proof}
        return str(call(host, f"{path}/access_token", form).get_json()["id_token"])

    return get


@pytest.mark.parametrize("written", [INT, INT.upper(), f"{INT}:443", f"{INT}."])
def test_a_host_is_found_however_it_is_written(written: str) -> None:
    row = Hosts().find(written)

    assert row is not None
    assert (row.name, row.plays, row.environment) == (INT, "platform", "int")


@pytest.mark.parametrize(
    "look_alike", [f"{INT}.evil.example", f"x{INT}", "int-api.service.nhs.uk", "127.0.0.1", "localhost", "", ":443"]
)
def test_a_look_alike_is_not_real_host(look_alike: str) -> None:
    assert Hosts().find(look_alike) is None


@pytest.mark.parametrize("origin", [f"http://{INT}", f"https://{INT}:8443", f"ftp://{INT}", INT])
def test_only_https_on_its_own_port_is_the_origin_of_a_real_host(origin: str) -> None:
    assert Hosts().of_origin(origin) is None


def test_names_are_unique() -> None:
    assert len({host.name for host in HOSTS}) == len(HOSTS)


@pytest.mark.parametrize(
    ("host", "path"),
    [
        (INT, "/oauth2/_ping"),
        (INT, "/hello-world/hello/world"),
        (CIS2, f"{PATH}{WELL_KNOWN}"),
        (NHS_LOGIN, WELL_KNOWN),
        (REALMS, f"/realms/Cis2-mock-internal-dev{WELL_KNOWN}"),
        (REALMS, f"/realms/NHS-Login-mock-int{WELL_KNOWN}"),
    ],
)
def test_each_host_serves_its_own_paths_alone(call: Call, host: str, path: str) -> None:
    statuses = {each: call(each, path).status_code for each in (INT, CIS2, NHS_LOGIN, REALMS)}

    assert statuses == {each: 200 if each == host else 404 for each in statuses}


@pytest.mark.parametrize("origin", [f"http://{INT}", f"http://{INT}:8080", f"https://{INT}:8443"])
def test_a_real_name_that_is_not_called_as_the_real_host_is_one_of_the_mocks_own(platform: Mock, origin: str) -> None:
    """As an alias in a container network: people must not be sent on to the real host from there."""
    http = Client(platform)
    query = f"response_type=code&client_id=nhsauth-app&redirect_uri={REDIRECT}&state=s"

    answer = http.get(f"/oauth2/authorize?{query}", base_url=origin)

    assert answer.headers["Location"].startswith(f"{origin}{PATH}/authorize?")


@pytest.mark.parametrize("path", ["/authorize", "/access_token", "/connect/jwk_uri", "/"])
def test_the_paths_of_cis2_lie_below_its_realm_alone(call: Call, path: str) -> None:
    answer = call(CIS2, path)

    assert (answer.status_code, answer.get_json()["error"]) == (404, "not_found")


def test_an_unknown_path_of_the_platform_is_its_gateways(call: Call) -> None:
    answer = call(INT, "/authorize")

    assert (answer.status_code, "fault" in answer.get_json()) == (404, True)


def test_production_has_no_mock_deployment(call: Call) -> None:
    assert [call(host, "/oauth2-mock/_ping").status_code for host in (INT, PROD)] == [200, 404]


@pytest.mark.parametrize("host", [host.name for host in HOSTS])
def test_the_mocks_own_api_is_at_no_real_host(call: Call, host: str) -> None:
    assert call(host, "/_nhsauth/status").status_code == 403


@pytest.mark.parametrize(
    ("host", "provider", "status"),
    [(INT, CIS2, 200), (INT, CIS2_DEV, 400), (INT, CIS2_LIVE, 400), (PROD, CIS2_LIVE, 200), (PROD, CIS2, 400)],
)
def test_an_environment_trusts_its_own_cis2_alone(
    id_token: Callable[..., str], exchange: Callable[..., TestResponse], host: str, provider: str, status: int
) -> None:
    answer = exchange(host, id_token(provider))

    body = answer.get_json()
    assert (answer.status_code, body.get("error_description")) == (status, None if status == 200 else UNTRUSTED)


def test_the_issuer_of_an_environment_nobody_has_called_yet_is_trusted_there(
    platform: Mock, exchange: Callable[..., TestResponse]
) -> None:
    token = platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"), base=f"https://{CIS2}")

    assert exchange(INT, token).status_code == 200


def test_providers_of_two_environments_have_keys_of_their_own(call: Call) -> None:
    kids = [call(host, f"{PATH}/connect/jwk_uri").get_json()["keys"][0]["kid"] for host in (CIS2, CIS2_LIVE)]

    assert len(set(kids)) == 2


def test_a_code_of_one_environment_is_not_redeemed_in_another(call: Call) -> None:
    query = f"response_type=code&client_id=nhsauth-app&redirect_uri={REDIRECT}&scope=openid&nhsauth_user=656005750104"
    answer = call(CIS2, f"{PATH}/authorize?{query}")
    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    proof = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **proof}

    answers = [call(host, f"{PATH}/access_token", form) for host in (CIS2_LIVE, CIS2)]

    assert [answer.status_code for answer in answers] == [400, 200]


def test_a_token_is_good_in_its_own_environment_alone(
    id_token: Callable[..., str], exchange: Callable[..., TestResponse], call: Call
) -> None:
    token = exchange(INT, id_token(CIS2)).get_json()["access_token"]

    statuses = {
        host: call(host, "/hello-world/hello/user", Authorization=f"Bearer {token}").status_code for host in (INT, REF)
    }

    assert statuses == {INT: 200, REF: 401}


@pytest.mark.parametrize(
    ("host", "mount", "aud", "status"),
    [
        (INT, "/oauth2", None, 200),
        (INT, "/oauth2", f"https://{REF}/oauth2/token", 401),
        (REF, "/oauth2", f"https://{INT}/oauth2/token", 401),
        (INT, "/oauth2", f"https://{INT}/oauth2-mock/token", 401),
        (INT, "/oauth2", f"https://{INT}/oauth2/token/", 401),
    ],
)
def test_aud_is_the_real_url_that_was_called(
    platform: Mock, exchange: Callable[..., TestResponse], host: str, mount: str, aud: str | None, status: int
) -> None:
    token = platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"), base=f"https://{CIS2}")

    assert exchange(host, token, mount, aud).status_code == status


@pytest.mark.parametrize(
    ("host", "mount", "scope", "at"),
    [
        (INT, "/oauth2", "", f"{CIS2}{PATH}/authorize"),
        (INT, "/oauth2", "nhs-login", f"{NHS_LOGIN}/authorize"),
        (PROD, "/oauth2", "", f"{CIS2_LIVE}{PATH}/authorize"),
        (INT, "/oauth2-mock", "", f"{REALMS}/realms/Cis2-mock-int/protocol/openid-connect/auth"),
        (
            "internal-dev.api.service.nhs.uk",
            "/oauth2-mock",
            "nhs-login",
            f"{REALMS}/realms/NHS-Login-mock-internal-dev/protocol/openid-connect/auth",
        ),
    ],
)
def test_people_are_sent_to_the_providers_real_host(call: Call, host: str, mount: str, scope: str, at: str) -> None:
    query = f"response_type=code&client_id=nhsauth-app&redirect_uri={REDIRECT}&state=s&scope={scope}"

    location = call(host, f"{mount}/authorize?{query}").headers["Location"]

    assert location.partition("?")[0] == f"https://{at}"
    assert parse_qs(urlsplit(location).query)["redirect_uri"] == [f"https://{host}{mount}/callback"]


@pytest.mark.parametrize(
    ("host", "mount", "scope", "user"),
    [
        (INT, "/oauth2", "nhs-cis2", "656005750104"),
        (INT, "/oauth2", "nhs-login", "9912003071"),
        (REF, "/oauth2", "nhs-cis2", "656005750104"),
        (INT, "/oauth2-mock", "nhs-cis2", "656005750104"),
        ("internal-dev.api.service.nhs.uk", "/oauth2-mock", "nhs-login", "9912003071"),
    ],
)
def test_the_combined_log_in_goes_through_the_real_hosts(
    platform: Mock, call: Call, host: str, mount: str, scope: str, user: str
) -> None:
    query = f"response_type=code&client_id=nhsauth-app&redirect_uri={REDIRECT}&state=s&scope={scope}"

    end = platform.log_in(f"https://{host}{mount}/authorize?{query}", user=user)

    assert end.startswith(f"{REDIRECT}?code=")
    assert call(host, f"{mount}/token", redemption(end)).status_code == 200


def test_userinfo_of_a_combined_log_in_comes_from_the_real_host(platform: Mock, call: Call) -> None:
    query = f"response_type=code&client_id=nhsauth-app&redirect_uri={REDIRECT}&state=s"
    end = platform.log_in(f"https://{INT}/oauth2/authorize?{query}", user="656005750104")
    token = call(INT, "/oauth2/token", redemption(end)).get_json()["access_token"]

    answer = call(INT, "/oauth2/userinfo", Authorization=f"Bearer {token}")

    assert (answer.status_code, answer.get_json()["sub"]) == (200, "656005750104")


def test_status_asks_the_real_hosts(call: Call) -> None:
    answer = call(INT, "/oauth2/_status", apikey="status").get_json()

    links = {name: check["links"]["self"] for name, check in answer["checks"].items()}
    assert answer["status"] == "pass"
    assert links == {
        "nhs-cis2": f"https://{CIS2}{PATH}{WELL_KNOWN}",
        "nhs-login": f"https://{NHS_LOGIN}{WELL_KNOWN}",
    }


def test_no_advice_is_given_about_names_that_are_the_real_ones(
    platform: Mock, id_token: Callable[..., str], exchange: Callable[..., TestResponse]
) -> None:
    exchange(INT, id_token(CIS2))

    assert platform.exchanges.last.advice == ()


@pytest.mark.parametrize(("host", "status"), [("internal-dev.api.service.nhs.uk", 200), (INT, 400)])
def test_the_development_realm_is_trusted_where_its_environment_is(
    id_token: Callable[..., str], exchange: Callable[..., TestResponse], host: str, status: int
) -> None:
    token = id_token(CIS2_DEV, "/openam/oauth2/realms/root/realms/oidc")

    claims = jwts.decode(token).claims
    assert (claims["iss"], claims["realm"]) == (
        f"https://{CIS2_DEV}:443/openam/oauth2/realms/root/realms/oidc",
        "/oidc",
    )
    assert exchange(host, token).status_code == status


def test_the_development_realm_is_at_no_other_environment(call: Call) -> None:
    path = f"/openam/oauth2/realms/root/realms/oidc{WELL_KNOWN}"

    assert [call(host, path).status_code for host in (CIS2_DEV, CIS2)] == [200, 404]


@pytest.mark.parametrize("host", [INT, REF, PROD])
def test_a_logout_at_cis2_ends_the_tokens_of_the_environment_it_began_in(platform: Mock, call: Call, host: str) -> None:
    query = f"response_type=code&client_id=nhsauth-app&redirect_uri={REDIRECT}&state=s"
    end = platform.log_in(f"https://{host}/oauth2/authorize?{query}", user="656005750104")
    token = call(host, "/oauth2/token", redemption(end)).get_json()["access_token"]
    provider = next(each for each in (CIS2, CIS2_LIVE) if (each == CIS2_LIVE) == (host == PROD))
    session = platform.store.provider_sessions.values()[-1]
    service = platform.provider_at(f"https://{provider}")
    hint = log_ins.issue_id_token(service, f"https://{provider}", session.log_in)

    before = call(host, "/oauth2/userinfo", Authorization=f"Bearer {token}").status_code
    call(provider, f"{PATH}/connect/endSession?id_token_hint={hint}")
    after = call(host, "/oauth2/userinfo", Authorization=f"Bearer {token}").status_code

    assert (before, after) == (200, 401)


def test_the_default_environment_decides_whose_providers_the_mock_plays_first(ring: KeyRing) -> None:
    platform = Mock(Configuration(apim=ApimSettings(environment="prod")), ring=ring)

    assert platform.providers["cis2"].provider.hosts == (CIS2_LIVE,)


def test_a_configuration_adds_hosts(ring: KeyRing) -> None:
    own = RealHost(name="pr-7.api.service.nhs.uk", plays="platform", environment="int")
    call = caller(Mock(Configuration(hosts=(own,)), ring=ring))

    assert call(own.name, "/oauth2/_ping").status_code == 200


def test_an_environment_that_is_configured_has_mock_realms(ring: KeyRing) -> None:
    own = RealHost(name="pr-7.api.service.nhs.uk", plays="platform", environment="pr-7")
    platform = Mock(Configuration(hosts=(own,)), ring=ring)
    platform.apps.change("nhsauth-app", redirect_uris=(REDIRECT,))
    platform.names.origins.add(own.origin)
    query = f"response_type=code&client_id=nhsauth-app&redirect_uri={REDIRECT}&state=s"

    end = platform.log_in(f"{own.origin}/oauth2-mock/authorize?{query}", user="656005750104")

    assert end.startswith(f"{REDIRECT}?code=")


def test_an_issuer_of_another_port_is_not_trusted(platform: Mock, exchange: Callable[..., TestResponse]) -> None:
    token = jwts.decode(platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"), base=f"https://{CIS2}"))
    moved = jwts.sign(
        token.header,
        {**token.claims, "iss": f"https://{CIS2}:8443{PATH}"},
        platform.provider("cis2").key().private,
    )

    answer = exchange(INT, moved)

    assert (answer.status_code, answer.get_json()["error_description"]) == (400, UNTRUSTED)
