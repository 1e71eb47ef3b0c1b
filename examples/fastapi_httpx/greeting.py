"""A service that calls an API of the platform on its own behalf."""

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, HTTPException, Request
from platform_token import NoTokenError, PlatformToken

PATH = "/hello-world/hello/application"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(timeout=10) as http:
        app.state.http = http
        app.state.token = PlatformToken(
            http,
            token_url=os.environ["APIM_TOKEN_URL"],
            client_id=os.environ["CLIENT_ID"],
            private_key=private_key(),
            kid=os.environ["KID"],
            pause=float(os.environ.get("RETRY_PAUSE", "0.5")),
        )
        yield


def private_key() -> str:
    return Path(os.environ["PRIVATE_KEY_PATH"]).read_text(encoding="ascii")


app = FastAPI(lifespan=lifespan)


def platform_token(request: Request) -> PlatformToken:
    token: PlatformToken = request.app.state.token
    return token


@app.get("/greeting")
async def greeting(request: Request, token: Annotated[PlatformToken, Depends(platform_token)]) -> dict[str, str]:
    http: httpx.AsyncClient = request.app.state.http
    try:
        answer = await ask(http, await token.get())
        if answer.status_code == HTTPStatus.UNAUTHORIZED:  # revoked, or their clock is ahead of ours: once more
            token.forget()
            answer = await ask(http, await token.get())
        answer.raise_for_status()
    except (NoTokenError, httpx.HTTPError) as failure:
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "The NHS API does not answer.") from failure
    return {"from_the_api": answer.json()["message"]}


async def ask(http: httpx.AsyncClient, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "X-Request-ID": str(uuid.uuid4())}
    return await http.get(f"{os.environ['API_URL']}{PATH}", headers=headers)
