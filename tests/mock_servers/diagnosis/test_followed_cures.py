"""A machine damages good requests by generated edits and follows the cure to the letter: no certain cure is useless."""

import logging
import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from mock_servers.jose.keys import KeyRing
from mock_servers.journal.finding import Certainty, Finding
from tests.mistakes.edits import Damaged, Edit, damaged, followed
from tests.mistakes.listed import World

CIRCLE = "certain, and the same refusal"
PLAIN, SLOW = 50, int(os.environ.get("FUZZ", "500"))


@pytest.fixture(scope="module")
def world(ring: KeyRing) -> Iterator[World]:
    log = logging.getLogger("mock_servers")
    before, log.disabled = log.disabled, True
    yield World(ring)
    log.disabled = before


def ends(world: World, most: int) -> tuple[Counter[str], list[tuple[Damaged, Finding]]]:
    """Follow so many requests; how they ended, and those that a certain cure did not help."""
    counts: Counter[str] = Counter()
    circles: list[tuple[Damaged, Finding]] = []

    @settings(
        max_examples=most,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(damaged())
    def follow(request: Damaged) -> None:
        result = followed(world, request)
        counts[result.end] += 1
        counts[f"{result.end}, with a step outside the request"] += result.is_outside
        if result.end == CIRCLE:
            circles.append((request, result.findings[-1]))

    follow()
    return counts, circles


@pytest.mark.parametrize("most", [PLAIN, pytest.param(SLOW, marks=pytest.mark.slow)])
def test_no_certain_cure_leaves_the_same_refusal(world: World, most: int, capsys: pytest.CaptureFixture[str]) -> None:
    counts, circles = ends(world, most)

    if "FUZZ" in os.environ and most == SLOW:
        with capsys.disabled():
            print("\n" + "\n".join(f"{count:7} {end}" for end, count in counts.most_common()))  # noqa: T201 - the result of a long search
    assert circles == []
    refused = most - counts["accepted"]
    assert counts["200 in round 1"] + counts["200 in round 2"] >= 0.95 * refused


def finding(id: str, seen: str, cure: str, certainty: Certainty = "certain") -> Finding:  # noqa: A002 - its own name
    return Finding(id=id, certainty=certainty, seen=seen, cause="", cure=cure)


KID = Edit(part="header", name="kid", operation="truncate", at=0.5)
PLANTED = [
    (KID, 'Send kid "nhsauth-2", exactly as the set has it.'),
    (KID, 'Set typ to "JWT" in the header.'),
    (KID, "Send the id_token exactly as the provider's token answer gave it."),
    (KID, "Set exp to the time now plus 300."),
    (Edit(part="claim", name="aud", operation="upper"), 'Set aud to "https://elsewhere.example/oauth2/token".'),
    (Edit(part="claim", name="jti", operation="leave out"), 'Set both to the app\'s API key, "nhsauth-app".'),
    (Edit(part="claim", name="exp", operation="leave out"), "Add a jti: a new UUID, as text."),
    (Edit(part="field", name="grant_type", operation="hex"), "Send client_assertion_type as well."),
    (Edit(part="field name", name="grant_type", operation="upper"), "Call it client_assertion."),
    (
        Edit(part="text", name="client_assertion", operation="truncate", at=0.5),
        'Send kid "nhsauth-1", as the set has it.',
    ),
    (KID, 'Set alg to "RS512".'),
    (KID, 'Set kid to "nhsauth-1-old".'),
    (Edit(part="header", name="alg", operation="lower"), 'Set typ to "JWT".'),
    (Edit(part="header", name="typ", operation="leave out"), 'Send kid "nhsauth-1", exactly as the set has it.'),
    (Edit(part="claim", name="iss", operation="upper"), "Add a jti: a new UUID, as text."),
    (Edit(part="claim", name="sub", operation="leave out"), 'Set iss to "nhsauth-app".'),
    (Edit(part="claim", name="aud", operation="add", text="/"), 'Set aud to "https://int.api.service.nhs.uk/oauth2".'),
    (Edit(part="claim", name="exp", operation="hex", length=3), "Sign with RS512: set alg."),
    (Edit(part="field", name="client_assertion_type", operation="upper"), 'Set grant_type to "client_credentials".'),
    (Edit(part="field name", name="client_assertion", operation="upper"), 'Set typ to "JWT".'),
]


@pytest.mark.parametrize(("edit", "cure"), PLANTED)
def test_a_wrong_cure_planted_by_hand_is_caught(
    world: World, edit: Edit, cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = (finding("planted", "It is refused.", cure),)
    monkeypatch.setattr("mock_servers.journal.record.Record.findings", planted)

    result = followed(world, Damaged(kind="client_credentials", edits=(edit,)))

    assert result.end == CIRCLE


@pytest.mark.parametrize("edit", [edit for edit, _ in PLANTED])
def test_the_cure_that_is_given_helps(world: World, edit: Edit) -> None:
    assert followed(world, Damaged(kind="client_credentials", edits=(edit,))).end == "200 in round 1"
