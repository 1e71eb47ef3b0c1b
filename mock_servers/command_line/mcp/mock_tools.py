"""The tools that use a running mock, by its control API: that alone judges what they are given.

Their arguments are the members of its bodies and queries. The tokens and codes that it issues are cut unless asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlencode

import requests

from mock_servers.command_line.control_call import control_call
from mock_servers.command_line.exit import AnswerIsNo
from mock_servers.command_line.mcp.tool import NOTHING, Arguments, Result, Tool, alone, take_nothing
from mock_servers.configuration.members import MemberError
from mock_servers.control import clock, faults, journal, people, tokens
from mock_servers.control.calls import Call
from mock_servers.wire.wording import cut, printable, shown

_NEWEST: Final = 10
"""Exchanges, unless another limit is given."""
_SECRETS: Final = frozenset(["access_token", "refresh_token", "id_token", "code"])
_CUT: Final = "Its tokens are cut unless nhsauth mcp was started with --with-tokens."


@dataclass(frozen=True, slots=True, kw_only=True)
class Mock:
    """A running mock, with its control token; `with_tokens`: what it issues is passed on whole."""

    server: str
    token: str | None
    with_tokens: bool

    def ask(self, method: str, path: str, body: Arguments | None = None) -> Any:
        """Return what it answers to a call; `None` for an empty answer. Raises AnswerIsNo."""
        try:
            answer = control_call(method, self.server, path, body, token=self.token)
        except requests.Timeout:
            raise AnswerIsNo(f"The mock at {self.server} did not answer in time") from None
        except (requests.RequestException, ValueError):
            answer = {}
        if isinstance(answer, dict) and "detail" in answer:
            hint = (
                " Set NHSAUTH_CONTROL_TOKEN where nhsauth mcp is started."
                if answer.get("status") == requests.codes.unauthorized
                else ""
            )
            raise AnswerIsNo(f"The mock at {self.server} refuses: {printable(str(answer['detail']))}{hint}")
        if answer == {}:
            raise AnswerIsNo(f"No mock answers at {self.server}: start one with `nhsauth serve`, or name another")
        return answer

    def status(self, arguments: Arguments) -> Result:
        """Say where all is."""
        take_nothing(arguments)
        return _result(self.ask("GET", "/status"))

    def exchanges(self, arguments: Arguments) -> Result:
        """Return the newest exchanges, or one by its id."""
        given = {name: each for name, each in arguments.items() if each is not None}
        if alone(given, "id"):
            return _result(self.ask("GET", f"/exchanges/{quote(str(given['id']), safe='')}"))
        query = urlencode({"limit": _NEWEST, **given})
        return _result({"exchanges": self.ask("GET", f"/exchanges?{query}")})

    def get_token(self, arguments: Arguments) -> Result:
        """Get an access token."""
        return self._issued(self.ask("POST", "/access-tokens", arguments))

    def log_in(self, arguments: Arguments) -> Result:
        """Log a person in, for a code."""
        return self._issued(self.ask("POST", "/log-ins", arguments))

    def clock(self, arguments: Arguments) -> Result:
        """Move, stop or reset the clock, or only read it."""
        if alone(arguments, "reset"):
            if arguments["reset"] is not True:
                raise MemberError("reset", shown(arguments["reset"]), "true, or left out")
            self.ask("DELETE", "/clock")
        elif arguments:
            return _result(self.ask("PUT", "/clock", arguments))
        return _result(self.ask("GET", "/clock"))

    def fault(self, arguments: Arguments) -> Result:
        """Order a fault, cancel one or all, or only list them."""
        if alone(arguments, "cancel"):
            number = arguments["cancel"]
            self.ask("DELETE", "/faults" if number == "all" else f"/faults/{quote(str(number), safe='')}")
        elif arguments:
            return _result(self.ask("POST", "/faults", arguments))
        return _result({"faults": self.ask("GET", "/faults")})

    def reset(self, arguments: Arguments) -> Result:
        """Put everything back to the start."""
        take_nothing(arguments)
        self.ask("POST", "/reset")
        return Result(text="The mock is as it was at its start; keys stay.", members={"reset": True})

    def _issued(self, answer: Mapping[str, Any]) -> Result:
        if self.with_tokens:
            return _result(answer)
        return _result({name: cut(str(each)) if name in _SECRETS else each for name, each in answer.items()})


def _result(answer: Mapping[str, Any]) -> Result:
    return Result(text=json.dumps(answer, indent=1), members=answer)


def _body(call: Call, more: Mapping[str, Any] = {}) -> dict[str, Any]:
    """Return the schema of a call's body, or of its query, as that of a tool's arguments.

    With `more` arguments none is required: without any the tool only reads. What members may not be together is left
    to the call.
    """
    if call.body is None:
        known = {name: {**each.schema, "description": each.description} for name, each in call.query.items()}
        return {"type": "object", "properties": {**known, **more}, "additionalProperties": False}
    whole = {name: each for name, each in call.body.schema().items() if name != "not"}
    return {**whole, "properties": {**whole["properties"], **more}, "required": [] if more else whole["required"]}


_TOOLS: Final = (
    Tool(
        name="status",
        title="Where the mock is",
        description="Say whether the mock is ready, and list its URLs: token, authorize, userinfo, CIS2, NHS "
        "login, APIs.",
        takes=NOTHING,
        call=Mock.status,
        only_reads=True,
    ),
    Tool(
        name="exchanges",
        title="What the mock was asked",
        description=f"List the newest requests to the mock ({_NEWEST} unless you give `limit`), oldest first, each "
        "with its answer and why it was refused. Secrets and tokens are cut. With `id`, only that one.",
        takes=_body(
            journal.list_exchanges,
            {"id": {"type": ["integer", "string"], "description": "Its number or message id."}},
        ),
        call=Mock.exchanges,
        only_reads=True,
    ),
    Tool(
        name="get_token",
        title="Get an access token",
        description=f"Get an access token by a real request to the mock's token service. Faults wait for requests of "
        f"your own client. {_CUT}",
        takes=_body(tokens.get_access_token),
        call=Mock.get_token,
    ),
    Tool(
        name="log_in",
        title="Log a person in",
        description="Log a person in at CIS2 or NHS login without the form: you get the code, or the error of the "
        f"`outcome` that you ask for. {_CUT}",
        takes=_body(people.log_in),
        call=Mock.log_in,
    ),
    Tool(
        name="clock",
        title="Read or move the clock",
        description="Read the mock's clock, move it, stop it, or with `reset` let it follow this machine's time "
        "again. Without arguments it only reads.",
        takes=_body(clock.set_clock, {"reset": {"const": True, "description": "By itself."}}),
        call=Mock.clock,
    ),
    Tool(
        name="fault",
        title="Order a fault",
        description="Let the next requests at a place fail, as the real service fails. Without arguments it lists "
        "the faults that are ordered; `cancel` takes one back by its id, or all.",
        takes=_body(
            faults.order_fault,
            {"cancel": {"anyOf": [{"type": "integer"}, {"const": "all"}], "description": "By itself."}},
        ),
        call=Mock.fault,
    ),
    Tool(
        name="reset",
        title="Reset the mock",
        description="Put the mock back to its start: apps, people, tokens, exchanges, faults and clock. Keys stay.",
        takes=NOTHING,
        call=Mock.reset,
        destroys=True,
    ),
)
"""Their calls want the mock first."""


def mock_tools(mock: Mock) -> tuple[Tool, ...]:
    """Return the tools that use a mock."""
    return tuple(replace(each, call=partial(each.call, mock)) for each in _TOOLS)
