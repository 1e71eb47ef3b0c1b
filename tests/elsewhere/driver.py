"""Runs a program as on a system without POSIX: our code gets neither its modules nor its functions.

What others wrote (Python's own library, what we depend on) still has them: it knows its systems by itself. A file that
our code opens without naming an encoding is an error as well, since that is cp1252 on many a machine.

    driver.py imports | nhsauth ARGUMENT… | pytest ARGUMENT…
"""

import builtins
import importlib
import os
import pkgutil
import signal
import socket
import sys
import warnings
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

OURS = ("contract_tests", "mock_servers", "pytest_nhsauth")
MODULES = {"crypt", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
FUNCTIONS = {
    os: """chown chroot fchmod fchown fork forkpty getegid geteuid getgid getgroups getpgid getpgrp getpriority getsid
        getuid killpg lchown mkfifo mknod nice pread pwrite sched_getaffinity sendfile setgid setpgid setsid setuid
        sysconf uname wait wait3 wait4""",
    signal: "alarm getitimer pause pthread_kill pthread_sigmask setitimer siginterrupt sigpending sigwait",
    socket: "socketpair_unix send_fds recv_fds",
}
_import = builtins.__import__


def is_ours(depth: int) -> bool:
    """Whether the code that asks is ours."""
    return sys._getframe(depth).f_globals.get("__name__", "").partition(".")[0] in OURS


def guarded_import(
    name: str,
    globals: Mapping[str, object] | None = None,  # noqa: A002 - Python's names
    locals: Mapping[str, object] | None = None,  # noqa: A002 - the same
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    """Import as ever, but for a module that other systems lack."""
    if level == 0 and name.partition(".")[0] in MODULES and is_ours(2):
        raise ModuleNotFoundError(f"No module named {name!r} on every system", name=name)
    return _import(name, globals, locals, fromlist, level)


def hide(module: ModuleType, name: str) -> None:
    """Take a function away from our code."""
    function = getattr(module, name)

    def guard(*arguments: Any, **keywords: Any) -> Any:
        if is_ours(2):
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r} on every system")
        return function(*arguments, **keywords)

    setattr(module, name, guard)


for owner, names in FUNCTIONS.items():
    for each in names.split():
        if hasattr(owner, each):
            hide(owner, each)
builtins.__import__ = guarded_import
for package in OURS:
    warnings.filterwarnings("error", category=EncodingWarning, module=rf"{package}(\.|\Z)")

if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    sys.argv = [what, *rest]
    if what == "imports":
        setattr(os, "fork", None)  # noqa: B010 - mypy knows it as a function; nobody starts a process when a module is imported
        for package in OURS:
            for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
                if not found.name.endswith("__main__"):
                    importlib.import_module(found.name)
        print(len([name for name in sys.modules if name.partition(".")[0] in OURS]))
    elif what == "nhsauth":
        from mock_servers.__main__ import main

        main()
    else:
        import pytest

        sys.exit(pytest.main(rest))
