"""Who may ask for what no real service publishes: the mock's own API and the management API hand out keys and secrets.

A name that an attacker lets resolve to this machine (DNS rebinding) shows in `Host`; a page of another origin shows in
`Origin` and in `Sec-Fetch-Site`, which browsers alone send.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import flask

from mock_servers.settings.real_host import Hosts, is_real_name
from mock_servers.wire.wording import shown
from mock_servers.wire.wsgi import IN_PROCESS, host, origin

_HOST: Final = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/\\?#@\[\]]+))(?::[0-9]{0,5})?")
_PORTS: Final = {"http": 80, "https": 443}


def objection(
    environ: Mapping[str, Any], public_urls: Iterable[str], hosts: Hosts | None = None, *, from_redirect: bool = False
) -> str | None:
    """Say why a request is refused; `None` when it is not.

    `hosts` are those that may be called by their real names, through TLS; without any, real names are refused always.
    `from_redirect`: a browser may be sent here from another site, and then may say that its origin is `null`.
    """
    refusals = (_of_host(environ, public_urls, hosts), _of_origin(environ, from_redirect), _of_site(environ))
    return next((words for words in refusals[: 2 if from_redirect else 3] if words), None)


def before_request(public_urls: Callable[[], Collection[str]], hosts: Hosts) -> Callable[[], flask.Response | None]:
    """Return a hook that answers 403, as RFC 9457 says it, in place of a request that the guard objects to."""

    def refuse() -> flask.Response | None:
        environ = flask.request.environ
        words = None if IN_PROCESS in environ else objection(environ, public_urls(), hosts)
        if words is None:
            return None
        problem = {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": words}
        return flask.Response(json.dumps(problem), 403, content_type="application/problem+json")

    return refuse


def _of_host(environ: Mapping[str, Any], public_urls: Iterable[str], hosts: Hosts | None) -> str | None:
    sent = str(environ.get("HTTP_HOST", host(environ)))  # an empty one names nobody
    match = _HOST.fullmatch(sent)
    name = (match[1] or match[2]).lower().removesuffix(".") if match else ""
    if hosts is None and is_real_name(name):
        return f"Host is {shown(sent)}: this API hands out keys, and never under a real NHS name."
    is_played = hosts is not None and hosts.of_origin(origin(environ)) is not None
    if is_played or _is_near(name) or name in {urlsplit(url).hostname for url in public_urls}:
        return None
    played = " and, by https, the real hosts that the mock plays" if hosts is not None else ""
    return f"Host is {shown(sent)}; allowed are localhost, IP addresses, the hosts of public_urls{played}."


def _is_near(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _of_origin(environ: Mapping[str, Any], or_null: bool) -> str | None:  # noqa: FBT001 - the guard's own word
    """Object to what a page of another origin makes a browser send; what is no browser sends no `Origin`."""
    sent = environ.get("HTTP_ORIGIN")
    if sent is None or (or_null and sent == "null"):
        return None
    own = origin(environ)
    if _canonical(sent) is not None and _canonical(sent) == _canonical(own):
        return None
    return f"Origin is {shown(sent)}: this API answers pages of {shown(own)} alone."


def _of_site(environ: Mapping[str, Any]) -> str | None:
    """Object to what another site's page asks a browser for, unless a person follows a link: no page reads that."""
    sent = environ.get("HTTP_SEC_FETCH_SITE")
    follows = (environ.get("HTTP_SEC_FETCH_MODE"), environ.get("HTTP_SEC_FETCH_DEST")) == ("navigate", "document")
    if sent in (None, "same-origin", "none") or (follows and environ["REQUEST_METHOD"] in ("GET", "HEAD")):
        return None
    return f"Sec-Fetch-Site is {shown(sent)}: this API answers pages of {shown(origin(environ))} alone."


def _canonical(sent: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(sent)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
