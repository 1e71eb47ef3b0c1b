"""One call of a running mock's control API, at either of its ports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from mock_servers.state.world import PREFIX

SERVER: Final = rf"https?://[^/?#\s]+(?:{PREFIX}[a-z0-9-]+)?/?"
"""A regular expression for the URL of a mock or of one of its worlds."""
_TIMEOUT: Final = 10  # seconds


def control_call(
    method: str, server: str, path: str, body: Mapping[str, Any] | None = None, *, token: str | None = None
) -> Any:
    """Return the JSON of the answer to a path below `/_nhsauth`, be it a problem; `None` for an empty answer.

    `/health` is at each port, and says where the control API is: that alone is sent the control token. No redirect is
    followed. Raises requests.RequestException without an answer, ValueError for one that is not JSON.
    """
    with requests.Session() as session:
        session.trust_env = False  # a proxy has no business between this process and a mock
        session.max_redirects = 0  # nor has any address that a mock names
        health = session.get(f"{server.rstrip('/')}/_nhsauth/health", timeout=_TIMEOUT).json()
        if not isinstance(health, dict) or "control" not in health:
            return health
        control = str(health["control"])
        if urlsplit(control).hostname != urlsplit(server).hostname:
            raise ValueError(f"{server} names another host for its control API: {control}")
        proof = {} if token is None else {"Authorization": f"Bearer {token}"}
        answer = session.request(method, f"{control}{path}", json=body, headers=proof, timeout=_TIMEOUT)
        return answer.json() if answer.content else None
