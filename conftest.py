"""Brings the plugin under test, installed or not, and pytest's own tool for testing plugins."""

pytest_plugins = ["pytest_nhsauth.plugin", "pytester"]
