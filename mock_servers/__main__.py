"""`python -m mock_servers`, which is `nhsauth`."""

from __future__ import annotations

import gc
import io
import sys

from mock_servers.command_line.commands import nhsauth


def main() -> None:
    """Run the command that the arguments name, and exit: 0 done, 1 the answer is no, 2 misuse."""
    gc.disable()  # what a command loads stays until it ends; one that goes on, `serve`, turns it on again
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what a terminal cannot show must not end a command
    nhsauth()


if __name__ == "__main__":
    main()
