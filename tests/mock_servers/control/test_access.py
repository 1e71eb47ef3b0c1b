"""Who may control a mock that has a control token: what each token opens, and that no other opens it."""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.control.app import CALLS
from mock_servers.control.calls import Call
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock, opened
from mock_servers.platform.access import ROOT, Access, Caller
from mock_servers.settings.control import ControlSettings
from mock_servers.state.configuration import Configuration
from tests.mock_servers.control import many_teams

ROOT_TOKEN = "of-the-root"
TEAMS = {"team-a": "of-team-a", "team-b": "of-team-b"}
SETTINGS = ControlSettings(token=ROOT_TOKEN, teams=TEAMS, worlds_each=3)
HTML = {"Accept": "text/html"}

Ask = Callable[..., TestResponse]
Made = Callable[..., dict[str, str]]


@pytest.fixture
def guarded(ring: KeyRing) -> Mock:
    """A mock with a control token and two teams."""
    return Mock(Configuration(control=SETTINGS), ring=ring)


def asking(platform: Mock) -> Ask:
    """Call a path of a mock; a token goes out as Bearer, `body` as JSON."""
    http = Client(platform, use_cookies=False)

    def ask(
        method: str, path: str, token: str | None = None, body: Any = None, headers: Mapping[str, str] = {}
    ) -> TestResponse:
        sent = dict(headers) if token is None else {"Authorization": f"Bearer {token}", **headers}
        return http.open(path, method=method, base_url=platform.url, headers=sent, json=body)

    return ask


@pytest.fixture
def ask(guarded: Mock) -> Ask:
    return asking(guarded)


@pytest.fixture
def made(ask: Ask) -> Made:
    """Make a world by a token, and return what is answered."""

    def make(token: str, **members: str) -> dict[str, str]:
        answer = ask("POST", "/_nhsauth/worlds", token, members)
        assert answer.status_code == 201
        world: dict[str, str] = answer.get_json()
        return world

    return make


def path_of(call: Call) -> str:
    return call.path.replace("<path:", "<").replace("<client_id>", "nhsauth-app").replace("<", "").replace(">", "")


OPEN = [("GET", "/health"), ("GET", "/callback"), ("GET", "/apps/<path:client_id>/jwks")]
OF_LOG_IN = [("GET", "/log-in"), ("POST", "/log-in")]
OF_ANY = [("GET", "/status"), ("GET", "/openapi.json"), ("GET", "/errors")]
OF_ANY += [("GET", "/worlds"), ("POST", "/worlds"), ("GET", "/worlds/<name>"), ("DELETE", "/worlds/<name>")]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_without_a_token_only_health_callback_key_sets_and_the_log_in_are_open(call: Call, ask: Ask) -> None:
    answer = ask(call.method, f"/_nhsauth{path_of(call)}", {} if call.body else None)

    assert (answer.status_code != 401) == ((call.method, call.path) in (*OPEN, *OF_LOG_IN))


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_a_teams_token_opens_no_call_about_the_root_world(call: Call, ask: Ask) -> None:
    answer = ask(call.method, f"/_nhsauth{path_of(call)}", TEAMS["team-a"], {} if call.body else None)

    assert (answer.status_code != 403) == ((call.method, call.path) in (*OPEN, *OF_LOG_IN, *OF_ANY))


@pytest.mark.parametrize("call", [call for call in CALLS if call.takes != "no token"], ids=lambda call: call.name)
def test_another_teams_token_finds_no_world_at_any_call(call: Call, ask: Ask, made: Made) -> None:
    made(TEAMS["team-a"], name="wa")

    answer = ask(call.method, f"/_worlds/wa/_nhsauth{path_of(call)}", TEAMS["team-b"], {} if call.body else None)

    assert (answer.status_code, answer.get_json()["world"]) == (404, "wa")


def test_what_a_real_service_publishes_is_open(guarded: Mock, ask: Ask) -> None:
    urls = [guarded.provider_urls(name)[word] for name in ("cis2", "nhs_login") for word in ("discovery", "jwks")]

    assert [ask("GET", url.removeprefix(guarded.url)).status_code for url in urls] == [200] * 4
    assert ask("POST", "/oauth2/token").get_json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("sent", "challenge", "words"),
    [
        ({}, 'Bearer realm="nhsauth"', "No control token was sent: send Authorization: Bearer TOKEN"),
        ({"Authorization": "Basic YTpi"}, 'Bearer realm="nhsauth"', 'Authorization is "Basic" and more: send'),
        ({"Authorization": "Bearer"}, 'Bearer realm="nhsauth", error="invalid_token"', "The token is none of this"),
        ({"Authorization": "Bearer of-the-roo"}, 'Bearer realm="nhsauth", error="invalid_token"', "The token is none"),
        ({"Authorization": "Bearer \u00fc.x"}, 'Bearer realm="nhsauth", error="invalid_token"', "The token is none"),
        ({"Authorization": "Bearer wa.AAAA"}, 'Bearer realm="nhsauth", error="invalid_token"', "The token is none"),
    ],
)
def test_a_refusal_says_what_to_send(ask: Ask, sent: dict[str, str], challenge: str, words: str) -> None:
    answer = ask("GET", "/_nhsauth/apps", headers=sent)

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, challenge)
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["detail"].startswith(words)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_the_root_token_opens_all(ask: Ask, made: Made, scheme: str) -> None:
    made(TEAMS["team-a"], name="wa")
    headers = {"Authorization": f"{scheme} {ROOT_TOKEN}"}

    assert ask("GET", "/_nhsauth/apps", headers=headers).status_code == 200
    assert ask("GET", "/_worlds/wa/_nhsauth/apps", headers=headers).status_code == 200
    assert ask("DELETE", "/_nhsauth/worlds/wa", headers=headers).status_code == 204


def test_an_unknown_path_is_no_secret_and_opens_nothing(ask: Ask) -> None:
    assert ask("GET", "/_nhsauth/nowhere").status_code == 401
    assert ask("PUT", "/_nhsauth/apps/nhsauth-app/jwks").status_code == 401
    assert ask("GET", "/_nhsauth/nowhere", ROOT_TOKEN).status_code == 404


# worlds


def test_a_team_sees_changes_and_ends_its_own_worlds(ask: Ask, made: Made) -> None:
    made(TEAMS["team-a"], name="wa")

    assert ask("POST", "/_worlds/wa/_nhsauth/apps", TEAMS["team-a"], {"client_id": "x"}).status_code == 201
    assert ask("GET", "/_nhsauth/worlds/wa", TEAMS["team-a"]).get_json()["team"] == "team-a"
    assert ask("DELETE", "/_nhsauth/worlds/wa", TEAMS["team-a"]).status_code == 204
    assert ask("GET", "/_worlds/wa/_nhsauth/apps", TEAMS["team-a"]).status_code == 404


def test_the_list_of_worlds_has_those_that_the_token_controls(ask: Ask, made: Made) -> None:
    own = made(TEAMS["team-a"], name="wa")
    made(TEAMS["team-b"], name="wb")
    made(ROOT_TOKEN, name="wr")

    def listed(token: str) -> list[str]:
        return [world["name"] for world in ask("GET", "/_nhsauth/worlds", token).get_json()]

    assert listed(TEAMS["team-a"]) == ["wa"]
    assert listed(TEAMS["team-b"]) == ["wb"]
    assert listed(own["token"]) == ["wa"]
    assert listed(ROOT_TOKEN) == ["wa", "wb", "wr"]
    assert "token" not in str(ask("GET", "/_nhsauth/worlds", ROOT_TOKEN).get_json())


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_another_teams_world_is_answered_like_one_that_is_not_there(ask: Ask, made: Made, method: str) -> None:
    made(TEAMS["team-a"], name="wa")

    def answered(name: str) -> tuple[int, str]:
        answer = ask(method, f"/_nhsauth/worlds/{name}", TEAMS["team-b"])
        return answer.status_code, answer.get_data(as_text=True).replace(name, "…")

    assert answered("wa") == answered("wx")
    below = ask(method, "/_worlds/wa/_nhsauth/apps", TEAMS["team-b"]).get_json()
    unknown = ask(method, "/_worlds/wx/_nhsauth/apps", TEAMS["team-b"]).get_json()
    assert str(below).replace("'wa'", "'wx'").replace('"wa"', '"wx"') == str(unknown)
    assert ask("GET", "/_nhsauth/worlds/wa", TEAMS["team-a"]).status_code == 200


def test_a_worlds_token_controls_that_world_alone(ask: Ask, made: Made) -> None:
    own, other = made(TEAMS["team-a"], name="one"), made(TEAMS["team-a"], name="two")

    assert ask("GET", "/_worlds/one/_nhsauth/exchanges", own["token"]).status_code == 200
    assert ask("GET", "/_worlds/two/_nhsauth/exchanges", own["token"]).status_code == 404
    assert ask("GET", "/_nhsauth/exchanges", own["token"]).status_code == 403
    assert ask("POST", "/_nhsauth/worlds", own["token"], {}).status_code == 403
    assert ask("DELETE", "/_nhsauth/worlds/two", own["token"]).status_code == 404
    assert ask("DELETE", "/_nhsauth/worlds/two", other["token"]).status_code == 204


def test_the_token_of_a_world_is_worth_nothing_to_a_later_one_of_the_same_name(ask: Ask, made: Made) -> None:
    earlier = made(TEAMS["team-a"], name="wa")
    ask("DELETE", "/_nhsauth/worlds/wa", TEAMS["team-a"])
    later = made(TEAMS["team-b"], name="wa")

    assert later["token"] != earlier["token"]
    assert ask("GET", "/_worlds/wa/_nhsauth/apps", earlier["token"]).status_code == 401
    assert ask("GET", "/_worlds/wa/_nhsauth/apps", later["token"]).status_code == 200


def test_a_team_at_its_limit_is_refused_and_no_other(ask: Ask, made: Made) -> None:
    for _ in range(SETTINGS.worlds_each):
        made(TEAMS["team-a"])

    full = ask("POST", "/_nhsauth/worlds", TEAMS["team-a"], {})

    assert (full.status_code, full.get_json()["title"]) == (429, "Too Many Requests")
    assert full.get_json()["detail"] == (
        "Team team-a has 3 worlds, which is its limit: delete one, or wait until one was idle for an hour."
    )
    for _ in range(SETTINGS.worlds_each):
        made(TEAMS["team-b"])
    assert len(ask("GET", "/_nhsauth/worlds", ROOT_TOKEN).get_json()) == SETTINGS.most_worlds == 6


def test_the_worlds_of_all_are_bounded(ask: Ask, made: Made) -> None:
    for _ in range(SETTINGS.most_worlds):
        made(ROOT_TOKEN)

    full = ask("POST", "/_nhsauth/worlds", ROOT_TOKEN, {})

    assert (full.status_code, full.get_json()["detail"].partition(":")[0]) == (
        409,
        "6 worlds are there, which is the limit",
    )


def test_a_world_that_is_refused_leaves_nothing_behind(guarded: Mock, ask: Ask, made: Made) -> None:
    for _ in range(SETTINGS.worlds_each):
        made(TEAMS["team-a"])
    ask("POST", "/_nhsauth/worlds", TEAMS["team-a"], {"name": "late"})

    assert guarded.worlds is not None
    assert guarded.worlds.get("late") is None
    assert ask("GET", "/_worlds/late/oauth2/token").status_code == 404


def test_of_teams_that_ask_two_processes_at_once_each_gets_its_whole_share(ring: KeyRing, tmp_path: Path) -> None:
    state, configuration = f"sqlite:{tmp_path}/state", Configuration(control=SETTINGS)
    processes = [asking(Mock(configuration, ring=ring, backend=opened(state))) for _ in range(2)]

    def make(number: int) -> int:
        token = list(TEAMS.values())[number // 2 % 2]
        return processes[number % 2]("POST", "/_nhsauth/worlds", token, {}).status_code

    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(make, range(24)))

    assert sorted(statuses) == [201] * 6 + [429] * 18
    for token in TEAMS.values():
        assert len(processes[0]("GET", "/_nhsauth/worlds", token).get_json()) == SETTINGS.worlds_each


def test_a_worlds_configuration_cannot_name_other_tokens(ask: Ask) -> None:
    answer = ask("POST", "/_nhsauth/worlds", TEAMS["team-a"], {"config": {"control": {"token": "mine"}}})

    assert (answer.status_code, answer.get_json()["member"]) == (400, "config.control")


def test_tokens_hold_in_every_process_and_after_a_restart(ring: KeyRing, tmp_path: Path) -> None:
    def process() -> Ask:
        return asking(Mock(Configuration(control=SETTINGS), ring=ring, backend=opened(f"sqlite:{tmp_path}/state")))

    world = process()("POST", "/_nhsauth/worlds", TEAMS["team-a"], {"name": "wa"}).get_json()
    other = process()

    assert other("GET", "/_worlds/wa/_nhsauth/apps", world["token"]).status_code == 200
    assert other("GET", "/_worlds/wa/_nhsauth/apps", TEAMS["team-a"]).status_code == 200
    assert other("GET", "/_worlds/wa/_nhsauth/apps", TEAMS["team-b"]).status_code == 404


def test_no_token_is_stored(ring: KeyRing, tmp_path: Path) -> None:
    platform = Mock(Configuration(control=SETTINGS), ring=ring, backend=opened(f"sqlite:{tmp_path}/state"))
    ask = asking(platform)
    world = ask("POST", "/_nhsauth/worlds", TEAMS["team-a"], {"name": "wa"}).get_json()
    ask("GET", "/_worlds/wa/_nhsauth/apps", world["token"])

    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert b'"wa"' in stored
    for token in (ROOT_TOKEN, *TEAMS.values(), world["token"], world["token"].partition(".")[2]):
        assert token.encode() not in stored


def test_thirty_teams_with_two_hundred_worlds_see_and_change_none_of_each_others(ring: KeyRing) -> None:
    guarded = Mock(Configuration(control=ControlSettings(token=ROOT_TOKEN, teams=many_teams.TEAMS)), ring=ring)
    http = Client(guarded, use_cookies=False)

    def ask(method: str, path: str, token: str, body: Any = None) -> many_teams.Answer:
        headers = {"Authorization": f"Bearer {token}"}
        answer = http.open(path, method=method, base_url=guarded.url, headers=headers, json=body)
        return answer.status_code, answer.get_json(silent=True)

    many_teams.try_each_others_worlds(ask)


def test_a_world_with_a_configuration_of_its_own_takes_the_same_tokens(guarded: Mock, ask: Ask) -> None:
    config = {"apim": {"access_token_lifetime": 60}}
    world = ask("POST", "/_nhsauth/worlds", TEAMS["team-a"], {"name": "wa", "config": config}).get_json()

    statuses = [ask("GET", "/_worlds/wa/_nhsauth/apps", each).status_code for each in (None, "x", world["token"])]

    assert statuses == [401, 401, 200]
    assert guarded.worlds is not None
    platform = guarded.worlds.platform("wa")
    assert platform is not None
    assert platform.configuration.control == SETTINGS


# people at the pages


@pytest.fixture
def browser(guarded: Mock) -> Client:
    """What keeps cookies, as a browser does."""
    return Client(guarded)


def log_in(browser: Client, url: str, token: str, page: str = "", **headers: str) -> TestResponse:
    path = url.partition("127.0.0.1:8080")[2]
    return browser.post(
        f"{path}/_nhsauth/log-in",
        data={"token": token, "page": page},
        base_url="http://127.0.0.1:8080",
        headers={**HTML, "Origin": "http://127.0.0.1:8080", **headers},
    )


def test_a_page_asks_a_browser_for_the_token(browser: Client) -> None:
    answer = browser.get("/_nhsauth/errors?text=jti&from=2", base_url="http://127.0.0.1:8080", headers=HTML)

    assert (answer.status_code, answer.content_type) == (401, "text/html; charset=utf-8")
    assert 'action="/_nhsauth/log-in"' in answer.text
    assert 'name="page" value="/_nhsauth/errors?text=jti&amp;from=2"' in answer.text


def test_after_the_log_in_a_cookie_stands_for_the_token(browser: Client, guarded: Mock) -> None:
    answer = log_in(browser, guarded.url, f" {ROOT_TOKEN}\n", "/_nhsauth/errors?text=jti")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/_nhsauth/errors?text=jti")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("nhsauth-control=")
    assert cookie.partition("; ")[2].split("; ") == ["HttpOnly", "Path=/_nhsauth", "SameSite=Strict"]
    assert ROOT_TOKEN not in cookie
    assert browser.get("/_nhsauth/apps", base_url=guarded.url).status_code == 200


def test_through_tls_the_cookie_is_for_tls_alone(browser: Client) -> None:
    answer = browser.post("/_nhsauth/log-in", json={"token": ROOT_TOKEN}, base_url="https://127.0.0.1:8080")

    assert (answer.status_code, "; Secure;" in answer.headers["Set-Cookie"]) == (204, True)


@pytest.mark.parametrize("page", ["", "https://evil.example/", "//evil.example", "/oauth2/token", "/_nhsauth/\r\nX: y"])
def test_the_log_in_sends_nobody_elsewhere(browser: Client, guarded: Mock, page: str) -> None:
    assert log_in(browser, guarded.url, ROOT_TOKEN, page).headers["Location"] == "/_nhsauth/"


def test_a_cookie_is_for_one_world(browser: Client, guarded: Mock, made: Made) -> None:
    one, two = made(TEAMS["team-a"]), made(TEAMS["team-a"])

    log_in(browser, one["url"], TEAMS["team-a"])

    assert browser.get(f"{one['control']}/apps", base_url=guarded.url).status_code == 200
    assert browser.get(f"{two['control']}/apps", base_url=guarded.url).status_code == 401
    assert browser.get("/_nhsauth/apps", base_url=guarded.url).status_code == 401


@pytest.mark.parametrize("token", ["wrong", "", TEAMS["team-b"]])
def test_a_wrong_token_is_asked_for_again(browser: Client, made: Made, token: str) -> None:
    world = made(TEAMS["team-a"], name="wa")

    answer = log_in(browser, world["url"], token, "/_worlds/wa/_nhsauth/exchanges")

    if token:
        assert (answer.status_code, "There is a problem" in answer.text) == (401, True)
        assert 'value="/_worlds/wa/_nhsauth/exchanges"' in answer.text
        assert f'value="{token}"' not in answer.text
    else:
        assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


def test_another_sites_form_logs_nobody_in(browser: Client, guarded: Mock) -> None:
    answer = log_in(browser, guarded.url, ROOT_TOKEN, Origin="https://evil.example")

    assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 403), ({"Origin": "https://evil.example"}, 403), ({"Origin": "http://127.0.0.1:8080"}, 204)],
)
def test_a_change_by_cookie_comes_from_a_page_of_ours(
    browser: Client, guarded: Mock, headers: dict[str, str], status: int
) -> None:
    log_in(browser, guarded.url, ROOT_TOKEN)

    answer = browser.delete("/_nhsauth/exchanges", base_url=guarded.url, headers=headers)

    assert answer.status_code == status


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda cookie: cookie[:-1] + ("A" if cookie[-1] != "A" else "B"),
        lambda cookie: cookie.partition(".")[0],
        lambda cookie: "." + cookie.partition(".")[2],
        lambda _: "",
        lambda _: "a.b.c",
        lambda _: "\u00fc",
        lambda _: "OTk5OTk5OTk5OTkgcm9vdA.",
    ],
)
def test_a_cookie_that_the_mock_has_not_made_is_nobodys(guarded: Mock, spoilt: Callable[[str], str]) -> None:
    access = Access(guarded)
    cookie = access.cookie_of(ROOT, 2_000)

    assert access.caller_of_cookie(cookie, 1_999) == ROOT
    assert access.caller_of_cookie(spoilt(cookie), 1_999) is None


def test_a_cookie_ends_by_time_with_its_token_and_with_its_world(guarded: Mock, made: Made, ask: Ask) -> None:
    made(TEAMS["team-a"], name="wa")
    access, callers = Access(guarded), (ROOT, Caller("team", "team-a"), Caller("world", "wa"))
    cookies = [access.cookie_of(caller, 2_000) for caller in callers]

    assert [access.caller_of_cookie(each, 2_000) for each in cookies] == [None] * 3
    assert [access.caller_of_cookie(each, 1_000) for each in cookies] == [*callers]
    guarded.configuration = replace(
        guarded.configuration, control=replace(SETTINGS, token="another", teams={"team-a": "changed"})
    )
    ask("DELETE", "/_nhsauth/worlds/wa", ROOT_TOKEN)
    assert [Access(guarded).caller_of_cookie(each, 1_000) for each in cookies] == [None] * 3


# what is said of it


def test_a_token_shows_in_no_answer_no_page_and_no_log(
    guarded: Mock, ask: Ask, made: Made, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world = made(TEAMS["team-a"], name="wa")
    ask("POST", "/oauth2/token", ROOT_TOKEN)
    asked = ["/status", "/exchanges", "/", "/openapi.json", "/worlds", "/apps", "/users"]
    said = [ask("GET", f"/_nhsauth{path}", ROOT_TOKEN).text for path in asked]
    said += [ask("GET", f"/_nhsauth{path}", ROOT_TOKEN, headers=HTML).text for path in asked]
    said += [ask("GET", "/_nhsauth/apps", f"{ROOT_TOKEN}x").text, caplog.text, repr(guarded.configuration)]
    said += [str(guarded.snapshot())]

    for token in (*TEAMS.values(), world["token"], ROOT_TOKEN):
        assert [text for text in said if token in text] == []


def test_the_description_names_the_token_where_one_is_set(ask: Ask, ring: KeyRing) -> None:
    document = ask("GET", "/_nhsauth/openapi.json", ROOT_TOKEN).get_json()
    without = asking(Mock(ring=ring))("GET", "/_nhsauth/openapi.json").get_json()

    assert document["security"] == [{"controlToken": []}]
    assert document["components"]["securitySchemes"]["controlToken"]["scheme"] == "bearer"
    free = [path for path, methods in document["paths"].items() if "security" in next(iter(methods.values()))]
    assert sorted(free) == ["/apps/{client_id}/jwks", "/callback", "/health", "/log-in"]
    assert "security" not in without


@pytest.fixture
def without_token(ring: KeyRing) -> Client:
    return Client(Mock(ring=ring))


def test_without_a_control_token_nothing_is_asked_for(without_token: Client) -> None:
    made = without_token.post("/_nhsauth/worlds", json={"name": "wa"}, base_url="http://127.0.0.1:8080").get_json()

    assert sorted(made) == ["control", "name", "url"]
    headers = {"Authorization": "Bearer anything"}
    answer = without_token.get("/_worlds/wa/_nhsauth/apps", base_url="http://127.0.0.1:8080", headers=headers)
    assert answer.status_code == 200
    page = without_token.get("/_nhsauth/log-in", base_url="http://127.0.0.1:8080").text
    assert "nobody has to log in" in page


@pytest.mark.parametrize("settings", [ControlSettings(teams={"a": "x"}), ControlSettings(token_file="nowhere")])
def test_a_token_that_was_not_found_leaves_nothing_open(ring: KeyRing, settings: ControlSettings) -> None:
    platform = Mock(Configuration(control=settings), ring=ring)

    assert asking(platform)("GET", "/_nhsauth/apps").status_code == 401
