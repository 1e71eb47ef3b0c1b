"""The calls about a team's own APIs, which a test may put behind the gateway while the mock runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from mock_servers.configuration import members
from mock_servers.control.calls import DONE, Body, Call, Request, Response, ResponseObject, all_required, array_of, ref
from mock_servers.control.problems import ProblemError
from mock_servers.platform.platform import ApiExistsError
from mock_servers.state.configuration import Api
from mock_servers.wire.wording import shown

_API: Final = ref("Api")


@Call("GET", "/apis", {200: ResponseObject("The APIs.", array_of(_API))})
def list_apis(request: Request) -> Response:
    """Your own APIs behind the gateway."""
    return Response(body=[asdict(api) for api in request.platform.store.apis.values()])


@Call(
    "POST",
    "/apis",
    {201: ResponseObject("The API.", _API)},
    body=Body(
        model=Api,
        never={
            "required": ["open", "scopes"],
            "properties": {"open": {"const": True}, "scopes": {"type": "array", "minItems": 1}},
        },
        example={
            "path": "/my-api",
            "upstream": "http://127.0.0.1:9000",
            "scopes": ["urn:nhsd:apim:user-nhs-cis2:aal3:my-api"],
        },
    ),
    refusals={409: "Another API is at this path."},
)
def add_api(request: Request) -> Response:
    """Put an API of your own behind the gateway: calls below its path are judged, and passed on."""
    api = members.read(Api, request.body)
    try:
        return Response(status=201, body=asdict(request.platform.add_api(api)))
    except ApiExistsError as taken:
        raise ProblemError(409, f"{taken}.", member="path") from None


@Call("DELETE", "/apis/<path:path>", {204: ResponseObject("It is gone.")}, refusals={404: "No API is there."})
def remove_api(request: Request) -> Response:
    """Take an API away; `path` without the slash at its beginning."""
    path = f"/{request.path['path']}"
    if request.platform.store.apis.take(path) is None:
        raise ProblemError(404, f"No API is at {shown(path)}.")
    return DONE


SCHEMAS: Final = {"Api": all_required(members.schema(Api))}

CALLS: Final = (list_apis, add_api, remove_api)
