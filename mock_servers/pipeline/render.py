"""Writes an answer: its body as text, its headers as they go out. It sees the error row, never the diagnosis."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mock_servers.faults.answer import phrase
from mock_servers.journal.outcome import Outcome, X
from mock_servers.pipeline import response
from mock_servers.pipeline.response import Outgoing
from mock_servers.pipeline.service import Served
from mock_servers.wire.request import Seen


def written(served: Served[X], outcome: Outcome[X]) -> Outgoing:
    """Return the answer of an outcome as it leaves; a header that the answer has itself stays as it is."""
    outgoing = _own(served, outcome)
    for name, value in served.headers(outcome.exchange):
        if not outgoing.has(name):
            outgoing.headers.append((name, value))
    return outgoing


def _own(served: Served[X], outcome: Outcome[X]) -> Outgoing:
    answer = outcome.answer
    body = answer.body if isinstance(answer.body, str) else served.write(answer.body)
    status = f"{answer.status} {phrase(answer.status)}"
    seen = Seen(flow=outcome.flow.name, refused=outcome.was_refused, status=answer.status, body=body)
    served.trace(outcome.exchange, seen)
    if answer.pieces is not None:
        return Outgoing(status, answer.pairs, answer.pieces)
    headers = [(name, _ascii(value) if name == "Location" else value) for name, value in answer.headers.items()]
    return response.whole(status, headers, body.encode(), answer.content_type)


def compact(body: Mapping[str, Any]) -> str:
    """Write JSON without blanks."""
    return json.dumps(body, separators=(",", ":"))


def _ascii(location: str) -> str:
    """Return a Location as it goes out: as it was written, blanks of the real service's included, if it is ASCII."""
    if location.isascii():
        return location
    from werkzeug.urls import iri_to_uri  # noqa: PLC0415 - few clients send letters that no URL has

    return iri_to_uri(location)
