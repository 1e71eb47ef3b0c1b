"""The switches where the real service is in doubt, and the names under which the mock is called."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.sections import ApimSettings
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import READY_MADE_APP, Configuration

URL = "http://127.0.0.1:8080"
NOW = 1_800_000_000.0
FORM = {
    "grant_type": "client_credentials",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
}
EXCHANGE = {
    **FORM,
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
}


def started(ring: KeyRing, **members: Any) -> Mock:
    clock = Clock()
    clock.set(NOW, frozen=True)
    return Mock(Configuration(**members), ring=ring, clock=clock)


def ask(
    platform: Mock, *, audience: str | None = None, headers: Mapping[str, str] | None = None, **changes: Any
) -> TestResponse:
    form = {**FORM, "client_assertion": platform.client_assertion("nhsauth-app", token_url=audience), **changes}
    return Client(platform).post("/oauth2/token", data=form, base_url=URL, headers=dict(headers or {}))


def exchange(platform: Mock, **changes: Any) -> dict[str, str]:
    tokens = {
        "client_assertion": platform.client_assertion("nhsauth-app"),
        "subject_token": platform.id_token("cis2", LogInRequest(client_id="nhsauth-app")),
    }
    form = {**EXCHANGE, **tokens, **changes}
    members: dict[str, str] = Client(platform).post("/oauth2/token", data=form, base_url=URL).get_json()
    return members


def sentence(answer: TestResponse) -> tuple[int, str | None]:
    return answer.status_code, answer.get_json().get("error_description")


def test_a_charset_suffix_is_refused_when_the_source_is_taken_at_its_word(ring: KeyRing) -> None:
    platform = started(ring, apim=ApimSettings(strict_content_type=True))

    answer = ask(platform, headers={"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"})

    assert sentence(answer) == (415, "Content-Type header must be application/x-www-form-urlencoded")


def test_an_unknown_client_meets_the_bare_fault_that_sandbox_showed_when_set_so(ring: KeyRing) -> None:
    platform = started(ring, apim=ApimSettings(sandbox_unknown_client=True))
    assertion = platform.client_assertion("nhsauth-app", alterations=Alterations(claims={"iss": "x", "sub": "x"}))

    answer = ask(platform, client_assertion=assertion)

    assert answer.status_code == 500
    assert answer.get_json() == {
        "fault": {
            "faultstring": "Invalid client identifier {0}",
            "detail": {"errorcode": "oauth.v2.InvalidClientIdentifier"},
        }
    }


def test_a_known_client_is_not_touched_by_the_sandbox_setting(ring: KeyRing) -> None:
    assert ask(started(ring, apim=ApimSettings(sandbox_unknown_client=True))).status_code == 200


def test_lifetimes_follow_the_settings_a_second_short(ring: KeyRing) -> None:
    settings = ApimSettings(access_token_lifetime=120, refresh_token_lifetime=1000, session_lifetime=5000)

    members = exchange(started(ring, apim=settings))

    assert (members["expires_in"], members["refresh_token_expires_in"]) == ("119", "999")


def test_a_refresh_token_never_outlives_its_session(ring: KeyRing) -> None:
    settings = ApimSettings(refresh_token_lifetime=5000, session_lifetime=100)

    assert exchange(started(ring, apim=settings))["refresh_token_expires_in"] == "99"


def test_a_jti_is_remembered_for_as_many_days_as_set(ring: KeyRing) -> None:
    platform = started(ring, apim=ApimSettings(remember_jti_days=1))

    def use() -> TestResponse:
        claims = {"jti": "once", "exp": int(platform.clock.now()) + 300}
        assertion = platform.client_assertion("nhsauth-app", alterations=Alterations(claims=claims))
        return ask(platform, client_assertion=assertion)

    first = use()
    platform.clock.advance(86_399)
    within = use()
    platform.clock.advance(1)
    after = use()

    assert [answer.status_code for answer in (first, within, after)] == [200, 400, 200]
    assert within.get_json()["error_description"] == "Non-unique 'jti' claim in client_assertion JWT"


@pytest.mark.parametrize("audience", ["https://int.api.service.nhs.uk/oauth2/token", f"{URL}/oauth2/token"])
def test_the_called_url_and_the_configured_ones_are_good_audiences(ring: KeyRing, audience: str) -> None:
    assert ask(started(ring), audience=audience).status_code == 200


def test_another_configured_audience_takes_the_place_of_the_default(ring: KeyRing) -> None:
    platform = started(ring, apim=ApimSettings(audiences=("https://ref.api.service.nhs.uk/oauth2/token",)))

    answers = [
        ask(platform, audience=f"https://{environment}.api.service.nhs.uk/oauth2/token")
        for environment in ("ref", "int")
    ]

    assert [answer.status_code for answer in answers] == [200, 401]


def test_an_app_of_another_environment_is_unknown_and_the_diagnosis_says_why(ring: KeyRing) -> None:
    platform = started(ring, apps=(replace(READY_MADE_APP, environments=("ref",)),))

    answer = ask(platform)

    assert sentence(answer) == (401, "Invalid 'iss'/'sub' claims in client_assertion JWT")
    assert platform.exchanges.last.diagnosis == 'App "nhsauth app" is known, but not in environment int.'


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("10.0.0.1", 200),
        ("::ffff:10.0.0.1", 200),
        ("10.0.0.2", 401),
        ("172.28.0.9", 200),
        ("172.28.1.9", 401),
        ("fd00::7", 200),
        ("fd01::7", 401),
        ("", 401),
    ],
)
def test_only_a_trusted_proxy_says_which_url_was_called(ring: KeyRing, address: str, status: int) -> None:
    platform = started(ring, trusted_proxies=("10.0.0.1", "172.28.0.0/24", "fd00::/16"))
    assertion = platform.client_assertion("nhsauth-app", token_url="https://auth.example/oauth2/token")

    answer = Client(platform).post(
        "/oauth2/token",
        data={**FORM, "client_assertion": assertion},
        base_url=URL,
        headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "auth.example, inner.example"},
        environ_base={"REMOTE_ADDR": address},
    )

    assert answer.status_code == status


def test_an_id_token_got_under_a_public_url_is_good(ring: KeyRing) -> None:
    platform = started(ring, public_urls=("http://mock:8080/",))
    token = platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"), base="http://mock:8080")

    assert "access_token" in exchange(platform, subject_token=token)


def test_an_id_token_of_a_name_that_is_not_the_mocks_is_untrusted(ring: KeyRing) -> None:
    platform = started(ring)
    token = platform.id_token("cis2", LogInRequest(client_id="nhsauth-app"), base="http://elsewhere")

    members = exchange(platform, subject_token=token)

    assert members["error_description"] == "Missing or non-matching 'iss' claim in subject_token JWT"
    assert "elsewhere" in (platform.exchanges.last.diagnosis or "")


def test_the_query_string_is_part_of_the_audience(ring: KeyRing) -> None:
    platform = started(ring)

    def posted(audience: str) -> int:
        form = {**FORM, "client_assertion": platform.client_assertion("nhsauth-app", token_url=audience)}
        return Client(platform).post("/oauth2/token?x=%20y", data=form, base_url=URL).status_code

    assert posted(f"{URL}/oauth2/token?x=%20y") == 200
    assert posted(f"{URL}/oauth2/token") == 401
