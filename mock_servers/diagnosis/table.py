"""Every finder there is. Where two explain the same rule as surely, the earlier one is believed more.

A new one goes into the module of its group, and into that module's own `FINDERS`.
"""

from __future__ import annotations

from typing import Final

from mock_servers.diagnosis import (
    audience,
    bearer,
    claim,
    client_id,
    code,
    credential,
    form,
    grant,
    header,
    history,
    key_set,
    kid,
    lifetime,
    mangled_jwt,
    other_jwt,
    path,
    place,
    provider_assertion,
    redirect_uri,
    refresh_token,
    replay,
    scope,
    signature,
    state,
    subject_token,
)
from mock_servers.diagnosis.finder import Finder

FINDERS: Final[tuple[Finder, ...]] = (
    *place.FINDERS,
    *other_jwt.FINDERS,
    *mangled_jwt.FINDERS,
    *form.FINDERS,
    *path.FINDERS,
    *grant.FINDERS,
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
    *scope.FINDERS,
    *credential.FINDERS,
    *provider_assertion.FINDERS,
    *code.FINDERS,
    *redirect_uri.FINDERS,
    *state.FINDERS,
    *refresh_token.FINDERS,
    *bearer.FINDERS,
    *history.FINDERS,
)
