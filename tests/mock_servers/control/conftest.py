"""How tests call the control API, and what they look at when it refuses."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.mock import Mock


@pytest.fixture
def control(platform: Mock) -> Callable[..., TestResponse]:
    """Call the control API under the platform's own URL; `body` goes out as JSON, keywords are werkzeug's."""
    http = Client(platform)

    def call(method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        sent = {"json": body} if body is not None else {}
        return http.open(f"/_nhsauth{path}", method=method, **{"base_url": platform.url, **sent, **options})

    return call


@pytest.fixture
def refused() -> Callable[[TestResponse], tuple[int, str, str | None]]:
    """Status, title and member of an answer that must be a problem, whole."""

    def reported(answer: TestResponse) -> tuple[int, str, str | None]:
        assert answer.content_type == "application/problem+json"
        problem = answer.get_json()
        assert problem["type"] == "about:blank"
        assert problem["status"] == answer.status_code
        assert problem["detail"]
        return answer.status_code, problem["title"], problem.get("member")

    return reported
