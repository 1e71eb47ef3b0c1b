"""The mock's part of the test report: the exchanges of a failed test, also in JUnit XML; their number at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_nhsauth import import_guard

if TYPE_CHECKING:
    from mock_servers.journal.record import Record
    from pytest_nhsauth.platform import Platform

TITLE: Final = "nhsauth exchanges"
PROPERTY: Final = "nhsauth exchange"
CASE_PROPERTY: Final = "nhsauth_"
"""The names of the properties that describe a contract test's case in its report begin so."""
"""The name of the properties that a failed test has in JUnit XML."""
PLATFORM: Final = pytest.StashKey["Platform"]()
"""The session's platform, once a fixture has started it; its journal can be read when it has stopped, too."""
_REPORTED: Final = pytest.StashKey[int]()
"""The number of the newest exchange that was reported, or does not belong to the item."""
_KEPT: Final = pytest.StashKey["list[Record]"]()
_WORKERS: Final = pytest.StashKey["list[tuple[int, int, list[str]]]"]()
"""By xdist worker: the exchanges, the refused ones, and other messages."""
_OUTPUT: Final = "nhsauth_tally"
_QUIETEST: Final = -1


def begin(item: pytest.Item) -> None:
    """Note that earlier exchanges do not belong to this test."""
    platform = item.config.stash.get(PLATFORM, None)
    item.stash[_REPORTED] = _newest(_read(platform)) if platform else 0
    item.stash[_KEPT] = []


def keep(node: pytest.Item, exchanges: Sequence[Record]) -> None:
    """Keep the exchanges of a test for the report of its teardown, explained before their journal is emptied."""
    from pytest_nhsauth.exchanges import MOST  # noqa: PLC0415 - it is loaded, since there is a platform

    node.stash[_KEPT] = kept = list(exchanges)
    for record in kept[-MOST:]:
        if record.refusal is not None:
            record.examination()


def add_section(item: pytest.Item, report: pytest.TestReport) -> None:
    """Add the mock's section to the report of a failure, if it was called or is not well."""
    platform = item.config.stash.get(PLATFORM, None)
    if platform is None or not report.failed:
        return
    new = _new(item, platform)
    lines = [*_lead(new), *_lines(new), *filter(None, [platform.death])]
    if lines:
        report.sections.append((TITLE, "\n".join(lines)))
    properties = [(PROPERTY, line) for line in _lines(new)]
    item.user_properties += properties  # for the reports to come: JUnit XML is written from the last
    report.user_properties += properties


def send_tally(config: pytest.Config) -> None:
    """Send xdist's controller the number of exchanges of this worker."""
    output: dict[str, Any] | None = getattr(config, "workeroutput", None)
    if output is not None:
        output[_OUTPUT] = (*_own_tally(config), import_guard.warnings_text())


def add_tally(config: pytest.Config, output: dict[str, Any]) -> None:
    """Add the counts of a worker."""
    config.stash.setdefault(_WORKERS, []).append(tuple(output.get(_OUTPUT, (0, 0, []))))


def summarise(reporter: pytest.TerminalReporter, config: pytest.Config, *, is_green: bool) -> None:
    """Say in one line how many exchanges there were; and how many were refused, unless all tests wanted it so."""
    exchanges, refused = _own_tally(config)
    lines = import_guard.warnings_text()
    for of_worker, refused_of_worker, reported in config.stash.get(_WORKERS, []):
        exchanges, refused, lines = exchanges + of_worker, refused + refused_of_worker, [*lines, *reported]
    if reporter.verbosity < _QUIETEST:
        return
    for line in dict.fromkeys(lines):
        reporter.write_line(line)
    if exchanges:
        counted = f"nhsauth: {exchanges} exchange{'s' * (exchanges > 1)}"
        reporter.write_sep("=", counted if is_green else f"{counted}, {refused} refused")


def _own_tally(config: pytest.Config) -> tuple[int, int]:
    platform = config.stash.get(PLATFORM, None)
    if platform is None:
        return 0, 0
    tally = platform.exchanges.tally()
    return tally.exchanges, tally.refused


def _new(item: pytest.Item, platform: Platform) -> list[Record]:
    already = item.stash.get(_REPORTED, 0)  # with no mark when another plugin's hook failed before ours began
    kept = {record.id: record for record in (*item.stash.get(_KEPT, []), *_read(platform))}
    item.stash[_REPORTED] = max([already, *kept])
    return [record for number, record in kept.items() if number > already]


def _lead(records: Sequence[Record]) -> Iterator[str]:
    """Say first how many of the exchanges were refused."""
    refused = sum(record.refusal is not None for record in records)
    if refused and len(records) > 1:
        yield f"{refused} of {len(records)} refused"


def _lines(records: Sequence[Record]) -> list[str]:
    from pytest_nhsauth.exchanges import exchange_text  # noqa: PLC0415 - it is loaded, since there is a platform

    return list(exchange_text(records)) if records else []


def _read(platform: Platform) -> list[Record]:
    from pytest_nhsauth.target import ServerDiedError  # noqa: PLC0415 - as above

    try:
        return list(platform.exchanges)
    except ServerDiedError:
        return []  # the section says so: it shows `death`


def _newest(exchanges: Sequence[Record]) -> int:
    return max((record.id for record in exchanges), default=0)
