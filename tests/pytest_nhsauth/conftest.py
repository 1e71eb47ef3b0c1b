"""Runs of pytest inside these tests. What the plugin imports late is loaded here, once for all of them."""

from collections.abc import Callable

import pytest

from mock_servers import client, mock
from mock_servers.configuration import reading as configuration_file
from mock_servers.control import app
from pytest_nhsauth import platform, plugin, remote

Run = Callable[..., pytest.RunResult]

LOADED = [app, client, configuration_file, mock, platform, remote]
"""An inner run forgets what it alone has imported, and cryptography can be loaded only once a process."""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run pytest on what the test has written, with the plugin, installed or not, and with warnings as errors."""
    for variable in ("NHSAUTH_CONFIG", "NHSAUTH_TARGET"):
        monkeypatch.delenv(variable, raising=False)

    def run(*arguments: str, subprocess: bool = False) -> pytest.RunResult:
        if subprocess:
            return pytester.runpytest_subprocess("-p", plugin.__name__, "-W", "error", *arguments)
        return pytester.runpytest_inprocess("-W", "error", *arguments, plugins=[plugin])

    return run
