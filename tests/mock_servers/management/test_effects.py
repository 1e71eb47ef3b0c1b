"""What is done over the management API holds at the token service at once: keys, products, scopes, callback, JWKS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.jwts import Alterations
from mock_servers.mock import Mock

APPS = "/developers/tester@example.nhs.uk/apps"
APP = f"{APPS}/my-app"
IDENTITY_SERVICE = "identity-service-mock-internal-dev"
CALLBACK = "https://google.com/callback"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

NO_SUCH_CLIENT = (401, "Invalid 'iss'/'sub' claims in client_assertion JWT")
NO_SCOPE = (
    401,
    (
        "you have tried to request authorization but your application is not configured to use this authorization "
        "grant type"
    ),
)
NO_ACCESS = (
    401,
    (
        "API Key supplied does not have access to this resource. Please check the API Key you are using belongs to an "
        "app which has sufficient access to access this resource."
    ),
)
REVOKED = (401, "The developer app associated with the API key is not approved or revoked")
NO_PUBLIC_KEY = (
    403,
    "You need to register a public key to use this authentication method - please contact support to configure",
)

Ask = Callable[..., tuple[int, str]]


def status_and_sentence(answer: TestResponse) -> tuple[int, str]:
    """Status and sentence of an answer; of a success, which grant it was."""
    body = answer.get_json()
    return answer.status_code, body.get("error_description", "token")


@pytest.fixture
def made_app(management: Any, platform: Mock) -> Any:
    """An app whose public key is that of the ready-made one, so that the mock can sign for it."""
    url = f"{platform.url}/_nhsauth/apps/nhsauth-app/jwks"
    attributes = [{"name": "jwks-resource-url", "value": url}]
    return management.make(APPS, {"name": "my-app", "callbackUrl": CALLBACK, "attributes": attributes})


@pytest.fixture
def first_key(made_app: Any) -> str:
    """The key that every app has, without a product."""
    return str(made_app["credentials"][0]["consumerKey"])


@pytest.fixture
def ask(platform: Mock, http: Client) -> Ask:
    """Request an application's token with a key; returns status and sentence."""

    def send(key: str, mount: str = "/oauth2-mock") -> tuple[int, str]:
        url = f"{platform.url}{mount}/token"
        assertion = platform.client_assertion(
            "nhsauth-app", token_url=url, alterations=Alterations(claims={"iss": key, "sub": key})
        )
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        return status_and_sentence(http.post(f"{mount}/token", data=form, base_url=platform.url))

    return send


@pytest.fixture
def authorize(platform: Mock, http: Client) -> Callable[[str], TestResponse]:
    """Send somebody to /authorize with a key."""

    def send(key: str, redirect_uri: str = CALLBACK) -> TestResponse:
        query = {"client_id": key, "redirect_uri": redirect_uri, "response_type": "code", "state": "1"}
        return http.get("/oauth2-mock/authorize", query_string=query, base_url=platform.url)

    return send


@pytest.fixture
def code(platform: Mock) -> Callable[[str], str]:
    """Log somebody in with a key and return the code that comes to the callback."""

    def log_in(key: str) -> str:
        query = f"client_id={key}&redirect_uri={CALLBACK}&response_type=code&state=1"
        end = platform.log_in(f"{platform.url}/oauth2-mock/authorize?{query}", user="656005750104")
        return parse_qs(urlsplit(end).query)["code"][0]

    return log_in


@pytest.fixture
def redeem(platform: Mock, http: Client, management: Any) -> Callable[[str, str], tuple[int, str]]:
    """Redeem a code with a key and its secret."""

    def send(key: str, value: str) -> tuple[int, str]:
        form = {
            "grant_type": "authorization_code",
            "client_id": key,
            "client_secret": management.get(f"{APP}/keys/{key}")["consumerSecret"],
            "redirect_uri": CALLBACK,
            "code": value,
        }
        return status_and_sentence(http.post("/oauth2-mock/token", data=form, base_url=platform.url))

    return send


def test_a_new_key_is_known_at_once(bound_key: str, ask: Ask) -> None:
    assert ask(bound_key) == (200, "token")


def test_a_key_without_a_product_passes_the_check_and_has_no_scopes(first_key: str, ask: Ask) -> None:
    assert ask(first_key) == NO_SCOPE


def test_what_a_key_without_a_product_meets_is_its_key_set_when_that_is_missing(
    management: Any, first_key: str, ask: Ask
) -> None:
    management("DELETE", f"{APP}/attributes/jwks-resource-url")

    assert ask(first_key) == NO_PUBLIC_KEY


def test_a_key_works_where_its_products_lead_alone(bound_key: str, ask: Ask) -> None:
    assert ask(bound_key, "/oauth2") == NO_SUCH_CLIENT


def test_a_key_set_may_be_removed_and_registered_at_any_moment(
    management: Any, made_app: Any, bound_key: str, ask: Ask
) -> None:
    attribute = made_app["attributes"][0]
    management("DELETE", f"{APP}/attributes/jwks-resource-url")
    without = ask(bound_key)
    management("POST", f"{APP}/attributes/jwks-resource-url", json=attribute)

    assert (without, ask(bound_key)) == (NO_PUBLIC_KEY, (200, "token"))


@pytest.mark.parametrize("url", ["https://google.com", "http://invalid_url"])
def test_a_key_set_url_without_a_path_is_not_called(management: Any, bound_key: str, ask: Ask, url: str) -> None:
    management("POST", f"{APP}/attributes/jwks-resource-url", json={"value": url})

    assert ask(bound_key) == (403, "The JWKS endpoint, for your client_assertion can't be reached")


def test_a_key_set_url_with_its_scheme_in_capitals_is_not_called(
    management: Any, made_app: Any, bound_key: str, ask: Ask
) -> None:
    url = made_app["attributes"][0]["value"].replace("http", "HTTP", 1)
    management("POST", f"{APP}/attributes/jwks-resource-url", json={"value": url})

    assert ask(bound_key) == (403, "The JWKS endpoint, for your client_assertion can't be reached")


@pytest.mark.parametrize("rest", ["", "/keys/KEY", "/keys/KEY/apiproducts/identity-service-mock-internal-dev"])
def test_what_is_revoked_is_dead_at_once_and_alive_when_approved(
    management: Any, bound_key: str, ask: Ask, rest: str
) -> None:
    path = f"{APP}{rest}".replace("KEY", bound_key)
    management("POST", path, query_string={"action": "revoke"})
    revoked = ask(bound_key)
    management("POST", path, query_string={"action": "approve"})

    assert (revoked, ask(bound_key)) == (NO_SUCH_CLIENT, (200, "token"))


def test_a_revoked_app_may_not_send_people_to_log_in(
    management: Any, bound_key: str, authorize: Callable[..., TestResponse]
) -> None:
    management("POST", APP, query_string={"action": "revoke"})

    assert status_and_sentence(authorize(bound_key)) == REVOKED


@pytest.mark.parametrize("path", [APP, "/apps/ID", f"{APP}/keys/KEY"])
def test_what_is_deleted_is_gone_at_once(management: Any, made_app: Any, bound_key: str, ask: Ask, path: str) -> None:
    management("DELETE", path.replace("ID", made_app["appId"]).replace("KEY", bound_key))

    assert ask(bound_key) == NO_SUCH_CLIENT


def test_a_key_expires(management: Any, made_app: Any, platform: Mock, ask: Ask) -> None:
    sent = {**made_app, "apiProducts": [IDENTITY_SERVICE], "keyExpiresIn": 60_000}
    key = management("POST", APP, json=sent).get_json()["credentials"][1]
    before = ask(key["consumerKey"])
    platform.clock.advance(60)

    assert (key["expiresAt"], before) == (1_800_000_060_000, (200, "token"))
    assert ask(key["consumerKey"]) == NO_SUCH_CLIENT


def test_the_scopes_of_a_product_count_as_they_are_now(management: Any, bound_key: str, ask: Ask) -> None:
    product = management.get(f"/apiproducts/{IDENTITY_SERVICE}")
    management("PUT", f"/apiproducts/{IDENTITY_SERVICE}", json={**product, "scopes": ["", None, "urn:nhsd:apim:other"]})
    without = ask(bound_key)
    management("PUT", f"/apiproducts/{IDENTITY_SERVICE}", json=product)

    assert (without, ask(bound_key)) == (NO_SCOPE, (200, "token"))


def test_a_product_of_another_environment_opens_nothing_here(management: Any, made_app: Any, ask: Ask) -> None:
    changed = management("PUT", APP, json={**made_app, "apiProducts": ["canary-api-ref"]}).get_json()

    assert ask(changed["credentials"][1]["consumerKey"]) == NO_SUCH_CLIENT


def test_a_product_without_proxies_and_environments_opens_everything(management: Any, made_app: Any, ask: Ask) -> None:
    management.make("/apiproducts", {"name": "all", "scopes": ["urn:nhsd:apim:app:level3:any"]})

    changed = management("PUT", APP, json={**made_app, "apiProducts": ["all"]}).get_json()

    assert ask(changed["credentials"][1]["consumerKey"], "/oauth2") == (200, "token")


def test_the_scopes_of_a_key_are_those_of_all_its_products(management: Any, platform: Mock, bound_key: str) -> None:
    management("POST", f"{APP}/keys/{bound_key}", json={"apiProducts": ["mock-jwks-internal-dev"], "attributes": []})

    scopes = platform.apps.get(bound_key).scopes
    assert (len(scopes), scopes[0], scopes[7:9]) == (
        15,
        "urn:nhsd:apim:app:level3:identity-service",
        ("urn:nhsd:apim:app:level0:mock-jwks", "urn:nhsd:apim:app:level3:mock-jwks"),
    )


def test_a_key_may_be_left_some_scopes_alone(management: Any, platform: Mock, bound_key: str) -> None:
    management("PUT", f"{APP}/keys/{bound_key}", json={"scopes": ["urn:nhsd:apim:app:level3:identity-service"]})

    assert platform.apps.get(bound_key).scopes == ("urn:nhsd:apim:app:level3:identity-service",)


def test_a_put_adds_a_key_only_when_none_has_exactly_these_products(management: Any, made_app: Any) -> None:
    sent = {**made_app, "apiProducts": [IDENTITY_SERVICE]}
    counts = [len(management("PUT", APP, json=sent).get_json()["credentials"]) for _ in range(2)]
    more = management("PUT", APP, json={**sent, "apiProducts": [IDENTITY_SERVICE, "canary-api-ref"]}).get_json()

    assert (counts, len(more["credentials"])) == ([2, 2], 3)
    assert more["credentials"][0] == made_app["credentials"][0]


def test_a_put_adds_a_key_when_the_one_with_these_products_is_revoked(
    management: Any, made_app: Any, bound_key: str
) -> None:
    management("POST", f"{APP}/keys/{bound_key}", query_string={"action": "revoke"})

    changed = management("PUT", APP, json={**made_app, "apiProducts": [IDENTITY_SERVICE]}).get_json()

    assert len(changed["credentials"]) == 3


def test_a_post_adds_a_key_in_any_case(management: Any, made_app: Any, bound_key: str) -> None:
    changed = management("POST", APP, json={**made_app, "apiProducts": [IDENTITY_SERVICE]}).get_json()

    keys = [each["consumerKey"] for each in changed["credentials"]]
    assert keys[:2] == [made_app["credentials"][0]["consumerKey"], bound_key]
    assert len(set(keys)) == 3
    assert changed["credentials"][2]["apiProducts"] == [{"apiproduct": IDENTITY_SERVICE, "status": "approved"}]


def test_the_callback_is_compared_to_the_letter(
    management: Any, made_app: Any, bound_key: str, authorize: Callable[..., TestResponse]
) -> None:
    before = authorize(bound_key).status_code
    management("PUT", APP, json={**made_app, "callbackUrl": "https://google.com/elsewhere"})

    assert before == 302
    assert status_and_sentence(authorize(bound_key)) == (400, "redirect_uri is invalid")
    assert authorize(bound_key, "https://google.com/elsewhere").status_code == 302


def test_a_person_logs_in_through_an_app_that_was_made_here(
    bound_key: str, code: Callable[[str], str], redeem: Callable[[str, str], tuple[int, str]]
) -> None:
    assert redeem(bound_key, code(bound_key)) == (200, "token")


def test_a_product_removed_after_authorize_closes_the_token_endpoint(
    management: Any, bound_key: str, code: Callable[[str], str], redeem: Callable[[str, str], tuple[int, str]]
) -> None:
    """The other product keeps the key from being one without any, which may do everything."""
    management("POST", f"{APP}/keys/{bound_key}", json={"apiProducts": ["canary-api-ref"], "attributes": []})
    value = code(bound_key)

    management("DELETE", f"{APP}/keys/{bound_key}/apiproducts/{IDENTITY_SERVICE}")

    assert redeem(bound_key, value) == NO_ACCESS


def test_an_app_revoked_after_authorize_closes_the_token_endpoint(
    management: Any, bound_key: str, code: Callable[[str], str], redeem: Callable[[str, str], tuple[int, str]]
) -> None:
    value = code(bound_key)

    management("POST", APP, query_string={"action": "revoke"})

    assert redeem(bound_key, value) == REVOKED


def test_a_key_set_removed_between_authorize_and_token_matters_to_no_code(
    management: Any, bound_key: str, code: Callable[[str], str], redeem: Callable[[str, str], tuple[int, str]]
) -> None:
    value = code(bound_key)

    management("DELETE", f"{APP}/attributes/jwks-resource-url")

    assert redeem(bound_key, value) == (200, "token")


def test_a_key_approved_by_hand_waits_for_that(management: Any, made_app: Any, ask: Ask) -> None:
    product = management.get(f"/apiproducts/{IDENTITY_SERVICE}")
    management("PUT", f"/apiproducts/{IDENTITY_SERVICE}", json={**product, "approvalType": "manual"})

    key = management("PUT", APP, json={**made_app, "apiProducts": [IDENTITY_SERVICE]}).get_json()["credentials"][1]

    assert key["apiProducts"] == [{"apiproduct": IDENTITY_SERVICE, "status": "pending"}]
    assert ask(key["consumerKey"]) == NO_SUCH_CLIENT


def test_two_sessions_do_not_disturb_each_other(management: Any, made_app: Any, bound_key: str, ask: Ask) -> None:
    theirs = management.make(APPS, {**made_app, "name": "their-app", "apiProducts": [IDENTITY_SERVICE]})
    key = theirs["credentials"][0]["consumerKey"]

    management("DELETE", f"{APPS}/their-app")

    assert (ask(key), ask(bound_key)) == (NO_SUCH_CLIENT, (200, "token"))


def test_a_reset_forgets_the_apps_and_brings_the_products_back(
    management: Any, platform: Mock, bound_key: str, ask: Ask
) -> None:
    management("PUT", f"/apiproducts/{IDENTITY_SERVICE}", json={})

    platform.reset()

    assert management.get(APPS) == []
    assert management.get(f"/apiproducts/{IDENTITY_SERVICE}")["proxies"] == [IDENTITY_SERVICE]
    assert ask(bound_key) == NO_SUCH_CLIENT


@pytest.mark.parametrize(("method", "sent"), [("PATCH", {"approved": False}), ("PUT", {}), ("DELETE", None)])
def test_the_control_api_shows_a_managed_key_and_leaves_it_alone(
    http: Client, bound_key: str, ask: Ask, method: str, sent: Any
) -> None:
    shown = http.get(f"/_nhsauth/apps/{bound_key}").get_json()

    answer = http.open(f"/_nhsauth/apps/{bound_key}", method=method, json=sent)

    assert (shown["client_id"], shown["redirect_uris"], "registration" in shown) == (bound_key, [CALLBACK], False)
    assert (answer.status_code, answer.get_json()["detail"]) == (
        409,
        f'"{bound_key}" is a key of app "my-app" of "tester@example.nhs.uk": change it through the management API.',
    )
    assert ask(bound_key) == (200, "token")


def test_a_person_exchanges_a_realms_id_token_with_such_a_key(platform: Mock, http: Client, bound_key: str) -> None:
    url = f"{platform.url}/oauth2-mock/token"
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": platform.client_assertion(
            "nhsauth-app", token_url=url, alterations=Alterations(claims={"iss": bound_key, "sub": bound_key})
        ),
        "subject_token": platform.id_token("Cis2-mock-internal-dev", LogInRequest(client_id="test-client-cis2")),
    }

    answer = http.post("/oauth2-mock/token", data=form, base_url=platform.url)

    token = platform.store.access_tokens.get(answer.get_json()["access_token"])
    assert token is not None
    assert token.scopes == ("urn:nhsd:apim:user-nhs-cis2:aal3:identity-service",)
