"""The portal's own API, as those see it who call it through the platform."""

from collections.abc import Mapping

import pytest
import requests
from django.core.wsgi import get_wsgi_application

from pytest_nhsauth import Gateway

P9 = "urn:nhsd:apim:user-nhs-login:P9:appointments"


@pytest.fixture
def appointments(nhsauth_gateway: Gateway) -> str:
    """The URL of the API behind the gateway, which asks for a patient who has proved who they are."""
    return f"{nhsauth_gateway(get_wsgi_application(), scopes=[P9], path='/appointments')}/FHIR/R4/Appointment"


@pytest.mark.nhsauth(access="patient", level="P9")
def test_a_patient_at_p9_gets_their_appointments(appointments: str, nhsauth_auth_headers: Mapping[str, str]) -> None:
    answer = requests.get(appointments, headers=nhsauth_auth_headers, timeout=10)

    assert (answer.status_code, answer.json()) == (200, {"resourceType": "Bundle", "total": 0})


@pytest.mark.nhsauth(access="patient", level="P5")
def test_at_p5_the_platform_refuses_before_we_are_asked(
    appointments: str, nhsauth_auth_headers: Mapping[str, str]
) -> None:
    answer = requests.get(appointments, headers=nhsauth_auth_headers, timeout=10)

    assert answer.status_code == 403
    assert answer.json()["fault"]["detail"]["errorcode"] == "steps.oauth.v2.InsufficientScope"


def test_without_a_token_nobody_comes_through(appointments: str) -> None:
    assert requests.get(appointments, timeout=10).status_code == 401
