"""Every finder there is. Where two explain the same rule as surely, the earlier one is believed more.

A new one goes into the module of its group, and into that module's own `FINDERS`.
"""

from __future__ import annotations

from typing import Final

from mock_servers.diagnosis import (
    audience,
    claim,
    client_id,
    form,
    header,
    history,
    key_set,
    kid,
    lifetime,
    place,
    replay,
    signature,
    subject_token,
)
from mock_servers.diagnosis.finder import Finder

FINDERS: Final[tuple[Finder, ...]] = (
    *place.FINDERS,
    *form.FINDERS,
    *header.FINDERS,
    *lifetime.FINDERS,
    *claim.FINDERS,
    *replay.FINDERS,
    *client_id.FINDERS,
    *key_set.FINDERS,
    *kid.FINDERS,
    *signature.FINDERS,
    *audience.FINDERS,
    *subject_token.FINDERS,
    *history.FINDERS,
)
