"""The mistakes that clients make with assertions, key sets, forms and id tokens, each made as a client makes it.

One row a way to make it: what went out on the wire, the finding that comes first, and the facts in its words.
"""

from __future__ import annotations

import logging
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import pytest
import requests
from werkzeug.test import Client, TestResponse

from mock_servers.diagnosis.key.proof import MOST
from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyPair, KeyRing
from mock_servers.journal.record import Record
from mock_servers.mock import Mock
from mock_servers.state.clock import Clock
from mock_servers.state.configuration import Configuration
from mock_servers.state.fault import Fault
from tests.mock_servers.diagnosis.assertion_mistakes.request import secret_as_iss
from tests.mock_servers.diagnosis.assertion_mistakes.signing import PROVIDER_KID, key_of_nobody
from tests.mock_servers.diagnosis.assertion_mistakes.world import (
    APP,
    ASSERTION_TYPE,
    JTI_USED,
    KID_UNKNOWN,
    MISTAKES,
    NOW,
    SIGNATURE,
    Mistake,
    World,
)


def world_of(platform: Mock, mistake: Mistake, ring: KeyRing, strangers: KeyRing) -> World:
    if mistake.configuration != Configuration():
        platform = Mock(mistake.configuration, ring=ring, clock=platform.clock)
    return World(platform=platform, http=Client(platform), strangers=strangers)


def sentence(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["error_description"]


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake_is_found_first_and_reported_with_its_facts(
    platform: Mock, ring: KeyRing, strangers: KeyRing, mistake: Mistake
) -> None:
    world = world_of(platform, mistake, ring, strangers)

    answer = mistake.make(world)

    record = world.platform.exchanges.last
    assert sentence(answer) == mistake.wire
    assert [finding.id for finding in record.findings[:1]] == [mistake.id]
    assert record.findings[0].certainty == mistake.certainty
    assert [fact for fact in mistake.facts if fact not in str(record.findings[0])] == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_explaining_changes_nothing_that_the_mock_remembers(
    platform: Mock, ring: KeyRing, strangers: KeyRing, mistake: Mistake, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "mock_servers.exchanges")  # nobody reads the log: nothing is explained yet
    world = world_of(platform, mistake, ring, strangers)
    mistake.make(world)
    before = world.platform.snapshot()

    findings = world.platform.exchanges.last.findings

    assert findings != ()
    assert world.platform.snapshot() == before


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_what_goes_out_is_the_same_whether_it_is_explained_or_not(
    ring: KeyRing, strangers: KeyRing, mistake: Mistake
) -> None:
    answers = []
    for diagnosis in (True, False):
        clock = Clock()
        clock.set(NOW, frozen=True)
        configuration = replace(mistake.configuration, diagnosis=diagnosis)
        platform = Mock(configuration, ring=ring, clock=clock, random=Random(1))
        answers.append(mistake.make(World(platform=platform, http=Client(platform), strangers=strangers)))

    explained, silent = answers

    assert (explained.status, list(explained.headers), explained.data) == (
        silent.status,
        list(silent.headers),
        silent.data,
    )


def verifications(record: Record) -> int:
    """How many public-key operations it takes to explain an exchange."""
    calls: Counter[str] = Counter()
    before = sys.getprofile()

    def count(frame: FrameType, event: str, called: Any) -> None:
        if event in ("call", "c_call"):
            calls[frame.f_code.co_qualname if event == "call" else called.__qualname__] += 1

    sys.setprofile(count)
    try:
        record.examination()
    finally:
        sys.setprofile(before)
    return calls["RSAPublicKey.verify"] + calls["_opened"]  # the latter in jose/rsa_numbers


OF_KEYS = (SIGNATURE, KID_UNKNOWN, PROVIDER_KID)
"""The refusals for which keys are tried."""


@pytest.mark.parametrize("mistake", [each for each in MISTAKES if each.wire not in OF_KEYS], ids=str)
def test_explaining_checks_two_signatures_at_most_unless_one_is_what_failed(
    platform: Mock, ring: KeyRing, strangers: KeyRing, mistake: Mistake, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "mock_servers.exchanges")
    world = world_of(platform, mistake, ring, strangers)
    mistake.make(world)

    assert verifications(world.platform.exchanges.last) <= 2


def test_the_count_sees_the_signatures_that_are_tried_when_one_fails(
    platform: Mock, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "mock_servers.exchanges")
    key_of_nobody(world)

    assert verifications(platform.exchanges.last) > 1


@pytest.mark.parametrize("kid", ["nhsauth-1", "of-nobody"])
def test_of_many_keys_a_hundred_are_tried_at_most(world: World, kid: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "mock_servers.exchanges")
    numbers = world.key.private.public_key().public_numbers()
    size, others = (numbers.n.bit_length() // 8), []
    for step in range(150):
        n = (numbers.n + 2 * step + 2).to_bytes(size)
        others.append({**world.public(kid=f"other-{step}"), "n": jwts.base64url(n)})
    mine = world.stranger("nhsauth-1", 8 * size).public_jwk(alg="RS512")
    world.platform.apps.change(APP, jwks={"keys": [mine, *others]})
    nobody = world.strangers.pair("nobody", bits=8 * size).private
    world.ask(world.signed(world.claims(), {"kid": kid}, nobody))
    record = world.platform.exchanges.last

    tried = verifications(record)

    assert MOST // 2 < tried <= MOST
    assert record.findings[0].id == ("other-private-key" if kid == "nhsauth-1" else "wrong-kid")
    assert "No registered key" not in str(record.findings[0])
    assert "this mock knows" not in record.findings[0].seen


def test_a_secret_as_iss_is_cut_in_every_sentence(platform: Mock, world: World) -> None:
    secret_as_iss(world)

    record = platform.exchanges.last
    assert "nhsauth-secret" not in f"{record.diagnosis} {record.findings}"


def test_a_retry_after_a_connection_that_broke_off_is_reported_as_that(platform: Mock) -> None:
    platform.faults.order(Fault(on="token", do="drop", processed=True, times=1))
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}

    with platform.serving() as server:
        form["client_assertion"] = platform.client_assertion(APP, token_url=f"{server.url}/oauth2/token")
        with pytest.raises(requests.ConnectionError):
            requests.post(f"{server.url}/oauth2/token", form, timeout=10)
        answer = requests.post(f"{server.url}/oauth2/token", form, timeout=10)

    finding = platform.exchanges.last.findings[0]
    assert answer.json()["error_description"] == JTI_USED[1]
    assert (finding.id, finding.certainty) == ("retry-resends-assertion", "certain")


def test_of_a_key_with_two_names_the_reporting_one_is_reported(key_cache: Path) -> None:
    ring = KeyRing(key_cache)
    pair = ring.pair("a-second-name", bits=2048)
    ring.add("cis2", pair.private)
    platform = Mock(ring=ring)
    kid = platform.apps.jwks(platform.apps.get("nhsauth-app"))["keys"][0]["kid"]
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": platform.client_assertion("nhsauth-app", key=KeyPair(kid=kid, private=pair.private)),
    }

    Client(platform).post("/oauth2/token", data=form, base_url=platform.url)

    assert "of CIS2" in platform.exchanges.last.findings[0].seen
