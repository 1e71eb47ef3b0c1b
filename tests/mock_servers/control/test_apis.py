"""A team's own APIs through the control API."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

Control = Callable[..., TestResponse]
Refused = Callable[[TestResponse], tuple[int, str, str | None]]

API = {"path": "/my-api", "upstream": "http://127.0.0.1:9", "scopes": [], "open": True}


def test_an_api_that_was_added_is_called(control: Control, http: Client) -> None:
    answer = control("POST", "/apis", API)

    assert (answer.status_code, answer.get_json()) == (201, API)
    assert control("GET", "/apis").get_json() == [API]
    assert http.get("/my-api/x").status_code == 503


def test_an_api_can_be_taken_away(control: Control, http: Client) -> None:
    control("POST", "/apis", API)

    assert control("DELETE", "/apis/my-api").status_code == 204
    assert control("GET", "/apis").get_json() == []
    assert http.get("/my-api/x").status_code == 404


def test_a_reset_takes_added_apis_away(control: Control) -> None:
    control("POST", "/apis", API)
    control("POST", "/reset")

    assert control("GET", "/apis").get_json() == []


def test_one_path_is_for_one_api(control: Control, refused: Refused) -> None:
    control("POST", "/apis", API)

    assert refused(control("POST", "/apis", API)) == (409, "Conflict", "path")


def test_what_is_not_there_cannot_be_taken_away(control: Control, refused: Refused) -> None:
    assert refused(control("DELETE", "/apis/my-api")) == (404, "Not Found", None)


@pytest.mark.parametrize(
    ("body", "member", "allowed"),
    [
        ({"path": "/my-api"}, "upstream", "a URL such as http://127.0.0.1:9000"),
        ({**API, "path": "my-api"}, "path", 'a path such as "/my-api"'),
        ({**API, "path": "/my-api/"}, "path", "without a slash at its end"),
        ({**API, "path": "/oauth2"}, "path", "not one that the mock plays"),
        ({**API, "path": "/token"}, "path", "not one that the mock plays"),
        ({**API, "path": "/userinfo/mine"}, "path", "not one that the mock plays"),
        ({**API, "path": "/.well-known"}, "path", "not one that the mock plays"),
        ({**API, "path": "/hello-world"}, "path", "not one that the mock plays"),
        ({**API, "path": "/v1/organizations/x"}, "path", "not one that the mock plays"),
        ({**API, "upstream": "ftp://x"}, "upstream", "a URL such as http://127.0.0.1:9000"),
        ({**API, "scopes": ["urn:nhsd:apim:app:level3:x"]}, "open", "false beside scopes"),
        ({**API, "upstreams": "x"}, "upstreams", "open, path, scopes, upstream"),
    ],
)
def test_what_does_not_fit_is_named(
    control: Control, refused: Refused, body: dict[str, Any], member: str, allowed: str
) -> None:
    answer = control("POST", "/apis", body)

    assert refused(answer) == (400, "Bad Request", member)
    assert allowed in answer.get_json()["detail"]
