"""A plugin of pytest: leaves out the tests that a file in `NHSAUTH_MUTANTS_LEFT_OUT` lists, too many for a command."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the others; a test whose name holds a value that only the fault gives is among them."""
    left_out = set(json.loads(Path(os.environ["NHSAUTH_MUTANTS_LEFT_OUT"]).read_text(encoding="utf-8")))
    items[:] = [item for item in items if item.nodeid not in left_out]
