"""Each call of the management API, in the contract's order, and what is judged before it does anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from mock_servers.management import (
    access_token,
    attribute,
    caller,
    debug_session,
    developer_app,
    errors,
    key,
    page,
    product,
    proxy,
)
from mock_servers.management.service import Exchange
from mock_servers.rules import Flow, Policy, Rule, ServiceError, anything, rejects
from mock_servers.wire.request import Answer
from mock_servers.wire.routes import ANY, Routes, Row
from mock_servers.wire.wording import shown

_Respond = Callable[[Exchange], Answer]
_Rules = tuple[Rule[Exchange], ...]
_Policies = tuple[Policy[Exchange], ...]
_Flow = Flow[Exchange, Answer]
_Call = tuple[str, _Flow]
_VARIABLE: Final = re.compile(r"<\w+>")

AUTHENTICATE: Final[Policy[Exchange]] = Policy(
    name="Authenticate", rules=(caller.check_bearer, caller.check_organization)
)

APPS: Final = "/developers/<developer>/apps"
APP: Final = f"{APPS}/<app>"
KEY: Final = f"{APP}/keys/<key>"
SESSIONS: Final = "/environments/<environment>/apis/<proxy>/revisions/<revision>/debugsessions"
PRODUCTS: Final = "/apiproducts"
PRODUCT: Final = f"{PRODUCTS}/<product>"


def _call(
    method: str, path: str, rules: _Rules, respond: _Respond, *, action: bool | None = None, recorded: bool = True
) -> _Call:
    """Return the path of one call, as Flask writes it, and its flow; `action` is whether the query has one."""

    def takes(exchange: Exchange) -> bool:
        return action is None or action == ("action" in exchange.request.query)

    name = f"{method} {_VARIABLE.sub('*', path)}{'?action' if action else ''}"
    policies = (AUTHENTICATE, Policy(name=name, rules=rules))
    flow = Flow(name=name, row="admin §3", takes=takes, policies=policies, respond=respond, recorded=recorded)
    return path, flow


def _done(_: Exchange) -> Answer:
    return Answer(status=204)


def _attributes(
    path: str,
    find: Rule[Exchange],
    changed: Callable[[Callable[[Exchange, Any], Any]], Rule[Exchange]],
    held: tuple[attribute.Held, attribute.Held],
) -> tuple[_Call, ...]:
    """Make the calls about the attributes of an app or a product; `held` are those found, and those there are now."""
    found, now = held
    replace_all, set_one, remove_one = map(changed, (attribute.all_replaced, attribute.one_set, attribute.one_removed))
    one = attribute.found(found)
    return (
        _call("GET", path, (find,), attribute.answer_all(found)),
        _call("POST", path, (find, attribute.decode_all, replace_all), attribute.answer_all(now)),
        _call("GET", f"{path}/<attribute>", (find, one), attribute.answer_one(found)),
        _call("POST", f"{path}/<attribute>", (find, attribute.decode_one, set_one), attribute.answer_one(now)),
        _call("DELETE", f"{path}/<attribute>", (find, one, remove_one), attribute.answer_one(found)),
    )


def _apps() -> tuple[_Call, ...]:
    find, change = developer_app.find_app, (developer_app.decode_change, developer_app.check_products_known)
    new = (developer_app.decode_new, developer_app.check_products_known, developer_app.claim_app_name)
    by_id, remove = developer_app.find_app_by_id, developer_app.claim_app_removal
    replace, renew, judge = (
        developer_app.changed(each)
        for each in (developer_app.replaced, developer_app.with_new_key, developer_app.judged)
    )
    return (
        _call("GET", APPS, (page.check_count,), developer_app.answer_list),
        _call("POST", APPS, new, developer_app.answer_created),
        _call("GET", APP, (find,), developer_app.answer_found),
        _call("PUT", APP, (find, *change, replace), developer_app.answer_changed),
        _call("POST", APP, (find, key.check_action, judge), _done, action=True),
        _call("POST", APP, (find, *change, renew), developer_app.answer_changed, action=False),
        _call("DELETE", APP, (find, remove), developer_app.answer_found),
        *_attributes(
            f"{APP}/attributes",
            find,
            developer_app.changed,
            (lambda exchange: exchange.developer_app.attributes, lambda exchange: exchange.changed_app.attributes),
        ),
        _call("GET", "/apps/<app_id>", (by_id,), developer_app.answer_found),
        _call("DELETE", "/apps/<app_id>", (by_id, remove), developer_app.answer_found),
    )


def _keys() -> tuple[_Call, ...]:
    find = (developer_app.find_app, key.find_key)
    imported = (developer_app.find_app, key.decode_imported, key.check_key_free, key.claim_import)
    added = (*find, key.decode_added, developer_app.check_products_known, key.claim_products)
    scoped = (*find, key.decode_scopes, key.check_scopes_of_products, key.claim_scopes)
    of_product = (*find, key.find_product_of_key)
    return (
        _call("POST", f"{APP}/keys/create", imported, key.answer_imported),
        _call("GET", KEY, find, key.answer_found),
        _call("POST", KEY, (*find, key.check_action, key.claim_status), _done, action=True),
        _call("POST", KEY, added, key.answer_changed, action=False),
        _call("PUT", KEY, scoped, key.answer_changed),
        _call("DELETE", KEY, (*find, key.claim_removal), key.answer_found),
        _call("POST", f"{KEY}/apiproducts/<product>", (*of_product, key.check_action, key.claim_product_status), _done),
        _call("DELETE", f"{KEY}/apiproducts/<product>", (*of_product, key.claim_product_removal), key.answer_changed),
    )


def _products() -> tuple[_Call, ...]:
    find = product.find_product
    return (
        _call("GET", PRODUCTS, (page.check_count,), product.answer_list),
        _call("POST", PRODUCTS, (product.decode_new, product.claim_product_name), product.answer_created),
        _call("GET", PRODUCT, (find,), product.answer_found),
        _call("PUT", PRODUCT, (find, product.decode_change, product.changed(product.replaced)), product.answer_changed),
        _call("DELETE", PRODUCT, (find, product.claim_product_removal), product.answer_found),
        *_attributes(
            f"{PRODUCT}/attributes",
            find,
            product.changed,
            (lambda exchange: exchange.product.attributes, lambda exchange: exchange.changed_product.attributes),
        ),
    )


def _proxies() -> tuple[_Call, ...]:
    find = proxy.find_proxy
    return (
        _call("GET", "/apis/<proxy>/deployments", (find,), proxy.answer_deployments),
        _call("GET", "/apis/<proxy>/revisions/<revision>", (find, proxy.check_revision), proxy.answer_revision),
    )


def _debug_sessions() -> tuple[_Call, ...]:
    path = SESSIONS
    place, one = debug_session.PLACE, (*debug_session.PLACE, debug_session.find_session)
    record = (*one, debug_session.find_transaction)
    return (
        _call("GET", path, place, debug_session.answer_list),
        _call("POST", path, place, debug_session.start),
        _call("DELETE", f"{path}/<session>", one, debug_session.end),
        _call("GET", f"{path}/<session>/data", one, debug_session.answer_records),
        _call(
            "GET",
            f"{path}/<session>/data/<transaction>",
            record,
            debug_session.answer_record,
        ),
    )


def _access_tokens() -> tuple[_Call, ...]:
    """They leave no trace in the journal: the token is in the path."""
    find, answer, path = access_token.find_token, access_token.answer_token, "/oauth2/accesstokens/<token>"
    judge = (find, key.check_action, access_token.claim_status)
    change = (find, access_token.decode_change, access_token.claim_change)
    search = (access_token.check_search, access_token.check_app_of_search, page.check_count)
    return (
        _call("GET", path, (find,), answer, recorded=False),
        _call("POST", path, judge, answer, action=True, recorded=False),
        _call("POST", path, change, answer, action=False, recorded=False),
        _call("DELETE", path, (find, access_token.claim_removal), answer, recorded=False),
        _call("GET", "/oauth2/search", search, access_token.answer_search),
        _call("POST", "/oauth2/revoke", search, access_token.answer_revoked),
    )


_CALLS: Final[tuple[_Call, ...]] = (
    *_apps(),
    *_keys(),
    *_products(),
    *_proxies(),
    *_debug_sessions(),
    *_access_tokens(),
)
CALLS: Final = tuple(flow for _, flow in _CALLS)


@rejects(errors.BODY_TOO_LARGE)
def check_body_size(_: Exchange) -> str | None:
    """Before any call: a body beyond the limit is not read at all."""
    return "The body is larger than 1 MiB, which is all that this mock reads."


@rejects(errors.METHOD_NOT_ALLOWED)
def check_method(exchange: Exchange) -> str | None:
    """The path is one of a call with another method."""
    exchange.named |= {"method": exchange.request.method, "path": exchange.request.path}
    return f"{exchange.request.method} is no method of {shown(exchange.request.path)}."


@rejects(errors.PATH_UNKNOWN)
def check_path(exchange: Exchange) -> str | None:
    """No call has this path."""
    exchange.named |= {"method": exchange.request.method, "path": exchange.request.path}
    return f"{shown(exchange.request.path)} is no path of the management API that this mock plays."


def _refusal(name: str, policies: _Policies, takes: Callable[[Exchange], bool] = anything) -> _Flow:
    return Flow(name=name, row="admin §3", takes=takes, policies=policies)


FLOWS: Final[tuple[Flow[Exchange, Answer], ...]] = (
    _refusal(
        "body-too-large",
        (Policy(name="ReadBody", rules=(check_body_size,)),),
        lambda exchange: exchange.request.oversized,
    ),
    *CALLS,
    _refusal("no-such-method", (AUTHENTICATE, Policy(name="FindCall", rules=(check_method,)))),
    _refusal("no-such-call", (AUTHENTICATE, Policy(name="FindCall", rules=(check_path,)))),
)


def _table() -> dict[str, Row]:
    """Return by path and method the names of the calls there."""
    table: dict[str, dict[str, list[str]]] = {}
    for path, flow in _CALLS:
        method = flow.name.partition(" ")[0]
        row = table.setdefault(f"/<organization>{path}", {ANY: ["no-such-method"]})
        row.setdefault(method, []).append(flow.name)
    return dict(table)


ROUTES: Final = Routes(FLOWS, _table(), everywhere={ANY: ["body-too-large", "no-such-call"]})
"""Which calls each path has, below `/v1/organizations`."""


def render(row: ServiceError, exchange: Exchange, _: str) -> Answer:
    """Make Apigee's own error body of a row; its log-in has OAuth's."""
    message = row.sentence.format_map({"path": "", "problem": "", **exchange.named})
    if row.shape == "log_in":
        return Answer(status=row.status, body={"error": row.code, "error_description": message})
    return Answer(status=row.status, body={"code": row.code, "message": message, "contexts": []})
