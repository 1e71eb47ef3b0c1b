"""A log-in without a browser, through the fixture."""

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]

FLOW = """
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from pytest_nhsauth import LogInError


@pytest.fixture
def authorize_url(nhsauth, nhsauth_app):
    query = {"response_type": "code", "client_id": nhsauth_app.client_id, "redirect_uri": nhsauth_app.redirect_uri}
    return f"{nhsauth.authorize_url}?{urlencode({**query, 'state': 's-1'})}"
"""


def test_a_doctor_logs_in_at_the_platform_and_the_code_is_redeemed(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        FLOW
        + """
def test_it(nhsauth, nhsauth_app, authorize_url):
    end = nhsauth.log_in(authorize_url, user="656005750104")

    query = parse_qs(urlsplit(end).query)
    form = {
        "grant_type": "authorization_code",
        "code": query["code"][0],
        "redirect_uri": nhsauth_app.redirect_uri,
        "client_id": nhsauth_app.client_id,
        "client_secret": nhsauth_app.client_secret,
    }
    answer = requests.post(nhsauth.token_url, data=form)
    assert end.startswith(nhsauth_app.redirect_uri)
    assert query["state"] == ["s-1"]
    assert answer.json()["expires_in"] == "599"
"""
    )

    run().assert_outcomes(passed=1)


def test_what_stops_a_log_in_is_reported(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        FLOW
        + """
def test_an_unknown_user(nhsauth, authorize_url):
    with pytest.raises(LogInError):
        nhsauth.log_in(authorize_url, user="nobody")


def test_a_url_of_somebody_else(nhsauth):
    with pytest.raises(ValueError, match="no URL of this mock"):
        nhsauth.log_in("https://int.api.service.nhs.uk/oauth2/authorize", user="656005750104")
"""
    )

    run().assert_outcomes(passed=2)
