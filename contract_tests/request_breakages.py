"""The token service's refusals of a request as such: its path, method, content type and form."""

from contract_tests.breakage import Breakage, Flow, broken, kinds
from contract_tests.mistake import request
from contract_tests.reach import Switch

_ROUTING = kinds(Flow.ROUTING)
_EXCHANGE = kinds(Flow.TOKEN_EXCHANGE)
_EXCHANGES = kinds(Flow.TOKEN_EXCHANGE, Flow.DELEGATION)
_AT_TOKEN = kinds(
    Flow.AUTHORIZATION_CODE, Flow.REFRESH, Flow.ROUTING, Flow.CLIENT_CREDENTIALS, Flow.TOKEN_EXCHANGE, Flow.DELEGATION
)
_CREDENTIALS_OR_REFRESH = kinds(Flow.ROUTING, Flow.CLIENT_CREDENTIALS, Flow.REFRESH)

REQUEST: tuple[Breakage, ...] = (
    # Path and method come before the content type: a request that is not a POST to /token is not asked for one.
    *broken("§2.18", _AT_TOKEN, "path", request.unknown_path, request.trailing_slash),
    *broken(
        "§2.18",
        _ROUTING,
        "method path",
        request.post_to_callback,
        request.post_to_userinfo,
        request.post_to_ping,
        request.get_of_logout,
    ),
    *broken(
        "§2.16",
        _ROUTING,
        "method path",
        request.post_to_authorize,
        request.head_of_authorize,
        request.delete_of_authorize,
    ),
    *broken("§2.17", _AT_TOKEN, "method", request.get_of_token, request.put_to_token),
    *broken(
        "§2.17",
        _ROUTING,
        "headers.Access-Control-Request-Method headers.Origin method",
        request.patch_of_token,
        request.options_without_origin,
        request.options_without_requested_method,
    ),
    # An answer to HEAD has no body that could show a 404, so no wrong path beside it.
    *broken("§2.17", _ROUTING, "method path", request.head_of_token),
    *broken(
        "§2.4",
        _AT_TOKEN,
        "headers.Content-Type",
        request.json_content_type,
        request.multipart_content_type,
        request.no_content_type,
    ),
    *broken(
        "§2.4: charset",
        _AT_TOKEN,
        "headers.Content-Type",
        request.content_type_with_a_charset,
        only=Switch.STRICT_CONTENT_TYPE,
    ),
    *broken(
        "§2.13",
        _EXCHANGES,
        "form.grant_type form.subject_token_type",
        request.no_subject_token_type,
        request.access_token_as_subject_token_type,
    ),
    *broken(
        "§2.13: empty or repeated",
        _EXCHANGE,
        "form.grant_type form.subject_token_type",
        request.empty_subject_token_type,
        request.second_subject_token_type_right,
    ),
    *broken(
        "§2.14",
        _CREDENTIALS_OR_REFRESH,
        "form.grant_type form.subject_token_type",
        request.password_grant,
        request.unknown_grant_type,
    ),
    *broken(
        "§2.14: repeated",
        _CREDENTIALS_OR_REFRESH,
        "form.grant_type form.subject_token_type",
        request.second_grant_type_right,
    ),
    *broken(
        "§2.15",
        _CREDENTIALS_OR_REFRESH,
        "form.grant_type form.subject_token_type query",
        request.no_grant_type,
        request.grant_type_in_the_query,
    ),
    *broken(
        "§2.15: empty", _CREDENTIALS_OR_REFRESH, "form.grant_type form.subject_token_type", request.empty_grant_type
    ),
)
