"""Every refusal of the management API: status, code, message, evidence. `{…}` is filled with what the request named.

The form of the body and most statuses are documented (D); where code or message are ours, the row is a guess (I).
"""

from __future__ import annotations

from mock_servers.rules import Evidence, ServiceError


def _row(status: int, code: str, message: str, evidence: Evidence, row: str) -> ServiceError:
    return ServiceError(status=status, code=code, sentence=message, evidence=evidence, row=row, shape="management")


def _kms(status: int, code: str, message: str, evidence: Evidence, row: str) -> ServiceError:
    return _row(status, f"keymanagement.service.{code}", message, evidence, row)


BEARER_MISSING = _row(401, "security.util.Unauthorized", "Unauthorized", "I", "admin §2")
LOG_IN_CLIENT_WRONG = ServiceError(
    status=401, code="unauthorized", sentence="Bad credentials", evidence="I", row="admin §2", shape="log_in"
)
LOG_IN_GRANT_UNSUPPORTED = ServiceError(
    status=400,
    code="unsupported_grant_type",
    sentence="Unsupported grant type: {grant_type}",
    evidence="I",
    row="admin §2",
    shape="log_in",
)
LOG_IN_PERSON_MISSING = ServiceError(
    status=401, code="unauthorized", sentence="Bad credentials", evidence="I", row="admin §2", shape="log_in"
)
LOG_IN_ELSEWHERE = ServiceError(
    status=404, code="not_found", sentence="There is nothing at {path}", evidence="I", row="admin §2", shape="log_in"
)
ORGANIZATION_UNKNOWN = _row(
    404, "organizations.OrganizationDoesNotExist", "Organization {org} does not exist", "I", "admin §2"
)
PATH_UNKNOWN = _row(404, "rest.ResourceNotFound", "No resource at {path}", "I", "admin §3")
METHOD_NOT_ALLOWED = _row(405, "rest.MethodNotAllowed", "Method {method} is not allowed at {path}", "I", "admin §3")
BODY_TOO_LARGE = _row(413, "rest.PayloadTooLarge", "Request body too large", "I", "admin §3")
BODY_MALFORMED = _row(400, "rest.MalformedRequestBody", "Malformed request body: {problem}", "I", "admin §3")
QUERY_MALFORMED = _row(400, "rest.InvalidQueryParameter", "Invalid query parameter: {problem}", "I", "admin §3")

APP_UNKNOWN = _row(
    404, "developer.service.AppDoesNotExist", "App {app} of developer {developer} does not exist", "I", "admin §3.2"
)
APP_ID_UNKNOWN = _row(404, "developer.service.AppDoesNotExist", "App with id {app} does not exist", "I", "admin §3.2")
APP_EXISTS = _row(
    409,
    "developer.service.AppAlreadyExists",
    "App {app} of developer {developer} already exists",
    "I",
    "admin §3.2",
)
APP_CHANGED = _row(
    409, "developer.service.AppModified", "App {app} of developer {developer} was changed meanwhile", "I", "admin §3.2"
)
ACTION_UNKNOWN = _row(
    400, "rest.InvalidAction", "Invalid action {action}: must be approve or revoke", "I", "admin §3.2"
)
ATTRIBUTE_UNKNOWN = _kms(
    404, "attribute_doesnot_exist", "Attribute with name {attribute} does not exist", "I", "admin §3.2"
)

KEY_UNKNOWN = _kms(404, "consumer_key_doesnot_exist", "Consumer key {key} does not exist", "I", "admin §3.3")
KEY_EXISTS = _kms(409, "consumer_key_already_exists", "Consumer key {key} already exists", "I", "admin §3.3")
KEY_SCOPES_INVALID = _kms(
    400, "InvalidScopes", "Invalid scopes. Scopes must be contained in [{allowed}]", "D", "admin §3.3"
)
PRODUCT_NOT_OF_KEY = _kms(
    404, "apiproduct_doesnot_exist_for_key", "ApiProduct {product} is not associated with key {key}", "I", "admin §3.3"
)

PRODUCT_UNKNOWN = _kms(404, "apiproduct_doesnot_exist", "ApiProduct {product} does not exist", "I", "admin §3.4")
PRODUCTS_UNKNOWN = _kms(400, "apiproduct_doesnot_exist", "ApiProduct {product} does not exist", "I", "admin §3.4")
PRODUCT_EXISTS = _kms(409, "apiproduct_already_exists", "ApiProduct {product} already exists", "I", "admin §3.4")
PRODUCT_IN_USE = _kms(
    409, "apiproduct_in_use", "ApiProduct {product} is associated with an app and cannot be deleted", "I", "admin §3.4"
)

PROXY_UNKNOWN = _row(
    404,
    "messaging.config.beans.ApplicationDoesNotExist",
    "APIProxy named {proxy} does not exist in organization {org}",
    "I",
    "admin §3.5",
)
REVISION_UNKNOWN = _row(
    404,
    "messaging.config.beans.ApplicationRevisionDoesNotExist",
    "APIProxy revision {revision} of {proxy} does not exist in organization {org}",
    "I",
    "admin §3.5",
)

ENVIRONMENT_UNKNOWN = _row(
    404,
    "messaging.config.beans.EnvironmentDoesNotExist",
    "APIProxy {proxy} is not deployed in environment {environment}",
    "I",
    "admin §3.6",
)
DEBUG_SESSION_UNKNOWN = _row(
    404, "distribution.DebugSessionNotFound", "DebugSession {session} not found", "I", "admin §3.6"
)
TRANSACTION_UNKNOWN = _row(
    404, "distribution.MessageNotFound", "Transaction {transaction} of {session} not found", "I", "admin §3.6"
)

TOKEN_UNKNOWN = _kms(404, "invalid_access_token", "Invalid Access Token", "I", "admin §3.7")
SEARCH_EMPTY = _kms(400, "parameters_missing", "Either enduser or app must be given", "I", "admin §3.7")

FAULT = _row(500, "rest.InternalServerError", "The mock itself failed", "I", "admin §3")
