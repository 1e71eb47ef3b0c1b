"""The calls about people: who can log in, and a log-in without its form."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Final, Literal

from mock_servers.configuration import members
from mock_servers.configuration.members import MemberError
from mock_servers.control.body_members import named_app, named_provider
from mock_servers.control.calls import (
    EVIDENCE,
    TEXT,
    TEXT_OR_NULL,
    Body,
    Call,
    Request,
    Response,
    ResponseObject,
    all_required,
    answer_object,
    any_of,
    array_of,
    ref,
)
from mock_servers.control.problems import ProblemError
from mock_servers.identity_provider import log_ins
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.provider import errors
from mock_servers.provider.providers import PROVIDERS
from mock_servers.settings.limits import REDIRECT
from mock_servers.state.person import Person
from mock_servers.wire.wording import shown

Outcome = Literal["ok", "cancelled", "consent_refused", "level_too_low", "provider_error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _LogIn:
    """A log-in. Without `user` the provider's first person who reaches `level`; without `client_id` the first app.

    `redirect_uri` is one of the app's, its first unless given.
    """

    provider: str = PROVIDERS[0].name
    user: str | None = None
    level: str | None = None
    client_id: str | None = None
    redirect_uri: Annotated[str, REDIRECT] | None = None
    nonce: str | None = None
    state: str | None = None
    outcome: Outcome = "ok"


_PERSON: Final = ref("Person")


@Call("GET", "/users", {200: ResponseObject("The people.", array_of(_PERSON), or_page=True)})
def list_users(request: Request) -> Response:
    """Everybody who can log in."""
    return Response(body=[asdict(person) for person in request.platform.store.people.values()])


@Call(
    "POST",
    "/users",
    {201: ResponseObject("The person.", _PERSON)},
    body=Body(
        model=Person,
        example={"provider": "cis2", "id": "656005750199", "level": "aal3", "claims": {"name": "TEST User"}},
    ),
    refusals={409: "The provider has a person with this id already."},
)
def create_user(request: Request) -> Response:
    """Add a person."""
    person = members.read(Person, request.body)
    if not request.platform.store.people.add((person.provider, person.id), person):
        raise ProblemError(409, f"{person.provider} has a user {shown(person.id)} already.", member="id")
    return Response(status=201, body=asdict(person))


@Call(
    "PUT",
    "/users/<provider>/<id>",
    {
        200: ResponseObject("The person, in the place of another.", _PERSON),
        201: ResponseObject("The new person.", _PERSON),
    },
    body=Body(model=Person, partial=True, example={"level": "aal2"}),
)
def put_user(request: Request) -> Response:
    """Add a person, or replace the one who has this id."""
    person = members.read(Person, {**request.path, **request.body})
    for name, named in request.path.items():
        if getattr(person, name) != named:
            raise MemberError(name, shown(getattr(person, name)), f"{shown(named)}, as in the path, or nothing")
    people, key = request.platform.store.people, (person.provider, person.id)
    is_new = people.add(key, person)
    if not is_new:
        people.put(key, person)
    return Response(status=201 if is_new else 200, body=asdict(person))


@Call(
    "POST",
    "/log-ins",
    {
        200: ResponseObject(
            "A code, to be redeemed at the provider; or the error of the outcome that was asked for.",
            any_of(ref("Code"), ref("RefusedLogIn")),
        )
    },
    body=Body(model=_LogIn, example={"provider": "cis2", "user": "656005750104"}),
)
def log_in(request: Request) -> Response:
    """Log a person in without a form: the code, or the error, that would reach the redirect URI."""
    given = members.read(_LogIn, request.body)
    service, app = named_provider(request.platform, given.provider), named_app(request.platform, given.client_id)
    redirect_uri = _redirect_uri(given.redirect_uri, app.redirect_uris)
    wanted = LogInRequest(
        user=given.user, level=given.level, client_id=app.client_id, nonce=given.nonce, state=given.state
    )
    if given.outcome == "ok":
        return Response(body={"code": request.platform.issue_code(given.provider, wanted, redirect_uri)})
    if given.user is not None:
        log_ins.find_person(service, wanted)
    row = service.provider.errors[errors.OUTCOMES[given.outcome]]
    refusal = {"error": row.code, "error_description": row.sentence or None, "evidence": row.evidence}
    return Response(body=refusal)


def _redirect_uri(given: str | None, registered: tuple[str, ...]) -> str:
    if given in registered:
        return given
    if given is None and registered:
        return registered[0]
    allowed = f"one of the app's: {shown(list(registered))}"
    raise MemberError("redirect_uri", shown(given) if given is not None else "missing", allowed)


SCHEMAS: Final = {
    "Person": all_required(members.schema(Person)),
    "Code": answer_object({"code": TEXT}, "What the provider would send to the redirect URI."),
    "RefusedLogIn": answer_object(
        {"error": TEXT, "error_description": TEXT_OR_NULL, "evidence": EVIDENCE},
        "What the provider would send to the redirect URI, and how sure that is; null where its words are not known.",
    ),
}

CALLS: Final = (list_users, create_user, put_user, log_in)
