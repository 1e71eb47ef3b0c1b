"""The calls that sign client assertions and id tokens, and that get access tokens by a real request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from mock_servers.apim.request_form import ASSERTION_TYPE, ID_TOKEN_TYPE, TOKEN_EXCHANGE
from mock_servers.configuration import members
from mock_servers.configuration.members import MemberError
from mock_servers.control.body_members import named_app, named_provider
from mock_servers.control.calls import TEXT, Body, Call, Request, Response, ResponseObject, answer_object, ref
from mock_servers.control.problems import ProblemError
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.provider.providers import PROVIDERS
from mock_servers.settings.limits import URL, WORD
from mock_servers.wire.origins import origin_of
from mock_servers.wire.wording import shown

if TYPE_CHECKING:
    from mock_servers.platform.platform import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class _Altered:
    """Members added to, or in place of, those of a correct token, and members left out of it (`exp`, `header.kid`)."""

    claims: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()

    def alterations(self) -> Alterations:
        """Return them as what signs a token wants them."""
        return Alterations(claims=self.claims, headers=self.headers, without=self.without)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ClientAssertion(_Altered):
    """A client assertion. Without `client_id` that of the first app; `token_url` is where it will be posted to.

    `claims` and `headers` are added to, or take the place of, those of a correct one; `without` names members to leave
    out (`exp`, `header.kid`).
    """

    client_id: str | None = None
    token_url: Annotated[str, URL] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _IdToken(_Altered):
    """An id token. Without `user` it is of the provider's first person who reaches `level`.

    Without `client_id` it is for the first app. `base` is where the log-in happened, when that is at a real host.
    `claims` and `headers` are added to, or take the place of, those of a correct one; `without` names members to leave
    out (`exp`, `header.kid`).
    """

    provider: str = PROVIDERS[0].name
    user: str | None = None
    level: str | None = None
    client_id: str | None = None
    nonce: str | None = None
    base: Annotated[str, WORD] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _AccessToken:
    """An access token. Without `level` it is of the person's highest, without `client_id` of the first app."""

    access: Literal["healthcare_worker", "patient", "application"]
    level: str | None = None
    user: str | None = None
    client_id: str | None = None


_PROVIDERS: Final = {each.access: each.name for each in PROVIDERS}


@Call(
    "POST",
    "/client-assertions",
    {200: ResponseObject("The assertion.", answer_object({"client_assertion": TEXT}))},
    body=Body(model=_ClientAssertion, example={"claims": {"aud": "https://elsewhere.example/token"}}),
)
def sign_client_assertion(request: Request) -> Response:
    """Sign a client assertion for an app whose key the mock holds: a correct one, or altered."""
    given = members.read(_ClientAssertion, request.body)
    token_url = given.token_url or f"{request.base}/oauth2/token"
    assertion = _signed(request.platform, given.client_id, token_url, given.alterations())
    return Response(body={"client_assertion": assertion})


def _signed(platform: Platform, client_id: str | None, token_url: str, alterations: Alterations) -> str:
    app = named_app(platform, client_id)
    if app.key_name is None:
        words = (
            f"The mock holds no private key of app {shown(app.client_id)}: PATCH it with make_key, or sign yourself."
        )
        raise ProblemError(400, words, member="client_id")
    return platform.client_assertion(app.client_id, token_url=token_url, alterations=alterations)


@Call(
    "POST",
    "/id-tokens",
    {200: ResponseObject("The id token.", answer_object({"id_token": TEXT}))},
    body=Body(model=_IdToken, example={"provider": "nhs_login", "level": "P9", "without": ["header.kid", "exp"]}),
)
def sign_id_token(request: Request) -> Response:
    """Sign an id token as after a log-in: a correct one, or altered."""
    given = members.read(_IdToken, request.body)
    named_provider(request.platform, given.provider)
    if given.base is not None and not request.platform.names.is_own(given.base):
        raise MemberError("base", shown(given.base), "a base URL of this mock, or of a real host that it plays")
    wanted = LogInRequest(
        user=given.user,
        level=given.level,
        client_id=named_app(request.platform, given.client_id).client_id,
        nonce=given.nonce,
    )
    token = request.platform.id_token(given.provider, wanted, given.alterations(), base=given.base or request.base)
    return Response(body={"id_token": token})


@Call(
    "POST",
    "/access-tokens",
    {200: ResponseObject("The answer.", ref("TokenAnswer"))},
    body=Body(model=_AccessToken, example={"access": "healthcare_worker", "level": "aal3"}),
    refusals={409: "The token service refused; the problem has its answer and the reason."},
)
def get_access_token(request: Request) -> Response:
    """Get an access token by a real request to the token service, which the journal shows."""
    given = members.read(_AccessToken, request.body)
    form = _person(request, given) if given.access in _PROVIDERS else _application(given)
    assertion = _signed(request.platform, given.client_id, f"{request.base}/oauth2/token", Alterations())
    return _asked_for(request, {**form, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion})


def _application(given: _AccessToken) -> dict[str, str]:
    if given.user is not None:
        raise MemberError("user", shown(given.user), "nothing: an application's token is nobody's")
    if given.level == "level0":
        raise ProblemError(400, "level0 asks for no token: call the API with the header apikey.", member="level")
    if given.level not in (None, "level3"):
        raise MemberError("level", shown(given.level), '"level3"')
    return {"grant_type": "client_credentials"}


def _person(request: Request, given: _AccessToken) -> dict[str, str]:
    app = named_app(request.platform, given.client_id)
    wanted = LogInRequest(user=given.user, level=given.level, client_id=app.client_id)
    return {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token_type": ID_TOKEN_TYPE,
        "subject_token": request.platform.id_token(_PROVIDERS[given.access], wanted, base=request.base),
    }


def _asked_for(request: Request, form: Mapping[str, str]) -> Response:
    """Ask the token service as any client would, so that the journal shows it, and pass its answer on."""
    from werkzeug.test import Client  # noqa: PLC0415 - loaded when a token is first asked for, not at each start

    names = request.platform.names
    own = f"{origin_of(request.base)}{names.script_of(request.base)}"  # a world's prefix belongs to the path
    with Client(request.platform).post(f"{names.prefix}/oauth2/token", base_url=own, data=form) as answer:
        status, body = answer.status_code, json.loads(answer.get_data())
    if status == 200:  # noqa: PLR2004 - RFC 6749, section 5.1
        return Response(body=body)
    record = request.platform.exchanges.find(body.get("message_id", ""))
    diagnosis = record.diagnosis if record else None
    raise ProblemError(
        409,
        f"The token service refused with {status}. {diagnosis or ''}".rstrip(),
        more={"answer": body, "diagnosis": diagnosis, "exchange": record.id if record else None},
    )


SCHEMAS: Final = {
    "TokenAnswer": {
        "description": "What the token service answers; its numbers are text.",
        "type": "object",
        "properties": {
            "access_token": TEXT,
            "expires_in": TEXT,
            "token_type": {"const": "Bearer"},
            "issued_at": TEXT,
            "issued_token_type": TEXT,
            "refresh_token": TEXT,
            "refresh_token_expires_in": TEXT,
            "refresh_count": TEXT,
        },
        "required": ["access_token", "expires_in", "token_type"],
        "additionalProperties": False,
    },
}

CALLS: Final = (sign_client_assertion, sign_id_token, get_access_token)
