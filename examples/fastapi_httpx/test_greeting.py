import asyncio

import httpx
import pytest
from platform_token import PlatformToken

from pytest_nhsauth import Clock, Exchanges, Faults, Platform, RegisteredApp

GREETING = {"from_the_api": "Hello Application!"}

pytestmark = pytest.mark.anyio


async def test_it_passes_on_what_the_api_says(service: httpx.AsyncClient) -> None:
    assert (await service.get("/greeting")).json() == GREETING


async def test_many_requests_share_one_token(service: httpx.AsyncClient, nhsauth_exchanges: Exchanges) -> None:
    answers = await asyncio.gather(*(service.get("/greeting") for _ in range(8)))

    assert [answer.json() for answer in answers] == [GREETING] * 8
    nhsauth_exchanges.assert_one(grant_type="client_credentials")


async def test_a_token_that_an_api_refuses_is_replaced(
    service: httpx.AsyncClient, nhsauth_faults: Faults, nhsauth_exchanges: Exchanges
) -> None:
    await service.get("/greeting")
    nhsauth_faults.next("api", status=401)

    assert (await service.get("/greeting")).json() == GREETING
    assert len(nhsauth_exchanges.where(grant_type="client_credentials", error=None)) == 2


async def test_a_platform_that_is_busy_is_asked_again(
    service: httpx.AsyncClient, nhsauth_faults: Faults, nhsauth_exchanges: Exchanges
) -> None:
    nhsauth_faults.next("token", status=503)

    assert (await service.get("/greeting")).json() == GREETING
    assert [each.status for each in nhsauth_exchanges.where(path="/oauth2/token")] == [503, 200]


async def test_after_a_lost_answer_the_next_try_is_signed_anew(
    service: httpx.AsyncClient, nhsauth_faults: Faults
) -> None:
    # The platform did its work, so the first assertion is spent: sent once more, it would be refused.
    nhsauth_faults.next("token", drop=True, processed=True)

    assert (await service.get("/greeting")).json() == GREETING


async def test_a_refusal_is_not_tried_again(
    service: httpx.AsyncClient, nhsauth_faults: Faults, nhsauth_exchanges: Exchanges
) -> None:
    nhsauth_faults.next("token", rate_limit=True)

    assert (await service.get("/greeting")).status_code == 503
    nhsauth_exchanges.assert_one(path="/oauth2/token")


async def test_while_the_api_is_down_the_service_says_so(service: httpx.AsyncClient, nhsauth_faults: Faults) -> None:
    nhsauth_faults.down("api")

    answer = await service.get("/greeting")

    assert (answer.status_code, answer.json()) == (503, {"detail": "The NHS API does not answer."})


async def test_a_token_is_renewed_a_minute_before_its_end(
    nhsauth: Platform, nhsauth_app: RegisteredApp, nhsauth_clock: Clock
) -> None:
    async with httpx.AsyncClient() as http:
        token = PlatformToken(
            http,
            token_url=nhsauth.token_url,
            client_id=nhsauth_app.client_id,
            private_key=nhsauth_app.private_key_pem,
            kid=nhsauth_app.kid,
            clock=nhsauth_clock.now,  # one clock for both, which the test moves
        )
        tokens = []
        for seconds in (0, 530, 15):
            nhsauth_clock.advance(seconds)
            tokens.append(await token.get())

    assert tokens[0] == tokens[1] != tokens[2]
