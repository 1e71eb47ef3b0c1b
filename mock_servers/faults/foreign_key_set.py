"""The key set that a public repository of the platform publishes, for apps that register a key of someone else.

Any RSA key can replace it: test suites only need one that is not their own (S).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from mock_servers.jose import keys
from mock_servers.jose.keys import KeyRing

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

KID: Final = "test-1"
_BITS: Final = 2048
_PATH: Final = re.compile(r"/NHSDigital/identity-service-jwks/main/jwks/[a-z-]+/[0-9a-f-]{36}\.json")


def application(ring: KeyRing) -> WSGIApplication:
    """Return the application for the repository's host: it serves the set and nothing else."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not _PATH.fullmatch(environ.get("PATH_INFO", "")):
            start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "0")])
            return [b""]
        body = json.dumps(keys.jwks(ring.pair("foreign-key-set", bits=_BITS, kid=KID), alg="RS512")).encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        start_response("200 OK", headers)
        return [body]

    return answer
