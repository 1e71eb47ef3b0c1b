"""The platform's administration where `test_management` does not look: answers whole, order, pages of a list, edges."""

import json
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest

from contract_tests.administration import BASIC, KMS, OTHER_PRODUCT, PRODUCT, SESSIONS, call, refusal
from contract_tests.case import proves
from contract_tests.draft import FORM, Draft, authorization_code, client_credentials, refresh_of, token_exchange
from contract_tests.jwks_host import json_page
from contract_tests.jwts import decode
from contract_tests.reach import Ability, need
from contract_tests.target import HEALTHCARE_WORKER, PATIENT, Person, Target
from contract_tests.wire import Answer, HttpRequest

PROVES = ("admin §3", "I")

DEVELOPER = "edges@example.nhs.uk"
APPS = f"/developers/{DEVELOPER}/apps"
SECOND = 1000


@pytest.fixture
def name() -> str:
    """A name that nothing has."""
    return f"edge-{uuid.uuid4()}"


def made(target: Target, name: str, **members: Any) -> dict[str, Any]:
    """Make an app and return it."""
    answer = call(target, "POST", APPS, {"name": name, **members})
    assert answer.status == 201, answer.text
    return answer.json


@proves("admin §2", "D")
@pytest.mark.parametrize(
    ("form", "user"),
    [({"username": "me@example.nhs.uk", "password": "any"}, "me@example.nhs.uk"), ({"passcode": "any"}, "passcode")],
)
def test_a_log_in_is_answered_whole(target: Target, form: dict[str, str], user: str) -> None:
    """Members in their order; the bearer is a JWT that names the person."""
    answer = _logged_in(target, {"grant_type": "password", **form})
    claims = decode(answer.json["access_token"])[1]
    now = target.now()

    fresh = {each: answer.json[each] for each in ("access_token", "refresh_token", "jti")}
    assert (answer.status, list(answer.json.items())) == (
        200,
        list(
            {
                "access_token": fresh["access_token"],
                "token_type": "bearer",
                "refresh_token": fresh["refresh_token"],
                "expires_in": 1799,
                "scope": "scim.me openid password.write approvals.me oauth.approvals",
                "jti": fresh["jti"],
            }.items()
        ),
    )
    assert list(claims.items()) == list(
        {
            "jti": fresh["jti"],
            "sub": claims["sub"],
            "user_name": user,
            "client_id": "edgecli",
            "grant_type": "password",
            "iat": now,
            "exp": now + 1799,
            "iss": "https://login.apigee.com",
        }.items()
    )
    assert len({*fresh.values(), claims["sub"]}) == 4


@proves("admin §2", "I")
@pytest.mark.parametrize(
    ("form", "basic", "expected"),
    [
        ({"grant_type": "implicit"}, "Basic eDp5", (401, "unauthorized", "Bad credentials")),
        ({"grant_type": "implicit"}, BASIC, (400, "unsupported_grant_type", "Unsupported grant type: implicit")),
        ({"grant_type": "password"}, BASIC, (401, "unauthorized", "Bad credentials")),
        ({"grant_type": "password", "username": "me"}, BASIC, (401, "unauthorized", "Bad credentials")),
        ({"grant_type": "password", "password": "me"}, BASIC, (401, "unauthorized", "Bad credentials")),
    ],
)
def test_a_log_in_shows_its_first_mistake(target: Target, form: dict[str, str], basic: str, expected: Any) -> None:
    """The client, the grant, the person."""
    answer = _logged_in(target, form, basic)

    assert (answer.status, *answer.json.values()) == expected


def _logged_in(target: Target, form: dict[str, str], basic: str = BASIC) -> Answer:
    need(target.abilities, Ability.ADMINISTRATION)
    headers = {"Content-Type": FORM, "Authorization": basic}
    return target.send(HttpRequest(method="POST", path="/oauth/token", headers=headers, body=urlencode(form)))


@pytest.mark.parametrize(
    ("organization", "authorization", "path", "expected"),
    [
        ("nhsd-x", "", "/companies", (401, "security.util.Unauthorized", "Unauthorized")),
        ("nhsd-x", "bearer x", "/companies", (404, "organizations.OrganizationDoesNotExist", None)),
        ("nhsd-prod", "BEARER x", "/companies", (404, "rest.ResourceNotFound", None)),
        ("nhsd-nonprod", "Bearer    ", APPS, (401, "security.util.Unauthorized", "Unauthorized")),
        ("nhsd-nonprod", "Bearerx", APPS, (401, "security.util.Unauthorized", "Unauthorized")),
    ],
)
def test_who_calls_is_judged_before_what_is_called(
    target: Target, organization: str, authorization: str, path: str, expected: Any
) -> None:
    """The bearer, the organisation, the path."""
    need(target.abilities, Ability.ADMINISTRATION)
    answer = target.send(
        HttpRequest(
            method="GET", path=f"/v1/organizations/{organization}{path}", headers={"Authorization": authorization}
        )
    )

    status, code, message = refusal(answer)
    assert (status, code) == expected[:2]
    assert expected[2] in (None, message)


def test_a_body_that_is_too_large_is_reported_before_all_else(target: Target) -> None:
    """Without a bearer, and where nothing is."""
    answer = call(target, "POST", "/companies", {"name": "x" * (1 << 21)}, Authorization="")

    assert refusal(answer) == (413, "rest.PayloadTooLarge", "Request body too large")


@pytest.mark.parametrize("path", [APPS, "/apiproducts"])
@pytest.mark.parametrize(
    ("count", "is_good"), [("1", True), ("007", True), ("0", False), ("٣", False), ("+1", False), ("", True)]
)
def test_a_count_is_judged(target: Target, path: str, count: str, *, is_good: bool) -> None:
    """The message says what it must be."""
    answer = call(target, "GET", f"{path}?{urlencode({'count': count})}")

    if is_good:
        assert answer.status == 200
        assert len(json.loads(answer.text)) <= int(count or "1000")
        return
    assert refusal(answer) == (
        400,
        "rest.InvalidQueryParameter",
        "Invalid query parameter: count must be a positive whole number",
    )


def test_a_list_of_apps_is_read_page_by_page(target: Target) -> None:
    """By their names, or whole; from one on, so many at most."""
    developer = f"{uuid.uuid4()}@example.nhs.uk"
    place = f"/developers/{developer}/apps"
    names = [f"page-{each}-{uuid.uuid4()}" for each in "abc"]
    whole = [call(target, "POST", place, {"name": each}).json for each in names]

    def listed(query: str) -> Any:
        return json.loads(call(target, "GET", f"{place}{query}").text)

    assert [listed(""), listed("?count=2"), listed(f"?startKey={names[1]}"), listed("?startKey=nobody")] == [
        names,
        names[:2],
        names[1:],
        [],
    ]
    assert listed(f"?startKey={names[1]}&count=1") == names[1:2]
    assert listed("?expand=false") == names
    assert [listed(f"?expand={word}&count=2") for word in ("true", "True")] == [{"app": whole[:2]}] * 2


def test_products_are_listed_whole(target: Target) -> None:
    """If that is wanted."""
    found = call(target, "GET", f"/apiproducts/{PRODUCT}").json
    listed = call(target, "GET", f"/apiproducts?expand=true&startKey={PRODUCT}&count=1").json

    assert listed == {"apiProduct": [found]}


def test_a_product_without_words_has_its_name_and_nothing_else(target: Target, name: str) -> None:
    """What is left out is empty, or as it is for all."""
    now = target.now() * SECOND
    answer = call(target, "POST", "/apiproducts", {"name": name, "approvalType": "manual"})
    changed = call(target, "PUT", f"/apiproducts/{name}", {"apiResources": ["/a", "/a", ""], "name": "another"})

    whole = {
        "apiResources": answer.json["apiResources"],
        "approvalType": "manual",
        "attributes": [],
        "createdAt": now,
        "createdBy": "admin",
        "description": "",
        "displayName": name,
        "environments": [],
        "lastModifiedAt": now,
        "lastModifiedBy": "admin",
        "name": name,
        "proxies": [],
        "scopes": [],
    }
    assert (answer.status, list(answer.json.items())) == (201, list(whole.items()))
    assert (changed.status, changed.json) == (
        200,
        {**whole, "apiResources": ["/a"], "approvalType": changed.json["approvalType"]},
    )


@pytest.mark.parametrize(("lifetime", "ends"), [(-1, -1), (0, -1), (1, 1), (86_400_000, 86_400_000), (None, -1)])
def test_a_key_expires_when_it_was_said_to(target: Target, name: str, lifetime: int | None, ends: int) -> None:
    """So many milliseconds after it was made, or never."""
    members = {} if lifetime is None else {"keyExpiresIn": lifetime}
    (key,) = made(target, name, apiProducts=[PRODUCT], **members)["credentials"]

    assert key["expiresAt"] == (-1 if ends == -1 else target.now() * SECOND + ends)
    assert key["issuedAt"] == target.now() * SECOND


def test_an_expired_key_is_refused(target: Target, name: str) -> None:
    """On the second."""
    (key,) = made(target, name, apiProducts=["hello-world-int"], keyExpiresIn=60 * SECOND)["credentials"]
    sent = HttpRequest(method="GET", path="/hello-world/hello/application", headers={"apikey": key["consumerKey"]})
    answers = []
    for later in (59, 60):
        with target.at(target.now() + later):
            answers.append(target.send(sent).status)

    assert answers == [200, 401]


def test_an_app_is_made_as_it_was_asked_for(target: Target, name: str) -> None:
    """Revoked, with scopes; of two attributes of a name the last counts; a product approved by hand waits."""
    manual = f"manual-{uuid.uuid4()}"
    call(target, "POST", "/apiproducts", {"name": manual, "approvalType": "manual"})
    app = made(
        target,
        name,
        status="revoked",
        scopes=["a:scope", "a:scope", ""],
        apiProducts=[PRODUCT, manual, PRODUCT],
        attributes=[{"name": "a", "value": "1"}, {"name": "b", "value": "2"}, {"name": "a", "value": "3"}],
    )

    assert (app["status"], app["scopes"], app["callbackUrl"]) == ("revoked", ["a:scope"], "")
    assert app["attributes"] == [{"name": "a", "value": "3"}, {"name": "b", "value": "2"}]
    assert app["credentials"][0]["apiProducts"] == [
        {"apiproduct": PRODUCT, "status": "approved"},
        {"apiproduct": manual, "status": "pending"},
    ]


def test_a_change_takes_over_what_it_says(target: Target, name: str) -> None:
    """Attributes and callback are lost where it does not repeat them; status and scopes stay, and so do moments."""
    with target.at(target.now() - 60):
        app = made(
            target, name, callbackUrl="https://a.example/", scopes=["a:scope"], attributes=[], apiProducts=[PRODUCT]
        )
    place, key = f"{APPS}/{name}", app["credentials"][0]
    kept = call(target, "PUT", place, {"status": "revoked", "apiProducts": [PRODUCT]}).json
    added = call(target, "PUT", place, {"apiProducts": [OTHER_PRODUCT], "scopes": ["b:scope"]}).json
    again = call(target, "POST", place, {"apiProducts": [PRODUCT], "status": "approved"}).json

    changed = {**app, "callbackUrl": "", "lastModifiedAt": target.now() * SECOND, "status": "revoked"}
    assert kept == changed
    assert {**added, "credentials": added["credentials"][:1]} == {**changed, "scopes": ["b:scope"]}
    assert [len(each["credentials"]) for each in (kept, added, again)] == [1, 2, 3]
    assert (again["status"], again["credentials"][0]) == ("approved", key)
    assert again["createdAt"] == (target.now() - 60) * SECOND


@pytest.mark.parametrize("is_live", [True, False])
def test_a_change_adds_a_key_where_no_live_one_serves(target: Target, name: str, *, is_live: bool) -> None:
    """A key that has expired serves nobody."""
    with target.at(target.now() - 60):
        made(target, name, apiProducts=[PRODUCT], keyExpiresIn=(61 if is_live else 60) * SECOND)
    changed = call(target, "PUT", f"{APPS}/{name}", {"apiProducts": [PRODUCT]}).json

    assert len(changed["credentials"]) == (1 if is_live else 2)


def test_a_key_is_judged_by_what_it_is_made_of(target: Target, name: str) -> None:
    """So many letters, and no others; nobody else's, and of this app."""
    made(target, name)
    place, longest = f"{APPS}/{name}/keys", "k" * (2048 - 36) + str(uuid.uuid4())
    answers = [
        call(target, "POST", f"{place}/create", {"consumerKey": key, "consumerSecret": "s_-9"})
        for key in (longest, f"{longest}k", "", "a b")
    ]

    assert [answer.status for answer in answers] == [201, 400, 400, 400]
    assert refusal(call(target, "GET", f"{APPS}/{name}/keys/{longest[1:]}"))[1] == f"{KMS}.consumer_key_doesnot_exist"


def test_a_key_keeps_its_attributes_where_products_come(target: Target, name: str) -> None:
    """Products that it has come no second time; attributes that are sent take the place of its own."""
    app = made(target, name, apiProducts=[PRODUCT])
    place = f"{APPS}/{name}/keys/{app['credentials'][0]['consumerKey']}"
    shade = [{"name": "shade", "value": "dark"}]
    first = call(target, "POST", place, {"attributes": shade}).json
    second = call(target, "POST", place, {"apiProducts": [PRODUCT, OTHER_PRODUCT]}).json
    third = call(target, "POST", place, {"attributes": []}).json

    assert [each["attributes"] for each in (first, second, third)] == [shade, shade, []]
    assert [each["apiproduct"] for each in third["apiProducts"]] == [PRODUCT, OTHER_PRODUCT]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/environments/ref/apis/nothing/revisions/1/debugsessions", "messaging.config.beans.ApplicationDoesNotExist"),
        (
            "/environments/ref/apis/canary-api-int/revisions/2/debugsessions",
            "messaging.config.beans.EnvironmentDoesNotExist",
        ),
        (
            "/environments/int/apis/canary-api-int/revisions/2/debugsessions",
            "messaging.config.beans.ApplicationRevisionDoesNotExist",
        ),
    ],
)
def test_where_a_debug_session_is_to_be_is_judged_in_order(target: Target, path: str, expected: str) -> None:
    """The proxy, the environment, the revision."""
    assert refusal(call(target, "POST", path))[1] == expected


def _recorded(target: Target, name: str) -> list[str]:
    found: list[str] = json.loads(call(target, "GET", f"{SESSIONS}/{name}/data").text)
    return found


def _tweet(target: Target, query: str = "", **headers: str) -> None:
    sent = {each.replace("_", "-"): value for each, value in headers.items()}
    target.send(HttpRequest(method="GET", path=f"/canary-api/tweet{query}", headers=sent))


@pytest.mark.parametrize(
    ("filters", "query", "headers", "recorded"),
    [
        ("", "", {}, 1),
        ("&header_X_Request_ID=7", "", {"x_request_id": "7"}, 1),
        ("&header_X-Request-ID=7", "", {"x_request_id": "8"}, 0),
        ("&header_X-Request-ID=7", "", {}, 0),
        ("&qparam_colour=blue", "?colour=blue", {}, 1),
        ("&qparam_colour=blue", "?colour=Blue", {}, 0),
        ("&qparam_colour=blue&header_a=1", "?colour=blue", {"a": "2"}, 0),
        ("&qparam_colour=blue&header_a=1", "?colour=blue", {"a": "1"}, 1),
    ],
)
def test_a_debug_session_records_what_its_filters_let_through(
    target: Target, name: str, filters: str, query: str, headers: dict[str, str], recorded: int
) -> None:
    """To the letter."""
    call(target, "POST", f"{SESSIONS}?session={name}{filters}")
    _tweet(target, query, **headers)

    assert len(_recorded(target, name)) == recorded


@pytest.mark.parametrize(("later", "recorded"), [(599, 1), (600, 0)])
def test_a_debug_session_records_for_ten_minutes(target: Target, name: str, later: int, recorded: int) -> None:
    """And can be read for an hour after that."""
    with target.at(target.now() - later):
        call(target, "POST", f"{SESSIONS}?session={name}")
    _tweet(target)

    assert len(_recorded(target, name)) == recorded


def test_a_debug_session_begins_anew_under_its_name(target: Target, name: str) -> None:
    """Sessions are listed; what was recorded is gone; an unknown id is reported."""
    call(target, "POST", f"{SESSIONS}?session={name}")
    _tweet(target)
    (before,) = _recorded(target, name)
    call(target, "POST", f"{SESSIONS}?session={name}")
    gone = call(target, "GET", f"{SESSIONS}/{name}/data/{before}")
    listed = json.loads(call(target, "GET", SESSIONS).text)

    assert refusal(gone) == (404, "distribution.MessageNotFound", gone.json["message"])
    assert gone.json["message"] == f"Transaction {before} of {name} not found"
    assert listed.count(name) == 1
    assert call(target, "POST", SESSIONS).json["name"] == "default"


def test_a_debug_session_records_twenty_calls(target: Target, name: str) -> None:
    """At most, the oldest first."""
    call(target, "POST", f"{SESSIONS}?session={name}")
    for _ in range(21):
        _tweet(target)
    found = _recorded(target, name)
    record = call(target, "GET", f"{SESSIONS}/{name}/data/{found[0]}").json

    assert len(set(found)) == 20
    assert (list(record), record["point"][0]["id"]) == (["completed", "point"], "Execution")
    assert record["point"][0]["results"][0]["ActionResult"] == "VariableAccess"


AUTH = {
    "exchanged by CIS2": ("token_exchange", "aal3", "nhs-cis2"),
    "exchanged by NHS login": ("token_exchange", "p9", "nhs-login"),
    "of a code": ("authorization_code", "aal3", "nhs-cis2"),
}


@proves("admin §3", "S")
@pytest.mark.parametrize("kind", AUTH)
def test_a_persons_token_has_its_attributes(target: Target, kind: str) -> None:
    """All of them, in their order, as text."""
    need(target.abilities, Ability.ADMINISTRATION)
    person = PATIENT if "NHS" in kind else HEALTHCARE_WORKER
    sound = authorization_code(target, person) if kind == "of a code" else token_exchange(target, person)
    answer = sound.send().json
    shown = call(target, "GET", f"/oauth2/accesstokens/{answer['access_token']}").json
    members = {each["name"]: each["value"] for each in shown["attributes"]}
    claims = decode(members["id_token"])[1]

    grant_type, level, provider = AUTH[kind]
    expected = {
        "auth_type": "user",
        "auth_grant_type": grant_type,
        "auth_level": level,
        "auth_provider": provider,
        "auth_user_id": person.user,
        "id_token-subject": str(claims["sub"]),
        "id_token-issuer": str(claims["iss"]),
        "id_token-acr": str(claims.get("acr", "")),
        "id_token-authentication_assurance_level": str(claims.get("authentication_assurance_level", "")),
        "id_token-amr": ",".join(claims.get("amr", [])),
        "id_token-id-assurance-level": str(claims.get("id_assurance_level", "")),
        "id_token-identity-proofing-level": str(claims.get("identity_proofing_level", "")),
        "id_token": members["id_token"],
    }
    expected |= {"external_access_token": members["external_access_token"]} if kind == "of a code" else {}
    expected |= {"issuer": f"{target.origin}{target.prefix}", "_first_issued": str(target.now() * SECOND)}
    assert list(members.items()) == list(expected.items())
    assert (shown["grantType"], shown["refreshToken"]) == (grant_type, answer["refresh_token"])
    mark = {"aal3": "user-nhs-cis2:aal3", "p9": "user-nhs-login:P9"}[level]
    assert shown["scope"] == f"urn:nhsd:apim:{mark}:hello-world"


@proves("admin §3", "S")
def test_an_apps_token_has_its_attributes(target: Target) -> None:
    """Those of an application."""
    need(target.abilities, Ability.ADMINISTRATION)
    token = client_credentials(target).send().json["access_token"]
    shown = call(target, "GET", f"/oauth2/accesstokens/{token}").json

    assert list({each["name"]: each["value"] for each in shown["attributes"]}.items()) == list(
        {
            "auth_type": "app",
            "auth_grant_type": "client_credentials",
            "auth_level": "level3",
            "auth_provider": "apim",
            "auth_user_id": "",
            "issuer": f"{target.origin}{target.prefix}",
            "_first_issued": str(target.now() * SECOND),
        }.items()
    )
    assert (shown["app"], shown["scope"]) == ("Contract tests", "urn:nhsd:apim:app:level3:hello-world")


def test_a_refreshed_token_shows_when_its_session_began(target: Target) -> None:
    """And how often it was refreshed."""
    need(target.abilities, Ability.ADMINISTRATION)
    with target.at(target.now() - 100):
        first = token_exchange(target).send().json
    again = refresh_of(target, first["refresh_token"]).send().json
    shown = call(target, "GET", f"/oauth2/accesstokens/{again['access_token']}").json
    members = {each["name"]: each["value"] for each in shown["attributes"]}

    assert members["_first_issued"] == str((target.now() - 100) * SECOND)
    assert (shown["refreshCount"], shown["issuedAt"]) == ("1", target.now() * SECOND)


@pytest.mark.parametrize(
    ("cascade", "refreshes"), [("", 200), ("&cascade=true", 401), ("&cascade=TRUE", 401), ("&cascade=yes", 200)]
)
def test_a_revoked_token_takes_its_refresh_token_along(target: Target, cascade: str, refreshes: int) -> None:
    """If that is wanted; approved again, both are good again."""
    need(target.abilities, Ability.ADMINISTRATION)
    body = token_exchange(target).send().json
    place = f"/oauth2/accesstokens/{body['access_token']}"
    revoked = call(target, "POST", f"{place}?action=revoke{cascade}").json["status"]
    call_of_api = HttpRequest(
        method="GET", path="/hello-world/hello/user", headers={"Authorization": f"Bearer {body['access_token']}"}
    )
    answers = [target.send(call_of_api).status]
    other = token_exchange(target).send().json["refresh_token"]
    refused = refresh_of(target, body["refresh_token"]).send().status
    approved = call(target, "POST", f"{place}?action=approve{cascade}").json["status"]
    answers.append(target.send(call_of_api).status)

    assert (revoked, approved, answers) == ("revoked", "approved", [401, 200])
    assert (refused, refresh_of(target, other).send().status) == (refreshes, 200)
    assert refreshes == 200 or refresh_of(target, body["refresh_token"]).send().status == 200


def test_a_tokens_scope_can_be_changed(target: Target) -> None:
    """Its level stays what it was; attributes come behind the others, or take the place of one."""
    need(target.abilities, Ability.ADMINISTRATION)
    token = token_exchange(target).send().json["access_token"]
    place = f"/oauth2/accesstokens/{token}"
    attributes = [{"name": "colour", "value": "blue"}, {"name": "auth_type", "value": "nobody"}]
    changed = call(target, "POST", place, {"scope": "a:scope  b:scope", "attributes": attributes}).json
    again = call(target, "POST", place, {"attributes": [{"name": "shade", "value": "dark"}]}).json
    members = {each["name"]: each["value"] for each in again["attributes"]}

    assert (changed["scope"], again["scope"]) == ("a:scope b:scope",) * 2
    assert [members[each] for each in ("auth_level", "auth_type", "colour", "shade")] == [
        "aal3",
        "nobody",
        "blue",
        "dark",
    ]
    assert list(members)[-2:] == ["colour", "shade"]


def _of_new_app(target: Target, name: str) -> tuple[str, Any]:
    """Return the id of a new app of the administration, and what asks a person's token in its name."""
    url = target.jwks_host.serve(f"/{name}", json_page({"keys": [target.jwk]}))
    app = made(
        target,
        name,
        apiProducts=[PRODUCT, "hello-world-int"],
        attributes=[{"name": "jwks-resource-url", "value": url}],
    )
    key = app["credentials"][0]["consumerKey"]

    def tokens(person: Person | None) -> dict[str, Any]:
        sound: Draft = token_exchange(target, person) if person else client_credentials(target)
        sound.assertion.claims |= {"iss": key, "sub": key}
        return sound.send().json

    return app["appId"], tokens


def test_tokens_are_found_by_app_and_by_person(target: Target, name: str) -> None:
    """The oldest first, page by page; of an app, of a person, or of both."""
    app_id, tokens = _of_new_app(target, name)
    with target.at(target.now() - 2):
        own = tokens(None)["access_token"]
    with target.at(target.now() - 1):
        worker = tokens(HEALTHCARE_WORKER)["access_token"]
    patient = tokens(PATIENT)["access_token"]

    def found(query: str) -> list[str]:
        answer: list[str] = json.loads(call(target, "GET", f"/oauth2/search?{query}").text)
        return answer

    assert found(f"app={app_id}") == [own, worker, patient]
    assert found(f"app={app_id}&count=2") == [own, worker]
    assert found(f"app={app_id}&startKey={worker}") == [worker, patient]
    assert found(f"app={app_id}&enduser={PATIENT.user}") == [patient]
    assert worker in found(f"enduser={HEALTHCARE_WORKER.user}")
    assert patient not in found(f"enduser={HEALTHCARE_WORKER.user}")
    assert found("enduser=nobody") == []
    assert refusal(call(target, "GET", "/oauth2/search?app=nothing")) == (
        404,
        "developer.service.AppDoesNotExist",
        "App with id nothing does not exist",
    )


@pytest.mark.parametrize(("cascade", "refreshes"), [("", 200), ("&cascade=True", 401)])
def test_the_tokens_of_an_app_end_together(target: Target, name: str, cascade: str, refreshes: int) -> None:
    """With their refresh tokens, if that is wanted."""
    app_id, tokens = _of_new_app(target, name)
    reported = tokens(HEALTHCARE_WORKER)
    listed = json.loads(call(target, "POST", f"/oauth2/revoke?app={app_id}{cascade}").text)
    sound = refresh_of(target, reported["refresh_token"])
    (key,) = call(target, "GET", f"{APPS}/{name}").json["credentials"]
    sound.form |= {"client_id": key["consumerKey"], "client_secret": key["consumerSecret"]}

    assert listed == [reported["access_token"]]
    assert call(target, "GET", f"/oauth2/accesstokens/{reported['access_token']}").json["status"] == "revoked"
    assert sound.send().status == refreshes


@pytest.mark.parametrize("removed", ["key", "app"])
def test_the_token_of_a_key_that_is_gone_is_none(target: Target, name: str, removed: str) -> None:
    """Nor is it one for an API."""
    _, tokens = _of_new_app(target, name)
    token = tokens(None)["access_token"]
    (key,) = call(target, "GET", f"{APPS}/{name}").json["credentials"]
    place = f"{APPS}/{name}" if removed == "app" else f"{APPS}/{name}/keys/{key['consumerKey']}"
    call(target, "DELETE", place)

    assert refusal(call(target, "GET", f"/oauth2/accesstokens/{token}")) == (
        404,
        f"{KMS}.invalid_access_token",
        "Invalid Access Token",
    )


MALFORMED = [
    ({"name": "x", "keyExpiresIn": True}, "keyExpiresIn must be a number of milliseconds, or -1"),
    ({"name": "x", "scopes": ["a", 7]}, "scopes must be a list of strings"),
    (
        {"name": "x", "attributes": [{"name": "a", "value": "b"}, []]},
        "attributes must be a list of objects with a name and a value, both strings",
    ),
    ({"name": 7, "callbackUrl": 7}, "name must be a string that is not empty"),
    ({"name": "x", "status": "Approved"}, "status must be approved or revoked"),
    (7, "it must be a JSON object"),
]


@pytest.mark.parametrize(("body", "problem"), MALFORMED)
def test_the_first_member_that_is_not_good_is_reported(target: Target, body: object, problem: str) -> None:
    """In the words of what it may be."""
    answer = call(target, "POST", APPS, body)

    assert refusal(answer) == (400, "rest.MalformedRequestBody", f"Malformed request body: {problem}")


def test_null_counts_as_nothing_and_a_quota_may_be_a_number(target: Target, name: str) -> None:
    """What a call does not know it passes over."""
    wanted = {"name": name, "displayName": None, "quota": 1.5, "quotaInterval": "1", "colour": "blue"}
    answer = call(target, "POST", "/apiproducts", wanted).json

    assert (answer["displayName"], answer["quota"], answer["quotaInterval"]) == (name, "1.5", "1")
    assert "colour" not in answer
