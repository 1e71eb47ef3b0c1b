"""The gateway's refusals before an API is reached, and those of the monitoring endpoint."""

from contract_tests.breakage import Breakage, Damage, Evidence, Flow, Shape, kinds, parts
from contract_tests.mistake import app
from contract_tests.mistake import gateway as wrong
from contract_tests.reach import Ability, Switch

_UNAUTHORIZED = 401
_TOO_LOW = "Required scope(s): OauthV2.VerifyAccessToken.scopeSet"


def _fault(  # noqa: PLR0913 - a row of the table below
    row: str,
    error: str,
    sentence: str,
    damage: Damage,
    evidence: Evidence,
    *,
    of: Flow = Flow.GATEWAY,
    touches: str = "headers.Authorization",
    status: int = 401,
    doubts: tuple[tuple[int, str | None, str], ...] = (),
) -> Breakage:
    return Breakage(
        row=row,
        flows=kinds(of),
        status=status,
        error=error,
        sentence=sentence,
        evidence=evidence,
        damage=damage,
        touches=parts(touches),
        shape=Shape.FAULT_CHALLENGED if status == _UNAUTHORIZED else Shape.FAULT,
        needs=frozenset({Ability.GATEWAY}),
        doubts=doubts,
    )


GATEWAY: tuple[Breakage, ...] = (
    *Breakage(
        row="§8",
        flows=kinds(Flow.STATUS),
        status=401,
        error="Access Denied",
        sentence="Invalid api key for _status monitoring endpoint",
        damage=wrong.status_key_absent,
        touches=parts("headers.apikey"),
    ).also(wrong.status_key_other),
    _fault(
        "§9 unknown path",
        "messaging.adaptors.http.flow.ApplicationNotFound",
        "Unable to identify proxy for host: secure and url: /no-such-api/anything",
        wrong.unknown_path,
        "Q",
        touches="path",
        status=404,
    ),
    *_fault("§9 no token", "oauth.v2.InvalidAccessToken", "Invalid access token", wrong.token_absent, "S").also(
        wrong.token_empty, wrong.token_beside_another_scheme
    ),
    _fault(
        "§9 no token",
        "oauth.v2.InvalidAccessToken",
        "Invalid access token",
        wrong.key_left_out,
        "S",
        of=Flow.API_KEY,
        touches="headers.apikey",
    ),
    *_fault(
        "§9 unknown token",
        "keymanagement.service.invalid_access_token",
        "Invalid Access Token",
        wrong.token_unknown,
        "S",
    ).also(wrong.id_token_for_an_access_token, wrong.app_removed),
    _fault(
        "§9 expired token",
        "keymanagement.service.access_token_expired",
        "Access Token expired",
        wrong.token_expired,
        "S",
    ),
    *_fault(
        "gateway §2 token not approved",
        "keymanagement.service.invalid_client-app_not_approved",
        "App not approved",
        wrong.app_lost_its_approval,
        "I",
    ).also(wrong.app_lost_its_approval_and_products),
    _fault(
        "gateway §2 token not for the API",
        "keymanagement.service.InvalidAPICallAsNoApiProductMatchFound",
        "Invalid API call as no apiproduct match found",
        wrong.app_lost_its_products,
        "D",
    ),
    *_fault(
        "gateway §2 scope too low",
        "steps.oauth.v2.InsufficientScope",
        _TOO_LOW,
        wrong.token_of_an_application,
        "D",
        status=403,
        doubts=((401, "steps.oauth.v2.InsufficientScope", _TOO_LOW),),
    ).where(Switch.SCOPE_STATUS_401, status=401, evidence="S", shape=Shape.FAULT_CHALLENGED, doubts=()),
    *_fault(
        "gateway §2 api key",
        "oauth.v2.InvalidApiKey",
        "Invalid ApiKey",
        wrong.key_unknown,
        "D",
        of=Flow.API_KEY,
        touches="headers.apikey",
    ).also(wrong.key_empty),
    *(
        _fault(
            "gateway §2 api key not approved",
            "keymanagement.service.invalid_client-app_not_approved",
            "ApiKey not approved",
            damage,
            "I",
            of=Flow.API_KEY,
            touches=f"app.{member}",
        )
        for member, damage in {
            "approved": app.not_approved,
            "key_approved": app.key_not_approved,
            "developer_active": app.developer_inactive,
            "company_active": app.company_inactive,
        }.items()
    ),
    _fault(
        "gateway §2 api key not for the API",
        "oauth.v2.InvalidApiKeyForGivenResource",
        "Invalid ApiKey for given resource",
        app.not_subscribed,
        "S",
        of=Flow.API_KEY,
        touches="app.subscribed",
    ),
)
