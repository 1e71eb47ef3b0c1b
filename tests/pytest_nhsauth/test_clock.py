"""The clock as a test moves it, and what is said of a moment that is none."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pytest_nhsauth import Clock

NOON = datetime(2031, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        NOON.astimezone(timezone(timedelta(hours=1))),
        NOON.timestamp(),
        int(NOON.timestamp()),
        "2031-05-01T12:00:00Z",
        "2031-05-01T13:00:00+01:00",
    ],
    ids=str,
)
def test_a_moment_may_be_said_in_many_ways(nhsauth_clock: Clock, moment: float | str | datetime) -> None:
    nhsauth_clock.freeze(moment)

    assert (nhsauth_clock.now(), nhsauth_clock.frozen) == (NOON.timestamp(), True)


def test_it_stops_where_it_is(nhsauth_clock: Clock) -> None:
    nhsauth_clock.set(NOON)

    nhsauth_clock.freeze()

    assert nhsauth_clock.now() == nhsauth_clock.now()
    assert 0 <= nhsauth_clock.now() - NOON.timestamp() < 60


def test_it_advances_by_a_timedelta(nhsauth_clock: Clock) -> None:
    nhsauth_clock.freeze(NOON)

    nhsauth_clock.advance(timedelta(minutes=-10))

    assert nhsauth_clock.now() == NOON.timestamp() - 600


def test_its_repr_says_how_it_stands(nhsauth_clock: Clock) -> None:
    nhsauth_clock.freeze(NOON)

    assert repr(nhsauth_clock) == "<Clock: 2031-05-01T12:00:00+00:00, frozen>"


@pytest.mark.parametrize(
    "moment", ["noon", "2031-05-01T12:00:00", NOON.replace(tzinfo=None), -1, 1e12, float("nan"), float("inf")], ids=str
)
@pytest.mark.parametrize("call", ["set", "freeze"])
def test_what_is_not_moment_is_refused(nhsauth_clock: Clock, call: str, moment: float | str | datetime) -> None:
    with pytest.raises(ValueError, match=r"^the moment is .*; allowed: seconds since 1970, or a datetime or ISO 8601"):
        getattr(nhsauth_clock, call)(moment)


@pytest.mark.parametrize("seconds", [1e12, -1e12, float("nan")])
def test_it_advances_to_no_time_that_nobody_can_write(nhsauth_clock: Clock, seconds: float) -> None:
    nhsauth_clock.freeze(NOON)

    with pytest.raises(ValueError, match="the moment is"):
        nhsauth_clock.advance(seconds)
    assert nhsauth_clock.now() == NOON.timestamp()
