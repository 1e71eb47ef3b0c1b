"""The mock whole: the platform, its own API for people and programs, and what explains a value."""
# ruff: noqa: PLC0415 - each of these is loaded for who asks for it; the fixtures of most tests never do

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from mock_servers.jose.keys import KeyRing
from mock_servers.platform.platform import Platform
from mock_servers.provider.provider import Provider
from mock_servers.provider.registered import PROVIDERS
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Configuration

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from mock_servers.platform.real_names import Prepared
    from mock_servers.real_hosts.variables import RealNames


class Mock(Platform):
    """A platform that people and programs ask about itself, below `/_nhsauth`; two live side by side."""

    def __init__(
        self,
        configuration: Configuration | None = None,
        *,
        clock: Clock | None = None,
        random: Random | None = None,
        ring: KeyRing | None = None,
        providers: tuple[Provider, ...] = PROVIDERS,
        prefix: str = "",
    ) -> None:
        super().__init__(configuration, clock=clock, random=random, ring=ring, providers=providers, prefix=prefix)
        self._control: WSGIApplication | None = None
        self._making = threading.Lock()
        self._prepared: Prepared | None = None

    def own_api(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer below `/_nhsauth` as the control API does."""
        with self._making:
            if self._control is None:
                from mock_servers.control.app import create_app

                self._control = create_app(self)
        return self._control(environ, start_response)

    def explain(self, value: str, *, role: str | None = None, token_url: str | None = None) -> Mapping[str, Any]:
        """Return what a value is and how the service would judge it. Raises ValueError for an unknown role."""
        from mock_servers.explain.explanation import explain
        from mock_servers.explain.verdict import ROLES

        if role is not None and role not in ROLES:
            raise ValueError(f"as_ is {role!r}; allowed: {' or '.join(map(repr, ROLES))}")
        return explain(self, value, role, token_url)

    @contextmanager
    def real_names(self, folder: Path) -> Iterator[RealNames]:
        """Be reached by the real host names until the block ends; the certificate authority is made once."""
        from mock_servers.platform.real_names import throwaway

        if self._server is None:
            raise LookupError("the mock is not served: start it first")
        if self._prepared is None:
            self._prepared = throwaway(self, folder)
        try:
            yield self._prepared.open_at(self._server)
        finally:
            self._prepared.close_at(self._server)
