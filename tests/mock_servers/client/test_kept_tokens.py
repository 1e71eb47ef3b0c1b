"""How long the client keeps a token, who shares one, and what a refresh does to those that are kept."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from mock_servers.client import Client, Token
from tests.mock_servers.client.service import (
    ACCESS_TOKEN,
    APPLICATION_ANSWER,
    ID_TOKEN,
    NEXT_ANSWER,
    NOW,
    PERSON_ANSWER,
    REFRESH_TOKEN,
    Clock,
    Script,
    as_json,
    refusal_of,
    token,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("expires_in", "margin", "kept_for"),
    [
        pytest.param("599", {}, 539, id="a minute before the end"),
        pytest.param(599, {}, 539, id="lifetime a number"),
        pytest.param("599", {"margin": 100}, 499, id="margin chosen"),
        pytest.param("599", {"margin": 0}, 599, id="no margin"),
        pytest.param("30", {}, 15, id="life shorter than the margin"),
        pytest.param("100", {}, 50, id="margin more than half of the life"),
    ],
)
def test_token_is_kept_until_it_is_due(
    arguments: dict[str, Any], service: Script, expires_in: object, margin: dict[str, Any], kept_for: float
) -> None:
    service.plays(APPLICATION_ANSWER | {"expires_in": expires_in})
    clock = arguments["now"]
    counts = []

    with Client(**arguments, **margin) as client:
        for clock.now in (NOW, NOW + kept_for - 0.25, NOW + kept_for):
            client.client_credentials()
            counts.append(len(service.sent))

    assert counts == [1, 1, 2]


def test_token_without_life_is_not_kept(client: Client, service: Script) -> None:
    service.plays(APPLICATION_ANSWER | {"expires_in": "0"})

    client.client_credentials()
    client.client_credentials()

    assert len(service.sent) == 2


def test_kept_token_is_the_same_token(client: Client) -> None:
    assert client.client_credentials() is client.client_credentials()


def test_token_of_an_id_token_is_kept(client: Client, service: Script) -> None:
    service.plays(PERSON_ANSWER, NEXT_ANSWER)

    assert client.token_exchange(ID_TOKEN) is client.token_exchange(ID_TOKEN)


def test_another_id_token_gets_a_token_of_its_own(client: Client, service: Script) -> None:
    service.plays(PERSON_ANSWER, NEXT_ANSWER)

    got = [client.token_exchange(each).access_token for each in (ID_TOKEN, ID_TOKEN + "2", ID_TOKEN)]

    assert got == [ACCESS_TOKEN, NEXT_ANSWER["access_token"], ACCESS_TOKEN]


def test_token_of_an_id_token_is_renewed_when_due(client: Client, service: Script, clock: Clock) -> None:
    service.plays(PERSON_ANSWER, NEXT_ANSWER)

    client.token_exchange(ID_TOKEN)
    clock.now += 539

    assert client.token_exchange(ID_TOKEN).access_token == NEXT_ANSWER["access_token"]


def test_application_and_person_do_not_share_a_token(client: Client, service: Script) -> None:
    service.plays(APPLICATION_ANSWER, PERSON_ANSWER)

    client.client_credentials()
    client.token_exchange("")

    assert len(service.sent) == 2


def test_forget_drops_the_tokens(client: Client, service: Script) -> None:
    client.client_credentials()

    client.forget()
    client.client_credentials()

    assert len(service.sent) == 2


def test_a_token_that_arrives_after_forget_is_not_kept(client: Client, service: Script) -> None:
    service.on_request = client.forget

    client.client_credentials()
    client.client_credentials()

    assert len(service.sent) == 2


def test_refusal_is_not_kept(client: Client, service: Script) -> None:
    service.plays(as_json(503, {}), APPLICATION_ANSWER)

    refusal_of(client.client_credentials)

    assert client.client_credentials().access_token == ACCESS_TOKEN


def test_tokens_that_are_due_leave_the_memory(client: Client, service: Script, clock: Clock) -> None:
    service.plays(PERSON_ANSWER)
    for person in range(5):
        client.token_exchange(f"{ID_TOKEN}{person}")

    clock.now += 599
    client.token_exchange(ID_TOKEN)

    assert len(client._tokens) == 1  # noqa: SLF001 - nothing else shows it


def ask_in_eight_threads(service: Script, ask: Callable[[], Token]) -> list[Token]:
    """Hold the first request back until the seven other threads are on their way."""
    arrived, on_their_way, go_on = threading.Event(), threading.Barrier(8), threading.Event()

    def hold() -> None:
        arrived.set()
        assert go_on.wait(30)

    def follow() -> Token:
        on_their_way.wait(30)
        return ask()

    service.on_request = hold
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(ask)
        assert arrived.wait(30)
        others = [pool.submit(follow) for _ in range(7)]
        on_their_way.wait(30)
        go_on.set()
        return [each.result(30) for each in (first, *others)]


def test_eight_threads_make_one_request(client: Client, service: Script) -> None:
    ask_in_eight_threads(service, client.client_credentials)

    assert len(service.sent) == 1


def test_eight_threads_get_one_token(client: Client, service: Script) -> None:
    tokens = ask_in_eight_threads(service, client.client_credentials)

    assert len({id(each) for each in tokens}) == 1


def test_eight_threads_spend_a_refresh_token_once(client: Client, service: Script) -> None:
    service.plays(NEXT_ANSWER)

    ask_in_eight_threads(service, lambda: client.refresh(REFRESH_TOKEN))

    assert len(service.sent) == 1


def test_one_person_does_not_wait_for_another(client: Client, service: Script) -> None:
    service.plays(PERSON_ANSWER)
    both_there = threading.Barrier(2)
    service.on_request = lambda: both_there.wait(30)

    with ThreadPoolExecutor(2) as pool:
        tokens = list(pool.map(client.token_exchange, [ID_TOKEN, ID_TOKEN + "2"]))

    assert [each.access_token for each in tokens] == [ACCESS_TOKEN, ACCESS_TOKEN]


def test_refresh_takes_a_token(client: Client, service: Script) -> None:
    service.plays(NEXT_ANSWER)

    client.refresh(token(refresh_token=REFRESH_TOKEN))

    assert service.sent[0]["refresh_token"] == REFRESH_TOKEN


def test_refresh_gives_the_next_refresh_token(client: Client, service: Script) -> None:
    service.plays(NEXT_ANSWER)

    got = client.refresh(REFRESH_TOKEN)

    assert (got.refresh_token, got.refresh_count) == (NEXT_ANSWER["refresh_token"], 1)


def test_an_old_copy_of_a_spent_refresh_token_gets_its_successor(client: Client, service: Script) -> None:
    service.plays(NEXT_ANSWER)

    assert client.refresh(REFRESH_TOKEN) is client.refresh(REFRESH_TOKEN)


def test_a_successor_that_is_spent_itself_is_not_given_out(client: Client, service: Script) -> None:
    service.plays(NEXT_ANSWER, PERSON_ANSWER | {"refresh_token": "third"}, as_json(401, {"error": "invalid_grant"}))

    client.refresh(client.refresh(REFRESH_TOKEN))

    assert refusal_of(lambda: client.refresh(REFRESH_TOKEN)).error == "invalid_grant"


def test_after_a_refresh_the_exchanged_token_is_not_given_out(client: Client, service: Script) -> None:
    service.plays(PERSON_ANSWER, NEXT_ANSWER)

    client.refresh(client.token_exchange(ID_TOKEN))
    client.token_exchange(ID_TOKEN)

    assert [sent["grant_type"].rpartition(":")[2] for sent in service.sent] == [
        "token-exchange",
        "refresh_token",
        "token-exchange",
    ]


def test_after_a_refresh_the_tokens_of_others_stay(client: Client, service: Script) -> None:
    service.plays(APPLICATION_ANSWER, NEXT_ANSWER)

    kept = client.client_credentials()
    client.refresh(REFRESH_TOKEN)

    assert client.client_credentials() is kept


def test_a_failed_refresh_is_not_tried_again(client: Client, service: Script) -> None:
    service.plays(as_json(503, {}))

    refusal_of(lambda: client.refresh(REFRESH_TOKEN))

    assert len(service.sent) == 1


def test_refresh_without_a_refresh_token_says_what_to_do(client: Client) -> None:
    with pytest.raises(ValueError, match=r"client_credentials gives none, ask it for a new token"):
        client.refresh(client.client_credentials())


def test_refresh_without_the_secret_says_so(arguments: dict[str, Any]) -> None:
    client = Client(**arguments | {"client_secret": None})

    with pytest.raises(ValueError, match="refresh needs the app's client_secret"):
        client.refresh(REFRESH_TOKEN)
