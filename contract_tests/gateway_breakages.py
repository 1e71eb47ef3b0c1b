"""The gateway's refusals before an API is reached, and those of the monitoring endpoint."""

from contract_tests.breakage import Breakage, Flow, broken, kinds
from contract_tests.mistake import app
from contract_tests.mistake import gateway as wrong
from contract_tests.reach import Ability, Switch

_STATUS = kinds(Flow.STATUS)
_GATEWAY = kinds(Flow.GATEWAY)
_API_KEY = kinds(Flow.API_KEY)
_BEHIND = frozenset({Ability.GATEWAY})

GATEWAY: tuple[Breakage, ...] = (
    *broken("§8", _STATUS, "headers.apikey", wrong.status_key_absent, wrong.status_key_other),
    *broken("§9 unknown path", _GATEWAY, "path", wrong.unknown_path, needs=_BEHIND),
    *broken(
        "§9 no token",
        _GATEWAY,
        "headers.Authorization",
        wrong.token_absent,
        wrong.token_empty,
        wrong.token_beside_another_scheme,
        needs=_BEHIND,
    ),
    *broken("§9 no token", _API_KEY, "headers.apikey", wrong.key_left_out, needs=_BEHIND),
    *broken(
        "§9 unknown token",
        _GATEWAY,
        "headers.Authorization",
        wrong.token_unknown,
        wrong.id_token_for_an_access_token,
        wrong.app_removed,
        needs=_BEHIND,
    ),
    *broken("§9 expired token", _GATEWAY, "headers.Authorization", wrong.token_expired, needs=_BEHIND),
    *broken(
        "gateway §2 token not approved",
        _GATEWAY,
        "headers.Authorization",
        wrong.app_lost_its_approval,
        wrong.app_lost_its_approval_and_products,
        needs=_BEHIND,
    ),
    *broken(
        "gateway §2 token not for the API",
        _GATEWAY,
        "headers.Authorization",
        wrong.app_lost_its_products,
        needs=_BEHIND,
    ),
    *broken(
        "gateway §2 scope too low",
        _GATEWAY,
        "headers.Authorization",
        wrong.token_of_an_application,
        needs=_BEHIND,
        doubts=("gateway §2 scope too low: 401",),
        unless=Switch.SCOPE_STATUS_401,
    ),
    *broken(
        "gateway §2 scope too low: 401",
        _GATEWAY,
        "headers.Authorization",
        wrong.token_of_an_application,
        needs=_BEHIND,
        only=Switch.SCOPE_STATUS_401,
    ),
    *broken("gateway §2 api key", _API_KEY, "headers.apikey", wrong.key_unknown, wrong.key_empty, needs=_BEHIND),
    *broken("gateway §2 api key not approved", _API_KEY, "app.approved", app.not_approved, needs=_BEHIND),
    *broken("gateway §2 api key not approved", _API_KEY, "app.key_approved", app.key_not_approved, needs=_BEHIND),
    *broken("gateway §2 api key not approved", _API_KEY, "app.developer_active", app.developer_inactive, needs=_BEHIND),
    *broken("gateway §2 api key not approved", _API_KEY, "app.company_active", app.company_inactive, needs=_BEHIND),
    *broken("gateway §2 api key not for the API", _API_KEY, "app.subscribed", app.not_subscribed, needs=_BEHIND),
)
