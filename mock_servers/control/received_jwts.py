"""Decodes the JWTs of a request for a page: those that the rules have read, and the others of a refused request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mock_servers.jose.jwts import Jwt
from mock_servers.journal.decoded_jwt import taken_apart
from mock_servers.journal.record import ReceivedJwt, Record


def jwts_of(record: Record) -> dict[str, Mapping[str, Any]]:
    """Return the JWTs of an exchange by where they stood, taken apart, as JSON values that may be shown."""
    read = {name: _shown(jwt, record.at) for name, jwt in record.received.items()}
    return read | {name: json.loads(text) for name, text in record.examination().jwts.items()}


def _shown(jwt: ReceivedJwt, now: float) -> dict[str, Any]:
    whole = Jwt(header=jwt.header, claims=jwt.claims, signing_input=b"", signature=b"")
    return {**taken_apart(whole, now), "signature": "not kept"}
