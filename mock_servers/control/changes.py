"""The log of what calls of the control API change: who, what, and in which world. No body, and no secret, is in it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from mock_servers.control.calls import Call, Response
from mock_servers.wire.wsgi import CALLER

_OPEN: Final = "open"
"""Who calls an API that asks nobody for a token."""

_log = logging.getLogger("mock_servers.control")


def caller(environ: Mapping[str, Any]) -> str:
    """Return who calls, as the guard of the API has found: `open` where it asks for no token."""
    return str(environ.get(CALLER, _OPEN))


def log(call: Call, answer: Response, environ: Mapping[str, Any], world: str | None) -> None:
    """Log a call that has changed something in a world; one that made or ended a world is logged as that world's."""
    if not call.changes:
        return
    path = ascii(f"{environ['SCRIPT_NAME']}{environ['PATH_INFO']}")[1:-1]
    what = {"what": call.name, "method": call.method, "path": path, "status": answer.status}
    said = {"who": caller(environ), **what}
    words = "%(method)s %(path)s %(status)s (%(what)s by %(who)s)"
    _log.info(words, said, extra={"control": said, "world": answer.world or world})
