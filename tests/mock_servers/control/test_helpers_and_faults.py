"""Helpers of this API ask the mock's own endpoints, and never meet what was ordered for a test's clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from mock_servers.mock import Mock

Control = Callable[..., TestResponse]


@pytest.mark.parametrize("access", ["healthcare_worker", "patient", "application"])
@pytest.mark.parametrize("fault", [{"do": "drop"}, {"do": "status", "status": 503}, {"do": "malformed"}], ids=str)
def test_an_access_token_is_got_in_spite_of_faults(
    control: Control, platform: Mock, access: str, fault: dict[str, Any]
) -> None:
    for place in ("token", "app.jwks", "cis2.jwks", "nhs_login.jwks"):
        ordered = control("POST", "/faults", {"on": place, **fault})
        assert ordered.status_code == 201, ordered.text

    answer = control("POST", "/access-tokens", {"access": access})

    assert answer.status_code == 200, answer.text
    assert [(each.seen, each.used) for each in platform.faults.all()] == [(0, 0)] * 4


def test_what_explains_a_token_uses_up_no_fault(control: Control, platform: Mock) -> None:
    token = control("POST", "/id-tokens", {}).get_json()["id_token"]
    control("POST", "/faults", {"on": "cis2.jwks", "do": "drop"})

    explanation = control("POST", "/explain", {"value": token, "as": "subject_token"})

    assert explanation.status_code == 200, explanation.text
    assert explanation.get_json()["verdict"]["would_be"] == "accepted"
    assert [each.seen for each in platform.faults.all()] == [0]


def test_a_client_meets_the_fault_afterwards(control: Control, client_credentials: Callable[..., TestResponse]) -> None:
    control("POST", "/faults", {"on": "token", "do": "status", "status": 503})
    control("POST", "/access-tokens", {"access": "application"})

    assert [client_credentials().status_code, client_credentials().status_code] == [503, 200]
