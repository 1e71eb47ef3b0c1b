"""The limits of the server: how much time, data and how many connections clients may use."""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What clients may use of the server, in seconds, bytes a second, bytes, and numbers of threads and connections.

    Seconds: `head` for the request line and all headers, `handshake` for TLS, `body` until a body begins or an answer
    is read, `kept` for a connection without a request. A body or answer may then go no slower than `lowest` bytes a
    second. `largest_body` limits a body that the application reads whole. `threads` limits the calls that have a
    thread of their own. Beyond `connections` the server closes the connection that has been idle longest. Beyond
    `unsent` bytes of answers that clients have not read, over all connections, it closes the one whose client has read
    nothing for the longest time.
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
