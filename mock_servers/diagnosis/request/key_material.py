"""A key where no key belongs: a private one has gone over the wire, and must be replaced; a public one is no token."""

from __future__ import annotations

import re
from typing import Final

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.journal.finding import Finding
from mock_servers.journal.private_key import private_key_in
from mock_servers.wire.wrapping import json_object

_PUBLIC: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")


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


def public_key(name: str, value: str) -> Finding | None:
    """A public key or a certificate stands where a token or a secret belongs."""
    found, members = _PUBLIC.search(value), json_object(value)
    if found is None and not (members and "kty" in members):
        return None
    what = f"a PEM ({found[1].lower()})" if found else "a JWK"
    return Finding(
        id="public-key-sent",
        certainty="certain",
        seen=f"{name} is {what}: public, and no harm done.",
        cause="A public key is registered once, as a JWK in the app's key set; no request carries it.",
        cure=PUBLIC_CURE.format(name=name, belongs=BELONGS.get(name, "the value that this parameter is for")),
    )


PUBLIC_CURE: Final = "Register the key, and send as {name} {belongs}."
BELONGS: Final = {
    "client_assertion": "a JWT that the private key has signed",
    "subject_token": "the id_token of the provider's token answer",
    "refresh_token": "the refresh_token of the last token answer",
    "code": "the code that came to the redirect URI",
    "client_secret": "the app's client secret",
    "client_id": "the app's API key",
    "authorization": "Bearer and the access_token of the token answer",
    "apikey": "the app's API key",
}
"""What each parameter or header is for."""

FINDERS: Final = (Finder(find=private_key_sent),)
