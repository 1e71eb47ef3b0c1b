"""A finding shows any claim or parameter in short lines of harmless characters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mock_servers.diagnosis.assertion_mistakes.world import (
    ASSERTION_TYPE,
    ID_TOKEN_TYPE,
    NOW,
    TOKEN_EXCHANGE,
    World,
)

HOSTILE = {
    "terminal escapes": "\x1b]0;owned\x07\x1b[2J",
    "HTML": "<script>alert(1)</script>",
    "lines": "one\r\ntwo\n09:00:00 WARNING forged",
    "other letters": "\u202ereversed \U0001f600 \ud800",
    "most of a megabyte": "x" * 700_000,
    "nothing": "",
}
PLACES = ("header.kid", "header.typ", "header.alg", "iss", "sub", "aud", "jti", "exp", "iat", "nbf")


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("place", PLACES)
def test_the_content_of_any_claim_is_shown_in_short_lines_of_harmless_letters(
    world: World, caplog: pytest.LogCaptureFixture, place: str, hostile: str
) -> None:
    header, claims = {"alg": "RS512", "typ": "JWT", "kid": world.key.kid}, world.claims(iat=NOW, nbf=NOW)
    changed = header if place.startswith("header.") else claims
    changed[place.removeprefix("header.")] = hostile

    world.ask(world.by_hand(claims, header))

    record = world.platform.exchanges.last
    lines = [line for finding in record.findings for line in finding.lines()]
    assert record.refusal is None or record.findings != ()
    assert "could not be explained" not in caplog.text
    assert "failed on exchange" not in caplog.text
    assert [line for line in lines if len(line) > 3000 or not line.replace("…", "").isascii()] == []
    assert [line for line in lines if not line.isprintable()] == []


NUMBERS: tuple[object, ...] = (10**500, -(10**500), 1.7e308, -1, 0, 0.5, True, None, [], {}, [NOW], 10**15, -(10**15))


@pytest.mark.parametrize("place", ["exp", "iat", "nbf", "jti", "iss", "sub", "aud", "header.kid", "header.alg"])
@pytest.mark.parametrize("now", [0, NOW])
@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: str(value)[:12])
def test_no_number_and_no_clock_makes_a_finder_stumble(
    world: World,
    caplog: pytest.LogCaptureFixture,
    place: str,
    now: int,
    value: Any,
) -> None:
    world.platform.clock.set(now, frozen=True)
    header, claims = {"alg": "RS512", "typ": "JWT", "kid": world.key.kid}, world.claims(iat=now, nbf=now)
    changed = header if place.startswith("header.") else claims
    changed[place.removeprefix("header.")] = value

    world.ask(world.by_hand(claims, header))

    record = world.platform.exchanges.last
    assert len(record.explained()) < 5000
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("field", ["client_assertion", "subject_token", "grant_type", "client_secret"])
@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_the_content_of_any_parameter_is_shown_in_harmless_letters(
    world: World, caplog: pytest.LogCaptureFixture, field: str, hostile: str
) -> None:
    form = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": ID_TOKEN_TYPE, "client_assertion_type": ASSERTION_TYPE}
    sent = {"client_assertion": world.signed(world.claims()), "subject_token": "x", **form}

    world.post({**sent, field: hostile.encode(errors="surrogatepass")})

    record = world.platform.exchanges.last
    assert "could not be explained" not in caplog.text
    assert "failed on exchange" not in caplog.text
    assert record.explained().replace("…", "").replace("\n", "").isprintable()
    assert record.explained().replace("…", "").isascii()
