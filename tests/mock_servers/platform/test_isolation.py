"""Two platforms with different settings and clocks live in one process without seeing each other."""

from dataclasses import replace

from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.sections import ApimSettings
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import READY_MADE_APP, Configuration

FORM = {
    "grant_type": "client_credentials",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
}


def platform(ring: KeyRing, *, lifetime: int, now: float, client_id: str = "nhsauth-app") -> Mock:
    clock = Clock()
    clock.set(now, frozen=True)
    configuration = Configuration(
        apim=ApimSettings(access_token_lifetime=lifetime), apps=(replace(READY_MADE_APP, client_id=client_id),)
    )
    return Mock(configuration, ring=ring, clock=clock)


def asked(mock: Mock, client_assertion: str) -> TestResponse:
    form = {**FORM, "client_assertion": client_assertion}
    return Client(mock).post("/oauth2/token", data=form, base_url=mock.url)


def token(mock: Mock) -> dict[str, str]:
    members: dict[str, str] = asked(mock, mock.client_assertion("nhsauth-app")).get_json()
    return members


def test_each_has_its_own_settings_and_clock(ring: KeyRing) -> None:
    one, other = platform(ring, lifetime=600, now=1000), platform(ring, lifetime=60, now=9_000_000)

    first, second = token(one), token(other)

    assert (first["expires_in"], first["issued_at"]) == ("599", "1000000")
    assert (second["expires_in"], second["issued_at"]) == ("59", "9000000000")


def test_one_does_not_know_the_apps_of_the_other(ring: KeyRing) -> None:
    one, other = platform(ring, lifetime=600, now=1000), platform(ring, lifetime=600, now=1000, client_id="other")

    answer = asked(one, other.client_assertion("other", token_url=one.token_url))
    members = answer.get_json()

    assert asked(other, other.client_assertion("other")).status_code == 200
    assert (answer.status_code, members["error"], members["error_description"]) == (
        401,
        "invalid_request",
        "Invalid 'iss'/'sub' claims in client_assertion JWT",
    )


def test_one_does_not_know_the_tokens_and_journal_of_the_other(ring: KeyRing) -> None:
    one, other = platform(ring, lifetime=600, now=1000), platform(ring, lifetime=600, now=1000)

    bearer = {"Authorization": f"Bearer {token(one)['access_token']}"}
    answers = [Client(mock).get("/hello-world/hello/application", headers=bearer) for mock in (one, other)]

    assert [answer.status_code for answer in answers] == [200, 401]
    assert [record.path for record in one.exchanges] == ["/oauth2/token", "/hello-world/hello/application"]
    assert [record.path for record in other.exchanges] == ["/hello-world/hello/application"]


def test_a_jti_used_at_one_is_fresh_at_the_other(ring: KeyRing) -> None:
    one, other = platform(ring, lifetime=600, now=1000), platform(ring, lifetime=600, now=1000)
    form = {**FORM, "client_assertion": one.client_assertion("nhsauth-app")}

    statuses = [Client(mock).post("/oauth2/token", data=form, base_url=one.url).status_code for mock in (one, other)]

    assert statuses == [200, 200]


def test_a_jti_used_at_oauth2_is_used_at_oauth2_mock_of_the_same_platform(ring: KeyRing) -> None:
    mock = platform(ring, lifetime=600, now=1000)
    form = {**FORM, "client_assertion": mock.client_assertion("nhsauth-app")}
    Client(mock).post("/oauth2/token", data=form, base_url=mock.url)

    again = Client(mock).post("/oauth2-mock/token", data=form, base_url=mock.url)

    assert again.get_json()["error_description"] == "Non-unique 'jti' claim in client_assertion JWT"


def test_an_id_token_of_a_provider_is_not_good_where_the_mock_realms_are_trusted(ring: KeyRing) -> None:
    mock = platform(ring, lifetime=600, now=1000)
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "client_assertion_type": FORM["client_assertion_type"],
    }

    def exchanged(provider: str, mount: str) -> int:
        url = f"{mock.url}{mount}/token"
        tokens = {
            "client_assertion": mock.client_assertion("nhsauth-app", token_url=url),
            "subject_token": mock.id_token(provider, LogInRequest(client_id="nhsauth-app")),
        }
        return Client(mock).post(f"{mount}/token", data={**form, **tokens}, base_url=mock.url).status_code

    assert exchanged("cis2", "/oauth2") == 200
    assert exchanged("cis2", "/oauth2-mock") == 400
    assert exchanged("Cis2-mock-internal-dev", "/oauth2-mock") == 200
    assert exchanged("NHS-Login-mock-internal-dev", "/oauth2-mock") == 200
    assert exchanged("Cis2-mock-internal-dev", "/oauth2") == 400
