"""The WSGI applications of a platform, each made and imported at its first call: few sessions call them all."""
# ruff: noqa: PLC0415 - which is why they are imported here, and there alone

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from mock_servers.wire.deferred import Deferred

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from mock_servers.apim.service import Service as TokenService
    from mock_servers.faults.ordered import Faults
    from mock_servers.gateway.service import Exchange as ApiCall
    from mock_servers.gateway.service import Service as Gateway
    from mock_servers.identity_provider.service import Service as ProviderService
    from mock_servers.rules import Flow
    from mock_servers.wire.request import Answer

    Flows = Sequence[Flow[ApiCall, Answer]]

PAGE_FILES: Final = ("/_nhsauth/style.css", "/_nhsauth/journal.js")
"""Where pages find their style and their script, below every name of the mock."""


def token_service(service: TokenService, faults: Faults) -> WSGIApplication:
    """Answer as a token service does, below its mount."""

    def make() -> WSGIApplication:
        from mock_servers.platform.token_service import create_app

        return create_app(service, faults)

    return Deferred(make)


def provider(service: ProviderService, faults: Faults | None = None, *, nowhere: bool = False) -> WSGIApplication:
    """Answer as a provider does, below its path; with `nowhere` as its host does everywhere else."""

    def make() -> WSGIApplication:
        from mock_servers.platform.identity_provider import create_app

        return create_app(service, faults, nowhere=nowhere)

    return Deferred(make)


def apis(gateway: Gateway, faults: Faults) -> Iterable[tuple[str, WSGIApplication]]:
    """Yield the APIs behind the platform and where each is; the last takes what is left."""
    yield "/hello-world", _api(gateway, faults, _hello_world)
    yield "/mock-jwks", _api(gateway, None, _mock_jwks)
    yield "/canary-api", _api(gateway, faults, _canary)
    yield "", _api(gateway, faults, _own_apis, own_apis=True)


def _api(
    gateway: Gateway, faults: Faults | None, flows: Callable[[], Flows], *, own_apis: bool = False
) -> WSGIApplication:
    def make() -> WSGIApplication:
        from mock_servers.platform.gateway import create_app

        return create_app(gateway, flows(), faults, own_apis=own_apis)

    return Deferred(make)


def _hello_world() -> Flows:
    from mock_servers.gateway.flows import HELLO_WORLD

    return HELLO_WORLD


def _mock_jwks() -> Flows:
    from mock_servers.gateway.mock_jwks import FLOWS

    return FLOWS


def _canary() -> Flows:
    from mock_servers.gateway.canary import FLOWS

    return FLOWS


def _own_apis() -> Flows:
    from mock_servers.gateway.own_api import FLOWS

    return FLOWS


def page_file(path: str) -> WSGIApplication:
    """Answer with the style or the script of the pages."""

    def make() -> WSGIApplication:
        from mock_servers import pages

        return {pages.STYLE_PATH: pages.style, pages.SCRIPT_PATH: pages.script}[path]

    return Deferred(make)
