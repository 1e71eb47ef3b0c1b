"""Our framing of HTTP beside llhttp's, node's parser: where the two differ, a rule says why."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.interop.mutated import KINDS, OLD, UPGRADE, framed, kind_of, mutated

pytestmark = pytest.mark.node

SCRIPT = Path(__file__).parent / "node" / "framing.cjs"
NUMBER, SEED = 20_000, 37
_AFTER_CLOSE = "HPE_CLOSED_CONNECTION"
"""llhttp's word for bytes behind the last request of a connection, which our server leaves unread."""


def by_llhttp(requests: list[bytes]) -> list[tuple[list[list[str]], str]]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not on this machine")
    sent = b"".join(len(raw).to_bytes(4, "big") + raw for raw in requests)
    done = subprocess.run([node, "--no-deprecation", SCRIPT], input=sent, capture_output=True, timeout=100, check=True)  # noqa: S603 - our own
    found = json.loads(done.stdout)["found"]
    return [(each["messages"], (each["error"] or "").replace(_AFTER_CLOSE, "")) for each in found]


def test_twenty_thousand_mutated_requests_are_framed_as_llhttp_frames_them_but_for_what_is_meant() -> None:
    requests = mutated(NUMBER, SEED)
    kinds: Counter[str | None] = Counter()
    others = []

    for raw, theirs in zip(requests, by_llhttp(requests), strict=True):
        kind = kind_of(raw, framed(raw), theirs)
        kinds[kind] += 1
        if kind is None:
            others.append((raw, framed(raw), theirs))

    assert others == []
    assert len(KINDS) + len({OLD, UPGRADE}) <= 12
    assert {each.name for each in KINDS} | {OLD, UPGRADE} == {*kinds} - {""}  # a rule that nothing needs is no rule
