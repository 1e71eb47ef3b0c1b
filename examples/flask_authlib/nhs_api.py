"""Calls APIs of the platform for a person who has logged in, and renews the person's token when an API says so."""

import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

TIMEOUT = 10  # seconds


class SessionEndedError(Exception):
    """The platform wants the person to log in again."""


@dataclass(frozen=True)
class NhsApi:
    api_url: str
    token_url: str
    client_id: str
    client_secret: str

    def get(self, path: str, token: dict[str, Any]) -> requests.Response:
        answer = self._ask(path, token)
        if answer.status_code != HTTPStatus.UNAUTHORIZED:
            return answer
        # An access token lives for ten minutes, by the platform's clock and not by ours.
        token.update(self._renewed(token))
        return self._ask(path, token)

    def _ask(self, path: str, token: dict[str, Any]) -> requests.Response:
        # Support teams find a request by this id; several APIs refuse one that is no UUID.
        headers = {"Authorization": f"Bearer {token['access_token']}", "X-Request-ID": str(uuid.uuid4())}
        return requests.get(f"{self.api_url}{path}", headers=headers, timeout=TIMEOUT)

    def _renewed(self, token: dict[str, Any]) -> dict[str, Any]:
        with OAuth2Session(
            self.client_id, self.client_secret, token_endpoint_auth_method="client_secret_post"
        ) as session:
            try:
                # The answer holds a new refresh token, and the one that was sent is spent: keep the whole answer.
                renewed: dict[str, Any] = session.refresh_token(self.token_url, token["refresh_token"])
            except OAuthError as refusal:  # after twelve hours, or when the person has logged out at CIS2
                raise SessionEndedError from refusal
        return renewed
