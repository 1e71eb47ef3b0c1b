"""Who may call this API, and with what: it hands out keys, so that a web page or a foreign name must not reach it.

A name that an attacker lets resolve to this machine (DNS rebinding) shows in `Host`, a page elsewhere in `Origin`.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, Final, NoReturn
from urllib.parse import parse_qsl, urlsplit

import flask
from werkzeug.exceptions import RequestEntityTooLarge

from mock_servers.apim.request_form import FORM
from mock_servers.control.calls import JSON
from mock_servers.control.problems import ProblemError
from mock_servers.http.parsing import LARGEST_BODY
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.state.real_host import is_real_name
from mock_servers.wire.wording import shown
from mock_servers.wire.wsgi import host

_HOST: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/\\?#@\[\]]+))(?::[0-9]{0,5})?")
_MOST_DIGITS: Final = 300
"""What a float can still hold."""
_MOST_FIELDS: Final = 10
_PORTS: Final = {"http": 80, "https": 443}


def origin(environ: Mapping[str, Any]) -> str:
    """Return scheme and host as the caller wrote them."""
    return f"{environ['wsgi.url_scheme']}://{host(environ)}"


def refuse_host(public_urls: Collection[str]) -> None:
    """Refuse a `Host` that is neither loopback, an IP address nor a host of `public_urls`; real names always."""
    sent = host(flask.request.environ)
    match = _HOST.fullmatch(sent)
    name = (match[1] or match[2]).lower().removesuffix(".") if match else ""
    if is_real_name(name):
        raise ProblemError(403, f"Host is {shown(sent)}: this API hands out keys, and never under a real NHS name.")
    if not _is_near(name) and name not in {urlsplit(url).hostname for url in public_urls}:
        raise ProblemError(
            403, f"Host is {shown(sent)}; allowed are localhost, IP addresses and the hosts of public_urls."
        )


def _is_near(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def refuse_foreign_origin(*, or_null: bool = False) -> None:
    """Refuse what a page of another origin makes a browser send; what is no browser sends no `Origin`.

    `or_null`: the word `null` will do, which a browser may send once a form's answer redirects to another origin.
    """
    sent = flask.request.headers.get("Origin")
    if or_null and sent == "null":
        return
    own = origin(flask.request.environ)
    if sent is not None and (_canonical(sent) is None or _canonical(sent) != _canonical(own)):
        raise ProblemError(403, f"Origin is {shown(sent)}: this API answers pages of {shown(own)} alone.")


def is_browser() -> bool:
    """Whether the caller prefers HTML, as browsers do; whoever takes anything at all gets JSON."""
    return flask.request.accept_mimetypes.best_match([JSON, "text/html"], JSON) == "text/html"


def has_form() -> bool:
    """Whether the body is a form."""
    return flask.request.mimetype == FORM


def form() -> dict[str, str]:
    """Return the fields of the mock's own page's form that were filled in.

    Any page can make a browser post a form, and browsers say from where: without `Origin` it is nobody's.
    """
    if flask.request.headers.get("Origin") is None:
        raise ProblemError(403, f"A form comes from a page of {shown(origin(flask.request.environ))}: send {JSON}.")
    try:
        pairs = parse_qsl(_bytes().decode(errors="replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as many:
        raise ProblemError(400, f"The form has more than {_MOST_FIELDS} fields.") from many
    return {name: value for name, value in pairs if value}


def _canonical(sent: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(sent)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None


def body() -> dict[str, Any]:
    """Return the members of the JSON object that was sent; none when there is no body."""
    request = flask.request
    if not request.content_length and "Transfer-Encoding" not in request.headers:
        return {}
    if request.mimetype != JSON:
        raise ProblemError(415, f"Content-Type is {shown(request.content_type or UNDEFINED)}: send {JSON}.")
    return _members(_bytes())


def _bytes() -> bytes:
    try:
        text = flask.request.get_data(cache=False)
    except RequestEntityTooLarge:
        text = None
    if text is None or len(text) > LARGEST_BODY:
        raise ProblemError(413, f"The body is larger than the {LARGEST_BODY} bytes that are read.")
    return text


def _members(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(
            text.decode(), parse_int=_integer, parse_constant=_refuse_constant, object_pairs_hook=_object
        )
    except UnicodeDecodeError as broken:
        raise ProblemError(400, f"The body is not UTF-8: byte {broken.start + 1} is no part of it.") from broken
    except json.JSONDecodeError as broken:
        raise ProblemError(400, f"The body is not JSON: line {broken.lineno}, column {broken.colno}.") from broken
    except RecursionError as bomb:
        raise ProblemError(400, "The body is nested too deeply.") from bomb
    if not isinstance(found, dict):
        raise ProblemError(400, f"The body is a JSON {type(found).__name__}: send an object.")
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ProblemError(400, f"{shown(twice)} is given twice: give it once.", member=twice)
    return members


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ProblemError(400, f"The body holds a number of {len(digits)} digits: {_MOST_DIGITS} are read.")
    return int(digits)


def _refuse_constant(constant: str) -> NoReturn:
    raise ProblemError(400, f"The body holds {constant}, which JSON does not have.")
