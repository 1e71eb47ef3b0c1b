"""The same with pytest-asyncio, which needs an ini value of its own; `.ci/run` brings both."""

import pytest

from pytest_nhsauth import Platform

httpx = pytest.importorskip("httpx", reason="the group test brings httpx")
pytest.importorskip("pytest_asyncio", reason="only .ci/run installs pytest-asyncio")


@pytest.mark.asyncio
@pytest.mark.nhsauth(access="healthcare_worker", level="aal3")
async def test_a_healthcare_worker_is_greeted(nhsauth: Platform, nhsauth_auth_headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        answer = await http.get(f"{nhsauth.gateway}/hello-world/hello/user", headers=nhsauth_auth_headers)

    assert answer.json() == {"message": "Hello User!"}
