from collections.abc import Callable

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pytest_nhsauth import Clock, Exchanges, Faults

TOKEN_LIFETIME = 600  # seconds
SESSION_LIFETIME = 43_200

LogIn = Callable[[], TestResponse]


def test_who_is_not_logged_in_is_sent_to_the_log_in(browser: FlaskClient) -> None:
    assert browser.get("/").headers["Location"] == "/log-in"


def test_a_clinician_logs_in_and_the_api_knows_it(log_in: LogIn) -> None:
    page = log_in()

    assert page.get_json() == {"user": "656005750104", "from_the_api": {"message": "Hello User!"}}


def test_an_expired_token_is_renewed_without_anybody_noticing(
    log_in: LogIn, browser: FlaskClient, nhsauth_clock: Clock, nhsauth_exchanges: Exchanges
) -> None:
    log_in()
    nhsauth_clock.advance(TOKEN_LIFETIME)

    assert browser.get("/").status_code == 200
    nhsauth_exchanges.assert_one(grant_type="refresh_token", error=None)


def test_each_renewal_uses_the_newest_refresh_token(log_in: LogIn, browser: FlaskClient, nhsauth_clock: Clock) -> None:
    log_in()
    for _ in range(3):
        nhsauth_clock.advance(TOKEN_LIFETIME)

        assert browser.get("/").status_code == 200


def test_after_twelve_hours_one_logs_in_again(log_in: LogIn, browser: FlaskClient, nhsauth_clock: Clock) -> None:
    log_in()
    nhsauth_clock.advance(SESSION_LIFETIME)

    assert browser.get("/").headers["Location"] == "/log-in"


def test_while_the_api_is_down_the_page_says_so(log_in: LogIn, browser: FlaskClient, nhsauth_faults: Faults) -> None:
    log_in()
    nhsauth_faults.next("api", status=503)

    page = browser.get("/")

    assert page.status_code == 503
    assert "try again" in page.text


def test_while_the_platform_is_down_the_log_in_says_so(log_in: LogIn, nhsauth_faults: Faults) -> None:
    nhsauth_faults.next("token", status=503)

    assert log_in().status_code == 503


def test_a_rate_limit_is_no_token(log_in: LogIn, nhsauth_faults: Faults) -> None:
    nhsauth_faults.next("token", rate_limit=True)

    page = log_in()

    assert page.status_code == 502
    assert "has exceeded its quota" in page.text
