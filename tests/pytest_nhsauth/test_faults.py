"""The fixture `nhsauth_faults`: faults in words of Python, at a mock of this process and at one that runs elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any, get_args

import pytest
import requests

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.fault import PLACES
from pytest_nhsauth.faults import Faults, Place
from pytest_nhsauth.platform import Platform
from pytest_nhsauth.remote import connected

Run = Callable[..., pytest.RunResult]


@pytest.fixture(scope="module", params=["in process", "elsewhere"])
def served(ring: KeyRing, request: pytest.FixtureRequest) -> Iterator[Platform]:
    """A platform as fixtures have it, wherever it runs."""
    mock = Mock(ring=ring)
    with mock.serving(), nullcontext(mock) if request.param == "in process" else connected(mock.url) as target:
        yield Platform(target)


@pytest.fixture
def platform(served: Platform) -> Iterator[Platform]:
    with served.isolated():
        yield served


@pytest.fixture
def faults(platform: Platform) -> Faults:
    return platform.faults


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"status": 503}, "status 503 on token"),
        ({"status": 429, "body": {"a": 1}, "times": 2}, "status 429 on token"),
        ({"delay": 0.5}, "delay of 0.5 s on token"),
        ({"drop": True}, "drop on token"),
        ({"drop": True, "processed": True}, "drop after the work was done on token"),
        ({"malformed": True}, "malformed (html) on token"),
        ({"malformed": "truncated"}, "malformed (truncated) on token"),
        ({"rate_limit": True}, "rate_limit on token"),
        ({"rate_limit": "spike_arrest", "scope": "proxy"}, "rate_limit on token"),
        ({"catch_all": True}, "catch_all on token"),
        ({"catch_all": True, "status": 401}, "catch_all on token"),
        ({"do": "delay", "seconds": 2}, "delay of 2 s on token"),
    ],
)
def test_each_word_makes_the_fault_that_it_says(faults: Faults, words: dict[str, Any], expected: str) -> None:
    fault = faults.next("token", **words)

    assert str(fault) == expected
    assert faults.all() == [fault]


def test_the_next_request_meets_it(platform: Platform) -> None:
    fault = platform.faults.next("token", status=503, after=1)

    statuses = [requests.post(platform.token_url, timeout=10).status_code for _ in range(3)]

    assert statuses == [415, 503, 415]
    assert [(each.id, each.seen, each.used) for each in platform.faults.all()] == [(fault.id, 3, 1)]


def test_a_provider_is_down_until_the_fault_is_removed(platform: Platform) -> None:
    fault = platform.faults.down("cis2")
    url = f"{platform.url}/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/connect/jwk_uri"
    down = [requests.get(url, timeout=10).status_code for _ in range(2)]

    platform.faults.remove(fault)

    assert down == [503, 503]
    assert requests.get(url, timeout=10).status_code == 200


def test_a_fault_is_unused_until_it_is_met(platform: Platform) -> None:
    fault = platform.faults.next("token", drop=True)
    unused = platform.faults.unused
    with pytest.raises(requests.ConnectionError):
        requests.post(platform.token_url, timeout=10)

    assert unused == [fault]
    assert platform.faults.unused == []


@pytest.mark.parametrize(
    ("on", "words", "message"),
    [
        ("tokn", {"drop": True}, 'fault.on is "tokn" (did you mean token?); allowed: "token" or'),
        ("token", {}, 'fault.do is missing; allowed: "delay" or "status"'),
        ("token", {"drop": True, "delay": 3}, "fault is delay and drop; allowed: one of them"),
        (
            "token",
            {"statuz": 503, "drop": True},
            "fault.statuz is unknown (did you mean status?); allowed: after, body",
        ),
        ("token", {"status": 200}, "fault.status is 200; allowed: a status from 400 to 599"),
        ("token", {"status": 503, "processed": True}, "fault.processed is true; allowed: left out with status"),
        ("cis2.token", {"rate_limit": True}, 'fault.on is "cis2.token"; allowed: with rate_limit "token" or'),
    ],
)
def test_what_makes_no_fault_is_one_line(faults: Faults, on: Any, words: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="fault") as refused:
        faults.next(on, **words)

    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    assert faults.all() == []


def test_a_fault_that_is_gone_cannot_be_removed(faults: Faults) -> None:
    fault = faults.next("token", drop=True)
    faults.remove(fault)

    with pytest.raises(LookupError, match=f"no fault has the number {fault.id}"):
        faults.remove(fault)


TESTS = """
import requests

def test_it_is_met(nhsauth, nhsauth_faults):
    nhsauth_faults.next("token", status=503, times=None)
    assert requests.post(nhsauth.token_url).status_code == 503
    nhsauth.exchanges.assert_one(status=503)

def test_it_ends_with_the_test(nhsauth):
    assert requests.post(nhsauth.token_url).status_code == 415
"""


def test_faults_end_with_the_test(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(TESTS)

    assert run("-p", "no:randomly").parseoutcomes() == {"passed": 2}


UNUSED = "def test_it(nhsauth): nhsauth.faults.next('userinfo', drop=True)"


def test_an_unused_fault_is_warned_of(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(UNUSED)

    outcome = run("-W", "default::pytest_nhsauth.UnusedFaultWarning")

    assert outcome.parseoutcomes() == {"passed": 1, "warnings": 1}
    outcome.stdout.fnmatch_lines(["*UnusedFaultWarning: nothing met the fault drop on userinfo*"])


def test_the_warning_points_at_the_line_that_ordered_the_fault(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture
        def broken(nhsauth_faults):
            nhsauth_faults.down("cis2")
        """
    )
    pytester.makepyfile(f"{UNUSED}\n\ndef test_another(broken): pass")

    outcome = run("-W", "default::pytest_nhsauth.UnusedFaultWarning", "-p", "no:randomly")

    name = "test_the_warning_points_at_the_line_that_ordered_the_fault.py"
    outcome.stdout.fnmatch_lines(
        [
            f"{name}::test_it",
            f"  */{name}:1: UnusedFaultWarning: nothing met the fault drop on userinfo*",
            f"{name}::test_another",
            "  */conftest.py:5: UnusedFaultWarning: nothing met the fault *",
        ]
    )


def test_an_unused_fault_can_be_an_error(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeini("[pytest]\nfilterwarnings = error::pytest_nhsauth.UnusedFaultWarning")
    pytester.makepyfile(UNUSED)

    assert run().parseoutcomes() == {"passed": 1, "errors": 1}


def test_a_failure_shows_whose_doing_it_was(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        def test_it(nhsauth_client, nhsauth_faults):
            nhsauth_faults.next("token", status=502)
            nhsauth_client.client_credentials()
        """
    )

    outcome = run()

    outcome.stdout.fnmatch_lines(["*This is a fault you ordered (number 1: status 502 on token).*"])


def test_the_places_that_a_type_checker_knows_are_those_there_are() -> None:
    assert get_args(Place) == PLACES
