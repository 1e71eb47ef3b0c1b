"""Compares a request with the same client's last success. A hint, never proof."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.jose import javascript
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.journal.finding import Finding
from mock_servers.journal.record import ReceivedJwt, Record
from mock_servers.wire.wording import duration, shown

_SLACK: Final = 5
_LONGEST: Final = 120


def changed_since_success(case: Case) -> Finding | None:
    """The same client made a similar request before, and it succeeded."""
    good = _last_good(case)
    if good is None:
        return None
    changes = list(_changes(case, good))
    if not changes:
        return None
    return Finding(
        id="changed-since-success",
        certainty="possible",
        seen=f"The last good request like this one was {duration(case.now - good.at)} ago (exchange {good.id}). "
        f"Since then: {'; '.join(changes)}.",
        cause="A change is often the cause.",
        cure="Undo any change that you did not intend.",
    )


def _last_good(case: Case) -> Record | None:
    client = _client(case)
    wanted = (case.record.service, case.record.method, case.record.path, case.record.grant_type)
    good = (each for each in case.known.before(case.record) if each.status == 200)  # noqa: PLR2004 - a token was given
    own = (each for each in good if client and each.client_id == client)  # first: it is the quickest check
    host = _host(case.record)
    alike = (each for each in own if (each.service, each.method, each.path, each.grant_type) == wanted)
    return next((each for each in alike if _host(each) == host), None)


def _host(record: Record) -> str | None:
    """Return the name by which the mock was called: each environment has its own."""
    sent = record.request["headers"].get("host")
    return str(sent) if sent is not None else None


def _client(case: Case) -> str | None:
    if case.app is not None:
        return case.app.client_id
    named = case.claim("sub")
    return named if isinstance(named, str) else case.record.client_id


def _changes(case: Case, good: Record) -> Iterator[str]:
    now, then = case.record.request, good.request
    for name in ("content-type",):
        yield from _changed(name, then["headers"].get(name, UNDEFINED), now["headers"].get(name, UNDEFINED))
    fields = sorted(set(now["form"]) - set(then["form"])), sorted(set(then["form"]) - set(now["form"]))
    for names, words in zip(fields, ("new in the form", "no longer in the form"), strict=True):
        if names:
            yield f"{words}: {', '.join(shown(name)[1:-1] for name in names)}"
    before = good.received.get("client_assertion")
    if case.assertion is not None and before is not None and before.header:  # of production nothing is kept
        yield from _of_assertion(case, good, before)


def _of_assertion(case: Case, good: Record, before: ReceivedJwt) -> Iterator[str]:
    for name in ("alg", "kid", "typ"):
        yield from _changed(f"header {name}", before.header.get(name, UNDEFINED), case.header(name))
    for name in ("iss", "aud"):
        yield from _changed(name, before.claims.get(name, UNDEFINED), case.claim(name))
    then, now = _ahead(before.claims.get("exp"), good.at), _ahead(case.claim("exp"), case.now)
    if then is not None and now is not None and abs(now - then) > _SLACK:
        yield f"exp was {then:.0f} s ahead, and is now {abs(now):.0f} s {'ahead' if now >= 0 else 'past'}"


def _ahead(exp: Any, at: float) -> float | None:
    return javascript.number(exp) - at if javascript.is_number(exp) else None


def _changed(name: str, then: Any, now: Any) -> Iterator[str]:
    before, after = ("missing" if each is UNDEFINED else shown(each, _LONGEST) for each in (then, now))
    if then != now and before != after:
        yield f"{name} was {before}, and is now {after}"


FINDERS: Final = (Finder(find=changed_since_success, informational=True),)
