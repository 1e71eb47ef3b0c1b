"""What one client may take of a server."""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one client may take of a server: seconds, bytes a second, bytes, connections.

    `head` is for the request line and headers in all, `handshake` for TLS; `body` for a body to begin, or an answer to
    be taken, which then go at `lowest` bytes a second; `kept` for a connection without a request. `largest_body` is for
    what an application wants whole, `threads` for calls that have one of their own. Beyond `connections` whoever has
    waited longest makes room. Beyond `unsent` bytes of answers that clients have yet to take, over all connections, the
    client that has taken nothing for the longest time is closed.
    """

    head: float = 10.0
    handshake: float = 10.0
    body: float = 10.0
    lowest: float = 1024.0
    kept: float = 60.0
    largest_body: int = 1 << 20
    threads: int = 32
    unsent: int = 64 << 20
    connections: int = 400 if sys.platform == "win32" else 850  # select() there takes 512; elsewhere 1,024 files
