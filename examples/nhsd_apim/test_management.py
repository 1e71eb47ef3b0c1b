"""The plugin's own clients of the management API: apps, keys, products, tokens and traces."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
import requests

Headers = Mapping[str, str]
Json = Mapping[str, Any]

DEVELOPER = "apm-testing-internal-dev@nhs.net"
PRODUCT = "mock-jwks-internal-dev"


@pytest.fixture
def app(developer_apps_api: Any) -> Iterator[Json]:
    """An app of this test alone."""
    body = {
        "name": f"apim-auto-{uuid4()}",
        "callbackUrl": "https://google.com/callback",
        "attributes": [
            {"name": "jwks-resource-url", "value": "https://internal-dev.api.service.nhs.uk/mock-jwks/e30="}
        ],
    }
    made = developer_apps_api.create_app(email=DEVELOPER, body=body)
    yield made
    if made["name"] in developer_apps_api.list_apps(email=DEVELOPER):
        developer_apps_api.delete_app_by_name(email=DEVELOPER, app_name=made["name"])


@pytest.fixture
def product(products_api: Any) -> Iterator[Json]:
    """A product of this test alone."""
    made = products_api.post_products(
        body={
            "name": f"apim-auto-{uuid4()}",
            "displayName": "Made by a test",
            "environments": ["internal-dev"],
            "proxies": [PRODUCT],
            "scopes": ["urn:nhsd:apim:app:level3:mock-jwks"],
            "apiResources": ["/"],
            "approvalType": "auto",
            "attributes": [{"name": "access", "value": "public"}],
            "quota": "300",
            "quotaInterval": "1",
            "quotaTimeUnit": "minute",
        }
    )
    yield made
    products_api.delete_product_by_name(product_name=made["name"])


def test_the_session_has_an_app_of_its_own(nhsd_apim_test_app: Callable[[], Json], jwt_public_key_url: str) -> None:
    found = nhsd_apim_test_app()

    assert {"name": "jwks-resource-url", "value": jwt_public_key_url} in found["attributes"]
    assert found["callbackUrl"] == "https://google.com/callback"


def test_a_public_key_is_hosted_in_its_own_path(jwt_public_key: Json, jwt_public_key_url: str) -> None:
    assert requests.get(jwt_public_key_url, timeout=30).json() == jwt_public_key


def test_an_app_is_made_changed_and_removed(developer_apps_api: Any, app: Json) -> None:
    named = {"email": DEVELOPER, "app_name": app["name"]}
    changed = developer_apps_api.put_app_by_name(**named, body={**app, "callbackUrl": "https://app.example/callback"})
    again = developer_apps_api.post_app_by_name(**named, body={**changed, "apiProducts": [PRODUCT]})

    assert developer_apps_api.get_app_by_name(**named)["callbackUrl"] == "https://app.example/callback"
    assert [len(each["credentials"]) for each in (app, changed, again)] == [1, 1, 2]
    assert developer_apps_api.delete_app_by_name(**named)["appId"] == app["appId"]
    with pytest.raises(Exception, match="404"):
        developer_apps_api.get_app_by_name(**named)


def test_attributes_of_an_app_are_replaced_set_and_removed(developer_apps_api: Any, app: Json) -> None:
    named = {"email": DEVELOPER, "app_name": app["name"]}
    colour = {"name": "colour", "value": "blue"}
    developer_apps_api.post_app_attributes(**named, body={"attribute": [colour]})
    developer_apps_api.post_app_attribute_by_name(**named, attribute_name="size", body={"value": "4"})
    developer_apps_api.delete_app_attribute_by_name(**named, attribute_name="colour")

    assert developer_apps_api.get_app_attributes(**named) == {"attribute": [{"name": "size", "value": "4"}]}
    assert developer_apps_api.get_app_attribute_by_name(**named, attribute_name="size")["value"] == "4"


def test_a_key_is_made_judged_and_removed(developer_app_keys_api: Any, app: Json, product: Json) -> None:
    named, key = {"email": DEVELOPER, "app_name": app["name"]}, f"key-{uuid4()}"
    keys = developer_app_keys_api
    made = keys.create_app_key(**named, body={"consumerKey": key, "consumerSecret": "its-secret"})
    bound = keys.post_app_key(**named, key=key, body={"apiProducts": [product["name"]], "attributes": []})
    scoped = keys.put_app_key(**named, key=key, body={"scopes": product["scopes"]})
    revoked = keys.post_app_key(**named, key=key, body=None, action="revoke")
    keys.post_product_app_key_association(**named, key=key, apiproduct_name=product["name"], action="revoke")
    seen = keys.get_app_key(**named, key=key)
    bare = keys.delete_product_app_key_association(**named, app_key=key, apiproduct_name=product["name"])
    keys.delete_app_key(**named, app_key=key)

    assert made["consumerSecret"] == "its-secret"
    assert bound["apiProducts"] == [{"apiproduct": product["name"], "status": "approved"}]
    assert scoped["scopes"] == product["scopes"]
    assert revoked.status_code == 204
    assert (seen["status"], seen["apiProducts"][0]["status"]) == ("revoked", "revoked")
    assert bare["apiProducts"] == []
    with pytest.raises(Exception, match="404"):
        keys.get_app_key(**named, key=key)


def test_a_product_is_found_changed_and_described(products_api: Any, product: Json) -> None:
    name, whole = product["name"], products_api.get_products(expand="true")["apiProduct"]
    changed = products_api.put_product_by_name(product_name=name, body={**product, "scopes": []})
    products_api.post_product_attribute_by_name(product_name=name, attribute_name="size", body={"value": "4"})
    attributes = products_api.get_product_attributes(product_name=name)["attribute"]

    assert product in whole
    assert (changed["scopes"], products_api.get_product_by_name(product_name=name)["quota"]) == ([], "300")
    assert {each["name"]: each["value"] for each in attributes} == {"access": "public", "size": "4"}


@pytest.mark.nhsd_apim_authorization(access="healthcare_worker", level="aal3", login_form={"username": "656005750104"})
def test_a_token_shows_its_owner(_nhsd_apim_auth_token_data: Mapping[str, str], access_token_api: Any) -> None:
    details = access_token_api.get_token_details(access_token=_nhsd_apim_auth_token_data["access_token"])
    attributes = {each["name"]: each["value"] for each in details["attributes"]}

    assert "urn:nhsd:apim:user-nhs-cis2:aal3:mock-jwks" in details["scope"].split()
    assert {name: value for name, value in attributes.items() if name.startswith("auth_")} == {
        "auth_type": "user",
        "auth_grant_type": "authorization_code",
        "auth_level": "aal3",
        "auth_provider": "apim-mock-nhs-cis2",
        "auth_user_id": "656005750104",
    }


@pytest.mark.nhsd_apim_authorization(access="application", level="level3", force_new_token=True)
def test_a_token_is_revoked_and_deleted(
    nhsd_apim_proxy_url: str, nhsd_apim_auth_headers: Headers, access_token_api: Any
) -> None:
    token, url = nhsd_apim_auth_headers["Authorization"].split()[1], f"{nhsd_apim_proxy_url}/test-auth/app/level3"
    before = requests.get(url, headers=nhsd_apim_auth_headers, timeout=30).status_code
    access_token_api.post_token_details(access_token=token, body=None, action="revoke")
    revoked = requests.get(url, headers=nhsd_apim_auth_headers, timeout=30)
    access_token_api.delete_token(access_token=token)
    deleted = requests.get(url, headers=nhsd_apim_auth_headers, timeout=30)

    assert (before, revoked.status_code, deleted.status_code) == (200, 401, 401)
    assert revoked.json()["fault"]["detail"]["errorcode"].endswith("access_token_not_approved")
    assert deleted.json()["fault"]["detail"]["errorcode"].endswith("invalid_access_token")


def test_a_trace_shows_what_a_proxy_did(nhsd_apim_proxy_url: str, trace: Any) -> None:
    name, mark = f"session-{uuid4()}", str(uuid4())
    trace.post_debugsession(session=name, header_filters={"trace_id": mark})
    requests.get(f"{nhsd_apim_proxy_url}/_ping", headers={"trace_id": mark}, timeout=30)
    requests.get(f"{nhsd_apim_proxy_url}/_ping", timeout=30)
    [transaction] = trace.get_transaction_data(session_name=name)
    data = trace.get_transaction_data_by_id(session_name=name, transaction_id=transaction)

    assert trace.get_apigee_variable_from_trace(name="message.status.code", data=data) == "200"
    assert name in trace.get_debugsessions()
    trace.delete_debugsession_by_name(session_name=name)
    assert name not in trace.get_debugsessions()


@pytest.mark.nhsd_apim_authorization(access="application", level="level3", force_new_token=True)
def test_a_revoked_key_closes_the_api_and_the_token_service(
    nhsd_apim_test_app: Callable[[], Json],
    nhsd_apim_proxy_url: str,
    nhsd_apim_auth_headers: Headers,
    developer_app_keys_api: Any,
    access_token_api: Any,
) -> None:
    app, url = nhsd_apim_test_app(), f"{nhsd_apim_proxy_url}/test-auth/app/level3"
    token = access_token_api.get_token_details(access_token=nhsd_apim_auth_headers["Authorization"].split()[1])
    named = {"email": DEVELOPER, "app_name": app["name"], "key": token["clientId"]}
    developer_app_keys_api.post_app_key(**named, body=None, action="revoke")
    closed = requests.get(url, headers=nhsd_apim_auth_headers, timeout=30).status_code
    developer_app_keys_api.post_app_key(**named, body=None, action="approve")

    assert (closed, requests.get(url, headers=nhsd_apim_auth_headers, timeout=30).status_code) == (401, 200)
