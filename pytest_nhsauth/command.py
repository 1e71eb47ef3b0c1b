"""`nhsauth`, the command: a process of this project, which imports nothing from the caller's folders."""

from __future__ import annotations

import sys

from pytest_nhsauth import import_guard


def main() -> None:
    """Run the command that the arguments name, and exit."""
    import_guard.claim()
    for line in import_guard.warnings_text():
        print(line, file=sys.stderr)  # noqa: T201 - a command's own stream
    try:
        from mock_servers.__main__ import main as run  # noqa: PLC0415 - ours, now that no other can be found
    except ImportError as error:
        print(f"nhsauth: this installation is not whole ({error}): install pytest-nhsauth anew", file=sys.stderr)  # noqa: T201 - the same
        sys.exit(2)
    run()
