"""Each path and method of the management API: its status and its whole body."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from werkzeug.test import TestResponse

from mock_servers.management.flows import CALLS

NOW_MS = 1_800_000_000_000
DEVELOPER = "tester@example.nhs.uk"
APPS = f"/developers/{DEVELOPER}/apps"
APP = f"{APPS}/my-app"
KEY = f"{APP}/keys/KEY"
JWKS_URL = "https://internal-dev.api.service.nhs.uk/mock-jwks/e30="
IDENTITY_SERVICE = "identity-service-mock-internal-dev"
CANARY = "canary-api-internal-dev"

ATTRIBUTE = {"name": "jwks-resource-url", "value": JWKS_URL}
OTHER = {"name": "colour", "value": "blue"}
FIRST_KEY = {
    "apiProducts": [],
    "attributes": [],
    "consumerKey": "FIRST",
    "consumerSecret": "SECRET",
    "expiresAt": -1,
    "issuedAt": NOW_MS,
    "scopes": [],
    "status": "approved",
}
PRODUCTS = [{"apiproduct": IDENTITY_SERVICE, "status": "approved"}]
BOUND_KEY = {**FIRST_KEY, "consumerKey": "KEY", "apiProducts": PRODUCTS}
NEW_KEY = {**FIRST_KEY, "consumerKey": "NEW"}
MY_APP = {
    "appId": "APP-ID",
    "attributes": [ATTRIBUTE],
    "callbackUrl": "https://google.com/callback",
    "createdAt": NOW_MS,
    "createdBy": DEVELOPER,
    "credentials": [FIRST_KEY, BOUND_KEY],
    "developerId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"mailto:{DEVELOPER}")),
    "lastModifiedAt": NOW_MS,
    "lastModifiedBy": DEVELOPER,
    "name": "my-app",
    "appFamily": "default",
    "scopes": [],
    "status": "approved",
}
CHANGE = {"name": "my-app", "callbackUrl": "https://app.example/", "attributes": [OTHER], "apiProducts": [CANARY]}
CHANGED_APP = {
    **MY_APP,
    "callbackUrl": "https://app.example/",
    "attributes": [OTHER],
    "credentials": [
        FIRST_KEY,
        BOUND_KEY,
        {**NEW_KEY, "apiProducts": [{"apiproduct": CANARY, "status": "approved"}]},
    ],
}
PRODUCT = {
    "name": "my-product",
    "displayName": "My product",
    "description": "What I sell",
    "proxies": [IDENTITY_SERVICE],
    "scopes": ["urn:nhsd:apim:app:level3:my-api"],
    "environments": ["internal-dev"],
    "apiResources": ["/"],
    "approvalType": "auto",
    "attributes": [{"name": "access", "value": "public"}],
    "quota": "300",
    "quotaInterval": "1",
    "quotaTimeUnit": "minute",
}
MY_PRODUCT = {
    **PRODUCT,
    "createdAt": NOW_MS,
    "createdBy": "admin",
    "lastModifiedAt": NOW_MS,
    "lastModifiedBy": "admin",
}
APIS = (
    "identity-service-mock",
    "identity-service",
    "mock-jwks",
    "canary-api",
    "hello-world",
    "my-api",
)
ENVIRONMENTS = (
    "internal-dev",
    "int",
    "sandbox",
    "dep-dev",
    "ref",
    "internal-dev-sandbox",
    "internal-qa",
    "internal-qa-sandbox",
    "prod",
)
SEEDS = [f"{api}-{each}" for each in ENVIRONMENTS for api in APIS if (api, each) != ("identity-service-mock", "prod")]

CASES: dict[str, tuple[Any, int, Any]] = {
    # what is sent, the status and the body, for each call by its name
    "GET /developers/*/apps": (None, 200, ["my-app"]),
    "POST /developers/*/apps": (
        {"name": "other"},
        201,
        {**MY_APP, "appId": "NEW", "name": "other", "callbackUrl": "", "attributes": [], "credentials": [NEW_KEY]},
    ),
    "GET /developers/*/apps/*": (None, 200, MY_APP),
    "PUT /developers/*/apps/*": (CHANGE, 200, CHANGED_APP),
    "POST /developers/*/apps/*?action": (None, 204, None),
    "POST /developers/*/apps/*": (CHANGE, 200, CHANGED_APP),
    "DELETE /developers/*/apps/*": (None, 200, MY_APP),
    "GET /developers/*/apps/*/attributes": (None, 200, {"attribute": [ATTRIBUTE]}),
    "POST /developers/*/apps/*/attributes": ({"attribute": [OTHER]}, 200, {"attribute": [OTHER]}),
    "GET /developers/*/apps/*/attributes/*": (None, 200, ATTRIBUTE),
    "POST /developers/*/apps/*/attributes/*": (
        {"value": "https://x.example/jwks"},
        200,
        {**ATTRIBUTE, "value": "https://x.example/jwks"},
    ),
    "DELETE /developers/*/apps/*/attributes/*": (None, 200, ATTRIBUTE),
    "GET /apps/*": (None, 200, MY_APP),
    "DELETE /apps/*": (None, 200, MY_APP),
    "POST /developers/*/apps/*/keys/create": (
        {"consumerKey": "mine", "consumerSecret": "mine-too"},
        201,
        {**FIRST_KEY, "consumerKey": "mine", "consumerSecret": "mine-too"},
    ),
    "GET /developers/*/apps/*/keys/*": (None, 200, BOUND_KEY),
    "POST /developers/*/apps/*/keys/*?action": (None, 204, None),
    "POST /developers/*/apps/*/keys/*": (
        {"apiProducts": ["canary-api-ref"], "attributes": [OTHER]},
        200,
        {
            **BOUND_KEY,
            "apiProducts": [*PRODUCTS, {"apiproduct": "canary-api-ref", "status": "approved"}],
            "attributes": [OTHER],
        },
    ),
    "PUT /developers/*/apps/*/keys/*": (
        {"scopes": ["urn:nhsd:apim:app:level3:identity-service"]},
        200,
        {**BOUND_KEY, "scopes": ["urn:nhsd:apim:app:level3:identity-service"]},
    ),
    "DELETE /developers/*/apps/*/keys/*": (None, 200, BOUND_KEY),
    "POST /developers/*/apps/*/keys/*/apiproducts/*": (None, 204, None),
    "DELETE /developers/*/apps/*/keys/*/apiproducts/*": (None, 200, {**BOUND_KEY, "apiProducts": []}),
    "GET /apiproducts": (None, 200, [*SEEDS, "my-product"]),
    "POST /apiproducts": ({**PRODUCT, "name": "another"}, 201, {**MY_PRODUCT, "name": "another"}),
    "GET /apiproducts/*": (None, 200, MY_PRODUCT),
    "PUT /apiproducts/*": (
        {"displayName": "Ours", "scopes": ["", None, "a:scope"], "quota": 5},
        200,
        {
            **{name: value for name, value in MY_PRODUCT.items() if name not in ("quotaInterval", "quotaTimeUnit")},
            "displayName": "Ours",
            "description": "",
            "proxies": [],
            "environments": [],
            "attributes": [],
            "scopes": ["a:scope"],
            "quota": "5",
        },
    ),
    "DELETE /apiproducts/*": (None, 200, MY_PRODUCT),
    "GET /apis/*/deployments": (
        None,
        200,
        {
            "environment": [{"name": "internal-dev", "revision": [{"name": "1", "state": "deployed"}]}],
            "name": "my-api-internal-dev",
            "organization": "nhsd-nonprod",
        },
    ),
    "GET /apis/*/revisions/*": (
        None,
        200,
        {"basepaths": ["my-api"], "name": "my-api-internal-dev", "revision": "1", "type": "Application"},
    ),
    "GET /apiproducts/*/attributes": (None, 200, {"attribute": PRODUCT["attributes"]}),
    "POST /apiproducts/*/attributes": ({"attribute": [OTHER]}, 200, {"attribute": [OTHER]}),
    "GET /apiproducts/*/attributes/*": (None, 200, {"name": "access", "value": "public"}),
    "POST /apiproducts/*/attributes/*": (
        {"name": "access", "value": "private"},
        200,
        {"name": "access", "value": "private"},
    ),
    "DELETE /apiproducts/*/attributes/*": (None, 200, {"name": "access", "value": "public"}),
}


class Known:
    """Names the values that are made up, so that whole bodies can be compared."""

    def __init__(self, app: Any, bound_key: str) -> None:
        self.app_id = app["appId"]
        self.key = bound_key
        self.names = {app["appId"]: "APP-ID", app["credentials"][0]["consumerKey"]: "FIRST", bound_key: "KEY"}

    def path(self, call: str) -> str:
        """The path of a call, its stars filled in."""
        path = call.split(" ")[1].partition("?")[0]
        product = path.replace("/apiproducts/*/attributes/*", "/apiproducts/my-product/attributes/access")
        product = product.replace(
            "/apiproducts/*",
            "/apiproducts/my-product" if path.startswith("/apip") else f"/apiproducts/{IDENTITY_SERVICE}",
        )
        return (
            product.replace("/apis/*", "/apis/my-api-internal-dev")
            .replace("/revisions/*", "/revisions/1")
            .replace("/developers/*/apps/*/keys/*", f"{APP}/keys/{self.key}")
            .replace("/developers/*/apps/*/attributes/*", f"{APP}/attributes/jwks-resource-url")
            .replace("/developers/*/apps/*", APP)
            .replace("/developers/*/apps", APPS)
            .replace("/apps/*", f"/apps/{self.app_id}")
        )

    def tidy(self, body: Any) -> Any:
        """The body with made-up values named; secrets must be as long as the real ones."""
        if isinstance(body, list):
            return [self.tidy(each) for each in body]
        if not isinstance(body, dict):
            return body
        return {name: self._named(name, value) for name, value in body.items()}

    def _named(self, name: str, value: Any) -> Any:
        if name == "consumerSecret" and value != "mine-too":
            assert len(value) == 16
            return "SECRET"
        if name in ("consumerKey", "appId") and value != "mine":
            assert len(value) in (32, 36)
            return self.names.get(value, "NEW")
        return self.tidy(value)


def test_every_call_has_a_case() -> None:
    elsewhere = ("/oauth2/", "/environments/")  # test_access_tokens.py, test_debug_sessions.py
    names = [flow.name for flow in CALLS if not flow.name.split(" ")[1].startswith(elsewhere)]

    assert sorted(CASES) == sorted(names)
    assert len(CALLS) - len(names) == 11


@pytest.mark.parametrize("call", CASES)
def test_a_call_answers_with_its_status_and_its_whole_body(
    management: Any, made_app: Any, bound_key: str, call: str
) -> None:
    management.make("/apiproducts", PRODUCT)
    known, (sent, status, body) = Known(made_app, bound_key), CASES[call]
    acts = "?action" in call or call.startswith("POST /developers/*/apps/*/keys/*/apiproducts")

    answer: TestResponse = management(
        call.split(" ", maxsplit=1)[0], known.path(call), json=sent, query_string={"action": "revoke"} if acts else None
    )

    reported = known.tidy(answer.get_json()) if answer.data else None
    assert (answer.status_code, reported) == (status, body)
    assert answer.content_type == "application/json"


def test_apps_are_listed_whole_when_asked_so(management: Any, made_app: Any) -> None:
    assert management.get(APPS, expand="true") == {"app": [made_app]}


@pytest.mark.parametrize("word", ["true", "True"])
def test_products_are_listed_whole_when_asked_so(management: Any, word: str) -> None:
    whole = management.get("/apiproducts", expand=word)

    assert list(whole) == ["apiProduct"]
    assert [product["name"] for product in whole["apiProduct"]] == SEEDS
    assert whole["apiProduct"][0] == management.get(f"/apiproducts/{IDENTITY_SERVICE}")


def test_the_identity_service_stands_before_the_canary(management: Any) -> None:
    """Clients take the first product that holds the proxy, and only this one has all the scopes."""
    holding = [
        product
        for product in management.get("/apiproducts", expand="true")["apiProduct"]
        if IDENTITY_SERVICE in product["proxies"]
    ]

    assert [product["name"] for product in holding] == [
        IDENTITY_SERVICE,
        "mock-jwks-internal-dev",
        CANARY,
        "hello-world-internal-dev",
        "my-api-internal-dev",
    ]
    assert holding[0]["scopes"] == [
        "urn:nhsd:apim:app:level3:identity-service",
        *(f"urn:nhsd:apim:user-nhs-cis2:aal{level}:identity-service" for level in (1, 2, 3)),
        *(f"urn:nhsd:apim:user-nhs-login:P{level}:identity-service" for level in (0, 5, 9)),
    ]


def test_a_page_holds_a_thousand_products_and_the_next_begins_with_its_last(management: Any) -> None:
    for number in range(1000 - len(SEEDS)):
        management.make("/apiproducts", {"name": f"p{number:04}", "scopes": []})
    exactly = management.get("/apiproducts", expand="true")["apiProduct"]
    management.make("/apiproducts", {"name": "last", "scopes": []})

    first = management.get("/apiproducts", expand="true")["apiProduct"]
    second = management.get("/apiproducts", expand="true", startKey=first[-1]["name"])["apiProduct"]

    assert (len(exactly), len(first)) == (1000, 1000)
    assert [product["name"] for product in second] == [first[-1]["name"], "last"]


def test_a_page_holds_a_hundred_apps(management: Any) -> None:
    for number in range(101):
        management.make(APPS, {"name": f"app-{number}"})

    first = management.get(APPS)

    assert (len(first), management.get(APPS, startKey=first[-1])) == (100, ["app-99", "app-100"])
    assert management.get(APPS, count="2", startKey="app-7") == ["app-7", "app-8"]


def test_a_doubled_slash_makes_no_difference(management: Any, made_app: Any) -> None:
    assert management.get(f"/{APP}".replace("/apps", "//apps")) == made_app


def test_any_organisation_that_there_is_will_do(http: Any, made_app: Any) -> None:
    answer = http.get(f"/v1/organizations/nhsd-prod{APP}", headers={"Authorization": "Bearer anything"})

    assert (answer.status_code, answer.get_json()) == (200, made_app)


def test_names_with_blanks_and_slashes_are_found(management: Any) -> None:
    made = management.make(APPS, {"name": "a b/c%"})

    assert management.get(f"{APPS}/a%20b%2Fc%25") == made


@pytest.mark.parametrize(
    ("name", "base_path", "environment"),
    [
        ("identity-service-internal-dev", "oauth2", "internal-dev"),
        ("identity-service-mock-internal-dev", "oauth2-mock", "internal-dev"),
        ("identity-service-mock-internal-qa", "oauth2-mock", "internal-qa"),
        ("identity-service-dep-dev", "oauth2", "dev"),
        ("mock-jwks-internal-qa", "mock-jwks", "internal-qa"),
        ("canary-api-ref", "canary-api", "ref"),
        ("hello-world-int", "hello-world", "int"),
    ],
)
def test_a_proxy_is_deployed_once_below_a_path_without_a_slash(
    management: Any, name: str, base_path: str, environment: str
) -> None:
    [deployment] = management.get(f"/apis/{name}/deployments")["environment"]
    revision = management.get(f"/apis/{name}/revisions/{deployment['revision'][0]['name']}")

    assert (deployment["name"], revision["basepaths"], revision["name"]) == (environment, [base_path], name)
