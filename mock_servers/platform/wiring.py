"""All services of one mock, wired, and where each is mounted: what requests need, and a test without one does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_servers.platform.environments import Environments
from mock_servers.platform.in_process import InProcess
from mock_servers.platform.mounts import Mounts
from mock_servers.platform.parts import Parts
from mock_servers.platform.services import Services

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """The services of the configuration, those of real hosts, all as one application, and that called in process."""

    services: Services
    environments: Environments
    mounts: Mounts
    in_process: InProcess


def wired(parts: Parts, platform: WSGIApplication, own_api: WSGIApplication) -> Wiring:
    """Wire the services of a mock; `platform` is the application that answers for all of it."""
    in_process = InProcess(platform)
    services = Services(parts, in_process)
    environments = Environments(services)
    mounts = Mounts(services, environments, own_api)
    return Wiring(services=services, environments=environments, mounts=mounts, in_process=in_process)
