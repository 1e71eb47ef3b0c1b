"""Lets a listening socket refuse clients before it is closed, so that none is accepted by the system and then reset.

The system accepts clients on its own and resets those that wait when the socket is closed. On Linux a filter can drop
the segments by which clients begin to connect; those that have begun come through. A client that is dropped tries again
after a second and is refused. Other systems have no such filter: there a client may come in the moment of the closing.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from typing import Final

_ATTACH_FILTER: Final = 26  # SO_ATTACH_FILTER of Linux, for which Python has no name
_FLAGS: Final = 13  # the byte of a TCP header that holds them
_SYN, _ACK = 0x02, 0x10
_PROGRAM: Final = b"".join(
    struct.pack("HBBI", code, if_true, if_false, value)
    for code, if_true, if_false, value in (
        (0x30, 0, 0, _FLAGS),  # load this byte
        (0x54, 0, 0, _SYN | _ACK),  # keep these bits
        (0x15, 0, 1, _SYN),  # SYN alone: next, otherwise skip one
        (0x06, 0, 0, 0),  # drop the segment
        (0x06, 0, 0, 0xFFFFFFFF),  # pass all of it
    )
)
"""Classic BPF: each instruction is an opcode, two jumps and a value."""
_INSTRUCTION: Final = 8  # bytes


def refuse_clients(listening: socket.socket) -> None:
    """Let nobody begin to connect any more, where the system can."""
    if sys.platform != "linux":
        return
    import ctypes  # noqa: PLC0415 - at the end of a server, and on Linux alone

    program = ctypes.create_string_buffer(_PROGRAM, len(_PROGRAM))
    described = struct.pack("HP", len(_PROGRAM) // _INSTRUCTION, ctypes.addressof(program))
    with contextlib.suppress(OSError):  # a sandbox may forbid it
        listening.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, described)
