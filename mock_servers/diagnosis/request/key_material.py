"""A private key in a request: it has gone over the wire, and must be replaced, whatever else was wrong."""

from __future__ import annotations

from typing import Final

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.journal.finding import Finding
from mock_servers.journal.private_key import private_key_in


def private_key_sent(case: Case) -> Finding | None:
    """A private key came over the wire, wherever in the request."""
    where = private_key_in(case.request)
    if where is None:
        return None
    return Finding(
        id="private-key-sent",
        certainty="certain",
        seen=f"{where} has a PRIVATE KEY in it.",
        cause="A private key signs on your side and never leaves it. This one has gone over the wire, and stands in "
        "logs by now.",
        cure="Make a new key pair, register its public half, and withdraw this key NOW. Send what the new key signs: "
        "a JWT in client_assertion.",
    )


FINDERS: Final = (Finder(find=private_key_sent),)
