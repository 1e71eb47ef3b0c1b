"""A team's own API that echoes what reached it, and a platform that has it behind its gateway."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.http import server as serving
from mock_servers.mock import Mock
from mock_servers.state.configuration import Api

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

AAL3 = "urn:nhsd:apim:user-nhs-cis2:aal3:my-api"
LEVEL3 = "urn:nhsd:apim:app:level3:my-api"
LEVEL0 = "urn:nhsd:apim:app:level0:my-api"

Call = Callable[..., TestResponse]


def echo(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer 201 with what was asked, and two cookies."""
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    reported = {
        "method": environ["REQUEST_METHOD"],
        "target": environ["REQUEST_URI"],
        "headers": headers,
        "type": environ.get("CONTENT_TYPE"),
        "length": environ.get("CONTENT_LENGTH"),
        "body": environ["wsgi.input"].read().decode(),
    }
    start_response(
        "201 Created",
        [
            ("Content-Type", "application/fhir+json"),
            ("Set-Cookie", "a=1"),
            ("Set-Cookie", "b=2"),
            ("X-Request-ID", headers.get("x-request-id", "")),
            ("Connection", "X-Only-Here"),
            ("X-Only-Here", "yes"),
        ],
    )
    return [json.dumps(reported).encode()]


@pytest.fixture(scope="session")
def upstream() -> Iterator[str]:
    """The URL of the API."""
    with serving.serve(echo) as server:
        yield server.url


@pytest.fixture
def behind(platform: Mock, upstream: str) -> Callable[..., Api]:
    """Put the API behind the gateway; the ready-made app has all its scopes and those of the levels besides."""

    def add(*scopes: str, **members: Any) -> Api:
        platform.apps.change("nhsauth-app", scopes=(*platform.apps.get("nhsauth-app").scopes, *scopes))
        return platform.add_api(Api(**{"path": "/my-api", "upstream": upstream, "scopes": scopes, **members}))

    return add


@pytest.fixture
def call(http: Client) -> Call:
    """Call the API with a token, or other headers."""

    def sent(path: str = "/my-api/Patient/1", token: str | None = None, **options: Any) -> TestResponse:
        bearer = {"Authorization": f"Bearer {token}"} if token is not None else {}
        headers = [*bearer.items(), *options.pop("headers", [])]
        return http.open(path, headers=headers, buffered=True, **options)

    return sent
