"""Puts a test's own API behind the platform's gateway: a URL of it, or the WSGI application itself."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from mock_servers.state.configuration import Api
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
        it were subscribed to the API. Raises ValueError for an invalid member, or a path that is taken.
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
            url = upstream if isinstance(upstream, str) else _served(stack, upstream)
            given = scopes if isinstance(scopes, str) else list(scopes)  # one text is no list of its letters
            api = _read({"path": path or next(paths), "upstream": url, "scopes": given, "open": open})
            platform.add_api(api)
            if subscribe:
                _subscribe(platform, api.scopes)
            return f"{platform.gateway}{api.path}"

        yield put


def _read(members_given: dict[str, object]) -> Api:
    from mock_servers.configuration import members  # noqa: PLC0415 - reading hints takes its time, for who has an API

    return members.read(Api, members_given, where="api")


def _served(stack: ExitStack, application: WSGIApplication) -> str:
    from mock_servers.http import server as serving  # noqa: PLC0415 - with a mock elsewhere nothing is served here but this

    if not callable(application):
        raise ValueError(  # noqa: TRY004 - to the author of a test a member that does not fit like any other
            f"upstream is {application!r}; allowed: a URL, or a WSGI application"
        )
    return stack.enter_context(serving.serve(application)).url


def _subscribe(platform: Platform, scopes: Sequence[str]) -> None:
    app = next(iter(platform.apps.all()), None)
    if app is not None and scopes:
        platform.apps.change(app.client_id, scopes=tuple(dict.fromkeys((*app.scopes, *scopes))))
