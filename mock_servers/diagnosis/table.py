"""Every finder. Of two that explain the same rule with equal certainty, the earlier one is preferred.

Add a new one to the module of its group, and to that module's own `FINDERS`.
"""

from __future__ import annotations

from typing import Final

from mock_servers.diagnosis import last_success
from mock_servers.diagnosis.assertion import (
    audience,
    claim,
    client_id,
    header,
    lifetime,
    mangled_jwt,
    other_jwt,
    replay,
)
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.key import key_set, kid, signature
from mock_servers.diagnosis.provider import assertion as provider_assertion
from mock_servers.diagnosis.provider import credential, redirect_uri, state
from mock_servers.diagnosis.request import (
    form,
    grant,
    key_material,
    misplaced_value,
    path,
    scope,
    swapped_values,
    value,
)
from mock_servers.diagnosis.token import bearer, code, foreign_form, other_world, refresh_token, subject_token

FINDERS: Final[tuple[Finder, ...]] = (
    *key_material.FINDERS,
    *signature.FIRST,
    *other_world.FINDERS,
    *swapped_values.FINDERS,
    *misplaced_value.FINDERS,
    *value.FINDERS,
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
    *foreign_form.FINDERS,
    *bearer.FINDERS,
    *last_success.FINDERS,
)
