"""Every refusal of the management API: status, code, message, evidence. `{…}` is replaced by what the request named.

The form of the body and most statuses are documented (D); where code or message are ours, the row is a guess (I).
"""

from __future__ import annotations

from typing import Final

from mock_servers.rules import Evidence, ServiceError

_GUESS: Final = "We have not seen the real service's answer to this."


def _row(status: int, code: str, message: str, evidence: Evidence, row: str, *, cause: str, cure: str) -> ServiceError:
    return ServiceError(
        status=status,
        code=code,
        sentence=message,
        evidence=evidence,
        row=row,
        shape="management",
        cause=cause,
        cure=cure,
    )


def _kms(status: int, code: str, message: str, evidence: Evidence, row: str, *, cause: str, cure: str) -> ServiceError:
    return _row(status, f"keymanagement.service.{code}", message, evidence, row, cause=cause, cure=cure)


BEARER_MISSING = _row(
    401,
    "security.util.Unauthorized",
    "Unauthorized",
    "I",
    "admin §2",
    cause="The call has no Authorization: Bearer, or an empty one: the log-in failed, or its token was not passed on.",
    cure="Log in first, and send its access_token with each call. " + _GUESS,
)
LOG_IN_CLIENT_WRONG = ServiceError(
    status=401,
    code="unauthorized",
    sentence="Bad credentials",
    evidence="I",
    row="admin §2",
    shape="log_in",
    cause="The log-in's Basic header does not hold the client id and secret of Apigee's own command line tools.",
    cure="Send the documented pair. " + _GUESS,
)
LOG_IN_GRANT_UNSUPPORTED = ServiceError(
    status=400,
    code="unsupported_grant_type",
    sentence="Unsupported grant type: {grant_type}",
    evidence="I",
    row="admin §2",
    shape="log_in",
    cause="grant_type is neither password nor refresh_token.",
    cure="Log in by one of the two. " + _GUESS,
)
LOG_IN_PERSON_MISSING = ServiceError(
    status=401,
    code="unauthorized",
    sentence="Bad credentials",
    evidence="I",
    row="admin §2",
    shape="log_in",
    cause="username, password or refresh_token is missing or empty: a setting was not filled in.",
    cure="Fill it in; this mock takes any. " + _GUESS,
)
LOG_IN_ELSEWHERE = ServiceError(
    status=404,
    code="not_found",
    sentence="There is nothing at {path}",
    evidence="I",
    row="admin §2",
    shape="log_in",
    cause="The log-in has no such path.",
    cure="POST to /oauth/token. " + _GUESS,
)
ORGANIZATION_UNKNOWN = _row(
    404,
    "organizations.OrganizationDoesNotExist",
    "Organization {org} does not exist",
    "I",
    "admin §2",
    cause="The organisation in the path is misspelt, or the path has none.",
    cure="Use an organisation that is played here. " + _GUESS,
)
PATH_UNKNOWN = _row(
    404,
    "rest.ResourceNotFound",
    "No resource at {path}",
    "I",
    "admin §3",
    cause="The path is misspelt, or a call that this mock does not play.",
    cure="Compare the path with the documentation of Apigee's management API. " + _GUESS,
)
METHOD_NOT_ALLOWED = _row(
    405,
    "rest.MethodNotAllowed",
    "Method {method} is not allowed at {path}",
    "I",
    "admin §3",
    cause="The path is right, and the method is not.",
    cure="Use a method it has. " + _GUESS,
)
BODY_TOO_LARGE = _row(
    413,
    "rest.PayloadTooLarge",
    "Request body too large",
    "I",
    "admin §3",
    cause="The body has more than 1 MiB.",
    cure="Send one entity at a time. " + _GUESS,
)
BODY_MALFORMED = _row(
    400,
    "rest.MalformedRequestBody",
    "Malformed request body: {problem}",
    "I",
    "admin §3",
    cause="The body is not the JSON, or the form, that the call takes, or a member of it is not as it must be.",
    cure="The message names the member. " + _GUESS,
)
QUERY_MALFORMED = _row(
    400,
    "rest.InvalidQueryParameter",
    "Invalid query parameter: {problem}",
    "I",
    "admin §3",
    cause="A query parameter is not as it must be.",
    cure="The message names the parameter. " + _GUESS,
)

APP_UNKNOWN = _row(
    404,
    "developer.service.AppDoesNotExist",
    "App {app} of developer {developer} does not exist",
    "I",
    "admin §3.2",
    cause="The app was deleted, by an earlier test perhaps, or is another developer's, or its name is misspelt.",
    cure="Create it first, or list the developer's apps.",
)
APP_ID_UNKNOWN = _row(
    404,
    "developer.service.AppDoesNotExist",
    "App with id {app} does not exist",
    "I",
    "admin §3.2",
    cause="The id is a name, a key, or of an app that was deleted.",
    cure="Take appId of the app. " + _GUESS,
)
APP_EXISTS = _row(
    409,
    "developer.service.AppAlreadyExists",
    "App {app} of developer {developer} already exists",
    "I",
    "admin §3.2",
    cause="The app is left over from an earlier run.",
    cure="Delete it, or choose a name that is free. " + _GUESS,
)
APP_CHANGED = _row(
    409,
    "developer.service.AppModified",
    "App {app} of developer {developer} was changed meanwhile",
    "I",
    "admin §3.2",
    cause="Another call has changed the app at the same moment.",
    cure="Read it again. " + _GUESS,
)
ACTION_UNKNOWN = _row(
    400,
    "rest.InvalidAction",
    "Invalid action {action}: must be approve or revoke",
    "I",
    "admin §3.2",
    cause="action is neither approve nor revoke.",
    cure="Send one of the two. " + _GUESS,
)
ATTRIBUTE_UNKNOWN = _kms(
    404,
    "attribute_doesnot_exist",
    "Attribute with name {attribute} does not exist",
    "I",
    "admin §3.2",
    cause="There is no attribute of this name.",
    cure="Set it first; case counts.",
)

KEY_UNKNOWN = _kms(
    404,
    "consumer_key_doesnot_exist",
    "Consumer key {key} does not exist",
    "I",
    "admin §3.3",
    cause="The key was deleted, or is another app's.",
    cure="Take consumerKey of the app's credentials.",
)
KEY_EXISTS = _kms(
    409,
    "consumer_key_already_exists",
    "Consumer key {key} already exists",
    "I",
    "admin §3.3",
    cause="Another app has this key already.",
    cure="Let a key be made up. " + _GUESS,
)
KEY_SCOPES_INVALID = _kms(
    400,
    "InvalidScopes",
    "Invalid scopes. Scopes must be contained in [{allowed}]",
    "I",
    "admin §3.3",
    cause="The key is to have scopes that no product of it has.",
    cure="Give the product the scopes first. " + _GUESS,
)
PRODUCT_NOT_OF_KEY = _kms(
    404,
    "apiproduct_doesnot_exist_for_key",
    "ApiProduct {product} is not associated with key {key}",
    "I",
    "admin §3.3",
    cause="The key does not have this product.",
    cure="Add it to the key first. " + _GUESS,
)

PRODUCT_UNKNOWN = _kms(
    404,
    "apiproduct_doesnot_exist",
    "ApiProduct {product} does not exist",
    "I",
    "admin §3.4",
    cause="The product was deleted, or its name is misspelt.",
    cure="Create it first; case counts.",
)
PRODUCTS_UNKNOWN = _kms(
    400,
    "apiproduct_doesnot_exist",
    "ApiProduct {product} does not exist",
    "I",
    "admin §3.4",
    cause="A key is to have a product that there is not.",
    cure="Create the product first. " + _GUESS,
)
PRODUCT_EXISTS = _kms(
    409,
    "apiproduct_already_exists",
    "ApiProduct {product} already exists",
    "I",
    "admin §3.4",
    cause="The product is left over from an earlier run.",
    cure="Delete it first. " + _GUESS,
)
PRODUCT_IN_USE = _kms(
    409,
    "apiproduct_in_use",
    "ApiProduct {product} is associated with an app and cannot be deleted",
    "I",
    "admin §3.4",
    cause="An app still has the product.",
    cure="Take it away from every key first. " + _GUESS,
)

PROXY_UNKNOWN = _row(
    404,
    "messaging.config.beans.ApplicationDoesNotExist",
    "APIProxy named {proxy} does not exist in organization {org}",
    "I",
    "admin §3.5",
    cause="The proxy's name is misspelt, or the mock does not play this proxy.",
    cure="List the proxies. " + _GUESS,
)
REVISION_UNKNOWN = _row(
    404,
    "messaging.config.beans.ApplicationRevisionDoesNotExist",
    "APIProxy revision {revision} of {proxy} does not exist in organization {org}",
    "I",
    "admin §3.5",
    cause="The proxy has no such revision.",
    cure="Ask which is deployed. " + _GUESS,
)

ENVIRONMENT_UNKNOWN = _row(
    404,
    "messaging.config.beans.EnvironmentDoesNotExist",
    "APIProxy {proxy} is not deployed in environment {environment}",
    "I",
    "admin §3.6",
    cause="The proxy is not deployed in this environment, or its name is misspelt.",
    cure="Ask where it is deployed. " + _GUESS,
)
DEBUG_SESSION_UNKNOWN = _row(
    404,
    "distribution.DebugSessionNotFound",
    "DebugSession {session} not found",
    "I",
    "admin §3.6",
    cause="The session has ended, was deleted, or is another proxy's.",
    cure="Begin one right before the request. " + _GUESS,
)
TRANSACTION_UNKNOWN = _row(
    404,
    "distribution.MessageNotFound",
    "Transaction {transaction} of {session} not found",
    "I",
    "admin §3.6",
    cause="No request went through the proxy while the session was open, or another one has recorded it.",
    cure="List the session's transactions. " + _GUESS,
)

TOKEN_UNKNOWN = _kms(
    404,
    "invalid_access_token",
    "Invalid Access Token",
    "I",
    "admin §3.7",
    cause="The token is another environment's, was deleted, or is an id_token.",
    cure="Take the access_token of the token service's answer.",
)
SEARCH_EMPTY = _kms(
    400,
    "parameters_missing",
    "Either enduser or app must be given",
    "I",
    "admin §3.7",
    cause="Tokens were searched for without saying whose.",
    cure="Send enduser or app. " + _GUESS,
)

FAULT = _row(
    500,
    "rest.InternalServerError",
    "The mock itself failed",
    "I",
    "admin §3",
    cause="The mock itself failed.",
    cure="Look at its log. " + _GUESS,
)
