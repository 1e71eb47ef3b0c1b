"""The service's time through the control API."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from mock_servers.jose import jwts
from mock_servers.mock import Mock

Control = Callable[..., TestResponse]
Refused = Callable[[TestResponse], tuple[int, str, str | None]]

NOW = 1_800_000_000.0
LATER = 1_795_510_800.0


def test_the_clock_is_reported_in_words_and_seconds(control: Control) -> None:
    answer = control("GET", "/clock")

    assert answer.status_code == 200
    assert answer.get_json() == {"now": "2027-01-15T08:00:00Z", "seconds": NOW, "frozen": True}


@pytest.mark.parametrize(
    "now",
    [
        "2026-11-24T09:00:00Z",
        "2026-11-24T09:00:00+00:00",
        "2026-11-24T10:00:00+01:00",
        "20261124T090000Z",
        "2026-11-24 09:00Z",
        LATER,
        int(LATER),
    ],
)
def test_the_clock_can_be_put_to_a_moment(control: Control, now: str | float) -> None:
    answer = control("PUT", "/clock", {"now": now, "frozen": True})

    assert answer.get_json() == {"now": "2026-11-24T09:00:00Z", "seconds": LATER, "frozen": True}


def test_a_clock_that_was_put_to_a_moment_runs_on(control: Control, platform: Mock) -> None:
    body = control("PUT", "/clock", {"now": "2026-11-24T09:00:00Z"}).get_json()

    assert body["frozen"] is False
    assert platform.clock.now() > LATER


def test_a_stopped_clock_that_is_moved_stays_stopped(control: Control) -> None:
    body = control("PUT", "/clock", {"advance": 600}).get_json()

    assert (body["seconds"], body["frozen"]) == (NOW + 600, True)


def test_the_clock_can_be_moved_back(control: Control) -> None:
    assert control("PUT", "/clock", {"advance": -0.5}).get_json()["seconds"] == NOW - 0.5


def test_a_stopped_clock_can_be_let_run_from_where_it_is(control: Control, platform: Mock) -> None:
    body = control("PUT", "/clock", {"frozen": False}).get_json()

    assert body["frozen"] is False
    assert platform.clock.now() > NOW


def test_a_clock_can_be_stopped_where_it_is(control: Control, platform: Mock) -> None:
    control("PUT", "/clock", {"now": LATER})

    body = control("PUT", "/clock", {"frozen": True}).get_json()

    assert body["seconds"] >= LATER
    assert platform.clock.now() == platform.clock.now() == body["seconds"]


def test_a_clock_can_be_moved_and_let_run_in_one_call(control: Control, platform: Mock) -> None:
    body = control("PUT", "/clock", {"advance": 600, "frozen": False}).get_json()

    assert body["frozen"] is False
    assert platform.clock.now() > NOW + 600


def test_what_the_mock_signs_follows_the_clock(control: Control) -> None:
    control("PUT", "/clock", {"now": 1000, "frozen": True})

    token = control("POST", "/id-tokens", {}).get_json()["id_token"]

    assert jwts.decode(token).claims["iat"] == 1000


def test_the_service_judges_by_the_clock(control: Control) -> None:
    token = control("POST", "/access-tokens", {"access": "application"}).get_json()["access_token"]
    control("PUT", "/clock", {"advance": 601})

    verdict = control("POST", "/explain", {"value": token}).get_json()["verdict"]

    assert verdict["error"]["description"] == "Access Token expired"


@pytest.mark.parametrize("now", [0, "9998-12-30T00:00:00Z"])
def test_tokens_can_be_got_at_either_end_of_time(control: Control, now: str | float) -> None:
    control("PUT", "/clock", {"now": now, "frozen": True})

    assert control("POST", "/access-tokens", {"access": "healthcare_worker"}).status_code == 200


def test_delete_lets_the_clock_follow_the_machine_again(control: Control, platform: Mock) -> None:
    answer = control("DELETE", "/clock")

    assert (answer.status_code, answer.get_data()) == (204, b"")
    assert platform.clock.frozen is False
    assert platform.clock.snapshot().ahead == 0


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({}, None),
        ({"now": "2026-11-24T09:00:00"}, "now"),
        ({"now": "2026-11-24"}, "now"),
        ({"now": "tomorrow"}, "now"),
        ({"now": ""}, "now"),
        ({"now": "1795510800"}, "now"),
        ({"now": "0001-01-01T00:00:00+14:00"}, "now"),
        ({"now": "9999-12-31T23:59:59-14:00"}, "now"),
        ({"now": -1}, "now"),
        ({"now": LATER * 1000}, "now"),
        ({"now": True}, "now"),
        ({"now": [LATER]}, "now"),
        ({"now": LATER, "advance": 1}, "advance"),
        ({"advance": "600"}, "advance"),
        ({"advance": 1e300}, "advance"),
        ({"advance": -1e300}, "advance"),
        ({"advance": True}, "advance"),
        ({"frozen": "yes"}, "frozen"),
        ({"time": LATER}, "time"),
    ],
)
def test_what_cannot_be_done_with_a_clock_is_named(
    control: Control, refused: Refused, body: dict[str, Any], member: str | None
) -> None:
    assert refused(control("PUT", "/clock", body)) == (400, "Bad Request", member)


def test_a_refused_change_leaves_the_clock(control: Control, platform: Mock) -> None:
    control("PUT", "/clock", {"advance": 1e300, "frozen": False})

    assert (platform.clock.now(), platform.clock.frozen) == (NOW, True)


@pytest.mark.parametrize("now", ["1e400", "1" + "0" * 400, "NaN"])
def test_a_number_that_is_not_time_is_refused(control: Control, refused: Refused, now: str) -> None:
    answer = control("PUT", "/clock", data=f'{{"now": {now}}}', content_type="application/json")

    assert refused(answer)[:2] == (400, "Bad Request")
