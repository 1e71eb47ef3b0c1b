"""`python -P contract_tests/__main__.py …`: pytest on the contract tests, with nothing of the caller's on its path.

Which options it takes, the command `nhsauth contract` says.
"""

import os
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent


def claim() -> None:
    """Leave nothing of the caller's on the path, nor in what pytest takes from the environment."""
    sys.path.insert(0, str(HERE.parent))  # for the next import; the packages are found where they lie from then on
    from pytest_nhsauth import packages  # noqa: PLC0415 - only now can it be found

    packages.claim()
    del sys.modules["pytest_nhsauth"]  # pytest wants to be the first who imports a plugin
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)


if __name__ == "__main__":
    claim()
    import pytest

    sys.exit(pytest.main([str(HERE), "-p", "pytest_nhsauth.plugin", *sys.argv[1:]]))
