"""The calls about a team's own APIs, which a test may put behind the gateway while the mock runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from mock_servers.configuration import members
from mock_servers.control.calls import DONE, Asked, Call, Gives, Takes, Told, all_required
from mock_servers.control.problems import ProblemError
from mock_servers.platform.platform import ApiExistsError
from mock_servers.state.configuration import Api
from mock_servers.wire.wording import shown


def _list(asked: Asked) -> Told:
    return Told(body=[asdict(api) for api in asked.platform.store.apis.values()])


def _add(asked: Asked) -> Told:
    api = members.read(Api, asked.body)
    try:
        return Told(status=201, body=asdict(asked.platform.add_api(api)))
    except ApiExistsError as taken:
        raise ProblemError(409, f"{taken}.", member="path") from None


def _remove(asked: Asked) -> Told:
    path = f"/{asked.path['path']}"
    if asked.platform.store.apis.take(path) is None:
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
        gives={200: Gives(description="The APIs.", schema={"type": "array", "items": _API})},
    ),
    Call(
        method="POST",
        path="/apis",
        name="addApi",
        summary="Put an API of your own behind the gateway: calls below its path are judged, and passed on.",
        answer=_add,
        takes=Takes(
            kind=Api,
            example={
                "path": "/my-api",
                "upstream": "http://127.0.0.1:9000",
                "scopes": ["urn:nhsd:apim:user-nhs-cis2:aal3:my-api"],
            },
        ),
        gives={201: Gives(description="The API.", schema=_API)},
        refusals={409: "Another API is at this path."},
    ),
    Call(
        method="DELETE",
        path="/apis/<path:path>",
        name="removeApi",
        summary="Take an API away; `path` without the slash at its beginning.",
        answer=_remove,
        gives={204: Gives(description="It is gone.")},
        refusals={404: "No API is there."},
    ),
)
