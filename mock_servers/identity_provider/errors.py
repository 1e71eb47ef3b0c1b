"""What the providers' token endpoints answer. The rules name a problem; each provider says which row that is for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mock_servers.rules import Evidence, ServiceError


def _problem(name: str) -> ServiceError:
    return ServiceError(status=400, code=name, sentence="", evidence="I", row="OAuth", shape="problem")


METHOD_NOT_POST: Final = _problem("method_not_post")
GRANT_TYPE_MISSING: Final = _problem("grant_type_missing")
GRANT_TYPE_UNSUPPORTED: Final = _problem("grant_type_unsupported")
CLIENT_NOT_AUTHENTICATED: Final = _problem("client_not_authenticated")
CODE_MISSING: Final = _problem("code_missing")
REDIRECT_URI_MISSING: Final = _problem("redirect_uri_missing")
SCOPE_SENT: Final = _problem("scope_sent")
CODE_UNKNOWN: Final = _problem("code_unknown")
CODE_EXPIRED: Final = _problem("code_expired")
CODE_SPENT: Final = _problem("code_spent")
FAULT: Final = _problem("fault")


def _cis2(status: int, code: str, sentence: str, evidence: Evidence) -> ServiceError:
    return ServiceError(
        status=status, code=code, sentence=sentence, evidence=evidence, row="CIS2 §5", shape="description_first"
    )


_INVALID_GRANT: Final = "The provided access grant is invalid, expired, or revoked."

CIS2: Final[Mapping[str, ServiceError]] = {
    "method_not_post": _cis2(405, "method_not_allowed", "Required Method: POST found: {method}", "I"),
    "grant_type_missing": _cis2(400, "invalid_request", "Grant type is not set", "I"),
    "grant_type_unsupported": _cis2(400, "unsupported_grant_type", "Grant type is not supported", "I"),
    "client_not_authenticated": _cis2(400, "invalid_client", "Client authentication failed", "I"),
    "code_missing": _cis2(400, "invalid_request", "Missing parameter, 'code'", "I"),
    "redirect_uri_missing": _cis2(400, "invalid_request", "Missing parameter, 'redirect_uri'", "I"),
    "scope_sent": _cis2(
        400,
        "invalid_request",
        "Scope parameter is not supported on an authorization code access_token exchange request. Scope parameter "
        "should be supplied to the authorize request.",
        "I",
    ),
    "code_unknown": _cis2(400, "invalid_grant", _INVALID_GRANT, "S"),
    "code_expired": _cis2(400, "invalid_grant", _INVALID_GRANT, "S"),
    "code_spent": _cis2(400, "invalid_grant", _INVALID_GRANT, "S"),
    "fault": _cis2(400, "server_error", "Internal Server Error", "I"),
}


_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def _nhs_login(code: str) -> ServiceError:
    return ServiceError(
        status=400, code=code, sentence="", evidence="D", row="NHS login §5", shape="error_only", headers=_NO_STORE
    )


NHS_LOGIN: Final[Mapping[str, ServiceError]] = {
    "method_not_post": _nhs_login("invalid_request"),
    "grant_type_missing": _nhs_login("invalid_request"),
    "grant_type_unsupported": _nhs_login("unsupported_grant_type"),
    "client_not_authenticated": _nhs_login("invalid_client"),
    "code_missing": _nhs_login("invalid_request"),
    "redirect_uri_missing": _nhs_login("invalid_request"),
    "scope_sent": _nhs_login("invalid_request"),
    "code_unknown": _nhs_login("invalid_grant"),
    "code_expired": _nhs_login("invalid_grant"),
    "code_spent": _nhs_login("invalid_grant"),
    "fault": _nhs_login("server_error"),
}
