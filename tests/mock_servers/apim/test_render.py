"""Answers are written as the real service's policies write them, with any content."""

import json
from typing import Any

import pytest

from mock_servers.apim.render import write


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"a": "b"},
        {"a": 'é, "quoted": \\ and\nmore', "b": ""},
        {"a": 1},
        {"a": "b", "c": 1},
        {"fault": {"faultstring": "Invalid Access Token", "detail": {"errorcode": "x"}}},
    ],
)
def test_json_is_indented_with_a_newline_before_and_after(body: dict[str, Any]) -> None:
    assert write(body) == f"\n{json.dumps(body, indent=2)}\n"
