"""Runs a program as `nhsauth run` does, with two requests to send: one that is refused, and one that is right.

Both stand in the environment as the bodies of forms, so that a program of any language need sign nothing itself.
"""

import json
import os
import socket
import sys
import urllib.request
from urllib.parse import urlencode

TOKEN_URL = "https://int.api.service.nhs.uk/oauth2/token"
EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
}


def ask(path: str, body: dict[str, str]) -> dict[str, str]:
    """Ask the mock's own API, by its own URL."""
    request = urllib.request.Request(
        f"{os.environ['NHSAUTH_URL']}/_nhsauth/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return dict(json.load(answer))


def form(subject_token: str) -> str:
    """Return a token exchange with an assertion of its own."""
    assertion = ask("client-assertions", {"token_url": TOKEN_URL})["client_assertion"]
    return urlencode({**EXCHANGE, "client_assertion": assertion, "subject_token": subject_token})


if os.environ.get("ISOLATED"):
    assert [name for _, name in socket.if_nameindex()] == ["lo"], "there is a network"
os.environ["WRONG"] = form("an-authorization-code")
os.environ["RIGHT"] = form(ask("id-tokens", {"provider": "cis2"})["id_token"])
os.execvp(sys.argv[1], sys.argv[1:])
