"""The two caches of key sets and their different rules."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from mock_servers.faults.fetching import without_faults
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose import keys
from mock_servers.jose.jwks import HttpFetcher
from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyPair
from mock_servers.mock import Mock

WANTED = LogInRequest(client_id="nhsauth-app")
UNKNOWN = (
    "An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: "
    "https://digital.nhs.uk/developer/help-and-support quoting Message ID"
)
UNKNOWN_KID = "Invalid 'kid' header in client_assertion JWT - no matching public key"

Ask = Callable[..., TestResponse]


def outcome(answer: TestResponse) -> tuple[int, str | None]:
    return answer.status_code, answer.get_json().get("error_description")


@pytest.fixture
def rotated(platform: Mock, client_credentials: Ask) -> KeyPair:
    """The app's set was fetched; then its key got another kid."""
    client_credentials()
    pair = platform.apps.key(platform.apps.get("nhsauth-app"))
    assert pair is not None
    new = replace(pair, kid="new")
    platform.apps.change("nhsauth-app", jwks=keys.jwks(new, alg="RS512"))
    return new


def test_a_new_key_of_an_app_is_not_seen_within_the_hour(
    platform: Mock, client_credentials: Ask, rotated: KeyPair
) -> None:
    platform.clock.advance(3599)

    answer = client_credentials(client_assertion=platform.client_assertion("nhsauth-app", key=rotated))

    assert outcome(answer) == (401, UNKNOWN_KID)


def test_a_new_key_of_an_app_is_seen_after_the_hour(platform: Mock, client_credentials: Ask, rotated: KeyPair) -> None:
    platform.clock.advance(3600)

    answer = client_credentials(client_assertion=platform.client_assertion("nhsauth-app", key=rotated))

    assert outcome(answer) == (200, None)


def test_the_diagnosis_says_when_the_set_is_read_again(
    platform: Mock, client_credentials: Ask, rotated: KeyPair
) -> None:
    platform.clock.advance(720)

    client_credentials(client_assertion=platform.client_assertion("nhsauth-app", key=rotated))

    diagnosis = platform.exchanges.last.diagnosis or ""
    assert 'kid is "new"; the registered set has ["nhsauth-1"]' in diagnosis
    assert "fetched 12 min ago and is read again 48 min from now" in diagnosis


def test_a_clock_that_went_back_reads_the_set_again(platform: Mock, client_credentials: Ask, rotated: KeyPair) -> None:
    platform.clock.advance(-60)

    answer = client_credentials(client_assertion=platform.client_assertion("nhsauth-app", key=rotated))

    assert outcome(answer) == (200, None)


def test_a_key_set_that_could_not_be_fetched_is_asked_again(platform: Mock, client_credentials: Ask) -> None:
    platform.apps.change("nhsauth-app", jwks_url=f"{platform.url}/nowhere")
    refused = client_credentials()
    platform.apps.change("nhsauth-app", jwks_url=None)

    answer = client_credentials()

    assert outcome(refused) == (403, "The JWKS endpoint, for your client_assertion can't be reached")
    assert outcome(answer) == (200, None)


def test_what_is_not_key_set_is_kept_for_the_hour_all_the_same(
    platform: Mock, client_credentials: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: dict[str, Any] = {"kty": "RSA"}
    monkeypatch.setattr(platform.apps, "jwks", lambda _: served)
    first = client_credentials()
    monkeypatch.undo()

    second = client_credentials()

    assert [first.status_code, second.status_code] == [401, 401]
    assert first.get_json()["error"] == second.get_json()["error"] == "unknown_error"


def test_a_new_key_of_a_provider_is_seen_at_once(platform: Mock, token_exchange: Ask) -> None:
    token_exchange()
    other = replace(platform.providers["nhs_login"].key(), kid="new")
    object.__setattr__(platform.providers["cis2"], "key", lambda: other)

    answer = token_exchange()

    assert outcome(answer) == (200, None)


def test_a_removed_key_of_a_provider_is_good_for_a_day(platform: Mock, token_exchange: Ask) -> None:
    token_exchange()
    old = platform.id_token("cis2", WANTED, Alterations(claims={"exp": platform.clock.now() + 200_000}))
    other = replace(platform.providers["nhs_login"].key(), kid="new")
    object.__setattr__(platform.providers["cis2"], "key", lambda: other)

    platform.clock.advance(86_399)
    within = token_exchange(subject_token=old)
    platform.clock.advance(1)
    after = token_exchange(subject_token=old)

    assert outcome(within) == (200, None)
    assert outcome(after) == (401, "Invalid 'kid' header in subject_token JWT - no matching public key")


def test_a_provider_whose_key_set_cannot_be_fetched_is_the_catch_all_and_nothing_is_kept(
    platform: Mock, token_exchange: Ask
) -> None:
    fetched_own, jwks = platform.own, platform.providers["cis2"].provider.endpoint("jwks")
    down = HttpFetcher(own=lambda url: (503, b"") if url.endswith(jwks) else fetched_own(url))
    service = platform.token_services[0]
    up = service.fetch
    object.__setattr__(service, "fetch", down)
    refused = token_exchange()
    object.__setattr__(service, "fetch", up)

    answer = token_exchange()

    assert outcome(answer) == (200, None)
    assert refused.status_code == 500
    assert list(refused.get_json().items())[:2] == [("error", "unknown_error"), ("error_description", UNKNOWN)]


@pytest.mark.parametrize("url", ["https://google.com", "http://invalid_url", "nonsense", "ftp://127.0.0.1/x"])
def test_a_registered_url_of_another_form_is_unreachable(platform: Mock, client_credentials: Ask, url: str) -> None:
    platform.apps.change("nhsauth-app", jwks_url=url)

    answer = client_credentials()

    assert answer.get_json()["error"] == "public_key error"
    assert outcome(answer) == (403, "The JWKS endpoint, for your client_assertion can't be reached")


def counted(platform: Mock) -> list[str]:
    """The URLs that the platform is asked for in process from now on."""
    asked: list[str] = []
    own = platform.own

    def fetched(url: str) -> tuple[int, bytes] | None:
        asked.append(url)
        return own(url)

    for service in platform.token_services:
        object.__setattr__(without_faults(service.fetch), "own", fetched)
    return asked


def test_the_mocks_own_key_sets_are_kept_when_the_state_is_put_back(platform: Mock, token_exchange: Ask) -> None:
    state, asked = platform.snapshot(), counted(platform)
    token_exchange()
    platform.restore(state)

    answer = token_exchange()

    assert (answer.status_code, len(asked)) == (200, 2)


def test_with_a_changed_app_every_key_set_is_fetched_anew_when_the_state_is_put_back(
    platform: Mock, token_exchange: Ask
) -> None:
    state, asked = platform.snapshot(), counted(platform)
    token_exchange()
    platform.apps.change("nhsauth-app", name="another")
    platform.restore(state)

    answer = token_exchange()

    assert (answer.status_code, len(asked)) == (200, 4)
