"""openapi.json and the index: both made of the calls, as the routes are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mock_servers.control import problems
from mock_servers.control.calls import (
    HTML,
    JSON,
    TEXT,
    Body,
    Call,
    Request,
    Response,
    ResponseObject,
    answer_object,
    array_of,
    ref,
    without_default,
)
from mock_servers.version import installed

_VARIABLE: Final = re.compile(r"<(?:path:)?(\w+)>")
_TITLE: Final = "nhsauth control API"
_GUARDS: Final[Mapping[int, str]] = {
    403: "Host is neither loopback, an IP address nor in public_urls, or Origin or Sec-Fetch-Site is another's."
}
_TOKEN_GUARD: Final[Mapping[int, str]] = {
    401: "A control token is set, and none was sent, or one that is none of this mock."
}
_SCHEME: Final = "controlToken"
_SECURITY: Final[Mapping[str, Any]] = {
    _SCHEME: {
        "type": "http",
        "scheme": "bearer",
        "description": "The root token, or that of a team or a world for what is theirs.",
    }
}
_BODY_GUARDS: Final[Mapping[int, str]] = {
    400: "The body is no JSON object, or a member of it is not as it must be.",
    413: "The body is larger than 1 MiB.",
    415: "The body is not application/json.",
}
_QUERY_GUARDS: Final[Mapping[int, str]] = {400: "A query parameter is not as it must be."}


def calls(others: Sequence[Call], schemas: Mapping[str, Any]) -> tuple[Call, ...]:
    """Return the calls that tell of all calls, `others` and themselves; `schemas` are those that `others` refer to."""

    @Call("GET", "/", {200: ResponseObject("All calls.", ref("Index"), or_page=True)})
    def get_index(_: Request) -> Response:
        """What there is; for a browser the page to start from."""
        return Response(body=_index(whole))

    @Call("GET", "/openapi.json", {200: ResponseObject("OpenAPI 3.1.", {"type": "object"})}, takes="any token")
    def get_open_api(request: Request) -> Response:
        """This document."""
        document = _document(whole, {**schemas, **SCHEMAS}, request.control)
        return Response(body=document if request.access.is_open else _secured(document, whole))

    own = (get_index, get_open_api)
    whole = (*own, *others)
    return own


SCHEMAS: Final = {
    "Index": answer_object(
        {
            "title": TEXT,
            "version": TEXT,
            "calls": array_of(answer_object({"method": TEXT, "path": TEXT, "summary": TEXT})),
        },
        "What there is.",
    ),
    "Problem": problems.SCHEMA,
}


def _index(whole: Sequence[Call]) -> dict[str, Any]:
    listed = [
        {"method": call.method, "path": f"/_nhsauth{_braced(call.path)}", "summary": call.summary} for call in whole
    ]
    return {"title": _TITLE, "version": installed(), "calls": listed}


def _document(whole: Sequence[Call], schemas: Mapping[str, Any], control: str) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for call in whole:
        paths.setdefault(_braced(call.path), {})[call.method.lower()] = _operation(call)
    return {
        "openapi": "3.1.0",
        "info": {"title": _TITLE, "version": installed(), "description": "For tests in any language."},
        "servers": [{"url": control}],
        "paths": paths,
        "components": {"schemas": dict(schemas)},
    }


def _secured(document: dict[str, Any], whole: Sequence[Call]) -> dict[str, Any]:
    """Add to a document that a control token is set, and which calls take none."""
    for call in whole:
        if call.takes == "no token":
            document["paths"][_braced(call.path)][call.method.lower()]["security"] = []
    components = {**document["components"], "securitySchemes": dict(_SECURITY)}
    return {**document, "security": [{_SCHEME: []}], "components": components}


def _operation(call: Call) -> dict[str, Any]:
    members = call.body.schema()["properties"] if call.body else {}
    # What is in the path and may be in the body, too, is described alike.
    schemas = {name: without_default(members.get(name, TEXT)) for name in _VARIABLE.findall(call.path)}
    parameters = [{"name": name, "in": "path", "required": True, "schema": each} for name, each in schemas.items()] + [
        {"name": name, "in": "query", "description": reported.description, "schema": dict(reported.schema)}
        for name, reported in call.query.items()
    ]
    return {
        "operationId": call.name,
        "summary": call.summary,
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": _body(call.body)} if call.body else {}),
        "responses": {str(status): reported for status, reported in sorted(_answers(call).items())}
        | {"default": _refusal("Any other refusal.")},
    }


def _body(takes: Body) -> dict[str, Any]:
    example = {"example": dict(takes.example)} if takes.example else {}
    schema = takes.schema()
    return {"required": bool(schema["required"]), "content": {JSON: {"schema": schema, **example}}}


def _answers(call: Call) -> dict[int, dict[str, Any]]:
    guards = {
        **_GUARDS,
        **({} if call.takes == "no token" else _TOKEN_GUARD),
        **(_BODY_GUARDS if call.body else {}),
        **(_QUERY_GUARDS if call.query else {}),
    }
    refusals = {status: _refusal(words) for status, words in {**guards, **call.refusals}.items()}
    return {**refusals, **{status: _answer(gives) for status, gives in call.responses.items()}}


def _answer(gives: ResponseObject) -> dict[str, Any]:
    if gives.schema is None:
        return {"description": gives.description}
    page = {HTML: {"schema": TEXT}} if gives.or_page else {}
    return {"description": gives.description, "content": {gives.content_type: {"schema": dict(gives.schema)}, **page}}


def _refusal(words: str) -> dict[str, Any]:
    schema = ref("Problem")
    return {"description": words, "content": {problems.CONTENT_TYPE: {"schema": schema}}}


def _braced(path: str) -> str:
    return _VARIABLE.sub(r"{\1}", path)
