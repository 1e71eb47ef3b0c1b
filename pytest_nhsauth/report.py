"""What a failed test shows of the mock: each exchange since the test began, its answer and what explains it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from mock_servers.records import Record
    from pytest_nhsauth.platform import Platform

TITLE: Final = "nhsauth exchanges"
PLATFORM: Final = pytest.StashKey["Platform"]()
"""The session's platform, once a fixture has started it; its journal can be read when it has stopped, too."""
_TOLD: Final = pytest.StashKey[int]()
"""The number of the newest exchange that the item has nothing, or nothing more, to tell of."""
_KEPT: Final = pytest.StashKey["list[Record]"]()


def begin(item: pytest.Item) -> None:
    """Note that what the mock was asked so far is no business of this test."""
    platform = item.config.stash.get(PLATFORM, None)
    item.stash[_TOLD] = _newest(platform.exchanges) if platform else 0
    item.stash[_KEPT] = []


def keep(node: pytest.Item, exchanges: Sequence[Record]) -> None:
    """Keep the exchanges of a test for the report of its teardown, before they are forgotten."""
    node.stash[_KEPT] = list(exchanges)


def add_section(item: pytest.Item, report: pytest.TestReport) -> None:
    """Add to the report of a failure what the mock has to say; nothing when it was not spoken to and is well."""
    platform = item.config.stash.get(PLATFORM, None)
    if platform is None or not report.failed:
        return
    lines = [*_new(item, platform), *filter(None, [platform.death])]
    if lines:
        report.sections.append((TITLE, "\n".join(lines)))


def _new(item: pytest.Item, platform: Platform) -> list[str]:
    from pytest_nhsauth.exchanges import told  # noqa: PLC0415 - it is loaded, since there is a platform

    already = item.stash.get(_TOLD, 0)  # with no mark when another plugin's hook failed before ours began
    kept = {record.id: record for record in (*item.stash.get(_KEPT, []), *platform.exchanges)}
    new = [record for number, record in kept.items() if number > already]
    item.stash[_TOLD] = max([already, *kept])
    return list(told(new)) if new else []


def _newest(exchanges: Sequence[Record]) -> int:
    return max((record.id for record in exchanges), default=0)
