"""`nhsauth mcp` without its extra, and what the other commands do not load for it."""

import pytest

from tests.processes import python

INSTALL = "Error: nhsauth mcp needs another package: pip install 'pytest-nhsauth[mcp]'\n"


@pytest.mark.parametrize("package", ["mcp", "mcp_types"])
def test_without_the_extra_one_line_says_what_to_install(package: str) -> None:
    """Version 1 of the package has no `mcp_types`."""
    ended = python(
        "import sys\n"
        f"sys.modules[{package!r}] = None\n"
        "sys.argv = ['nhsauth', 'mcp']\n"
        "from mock_servers.__main__ import main\n"
        "main()"
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", INSTALL)


def test_no_other_command_loads_it() -> None:
    ended = python(
        "import sys\n"
        "from mock_servers.command_line import commands, errors, explain\n"
        "print([each for each in sys.modules if each.partition('.')[0] in ('mcp', 'mcp_types', 'pydantic', 'anyio')])"
    )

    assert ended.stdout == "[]\n", ended.stderr
