"""The explanation of a value, for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from mock_servers.journal.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a value is and how the service would judge it; as text, in sentences.

    `kind` is a word such as `id_token`, and `seen` says how that was recognised, with which `certainty`. `would_be` is
    `accepted`, `refused` or `undecided` for the parameter that the value was checked as, and `diagnosis` says why; both
    are None without one. `raw` is the control API's whole answer, with the value itself cut.
    """

    kind: str
    certainty: str
    seen: str
    would_be: str | None
    diagnosis: str | None
    findings: tuple[Finding, ...]
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, expected: Mapping[str, Any]) -> Self:
        """Return the control API's answer as an explanation."""
        verdict = expected["verdict"] or {}
        return cls(
            kind=expected["kind"],
            certainty=expected["certainty"],
            seen=expected["seen"],
            would_be=verdict.get("would_be"),
            diagnosis=verdict.get("diagnosis"),
            findings=tuple(Finding(**each) for each in expected["findings"]),
            raw=expected,
        )

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield self.seen
        if self.would_be is not None:
            yield f"It would be {self.would_be}." + (f" {self.diagnosis}" if self.diagnosis else "")
        yield from map(str, self.findings)
