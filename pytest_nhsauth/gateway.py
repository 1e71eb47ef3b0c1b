"""Puts a test's own API behind the platform's gateway: a URL of it, or the WSGI application itself."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from mock_servers.state.configuration import Api
from mock_servers.wire.origins import is_loopback
from pytest_nhsauth.error_location import blames_caller

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from pytest_nhsauth.platform import Platform

_PATH: Final = "/api"


class Gateway(Protocol):
    """Puts APIs behind the gateway, for a test."""

    def __call__(
        self,
        upstream: str | WSGIApplication,
        *,
        scopes: Sequence[str] = (),
        open: bool = False,  # noqa: A002 - the member's name in the configuration
        path: str | None = None,
        subscribe: bool = True,
    ) -> str:
        """Return the URL of the API behind the gateway, without a slash at its end.

        `upstream` is the API's own URL, or a WSGI application (of Flask, of Django), which is then served for the test.
        A token must have one of the `scopes`; without any, every live token is accepted, and `open` requires none.
        `path` is `/api`, `/api-2`, … by default. With `subscribe` the first registered app also gets the scopes, as if
        it were subscribed to the API. Raises ValueError for an invalid member, a
        path that is taken, and an application where the mock is on another host.
        """
        ...


@contextmanager
def gateway(platform: Platform) -> Iterator[Gateway]:
    """Yield the function that puts APIs behind the gateway. The servers of its applications stop with the block."""
    with ExitStack() as stack:
        paths = (_PATH if number == 1 else f"{_PATH}-{number}" for number in itertools.count(1))

        @blames_caller
        def put(
            upstream: str | WSGIApplication,
            *,
            scopes: Sequence[str] = (),
            open: bool = False,  # noqa: A002 - the member's name in the configuration
            path: str | None = None,
            subscribe: bool = True,
        ) -> str:
            url = upstream if isinstance(upstream, str) else _served(stack, upstream, platform.url)
            given = scopes if isinstance(scopes, str) else list(scopes)  # one text is no list of its letters
            api = _read({"path": path or next(paths), "upstream": url, "scopes": given, "open": open})
            platform.add_api(api)
            if subscribe:
                app = next(iter(platform.apps.all()), None)
                if app is not None and api.scopes:
                    platform.apps.change(app.client_id, scopes=tuple(dict.fromkeys((*app.scopes, *api.scopes))))
            return f"{platform.gateway}{api.path}"

        yield put


def _read(members_given: dict[str, object]) -> Api:
    from mock_servers.configuration import members  # noqa: PLC0415 - reading hints takes its time, for who has an API

    return members.read(Api, members_given, where="api")


def _served(stack: ExitStack, application: WSGIApplication, mock: str) -> str:
    from mock_servers.http import server as serving  # noqa: PLC0415 - with a mock elsewhere nothing is served here but this

    if not callable(application):
        raise ValueError(  # noqa: TRY004 - to the author of a test a member that does not fit like any other
            f"upstream is {application!r}; allowed: a URL, or a WSGI application"
        )
    host = urlsplit(mock).hostname or ""
    if not (is_loopback(host) or _is_bound_here(host)):
        raise ValueError(
            f"upstream is a WSGI application, which is served at 127.0.0.1 here, and the mock at {mock} is on another "
            "host; allowed: the URL of an API that it can reach"
        )
    return stack.enter_context(serving.serve(application, is_silent=False)).url


def _is_bound_here(host: str) -> bool:
    """Whether a host is this machine: only its own addresses can be bound."""
    try:
        with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return True
    except OSError:
        return False
