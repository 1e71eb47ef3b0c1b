"""Two mocks over one state, as two processes have them, are one: what one has done the other knows."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from mock_servers.identity_provider import headless
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Api, Configuration
from mock_servers.state.debug_session import DebugSession, Transaction
from mock_servers.state.developer_app import DeveloperApp, Key, Subscription
from mock_servers.state.fault import Fault
from mock_servers.state.grant import ProviderRefreshToken
from mock_servers.state.person import READY_MADE
from mock_servers.state.table import Backend
from tests.mock_servers.conftest import CLIENT_CREDENTIALS, TOKEN_EXCHANGE
from tests.mock_servers.state.conftest import opened_as

URL = "http://mock.example:8080"
APP = "nhsauth-app"
SECRET = {"client_id": APP, "client_secret": "nhsauth-secret"}

Start = Callable[..., Mock]


@pytest.fixture(params=["sqlite", "valkey"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Backend]]:
    """Open the same state once more, as another process does."""
    backends: list[Backend] = []

    def open_again() -> Backend:
        backends.append(opened_as(request.param, request, tmp_path))
        return backends[-1]

    yield open_again
    for each in backends:
        each.close()


@pytest.fixture
def start(opened: Callable[[], Backend], ring: KeyRing) -> Start:
    """Start another mock over the same state."""

    def started(
        configuration: Configuration | None = None, *, clock: Clock | None = None, backend: Backend | None = None
    ) -> Mock:
        mock = Mock(configuration, ring=ring, clock=clock, backend=backend or opened())
        mock.served_at(URL)
        return mock

    return started


@pytest.fixture
def mocks(start: Start) -> tuple[Mock, Mock]:
    return start(), start()


def post(mock: Mock, path: str = "/oauth2/token", **form: Any) -> TestResponse:
    return Client(mock).post(path, data=form, base_url=URL)


def control(mock: Mock, method: str, path: str, **body: Any) -> Any:
    return Client(mock).open(f"/_nhsauth{path}", method=method, base_url="http://127.0.0.1:8080", json=body or None)


# tokens


def test_a_token_of_one_is_good_at_the_other_and_an_assertion_once_at_either(mocks: tuple[Mock, Mock]) -> None:
    one, other = mocks
    form = {**CLIENT_CREDENTIALS, "client_assertion": one.client_assertion(APP)}
    token = post(one, **form).get_json()["access_token"]

    api = Client(other).get(
        "/hello-world/hello/application", base_url=URL, headers={"Authorization": f"Bearer {token}"}
    )
    again = post(other, **form).get_json()

    assert api.status_code == 200
    assert again["error_description"] == "Non-unique 'jti' claim in client_assertion JWT"


def test_of_many_posts_of_one_assertion_to_both_one_gets_a_token(mocks: tuple[Mock, Mock]) -> None:
    form = {**CLIENT_CREDENTIALS, "client_assertion": mocks[0].client_assertion(APP)}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: post(mocks[number % 2], **form), range(16)))

    assert [answer.status_code for answer in answers].count(200) == 1


def test_of_many_uses_of_one_refresh_token_at_both_one_gets_a_token(mocks: tuple[Mock, Mock]) -> None:
    one, _ = mocks
    form = {
        **TOKEN_EXCHANGE,
        "client_assertion": one.client_assertion(APP),
        "subject_token": one.id_token("cis2", LogInRequest(client_id=APP)),
    }
    refresh = {"grant_type": "refresh_token", **SECRET, "refresh_token": post(one, **form).get_json()["refresh_token"]}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: post(mocks[number % 2], **refresh), range(16)))

    assert [answer.status_code for answer in answers].count(200) == 1


def test_the_keys_of_one_are_those_of_the_other(mocks: tuple[Mock, Mock]) -> None:
    one, other = mocks
    form = {
        **TOKEN_EXCHANGE,
        "client_assertion": other.client_assertion(APP),
        "subject_token": one.id_token("cis2", LogInRequest(client_id=APP)),
    }

    assert post(other, **form).status_code == 200


def test_keys_that_no_cache_keeps_are_made_once_for_all(start: Start) -> None:
    first, second = (KeyRing().sharing(start().store.keys) for _ in range(2))

    made = [ring.pair("only-here", bits=2048).private_pem() for ring in (first, second)]

    assert made[0] == made[1]


@pytest.mark.parametrize("turns", [(0, 1), (1, 0)], ids=["the one begins", "the other begins"])
def test_each_step_of_the_browser_flow_may_meet_another(mocks: tuple[Mock, Mock], turns: tuple[int, int]) -> None:
    met: list[int] = []
    turn = cycle(turns)

    def visit(*asked: Any, **more: Any) -> tuple[int, dict[str, str], bytes]:
        met.append(next(turn))
        return mocks[met[-1]].in_process.visit(*asked, **more)

    redirect_uri = mocks[0].apps.get(APP).redirect_uris[0]
    asked = {"client_id": APP, "redirect_uri": redirect_uri, "response_type": "code", "state": "mine"}
    end = headless.log_in(
        visit, f"{URL}/oauth2/authorize?{urlencode(asked)}", "656005750104", is_own=mocks[0].names.is_own
    )
    code = parse_qs(urlsplit(end).query)["code"][0]
    redeem = {"grant_type": "authorization_code", **SECRET, "redirect_uri": redirect_uri, "code": code}
    redeemed, again = (post(mocks[number], **redeem) for number in turns)

    assert len(met) >= 4
    assert redeemed.status_code == 200
    assert again.status_code == 400


# what a test does with it


def test_a_fault_is_met_as_often_as_ordered_by_requests_to_both(mocks: tuple[Mock, Mock]) -> None:
    one, other = mocks
    one.faults.order(Fault(on="token", do="status", times=3))

    statuses = [post(each, grant_type="x").status_code for each in (one, other, one, other, one)]

    assert statuses == [503, 503, 503, 400, 400]
    assert other.faults.all()[0].used == 3


def test_who_waits_at_one_goes_on_when_the_other_takes_the_fault_back(mocks: tuple[Mock, Mock]) -> None:
    one, other = mocks
    ordered = one.faults.order(Fault(on="token", do="delay", seconds=3600))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(post, one, grant_type="x")
        while not one.faults.get(ordered.id).used:
            wait([waiting], 0.01)
        other.faults.remove(ordered.id)
        while not wait([waiting], 0.1).done:
            other.faults.pause.end()  # it had been claimed, and the waiting not begun

        assert waiting.result(0).status_code == 400


def test_a_move_of_the_clock_is_seen_by_both(mocks: tuple[Mock, Mock]) -> None:
    one, other = mocks
    one.clock.set(1_900_000_000.0, frozen=True)
    other.clock.advance(60)

    assert one.clock.now() == other.clock.now() == 1_900_000_060.0


def test_a_reset_puts_the_clock_back_to_how_it_stood_at_the_start(start: Start) -> None:
    clock = Clock()
    clock.set(1_800_000_000.0, frozen=True)
    one, other = start(clock=clock), start()
    other.clock.advance(60)

    other.reset()

    assert one.clock.now() == other.clock.now() == 1_800_000_000.0


def test_the_journal_of_one_is_that_of_the_other_with_what_explains_it(mocks: tuple[Mock, Mock]) -> None:
    one, other = mocks
    assertion = one.client_assertion(APP)
    post(one, **CLIENT_CREDENTIALS, client_assertion=assertion)
    post(other, **CLIENT_CREDENTIALS, client_assertion=assertion)

    kept, last = one.exchanges.kept(), one.exchanges.last
    assert [record.id for record in kept] == [1, 2]
    assert [record.id for record in other.exchanges] == [1, 2]
    assert last.findings[0].id == "same-assertion-again"
    assert "was first sent" in last.findings[0].seen
    assert last.as_json() == other.exchanges.last.as_json()
    assert [step.rule for step in last.timeline() if step.state == "stopped"] == [last.refusal and last.refusal.rule]
    assert one.exchanges.find(str(last.message_id)) is not None
    assert (one.exchanges.tally().exchanges, other.exchanges.tally().refused) == (2, 1)


def test_who_waits_for_an_exchange_sees_that_of_the_other(mocks: tuple[Mock, Mock]) -> None:
    one, other = mocks
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(one.exchanges.wait, lambda kept: len(kept) == 1, 30)
        post(other, grant_type="x")

        assert waiting.result(30)


def test_a_cleared_journal_is_empty_for_both_and_its_numbers_go_on(mocks: tuple[Mock, Mock]) -> None:
    one, other = mocks
    post(one, grant_type="x")
    other.exchanges.clear()
    post(one, grant_type="x")

    assert [record.id for record in other.exchanges] == [2]


def test_what_one_has_forgotten_nobody_looks_back_at(mocks: tuple[Mock, Mock]) -> None:
    first, second = mocks
    for _ in range(3):
        post(first, grant_type="magic")
    seen = [each.id for each in second.exchanges.before(second.exchanges.last)]
    first.exchanges.clear()
    post(first, grant_type="magic")
    post(second, grant_type="magic")

    after = [[each.id for each in mock.exchanges.before(mock.exchanges.last)] for mock in mocks]

    assert seen == [2, 1]
    assert after == [[4], [4]]


def test_an_app_registered_at_one_is_known_to_the_other_and_gone_after_a_reset(mocks: tuple[Mock, Mock]) -> None:
    one, other = mocks
    created = control(one, "POST", "/apps", client_id="mine", make_key=True)
    known = other.apps.get("mine")
    form = {**CLIENT_CREDENTIALS, "client_assertion": other.client_assertion("mine")}

    assert created.status_code == 201
    assert post(one, **form).status_code == 200

    control(other, "POST", "/reset")

    assert known.client_id == "mine"
    assert one.store.apps.get("mine") is None
    assert one.apps.get(APP).redirect_uris == (f"{URL}/_nhsauth/callback",)


def test_all_that_the_flows_leave_behind_is_read_back_as_it_was(mocks: tuple[Mock, Mock]) -> None:
    """A refresh token, a code redeemed and one not, a log-out, faults, an app made over the management API."""
    one, other = mocks
    everything(one)
    state = other.snapshot()
    one.reset()
    one.restore(state)

    assert [name for name, entries in state.items() if not entries] == []
    assert other.snapshot() == state


def everything(mock: Mock) -> None:
    """Let something be in each table."""
    form = {
        **TOKEN_EXCHANGE,
        "client_assertion": mock.client_assertion(APP),
        "subject_token": mock.id_token("cis2", LogInRequest(client_id=APP)),
    }
    refresh_token = post(mock, **form).get_json()["refresh_token"]
    post(mock, grant_type="refresh_token", **SECRET, refresh_token=refresh_token)
    redirect_uri = mock.apps.get(APP).redirect_uris[0]
    for provider in ("cis2", "nhs_login"):
        form = {"grant_type": "authorization_code", "redirect_uri": redirect_uri, **SECRET}
        code = mock.issue_code(provider, LogInRequest(client_id=APP), redirect_uri)
        post(mock, mock.provider(provider).provider.endpoint("token"), **form, code=code)
    asked = {"client_id": APP, "redirect_uri": redirect_uri, "response_type": "code", "state": "\ud800"}
    end = mock.log_in(f"{URL}/oauth2/authorize?{urlencode(asked, errors='surrogatepass')}", user="656005750104")
    post(
        mock,
        grant_type="authorization_code",
        **SECRET,
        redirect_uri=redirect_uri,
        code=parse_qs(urlsplit(end).query)["code"][0],
    )
    mock.faults.order(Fault(on="token", do="status", body={"a": [1, None]}, times=None))
    log_in = mock.store.codes.newest(1)[0].log_in
    mock.store.vouchable.put((log_in.provider, APP, "jti"), log_in)
    mock.store.provider_refresh_tokens.put("value", ProviderRefreshToken(log_in=log_in, scope="openid", expires_at=1))
    mock.store.client_metadata.put((log_in.provider, APP, log_in.person.id), "\ud800")
    recorded = DebugSession(name="s", begun_at=1, transactions=(Transaction(id="1", variables=(("a", "b"),)),))
    mock.store.runs.put("browser", "{}")
    mock.store.debug_sessions.put(("int", "proxy"), (recorded,))
    mock.add_api(Api(path="/mine", upstream="http://127.0.0.1:9", scopes=("urn:nhsd:apim:app:level3:mine",)))
    mock.developer_apps.add(
        DeveloperApp(
            id="1",
            developer="me",
            name="app",
            keys=(Key(consumer_key="k", consumer_secret="s", subscriptions=(Subscription(product="p"),), issued_at=1),),
            created_at=1,
            modified_at=1,
        )
    )


def test_a_snapshot_taken_at_one_is_restored_at_the_other_once(mocks: tuple[Mock, Mock]) -> None:
    one, other = mocks
    one.clock.set(1_900_000_000.0, frozen=True)
    name = control(one, "POST", "/snapshots").get_json()["id"]
    one.clock.advance(60)
    control(one, "POST", "/apps", client_id="later")

    assert control(other, "POST", f"/snapshots/{name}/restore").status_code == 204
    assert one.store.apps.get("later") is None
    assert one.clock.now() == 1_900_000_000.0
    assert control(one, "POST", f"/snapshots/{name}/restore").status_code == 404


def test_an_id_token_got_by_a_name_that_one_was_called_by_is_good_at_the_other(mocks: tuple[Mock, Mock]) -> None:
    one, other = mocks

    def exchanged() -> TestResponse:
        id_token = one.id_token("cis2", LogInRequest(client_id=APP), base="http://elsewhere.example:9000")
        return post(other, **TOKEN_EXCHANGE, client_assertion=other.client_assertion(APP), subject_token=id_token)

    before = exchanged()
    Client(one).get("/oauth2/_ping", base_url="http://elsewhere.example:9000")

    assert (before.status_code, exchanged().status_code) == (400, 200)
    assert "http://elsewhere.example:9000" in list(other.names.origins)


# how it begins


def test_a_state_that_was_there_stays_as_it_is(start: Start) -> None:
    first = start()
    first.apps.change(APP, name="changed")
    token = post(first, **CLIENT_CREDENTIALS, client_assertion=first.client_assertion(APP)).get_json()["access_token"]

    second = start()

    assert second.apps.get(APP).name == "changed"
    assert second.store.access_tokens.get(token) is not None


def test_of_many_that_begin_at_once_one_does(start: Start, opened: Callable[[], Backend]) -> None:
    backends = [opened() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        mocks = list(pool.map(lambda backend: start(backend=backend), backends))

    assert len({mock.store.seeded.get("start") for mock in mocks}) == 1
    assert mocks[0].store.people.size() == len(READY_MADE)
    assert [app.client_id for app in mocks[-1].apps.all()] == [APP]


def test_another_configuration_than_the_state_began_with_is_said(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start()
    assert caplog.messages == []

    start(Configuration(apps=()))

    assert [message for message in caplog.messages if "nhsauth state clear" in message] != []


def test_both_see_the_same_records_before_one_whichever_of_them_kept_each(start: Start) -> None:
    mocks = start(), start()
    for number, mock in zip(range(104), cycle(mocks), strict=False):  # more than either has in its own memory
        post(mock, grant_type=str(number))
        seen = [each.id for each in mock.exchanges.before(mock.exchanges.last)]
        assert seen == list(range(number, max(number - 50, 0), -1))

    one, other = (list(mock.exchanges.before(mock.exchanges.last)) for mock in mocks)
    assert [each.as_json() for each in one] == [each.as_json() for each in other]
    assert one[0].grant_type == "102"
