"""A value that another world of this server issued: in this one it is unknown."""

from __future__ import annotations

from typing import Final

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.request.misplaced_value import NAMED
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import duration, url

_RULES: Final = {
    "subject_token": ("find_provider",),
    "refresh_token": ("find_refresh_token",),
    "code": ("find_code",),
    "authorization": ("find_token", "find_access_token"),
}
"""Who does not know each."""


def _finder(name: str) -> Finder:
    def value_of_other_world(case: Case) -> Finding | None:
        """The value was issued in another world of this server."""
        key = case.record.sent.get(name)
        found = case.known.elsewhere(key) if key is not None else None
        if key is None or found is None or case.known.store.issued.get(key) is not None:
            return None
        issued, here = found.issued, case.request.base
        return Finding(
            id="value-of-other-world",
            certainty="certain",
            seen=f"{NAMED.get(name, name)} is the {issued.kind} that {issued.issuer} issued "
            f"{duration(case.now - (issued.at or case.now))} ago in {found.words}; it was sent to {url(here)}.",
            cause="Each world knows only what it has issued itself.",
            cure=f"Send it to {url(found.base)}, or begin again at {url(here)}: use one base URL for every step.",
        )

    value_of_other_world.__name__ = f"{name}_of_other_world"  # its name in the log
    return Finder(find=value_of_other_world, rules=_RULES[name], named=("value-of-other-world",))


FINDERS: Final = tuple(_finder(name) for name in _RULES)
