"""Gets access tokens for the application itself: a signed JWT is its proof, and nobody logs in."""

import asyncio
import time
import uuid
from collections.abc import Callable
from http import HTTPStatus

import httpx
import jwt

TRIES = 3
MARGIN = 60  # seconds before its end at which a token is renewed
NOT_WELL = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)


class NoTokenError(Exception):
    """The platform gave no token; the text is for the log."""


class PlatformToken:
    """One token for the whole application, renewed in time."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        token_url: str,
        client_id: str,
        private_key: str,
        kid: str,
        pause: float = 0.5,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._http, self._token_url = http, token_url
        self._client_id, self._kid = client_id, kid
        # Load the key once: for 4096 bits that takes a quarter of a second, and a signature a thousandth.
        self._key = jwt.get_algorithm_by_name("RS512").prepare_key(private_key)
        self._pause, self._clock = pause, clock
        self._token, self._renew_at = "", 0.0
        self._renewing = asyncio.Lock()

    async def get(self) -> str:
        async with self._renewing:  # of many requests at once one renews, and the others wait for it
            if self._clock() >= self._renew_at:
                answer = await self._answer()
                self._token = answer["access_token"]
                # Numbers come as text: "599".
                self._renew_at = self._clock() + int(answer["expires_in"]) - MARGIN
            return self._token

    def forget(self) -> None:
        """Ask anew next time: an API has refused the token."""
        self._renew_at = 0.0

    async def _answer(self) -> dict[str, str]:
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(self._pause * 2**attempt)
            try:
                answer = await self._http.post(self._token_url, data=self._form())
            except httpx.TransportError as failure:
                problem = f"{type(failure).__name__} at {self._token_url}"
                continue
            if answer.status_code not in NOT_WELL:
                return self._token_of(answer)
            problem = f"{answer.status_code} from {self._token_url}"
        raise NoTokenError(problem)

    def _token_of(self, answer: httpx.Response) -> dict[str, str]:
        # A refusal is no use trying again. Its text names the mistake, and a message id that support can look up.
        if answer.status_code != HTTPStatus.OK:
            raise NoTokenError(f"{answer.status_code}: {' '.join(answer.text.split())}")
        token: dict[str, str] = answer.json()
        return token

    def _form(self) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self._assertion(),
        }

    def _assertion(self) -> str:
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": self._token_url,
            # Each is good for one request, also when its answer was lost: every try signs anew.
            "jti": str(uuid.uuid4()),
            "exp": int(self._clock()) + 240,  # no more than 300 are allowed, and clocks differ
        }
        return jwt.encode(claims, self._key, algorithm="RS512", headers={"kid": self._kid})
