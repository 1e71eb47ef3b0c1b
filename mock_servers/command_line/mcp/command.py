"""What `nhsauth mcp` is given, and whether the extra that it needs is installed."""

from __future__ import annotations

import re

from mock_servers.command_line.control_call import SERVER
from mock_servers.command_line.exit import Misuse
from mock_servers.wire.wording import shown


def run(server: str | None, token: str | None, *, with_tokens: bool) -> None:
    """Serve the tools until stdin ends; with the URL of a mock those that use it, too.

    Raises Misuse for what is no URL, and where the extra is not installed.
    """
    if server is not None and not re.fullmatch(SERVER, server):
        raise Misuse(f"--server is {shown(server)}; allowed: http(s)://host:port, or the URL of a world")
    if with_tokens and server is None:
        raise Misuse("--with-tokens is for the tokens of a mock: give --server, too")
    try:
        from mock_servers.command_line.mcp.server import serve  # noqa: PLC0415 - only here is its package needed
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] not in ("mcp", "mcp_types", "anyio"):
            raise
        raise Misuse("nhsauth mcp needs another package: pip install 'pytest-nhsauth[mcp]'") from None
    from mock_servers.command_line.mcp.mock_tools import Mock, mock_tools  # noqa: PLC0415 - quicker to refuse without
    from mock_servers.command_line.mcp.offline_tools import offline_tools  # noqa: PLC0415 - the same

    mine = mock_tools(Mock(server=server, token=token, with_tokens=with_tokens)) if server is not None else ()
    serve((*offline_tools(server, token), *mine), with_mock=server is not None)
