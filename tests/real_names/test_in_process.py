"""Clients of a test's own process, each by its own way to the mock: the environment's proxy, or a name look-up."""

from __future__ import annotations

import asyncio

import pytest

from pytest_nhsauth import RealNames

PING = "https://int.api.service.nhs.uk/oauth2/_ping"

pytestmark = [pytest.mark.real_names, pytest.mark.usefixtures("nhsauth_real_names")]


def test_httpx() -> None:
    httpx = pytest.importorskip("httpx")

    assert httpx.get(PING, timeout=30).status_code == 200


def test_urllib3_with_a_pool_of_its_own(nhsauth_real_names: RealNames) -> None:
    urllib3 = pytest.importorskip("urllib3")
    with urllib3.PoolManager(ca_certs=str(nhsauth_real_names.store.bundle)) as pool:
        status = pool.request("GET", PING, timeout=30).status

    assert status == 200


@pytest.mark.parametrize("trust_env", [False, True])
def test_aiohttp_with_and_without_the_environment(trust_env: bool) -> None:  # noqa: FBT001 - a parameter of the test
    aiohttp = pytest.importorskip("aiohttp")

    async def get() -> int:
        async with aiohttp.ClientSession(trust_env=trust_env) as session, session.get(PING) as answer:
            return int(answer.status)

    assert asyncio.run(get()) == 200


def test_botocore(nhsauth_real_names: RealNames) -> None:
    httpsession = pytest.importorskip("botocore.httpsession")
    awsrequest = pytest.importorskip("botocore.awsrequest")
    proxies, bundle = {"https": nhsauth_real_names.url}, str(nhsauth_real_names.store.bundle)
    session = httpsession.URLLib3Session(proxies=proxies, verify=bundle)

    answer = session.send(awsrequest.AWSRequest("GET", PING).prepare())

    assert answer.status_code == 200
