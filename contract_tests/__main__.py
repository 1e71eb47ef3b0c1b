"""`python -P contract_tests/__main__.py …`: pytest on the contract tests, without the caller's folders on its path.

`nhsauth contract` lists its options.
"""

import os
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent


def claim() -> None:
    """Leave nothing of the caller's on the path, nor in what pytest takes from the environment."""
    sys.path.insert(0, str(HERE.parent))  # for the next import; the packages are found where they are from then on
    from pytest_nhsauth import import_guard  # noqa: PLC0415 - only now can it be found

    import_guard.claim()
    del sys.modules["pytest_nhsauth"]  # pytest must be the first to import a plugin
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)


if __name__ == "__main__":
    claim()
    import pytest

    sys.exit(pytest.main([str(HERE), "-p", "pytest_nhsauth.plugin", *sys.argv[1:]]))
