"""Runs of flows that visitors try: kept by their browsers, an hour by the machine's clock."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from mock_servers.console.visit import Visit

_LASTS: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step that was sent, correct or with a mistake: the answer as it may be shown, and what it left behind.

    It was not sent if it has a `problem`, which says why.
    """

    step: str
    mistake: str = ""
    status: int
    shown: str
    is_refusal: bool
    exchanges: tuple[int, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run: what was chosen, and the steps that were sent, by their words.

    `values` are those that later steps need; `given` are by step all those of its last good answer. `whole` is the step
    whose values the next page shows whole.
    """

    flow: str
    client_id: str
    user: str = ""
    level: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    taken: Mapping[str, Taken] = field(default_factory=dict)
    whole: str = ""

    def after(self, taken: Taken, given: Mapping[str, str], gives: Collection[str]) -> Run:
        """Return the run after a step that was given these values, and `gives` some of them to later steps."""
        return replace(
            self,
            values={**self.values, **{name: value for name, value in given.items() if name in gives}},
            given={**self.given, taken.step: given} if given else self.given,
            taken={**self.taken, taken.step: taken},
        )


def read(visit: Visit) -> Run | None:
    """Return the run of this browser, if it has one."""
    text = visit.request.platform.store.runs.get(visit.browser)
    kept: dict[str, Any] = json.loads(text) if text is not None else {}
    if not kept or kept.pop("until") < time.time():
        return None
    taken = {name: Taken(**{**each, "exchanges": tuple(each["exchanges"])}) for name, each in kept.pop("taken").items()}
    return Run(**kept, taken=taken)


def keep(visit: Visit, run: Run) -> None:
    """Keep the run of this browser, and forget those that nobody has gone on with for an hour."""
    runs, now = visit.request.platform.store.runs, time.time()
    for browser, text in runs.items():
        if json.loads(text)["until"] < now:
            runs.take(browser)
    runs.put(visit.browser, json.dumps({**asdict(run), "until": now + _LASTS}))


def forget(visit: Visit) -> None:
    """Forget the run of this browser."""
    visit.request.platform.store.runs.take(visit.browser)
