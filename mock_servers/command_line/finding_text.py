"""A finding as lines: what it is called and how sure it is, then what was seen, where it comes from and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import click

from mock_servers.wire.wording import one_line

_PARTS: Final = (("seen", "Seen: "), ("cause", "Cause:"), ("cure", "Cure: "), ("change", "Code: "))


def lines(finding: Mapping[str, Any]) -> Iterator[str]:
    """Return the lines of a finding of the control API; all but the first are indented."""
    next_ = "Next: " if finding.get("later") else ""
    yield f"{next_}{click.style(finding['id'], bold=True)} ({finding['certainty']})"
    for name, title in _PARTS:
        if finding.get(name):
            yield f"  {title} {one_line(finding[name])}"
    yield from (f"    {one_line(each)}" for each in (finding.get("difference") or "").splitlines())
