"""States that a test elsewhere remembers and returns to."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from mock_servers.mock import Mock
from mock_servers.platform.initial_state import SNAPSHOTS

Control = Callable[..., TestResponse]
Refused = Callable[[TestResponse], tuple[int, str, str | None]]


def test_a_state_is_returned_to_rather_than_the_start(control: Control, platform: Mock) -> None:
    control("POST", "/apps", {"client_id": "before"})
    name = control("POST", "/snapshots").get_json()["id"]
    control("POST", "/apps", {"client_id": "after"})
    control("PATCH", "/apps/before", {"approved": False})
    control("POST", "/access-tokens", {"access": "application"})

    answer = control("POST", f"/snapshots/{name}/restore")

    assert answer.status_code == 204
    assert [app.client_id for app in platform.apps.all()] == ["nhsauth-app", "before"]
    assert (platform.apps.get("before").approved, len(platform.exchanges)) == (True, 0)


def test_a_snapshot_is_good_for_once(control: Control, refused: Refused) -> None:
    name = control("POST", "/snapshots").get_json()["id"]
    control("POST", f"/snapshots/{name}/restore")

    assert refused(control("POST", f"/snapshots/{name}/restore")) == (404, "Not Found", None)


def test_only_the_newest_are_kept(control: Control) -> None:
    names = [control("POST", "/snapshots").get_json()["id"] for _ in range(SNAPSHOTS + 1)]

    statuses = [control("POST", f"/snapshots/{name}/restore").status_code for name in (names[0], names[-1])]

    assert statuses == [404, 204]


@pytest.mark.parametrize("name", ["../x", "..", "a\x00b", "%2e%2e", "<script>", "x" * 5000, "' OR 1=1 --", "\u202e"])
def test_a_hostile_name_is_no_snapshot_and_spends_none(control: Control, name: str) -> None:
    kept = control("POST", "/snapshots").get_json()["id"]

    refused = control("POST", f"/snapshots/{quote(name, safe='')}/restore")

    assert refused.status_code == 404
    assert control("POST", f"/snapshots/{kept}/restore").status_code == 204


def test_a_snapshot_gives_hostile_values_back_as_they_were(control: Control, platform: Mock) -> None:
    name = "<script>alert(1)</script>{{ 7*7 }}'; DROP TABLE apps; --\u202e" * 100
    control("POST", "/apps", {"client_id": "hostile", "name": name})
    kept = control("POST", "/snapshots").get_json()["id"]
    control("DELETE", "/apps/hostile")

    control("POST", f"/snapshots/{kept}/restore")

    assert platform.apps.get("hostile").name == name
