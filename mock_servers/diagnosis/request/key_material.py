"""A private key in a request: it was sent over the network, and must be replaced, even if something else was wrong."""

from __future__ import annotations

from typing import Final

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.journal.finding import Finding
from mock_servers.journal.leaked_private_key import private_key_in


def private_key_sent(case: Case) -> Finding | None:
    """The request contains a private key."""
    where = private_key_in(case.request)
    if where is None:
        return None
    return Finding(
        id="private-key-sent",
        certainty="certain",
        seen=f"{where} contains a PRIVATE KEY.",
        cause="A private key must never leave your side. This one was sent over the network, and is now in logs.",
        cure="Withdraw this key NOW, make a new key pair, and register its public half. Send what the new key signs: "
        "a JWT in client_assertion.",
    )


FINDERS: Final = (Finder(find=private_key_sent),)
