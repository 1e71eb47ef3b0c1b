"""What the management API refuses: Apigee's own body, the right status, and nothing half-done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.mock import Mock

APPS = "/developers/tester@example.nhs.uk/apps"
APP = f"{APPS}/my-app"
NO_APP = (404, "developer.service.AppDoesNotExist", "App nobody of developer tester@example.nhs.uk does not exist")
NO_KEY = (404, "keymanagement.service.consumer_key_doesnot_exist", "Consumer key nothing does not exist")
NO_PRODUCT = (404, "keymanagement.service.apiproduct_doesnot_exist", "ApiProduct nothing does not exist")
NO_ATTRIBUTE = (404, "keymanagement.service.attribute_doesnot_exist", "Attribute with name nothing does not exist")
NO_PROXY = "APIProxy named mock-jwks does not exist in organization nhsd-nonprod"
MALFORMED = "rest.MalformedRequestBody"


def refusal(answer: TestResponse) -> tuple[int, str, str]:
    """Status, code and message of an error, whose body must be Apigee's to the member."""
    body = answer.get_json()
    assert list(body) == ["code", "message", "contexts"]
    assert body["contexts"] == []
    return answer.status_code, body["code"], body["message"]


NO_OBJECTS: tuple[object, ...] = (None, [], "text", 3)


def malformed(problem: str) -> tuple[int, str, str]:
    return 400, MALFORMED, f"Malformed request body: {problem}"


@pytest.fixture
def content(platform: Mock, made_app: Any) -> Any:  # noqa: ARG001 - as it is when the app is there
    """All that is stored, to see that a refusal changes nothing."""
    return platform.store.snapshot()


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        *(
            (method, f"{APPS}/nobody{rest}", NO_APP)
            for method, rest in (
                ("GET", ""),
                ("PUT", ""),
                ("POST", ""),
                ("POST", "?action=revoke"),
                ("DELETE", ""),
                ("GET", "/attributes"),
                ("POST", "/attributes"),
                ("GET", "/attributes/x"),
                ("POST", "/attributes/x"),
                ("DELETE", "/attributes/x"),
                ("POST", "/keys/create"),
                ("GET", "/keys/x"),
                ("POST", "/keys/x"),
                ("POST", "/keys/x?action=revoke"),
                ("PUT", "/keys/x"),
                ("DELETE", "/keys/x"),
                ("POST", "/keys/x/apiproducts/y?action=revoke"),
                ("DELETE", "/keys/x/apiproducts/y"),
            )
        ),
        *(
            (method, f"{APP}/keys/nothing{rest}", NO_KEY)
            for method, rest in (
                ("GET", ""),
                ("POST", ""),
                ("POST", "?action=approve"),
                ("PUT", ""),
                ("DELETE", ""),
                ("POST", "/apiproducts/y?action=approve"),
                ("DELETE", "/apiproducts/y"),
            )
        ),
        *(
            (method, f"/apiproducts/nothing{rest}", NO_PRODUCT)
            for method, rest in (
                ("GET", ""),
                ("PUT", ""),
                ("DELETE", ""),
                ("GET", "/attributes"),
                ("POST", "/attributes"),
                ("GET", "/attributes/x"),
                ("POST", "/attributes/x"),
                ("DELETE", "/attributes/x"),
            )
        ),
        *((method, f"{APP}/attributes/nothing", NO_ATTRIBUTE) for method in ("GET", "DELETE")),
        *(
            (method, "/apiproducts/canary-api-internal-dev/attributes/nothing", NO_ATTRIBUTE)
            for method in ("GET", "DELETE")
        ),
        *(
            (method, "/apps/nothing", (404, "developer.service.AppDoesNotExist", "App with id nothing does not exist"))
            for method in ("GET", "DELETE")
        ),
        *(
            ("GET", path, (404, "messaging.config.beans.ApplicationDoesNotExist", NO_PROXY))
            for path in ("/apis/mock-jwks/deployments", "/apis/mock-jwks/revisions/1")
        ),
        (
            "GET",
            "/apis/mock-jwks-internal-dev/revisions/2",
            (
                404,
                "messaging.config.beans.ApplicationRevisionDoesNotExist",
                "APIProxy revision 2 of mock-jwks-internal-dev does not exist in organization nhsd-nonprod",
            ),
        ),
    ],
)
def test_what_is_not_there_is_not_found(
    management: Any, platform: Mock, content: Any, method: str, path: str, expected: tuple[int, str, str]
) -> None:
    answer = management(method, path, json={})

    assert refusal(answer) == expected
    assert platform.store.snapshot() == content


@pytest.mark.parametrize("developer", ["somebody.else@example.nhs.uk", "tester@example.nhs.uk2"])
def test_an_app_is_its_developers_alone(management: Any, content: Any, developer: str) -> None:  # noqa: ARG001 - the app is there
    answer = management("GET", f"/developers/{developer}/apps/my-app")

    assert refusal(answer)[:2] == (404, "developer.service.AppDoesNotExist")
    assert management.get(f"/developers/{developer}/apps") == []


@pytest.mark.parametrize(
    ("path", "sent", "expected"),
    [
        (
            APPS,
            {"name": "my-app"},
            (
                409,
                "developer.service.AppAlreadyExists",
                "App my-app of developer tester@example.nhs.uk already exists",
            ),
        ),
        (
            "/apiproducts",
            {"name": "canary-api-internal-dev"},
            (
                409,
                "keymanagement.service.apiproduct_already_exists",
                "ApiProduct canary-api-internal-dev already exists",
            ),
        ),
        (
            f"{APP}/keys/create",
            {"consumerKey": "nhsauth-app", "consumerSecret": "x"},
            (409, "keymanagement.service.consumer_key_already_exists", "Consumer key nhsauth-app already exists"),
        ),
        (
            APPS,
            {"name": "another", "apiProducts": ["hello-world-internal-dev", "nothing"]},
            (400, "keymanagement.service.apiproduct_doesnot_exist", "ApiProduct nothing does not exist"),
        ),
        (
            APP,
            {"name": "my-app", "apiProducts": ["nothing"]},
            (400, "keymanagement.service.apiproduct_doesnot_exist", "ApiProduct nothing does not exist"),
        ),
        (APPS, {}, malformed("name is missing")),
        (APPS, {"name": None}, malformed("name is missing")),
        (APPS, {"name": " "}, malformed("name must be a string that is not empty")),
        (APPS, {"name": 7}, malformed("name must be a string that is not empty")),
        (APPS, {"name": "x", "callbackUrl": ["https://x"]}, malformed("callbackUrl must be a string")),
        (APPS, {"name": "x", "apiProducts": "hello"}, malformed("apiProducts must be a list of strings")),
        (APPS, {"name": "x", "status": "pending"}, malformed("status must be approved or revoked")),
        (APPS, {"name": "x", "keyExpiresIn": "1"}, malformed("keyExpiresIn must be a number of milliseconds, or -1")),
        *(
            (
                APPS,
                {"name": "x", "attributes": attributes},
                malformed("attributes must be a list of objects with a name and a value, both strings"),
            )
            for attributes in ({"a": "b"}, ["a"], [{"name": "a"}], [{"name": "a", "value": 1}])
        ),
        *((APPS, sent, malformed("it must be a JSON object")) for sent in NO_OBJECTS),
        (f"{APP}/keys/create", {"consumerKey": "x"}, malformed("consumerSecret is missing")),
        (
            f"{APP}/keys/create",
            {"consumerKey": "ü", "consumerSecret": "x"},
            malformed("consumerKey must be a string of at most 2048 letters, digits, hyphens and underscores"),
        ),
        (f"{APP}/attributes", {}, malformed("attribute is missing")),
        (f"{APP}/attributes/colour", {"value": None}, malformed("value is missing")),
        ("/apiproducts", {"name": "x", "approvalType": "never"}, malformed("approvalType must be auto or manual")),
        ("/apiproducts", {"name": "x", "quota": []}, malformed("quota must be a number or a string")),
    ],
)
def test_a_body_that_does_not_do_changes_nothing(
    management: Any, platform: Mock, content: Any, path: str, sent: Any, expected: tuple[int, str, str]
) -> None:
    answer = management("POST", path, json=sent)

    assert refusal(answer) == expected
    assert platform.store.snapshot() == content


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 100_000, b'{"name": "x"'])
def test_a_body_that_is_not_json_object_is_refused(management: Any, raw: bytes) -> None:
    assert refusal(management("POST", APPS, data=raw)) == malformed("it must be a JSON object")


def test_a_body_beyond_a_mebibyte_is_not_read(management: Any) -> None:
    answer = management("POST", APPS, data=b" " * (2 << 20))

    assert refusal(answer) == (413, "rest.PayloadTooLarge", "Request body too large")


def test_an_action_needs_no_body_and_takes_null(management: Any, bound_key: str) -> None:
    answers = [
        management("POST", path, json=None, query_string={"action": "approve"})
        for path in (APP, f"{APP}/keys/{bound_key}")
    ]

    assert [(answer.status_code, answer.data) for answer in answers] == [(204, b""), (204, b"")]


@pytest.mark.parametrize("rest", ["", "/keys/KEY", "/keys/KEY/apiproducts/identity-service-mock-internal-dev"])
def test_an_action_is_approve_or_revoke(management: Any, bound_key: str, rest: str) -> None:
    path = f"{APP}{rest}".replace("KEY", bound_key)

    answer = management("POST", path, query_string={"action": "delete"})

    assert refusal(answer) == (400, "rest.InvalidAction", "Invalid action delete: must be approve or revoke")


def test_a_key_takes_the_scopes_of_its_products_alone(management: Any, bound_key: str) -> None:
    answer = management("PUT", f"{APP}/keys/{bound_key}", json={"scopes": ["urn:nhsd:apim:app:level3:elsewhere"]})

    status, code, message = refusal(answer)
    assert (status, code) == (400, "keymanagement.service.InvalidScopes")
    assert message.startswith("Invalid scopes. Scopes must be contained in [urn:nhsd:apim:app:level3:identity-service,")


def test_a_product_that_a_key_does_not_have_is_not_found_there(management: Any, bound_key: str) -> None:
    answer = management("DELETE", f"{APP}/keys/{bound_key}/apiproducts/canary-api-internal-dev")

    assert refusal(answer) == (
        404,
        "keymanagement.service.apiproduct_doesnot_exist_for_key",
        f"ApiProduct canary-api-internal-dev is not associated with key {bound_key}",
    )


def test_a_product_in_use_stays(management: Any, bound_key: str) -> None:  # noqa: ARG001 - which has the product
    answer = management("DELETE", "/apiproducts/identity-service-mock-internal-dev")

    assert refusal(answer) == (
        409,
        "keymanagement.service.apiproduct_in_use",
        "ApiProduct identity-service-mock-internal-dev is associated with an app and cannot be deleted",
    )
    assert management("GET", "/apiproducts/identity-service-mock-internal-dev").status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic eA=="}, {"Authorization": "Bearer "}])
def test_a_call_without_a_bearer_is_refused(http: Client, headers: dict[str, str]) -> None:
    answer = http.get(f"/v1/organizations/nhsd-nonprod{APPS}", headers=headers)

    assert refusal(answer) == (401, "security.util.Unauthorized", "Unauthorized")


@pytest.mark.parametrize("bearer", ["not-a-jwt", "a.b.c", "ü"])
def test_any_bearer_will_do(http: Client, bearer: str) -> None:
    headers = {"Authorization": f"Bearer {bearer}"}

    assert http.get(f"/v1/organizations/nhsd-nonprod{APPS}", headers=headers).status_code == 200


def test_an_organisation_that_is_none_is_not_found(http: Client) -> None:
    answer = http.get(f"/v1/organizations/nhsd{APPS}", headers={"Authorization": "Bearer x"})

    assert refusal(answer) == (404, "organizations.OrganizationDoesNotExist", "Organization nhsd does not exist")


def test_a_path_that_is_not_calls_is_not_found(management: Any) -> None:
    answer = management("GET", "/companies")

    assert refusal(answer) == (404, "rest.ResourceNotFound", "No resource at /nhsd-nonprod/companies")


def test_a_method_that_a_path_does_not_have_is_not_allowed(management: Any) -> None:
    answer = management("PATCH", APP)

    assert refusal(answer) == (
        405,
        "rest.MethodNotAllowed",
        f"Method PATCH is not allowed at /nhsd-nonprod{APP}",
    )


@pytest.mark.parametrize("count", ["0", "-1", "ten", "1.5", "²"])
def test_a_count_is_a_positive_number(management: Any, count: str) -> None:
    answer = management("GET", APPS, query_string={"count": count})

    assert refusal(answer)[:2] == (400, "rest.InvalidQueryParameter")


def test_of_many_that_create_one_app_exactly_one_does(management: Any, platform: Mock) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: management("POST", APPS, json={"name": "wanted"}).status_code, range(16)))

    assert sorted(statuses) == [201] + [409] * 15
    assert management.get(APPS) == ["wanted"]
    assert len([app for app in platform.apps.all() if app.registration]) == 1


def test_no_change_of_many_at_once_is_lost(management: Any, made_app: Any) -> None:  # noqa: ARG001 - the app is there
    names = [f"attribute-{number}" for number in range(24)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: management("POST", f"{APP}/attributes/{name}", json={"value": "x"}), names))

    kept = {each["name"] for each in management.get(f"{APP}/attributes")["attribute"]}
    assert kept == {"jwks-resource-url", *names}


def test_a_refusal_stands_in_the_journal_with_its_cause_and_a_success_does_not(
    management: Any,
    platform: Mock,
    made_app: Any,  # noqa: ARG001 - the app is there
) -> None:
    management("POST", APPS, json={"name": "my-app"})

    assert [(record.status, record.error, record.diagnosis) for record in platform.exchanges] == [
        (
            409,
            "developer.service.AppAlreadyExists",
            'Developer "tester@example.nhs.uk" has an app "my-app" already: choose another name, or change it.',
        )
    ]
