"""The calls about a team's own APIs, which a test may put behind the gateway while the mock runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from mock_servers.configuration import members
from mock_servers.control.calls import DONE, Body, Call, Request, Response, ResponseObject, all_required
from mock_servers.control.problems import ProblemError
from mock_servers.platform.platform import ApiExistsError
from mock_servers.state.configuration import Api
from mock_servers.wire.wording import shown


def _list(request: Request) -> Response:
    return Response(body=[asdict(api) for api in request.platform.store.apis.values()])


def _add(request: Request) -> Response:
    api = members.read(Api, request.body)
    try:
        return Response(status=201, body=asdict(request.platform.add_api(api)))
    except ApiExistsError as taken:
        raise ProblemError(409, f"{taken}.", member="path") from None


def _remove(request: Request) -> Response:
    path = f"/{request.path['path']}"
    if request.platform.store.apis.take(path) is None:
        raise ProblemError(404, f"No API is at {shown(path)}.")
    return DONE


_API: Final = {"$ref": "#/components/schemas/Api"}

SCHEMAS: Final = {"Api": all_required(members.schema(Api))}

CALLS: Final = (
    Call(
        method="GET",
        path="/apis",
        name="listApis",
        summary="Your own APIs behind the gateway.",
        answer=_list,
        responses={200: ResponseObject(description="The APIs.", schema={"type": "array", "items": _API})},
    ),
    Call(
        method="POST",
        path="/apis",
        name="addApi",
        summary="Put an API of your own behind the gateway: calls below its path are judged, and passed on.",
        answer=_add,
        body=Body(
            kind=Api,
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
        responses={201: ResponseObject(description="The API.", schema=_API)},
        refusals={409: "Another API is at this path."},
    ),
    Call(
        method="DELETE",
        path="/apis/<path:path>",
        name="removeApi",
        summary="Take an API away; `path` without the slash at its beginning.",
        answer=_remove,
        responses={204: ResponseObject(description="It is gone.")},
        refusals={404: "No API is there."},
    ),
)
