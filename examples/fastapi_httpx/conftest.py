"""The service, started as in production but for its environment, and without a server."""

from collections.abc import AsyncIterator

import httpx
import pytest
from greeting import app, lifespan


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def service(nhsauth_env: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:  # noqa: ARG001 - the service reads it
    transport = httpx.ASGITransport(app)
    async with lifespan(app), httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client
