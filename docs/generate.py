"""Writes the pages that are made of the code: run `python docs/generate.py`; a test keeps them in step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mock_servers.apim.flows import FLOWS
from mock_servers.gateway.flows import HELLO_WORLD, NOWHERE
from mock_servers.rules import Flow, Kind, Policy, Rule

FOLDER = Path(__file__).parent

INTRODUCTION = """\
# What is checked, and in which order

Made of the code by `python docs/generate.py`. The first flow whose condition holds takes a request; the first rule that
objects decides the answer. *Before* says what has been remembered, for good, when a rule refuses.

Evidence: **S** read in the service's published source or its own tests, **D** documented, **Q** quoted by a user of the
real service, **I** inferred: a guess.
"""


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    return {"rules.md": rules_page()}


def rules_page() -> str:
    """Return the page of all rules of the token service and the gateway."""
    sections = [INTRODUCTION, *_service("The token service", FLOWS), *_service("The gateway", (*HELLO_WORLD, NOWHERE))]
    return "\n".join(sections)


def _service(title: str, flows: Iterable[Flow[Any, Any]]) -> Iterator[str]:
    yield f"## {title}\n"
    for flow in flows:
        yield f"### {flow.row} {flow.name}\n"
        yield _table(flow) if flow.policies else "Nothing is checked.\n"


def _table(flow: Flow[Any, Any]) -> str:
    head = "| policy | rule | status | error | sentence | evidence | before |\n|---|---|---|---|---|---|---|\n"
    remembered: list[str] = []
    lines = []
    for policy in flow.policies:
        for rule in policy.rules:
            lines.append(_line(policy, rule, remembered))
            if rule.kind in (Kind.CLAIM, Kind.ACTION):
                remembered.append(rule.name.partition("_")[2].replace("_", " "))
    return head + "".join(lines)


def _line(policy: Policy[Any], rule: Rule[Any], remembered: list[str]) -> str:
    row = rule.error
    answer = ("", "", "", "") if row is None else (str(row.status), row.code, _cell(row.sentence), row.evidence)
    cells = (policy.name, f"`{rule.name}`", *answer, ", ".join(remembered))
    return f"| {' | '.join(cells)} |\n"


def _cell(text: str) -> str:
    return re.sub(r"([|<>{}])", r"\\\1", text)


if __name__ == "__main__":
    for name, page in pages().items():
        (FOLDER / name).write_text(page, encoding="utf-8", newline="\n")
