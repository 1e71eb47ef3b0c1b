"""One call of a running mock's control API, at either of its ports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import requests

_TIMEOUT: Final = 10  # seconds
_CONTROL: Final = "nhsauth-control"
"""The header by which the port of the services names the URL of the control API, where that has a port of its own."""


def control_call(method: str, server: str, path: str, body: Mapping[str, str] | None = None) -> Any:
    """Return the JSON of the answer to a path below `/_nhsauth`, be it a problem; `None` for an empty answer.

    Raises requests.RequestException without an answer, ValueError for one that is not JSON.
    """
    with requests.Session() as session:
        session.trust_env = False  # a proxy has no business between this process and a mock
        answer = session.request(method, f"{server.rstrip('/')}/_nhsauth{path}", json=body, timeout=_TIMEOUT)
        apart = answer.headers.get(_CONTROL)
        if apart is not None:
            answer = session.request(method, f"{apart}{path}", json=body, timeout=_TIMEOUT)
        return answer.json() if answer.content else None
