"""The token service's refusals of a request as such: its path, method, content type and form."""

from contract_tests.breakage import Breakage, Flow, Shape, kinds, parts
from contract_tests.mistake import request
from contract_tests.reach import Switch

_ROUTING = kinds(Flow.ROUTING)
_EXCHANGE = kinds(Flow.TOKEN_EXCHANGE)
_EXCHANGES = kinds(Flow.TOKEN_EXCHANGE, Flow.DELEGATION)
_SECRET = kinds(Flow.AUTHORIZATION_CODE, Flow.REFRESH)
_AT_TOKEN = _SECRET | kinds(Flow.ROUTING, Flow.CLIENT_CREDENTIALS, Flow.TOKEN_EXCHANGE, Flow.DELEGATION)


REQUEST: tuple[Breakage, ...] = (
    # Path and method come before the content type: a request that is not a POST to /token is not asked for one.
    *Breakage(
        row="§2.18",
        flows=_AT_TOKEN,
        status=404,
        error="invalid_request",
        sentence="Not Found",
        damage=request.unknown_path,
        touches=parts("path"),
    ).also(request.trailing_slash),
    *Breakage(
        row="§2.18",
        flows=_ROUTING,
        status=404,
        error="invalid_request",
        sentence="Not Found",
        damage=request.post_to_callback,
        touches=parts("path", "method"),
    ).also(request.post_to_userinfo, request.post_to_ping, request.get_of_logout),
    *Breakage(
        row="§2.16",
        flows=_ROUTING,
        status=405,
        error=None,
        sentence="",
        damage=request.post_to_authorize,
        touches=parts("path", "method"),
        shape=Shape.ALLOW_GET,
    ).also(request.head_of_authorize, request.delete_of_authorize),
    *Breakage(
        row="§2.17",
        flows=_AT_TOKEN,
        status=405,
        error=None,
        sentence="",
        damage=request.get_of_token,
        touches=parts("method"),
        shape=Shape.ALLOW_POST,
    ).also(request.put_to_token),
    *Breakage(
        row="§2.17",
        flows=_ROUTING,
        status=405,
        error=None,
        sentence="",
        damage=request.patch_of_token,
        touches=parts("method", "headers.Origin", "headers.Access-Control-Request-Method"),
        shape=Shape.ALLOW_POST,
    ).also(request.options_without_origin, request.options_without_requested_method),
    # An answer to HEAD has no body that could show a 404, so no wrong path beside it.
    Breakage(
        row="§2.17",
        flows=_ROUTING,
        status=405,
        error=None,
        sentence="",
        damage=request.head_of_token,
        touches=parts("path", "method"),
        shape=Shape.ALLOW_POST,
    ),
    *Breakage(
        row="§2.4",
        flows=_AT_TOKEN,
        status=415,
        error="invalid_request",
        sentence="Content-Type header must be application/x-www-form-urlencoded",
        damage=request.json_content_type,
        touches=parts("headers.Content-Type"),
    ).also(request.multipart_content_type, request.no_content_type),
    Breakage(
        row="§2.4",
        flows=_AT_TOKEN,
        status=415,
        error="invalid_request",
        sentence="Content-Type header must be application/x-www-form-urlencoded",
        evidence="I",
        damage=request.content_type_with_a_charset,
        touches=parts("headers.Content-Type"),
        only=Switch.STRICT_CONTENT_TYPE,
    ),
    *Breakage(
        row="§2.13",
        flows=_EXCHANGES,
        status=400,
        error="invalid_request",
        sentence="missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'",
        damage=request.no_subject_token_type,
        touches=parts("form.subject_token_type", "form.grant_type"),
    ).also(request.access_token_as_subject_token_type),
    *Breakage(
        row="§2.13",
        flows=_EXCHANGE,
        status=400,
        error="invalid_request",
        sentence="missing or invalid subject_token_type - must be 'urn:ietf:params:oauth:token-type:id_token'",
        evidence="I",
        damage=request.empty_subject_token_type,
        touches=parts("form.subject_token_type", "form.grant_type"),
    ).also(request.second_subject_token_type_right),
    *Breakage(
        row="§2.14",
        flows=kinds(Flow.ROUTING, Flow.CLIENT_CREDENTIALS, Flow.REFRESH),
        status=400,
        error="unsupported_grant_type",
        sentence="grant_type is invalid",
        damage=request.password_grant,
        touches=parts("form.grant_type", "form.subject_token_type"),
    ).also(request.unknown_grant_type),
    Breakage(
        row="§2.14",
        flows=kinds(Flow.ROUTING, Flow.CLIENT_CREDENTIALS, Flow.REFRESH),
        status=400,
        error="unsupported_grant_type",
        sentence="grant_type is invalid",
        evidence="I",
        damage=request.second_grant_type_right,
        touches=parts("form.grant_type", "form.subject_token_type"),
    ),
    *Breakage(
        row="§2.15",
        flows=kinds(Flow.ROUTING, Flow.CLIENT_CREDENTIALS, Flow.REFRESH),
        status=400,
        error="invalid_request",
        sentence="grant_type is missing",
        damage=request.no_grant_type,
        touches=parts("form.grant_type", "form.subject_token_type", "query"),
    ).also(request.grant_type_in_the_query),
    Breakage(
        row="§2.15",
        flows=kinds(Flow.ROUTING, Flow.CLIENT_CREDENTIALS, Flow.REFRESH),
        status=400,
        error="invalid_request",
        sentence="grant_type is missing",
        evidence="I",
        damage=request.empty_grant_type,
        touches=parts("form.grant_type", "form.subject_token_type"),
    ),
)
