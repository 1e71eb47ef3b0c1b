"""The portal, pointed at the mock: Django reads its settings once, so they are set and not the environment."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client
from portal.nhs import key_set

from pytest_nhsauth import Platform, RegisteredApp


@pytest.fixture(autouse=True)
def _at_the_mock(settings: Any, nhsauth: Platform, nhsauth_app: RegisteredApp) -> None:
    key_set.cache_clear()  # what one test makes of the keys must not be kept for the next
    settings.NHS_LOGIN_URL = nhsauth.nhs_login.issuer
    settings.APIM_URL = nhsauth.url
    settings.CLIENT_ID = nhsauth_app.client_id
    settings.PRIVATE_KEY = nhsauth_app.private_key_pem
    settings.KID = nhsauth_app.kid


@pytest.fixture
def log_in(client: Client, nhsauth: Platform) -> Callable[..., HttpResponseBase]:
    """Go through the whole log-in, and return the page behind it."""

    def log_in(user: str = "9912003071", outcome: str = "ok") -> HttpResponseBase:
        to_nhs_login = client.get("/log-in")["Location"]
        back = nhsauth.log_in(to_nhs_login, user=user, outcome=outcome)  # what a person does at NHS login's pages
        return client.get(back, follow=True)

    return log_in
