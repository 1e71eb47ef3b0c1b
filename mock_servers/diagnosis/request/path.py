"""A path or a method that no endpoint has."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final

from mock_servers.apim.request_form import TOKEN_EXCHANGE
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.journal.finding import Finding
from mock_servers.state.seed_data import APIS
from mock_servers.state.table import FEW
from mock_servers.wire.wording import shown

_TOKEN: Final = ("oauth2", "oauth2/token", "oauth2/access_token", "token", "oauth2/v1/token")
_ENDPOINTS: Final = ("/token", "/authorize", "/callback", "/userinfo", "/_ping", "/_status")
_TOKEN_PATHS: Final = ("/oauth2/token", "/oauth2-mock/token")
_GRANTS: Final = ("client_credentials", TOKEN_EXCHANGE)
"""The grants that only the platform has."""
_METHODS: Final = ("check_token_method", "check_authorize_method", "check_method")
_PATHS: Final = ("check_path_known", "check_api_known")
_LONGEST: Final = 200
_ALIKE: Final = 0.8
_PROBES: Final = re.compile(
    r"favicon\.(?:ico|svg|png)|robots\.txt|apple-touch-icon.*|sitemap\.xml|manifest\.json"
    r"|health(?:z|check|-check)?|healthcheck\.\w+|live(?:z|ness)?|ready(?:z|ness)?|ping|status|metrics|version"
)


def wrong_path(case: Case) -> Finding | None:
    """The path or the method is almost, but not exactly, one that the service answers."""
    path, method = case.record.path, case.request.method
    if case.refused_by(*_METHODS):
        return _of_method(path, method)
    if not case.refused_by(*_PATHS):
        return None
    if is_probe(path, method):
        return None
    near = _nearest(path) or _nearest_api(case, path, method)
    return Finding(
        id="wrong-path",
        certainty="certain" if near is not None else "likely",
        seen=f"{method} {shown(path)} does not exist here.",
        cause=_cause(path, near) if near is not None or case.known.is_all else "No known API has this path.",
        cure=f"Did you mean {near}?"
        if near is not None
        else "Call the path from the API's own documentation, in this environment."
        if not case.known.is_all
        else "Call one of the APIs that this mock has, or add this one: list it in nhsauth.toml under apis, "
        "with its path and its upstream.",
    )


def token_request_elsewhere(case: Case) -> Finding | None:
    """A request for a token of the platform came to another service's endpoint."""
    path, grant, aud = case.record.path, case.form("grant_type"), case.claim("aud")
    if grant not in _GRANTS or path.endswith(_TOKEN_PATHS):
        return None
    is_meant = isinstance(aud, str) and aud.endswith(_TOKEN_PATHS)
    if not is_meant and case.record.service != "management log-in":
        return None
    url = aud if is_meant else f"{case.request.base}/oauth2/token"
    return Finding(
        id="wrong-path",
        certainty="certain" if is_meant else "likely",
        seen=f"POST {shown(path)} got a request with grant_type {shown(grant)}"
        f"{f', and an assertion with aud {shown(aud)}' if is_meant else ''}.",
        cause="That is a request for a token of the platform, and this is another service's endpoint.",
        cure=f"Did you mean POST {url}?",
    )


def is_probe(path: str, method: str) -> bool:
    """Whether a request looks like one that a browser or a monitor makes by itself."""
    return method in ("GET", "HEAD") and (path in ("", "/") or _PROBES.fullmatch(path.rpartition("/")[2]) is not None)


def _nearest_api(case: Case, path: str, method: str) -> str | None:
    """Return the API call with the most similar path."""
    if not case.known.is_all:
        return None
    known = [*(f"/{seed.api}" for seed in APIS), *(api.path for api in case.known.store.apis.newest(FEW))]
    for size in {api.count("/") for api in known}:
        parts = path[:_LONGEST].split("/")
        start, rest = "/".join(parts[: size + 1]), parts[size + 1 :]
        near = get_close_matches(start.lower(), known, n=1, cutoff=_ALIKE)
        if near and near[0] != start:
            return f"{method} {'/'.join([near[0], *rest])}"
    return None


def _of_method(path: str, method: str) -> Finding:
    token = path.endswith(("/token", "/access_token"))
    return Finding(
        id="wrong-path",
        certainty="certain",
        seen=f"The method is {method}.",
        cause="A browser opened the URL, or a redirect (http to https, or a slash) changed the POST to a GET."
        if token and method == "GET"
        else "This path accepts only one method.",
        cure=f"Did you mean {'POST' if token else 'GET'} {path}?",
    )


def _nearest(path: str) -> str | None:
    """Return method and path of what was probably meant."""
    plain = path[:_LONGEST].lower().strip("/")
    mount = "/oauth2-mock" if plain.startswith("oauth2-mock") else "/oauth2"
    if plain.replace("oauth2-mock", "oauth2") in _TOKEN or plain.endswith(f"{mount}/token"):
        return f"POST {mount}/token"
    known = {f"{each}{endpoint}": endpoint for each in ("/oauth2", "/oauth2-mock") for endpoint in _ENDPOINTS}
    near = get_close_matches(f"/{plain}", known, n=1, cutoff=_ALIKE)
    if not near:
        return None
    return f"{'POST' if known[near[0]] == '/token' else 'GET'} {near[0]}"


def _cause(path: str, near: str | None) -> str:
    if near is None:
        return "This mock has no API there. List your own API in the configuration, under apis."
    if path.endswith("/") and path.rstrip("/") == near.partition(" ")[2]:
        return "There is an extra slash at the end."
    if "access_token" in path:
        return "CIS2's token endpoint ends in access_token. The platform's ends in token."
    return "Your code joined the base URL and the path with a part missing or repeated."


FINDERS: Final = (
    Finder(find=wrong_path, rules=(*_METHODS, *_PATHS)),
    Finder(
        find=token_request_elsewhere,
        rules=("check_client", "check_grant_type", "check_grant_type_known", "find_credentials"),
        named={"wrong-path": "A request for a token of the platform came to another service's endpoint."},
    ),
)
