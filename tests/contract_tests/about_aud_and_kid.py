"""A plugin for an inner run of the contract tests: it leaves two rules, one of which differs where a kid is wrong."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what proves the rules about aud and an absent kid, as if there were no others."""
    words = ("[http", "client_credentials-assertion-aud-other", "client_credentials-assertion-kid-absent]")
    items[:] = [item for item in items if words[0] in item.name and any(word in item.name for word in words[1:])]
