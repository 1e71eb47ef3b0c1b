"""Finds the app and the provider that a body names; without `client_id`, the first app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_servers.configuration.members import MemberError
from mock_servers.control.problems import ProblemError
from mock_servers.wire.wording import shown

if TYPE_CHECKING:
    from mock_servers.identity_provider.service import Service as ProviderService
    from mock_servers.platform.platform import Platform
    from mock_servers.state.app import App


def named_app(platform: Platform, client_id: str | None) -> App:
    """Return the app named, or the first. Raises NoSuchAppError for an unknown one, ProblemError without any app."""
    if client_id is not None:
        return platform.apps.get(client_id)
    first = next(iter(platform.apps.all()), None)
    if first is None:
        raise ProblemError(400, "No app is registered: POST one to /_nhsauth/apps.", member="client_id")
    return first


def named_provider(platform: Platform, name: str) -> ProviderService:
    """Return the provider named. Raises MemberError, listing those there are."""
    service = platform.providers.get(name)
    if service is None:
        raise MemberError("provider", shown(name), " or ".join(shown(each) for each in platform.providers))
    return service
