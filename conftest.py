"""Brings the plugin under test, installed or not, pytest's own tool for testing plugins, and Hypothesis's profiles."""

from contract_tests import profile  # noqa: F401 - registers them before Hypothesis's plugin looks for the one asked for

pytest_plugins = ["pytest_nhsauth.plugin", "pytester"]
