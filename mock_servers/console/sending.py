"""Sends what a step says to the mock's own endpoints, in process, as any client would: the journal shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import parse_qs, urljoin, urlsplit

from werkzeug.datastructures import Authorization
from werkzeug.test import Client, TestResponse

from mock_servers.commands.command import Asked, Code, Command, Required, Sent, Value
from mock_servers.console.flows import Step
from mock_servers.console.visit import Visit
from mock_servers.control.problems import ProblemError
from mock_servers.journal.record import Record
from mock_servers.state.grant import fingerprint
from mock_servers.wire.origins import origin_of
from mock_servers.wire.wording import cut

TOKENS: Final = ("id_token", "access_token", "refresh_token")
"""Members of an answer that later steps need, and that a page cuts."""
_ERROR: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came back: the answer as it may be shown, the values to keep, and the numbers of the exchanges."""

    status: int
    shown: str
    is_refusal: bool
    values: Mapping[str, str] = field(default_factory=dict)
    exchanges: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sender:
    """Sends requests of one step, and remembers them to find their records."""

    visit: Visit
    values: Mapping[str, str]
    client: Client
    requests: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)

    def open(self, sent: Sent) -> TestResponse:
        """Send a request, with the values filled in."""
        names, base = self.visit.request.platform.names, self.visit.request.base
        form = {name: self._filled(value) for name, value in sent.form.items()}
        method, path = sent.method or ("POST" if form else "GET"), sent.url.removeprefix(base)
        self.requests.append((method, path.partition("?")[0], form))
        basic = sent.basic
        return self.client.open(
            f"{names.prefix}{path}",
            method=method,
            base_url=f"{origin_of(base)}{names.script_of(base)}",  # a world's prefix belongs to the path
            data=form or None,
            headers={name: self._filled(value) for name, value in sent.headers.items()},
            auth=Authorization("basic", {"username": basic[0], "password": self._filled(basic[1])}) if basic else None,
        )

    def _filled(self, value: Value) -> str:
        return value if isinstance(value, str) else f"{value.before}{self.values.get(value.name, '')}"

    def has_sent(self, record: Record) -> bool:
        """Whether a record is of one of these requests, rather than of another client's at the same time."""
        return any(
            (record.method, record.path) == (method, path)
            and all(fingerprint(form[name]) == key for name, key in record.sent.items() if name in form)
            for method, path, form in self.requests
        )


def send(visit: Visit, step: Step, kept: Mapping[str, str]) -> Outcome:
    """Do a step with the values of earlier ones. Raises ProblemError if the mock cannot sign what it needs."""
    values = dict(kept)
    for command in step.before:
        values |= _asked(visit, command)
    journal, sender = visit.request.platform.exchanges, _Sender(visit, values, Client(visit.request.platform))
    last = journal.kept()[-1].id if len(journal) else 0
    try:
        outcome = _log_in(sender, step.request) if isinstance(step.request, Code) else _answer(sender, step.sent)
    except ConnectionAbortedError:
        outcome = Outcome(status=0, shown="The connection was closed without an answer.", is_refusal=True)
    own = tuple(record.id for record in journal.kept() if record.id > last and sender.has_sent(record))
    return replace(outcome, exchanges=own)


def _asked(visit: Visit, command: Command) -> dict[str, str]:
    if isinstance(command, Required):
        raise ProblemError(409, "The mock holds no private key of this app. Make a key pair on the page of the app.")
    if not isinstance(command, Asked):
        return {}
    answer = visit.call("POST" if command.body else "GET", f"/{command.call}", command.body or None)
    if answer.is_refusal:
        raise ProblemError(answer.status, answer.detail)
    return {command.variable: str(answer.body[command.member])}


def _answer(sender: _Sender, sent: Sent) -> Outcome:
    with sender.open(sent) as answer:
        text, status = answer.get_data(as_text=True), answer.status_code
    members = _members(text)
    found = {name: members[name] for name in TOKENS if isinstance(members.get(name), str)}
    shown = json.dumps(_cut(members), indent=2, ensure_ascii=False) if members else text
    return Outcome(status=status, shown=shown, is_refusal=status >= _ERROR, values=found)


def _log_in(sender: _Sender, log_in: Code) -> Outcome:
    """Follow the redirects, as a browser would, to the one that goes to the app."""
    url, lines = log_in.url, []
    for _ in range(log_in.redirects + 1):
        with sender.open(Sent(url=url)) as answer:
            status, location = answer.status_code, answer.headers.get("Location")
            text = answer.get_data(as_text=True) if location is None else ""
        if location is None:
            return Outcome(status=status, shown=_page_words(text), is_refusal=True)
        url = urljoin(url, location)
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        lines.append(f"{status} to {url.partition('?')[0]}{_listed(query)}")
        if "error" in query or not url.startswith(f"{sender.visit.request.base}/"):
            break
    code = query.get("code")
    return Outcome(
        status=status,
        shown="\n".join(lines),
        is_refusal=code is None,
        values={"code": code} if code is not None else {},
    )


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


class _Main(HTMLParser):
    """The words of a page's main part."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._is_main = False

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parser's own signature
        self._is_main = self._is_main or tag == "main"

    def handle_endtag(self, tag: str) -> None:
        self._is_main = self._is_main and tag != "main"

    def handle_data(self, data: str) -> None:
        self.words += [data.strip()] if self._is_main and data.strip() else []


def _page_words(html: str) -> str:
    """Return what a page says that ends a log-in early."""
    parser = _Main()
    parser.feed(html)
    return "\n".join(parser.words) or html
