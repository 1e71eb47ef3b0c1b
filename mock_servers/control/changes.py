"""The log of what calls of the control API change: who, what, and in which world. No body, and no secret, is in it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mock_servers.control.calls import Call, Response

if TYPE_CHECKING:
    from mock_servers.platform.access import Caller

_log = logging.getLogger("mock_servers.control")


def log(call: Call, answer: Response, environ: Mapping[str, Any], caller: Caller, world: str | None) -> None:
    """Log a call that has changed something in a world; one that made or ended a world is logged as that world's."""
    if not call.changes:
        return
    path = ascii(f"{environ['SCRIPT_NAME']}{environ['PATH_INFO']}")[1:-1]
    what = {"what": call.name, "method": call.method, "path": path, "status": answer.status}
    said = {"who": str(caller), **what}
    words = "%(method)s %(path)s %(status)s (%(what)s by %(who)s)"
    _log.info(words, said, extra={"control": said, "world": answer.world or world})
