"""Guards of the control API: which callers, hosts and bodies it accepts.

Without a control token anybody who can reach the API may use it. With one, a call takes a token in `Authorization`, or
the cookie that the mock's own log-in page has set.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Collection
from io import BytesIO
from typing import Any, Final, NoReturn
from urllib.parse import parse_qsl

import flask
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from mock_servers.apim.request_form import FORM
from mock_servers.control.calls import JSON, Call
from mock_servers.control.problems import CHALLENGE, WRONG_TOKEN, ProblemError
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.pipeline import guard
from mock_servers.pipeline.parse import LARGEST_BODY
from mock_servers.platform.access import OPEN, Access, Caller
from mock_servers.platform.worlds import gone
from mock_servers.reading.plain import decoded
from mock_servers.state.world import World
from mock_servers.wire.wording import shown
from mock_servers.wire.wsgi import origin

_MOST_DIGITS: Final = 300
"""What a float can still hold."""
_MOST_FIELDS: Final = 10
_WITH_FILE: Final = "multipart/form-data"
_PICTURES: Final = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"%PDF")
"""How the pictures begin that people have of an error."""

COOKIE: Final = "nhsauth-control"
"""The cookie of a person who has logged in at the mock's own page, for one mock or world."""


def refuse(public_urls: Collection[str], *, from_redirect: bool = False) -> None:
    """Refuse whomever the guard of all that no real service publishes objects to; real names always."""
    words = guard.objection(flask.request.environ, public_urls, from_redirect=from_redirect)
    if words is not None:
        raise ProblemError(403, words)


def admit(access: Access, world: World | None, call: Call | None) -> Caller:
    """Return who calls. Refuse a caller without a token of this mock, and one that does not control what it calls.

    `world` is the world that is called; `None` for the root. `call` is `None` for what is no call at all.
    """
    if access.is_open or (call is not None and call.takes == "no token"):
        return OPEN
    caller = _caller(access)
    if world is not None and not caller.controls(world):
        raise ProblemError(404, gone(world.name), more={"world": world.name})
    if world is None and not caller.is_root and (call is None or call.takes == "its own token"):
        own = "its own worlds alone" if caller.team else "that world alone"
        raise ProblemError(403, f"This is the token of {caller}, which controls {own}: this call takes the root token.")
    return caller


def _caller(access: Access) -> Caller:
    scheme, _, token = flask.request.headers.get("Authorization", "").strip().partition(" ")
    if scheme:
        if scheme.lower() != "bearer":
            raise unauthorised(f"Authorization is {shown(scheme)} and more")
        found, words = access.caller_of(token.strip()), "The token is none of this mock, or its world has ended"
    elif cookie := flask.request.cookies.get(COOKIE):
        found, words = access.caller_of_cookie(cookie, time.time()), "The log-in has ended, or its token has changed"
        if (
            found is not None
            and flask.request.method not in ("GET", "HEAD", "OPTIONS")
            and "Origin" not in flask.request.headers
        ):
            raise ProblemError(
                403, "A change by cookie comes from a page, and names its Origin: send the token instead."
            )
    else:
        raise unauthorised("No control token was sent")
    if found is None:
        raise unauthorised(words, is_wrong=True)
    return found


def unauthorised(words: str, *, is_wrong: bool = False) -> ProblemError:
    """Return the refusal of a caller whose token, or lack of one, `words` describe."""
    detail = f"{words}: send Authorization: Bearer TOKEN, with the root token, or that of your team or world."
    return ProblemError(401, detail, headers=WRONG_TOKEN if is_wrong else CHALLENGE)


def is_browser() -> bool:
    """Whether the caller prefers HTML, as browsers do. A caller that accepts anything gets JSON."""
    return flask.request.accept_mimetypes.best_match([JSON, "text/html"], JSON) == "text/html"


def has_form() -> bool:
    """Whether the body is a form, perhaps with a file."""
    return flask.request.mimetype in (FORM, _WITH_FILE)


def form(most: int = _MOST_FIELDS) -> dict[str, str]:
    """Return the filled-in fields of a form on the mock's own page, which has at most so many.

    Any page can make a browser post a form, and browsers say from where. A form without `Origin` is refused.
    """
    if flask.request.headers.get("Origin") is None:
        raise ProblemError(403, f"A form comes from a page of {shown(origin(flask.request.environ))}: send {JSON}.")
    if flask.request.mimetype == _WITH_FILE:
        return _parts(most)
    try:
        pairs = parse_qsl(_bytes().decode(errors="replace"), keep_blank_values=True, max_num_fields=most)
    except ValueError as many:
        raise ProblemError(400, f"The form has more than {most} fields.") from many
    return {name: value for name, value in pairs if value}


def _parts(most: int) -> dict[str, str]:
    """Return the filled-in fields of a form that may have a file, and the text of that; nothing is put on a disk."""
    raw = _bytes()
    parser = FormDataParser(
        stream_factory=lambda *_, **__: BytesIO(), max_form_memory_size=LARGEST_BODY, max_form_parts=most
    )
    try:
        _, sent, files = parser.parse(BytesIO(raw), _WITH_FILE, len(raw), flask.request.mimetype_params)
    except RequestEntityTooLarge:
        raise ProblemError(400, f"The form has more than {most} fields.") from None
    fields = {name: value for name, value in sent.items() if value}
    for name, each in files.items():
        content = each.read()
        if content.startswith(_PICTURES):
            raise ProblemError(400, f"{name} is a picture, and only text is read: type the words.", member=name)
        fields |= {name: decoded(content)} if content else {}
    return fields


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
