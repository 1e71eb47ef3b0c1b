"""The calls about the platform as a whole: whether it is there and where all is, and back to the start."""

from __future__ import annotations

from typing import Final

from mock_servers.control.calls import DONE, TEXT, TEXTS, Call, Request, Response, ResponseObject, answer_object
from mock_servers.provider.registered import PROVIDERS
from mock_servers.version import installed


def _health(_: Request) -> Response:
    return Response(body={"status": "ok", "version": installed()})


def _status(request: Request) -> Response:
    known = request.platform.names.real_names
    names = known.called(request.origin).as_json() if known is not None else None
    return Response(body={"ready": True, "version": installed(), "urls": _urls(request), "real_names": names})


def _urls(request: Request) -> dict[str, str]:
    """Return where all is, under the name by which the mock was called; providers by their issuers."""
    origin = request.origin
    platform = {name: f"{origin}/oauth2/{name}" for name in ("token", "authorize", "userinfo")}
    issuers = {name: service.issuer(origin) for name, service in request.platform.providers.items()}
    return {
        "base": origin,
        **platform,
        **issuers,
        "hello_world": f"{origin}/hello-world",
        "control": f"{origin}/_nhsauth",
        "openapi": f"{origin}/_nhsauth/openapi.json",
    }


def _reset(request: Request) -> Response:
    request.platform.reset()
    return DONE


_KNOWN: Final = (
    *("base", "token", "authorize", "userinfo"),
    *(each.name for each in PROVIDERS),
    *("hello_world", "control", "openapi"),
)

_FILES: Final = ("ca", "bundle", "java")

SCHEMAS: Final = {
    "Health": answer_object({"status": {"const": "ok"}, "version": TEXT}, "That the mock answers."),
    "Status": answer_object(
        {
            "ready": {"const": True},
            "version": TEXT,
            "urls": {
                "description": "Under the name by which the mock was called. A provider's is its issuer; the mock "
                "realms go by their names.",
                "type": "object",
                "properties": dict.fromkeys(_KNOWN, TEXT),
                "required": list(_KNOWN),
                "additionalProperties": TEXT,
            },
            "real_names": {
                "description": "How clients reach the mock by the real host names: a proxy, files to trust it by, and "
                "the names. null where it speaks no TLS.",
                "anyOf": [answer_object({**dict.fromkeys(("proxy", *_FILES), TEXT), "hosts": TEXTS}), {"type": "null"}],
            },
        },
        "That the mock can answer, and where.",
    ),
}

CALLS: Final = (
    Call(
        method="GET",
        path="/health",
        name="getHealth",
        summary="That the mock answers: for probes and wait scripts, under any Host. Never in the journal.",
        answer=_health,
        responses={200: ResponseObject(description="It does.", schema={"$ref": "#/components/schemas/Health"})},
        any_host=True,
    ),
    Call(
        method="GET",
        path="/status",
        name="getStatus",
        summary="Whether the mock is ready, and where all is.",
        answer=_status,
        responses={200: ResponseObject(description="It is.", schema={"$ref": "#/components/schemas/Status"})},
    ),
    Call(
        method="POST",
        path="/reset",
        name="reset",
        summary="Back to the state after start: apps, users, APIs, tokens, jtis, exchanges, faults, clock. Keys stay.",
        answer=_reset,
        responses={204: ResponseObject(description="It is as it was.")},
    ),
)
