"""The platform's own administration, which test suites make their apps by: what each call answers, and refuses.

Paths, statuses and bodies are documented; where codes and messages are ours, they are inferred.
"""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from contract_tests.administration import BASIC, KMS, OTHER_PRODUCT, PRODUCT, SESSIONS, call, refusal
from contract_tests.case import proves
from contract_tests.draft import FORM, client_credentials, token_exchange
from contract_tests.jwks_host import json_page
from contract_tests.jwts import decode
from contract_tests.reach import Ability, need
from contract_tests.target import HEALTHCARE_WORKER, PATIENT, Person, Target
from contract_tests.wire import Answer, HttpRequest

PROVES = ("admin §3", "D")

DEVELOPER = "tester@example.nhs.uk"
APPS = f"/developers/{DEVELOPER}/apps"
ATTRIBUTE = {"name": "colour", "value": "blue"}
SHADE = {"name": "shade", "value": "dark"}
PERSON = {"grant_type": "password", "username": "me@example.nhs.uk", "password": "any"}
_TOKEN = (
    *("token", "clientId", "status", "tokenType", "grantType", "issuedAt", "expiresAt", "refreshToken", "refreshCount"),
)
PAIRS = "must be a list of objects with a name and a value, both strings"


@dataclass(frozen=True, kw_only=True)
class Made:
    """An app of the administration with one key, which has one product."""

    target: Target
    name: str
    body: Mapping[str, Any]

    @property
    def path(self) -> str:
        """Where it is."""
        return f"{APPS}/{self.name}"

    @property
    def key(self) -> str:
        """Its key."""
        return str(self.body["credentials"][0]["consumerKey"])

    def filled(self, text: str) -> str:
        """Put its names in the place of APP, KEY and ID."""
        names = {"APP": self.name, "KEY": self.key, "ID": self.body["appId"]}
        return re.sub(r"\b(?:APP|KEY|ID)\b", lambda found: names[found[0]], text)

    def call(self, method: str, path: str, body: object = None) -> Answer:
        """Call the administration below the organisation."""
        return call(self.target, method, self.filled(path), body)


@pytest.fixture
def made(target: Target) -> Made:
    """An app that no other test has."""
    name = f"app-{uuid.uuid4()}"
    wanted = {"name": name, "callbackUrl": "https://app.example/", "attributes": [ATTRIBUTE], "apiProducts": [PRODUCT]}
    return Made(target=target, name=name, body=call(target, "POST", APPS, wanted).json)


def key_of(made: Made, products: list[str]) -> dict[str, Any]:
    """Return a key as it is shown."""
    shown = made.body["credentials"][0]
    return {
        "apiProducts": [{"apiproduct": product, "status": "approved"} for product in products],
        "attributes": [],
        "consumerKey": shown["consumerKey"],
        "consumerSecret": shown["consumerSecret"],
        "expiresAt": -1,
        "issuedAt": made.target.now() * 1000,
        "scopes": [],
        "status": "approved",
    }


def app_of(made: Made, **changes: Any) -> dict[str, Any]:
    """Return an app as it is shown."""
    now = made.target.now() * 1000
    return {
        "appId": made.body["appId"],
        "attributes": [ATTRIBUTE],
        "callbackUrl": "https://app.example/",
        "createdAt": now,
        "createdBy": DEVELOPER,
        "credentials": [key_of(made, [PRODUCT])],
        "developerId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"mailto:{DEVELOPER}")),
        "lastModifiedAt": now,
        "lastModifiedBy": DEVELOPER,
        "name": made.name,
        "appFamily": "default",
        "scopes": [],
        "status": "approved",
    } | changes


def test_a_new_app_is_shown_whole(made: Made) -> None:
    """With a first key, which has the products."""
    assert made.body == app_of(made)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", f"{APPS}/APP"), ("GET", "/apps/ID"), ("DELETE", f"{APPS}/APP"), ("DELETE", "/apps/ID")]
)
def test_an_app_is_found_and_removed_by_name_and_by_id(made: Made, method: str, path: str) -> None:
    """A removal shows once more what was there."""
    answer, again = made.call(method, path), made.call("GET", path)

    assert (answer.status, answer.json) == (200, app_of(made))
    assert again.json.get("code", "found") == ("found" if method == "GET" else "developer.service.AppDoesNotExist")
    assert again.json != {}


def test_apps_are_listed_by_name(made: Made) -> None:
    """As texts, and from one on if that is wanted."""
    listed = json.loads(made.call("GET", APPS).text)
    rest = json.loads(made.call("GET", f"{APPS}?startKey=APP&count=1").text)

    assert made.name in listed
    assert rest == [made.name]


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_change_replaces_what_an_app_has_and_adds_a_key_for_its_products(made: Made, method: str) -> None:
    """The first key stays."""
    change = {
        "name": made.name,
        "callbackUrl": "https://x.example/",
        "attributes": [SHADE],
        "apiProducts": [OTHER_PRODUCT],
    }

    answer = made.call(method, f"{APPS}/APP", change)

    assert answer.status == 200
    assert {name: answer.json[name] for name in ("callbackUrl", "attributes")} == {
        "callbackUrl": "https://x.example/",
        "attributes": [SHADE],
    }
    assert [each["apiProducts"][0]["apiproduct"] for each in answer.json["credentials"]] == [PRODUCT, OTHER_PRODUCT]


@pytest.mark.parametrize("path", [f"{APPS}/APP/attributes", "/apiproducts/PROD/attributes"])
def test_attributes_are_read_replaced_set_and_removed(made: Made, path: str) -> None:
    """One by one, and all at once."""
    product = f"product-{uuid.uuid4()}"
    made.call("POST", "/apiproducts", {"name": product, "attributes": [ATTRIBUTE]})
    place = path.replace("PROD", product)
    sent = [
        ("GET", place, None),
        ("GET", f"{place}/colour", None),
        ("POST", f"{place}/colour", {"value": "red"}),
        ("POST", place, {"attribute": [SHADE]}),
        ("DELETE", f"{place}/shade", None),
        ("GET", place, None),
    ]

    answers = [made.call(*each) for each in sent]

    assert [(answer.status, answer.json) for answer in answers] == [
        (200, {"attribute": [ATTRIBUTE]}),
        (200, ATTRIBUTE),
        (200, {"name": "colour", "value": "red"}),
        (200, {"attribute": [SHADE]}),
        (200, SHADE),
        (200, {"attribute": []}),
    ]


@pytest.mark.parametrize(
    ("path", "where"),
    [
        (f"{APPS}/APP", ("status",)),
        (f"{APPS}/APP/keys/KEY", ("credentials", 0, "status")),
        (f"{APPS}/APP/keys/KEY/apiproducts/{PRODUCT}", ("credentials", 0, "apiProducts", 0, "status")),
    ],
)
def test_an_action_revokes_and_approves(made: Made, path: str, where: tuple[Any, ...]) -> None:
    """It answers with nothing, and the app shows it."""
    seen = []
    for action in ("revoke", "approve"):
        answer = made.call("POST", f"{path}?action={action}")
        shown: Any = made.call("GET", f"{APPS}/APP").json
        for step in where:
            shown = shown[step]
        seen.append((answer.status, answer.text, shown))

    assert seen == [(204, "", "revoked"), (204, "", "approved")]


def test_a_key_is_imported_shown_changed_and_removed(made: Made) -> None:
    """With products, and with scopes of theirs."""
    imported = made.call("POST", f"{APPS}/APP/keys/create", {"consumerKey": f"own-{made.name}", "consumerSecret": "s"})
    place = f"{APPS}/APP/keys/own-APP"
    added = made.call("POST", place, {"apiProducts": [OTHER_PRODUCT], "attributes": [SHADE]})
    scoped = made.call("PUT", place, {"scopes": ["urn:nhsd:apim:app:level3:canary-api"]})
    found, removed = made.call("GET", place), made.call("DELETE", place)
    gone = made.call("GET", place)

    own = {**key_of(made, []), "consumerKey": f"own-{made.name}", "consumerSecret": "s"}
    bound = {**own, "apiProducts": [{"apiproduct": OTHER_PRODUCT, "status": "approved"}], "attributes": [SHADE]}
    last = {**bound, "scopes": ["urn:nhsd:apim:app:level3:canary-api"]}
    assert (imported.status, imported.json) == (201, own)
    assert (added.status, added.json) == (200, bound)
    assert [(each.status, each.json) for each in (scoped, found, removed)] == [(200, last)] * 3
    assert refusal(gone)[:2] == (404, f"{KMS}.consumer_key_doesnot_exist")


def test_a_product_leaves_a_key(made: Made) -> None:
    """The key stays."""
    answer = made.call("DELETE", f"{APPS}/APP/keys/KEY/apiproducts/{PRODUCT}")

    assert (answer.status, answer.json) == (200, key_of(made, []))


def test_a_product_is_made_shown_changed_and_removed(target: Target) -> None:
    """What a change leaves out is empty afterwards."""
    name, now = f"product-{uuid.uuid4()}", target.now() * 1000
    wanted = {
        "name": name,
        "displayName": "Mine",
        "description": "What I sell",
        "proxies": ["identity-service-int"],
        "scopes": ["urn:nhsd:apim:app:level3:mine"],
        "environments": ["int"],
        "apiResources": ["/"],
        "approvalType": "auto",
        "attributes": [ATTRIBUTE],
        "quota": "300",
        "quotaInterval": "1",
        "quotaTimeUnit": "minute",
    }
    whole = {**wanted, "createdAt": now, "createdBy": "admin", "lastModifiedAt": now, "lastModifiedBy": "admin"}
    place = f"/apiproducts/{name}"

    made = call(target, "POST", "/apiproducts", wanted)
    found = call(target, "GET", place)
    listed = json.loads(call(target, "GET", f"/apiproducts?startKey={name}&count=1").text)
    changed = call(target, "PUT", place, {"displayName": "Ours", "scopes": ["", None, "a:scope"], "quota": 5})
    removed, gone = call(target, "DELETE", place), call(target, "GET", place)

    emptied = {"description": "", "proxies": [], "environments": [], "attributes": []}
    after = {name: value for name, value in whole.items() if name not in ("quotaInterval", "quotaTimeUnit")}
    after |= {"displayName": "Ours", "scopes": ["a:scope"], "quota": "5", **emptied}
    assert [(made.status, made.json), (found.status, found.json)] == [(201, whole), (200, whole)]
    assert (listed, changed.status, changed.json, removed.json) == ([name], 200, after, after)
    assert refusal(gone)[:2] == (404, f"{KMS}.apiproduct_doesnot_exist")


def test_a_proxy_shows_where_it_is_deployed_and_its_base_path(target: Target) -> None:
    """A proxy has one revision, number 1."""
    deployed = call(target, "GET", "/apis/canary-api-int/deployments")
    revision = call(target, "GET", "/apis/canary-api-int/revisions/1")

    assert (deployed.status, deployed.json) == (
        200,
        {
            "environment": [{"name": "int", "revision": [{"name": "1", "state": "deployed"}]}],
            "name": "canary-api-int",
            "organization": "nhsd-nonprod",
        },
    )
    assert (revision.status, revision.json) == (
        200,
        {"basepaths": ["canary-api"], "name": "canary-api-int", "revision": "1", "type": "Application"},
    )


def test_a_debug_session_records_calls_until_it_is_ended(target: Target) -> None:
    """Each transaction under an id of its own."""
    name = f"session-{uuid.uuid4()}"
    begun = call(target, "POST", f"{SESSIONS}?session={name}")
    target.send(HttpRequest(method="GET", path="/canary-api/tweet", headers={}))
    (transaction,) = json.loads(call(target, "GET", f"{SESSIONS}/{name}/data").text)
    record = call(target, "GET", f"{SESSIONS}/{name}/data/{transaction}").json
    ended = call(target, "DELETE", f"{SESSIONS}/{name}")

    members = {each["Get"]["name"]: each["Get"]["value"] for each in record["point"][0]["results"][0]["accessList"]}
    assert (begun.status, begun.json) == (
        201,
        {
            "apiproxy": "canary-api-int",
            "environment": "int",
            "name": name,
            "organization": "nhsd-nonprod",
            "revision": "1",
            "timeout": "600",
        },
    )
    assert (record["completed"], members["error.status.code"]) == (True, "401")
    assert (ended.status, ended.json) == (200, {})
    assert refusal(call(target, "GET", f"{SESSIONS}/{name}/data"))[1] == "distribution.DebugSessionNotFound"


@pytest.mark.parametrize(("person", "kind"), [(None, "app"), (HEALTHCARE_WORKER, "user"), (PATIENT, "user")])
def test_an_access_token_shows_for_whom_it_is(target: Target, person: Person | None, kind: str) -> None:
    """By attributes, whose names begin with auth."""
    answer = (token_exchange(target, person) if person else client_credentials(target)).send().json

    shown = call(target, "GET", f"/oauth2/accesstokens/{answer['access_token']}").json
    members = {each["name"]: each["value"] for each in shown["attributes"] if each["name"].startswith("auth_")}

    now = target.now() * 1000
    assert {name: shown[name] for name in _TOKEN} == {
        "token": answer["access_token"],
        "clientId": target.app({}).client_id,
        "status": "approved",
        "tokenType": "Bearer",
        "grantType": "token_exchange" if person else "client_credentials",
        "issuedAt": now,
        "expiresAt": now + 600_000,
        "refreshToken": answer.get("refresh_token", ""),
        "refreshCount": "0",
    }
    assert members["auth_type"] == kind
    assert members["auth_grant_type"] == ("token_exchange" if person else "client_credentials")
    assert members["auth_user_id"] == (person.user if person else "")
    assert members["auth_level"] == (person.level.lower() if person else "level3")


@pytest.mark.parametrize(("method", "action"), [("POST", "?action=revoke"), ("DELETE", "")])
def test_an_access_token_can_be_ended(target: Target, method: str, action: str) -> None:
    """An API does not take it any more."""
    token = token_exchange(target).send().json["access_token"]
    asking = HttpRequest(method="GET", path="/hello-world/hello/user", headers={"Authorization": f"Bearer {token}"})
    before = target.send(asking).status

    ended = call(target, method, f"/oauth2/accesstokens/{token}{action}")

    assert (before, ended.status, target.send(asking).status) == (200, 200, 401)


@pytest.fixture
def token(made: Made) -> str:
    """An access token of that app."""
    url = made.target.jwks_host.serve(f"/{made.name}", json_page({"keys": [made.target.jwk]}))
    pointed = made.call("POST", f"{APPS}/APP/attributes/jwks-resource-url", {"value": url})
    subscribed = made.call("POST", f"{APPS}/APP/keys/KEY", {"apiProducts": ["hello-world-int"]})
    assert (pointed.status, subscribed.status) == (200, 200), f"{pointed.text}{subscribed.text}"
    asking = client_credentials(made.target)
    asking.assertion.claims |= {"iss": made.key, "sub": made.key}
    answer = asking.send()
    assert answer.status == 200, answer.text
    return str(answer.json["access_token"])


def test_the_tokens_of_an_app_are_found_and_revoked_together(made: Made, token: str) -> None:
    """By the app's id."""
    found = made.call("GET", "/oauth2/search?app=ID")
    revoked = made.call("POST", "/oauth2/revoke?app=ID")
    status = made.call("GET", f"/oauth2/accesstokens/{token}").json["status"]

    assert token in found.text
    assert token in revoked.text
    assert (found.status, revoked.status, status) == (200, 200, "revoked")


def test_the_attributes_of_a_token_can_be_changed(made: Made, token: str) -> None:
    """The others stay."""
    changed = made.call("POST", f"/oauth2/accesstokens/{token}", {"attributes": [ATTRIBUTE]})

    assert changed.status == 200
    assert ATTRIBUTE in made.call("GET", f"/oauth2/accesstokens/{token}").json["attributes"]


@proves("admin §2", "D")
def test_a_password_is_good_for_a_bearer_that_is_a_jwt(target: Target) -> None:
    """Whose password it is nobody looks at."""
    answer = _logged_in(target, {})

    assert (answer.status, answer.json["token_type"], answer.json["expires_in"]) == (200, "bearer", 1799)
    claims = decode(answer.json["access_token"])[1]
    assert (claims["exp"], claims["user_name"]) == (target.now() + 1799, PERSON["username"])


@proves("admin §2", "I")
@pytest.mark.parametrize(
    ("changes", "basic", "status", "error", "expected"),
    [
        ({}, "", 401, "unauthorized", "Bad credentials"),
        ({}, "Basic eDp5", 401, "unauthorized", "Bad credentials"),
        ({"password": ""}, BASIC, 401, "unauthorized", "Bad credentials"),
        ({"username": ""}, BASIC, 401, "unauthorized", "Bad credentials"),
        ({"grant_type": ""}, BASIC, 400, "unsupported_grant_type", "Unsupported grant type: "),
        ({"grant_type": "implicit"}, BASIC, 400, "unsupported_grant_type", "Unsupported grant type: implicit"),
    ],
)
def test_a_log_in_that_is_not_good_is_refused(
    target: Target, changes: dict[str, str], basic: str, status: int, error: str, expected: str
) -> None:
    """In OAuth's words."""
    answer = _logged_in(target, changes, basic)

    assert (answer.status, answer.json) == (status, {"error": error, "error_description": expected})


@proves("admin §2", "I")
def test_there_is_nothing_beside_the_log_in(target: Target) -> None:
    """Neither below it, nor with another method."""
    need(target.abilities, Ability.ADMINISTRATION)
    answers = [
        target.send(HttpRequest(method=method, path=path, headers={"Authorization": BASIC}))
        for method, path in (("GET", "/oauth/token"), ("POST", "/oauth/token/more"))
    ]

    assert [(answer.status, answer.json["error_description"]) for answer in answers] == [
        (404, "There is nothing at /oauth/token"),
        (404, "There is nothing at /oauth/token/more"),
    ]


def _logged_in(target: Target, changes: dict[str, str], basic: str = BASIC) -> Answer:
    need(target.abilities, Ability.ADMINISTRATION)
    headers = {"Content-Type": FORM, **({"Authorization": basic} if basic else {})}
    body = urlencode({**PERSON, **changes})
    return target.send(HttpRequest(method="POST", path="/oauth/token", headers=headers, body=body))


NOT_THERE = [
    (
        f"{APPS}/nobody",
        404,
        "developer.service.AppDoesNotExist",
        f"App nobody of developer {DEVELOPER} does not exist",
    ),
    ("/apps/nothing", 404, "developer.service.AppDoesNotExist", "App with id nothing does not exist"),
    (f"{APPS}/APP/keys/nothing", 404, f"{KMS}.consumer_key_doesnot_exist", "Consumer key nothing does not exist"),
    (
        f"{APPS}/APP/attributes/nothing",
        404,
        f"{KMS}.attribute_doesnot_exist",
        "Attribute with name nothing does not exist",
    ),
    ("/apiproducts/nothing", 404, f"{KMS}.apiproduct_doesnot_exist", "ApiProduct nothing does not exist"),
    (
        "/apis/nothing/deployments",
        404,
        "messaging.config.beans.ApplicationDoesNotExist",
        "APIProxy named nothing does not exist in organization nhsd-nonprod",
    ),
    (
        "/apis/canary-api-int/revisions/2",
        404,
        "messaging.config.beans.ApplicationRevisionDoesNotExist",
        "APIProxy revision 2 of canary-api-int does not exist in organization nhsd-nonprod",
    ),
    (
        "/environments/ref/apis/canary-api-int/revisions/1/debugsessions",
        404,
        "messaging.config.beans.EnvironmentDoesNotExist",
        "APIProxy canary-api-int is not deployed in environment ref",
    ),
    (f"{SESSIONS}/nothing/data", 404, "distribution.DebugSessionNotFound", "DebugSession nothing not found"),
    ("/oauth2/accesstokens/nothing", 404, f"{KMS}.invalid_access_token", "Invalid Access Token"),
    ("/oauth2/search", 400, f"{KMS}.parameters_missing", "Either enduser or app must be given"),
    ("/companies", 404, "rest.ResourceNotFound", "No resource at /nhsd-nonprod/companies"),
]


@proves("admin §3", "I")
@pytest.mark.parametrize(("path", "status", "code", "message"), NOT_THERE)
def test_what_is_not_there_is_not_found(made: Made, path: str, status: int, code: str, message: str) -> None:
    """Each kind of thing has words of its own."""
    assert refusal(made.call("GET", path)) == (status, code, message)


MALFORMED = [
    (APPS, {}, "name is missing"),
    (APPS, {"name": " "}, "name must be a string that is not empty"),
    (APPS, {"name": 7}, "name must be a string that is not empty"),
    (APPS, {"name": "x", "callbackUrl": ["https://x"]}, "callbackUrl must be a string"),
    (APPS, {"name": "x", "apiProducts": "hello"}, "apiProducts must be a list of strings"),
    (APPS, {"name": "x", "status": "pending"}, "status must be approved or revoked"),
    (APPS, {"name": "x", "keyExpiresIn": "1"}, "keyExpiresIn must be a number of milliseconds, or -1"),
    (APPS, {"name": "x", "attributes": {"a": "b"}}, f"attributes {PAIRS}"),
    (APPS, {"name": "x", "attributes": [{"name": "a"}]}, f"attributes {PAIRS}"),
    (APPS, {"name": "x", "attributes": [{"name": "a", "value": 1}]}, f"attributes {PAIRS}"),
    (APPS, [], "it must be a JSON object"),
    (f"{APPS}/APP/keys/create", {"consumerKey": "x"}, "consumerSecret is missing"),
    (
        f"{APPS}/APP/keys/create",
        {"consumerKey": "ü", "consumerSecret": "x"},
        "consumerKey must be a string of at most 2048 letters, digits, hyphens and underscores",
    ),
    (f"{APPS}/APP/attributes", {}, "attribute is missing"),
    (f"{APPS}/APP/attributes/colour", {"value": None}, "value is missing"),
    ("/apiproducts", {"name": "x", "approvalType": "never"}, "approvalType must be auto or manual"),
    ("/apiproducts", {"name": "x", "quota": []}, "quota must be a number or a string"),
]


@proves("admin §3", "I")
@pytest.mark.parametrize(("path", "body", "problem"), MALFORMED)
def test_a_body_that_is_not_good_is_refused(made: Made, path: str, body: object, problem: str) -> None:
    """The message says what is wrong."""
    answer = made.call("POST", path, body)

    assert refusal(answer) == (400, "rest.MalformedRequestBody", f"Malformed request body: {problem}")


CONFLICTS = [
    (
        "POST",
        APPS,
        {"name": "APP"},
        (409, "developer.service.AppAlreadyExists", f"App APP of developer {DEVELOPER} already exists"),
    ),
    (
        "POST",
        "/apiproducts",
        {"name": PRODUCT},
        (409, f"{KMS}.apiproduct_already_exists", f"ApiProduct {PRODUCT} already exists"),
    ),
    (
        "POST",
        f"{APPS}/APP/keys/create",
        {"consumerKey": "KEY", "consumerSecret": "x"},
        (409, f"{KMS}.consumer_key_already_exists", "Consumer key KEY already exists"),
    ),
    (
        "POST",
        APPS,
        {"name": "one-more", "apiProducts": ["nothing"]},
        (400, f"{KMS}.apiproduct_doesnot_exist", "ApiProduct nothing does not exist"),
    ),
    (
        "DELETE",
        f"/apiproducts/{PRODUCT}",
        None,
        (409, f"{KMS}.apiproduct_in_use", f"ApiProduct {PRODUCT} is associated with an app and cannot be deleted"),
    ),
    (
        "DELETE",
        f"{APPS}/APP/keys/KEY/apiproducts/{OTHER_PRODUCT}",
        None,
        (
            404,
            f"{KMS}.apiproduct_doesnot_exist_for_key",
            f"ApiProduct {OTHER_PRODUCT} is not associated with key KEY",
        ),
    ),
    (
        "POST",
        f"{APPS}/APP?action=delete",
        None,
        (400, "rest.InvalidAction", "Invalid action delete: must be approve or revoke"),
    ),
    (
        "POST",
        f"{APPS}/APP/keys/KEY?action=delete",
        None,
        (400, "rest.InvalidAction", "Invalid action delete: must be approve or revoke"),
    ),
    (
        "PATCH",
        f"{APPS}/APP",
        None,
        (405, "rest.MethodNotAllowed", f"Method PATCH is not allowed at /nhsd-nonprod{APPS}/APP"),
    ),
]


@proves("admin §3", "I")
@pytest.mark.parametrize(("method", "path", "body", "expected"), CONFLICTS)
def test_what_contradicts_what_is_there_is_refused(
    made: Made, method: str, path: str, body: dict[str, Any] | None, expected: tuple[int, str, str]
) -> None:
    """And changes nothing."""
    sent = body and json.loads(made.filled(json.dumps(body)))

    answer = made.call(method, path, sent)

    assert refusal(answer) == (expected[0], expected[1], made.filled(expected[2]))
    assert made.call("GET", f"{APPS}/APP").json == app_of(made)


@proves("admin §3.3", "I")
def test_a_key_takes_the_scopes_of_its_products_alone(made: Made) -> None:
    """The message lists them."""
    answer = made.call("PUT", f"{APPS}/APP/keys/KEY", {"scopes": ["urn:nhsd:apim:app:level3:elsewhere"]})

    status, code, message = refusal(answer)
    assert (status, code) == (400, f"{KMS}.InvalidScopes")
    assert message.startswith("Invalid scopes. Scopes must be contained in [")


@proves("admin §3", "I")
@pytest.mark.parametrize("count", ["0", "-1", "ten", "1.5"])
@pytest.mark.parametrize("path", [APPS, "/apiproducts"])
def test_a_count_is_a_positive_number(target: Target, path: str, count: str) -> None:
    """Of apps and of products."""
    assert refusal(call(target, "GET", f"{path}?count={count}"))[:2] == (400, "rest.InvalidQueryParameter")


@proves("admin §3", "I")
@pytest.mark.parametrize("sent", ["", "Basic eA==", "Bearer "])
def test_a_call_without_a_bearer_is_refused(target: Target, sent: str) -> None:
    """For every call."""
    answers = [call(target, "GET", path, Authorization=sent) for path in (APPS, "/companies")]

    assert [refusal(answer) for answer in answers] == [(401, "security.util.Unauthorized", "Unauthorized")] * 2


@proves("admin §3", "I")
def test_another_organisation_is_not_found(target: Target) -> None:
    """There is one for each kind of environment."""
    answer = call(target, "GET", f"-x{APPS}")

    assert refusal(answer) == (
        404,
        "organizations.OrganizationDoesNotExist",
        "Organization nhsd-nonprod-x does not exist",
    )


@proves("admin §3", "I")
def test_a_body_of_more_than_a_mebibyte_is_refused(target: Target) -> None:
    """It is not read."""
    answer = call(target, "POST", APPS, {"name": "x" * (1 << 21)})

    assert refusal(answer) == (413, "rest.PayloadTooLarge", "Request body too large")
