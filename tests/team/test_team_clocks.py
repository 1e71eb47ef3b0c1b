"""A team's tests that stop or move the time of their own process, with the libraries that are usual for it."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest

from pytest_nhsauth import Client, IdTokenFactory, Platform, RegisteredApp, TokenError

freezegun = pytest.importorskip("freezegun", reason="the group test brings freezegun")
time_machine = pytest.importorskip("time_machine", reason="the group test brings time-machine")

Stopped = Callable[[datetime], AbstractContextManager[object]]

LATER = datetime(2031, 5, 1, 12, tzinfo=UTC)
LIBRARIES = [
    pytest.param(freezegun.freeze_time, id="freezegun"),
    pytest.param(lambda moment: time_machine.travel(moment, tick=False), id="time-machine"),
]


moves_the_mock = pytest.mark.nhsauth_in_process("a library stops the time of this process alone")


@moves_the_mock
@pytest.mark.parametrize("stopped_at", LIBRARIES)
class TestStoppedTime:
    def test_the_mock_s_time_is_the_process_s(self, nhsauth: Platform, stopped_at: Stopped) -> None:
        with stopped_at(LATER):
            assert nhsauth.clock.now() == LATER.timestamp()

    def test_an_exchange_goes_through(
        self, nhsauth_client: Client, nhsauth_id_token: IdTokenFactory, stopped_at: Stopped
    ) -> None:
        with stopped_at(LATER):
            token = nhsauth_client.token_exchange(nhsauth_id_token())

            assert token.expires_at == LATER.timestamp() + 599

    def test_a_token_ends_when_the_process_s_time_has_passed_it(
        self, nhsauth: Platform, nhsauth_client: Client, stopped_at: Stopped
    ) -> None:
        with stopped_at(LATER):
            token = nhsauth_client.client_credentials()
        with stopped_at(LATER + timedelta(seconds=600)):
            assert nhsauth_client.client_credentials() != token
        assert len(nhsauth.exchanges) == 2

    def test_the_mock_alone_can_be_moved_further(
        self, nhsauth: Platform, nhsauth_client: Client, stopped_at: Stopped
    ) -> None:
        with stopped_at(LATER):
            nhsauth.clock.advance(3600)

            assert (nhsauth.clock.now(), time.time()) == (LATER.timestamp() + 3600, LATER.timestamp())
            assert nhsauth_client.client_credentials().expires_at == LATER.timestamp() + 3600 + 599

    def test_code_with_another_time_than_the_mock_is_refused(
        self, nhsauth: Platform, nhsauth_app: RegisteredApp, stopped_at: Stopped
    ) -> None:
        own = Client(
            token_url=nhsauth.token_url,
            client_id=nhsauth_app.client_id,
            private_key=nhsauth_app.private_key,
            kid=nhsauth_app.kid,
        )
        with own, stopped_at(LATER):
            own.client_credentials()
            nhsauth.clock.advance(-3600)

            own.forget()
            with pytest.raises(TokenError, match="more than 5 minutes in future"):
                own.client_credentials()


@pytest.fixture(params=LIBRARIES)
def stopped(request: pytest.FixtureRequest) -> Iterator[None]:
    with request.param(LATER):
        yield


@moves_the_mock
def test_time_may_stand_still_before_the_mock_is_set_up(
    stopped: None, nhsauth: Platform, nhsauth_client: Client
) -> None:
    nhsauth_client.client_credentials()

    assert nhsauth.exchanges.assert_one(error=None).at == LATER.timestamp()


@pytest.mark.parametrize("stopped_at", LIBRARIES)
def test_waiting_ends_although_time_stands_still(nhsauth: Platform, stopped_at: Stopped) -> None:
    with stopped_at(LATER), pytest.raises(AssertionError, match=r"^waited 0\.05 s for one exchange"):
        nhsauth.exchanges.wait_for(1, timeout=0.05)


@pytest.mark.parametrize("stopped_at", LIBRARIES)
def test_a_kept_connection_outlives_the_jump(nhsauth: Platform, nhsauth_client: Client, stopped_at: Stopped) -> None:
    for years in range(5):
        with stopped_at(LATER + timedelta(days=365 * years)):
            nhsauth_client.forget()
            nhsauth_client.client_credentials()

    assert nhsauth.exchanges.refused == []


@pytest.mark.parametrize("stopped_at", LIBRARIES)
def test_a_mock_anywhere_is_set_to_the_stopped_time(
    nhsauth: Platform, nhsauth_app: RegisteredApp, stopped_at: Stopped
) -> None:
    with stopped_at(LATER):
        nhsauth.clock.set(time.time(), frozen=True)
        own = Client(
            token_url=nhsauth.token_url,
            client_id=nhsauth_app.client_id,
            private_key=nhsauth_app.private_key,
            kid=nhsauth_app.kid,
        )
        with own:
            assert own.client_credentials().expires_at == LATER.timestamp() + 599

    assert nhsauth.clock.now() == LATER.timestamp()
