"""Checks a log-in to the management API, at login.apigee.com: the command line's own client, and any person."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any, Final

from mock_servers.jose import jwts
from mock_servers.management import errors
from mock_servers.management.service import Exchange
from mock_servers.rules import Flow, Policy, rejects
from mock_servers.wire.request import Answer
from mock_servers.wire.routes import ANY, Routes
from mock_servers.wire.wording import shown

CLIENT: Final = base64.b64encode(b"edgecli:edgeclisecret").decode()
"""Name and password of Apigee's own command line, which are public and the same for all users (S)."""
LIFETIME: Final = 1799
"""Seconds (D)."""


@rejects(errors.LOG_IN_CLIENT_WRONG)
def check_client(exchange: Exchange) -> str | None:
    """Basic, with the command line's name and password."""
    sent = exchange.request.headers.get("authorization", "")
    if sent == f"Basic {CLIENT}":
        return None
    return "The Authorization header is not Basic with the public client of Apigee's command line."


@rejects(errors.LOG_IN_GRANT_UNSUPPORTED)
def check_grant_type(exchange: Exchange) -> str | None:
    """The password grant alone."""
    sent = exchange.request.form.get("grant_type")
    exchange.named["grant_type"] = sent or ""
    return None if sent == "password" else f"grant_type is {shown(sent)}: this log-in takes password."


@rejects(errors.LOG_IN_PERSON_MISSING)
def check_person(exchange: Exchange) -> str | None:
    """A user name with a password, or a passcode; each is accepted."""
    form = exchange.request.form
    if "passcode" in form or ("username" in form and "password" in form):
        return None
    return "The form has neither username and password nor passcode; any of them is accepted here."


@rejects(errors.LOG_IN_ELSEWHERE)
def check_path(exchange: Exchange) -> str | None:
    """Only the token endpoint exists."""
    exchange.named["path"] = path = exchange.request.target.partition("?")[0]
    return f"{exchange.request.method} {shown(path)} is no log-in: POST /oauth/token is."


def logged_in(exchange: Exchange) -> Answer:
    """Answer with an access token that is a JWT, since clients decode it (S); its key has no owner."""
    form, identifiers = exchange.request.form, exchange.service.identifiers
    claims = {
        "jti": identifiers.uuid(),
        "sub": identifiers.uuid(),
        "user_name": form.get("username") or "passcode",
        "client_id": "edgecli",
        "grant_type": "password",
        "iat": int(exchange.now),
        "exp": int(exchange.now) + LIFETIME,
        "iss": "https://login.apigee.com",
    }
    return Answer(
        status=200,
        body={
            "access_token": _jwt(claims, key=identifiers.uuid()),
            "token_type": "bearer",
            "refresh_token": identifiers.uuid(),
            "expires_in": LIFETIME,
            "scope": "scim.me openid password.write approvals.me oauth.approvals",
            "jti": claims["jti"],
        },
    )


def any_bearer() -> str:
    """Return a JWT that never expires, for a client that reads its own bearer (S)."""
    return _jwt({"iss": "https://login.apigee.com", "client_id": "edgecli"}, key=CLIENT)


def _jwt(claims: dict[str, Any], *, key: str) -> str:
    signed = jwts.signing_input(b'{"alg": "HS256", "typ": "JWT"}', json.dumps(claims).encode())
    return f"{signed.decode()}.{jwts.base64url(hmac.digest(key.encode(), signed, hashlib.sha256))}"


FLOWS: Final[tuple[Flow[Exchange, Answer], ...]] = (
    Flow(
        name="management log-in",
        row="admin §2",
        policies=(Policy(name="LogIn", rules=(check_client, check_grant_type, check_person)),),
        respond=logged_in,
    ),
    Flow(
        name="no-such-log-in",
        row="admin §2",
        policies=(Policy(name="FindCall", rules=(check_path,)),),
    ),
)

ROUTES: Final = Routes(FLOWS, {"/": {"POST": ["management log-in"]}}, everywhere={ANY: ["no-such-log-in"]})
"""Which flows each path has, below `/oauth/token`."""
