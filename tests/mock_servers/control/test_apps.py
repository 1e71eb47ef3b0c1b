"""Apps through the control API: registering, changing and removing them, and their keys."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from werkzeug.test import Client, TestResponse

from mock_servers.jose import keys
from mock_servers.jose.jwks import FetchedJwks
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.app import DEFAULT_SCOPES, App, own_key_name
from mock_servers.state.configuration import READY_MADE_APP, Configuration

Control = Callable[..., TestResponse]
Refused = Callable[[TestResponse], tuple[int, str, str | None]]

SET = {"keys": [{"kty": "RSA", "kid": "test-1", "n": "AQAB", "e": "AQAB"}]}
ELSEWHERE = "http://127.0.0.1:9/jwks.json"
OWN_URL = "http://127.0.0.1:8080/_nhsauth/apps/theirs/jwks"
UNKNOWN_APP = (404, "Not Found", None)


@pytest.fixture
def asked_for() -> list[int]:
    """The sizes of the keys that `keyless` has had to make."""
    return []


@pytest.fixture
def keyless(asked_for: list[int]) -> Mock:
    """A platform without any key so far, that counts those it makes."""

    def generate(bits: int) -> rsa.RSAPrivateKey:
        asked_for.append(bits)
        return keys.generate(2048)

    return Mock(ring=KeyRing(generate=generate))


def listed(control: Control, query: str = "") -> list[str]:
    return [app["client_id"] for app in control("GET", f"/apps{query}").get_json()]


def test_a_list_can_be_read_page_by_page(control: Control) -> None:
    for name in ("a", "b", "c/d?e", "f"):
        control("POST", "/apps", {"client_id": name})

    assert listed(control) == ["nhsauth-app", "a", "b", "c/d?e", "f"]
    assert listed(control, "?limit=2") == ["nhsauth-app", "a"]
    assert listed(control, "?limit=2&after=a") == ["b", "c/d?e"]
    assert listed(control, "?limit=2&after=c%2Fd%3Fe") == ["f"]
    assert listed(control, "?after=b") == ["c/d?e", "f"]
    assert listed(control, "?after=f") == []
    assert listed(control, "?limit=0") == []
    assert listed(control, "?limit=999999999999999") == listed(control)


@pytest.mark.parametrize(
    ("query", "member", "detail"),
    [
        ("limit=-1", "limit", 'limit is "-1"; allowed: a whole number'),
        ("limit=two", "limit", 'limit is "two"; allowed: a whole number'),
        ("limit=", "limit", 'limit is ""; allowed: a whole number'),
        ("after=nobody", "after", 'after is "nobody"; allowed: the client id of a registered app'),
        ("after=", "after", 'after is ""; allowed: the client id of a registered app'),
        ("after=a&after=b", "after", "after is given twice; allowed: once"),
        ("before=a", "before", "before is unknown; allowed: after, limit"),
    ],
)
def test_a_page_that_cannot_be_is_refused_with_what_is_allowed(
    control: Control, refused: Refused, query: str, member: str, detail: str
) -> None:
    answer = control("GET", f"/apps?{query}")

    assert refused(answer) == (400, "Bad Request", member)
    assert answer.get_json()["detail"] == detail


def test_the_ready_made_app_is_listed_with_the_members_of_the_configuration(control: Control) -> None:
    [app] = control("GET", "/apps").get_json()

    assert list(app) == [
        *(each.name for each in fields(App) if each.name not in ("key_name", "registration")),
        "make_key",
    ]
    assert app["client_id"] == "nhsauth-app"
    assert app["client_secret"] == "nhsauth-secret"
    assert app["kid"] == "nhsauth-1"
    assert app["make_key"] is True
    assert app["scopes"] == list(DEFAULT_SCOPES)


def test_apps_are_listed_in_the_order_in_which_they_came(control: Control) -> None:
    for client_id in ("b", "a"):
        control("POST", "/apps", {"client_id": client_id})

    listed = [app["client_id"] for app in control("GET", "/apps").get_json()]

    assert listed == ["nhsauth-app", "b", "a"]


def test_a_created_app_has_what_was_given_and_the_defaults(control: Control) -> None:
    answer = control("POST", "/apps", {"client_id": "theirs", "name": "Theirs", "quota_per_minute": 7})

    assert answer.status_code == 201
    app = answer.get_json()
    assert (app["client_id"], app["name"], app["quota_per_minute"]) == ("theirs", "Theirs", 7)
    assert (app["approved"], app["scopes"], app["make_key"]) == (True, list(DEFAULT_SCOPES), False)


def test_client_id_secret_and_name_are_made_up(control: Control) -> None:
    first, second = (control("POST", "/apps", {}).get_json() for _ in range(2))

    assert len(first["client_id"]) == 32
    assert first["client_secret"]
    assert first["name"] == f"app {first['client_id']}"
    assert first["client_id"] != second["client_id"]


def test_a_created_app_can_be_got(control: Control) -> None:
    created = control("POST", "/apps", {"client_id": "theirs"}).get_json()

    assert control("GET", "/apps/theirs").get_json() == created


def test_a_taken_client_id_is_a_conflict(control: Control, refused: Refused) -> None:
    assert refused(control("POST", "/apps", {"client_id": "nhsauth-app"})) == (409, "Conflict", "client_id")


def test_of_many_that_take_one_client_id_at_once_one_gets_it(platform: Mock) -> None:
    start = threading.Barrier(8)

    def create(_: int) -> int:
        start.wait()
        body = {"client_id": "theirs", "make_key": True}
        return Client(platform).post("/_nhsauth/apps", json=body, base_url=platform.url).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(create, range(8)))

    assert statuses == [201, *[409] * 7]


def test_apps_that_are_made_at_once_have_keys_of_their_own(platform: Mock) -> None:
    start = threading.Barrier(8)

    def create(_: int) -> str:
        start.wait()
        body = {"make_key": True}
        return str(Client(platform).post("/_nhsauth/apps", json=body, base_url=platform.url).get_json()["kid"])

    with ThreadPoolExecutor(8) as pool:
        kids = set(pool.map(create, range(8)))

    assert len(kids) == 8


def test_changes_at_once_of_different_members_all_hold(platform: Mock) -> None:
    flags = ("approved", "key_approved", "developer_active", "company_active", "subscribed")
    start = threading.Barrier(len(flags))

    def change(flag: str) -> None:
        start.wait()
        Client(platform).patch("/_nhsauth/apps/nhsauth-app", json={flag: False}, base_url=platform.url)

    with ThreadPoolExecutor(len(flags)) as pool:
        list(pool.map(change, flags))

    app = platform.apps.get("nhsauth-app")
    assert [getattr(app, flag) for flag in flags] == [False] * len(flags)


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"client_id": 17}, "client_id"),
        ({"client_id": ""}, "client_id"),
        ({"client_id": "a b"}, "client_id"),
        ({"client_id": None}, "client_id"),
        ({"scopes": "urn:nhsd:apim:app:level3:hello-world"}, "scopes"),
        ({"scopes": ["urn:nhsd:apim:app:level3:hello-world", 1]}, "scopes[1]"),
        ({"redirect_uris": ["/callback"]}, "redirect_uris[0]"),
        ({"jwks": "jwks.json"}, "jwks"),
        ({"jwks": {"key": []}}, "jwks"),
        ({"jwks_url": "not a url"}, "jwks_url"),
        ({"jwks": SET, "jwks_url": ELSEWHERE}, "jwks_url"),
        ({"quota_per_minute": -1}, "quota_per_minute"),
        ({"quota_per_minute": 1.5}, "quota_per_minute"),
        ({"approved": "yes"}, "approved"),
        ({"make_key": 1}, "make_key"),
        ({"key_name": "nhsauth-app"}, "key_name"),
        ({"refresh_jwks": True}, "refresh_jwks"),
        ({"private_key": "/etc/ssl/key.pem"}, "private_key"),
        ({"scopes": ["urn:nhsd:apim:app:level3:x", "banana"]}, "scopes[1]"),
        ({"environments": ["int", "itn"]}, "environments[1]"),
    ],
)
def test_a_member_that_does_not_fit_is_named(
    control: Control, refused: Refused, body: dict[str, Any], member: str
) -> None:
    assert refused(control("POST", "/apps", body)) == (400, "Bad Request", member)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/apps/nobody"),
        ("DELETE", "/apps/nobody"),
        ("GET", "/apps/nobody/jwks"),
        ("GET", "/apps/nobody/private-key"),
    ],
)
def test_an_unknown_app_is_not_found(control: Control, refused: Refused, method: str, path: str) -> None:
    assert refused(control(method, path)) == UNKNOWN_APP


def test_an_unknown_app_cannot_be_changed(control: Control, refused: Refused) -> None:
    assert refused(control("PATCH", "/apps/nobody", {"approved": False})) == UNKNOWN_APP


def test_a_change_leaves_all_other_members(control: Control) -> None:
    before = control("GET", "/apps/nhsauth-app").get_json()

    after = control("PATCH", "/apps/nhsauth-app", {"approved": False}).get_json()

    assert after == {**before, "approved": False}
    assert control("GET", "/apps/nhsauth-app").get_json() == after


def test_a_client_id_cannot_be_changed(control: Control, refused: Refused) -> None:
    answer = control("PATCH", "/apps/nhsauth-app", {"client_id": "other"})

    assert refused(answer) == (400, "Bad Request", "client_id")


def test_put_registers_an_app_that_is_not_there(control: Control) -> None:
    answer = control("PUT", "/apps/theirs", {"name": "Theirs"})

    assert (answer.status_code, answer.get_json()["client_id"]) == (201, "theirs")


def test_put_gives_what_is_not_named_its_default_again(control: Control) -> None:
    control("PATCH", "/apps/nhsauth-app", {"approved": False, "quota_per_minute": 1})

    answer = control("PUT", "/apps/nhsauth-app", {"client_secret": "new-secret"})

    assert answer.status_code == 200
    app = answer.get_json()
    assert (app["client_secret"], app["approved"], app["quota_per_minute"]) == ("new-secret", True, 300)
    assert (app["redirect_uris"], app["make_key"], app["kid"]) == ([], False, None)


@pytest.mark.parametrize(
    "members",
    [{}, {"make_key": True}, {"jwks": SET}, {"jwks_url": ELSEWHERE}, {"make_key": True, "jwks": SET, "kid": "mine"}],
    ids=["no key", "a key of the mock's", "a set", "a URL", "both"],
)
def test_an_app_can_be_put_back_as_it_was_got(control: Control, members: dict[str, Any]) -> None:
    got = control("POST", "/apps", {"client_id": "theirs", **members}).get_json()

    replaced = control("PUT", "/apps/theirs", got)
    control("DELETE", "/apps/theirs")
    created = control("PUT", "/apps/theirs", got)

    assert (replaced.status_code, replaced.get_json()) == (200, got)
    assert (created.status_code, created.get_json()) == (201, got)


def test_put_keeps_the_key_that_the_mock_holds(control: Control, platform: Mock) -> None:
    before = platform.apps.get("nhsauth-app").key_name

    control("PUT", "/apps/nhsauth-app", control("GET", "/apps/nhsauth-app").get_json())

    assert platform.apps.get("nhsauth-app").key_name == before


def test_a_path_that_cannot_be_a_client_id_is_refused(control: Control, refused: Refused) -> None:
    assert refused(control("PUT", "/apps/a%20b", {})) == (400, "Bad Request", "client_id")


def test_a_deleted_app_is_gone(control: Control, refused: Refused) -> None:
    answer = control("DELETE", "/apps/nhsauth-app")

    assert (answer.status_code, answer.get_data()) == (204, b"")
    assert refused(control("GET", "/apps/nhsauth-app")) == UNKNOWN_APP


def test_a_set_that_was_given_is_served_at_the_jwks_url(control: Control) -> None:
    app = control("POST", "/apps", {"client_id": "theirs", "jwks": SET}).get_json()

    assert (app["jwks"], app["jwks_url"]) == (SET, OWN_URL)
    assert control("GET", "/apps/theirs/jwks").get_json() == SET


def test_the_jwks_url_is_reported_under_the_name_that_was_called(control: Control) -> None:
    app = control("GET", "/apps/nhsauth-app", base_url="http://localhost:9090").get_json()

    assert app["jwks_url"] == "http://localhost:9090/_nhsauth/apps/nhsauth-app/jwks"


def test_an_app_without_keys_has_no_jwks_url(control: Control) -> None:
    app = control("POST", "/apps", {"client_id": "theirs"}).get_json()

    assert app["jwks_url"] is None
    assert control("GET", "/apps/theirs/jwks").get_json() == {"keys": []}


@pytest.mark.parametrize(("first", "then"), [("jwks", "jwks_url"), ("jwks_url", "jwks")])
def test_naming_one_source_of_keys_gives_up_the_other(control: Control, first: str, then: str) -> None:
    sources: dict[str, Any] = {"jwks": SET, "jwks_url": ELSEWHERE}
    control("POST", "/apps", {"client_id": "theirs", first: sources[first]})

    app = control("PATCH", "/apps/theirs", {then: sources[then]}).get_json()

    assert (app["jwks"], app["jwks_url"]) == ((SET, OWN_URL) if then == "jwks" else (None, ELSEWHERE))


def test_another_source_of_keys_leaves_the_private_key(control: Control) -> None:
    app = control("PATCH", "/apps/nhsauth-app", {"jwks_url": ELSEWHERE}).get_json()

    assert (app["jwks_url"], app["make_key"]) == (ELSEWHERE, True)


def test_null_takes_a_set_away(control: Control) -> None:
    control("POST", "/apps", {"client_id": "theirs", "jwks": SET})

    app = control("PATCH", "/apps/theirs", {"jwks": None}).get_json()

    assert (app["jwks"], app["jwks_url"]) == (None, None)


def test_a_key_can_be_asked_for_afterwards(control: Control) -> None:
    control("POST", "/apps", {"client_id": "theirs"})

    app = control("PATCH", "/apps/theirs", {"make_key": True}).get_json()

    assert (app["make_key"], app["jwks_url"]) == (True, OWN_URL)
    assert app["kid"]


def test_a_key_can_be_given_up(control: Control, refused: Refused) -> None:
    control("PATCH", "/apps/nhsauth-app", {"make_key": False})

    assert refused(control("GET", "/apps/nhsauth-app/private-key")) == (404, "Not Found", None)


def test_the_private_key_is_that_of_the_set(control: Control) -> None:
    answer = control("GET", "/apps/nhsauth-app/private-key")

    key = load_pem_private_key(answer.get_data(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey)
    [jwk] = control("GET", "/apps/nhsauth-app/jwks").get_json()["keys"]
    assert answer.content_type == "text/plain; charset=utf-8"
    assert keys.KeyPair(kid="nhsauth-1", private=key).public_jwk(alg="RS512") == jwk
    assert key.key_size == 4096


def test_the_set_of_a_made_key_has_its_public_half_alone(control: Control) -> None:
    [jwk] = control("GET", "/apps/nhsauth-app/jwks").get_json()["keys"]

    assert list(jwk) == ["kty", "kid", "use", "alg", "n", "e"]


def test_an_app_that_brought_its_keys_has_no_private_key_here(control: Control, refused: Refused) -> None:
    control("POST", "/apps", {"client_id": "theirs", "jwks": SET})

    assert refused(control("GET", "/apps/theirs/private-key")) == (404, "Not Found", None)


def test_the_key_of_a_users_file_is_not_handed_out(ring: KeyRing, refused: Refused) -> None:
    platform = Mock(
        Configuration(apps=(replace(READY_MADE_APP, key_name=own_key_name(READY_MADE_APP.client_id)),)), ring=ring
    )

    answer = Client(platform).get("/_nhsauth/apps/nhsauth-app/private-key", base_url=platform.url)

    assert refused(answer) == (404, "Not Found", None)


@pytest.mark.parametrize("path", ["/apps", "/apps/nhsauth-app", "/status", "/users", "/openapi.json"])
def test_looking_makes_no_key(keyless: Mock, asked_for: list[int], path: str) -> None:
    answer = Client(keyless).get(f"/_nhsauth{path}", base_url=keyless.url)

    assert (answer.status_code, asked_for) == (200, [])


def test_a_key_is_made_when_it_is_first_used(keyless: Mock, asked_for: list[int]) -> None:
    http = Client(keyless)
    http.post("/_nhsauth/apps", json={"client_id": "theirs", "make_key": True}, base_url=keyless.url)
    before = list(asked_for)

    http.get("/_nhsauth/apps/theirs/jwks", base_url=keyless.url)

    assert (before, asked_for) == ([], [4096])


def kept_url(control: Control, platform: Mock, post: Callable[..., TestResponse]) -> str:
    """Let the service keep the set of the ready-made app, and return the URL it is kept under."""
    post(
        grant_type="client_credentials",
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=control("POST", "/client-assertions", {}).get_json()["client_assertion"],
    )
    return f"{platform.url}{platform.apps.jwks_path(platform.apps.get('nhsauth-app'))}"


def test_a_set_that_the_service_keeps_stays_when_the_app_changes(
    control: Control, platform: Mock, post: Callable[..., TestResponse]
) -> None:
    url = kept_url(control, platform, post)

    control("PATCH", "/apps/nhsauth-app", {"jwks": SET})

    assert ("app", url) in dict(platform.store.jwks.items())


def test_refresh_jwks_lets_the_service_fetch_the_set_anew(
    control: Control, platform: Mock, post: Callable[..., TestResponse]
) -> None:
    url = kept_url(control, platform, post)

    control("PATCH", "/apps/nhsauth-app", {"jwks": SET, "refresh_jwks": True})

    assert ("app", url) not in dict(platform.store.jwks.items())


def test_refresh_jwks_reaches_every_name_of_the_mock_and_no_other_app(control: Control, platform: Mock) -> None:
    platform.names.origins.add("http://mock:8080")
    urls = [f"{origin}/_nhsauth/apps/nhsauth-app/jwks" for origin in ("http://mock:8080", platform.url)]
    others = [("app", ELSEWHERE), ("provider", urls[0]), ("app", f"{platform.url}/_nhsauth/apps/other/jwks")]
    for key in [*(("app", url) for url in urls), *others]:
        platform.store.jwks.put(key, FetchedJwks(at=0, url=ELSEWHERE, keys=()))

    control("PATCH", "/apps/nhsauth-app", {"refresh_jwks": True})

    assert [key for key, _ in platform.store.jwks.items()] == others


def test_refresh_jwks_reaches_a_url_elsewhere(control: Control, platform: Mock) -> None:
    platform.store.jwks.put(("app", ELSEWHERE), FetchedJwks(at=0, url=ELSEWHERE, keys=()))

    control("PATCH", "/apps/nhsauth-app", {"jwks_url": ELSEWHERE, "refresh_jwks": True})

    assert [key for key, _ in platform.store.jwks.items()] == []


def test_a_new_app_under_an_old_client_id_is_not_judged_by_the_old_set(
    control: Control, platform: Mock, post: Callable[..., TestResponse]
) -> None:
    url = kept_url(control, platform, post)

    control("DELETE", "/apps/nhsauth-app")

    assert ("app", url) not in dict(platform.store.jwks.items())


@pytest.mark.parametrize("client_id", ["a/b", "a%b", "a?b#c", "9999.apps.national", "jwks", "a;b=c"])
def test_the_service_finds_the_keys_of_any_allowed_client_id(control: Control, client_id: str) -> None:
    control("POST", "/apps", {"client_id": client_id, "make_key": True})

    answer = control("POST", "/access-tokens", {"access": "application", "client_id": client_id})

    assert answer.status_code == 200
