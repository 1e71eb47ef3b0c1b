"""What was tried to be quicker, and what came of it: so that nobody tries the same again without a new reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One thing that was tried, what it brought, and whether it stayed."""

    what: str
    brought: str
    stayed: str


TRIALS: Final = (
    Trial(
        what="load loop and framing (asyncio, h11) when the first client comes",
        brought="set-up of `nhsauth` 1.50 → 1.16 times the imports of Flask, PyJWT and cryptography",
        stayed="yes",
    ),
    Trial(
        what="wire the services for the first request; types of the plugin for annotations alone",
        brought="set-up of `nhsauth` 1.16 → 0.96 times",
        stayed="yes",
    ),
    Trial(
        what="post from fixtures without requests",
        brought="63 to 71 ms to load requests; with all of the above set-up of `nhsauth_client` 1.93 → 0.95 times",
        stayed="yes; the client alone, and https, still use requests",
    ),
    Trial(
        what="an answer of our own in place of werkzeug's response; jinja2 for the first page",
        brought="16 ms each at the first exchange; `serve` to its first answer, so far, 1.82 → 1.66 times bare Flask",
        stayed="yes",
    ),
    Trial(
        what="cryptography and PyJWT for the first key; h11 for the first request that is not plain",
        brought="`serve` until its first answer 1.66 → 1.35 times bare Flask; 36.8 MiB then, 44.7 before",
        stayed="yes",
    ),
    Trial(
        what="advice from the newest records without a copy of all; JSON in one call; tokens two letters at a time",
        brought="4,030,000 → 3,888,000 instructions an exchange",
        stayed="yes",
    ),
    Trial(
        what="let traffic pass for up to 250 ms before `nhsauth watch` looks at it",
        brought="a refused call under it 0.37 to 0.65 → 0.28 to 0.32 ms more, on a machine with ten times its load",
        stayed="yes",
    ),
    Trial(
        what="listen under `nhsauth watch` to what passed by in the last 10 ms at once, in place of after each piece",
        brought="a refused call under it 0.31 → 0.20 ms more, one answered 200 0.22 → 0.14, on a machine with two to "
        "ten times its load; 280 → 195 µs of the CPU of the thread that passes bytes",
        stayed="yes",
    ),
    Trial(
        what="ask TLS once for what has come, not again until it says by an exception that there is no more",
        brought="2.6 → 1.3 µs a piece",
        stayed="yes",
    ),
    Trial(
        what="look for the rows of an answer by its sentence; compute the confidential values once, and a date",
        brought="134 → 95 µs of CPU for a refused exchange that is looked at; no call was quicker",
        stayed="yes: it is time that others have",
    ),
    Trial(
        what="let others pass for 250 ms in all before refusals are explained under `nhsauth watch`, not before each",
        brought="a refused call 0.19 → 0.25 ms more: what looks at exchanges works a fifth of the time",
        stayed="no: but where 1,500 wait they are looked at without a pause",
    ),
    Trial(
        what="hold the head of a request back for 1 ms, so that its body goes out with it",
        brought="nothing: 20 µs of CPU a call for the timer, and most bodies have come when their head is read",
        stayed="no",
    ),
    Trial(
        what="read a second time at once, for the body that follows a head",
        brought="nothing",
        stayed="no",
    ),
    Trial(
        what="wait for that body, 1 ms at most, and nobody else is served meanwhile",
        brought="0.00 to 0.02 ms a refused call",
        stayed="no: others wait",
    ),
    Trial(
        what="SCHED_BATCH for `nhsauth watch`, so that it wakes up without taking the processor from the program",
        brought="0.00 to 0.02 ms a refused call",
        stayed="no: on a busy machine it waits behind others",
    ),
    Trial(
        what="load how a contract is judged, and what a marker asks for, for the first case and the first marker",
        brought="import of the plugin after pytest 6.6 → 4.6 ms, on a machine with four times its load",
        stayed="yes",
    ),
    Trial(
        what="look for the first name of a page once, not twice",
        brought="list ten apps from the last of 2,000 on 1.73 → 1.36 times the same with ten",
        stayed="yes",
    ),
    Trial(
        what="read a head once that a client sends again on its connection",
        brought="our server around an answer of nothing, 4 connections: 66 → 50 µs of CPU, 17 µs the bare one",
        stayed="yes",
    ),
    Trial(
        what="read base64url strictly, in place of a search for other characters before it",
        brought="12.0 → 7.7 µs for an assertion, 16.0 → 11.0 µs for an id token",
        stayed="yes",
    ),
    Trial(
        what="make a jti's key once; look for private keys in a JWT as in a JWT alone, and without a pattern; take the "
        "records before the newest as they lie; make a refresh token once; one writer of JSON",
        brought="with the two above 677 → 596 µs of CPU an exchange of `serve` at 4 connections, 0.63 → 0.71 of the "
        "bare one: the best of 12 rounds in turn, on a busy machine",
        stayed="yes",
    ),
    Trial(
        what="a token's letters drawn as bytes; short values looked at no further; headers of JWTs, types and needs "
        "read once; a log record without a search of the stack, its time of day made once a second",
        brought="628 → 554 µs of CPU an exchange of `serve` at 4 connections, 431 of the bare one: the best of 12 "
        "rounds in turn, on a busy machine",
        stayed="yes",
    ),
    Trial(
        what="explain, log and fold exchanges once no client waits for an answer, several in a row",
        brought="577 → 536 µs of CPU an exchange at 16 connections, 424 of the bare one: the best of 14 rounds in turn",
        stayed="yes",
    ),
    Trial(
        what="take a form apart by our own code in place of `parse_qsl`",
        brought="nothing: either takes its time to decode percent signs",
        stayed="no",
    ),
    Trial(
        what="add the letters of a fresh token up in place of joining them",
        brought="nothing: 8 µs either way, on a busy machine",
        stayed="no",
    ),
    Trial(
        what="no garbage collection while serving",
        brought="3,888,000 → 3,873,000 instructions an exchange",
        stayed="no: memory that only a collection frees would stay",
    ),
    Trial(
        what="dataclasses without `eq` and `repr` where nobody compares or prints them",
        brought="0.52 → 0.34 ms a class, some 7 ms of a start for 40 of them",
        stayed="no: each would need its reason",
    ),
    Trial(
        what="logging without threads, processes and callers",
        brought="a quarter of making a log record, 2 µs an exchange",
        stayed="no: `logging` keeps the last of these for itself",
    ),
    Trial(
        what="generate the ready-made app's key while other things load, when it is not cached",
        brought="at most 100 ms of the first start on a machine",
        stayed="no: a test that signs nothing would make a key that nobody needs",
    ),
    Trial(
        what="signatures by cryptography itself; its serialization for the findings that need it",
        brought="2.7 and 0.9 MiB of `serve` that has run long; PyJWT loads every algorithm, and an HTTP client",
        stayed="yes",
    ),
    Trial(
        what="tokens, jtis and where values came from as bytes in one row each, many packed at a time",
        brought="8.3 → 2.3 MiB for 10,000, 20,000 and 10,000 entries, some 25 µs an exchange",
        stayed="no: a twentieth of an exchange, and a hash table of our own to recognise replays",
    ),
    Trial(
        what="the same entries as bytes, a few together in one object, in place of one row",
        brought="as little in itself, but 2 to 3 MiB of holes that bunches leave when they grow",
        stayed="no",
    ),
    Trial(
        what="fold each exchange long after it came",
        brought="three times the time: what is not at hand any more costs as much",
        stayed="no: as it is reported",
    ),
    Trial(
        what="requests, answers and JWTs of a reported exchange as bytes, alike ones shared",
        brought="4.2 → 1.7 MiB for 1,000 exchanges, some 3 µs an exchange",
        stayed="yes",
    ),
    Trial(
        what="the newer format of marshal for these bytes",
        brought="760 → 640 bytes an exchange",
        stayed="no: equal values would have different bytes, and could not be shared",
    ),
    Trial(
        what="one arena of the C library for all threads (MALLOC_ARENA_MAX=1)",
        brought="nothing on a quiet machine (two arenas); up to 5 MiB on a busy one, where five threads have one each",
        stayed="no: it is the user's to set",
    ),
)


def table() -> str:
    """Return the trials in Markdown."""
    rows = [("tried", "brought", "stayed"), ("---",) * 3, *((each.what, each.brought, each.stayed) for each in TRIALS)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
