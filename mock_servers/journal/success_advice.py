"""Advice from a series of successful exchanges: tokens that are not cached, secrets in URLs, keys named by files.

Each request is right by itself, and the real service says nothing. Only a few records of the journal are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, pairwise
from typing import Any, Final, TypeVar

from mock_servers.jose import javascript
from mock_servers.journal.journal import Journal
from mock_servers.journal.leaked_private_key import private_key_in
from mock_servers.journal.record import Record
from mock_servers.state.table import Table
from mock_servers.wire.request import Request
from mock_servers.wire.wording import duration, shown

V = TypeVar("V")

_LOOKED_AT: Final = 50
"""The most records that are read: advice costs the same for any size of the journal, and logs wait for it."""
_MANY: Final = 5
"""Tokens in the life of the first of them, from which on they seem not to be cached."""
_SERVES_AGAIN: Final = ("client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange")
"""Grants whose token can be used again. A code or a refresh token gives a new one anyway."""
_IN_A_ROW: Final = 3
_SOON: Final = 60
"""Seconds; a client that refreshes so soon after each token takes it for expired when it arrives."""
_SECRET_PARAMETERS: Final = (
    "client_secret",
    "client_assertion",
    "subject_token",
    "refresh_token",
    "access_token",
    "id_token",
    "password",
)
_FILE: Final = re.compile(r".+\.(pem|key|json|jwk|jwks|pub|txt|crt|cer|der|p12)", re.IGNORECASE)
_ODD_NAMES: Final = re.compile(r"https?://.*", re.IGNORECASE)


def token_not_cached(journal: Journal, record: Record, lifetime: float) -> Iterator[str]:
    """Advise when an app requests the same token repeatedly while the first is still valid."""
    if record.grant_type not in _SERVES_AGAIN:
        return
    earlier, need = list(journal.before(record, _LOOKED_AT)), record.need
    times = [each.at for each in earlier if record.at - each.at < lifetime and each.need == need]
    if len(times) + 1 < _MANY:
        return
    at_least = "At least " if len(earlier) == _LOOKED_AT else ""
    yield (
        f"{at_least}{len(times) + 1} tokens in {duration(record.at - times[-1])} for {shown(record.client_id)}: one "
        f"lives {duration(lifetime)} (expires_in is text, of seconds), and an app may ask 300 times a minute. Keep a "
        "token until a minute before it expires, and load the private key once: reading a PEM checks it, a quarter of "
        "a second for 4096 bits."
    )


def expires_in_misread(renewed_at: Iterable[float]) -> Iterator[str]:
    """Advise when the tokens of one session are renewed as soon as they arrive; its times, the newest first."""
    gaps = [later - earlier for later, earlier in pairwise(islice(renewed_at, _IN_A_ROW + 1))]
    if len(gaps) < _IN_A_ROW or max(gaps) >= _SOON:
        return
    yield (
        f"{len(gaps)} renewals in a row, each within {duration(max(gaps))} of the token before it: expires_in is a "
        'string of seconds ("599"). Compared with a clock, added as text or taken for milliseconds it looks expired at '
        "once. Convert it: now + int(expires_in) - 60."
    )


def newest(table: Table[V]) -> Iterator[V]:
    """Return the newest values of a table, the newest first, and no more than advice may read."""
    return iter(table.newest(_LOOKED_AT))


def secrets_in_query(request: Request) -> Iterator[str]:
    """Advise when a URL has a secret that belongs in a body or header."""
    found = [name for name in _SECRET_PARAMETERS if name in request.query] if request.query.pairs else []
    if found:
        yield (
            f"{', '.join(found)} in the URL: URLs end in logs, histories and Referer headers. Send it in the body, an "
            "access token in the Authorization header, and replace what has been there."
        )


def private_key_sent(request: Request) -> Iterator[str]:
    """Warn when a request has a private key anywhere."""
    where = private_key_in(request)
    if where is not None:
        yield (
            f"{where} has a PRIVATE KEY in it: it has gone over the wire. Make a new key pair, register its public "
            "half and withdraw this one NOW; a private key never leaves your side."
        )


def odd_kid(kid: Any) -> Iterator[str]:
    """Advise when a key is named after its file."""
    if isinstance(kid, str) and _FILE.fullmatch(kid) and not _ODD_NAMES.fullmatch(kid):
        yield (
            f"kid {shown(kid)} is the name of a file: it works, and it says where keys lie, and will be wrong when the "
            "file is renamed. Name keys by purpose and number (my-app-int-1), or by their thumbprint."
        )


def jti_sent_before(journal: Journal, record: Record, claims: Mapping[str, Any], title: str) -> Iterator[str]:
    """Advise when a client sends a provider a jti again, which the platform refuses; a provider's answer is unknown."""
    earlier = journal.before(record, _LOOKED_AT) if "jti" in claims else ()
    sub, jti = claims.get("sub"), claims.get("jti")
    first = next((each for each in earlier if each.service == record.service and each.has_jti(sub, jti)), None)
    if first is not None:
        yield (
            f"jti {shown(jti)} of the client assertion was sent {duration(record.at - first.at)} before: the platform "
            f"would refuse this jti, and {title} may. This mock accepts it. Sign a new assertion, with a new jti, for "
            "each request."
        )


def fast_clock(claims: Any, now: float, grace: float) -> Iterator[str]:
    """Advise when an assertion is accepted only thanks to the service's grace."""
    ahead = {name: claims[name] - now for name in ("iat", "nbf") if javascript.is_number(claims.get(name))}
    worst = max(ahead.values(), default=0.0)
    if worst > 1:
        name = next(name for name, value in ahead.items() if value == worst)
        yield (
            f"{name} is {duration(worst)} ahead of the service's clock, of which {duration(grace)} are forgiven: keep "
            "the clock by NTP, and leave iat and nbf out."
        )
