"""Listening to a connection: what passes by is read a moment later, in its order, with the time at which it passed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mock_servers.traffic.http_observer import HttpObserver, ObservedExchange

REQUEST = b"POST /oauth2/token HTTP/1.1\r\nHost: int.api.service.nhs.uk\r\nContent-Length: 2\r\n\r\n"
ANSWER = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad"


@dataclass(slots=True)
class Listening:
    """Somebody who listens to one connection, by a clock that goes on by a second with each look."""

    exchanges: list[ObservedExchange] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    seconds: Iterator[float] = field(default_factory=lambda: iter([float(number) for number in range(1, 100)]))

    def begin(self) -> HttpObserver:
        return HttpObserver(
            "int.api.service.nhs.uk", self.exchanges.append, self.losses.append, lambda: next(self.seconds)
        )


def test_an_exchange_is_read_later_with_the_moments_at_which_it_passed() -> None:
    listening = Listening()
    overhearing = listening.begin()
    overhearing.asked(REQUEST)
    overhearing.asked(b"ab")
    overhearing.answered(ANSWER)
    assert listening.exchanges == []
    overhearing.catch_up()
    (heard,) = listening.exchanges
    assert heard.answer is not None
    assert (heard.asked.began_at, heard.answer.began_at, heard.ended_at) == (1, 3, 3)
    assert (bytes(heard.asked.body), bytes(heard.answer.body)) == (b"ab", b"bad")


def test_what_was_not_read_yet_is_read_when_the_connection_ends() -> None:
    listening = Listening()
    overhearing = listening.begin()
    overhearing.asked(REQUEST + b"ab")
    overhearing.answered(ANSWER)
    overhearing.asked(REQUEST)
    overhearing.ended()
    assert [(each.status, each.asked.is_whole) for each in listening.exchanges] == [(400, True), (0, False)]
    assert [each.ended_at for each in listening.exchanges] == [2, 4]


def test_no_more_than_a_bound_waits_to_be_read() -> None:
    listening = Listening()
    overhearing = listening.begin()
    overhearing.asked(b"GET / HTTP/1.1\r\n\r\n")
    overhearing.answered(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(10):
        overhearing.answered(b"x" * 10_000)
    overhearing.asked(b"x" * 70_000)
    assert [each.status for each in listening.exchanges] == [200]
    assert listening.losses == ["there is no end of a line or head within 65536 bytes"]


def test_nothing_is_kept_once_the_thread_is_lost() -> None:
    listening = Listening()
    overhearing = listening.begin()
    overhearing.answered(ANSWER)
    overhearing.asked(REQUEST)
    overhearing.catch_up()
    overhearing.asked(REQUEST)
    overhearing.ended()
    assert (listening.losses, listening.exchanges) == (["an answer came without a request"], [])
    assert next(listening.seconds) == 3  # at which nothing passed by any more
