"""The pytest plugin: fixtures, markers and reports around the mock servers.

Its public types are imported at their first use: loading the plugin imports neither a server nor cryptography.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mock_servers.client import Client, ServiceUnreachableError, Token, TokenError
    from mock_servers.explain.request_explanation import RequestExplanation
    from mock_servers.journal.finding import Finding
    from mock_servers.journal.record import Record
    from mock_servers.real_hosts.variables import RealNames
    from mock_servers.state.app import App
    from mock_servers.state.configuration import Api, Configuration
    from mock_servers.state.fault import Fault
    from mock_servers.state.log_in import LogInError
    from mock_servers.state.person import Person
    from pytest_nhsauth.apps import Apps
    from pytest_nhsauth.clock import Clock
    from pytest_nhsauth.exchanges import Exchanges
    from pytest_nhsauth.explain_exchange import explain
    from pytest_nhsauth.explanation import Explanation
    from pytest_nhsauth.faults import Faults
    from pytest_nhsauth.gateway import Gateway
    from pytest_nhsauth.platform import IdentityProvider, Platform
    from pytest_nhsauth.registered_app import AppFactory, ClientAssertionFactory, IdTokenFactory, RegisteredApp
    from pytest_nhsauth.settings import Settings
    from pytest_nhsauth.standalone import mock_platform
    from pytest_nhsauth.target import ServerDiedError
    from pytest_nhsauth.unused_fault import UnusedFaultWarning
    from pytest_nhsauth.users import Users

__all__ = [
    "Api",
    "App",
    "AppFactory",
    "Apps",
    "Client",
    "ClientAssertionFactory",
    "Clock",
    "Configuration",
    "Exchanges",
    "Explanation",
    "Fault",
    "Faults",
    "Finding",
    "Gateway",
    "IdTokenFactory",
    "IdentityProvider",
    "LogInError",
    "Person",
    "Platform",
    "RealNames",
    "Record",
    "RegisteredApp",
    "RequestExplanation",
    "ServerDiedError",
    "ServiceUnreachableError",
    "Settings",
    "Token",
    "TokenError",
    "UnusedFaultWarning",
    "Users",
    "explain",
    "mock_platform",
]

_HOMES: Final = {
    "mock_servers.client": ("Client", "ServiceUnreachableError", "Token", "TokenError"),
    "mock_servers.journal.finding": ("Finding",),
    "mock_servers.journal.record": ("Record",),
    "mock_servers.real_hosts.variables": ("RealNames",),
    "mock_servers.state.app": ("App",),
    "mock_servers.state.configuration": ("Api", "Configuration"),
    "mock_servers.state.fault": ("Fault",),
    "mock_servers.state.log_in": ("LogInError",),
    "mock_servers.state.person": ("Person",),
    "mock_servers.explain.request_explanation": ("RequestExplanation",),
    "pytest_nhsauth.apps": ("Apps",),
    "pytest_nhsauth.clock": ("Clock",),
    "pytest_nhsauth.exchanges": ("Exchanges",),
    "pytest_nhsauth.explain_exchange": ("explain",),
    "pytest_nhsauth.explanation": ("Explanation",),
    "pytest_nhsauth.faults": ("Faults",),
    "pytest_nhsauth.gateway": ("Gateway",),
    "pytest_nhsauth.platform": ("IdentityProvider", "Platform"),
    "pytest_nhsauth.registered_app": ("AppFactory", "ClientAssertionFactory", "IdTokenFactory", "RegisteredApp"),
    "pytest_nhsauth.settings": ("Settings",),
    "pytest_nhsauth.standalone": ("mock_platform",),
    "pytest_nhsauth.target": ("ServerDiedError",),
    "pytest_nhsauth.unused_fault": ("UnusedFaultWarning",),
    "pytest_nhsauth.users": ("Users",),
}

if not TYPE_CHECKING:  # a type checker sees the imports above, and so a misspelt name

    def __getattr__(name: str) -> object:
        """Import a public type. Raises AttributeError for any other name."""
        home = next((module for module, names in _HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from pytest_nhsauth import import_guard  # noqa: PLC0415 - most never ask for a type

        return getattr(import_guard.module(home), name)
