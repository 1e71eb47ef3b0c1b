"""`nhsauth mcp` in a process of its own, driven by the client of the official package."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client, StdioServerParameters, stdio_client
from mcp.server.lowlevel import Server
from mcp_types import CallToolResult, TextContent, Tool

GUARD = """\
import os, sys
allowed = sys.argv[1]
def refuse(event, arguments):
    if event == "socket.connect" and "%s:%s" % arguments[1][:2] != allowed:
        os.write(2, f"connects to {arguments[1]}".encode())
        os._exit(97)
    looks_up = event == "socket.getaddrinfo" and str(arguments[0]) not in allowed
    if looks_up or event in ("socket.sendto", "socket.sendmsg"):
        os.write(2, f"{event} {arguments}".encode())
        os._exit(97)
sys.addaudithook(refuse)
sys.argv[:] = ["nhsauth", *sys.argv[2:]]
from mock_servers.__main__ import main
main()
"""
"""Ends the process as soon as it calls any address but the one that its first argument allows."""


class Agent:
    """A coding agent: what it can call, and what it is answered."""

    def __init__(self, client: Client, portal: BlockingPortal) -> None:
        self._client, self._portal = client, portal

    @property
    def tools(self) -> dict[str, Tool]:
        """The tools by name."""
        return {each.name: each for each in self._portal.call(self._client.list_tools).tools}

    @property
    def instructions(self) -> str:
        return self._client.instructions or ""

    def ask(self, tool: str, **arguments: Any) -> CallToolResult:
        """Call a tool, for good or ill."""
        answer: CallToolResult = self._portal.call(self._client.call_tool, tool, arguments)
        return answer

    def call(self, tool: str, **arguments: Any) -> Any:
        """Return the members of a tool's answer."""
        answer = self.ask(tool, **arguments)

        assert not answer.is_error, text_of(answer)
        return answer.structured_content

    def refusal(self, tool: str, **arguments: Any) -> str:
        """Return the words by which a tool refuses."""
        answer = self.ask(tool, **arguments)

        assert (answer.is_error, answer.structured_content) == (True, None)
        return text_of(answer)


def text_of(answer: CallToolResult) -> str:
    (block,) = answer.content
    assert isinstance(block, TextContent)
    return block.text


@contextmanager
def in_process(server: Server[Any]) -> Iterator[Agent]:
    """Use a server without a process of its own."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Client(server)) as client:
        yield Agent(client, portal)


@contextmanager
def agent(
    folder: Path, server: str = "", *options: str, allowed: str | None = None, mode: str = "auto", **environ: str
) -> Iterator[Agent]:
    """Start `nhsauth mcp` in a folder, with a mock or without; its process may connect to that mock alone.

    `allowed` is another address instead, such as 127.0.0.1:8080.
    """
    only = urlsplit(server).netloc if allowed is None else allowed
    mock = ["--server", server] if server else []
    root = str(Path(__file__).parent.parent)
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-c", GUARD, only, "mcp", *mock, *options],
        cwd=folder,
        env={"PYTHONPATH": root, **environ},
    )
    with (
        start_blocking_portal() as portal,
        (folder / "stderr").open("w") as log,
        portal.wrap_async_context_manager(Client(stdio_client(parameters, log), mode=mode)) as client,
    ):
        yield Agent(client, portal)
