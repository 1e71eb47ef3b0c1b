"""The findings for each mistake that the contract tests or ours make: the text file beside this module is approved.

`python -m tests.mock_servers.diagnosis.all_findings` writes it anew; read what has changed before you commit it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from werkzeug.test import Client

from contract_tests.breakage import Breakage, Flow
from contract_tests.breakages import BREAKAGES
from contract_tests.broken_request import ask
from contract_tests.jwks_host import JwksHost, jwks_host
from contract_tests.mock_target import MockTarget
from mock_servers.jose.keys import KeyRing
from mock_servers.journal.record import Record
from mock_servers.mock import Mock
from mock_servers.state.clock import Clock
from tests.mock_servers.diagnosis.assertion_mistakes import request, signing  # noqa: F401 - they fill the table
from tests.mock_servers.diagnosis.assertion_mistakes.world import MISTAKES, Mistake, World

APPROVED = Path(__file__).with_suffix(".txt")
NOW = 1_800_000_000
_KEYS = ("signer", "foreign_signer", "short_signer")
_CHANGING = {
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}": "UUID",
    r"rrt-[0-9a-z-]+": "MESSAGE-ID",
    r"\b(?:[0-9a-f]{64}|[0-9a-f]{16})\b": "HEX",
    r"(?<=\")/[\w+/]{42}=(?=\")": "LONG",  # a digest in base64 that begins as a path does
    r"(?<![\w/.:-])(?=[\w+/-]*[A-Z])[\w+-][\w+/-]{26,}=*": "LONG",
    r"[\w+/-]{2,6}…(\.[\w-]+…?)*": "CUT",
    r"exchange \d+": "exchange N",
    r"\(number \d+": "(number N",
    r"NewConnectionError: .*?refused": "REFUSED",
}
"""What is drawn or counted anew in each run, and what other systems say otherwise."""

FindingsOf = Callable[[Breakage], str]


@contextmanager
def asking_for_findings(ring: KeyRing) -> Iterator[FindingsOf]:
    """Yield a function that makes a mistake at a new mock, and returns its findings."""
    random = Random(1)
    platform = Mock(ring=ring, random=random)
    start = platform.snapshot()
    with platform.serving() as server, jwks_host() as hosted:
        keys = MockTarget(server.url, hosted)

        def tell(breakage: Breakage) -> str:
            reported = dict[str, list[Flow]]()
            for flow in (each for each in Flow if each in breakage.flows):
                platform.restore(start)
                random.seed(1)
                record = _asked(platform, _target(server.url, hosted, keys), flow, breakage)
                text = _text(record) if record is not None else "no exchange of the journal"
                places = {server.url: "MOCK", hosted.url: "KEYS", hosted.silent_url: "SILENT"}
                reported.setdefault(_plain(text, places), []).append(flow)
            return "\n".join(
                [f"# {named(breakage)}", *(f"{', '.join(flows)}: {text}" for text, flows in reported.items())]
            )

        yield tell


def of_ours(mistake: Mistake, ring: KeyRing, strangers: KeyRing) -> str:
    """Make a mistake of our own table at a mock of its own, and return its findings."""
    clock = Clock()
    clock.set(NOW, frozen=True)
    platform = Mock(mistake.configuration, ring=ring, clock=clock, random=Random(1))
    mistake.make(World(platform=platform, http=Client(platform), strangers=strangers))
    return f"# {named(mistake)}\n{_plain(_text(platform.exchanges.last), {platform.url: 'MOCK'})}"


def named(mistake: Breakage | Mistake) -> str:
    """Return its unique name: two providers have mistakes of one name."""
    if isinstance(mistake, Mistake):
        return f"ours: {mistake} {mistake.facts[0]}"
    return f"{next(flow for flow in Flow if flow in mistake.flows)} {mistake.name}"


def approved() -> Mapping[str, str]:
    """Return the text by the names of mistakes."""
    blocks = re.split(r"\n\n(?=# )", APPROVED.read_text(encoding="utf-8").strip())
    return {block.partition("\n")[0].removeprefix("# "): block for block in blocks}


def mistakes() -> list[Breakage]:
    """Return those that a mock without any switch can be asked."""
    return [each for each in BREAKAGES if each.holds(frozenset())]


def _target(url: str, hosted: JwksHost, keys: MockTarget) -> MockTarget:
    target = MockTarget(url, hosted)
    vars(target).update({name: getattr(keys, name) for name in _KEYS})
    return target


def _asked(platform: Mock, target: MockTarget, flow: Flow, breakage: Breakage) -> Record | None:
    """Return what the journal holds of the mistake, with what explains it; health checks it does not hold."""
    with target, target.at(NOW):
        ask(target, flow, breakage)
        return next(iter(platform.exchanges.kept()[-1:]), None)


def _text(record: Record) -> str:
    lines = [f"{record.status} {record.error or 'no error'}: {record.diagnosis or 'no diagnosis'}"]
    for finding in record.findings:
        lines += [f"- {finding.id}", *(f"  {line}" for line in finding.lines())]
    return "\n".join(line.rstrip() for line in lines)


def _plain(text: str, places: Mapping[str, str]) -> str:
    for place, name in places.items():
        text = text.replace(place.partition("://")[2], name)
    for pattern, name in _CHANGING.items():
        text = re.sub(pattern, name, text)
    return text


if __name__ == "__main__":
    logging.disable()
    ring = KeyRing()
    with asking_for_findings(ring) as tell, TemporaryDirectory() as folder:
        strangers = KeyRing(Path(folder))
        blocks = [*map(tell, mistakes()), *(of_ours(each, ring, strangers) for each in MISTAKES)]
    APPROVED.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
