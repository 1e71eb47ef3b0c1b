"""The list of identity providers, and look-ups in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mock_servers.provider.cis2 import CIS2
from mock_servers.provider.nhs_login import NHS_LOGIN
from mock_servers.provider.provider import Provider

PROVIDERS: Final = (CIS2, NHS_LOGIN)
"""All providers. Configuration, control API, platform and pages use this order."""


def provider_named(name: str, providers: Iterable[Provider] = PROVIDERS) -> Provider:
    """Return the provider of this name. Raises LookupError."""
    return {provider.name: provider for provider in providers}[name]


def owner_of_client_id(value: str) -> Provider | None:
    """Return the provider whose client ids look like this; `None` for a value of another form."""
    return next((provider for provider in PROVIDERS if provider.has_client_id(value)), None)


def title_of(name: str) -> str:
    """Return the provider's name in messages; an unknown name is returned as it is."""
    return {provider.name: provider.title for provider in PROVIDERS}.get(name, name)
