"""The rows of the routing table that do not refuse, and are no token request."""

from http import HTTPStatus

import pytest

from contract_tests.case import proves
from contract_tests.draft import client_credentials
from contract_tests.target import Kind, Target
from contract_tests.wire import HttpRequest

PREFLIGHT = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}


@proves("§2.12", "S")
@pytest.mark.parametrize("path", ["/token", "/authorize", "/anything"])
def test_a_preflight_is_answered_with_what_a_browser_may_do(target: Target, path: str) -> None:
    """On any path of the service."""
    answer = target.send(HttpRequest(method="OPTIONS", path=target.prefix + path, headers=PREFLIGHT))

    assert answer.status == 200
    assert {name: value for name, value in answer.headers.items() if name.startswith("access-control-")} == {
        "access-control-allow-origin": "https://app.example",
        "access-control-allow-headers": "origin, x-requested-with, accept, content-type, authorization",
        "access-control-max-age": "600",
        "access-control-allow-methods": "GET, PUT, POST, DELETE",
    }


@proves("§2.1", "S")
def test_a_ping_shows_the_version(target: Target) -> None:
    """Four members, and no more."""
    answer = target.send(HttpRequest(method="GET", path=f"{target.prefix}/_ping", headers={}))

    assert (answer.status, list(answer.json)) == (200, ["version", "revision", "releaseId", "commitId"])


@proves("§2", "S")
def test_the_mock_authorisation_deployment_takes_the_same_requests(target: Target) -> None:
    """It has a path of its own, which its audience follows."""
    draft = client_credentials(target)
    draft.path = "/oauth2-mock/token"

    answer = draft.send()

    if target.kind is Kind.FAKE and answer.status == HTTPStatus.NOT_FOUND:
        target.refuse("the target has no /oauth2-mock, which is a deployment of its own")
    assert answer.status == HTTPStatus.OK
