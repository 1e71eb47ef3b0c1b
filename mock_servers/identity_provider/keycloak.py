"""What a mock realm answers, in the words of its product, Keycloak; as data, and all of it from inference (I)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mock_servers.identity_provider.errors import CIS2
from mock_servers.rules import ServiceError

_ROW: Final = "admin §4"
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def _told(status: int, code: str, sentence: str = "") -> ServiceError:
    return ServiceError(
        status=status,
        code=code,
        sentence=sentence,
        evidence="I",
        row=_ROW,
        shape="error_first",
        headers=_NO_STORE,
    )


def _page(sentence: str, status: int = 400) -> ServiceError:
    return ServiceError(status=status, code="invalid_request", sentence=sentence, evidence="I", row=_ROW, shape="page")


def _redirect(code: str, sentence: str = "") -> ServiceError:
    return ServiceError(status=302, code=code, sentence=sentence, evidence="I", row=_ROW, shape="redirect")


def _bearer(status: int, code: str, sentence: str) -> ServiceError:
    asks = f'Bearer realm="realm", error="{code}", error_description="{sentence}"'
    return ServiceError(
        status=status,
        code=code,
        sentence=sentence,
        evidence="I",
        row=_ROW,
        shape="error_first",
        headers={"WWW-Authenticate": asks},
    )


_CLIENT_WRONG: Final = "Invalid client or Invalid client credentials"
_JWT_WRONG: Final = "Client authentication with signed JWT failed"
_METHOD_WRONG: Final = _told(405, "HTTP 405 Method Not Allowed")
_CLIENT_UNPROVEN: Final = _told(401, "invalid_client", _CLIENT_WRONG)
_CODE_WRONG: Final = _told(400, "invalid_grant", "Code not valid")
_INVALID: Final = _told(400, "invalid_request", "Invalid request")

KEYCLOAK: Final[Mapping[str, ServiceError]] = {
    **{problem: row for problem, row in CIS2.items() if row.shape == "again"},
    "authorize_method": _page("HTTP 405 Method Not Allowed", 405),
    "target_repeated": _page("Invalid Request"),
    "client_id_missing": _page("Invalid Request"),
    "client_unknown": _page("Client not found."),
    "redirect_uri_absent": _page("Invalid parameter: redirect_uri"),
    "redirect_uri_relative": _page("Invalid parameter: redirect_uri"),
    "redirect_uri_mismatch": _page("Invalid parameter: redirect_uri"),
    "asked_twice": _redirect("invalid_request", "duplicated parameter"),
    "state_missing": _redirect("invalid_request", "Missing parameter: state"),
    "response_type_missing": _redirect("invalid_request", "Missing parameter: response_type"),
    "response_type_unsupported": _redirect("unsupported_response_type"),
    "code_not_registered": _redirect(
        "unauthorized_client",
        "Client is not allowed to initiate browser login with given response_type. Standard "
        "flow is disabled for the client.",
    ),
    "response_mode_unsupported": _redirect("invalid_request", "Invalid parameter: response_mode"),
    "request_not_supported": _redirect("request_not_supported"),
    "request_uri_not_supported": _redirect("request_uri_not_supported"),
    "registration_not_supported": _redirect("registration_not_supported"),
    "openid_missing": _redirect("invalid_scope", "Missing scope: openid"),
    "scope_unknown": _redirect("invalid_scope", "Invalid scopes"),
    "scope_reserved": _redirect("invalid_scope", "Invalid scopes"),
    "scopes_exclusive": _redirect("invalid_scope", "Invalid scopes"),
    "nonce_missing": _redirect("invalid_request", "Missing parameter: nonce"),
    "prompt_invalid": _redirect("invalid_request", "Invalid parameter: prompt"),
    "max_age_invalid": _redirect("invalid_request", "Invalid parameter: max_age"),
    "display_unsupported": _redirect("invalid_request", "Invalid parameter: display"),
    "vtr_malformed": _redirect("invalid_request", "Invalid parameter: vtr"),
    "vtr_unknown": _redirect("invalid_request", "Invalid parameter: vtr"),
    "login_required": _redirect("login_required"),
    "consent_required": _redirect("interaction_required"),
    "asserted_invalid": _redirect("invalid_request", "Invalid parameter: asserted_login_identity"),
    "asserted_untrusted": _redirect("invalid_request", "Invalid parameter: asserted_login_identity"),
    "asserted_unknown": _redirect("login_required"),
    "asserted_spent": _redirect("invalid_request", "Invalid parameter: asserted_login_identity"),
    "form_token_wrong": _page("An error occurred, please login again through your application."),
    "error_chosen": _redirect("server_error"),
    "cancelled": _redirect("access_denied", "User cancelled"),
    "consent_refused": _redirect("access_denied", "User denied consent"),
    "provider_error": _redirect("server_error"),
    "level_too_low": _redirect("interaction_required", "Authentication requirements not fulfilled"),
    "method_not_post": _METHOD_WRONG,
    "content_type_wrong": _told(400, "invalid_request", "Missing form parameter: grant_type"),
    "parameter_repeated": _told(400, "invalid_request", "duplicated parameter"),
    "grant_type_missing": _told(400, "invalid_request", "Missing form parameter: grant_type"),
    "grant_type_unknown": _told(400, "unsupported_grant_type", "Unsupported grant_type"),
    "grant_type_unsupported": _told(400, "unsupported_grant_type", "Unsupported grant_type"),
    "grant_not_registered": _told(400, "unauthorized_client", "Client not enabled to retrieve this grant"),
    "two_identities": _CLIENT_UNPROVEN,
    "client_not_authenticated": _CLIENT_UNPROVEN,
    "token_client_unknown": _CLIENT_UNPROVEN,
    "assertion_malformed": _told(400, "invalid_client", _JWT_WRONG),
    "assertion_not_of_client": _told(400, "invalid_client", _JWT_WRONG),
    "assertion_expired": _told(400, "invalid_client", _JWT_WRONG),
    "assertion_too_long": _told(400, "invalid_client", _JWT_WRONG),
    "client_keys_unreachable": _told(400, "invalid_client", _JWT_WRONG),
    "assertion_key_unknown": _told(400, "invalid_client", _JWT_WRONG),
    "assertion_signature_wrong": _told(400, "invalid_client", _JWT_WRONG),
    "two_methods": _CLIENT_UNPROVEN,
    "assertion_audience_wrong": _told(400, "invalid_client", _JWT_WRONG),
    "method_not_registered": _CLIENT_UNPROVEN,
    "client_secret_wrong": _told(401, "unauthorized_client", _CLIENT_WRONG),
    "code_missing": _told(400, "invalid_request", "Missing parameter: code"),
    "redirect_uri_missing": _told(400, "invalid_grant", "Incorrect redirect_uri"),
    "scope_sent": _told(400, "invalid_scope", "Invalid scopes"),
    "code_unknown": _CODE_WRONG,
    "code_not_of_request": _CODE_WRONG,
    "code_expired": _told(400, "invalid_grant", "Code is expired"),
    "code_spent": _CODE_WRONG,
    "refresh_token_missing": _told(400, "invalid_request", "No refresh token"),
    "refresh_token_unknown": _told(400, "invalid_grant", "Invalid refresh token"),
    "refresh_token_foreign": _told(400, "invalid_grant", "Invalid refresh token"),
    "refresh_token_expired": _told(400, "invalid_grant", "Token is not active"),
    "refresh_scope_wider": _told(400, "invalid_scope", "Invalid scopes"),
    "refresh_token_spent": _told(400, "invalid_grant", "Maximum allowed refresh token reuse exceeded"),
    "userinfo_method": _METHOD_WRONG,
    "access_token_invalid": _bearer(401, "invalid_token", "Token verification failed"),
    "access_token_expired": _bearer(401, "invalid_token", "Token verification failed"),
    "scope_insufficient": _bearer(403, "insufficient_scope", "Missing openid scope"),
    "metadata_scope_insufficient": _bearer(403, "insufficient_scope", "Missing scope"),
    "metadata_invalid": _INVALID,
    "end_session_method": _METHOD_WRONG,
    "id_token_hint_missing": _told(400, "invalid_request", "Missing parameter: id_token_hint"),
    "id_token_hint_invalid": _told(400, "invalid_request", "Invalid parameter: id_token_hint"),
    "post_logout_relative": _told(400, "invalid_request", "Invalid redirect uri"),
    "post_logout_mismatch": _told(400, "invalid_request", "Invalid redirect uri"),
    "realm_unknown": _told(404, "Realm does not exist"),
    "fault": _told(500, "unknown_error"),
}
"""Keycloak tells an unknown client and a wrong secret in one sentence; some rows no realm ever needs."""
