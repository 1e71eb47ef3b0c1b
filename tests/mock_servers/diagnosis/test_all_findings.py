"""The findings for a mistake are the approved ones, whole: no word less, no finding more, in this order."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from contract_tests.breakage import Breakage
from mock_servers.jose.keys import KeyRing
from tests.mock_servers.diagnosis.all_findings import (
    APPROVED,
    FindingsOf,
    approved,
    asking_for_findings,
    mistakes,
    named,
    of_ours,
)
from tests.mock_servers.diagnosis.assertion_mistakes.world import MISTAKES, Mistake

HOW = f"read what differs; where it is meant, `python -m tests.mock_servers.diagnosis.{APPROVED.stem}` writes it anew"


@pytest.fixture(scope="module")
def findings_of(ring: KeyRing) -> Iterator[FindingsOf]:
    with asking_for_findings(ring) as tell:
        yield tell


@pytest.fixture(scope="module")
def strangers(key_cache: Path) -> KeyRing:
    return KeyRing(key_cache)


@pytest.fixture(scope="module")
def findings_now() -> Mapping[str, str]:
    return approved()


@pytest.fixture(autouse=True)
def _no_finder_stumbles(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.exc_info] == []


@pytest.mark.slow
@pytest.mark.parametrize("mistake", mistakes(), ids=named)
def test_what_is_reported_is_what_was_approved(
    findings_of: FindingsOf, findings_now: Mapping[str, str], mistake: Breakage
) -> None:
    assert findings_of(mistake) == findings_now.get(named(mistake)), HOW


@pytest.mark.parametrize("mistake", MISTAKES, ids=named)
def test_what_is_reported_of_our_own_mistakes_is_what_was_approved(
    ring: KeyRing, strangers: KeyRing, findings_now: Mapping[str, str], mistake: Mistake
) -> None:
    assert of_ours(mistake, ring, strangers) == findings_now.get(named(mistake)), HOW


def test_no_text_is_left_of_a_mistake_that_is_made_no_longer(findings_now: Mapping[str, str]) -> None:
    assert [name for name in findings_now if name not in {*map(named, mistakes()), *map(named, MISTAKES)}] == []
