"""A browser at the application, and the clinician in front of it."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from ward import create_app
from werkzeug.test import TestResponse

from pytest_nhsauth import Platform


@pytest.fixture
def browser(nhsauth_env: dict[str, str]) -> FlaskClient:  # noqa: ARG001 - it sets what the application reads
    return create_app().test_client()


@pytest.fixture
def log_in(browser: FlaskClient, nhsauth: Platform) -> Callable[[], TestResponse]:
    """Go through the whole log-in, and return the page behind it."""

    def log_in() -> TestResponse:
        to_the_platform = browser.get("/log-in").headers["Location"]
        back = nhsauth.log_in(to_the_platform, user="656005750104")  # what a person does at CIS2's page
        return browser.get(back, follow_redirects=True)

    return log_in
