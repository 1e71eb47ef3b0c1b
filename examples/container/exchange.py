"""A client in another container, with Python alone: it exchanges an id_token and calls an API behind the platform."""

import json
import os
from urllib.parse import urlencode
from urllib.request import Request, urlopen

MOCK = os.environ["NHSAUTH_URL"]


def ask(path: str, body: dict[str, str]) -> dict[str, str]:
    """Ask the mock's own API for what a test needs."""
    request = Request(f"{MOCK}/_nhsauth/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=30) as answer:
        return dict(json.load(answer))


form = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "subject_token": ask("id-tokens", {"provider": "cis2", "user": "656005750104"})["id_token"],
    "client_assertion": ask("client-assertions", {"client_id": "nhsauth-app"})["client_assertion"],
}
with urlopen(f"{MOCK}/oauth2/token", urlencode(form).encode(), timeout=30) as answer:
    token = json.load(answer)["access_token"]
hello = Request(f"{MOCK}/hello-world/hello/user", headers={"Authorization": f"Bearer {token}"})
with urlopen(hello, timeout=30) as answer:
    print(answer.read().decode())
