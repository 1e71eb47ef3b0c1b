"""A team's coroutines, as anyio's plugin runs them: the mock answers from threads of its own, and blocks no loop."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from pytest_nhsauth import ClientAssertionFactory, Platform

if TYPE_CHECKING:
    from httpx import AsyncClient

httpx = pytest.importorskip("httpx", reason="the group test brings httpx")
pytest.importorskip("anyio", reason="the group test brings anyio")

pytestmark = pytest.mark.anyio
FORM = {
    "grant_type": "client_credentials",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def http() -> AsyncIterator["AsyncClient"]:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        yield client


async def test_many_coroutines_get_tokens_at_once(
    nhsauth: Platform, nhsauth_client_assertion: ClientAssertionFactory, http: "AsyncClient"
) -> None:
    forms = [{**FORM, "client_assertion": nhsauth_client_assertion()} for _ in range(20)]

    answers = await asyncio.gather(*(http.post(nhsauth.token_url, data=form) for form in forms))

    assert [answer.status_code for answer in answers] == [200] * 20
    assert len(nhsauth.exchanges.where(status=200)) == 20


async def test_one_waits_for_an_exchange_without_stopping_the_other_that_asks(
    nhsauth: Platform, nhsauth_client_assertion: ClientAssertionFactory, http: "AsyncClient"
) -> None:
    waiting = asyncio.create_task(asyncio.to_thread(nhsauth.exchanges.wait_for, 1, timeout=30))
    asking = asyncio.create_task(
        http.post(nhsauth.token_url, data={**FORM, "client_assertion": nhsauth_client_assertion()})
    )

    (seen,) = await waiting

    assert (seen.status, (await asking).status_code) == (200, 200)


@pytest.mark.nhsauth(access="patient", level="P9")
async def test_the_marker_s_headers_are_there(
    nhsauth: Platform, nhsauth_auth_headers: dict[str, str], http: "AsyncClient"
) -> None:
    answer = await http.get(f"{nhsauth.gateway}/hello-world/hello/user", headers=nhsauth_auth_headers)

    assert answer.json() == {"message": "Hello User!"}
