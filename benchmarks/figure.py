"""What was measured, beside its floor and its goal; how it is written down is the table's business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NOT_HERE: Final = "not measured here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row of the table.

    `beside` is what was measured in turn with it, `met` is None where there is no goal or no measurement. `peer` is the
    best of comparable projects, measured earlier elsewhere. `why` says where the time goes, and is shown when the goal
    is missed.
    """

    name: str
    measured: str
    beside: str = ""
    ratio: str = ""
    goal: str = ""
    met: bool | None = None
    peer: str = ""
    note: str = ""
    why: str = ""


def not_here(name: str, goal: str, *, peer: str = "", needs: str) -> Figure:
    """Return the row of a figure that this system cannot give."""
    return Figure(name=name, measured=NOT_HERE, goal=goal, peer=peer, note=f"needs {needs}")


def milliseconds(seconds: float) -> str:
    """Return a span in ms, two digits of it at least."""
    span = seconds * 1000
    return f"{span:,.0f} ms" if abs(span) >= 10 else f"{span:.2f} ms"  # noqa: PLR2004 - digits that mean something


def microseconds(seconds: float) -> str:
    """Return a span in µs."""
    return f"{seconds * 1_000_000:.0f} µs"


def mebibytes(size: float) -> str:
    """Return bytes in MiB."""
    return f"{size / 2**20:.1f} MiB"


def times(ratio: float) -> str:
    """Return a ratio."""
    return f"{ratio:.2f}"
