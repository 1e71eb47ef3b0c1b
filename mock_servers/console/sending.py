"""Sends what a step says to the mock's own endpoints, in process, as any client would: the journal shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urljoin, urlsplit

from werkzeug.datastructures import Authorization
from werkzeug.test import Client, TestResponse

from mock_servers.console.flows import Step
from mock_servers.console.visit import Visit
from mock_servers.control.command import Asked, Code, Command, Required, Sent, Value
from mock_servers.control.problems import ProblemError
from mock_servers.wire.origins import origin_of
from mock_servers.wire.wording import cut

TOKENS: Final = ("id_token", "access_token", "refresh_token")
KEPT: Final = ("code", *TOKENS)
"""The values that later steps need."""
_ERROR: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came back: the answer as it may be shown, the values to keep, and the numbers of the exchanges."""

    status: int
    shown: str
    is_refusal: bool
    values: Mapping[str, str] = field(default_factory=dict)
    exchanges: tuple[int, ...] = ()


def send(visit: Visit, step: Step, kept: Mapping[str, str]) -> Outcome:
    """Do a step with the values of earlier ones. Raises ProblemError if the mock cannot sign what it needs."""
    values = dict(kept)
    for command in step.before:
        values |= _asked(visit, command)
    journal = visit.request.platform.exchanges
    last = journal.kept()[-1].id if len(journal) else 0
    try:
        outcome = _sent(visit, step, values)
    except ConnectionAbortedError:
        outcome = Outcome(status=0, shown="The connection was closed without an answer.", is_refusal=True)
    exchanges = tuple(record.id for record in journal.kept() if record.id > last)
    return Outcome(
        status=outcome.status,
        shown=outcome.shown,
        is_refusal=outcome.is_refusal,
        values=outcome.values,
        exchanges=exchanges,
    )


def _asked(visit: Visit, command: Command) -> dict[str, str]:
    if isinstance(command, Required):
        raise ProblemError(409, "The mock holds no private key of this app: let it make one, on the page of the app.")
    if not isinstance(command, Asked):
        return {}
    answer = visit.call("POST" if command.body else "GET", f"/{command.call}", command.body or None)
    if answer.is_refusal:
        raise ProblemError(answer.status, answer.detail)
    return {command.variable: str(answer.body[command.member])}


def _sent(visit: Visit, step: Step, values: Mapping[str, str]) -> Outcome:
    client = Client(visit.request.platform)
    if isinstance(step.request, Code):
        return _log_in(visit, client, step.request)
    with _open(visit, client, step.sent, values) as answer:
        text, status = answer.get_data(as_text=True), answer.status_code
    members = _members(text)
    found = {name: members[name] for name in TOKENS if isinstance(members.get(name), str)}
    shown = json.dumps(_cut(members), indent=2, ensure_ascii=False) if members else text
    return Outcome(status=status, shown=shown, is_refusal=status >= _ERROR, values=found)


def _log_in(visit: Visit, client: Client, log_in: Code) -> Outcome:
    """Follow the redirects, as a browser would, to the one that goes to the app."""
    url, lines, status = log_in.url, [], 0
    for _ in range(log_in.redirects + 1):
        with _open(visit, client, Sent(url=url), {}) as answer:
            status, location = answer.status_code, answer.headers.get("Location")
            text = answer.get_data(as_text=True) if location is None else ""
        if location is None:
            return Outcome(status=status, shown=_page_words(text), is_refusal=True)
        url = urljoin(url, location)
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        lines.append(f"{status} to {_without_query(url)}{_listed(query)}")
        if "error" in query or not url.startswith(f"{visit.request.base}/"):
            break
    code = query.get("code")
    return Outcome(
        status=status,
        shown="\n".join(lines),
        is_refusal=code is None,
        values={"code": code} if code is not None else {},
    )


def _open(visit: Visit, client: Client, sent: Sent, values: Mapping[str, str]) -> TestResponse:
    names, base = visit.request.platform.names, visit.request.base
    own = f"{origin_of(base)}{names.script_of(base)}"  # a world's prefix belongs to the path
    basic = sent.basic
    form = {name: _filled(value, values) for name, value in sent.form.items()}
    return client.open(
        f"{names.prefix}{sent.url.removeprefix(base)}",
        method=sent.method or ("POST" if form else "GET"),
        base_url=own,
        data=form or None,
        headers={name: _filled(value, values) for name, value in sent.headers.items()},
        auth=Authorization("basic", {"username": basic[0], "password": _filled(basic[1], values)}) if basic else None,
    )


def _filled(value: Value, values: Mapping[str, str]) -> str:
    return value if isinstance(value, str) else f"{value.before}{values.get(value.name, '')}"


def _members(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _cut(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: cut(value) if name in TOKENS and isinstance(value, str) else value for name, value in members.items()}


def _listed(query: Mapping[str, str]) -> str:
    lines = [f"\n  {name} = {cut(value) if name == 'code' else value}" for name, value in query.items()]
    return "".join(lines)


def _without_query(url: str) -> str:
    return url.partition("?")[0]


def _page_words(html: str) -> str:
    """Return what a page says that ends a log-in early."""
    from html.parser import HTMLParser  # noqa: PLC0415 - for a log-in that was refused with a page

    class Main(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.words: list[str] = []
            self.is_main = False

        def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parser's own signature
            self.is_main = self.is_main or tag == "main"

        def handle_endtag(self, tag: str) -> None:
            self.is_main = self.is_main and tag != "main"

        def handle_data(self, data: str) -> None:
            self.words += [data.strip()] if self.is_main and data.strip() else []

    parser = Main()
    parser.feed(html)
    return "\n".join(parser.words) or html
