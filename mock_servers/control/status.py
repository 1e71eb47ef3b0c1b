"""The calls about the platform as a whole: whether it is there and where all is, and back to the start."""

from __future__ import annotations

from typing import Final

from mock_servers.control.calls import (
    DONE,
    NULL,
    TEXT,
    TEXTS,
    Call,
    Request,
    Response,
    ResponseObject,
    answer_object,
    any_of,
    ref,
)
from mock_servers.control.problems import ProblemError
from mock_servers.provider.providers import PROVIDERS
from mock_servers.version import installed


@Call(
    "GET",
    "/health",
    {200: ResponseObject("It does.", ref("Health"))},
    refusals={503: "Its state cannot be reached, or its server is about to stop: send it no more requests."},
    any_host=True,
    takes="no token",
)
def get_health(request: Request) -> Response:
    """That the mock answers, and its state can be written: for probes and wait scripts, under any Host.

    `control` is the URL of the control API, which may have a port of its own; this call is at both.
    Never in the journal.
    """
    if request.platform.leaving.is_set():
        raise ProblemError(503, "This server is about to stop: send it no more requests.")
    request.platform.store.backend.probe()
    return Response(body={"status": "ok", "version": installed(), "control": request.control})


@Call("GET", "/status", {200: ResponseObject("It is.", ref("Status"))}, takes="any token")
def get_status(request: Request) -> Response:
    """Whether the mock is ready, and where all is."""
    names = request.platform.names
    known = names.real_names.called(request.base).as_json() if names.real_names is not None else None
    if known is not None:
        providers = {name: names.of_provider(each.provider) for name, each in request.platform.providers.items()}
        known |= {"token_url": names.audience, "providers": providers}
    return Response(
        body={
            "ready": True,
            "version": installed(),
            "urls": _urls(request),
            "providers": {
                name: request.platform.provider_urls(name, base=request.base) for name in request.platform.providers
            },
            "real_names": known,
        }
    )


def _urls(request: Request) -> dict[str, str]:
    """Return where all is, under the name by which the mock was called; providers by their issuers."""
    base = request.base
    platform = {name: f"{base}/oauth2/{name}" for name in ("token", "authorize", "userinfo")}
    issuers = {name: service.issuer(base) for name, service in request.platform.providers.items()}
    return {
        "base": base,
        **platform,
        **issuers,
        "hello_world": f"{base}/hello-world",
        "control": request.control,
        "openapi": f"{request.control}/openapi.json",
    }


@Call("POST", "/reset", {204: ResponseObject("It is as it was.")})
def reset(request: Request) -> Response:
    """Back to the state after start: apps, users, APIs, tokens, jtis, exchanges, faults, clock. Keys stay."""
    request.platform.reset()
    return DONE


_KNOWN: Final = (
    *("base", "token", "authorize", "userinfo"),
    *(each.name for each in PROVIDERS),
    *("hello_world", "control", "openapi"),
)

_FILES: Final = ("ca", "bundle", "java")

SCHEMAS: Final = {
    "Health": answer_object(
        {"status": {"const": "ok"}, "version": TEXT, "control": TEXT},
        "That the mock answers, and where it is controlled.",
    ),
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
            "providers": {
                "description": "The endpoints of each provider, by its name.",
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": TEXT},
            },
            "real_names": {
                "description": "How clients reach the mock by the real host names: a proxy, files to trust it by, the "
                "names, the token URL that they call, and where each provider is. null where it speaks no TLS.",
                **any_of(
                    answer_object(
                        {
                            **dict.fromkeys(("proxy", *_FILES, "token_url"), TEXT),
                            "hosts": TEXTS,
                            "providers": {"type": "object", "additionalProperties": TEXT},
                        }
                    ),
                    NULL,
                ),
            },
        },
        "That the mock can answer, and where.",
    ),
}

CALLS: Final = (get_health, get_status, reset)
