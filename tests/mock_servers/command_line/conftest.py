from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.served import Serve, started


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start `nhsauth serve --port 0` with further options, in an empty folder."""
    with ExitStack() as stack:
        yield lambda *options: stack.enter_context(started(tmp_path, *options))
