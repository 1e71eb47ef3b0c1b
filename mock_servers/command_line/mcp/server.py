"""Serves tools to a coding agent by the official package `mcp`, over stdin and stdout, until stdin ends."""

from __future__ import annotations

import logging
import signal
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import anyio
import anyio.to_thread
import click
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types import CallToolRequestParams, CallToolResult, ListToolsResult, TextContent, ToolAnnotations
from mcp_types import Tool as Described

from mock_servers.command_line.mcp.tool import Arguments, Result, Tool
from mock_servers.configuration.members import MemberError
from mock_servers.version import installed
from mock_servers.wire.wording import did_you_mean, printable, shown

_INSTRUCTIONS: Final = (
    "Explains why NHS England's API platform (APIM), CIS2 or NHS login refuse a request. "
    "When a request to them fails, give `explain` the error with the request before you change any code. This "
    "server sends nothing on."
)
_WITH_MOCK: Final = "The other tools control a mock that runs: it issues tokens, and plays faults and another time."
_WITHOUT_MOCK: Final = "Started with --server URL, it also has tools that control a mock: nhsauth serve runs one."
_log = logging.getLogger("mock_servers.mcp")


def serve(tools: Sequence[Tool], *, with_mock: bool) -> None:
    """Serve these tools until stdin ends; `with_mock`: some of them use a mock."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # else it would wait for a thread that waits for stdin
    anyio.run(_serve, server_of(tools, with_mock=with_mock))


def server_of(tools: Sequence[Tool], *, with_mock: bool) -> Server[Any]:
    """Return the server of these tools, which a transport has to run."""
    known = {each.name: each for each in tools}

    async def list_tools(*_: Any) -> ListToolsResult:
        return ListToolsResult(tools=[_described(each) for each in tools])

    async def call_tool(_: Any, asked: CallToolRequestParams) -> CallToolResult:
        tool, arguments = known.get(asked.name), asked.arguments or {}
        if tool is None:
            return _refused(
                f"{shown(asked.name)}{did_you_mean(asked.name, known)} is no tool; allowed: {', '.join(known)}"
            )
        return await anyio.to_thread.run_sync(partial(_called, tool, arguments), abandon_on_cancel=True)

    server: Server[Any] = Server(
        "nhsauth",
        version=installed(),
        instructions=f"{_INSTRUCTIONS} {_WITH_MOCK if with_mock else _WITHOUT_MOCK}",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    server.middleware.clear()  # it would report each call to a collector of traces, where one is set up
    return server


async def _serve(server: Server[Any]) -> None:
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def _described(tool: Tool) -> Described:
    return Described(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=dict(tool.takes),
        output_schema=dict(tool.answers) if tool.answers is not None else None,
        annotations=ToolAnnotations(
            read_only_hint=tool.only_reads, destructive_hint=tool.destroys, open_world_hint=False
        ),
    )


def _called(tool: Tool, arguments: Arguments) -> CallToolResult:
    try:
        return _answered(tool.call(arguments))
    except MemberError as wrong:
        return _refused(str(wrong))
    except click.ClickException as refusal:
        return _refused(refusal.format_message())
    except Exception as error:  # noqa: BLE001 - one call that fails must not end the session
        _log.exception("The tool %s failed", tool.name)
        return _refused(f"{tool.name} itself failed ({type(error).__name__}): the log of this server says more.")


def _answered(result: Result) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=result.text)], structured_content=dict(result.members))


def _refused(words: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=printable(words))], is_error=True)
