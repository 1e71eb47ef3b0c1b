"""Brings the plugin under test, installed or not, pytest's own tool for testing plugins, and Hypothesis's profiles."""

import gc

import pytest

from contract_tests import profile  # noqa: F401 - registers them before Hypothesis's plugin looks for the one asked for

pytest_plugins = ["pytest_nhsauth.plugin", "pytester"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow the pairs of mistakes whose row of the contract another pair already stands for.

    Not in the contract tests themselves: others run them without this project's markers.
    """
    for item in items:
        if isinstance(item, pytest.Function) and item.originalname == "test_of_two_mistakes_the_earlier_is_answered":
            from contract_tests.breakages import of_flow  # noqa: PLC0415 - only for who collects them

            earlier = item.callspec.params["earlier"]
            if earlier is not next(each for each in of_flow(item.callspec.params["flow"]) if each.row == earlier.row):
                item.add_marker("slow")


def pytest_collection_finish() -> None:
    """Spare what is loaded by now from every later search for garbage; each run of pytest inside a test makes five."""
    gc.collect()
    gc.freeze()
