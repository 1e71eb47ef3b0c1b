"""A team that moves from responses, one test at a time: what it stands in for stays, and the mock answers beside it."""

from collections.abc import Callable

import pytest
import requests

from pytest_nhsauth import Client, Platform

responses = pytest.importorskip("responses", reason="the group recipes brings responses")

activated: Callable[[Callable[..., None]], Callable[..., None]] = responses.activate

ELSEWHERE = "https://elsewhere.example/patients"


def greeting(platform: Platform, token: str) -> str:
    """The team's own code: it asks the other server, and then the API."""
    requests.get(ELSEWHERE, timeout=10).raise_for_status()
    bearer = {"Authorization": f"Bearer {token}"}
    return str(requests.get(f"{platform.gateway}/hello-world/hello/application", headers=bearer, timeout=10).json())


@activated
def test_the_fixtures_client_gets_a_token_and_own_calls_are_let_through(
    nhsauth: Platform, nhsauth_client: Client
) -> None:
    responses.get(ELSEWHERE, json=[])
    responses.add_passthru(nhsauth.url)

    greeted = greeting(nhsauth, nhsauth_client.client_credentials().access_token)

    assert greeted == "{'message': 'Hello Application!'}"
    assert [call.request.url for call in responses.calls] == [ELSEWHERE]


@activated
def test_until_then_own_calls_are_stood_in_for(nhsauth: Platform, nhsauth_client: Client) -> None:
    responses.get(ELSEWHERE, json=[])
    token = nhsauth_client.client_credentials().access_token

    with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
        greeting(nhsauth, token)
