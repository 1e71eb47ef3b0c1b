import asyncio
import os

import aiohttp

URL = "https://int.api.service.nhs.uk/oauth2/token"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def main() -> None:
    async with aiohttp.ClientSession(trust_env=True) as session:
        for body in (os.environ["WRONG"], os.environ["RIGHT"]):
            async with session.post(URL, data=body, headers=FORM) as answer:
                print(await answer.text(), answer.status)
        try:
            await session.get("https://www.example.com/")
        except aiohttp.ClientError:
            print("refused")


asyncio.run(main())
