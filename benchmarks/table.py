"""Writes figures down: as a table for a terminal, and as the page `README.md` of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks import machine, tried
from benchmarks.figure import Figure

_HEADINGS: Final = ("figure", "measured", "beside it, in turn in the same run", "ratio", "goal", "met", "best peer")
_PAGE: Final = """# Benchmarks

`make bench`, or `python -m benchmarks`, measures all of this anew and writes this page; `python -m benchmarks serve`
prints one group ({groups}), `--quick` takes fewer rounds.

{machine}

Medians; ratios are medians of ratios taken in turn, round by round, because a shared machine drifts by half from one
minute to the next. An absolute goal that stands beside a floor holds relative to that floor. The best of comparable
projects was measured earlier elsewhere, with those projects' own defaults.

{table}
{notes}
## What was tried

Each beside what was there before, in turn in the same run or counted; a later change may have moved the figures since.

{tried}
"""


def printed(figures: Sequence[Figure]) -> str:
    """Return the figures for a terminal, a line each and one below it for what it is compared with."""
    return "\n".join(_lines(figure) for figure in figures)


def page(figures: Sequence[Figure], groups: Sequence[str]) -> str:
    """Return the page in Markdown."""
    head = [_HEADINGS, tuple("---" for _ in _HEADINGS)]
    rows = "\n".join(f"| {' | '.join(cells)} |" for cells in [*head, *(_cells(figure) for figure in figures)])
    facts = "\n".join(f"- {line}" for line in machine.described())
    notes = "\n".join(_notes(figures))
    text = f"\n{notes}\n" if notes else ""
    return _PAGE.format(groups=", ".join(groups), machine=facts, table=rows, notes=text, tried=tried.table())


def with_row(page: str, figure: Figure, start: str) -> str:
    """Return a page with the row of a figure in the place of the one whose name starts alike, or as the last row."""
    lines, row = page.splitlines(), f"| {' | '.join(_cells(figure))} |"
    last = next(number for number, line in enumerate(lines) if line.startswith("| ") and not lines[number + 1])
    old = next((number for number, line in enumerate(lines) if line.startswith(f"| {start}")), None)
    if old is None:
        lines.insert(last + 1, row)
    else:
        lines[old] = row
    return "\n".join(lines) + "\n"


def _lines(figure: Figure) -> str:
    reported = (figure.measured, figure.ratio, figure.goal and f"goal {figure.goal}: {_met(figure)}")
    below = "; ".join(filter(None, (figure.beside, figure.note)))
    return f"{figure.name}: {' | '.join(filter(None, reported))}" + (f"\n    {below}" if below else "")


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.name,
        figure.measured,
        figure.beside,
        figure.ratio,
        figure.goal,
        _met(figure),
        figure.peer or "-",
    )


def _met(figure: Figure) -> str:
    return {True: "yes", False: "**no**", None: "-"}[figure.met]


def _notes(figures: Sequence[Figure]) -> list[str]:
    notes = [f"- {figure.name}: {figure.note}." for figure in figures if figure.note]
    missed = [f"- Not met: {figure.name}: {figure.why}." for figure in figures if figure.met is False and figure.why]
    return [*notes, *missed]
