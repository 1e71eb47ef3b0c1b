"""Noise: good requests with random damage. None needs a finding; all must be explainable."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, Final

from tests.mistakes.listed import GOOD, Draft, World

_PATHS: Final = ("/oauth2/token", "/oauth2-mock/token", "/oauth2/authorize", "/oauth2/callback", "/oauth2/userinfo")
_NAMES: Final = ("grant_type", "client_assertion", "subject_token", "code", "refresh_token", "client_id", "state", "x")
_TEXTS: Final = (
    "",
    " ",
    "\x00",
    "undefined",
    "a=b&c=d",
    "%E0%A4%A",
    "eyJhbGciOiJSUzUxMiJ9.e30.",
    "eyJ",
    "..",
    '{"keys": [1]}',
    '{"error": {"a": []}}',
    "-----BEGIN " + "PRIVATE KEY-----\n",  # in two parts, or secret scanners would take this file for a key
    "https://[::1",
    "http://:0/",
    "Bearer ",
    "b''",
    "\u202e\U0001f600",
    "é" * 900,
    "/",
    "9" * 400,
)
_VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    0,
    -1,
    1e308,
    float(10**15),
    1.5,
    [],
    {},
    [[[]]],
    {"a": None},
    "",
    "0x10",
    "Infinity",
    ["x", None, 5],
    {"sub": "x.y.z"},
)
_MEMBERS: Final = ("alg", "kid", "typ", "iss", "sub", "aud", "exp", "iat", "nbf", "jti", "events", "act", "token_use")

Throw = Callable[[Random, Draft], None]


def _form(random: Random, draft: Draft) -> None:
    name, value = random.choice(_NAMES), random.choice(_TEXTS)
    draft.finish.append(lambda done: done.form.update({name: value}))


def _drop(random: Random, draft: Draft) -> None:
    name = random.choice(_NAMES)
    draft.finish.append(lambda done: (done.form.pop(name, None), None)[1])


def _claim(random: Random, draft: Draft) -> None:
    draft.claims[random.choice(_MEMBERS)] = random.choice((*_VALUES, *_TEXTS[:8]))


def _unclaim(random: Random, draft: Draft) -> None:
    draft.claims.pop(random.choice(_MEMBERS), None)


def _header(random: Random, draft: Draft) -> None:
    draft.jose[random.choice(("kid", "typ", "alg", "x"))] = random.choice(_VALUES)


def _authorization(random: Random, draft: Draft) -> None:
    text = random.choice(_TEXTS).encode("ascii", "ignore").decode().replace("\n", " ").replace("\x00", "")
    draft.headers[random.choice(("Authorization", "apikey"))] = random.choice(("Bearer ", "Basic ", "")) + text


def _place(random: Random, draft: Draft) -> None:
    draft.path, draft.method = random.choice(_PATHS), random.choice(("GET", "POST"))


def _content(random: Random, draft: Draft) -> None:
    draft.content_type = random.choice(
        ("application/json", "text/plain", "multipart/form-data", "x", draft.content_type)
    )


def _cut(random: Random, draft: Draft) -> None:
    share = random.random()
    draft.body = lambda text: text[: int(len(text) * share)]


def _query(random: Random, draft: Draft) -> None:
    draft.query[random.choice(_NAMES)] = random.choice(_TEXTS).encode("ascii", "ignore").decode()


_THROWS: Final[tuple[Throw, ...]] = (
    _form,
    _form,
    _drop,
    _claim,
    _claim,
    _unclaim,
    _header,
    _authorization,
    _place,
    _content,
    _cut,
    _query,
)


def unexplained(world: World, exchanges: int, seed: int = 17) -> list[str]:
    """Send that many noisy requests, and return what was logged as failed while they were explained."""
    random = Random(seed)
    with _errors() as logged:
        for _ in range(exchanges):
            world.again()
            draft = GOOD[random.choice(sorted(GOOD))](world)
            for throw in random.choices(_THROWS, k=random.randint(1, 4)):
                throw(random, draft)
            draft.send()
            world.platform.exchanges.last.explained()
    return logged


@contextmanager
def _errors() -> Iterator[list[str]]:
    logged: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: logged.append(record.getMessage())  # type: ignore[method-assign] # of this handler alone
    log = logging.getLogger("mock_servers")
    log.addHandler(handler)
    try:
        yield logged
    finally:
        log.removeHandler(handler)
