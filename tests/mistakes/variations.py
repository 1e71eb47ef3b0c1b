"""Good requests in the many forms of real clients: none of these differences is a mistake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.mistakes.listed import FORM, GOOD, World

_SIGNED: Final = ("client_credentials", "token_exchange", "cis2", "nhs_login")
_BY_FORM: Final = (*_SIGNED, "refresh", "code")
_KEYLESS: Final = ("cis2", "nhs_login")
"""Providers that want neither kid nor typ."""
_FIELDS: Final = {
    "client_id": "nhsauth-app",
    "scope": "urn:nhsd:apim:app:level3:hello-world",
    "audience": "[object Object],[object Object]",
    "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    "resource": "https://int.api.service.nhs.uk",
    "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
}
_HEADERS: Final = {
    "apikey": "0123456789abcdefghijABCDEFGHIJKL",
    "X-Request-ID": "60e0b220-8136-4ca5-ae46-1d97ef59d068",
    "X-Correlation-ID": "11c46f5f-cdef-4865-94b2-0ee0edcc26da",
    "Expect": "100-continue",
    "Accept": "*/*",
    "Origin": "https://app.example",
    "Accept-Language": "en-GB",
}
_AGENTS: Final = (
    "python-requests/2.34.2",
    "axios/1.21.1",
    "node",
    "Go-http-client/1.1",
    "Java-http-client/17.0.9",
    "curl/8.5.0",
    "oauth4webapi/v3.8.8",
    "Faraday v2.12.0",
)
_JOSE: Final = {
    "jku": "https://app.example/jwks.json",
    "x5t": "dGhlIGNlcnRpZmljYXRl",
    "cty": "json",
}
_JTIS: Final = (
    "0b1f2f9c-7f6e-4f0a-9a64-0f3f6f1f2a11",
    "0123456789abcdef0123456789abcdef",
    "jCuSGJuz7Jhk5vZhno7EdzaRl8p7gFt3FJkc",
    "zrdwMeDULI4J16zzbIMRgEVSiDyz5Sl7ypyEERLQL5E",
    "nhsauth-app-1800000000-1",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """One way to make a good request of a kind; `ahead` and `behind` are seconds of `exp`, `iat` and `nbf` from now.

    `without` leaves members out where the service wants none, `order` is the seed of the order of all members.
    """

    kind: str
    fields: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()
    agent: str = ""
    jose: frozenset[str] = frozenset()
    jti: str = ""
    ahead: float = 240
    behind: Mapping[str, float] = field(default_factory=dict)
    listed: bool = False
    typ: str = "JWT"
    charset: str = ""
    without: frozenset[str] = frozenset()
    bare_key: bool = False
    order: int = 0

    def send(self, world: World) -> TestResponse:
        """Make the request, and return the answer; the exchange is the journal's last."""
        draft = GOOD[self.kind](world)
        if self.kind in _BY_FORM:
            draft.form |= {name: _FIELDS[name] for name in self.fields if name not in draft.form}
            draft.form = _shuffled(draft.form, self.order)
            draft.content_type = f"{FORM}{self.charset}"
        draft.headers |= {name: _HEADERS[name] for name in self.headers if name not in draft.headers}
        if self.agent:
            draft.headers["User-Agent"] = self.agent
        if self.kind in _SIGNED:
            draft.jose = _shuffled(self._header(draft.jose), self.order)
            draft.claims = _shuffled(self._claims(draft.claims, world.now), self.order)
        if self.bare_key:
            world.publish_bare_key()
        return draft.send()

    def _header(self, good: Mapping[str, Any]) -> dict[str, Any]:
        header = {**good, "typ": self.typ, **{name: _JOSE[name] for name in self.jose}}
        left_out = self.without if self.kind in _KEYLESS else frozenset()
        return {name: value for name, value in header.items() if name not in left_out}

    def _claims(self, good: Mapping[str, Any], now: float) -> dict[str, Any]:
        times = {name: now - seconds for name, seconds in self.behind.items()}
        claims = {**good, "jti": self.jti or good["jti"], "exp": now + self.ahead, **times}
        if self.listed and self.kind != "cis2":
            claims["aud"] = ["https://elsewhere.example", good["aud"]]
        return claims


def _shuffled(members: Mapping[str, Any], seed: int) -> dict[str, Any]:
    names = list(members)
    Random(seed).shuffle(names)
    return {name: members[name] for name in names}


def _subsets(of: Mapping[str, str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(sorted(of)), max_size=3)


@st.composite
def variations(draw: st.DrawFn) -> Variation:
    """Good requests of every kind."""
    whole = st.integers(min_value=10, max_value=300)
    return Variation(
        kind=draw(st.sampled_from(sorted(GOOD))),
        fields=draw(_subsets(_FIELDS)),
        headers=draw(_subsets(_HEADERS)),
        agent=draw(st.sampled_from(("", *_AGENTS))),
        jose=draw(_subsets(_JOSE)),
        jti=draw(st.sampled_from(("", *_JTIS))),
        ahead=draw(whole | st.floats(min_value=10, max_value=300)),
        behind=draw(st.dictionaries(st.sampled_from(("iat", "nbf")), st.integers(min_value=0, max_value=120))),
        listed=draw(st.booleans()),
        typ=draw(st.sampled_from(("JWT", "jwt", "Jwt"))),
        charset=draw(st.sampled_from(("", ";charset=UTF-8", "; charset=utf-8"))),
        without=draw(st.frozensets(st.sampled_from(("kid", "typ")))),
        bare_key=draw(st.booleans()),
        order=draw(st.integers(min_value=0, max_value=999)),
    )
