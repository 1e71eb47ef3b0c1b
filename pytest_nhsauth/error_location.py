"""Makes a test's own error point at the test's line, not inside the mock."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from mock_servers.state.log_in import LogInError

P = ParamSpec("P")
T = TypeVar("T")


def blames_caller(call: Callable[P, T]) -> Callable[P, T]:
    """Cut the traceback below the call from an error of the caller's own: its text is enough."""

    @functools.wraps(call)
    def blaming(*args: P.args, **kwargs: P.kwargs) -> T:
        __tracebackhide__ = True
        try:
            return call(*args, **kwargs)
        except (LookupError, ValueError, LogInError) as error:
            raise error.with_traceback(None) from None

    return blaming
