"""Faults through the control API: ordered, listed, taken back; every word that does not fit is named."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

Control = Callable[..., TestResponse]
Refused = Callable[[TestResponse], tuple[int, str, str | None]]


def test_a_fault_is_reported_whole_with_its_number(control: Control) -> None:
    answer = control("POST", "/faults", {"on": "token", "do": "status", "status": 503})

    assert answer.status_code == 201
    assert answer.get_json() == {
        "id": 1,
        "on": "token",
        "do": "status",
        "times": 1,
        "after": 0,
        "client_id": None,
        "seconds": None,
        "status": 503,
        "body": None,
        "content_type": None,
        "processed": None,
        "kind": None,
        "policy": None,
        "scope": None,
        "seen": 0,
        "used": 0,
    }


def test_it_is_met_over_http(control: Control, http: Client) -> None:
    control("POST", "/faults", {"on": "token", "do": "rate_limit"})

    assert http.post("/oauth2/token", data={"grant_type": "x"}).status_code == 429


def test_the_list_says_how_often_each_was_met(control: Control, http: Client) -> None:
    control("POST", "/faults", {"on": "token", "do": "drop", "after": 1})
    control("POST", "/faults", {"on": "api", "do": "status"})
    http.get("/hello-world/hello/world")
    http.post("/oauth2/token")

    faults = control("GET", "/faults").get_json()

    assert [(fault["id"], fault["seen"], fault["used"]) for fault in faults] == [(1, 1, 0), (2, 1, 1)]
    assert control("GET", "/faults/2").get_json() == faults[1]


def test_one_can_be_taken_back(control: Control, http: Client) -> None:
    control("POST", "/faults", {"on": "api", "do": "status", "times": None})
    control("POST", "/faults", {"on": "token", "do": "status"})

    answer = control("DELETE", "/faults/1")

    assert (answer.status_code, answer.data) == (204, b"")
    assert http.get("/hello-world/hello/world").status_code == 200
    assert [fault["id"] for fault in control("GET", "/faults").get_json()] == [2]


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/faults"), ("POST", "/reset")])
def test_all_can_be_taken_back(control: Control, method: str, path: str) -> None:
    control("POST", "/faults", {"on": "api", "do": "status"})

    assert control(method, path).status_code == 204
    assert control("GET", "/faults").get_json() == []


def test_numbers_are_never_used_again(control: Control) -> None:
    control("POST", "/faults", {"on": "api", "do": "status"})
    control("POST", "/reset")

    assert control("POST", "/faults", {"on": "api", "do": "status"}).get_json()["id"] == 2


@pytest.mark.parametrize("number", ["7", "0", "-1", "x", "9" * 30, "%C2%B2"])
def test_a_fault_that_is_not_there_is_a_404(control: Control, refused: Refused, number: str) -> None:
    assert refused(control("DELETE", f"/faults/{number}")) == (404, "Not Found", None)


@pytest.mark.parametrize(
    ("body", "member", "allowed"),
    [
        ({"do": "drop"}, "on", '"token" or "authorize"'),
        ({"on": "tokn", "do": "drop"}, "on", '"token" or "authorize" or "callback" or "userinfo" or "app.jwks" or'),
        ({"on": "cis2.certs", "do": "drop"}, "on", '"cis2.jwks"'),
        ({"on": "token", "do": "explode"}, "do", '"delay" or "status" or "drop" or "malformed" or "rate_limit" or'),
        ({"on": "token", "do": "delay"}, "seconds", "a number of seconds above 0"),
        ({"on": "token", "do": "delay", "seconds": 0}, "seconds", "a number of seconds above 0, up to 3600"),
        ({"on": "token", "do": "delay", "seconds": 3601}, "seconds", "up to 3600"),
        ({"on": "token", "do": "status", "status": 200}, "status", "a status from 400 to 599"),
        ({"on": "token", "do": "status", "seconds": 1}, "seconds", "left out with status; it is for delay"),
        ({"on": "token", "do": "drop", "status": 503}, "status", "left out with drop"),
        ({"on": "token", "do": "catch_all", "status": 503}, "status", "with catch_all 500 or 401"),
        ({"on": "cis2.token", "do": "rate_limit"}, "on", 'with rate_limit "token" or "authorize"'),
        ({"on": "api", "do": "catch_all"}, "on", 'with catch_all "token" or "authorize" or "callback" or "userinfo"'),
        ({"on": "cis2", "do": "rotate"}, "on", 'with rotate "app.jwks" or "cis2.jwks" or "nhs_login.jwks"'),
        ({"on": "token", "do": "drop", "times": 0}, "times", "a whole number from 1"),
        ({"on": "token", "do": "drop", "after": -1}, "after", "a whole number from 0"),
        ({"on": "token", "do": "malformed", "kind": "upside down"}, "kind", '"html" or "half" or "truncated" or'),
        ({"on": "token", "do": "rate_limit", "policy": "x"}, "policy", '"quota" or "spike_arrest"'),
        ({"on": "token", "do": "drop", "id": 3}, "id", "after, body, client_id"),
        ({"on": "token", "do": "drop", "used": 3}, "used", "after, body, client_id"),
        ({"on": "token", "do": "drop", "time": 3}, "time", "after, body, client_id"),
    ],
)
def test_what_does_not_fit_is_named_with_what_is_allowed(
    control: Control, refused: Refused, body: dict[str, Any], member: str, allowed: str
) -> None:
    answer = control("POST", "/faults", body)

    assert refused(answer) == (400, "Bad Request", member)
    assert allowed in answer.get_json()["detail"]
    assert control("GET", "/faults").get_json() == []
