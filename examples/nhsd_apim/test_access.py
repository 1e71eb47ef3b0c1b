"""Every access and level that the marker knows, each with a call that only it opens."""

from collections.abc import Mapping
from typing import Any

import pytest
import requests

Headers = Mapping[str, str]

CIS2_USERS = {"aal3": "656005750104", "aal2": "656005750109", "aal1": "656005750110"}
NHS_LOGIN_USERS = {"P9": "9912003071", "P5": "9912003072", "P0": "9912003073"}

PATHS = [
    "app/level3",
    *(f"nhs-cis2/{level}" for level in CIS2_USERS),
    *(f"nhs-login/{level}" for level in NHS_LOGIN_USERS),
]


def statuses(proxy_url: str, headers: Headers) -> dict[str, int]:
    """The status of each path, by path."""
    return {
        path: requests.get(f"{proxy_url}/test-auth/{path}", headers=headers, timeout=30).status_code for path in PATHS
    }


def access(who: str, level: str, **more: Any) -> object:
    """The plugin's marker and the one path that it opens."""
    provider = {"healthcare_worker": "nhs-cis2", "patient": "nhs-login", "application": "app"}[who]
    marker = pytest.mark.nhsd_apim_authorization(access=who, level=level, **more)
    return pytest.param(
        f"{provider}/{level}", marks=marker, id="-".join([who, level, *more.get("authentication", "").split()])
    )


@pytest.mark.parametrize(
    "path",
    [
        access("application", "level3"),
        *(
            access("healthcare_worker", level, login_form={"username": user}, authentication=authentication)
            for level, user in CIS2_USERS.items()
            for authentication in ("combined", "separate")
        ),
        *(
            access("patient", level, login_form={"username": user}, authentication=authentication)
            for level, user in NHS_LOGIN_USERS.items()
            for authentication in ("combined", "separate")
        ),
    ],
)
def test_a_token_opens_the_path_of_its_level_and_no_other(
    nhsd_apim_proxy_url: str, nhsd_apim_auth_headers: Headers, path: str
) -> None:
    found = statuses(nhsd_apim_proxy_url, nhsd_apim_auth_headers)

    assert found == {other: 200 if other == path else 403 for other in PATHS}


@pytest.mark.nhsd_apim_authorization(access="application", level="level0")
def test_an_api_key_opens_what_wants_no_more(nhsd_apim_proxy_url: str, nhsd_apim_auth_headers: Headers) -> None:
    answer = requests.get(f"{nhsd_apim_proxy_url}/test-auth/app/level0", headers=nhsd_apim_auth_headers, timeout=30)

    assert list(nhsd_apim_auth_headers) == ["apikey"]
    assert answer.status_code == 200


@pytest.mark.nhsd_apim_authorization({"access": "application", "level": "level3", "api_name": "mock-jwks"})
def test_the_marker_takes_a_dict(nhsd_apim_proxy_url: str, nhsd_apim_auth_headers: Headers) -> None:
    assert statuses(nhsd_apim_proxy_url, nhsd_apim_auth_headers)["app/level3"] == 200


@pytest.mark.nhsd_apim_authorization
def test_an_empty_marker_gives_no_headers(nhsd_apim_proxy_url: str, nhsd_apim_auth_headers: Headers) -> None:
    answer = requests.get(f"{nhsd_apim_proxy_url}/test-auth/app/level3", headers=nhsd_apim_auth_headers, timeout=30)

    assert nhsd_apim_auth_headers == {}
    assert answer.json()["fault"]["detail"]["errorcode"] == "oauth.v2.InvalidAccessToken"


TOKENS: set[str] = set()


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.nhsd_apim_authorization(access="application", level="level3", force_new_token=True)
def test_a_new_token_is_forced(_nhsd_apim_auth_token_data: Mapping[str, str], turn: int) -> None:
    TOKENS.add(_nhsd_apim_auth_token_data["access_token"])

    assert len(TOKENS) == turn


@pytest.mark.nhsd_apim_proxy_name("canary-api-internal-dev")
@pytest.mark.nhsd_apim_api_name("canary-api")
@pytest.mark.nhsd_apim_authorization(access="application", level="level3")
def test_another_proxy_is_named_by_a_marker(nhsd_apim_proxy_url: str, nhsd_apim_auth_headers: Headers) -> None:
    answer = requests.get(nhsd_apim_proxy_url, headers=nhsd_apim_auth_headers, timeout=30)

    assert (answer.status_code, answer.text) == (200, "Hello user!")


@pytest.mark.nhsd_apim_proxy_name("hello-world-internal-dev")
@pytest.mark.nhsd_apim_api_name("hello-world")
@pytest.mark.nhsd_apim_authorization(access="patient", level="P9", login_form={"username": "9912003071"})
def test_hello_world_greets_a_person(nhsd_apim_proxy_url: str, nhsd_apim_auth_headers: Headers) -> None:
    answer = requests.get(f"{nhsd_apim_proxy_url}/hello/user", headers=nhsd_apim_auth_headers, timeout=30)

    assert (answer.status_code, answer.json()) == (200, {"message": "Hello User!"})


def test_the_status_of_a_proxy_passes(nhsd_apim_proxy_url: str, status_endpoint_auth_headers: Headers) -> None:
    answer = requests.get(f"{nhsd_apim_proxy_url}/_status", headers=status_endpoint_auth_headers, timeout=30)

    assert (answer.status_code, answer.json()) == (200, {"status": "pass"})


@pytest.mark.nhsd_apim_authorization(access="application", level="level3")
def test_the_token_service_is_well(identity_service_base_url: str, status_endpoint_auth_headers: Headers) -> None:
    answer = requests.get(f"{identity_service_base_url}/_status", headers=status_endpoint_auth_headers, timeout=30)

    assert answer.json()["status"] == "pass"
