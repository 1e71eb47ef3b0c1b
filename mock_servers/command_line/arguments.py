"""How a command takes an argument that click would misread, and one that is a text, stdin or a file."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

import click

from mock_servers.settings.control import TOKEN
from mock_servers.settings.limits import FULL_HOST, HTTPS_ORIGIN
from mock_servers.wire.wording import cut, shown

_VALUE: Final = re.compile(r"-----.*|-[A-Za-z0-9_.~+/=-]{15,}", re.DOTALL)
"""PEM, or a code, key or token: one in 64 begins with a hyphen. No option of ours is so long."""
_HOST: Final = re.compile(r"(?:\[[0-9a-f:.]+\]|[a-z0-9._-]{1,253})(?::([0-9]{1,5}))?")
_LARGEST_PORT: Final = 65_535


class TakesValue(click.Command):
    """A command whose argument may begin with a hyphen: click would take that for an option, and print it whole."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put such an argument behind all options."""
        if "--" in args:
            return super().parse_args(ctx, args)
        options = [each for parameter in self.params for each in parameter.opts]
        values = [each for each in args if _VALUE.fullmatch(each) and each.partition("=")[0] not in options]
        rest = [each for each in args if each not in values]
        return super().parse_args(ctx, [*rest, "--", *values] if values else rest)


def allowed_hosts(_: click.Context, __: click.Parameter, hosts: tuple[str, ...]) -> tuple[str, ...]:
    """Return hosts, each with a port or without, in lower case; no wildcard and no URL is one."""
    for host in hosts:
        match = _HOST.fullmatch(host.lower())
        if match is None or not 0 < int(match[1] or 443) <= _LARGEST_PORT:
            allowed = "a host, or one with its port such as proxy.example:8443"
            raise click.BadParameter(f"{shown(host)}; allowed: {allowed}")
    return tuple(host.lower() for host in hosts)


def control_token(_: click.Context, __: click.Parameter, token: str | None) -> str | None:
    """Return a token without the blanks around it, which a shell or a secret store may have added."""
    if token is None or not token.strip():
        return None
    if not TOKEN.holds(token.strip()):
        raise click.BadParameter(f"{cut(token)}; allowed: {TOKEN.allowed}")
    return token.strip()


def upstreams_by_host(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Return the URLs of options such as `HOST=https://proxy.example:8443`, by host."""
    found: dict[str, str] = {}
    for each in given:
        host, equals, url = each.partition("=")
        if not equals or not FULL_HOST.holds(host.lower()) or not HTTPS_ORIGIN.holds(url):
            raise click.BadParameter(f"{shown(each)}; allowed: HOST=URL, {HTTPS_ORIGIN.allowed}")
        if host.lower() in found:
            raise click.BadParameter(f"{host} is given twice; allowed: each host once")
        found[host.lower()] = url
    return found


def bytes_of(given: str, largest: int) -> bytes:
    """Return the text that is given itself, by `-` for stdin or by `@FILE`; at most one byte more than `largest`."""
    if given == "-":
        return sys.stdin.buffer.read(largest + 1)
    if not given.startswith("@"):
        return given.encode(errors="replace")
    with Path(given[1:]).open("rb") as file:
        return file.read(largest + 1)
