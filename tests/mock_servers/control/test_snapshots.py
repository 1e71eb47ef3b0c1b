"""States that a test elsewhere remembers and returns to."""

from collections.abc import Callable

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
