from collections.abc import Callable
from typing import Any, Protocol

from django.test import Client

from pytest_nhsauth import Clock, Faults


class Page(Protocol):
    """What Django's test client returns; Django gives its type no public name."""

    status_code: int

    def json(self) -> Any: ...


LogIn = Callable[..., Page]


def test_who_is_not_logged_in_is_sent_to_the_log_in(client: Client) -> None:
    assert client.get("/")["Location"] == "/log-in"


def test_a_patient_logs_in_and_the_api_knows_it(log_in: LogIn) -> None:
    page = log_in()

    assert page.json() == {"from_the_api": {"message": "Hello User!"}}


def test_a_patient_who_changes_their_mind_is_not_logged_in(log_in: LogIn, client: Client) -> None:
    page = log_in(outcome="cancelled")

    assert page.status_code == 403
    assert client.get("/")["Location"] == "/log-in"


def test_a_code_that_was_meant_for_another_browser_is_refused(client: Client) -> None:
    client.get("/log-in")

    assert client.get("/callback?state=another&code=stolen").status_code == 400


def test_after_ten_minutes_the_patient_logs_in_again(log_in: LogIn, client: Client, nhsauth_clock: Clock) -> None:
    log_in()
    nhsauth_clock.advance(600)

    assert client.get("/")["Location"] == "/log-in"


def test_while_nhs_login_gives_no_tokens_the_portal_says_so(log_in: LogIn, nhsauth_faults: Faults) -> None:
    nhsauth_faults.next("nhs_login.token", status=502)

    assert log_in().status_code == 503


def test_an_id_token_that_nobody_can_check_is_not_believed(log_in: LogIn, nhsauth_faults: Faults) -> None:
    nhsauth_faults.next("nhs_login.jwks", rotate=True, times=None)

    assert log_in().status_code == 503


def test_while_the_platform_is_busy_the_portal_says_so(log_in: LogIn, nhsauth_faults: Faults) -> None:
    nhsauth_faults.next("token", rate_limit=True)

    assert log_in().status_code == 503


def test_a_page_in_the_place_of_json_does_not_break_the_portal(
    log_in: LogIn, client: Client, nhsauth_faults: Faults
) -> None:
    log_in()
    nhsauth_faults.next("api", status=500, body="<h1>Oops</h1>")

    assert client.get("/").status_code == 503
