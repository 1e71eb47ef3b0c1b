"""Learns from exchanges with the real services that pass by: what they issue, what is used up, their key sets.

Only hashes of values are kept. Nothing is learned of an answer that was not heard to its end.
"""

from __future__ import annotations

import base64
import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from mock_servers.apim.client_assertion import jti_key
from mock_servers.catalogue.entries import Entry
from mock_servers.explain import confidential
from mock_servers.explain.answered import Answered, fitting, of_answer
from mock_servers.explain.judging import Place
from mock_servers.explain.seen_values import SeenValues, bare
from mock_servers.jose import javascript, jwts
from mock_servers.jose.jwts import Jwt, MalformedJwtError
from mock_servers.journal import provenance, unregistered
from mock_servers.reading.captured import Captured, CapturedAnswer
from mock_servers.state.grant import Issued, ProviderRefreshToken, RefreshToken, Session, fingerprint
from mock_servers.state.log_in import LogIn
from mock_servers.state.person import Person
from mock_servers.wire.confidential import Confidential
from mock_servers.wire.json_text import object_of

_TOKENS: Final = {"access_token": "access token", "refresh_token": "refresh token", "id_token": "id_token"}
_USED_UP: Final = {"code": "authorization code", "refresh_token": "refresh token"}
GATEWAY: Final = "gateway"
_PLATFORM: Final = "the platform"
_GOOD: Final = 200


class SeenExchange:
    """One exchange, as far as something can be learned of it; `at` is when, in seconds since 1970."""

    def __init__(self, captured: Captured, place: Place, at: float) -> None:
        self.place = place
        self.at = at
        self.captured = captured
        self.form = dict(reversed(parse_qsl(captured.body.decode(errors="replace"))))
        self.query = dict(reversed(parse_qsl(urlsplit(captured.url).query)))

    @functools.cached_property
    def answered(self) -> Answered:
        """What the answer says; empty without one."""
        return of_answer(self.captured.answer or CapturedAnswer(status=0))

    @functools.cached_property
    def rows(self) -> Sequence[Entry]:
        """The rows of the catalogue that it may be of, where it refuses."""
        return fitting(self.answered)

    @functools.cached_property
    def members(self) -> Mapping[str, Any]:
        """The members of the answer; none where it is no JSON object."""
        return object_of(self.captured.answer.body if self.captured.answer else "") or {}

    @functools.cached_property
    def secrets(self) -> Confidential:
        """What of it must not be shown: its values, what may name a person in a path, and what nobody registered."""
        in_path = confidential.ids_in(self.captured.url) if self.place.service == GATEWAY else ()
        unknown = unregistered.values(
            confidential.parameters(self.captured), urlsplit(self.captured.url).path, lambda _: False
        )
        return Confidential({*confidential.values_of([self.captured]), *in_path, *unknown})

    @property
    def is_token_request(self) -> bool:
        """Whether it asks for tokens."""
        return self.captured.method == "POST" and urlsplit(self.captured.url).path == self.place.token_path

    @functools.cached_property
    def assertion(self) -> Jwt | None:
        """The client assertion, where it is a JWT."""
        return jwts.decoded(self.form.get("client_assertion", ""))

    @property
    def client_id(self) -> str:
        """The client that asks; empty where it does not say."""
        assertion = self.assertion
        claimed = assertion.claims.get("sub") if assertion is not None else None
        named = self.form.get("client_id") or self.query.get("client_id") or claimed or self._of_basic()
        return str(named or "")

    def _of_basic(self) -> str:
        scheme, _, sent = self.captured.header("authorization").partition(" ")
        if scheme.lower() != "basic":
            return ""
        try:
            return base64.b64decode(sent, validate=True).decode().partition(":")[0]
        except ValueError:
            return ""


def learn(past: SeenValues, seen: SeenExchange, *, spends_jti: bool) -> None:
    """Learn from an exchange; `spends_jti`: by its answer, the jti of its assertion is spent."""
    answer = seen.captured.answer
    if answer is None or not answer.is_read:
        return
    if seen.is_token_request and spends_jti:
        _record_jti(past, seen)
    if answer.status // 100 == 3:  # noqa: PLR2004 - a redirect
        _learn_redirect(past, seen, _split(answer.header("location")))
    elif answer.status == _GOOD:
        _learn_answer(past, seen, answer)


def _record_jti(past: SeenValues, seen: SeenExchange) -> None:
    assertion = seen.assertion
    if assertion is not None and seen.place.issuer == _PLATFORM:
        key = jti_key(seen.place.environment, assertion.claims.get("sub"), assertion.claims.get("jti"))
        past.jtis.see(key, math.inf)


# redirects


def _split(url: str) -> SplitResult:
    """Return the parts of a URL; of what is none, none."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _learn_redirect(past: SeenValues, seen: SeenExchange, location: SplitResult) -> None:
    """Learn who was sent to log in, and the code that a log-in gave."""
    reported = dict(reversed([*parse_qsl(location.query), *parse_qsl(location.fragment)]))
    for asked in (seen.query, seen.form, reported):
        if "redirect_uri" in asked and "client_id" in asked:
            past.clients.put(_redirect_key(asked["redirect_uri"], asked.get("state", "")), asked["client_id"])
    if "code" in reported:
        back = location._replace(query="", fragment="").geturl()
        client_id = past.clients.get(_redirect_key(back, reported.get("state", ""))) or seen.client_id
        _record_issued(past, seen, reported["code"], "authorization code", client_id)


def _redirect_key(redirect_uri: str, state: str) -> bytes:
    return fingerprint(f"{redirect_uri.partition('?')[0]} {state}")


# answers


def _learn_answer(past: SeenValues, seen: SeenExchange, answer: CapturedAnswer) -> None:
    members = seen.members
    if seen.is_token_request:
        _learn_tokens(past, seen, members)
    elif isinstance(members.get("keys"), list) and seen.captured.method == "GET":
        past.key_sets.put(bare(seen.captured.url), bytes(answer.body))
    elif isinstance(members.get("jwks_uri"), str) and seen.place.provider:
        past.discover(seen.captured.url, members["jwks_uri"])


def _learn_tokens(past: SeenValues, seen: SeenExchange, members: Mapping[str, Any]) -> None:
    """Learn what a token answer gave, and that it used up what was sent for it."""
    given = {name: kind for name, kind in _TOKENS.items() if isinstance(members.get(name), str)}
    for name, kind in given.items():
        _record_issued(past, seen, members[name], kind, seen.client_id, expires_at=_end(seen, members, name))
    sent = seen.form.get("refresh_token", "")
    if "refresh_token" in given:
        _record_refresh_token(past, seen, members, sent)
    for name, kind in _USED_UP.items() if given else ():
        # A provider may let a refresh token serve again: it is used up where a new one took its place.
        if name in seen.form and (name == "code" or members.get("refresh_token") not in (None, sent)):
            _mark_used(past, seen, seen.form[name], kind)


def _end(seen: SeenExchange, members: Mapping[str, Any], name: str) -> float | None:
    """Return when a token ends, by what came with it."""
    if name == "id_token":
        try:
            said = jwts.decode(members[name]).claims.get("exp")
        except MalformedJwtError:
            return None
        return javascript.number(said) if javascript.is_number(said) else None
    lasts = javascript.number(members.get({"access_token": "expires_in"}.get(name, f"{name}_expires_in"), ""))
    return seen.at + lasts if 0 < lasts < math.inf else None


def _record_issued(
    past: SeenValues, seen: SeenExchange, value: str, kind: str, client_id: str, *, expires_at: float | None = None
) -> None:
    place = seen.place
    issued = Issued(
        kind=kind,
        issuer=place.issuer,
        client_id=client_id,
        person=None,
        at=seen.at,
        expires_at=expires_at,
        environment=place.environment,
        redeem_at=place.token_path,
        home=place.home,
        only_at_home=True,
        proof=place.proof,
        is_observed=True,
    )
    provenance.remember(past.store, value, issued)


def _mark_used(past: SeenValues, seen: SeenExchange, value: str, kind: str) -> None:
    if past.issued(value) is None:
        _record_issued(past, seen, value, kind, seen.client_id)
    provenance.mark_spent(past.store, value, seen.at)
    for table in (past.refresh_tokens, past.provider_refresh_tokens):
        token = table.seen(value)
        if token is not None and token.spent_at is None:
            table.see(value, replace(token, spent_at=seen.at))


def _record_refresh_token(past: SeenValues, seen: SeenExchange, members: Mapping[str, Any], sent: str) -> None:
    value, end = members["refresh_token"], _end(seen, members, "refresh_token") or math.inf
    family = fingerprint(sent or value).hex()
    if seen.place.issuer == _PLATFORM:
        before = past.refresh_tokens.seen(sent)
        made = _of_platform(seen, members, before.family if before is not None else family, end)
        past.refresh_tokens.see(value, made)
        return
    before = past.provider_refresh_tokens.seen(sent)
    log_in = before.log_in if before is not None else _log_in(seen, family)
    past.provider_refresh_tokens.see(value, ProviderRefreshToken(log_in=log_in, scope="", expires_at=end))


def _of_platform(seen: SeenExchange, members: Mapping[str, Any], family: str, end: float) -> RefreshToken:
    count = javascript.number(members.get("refresh_count", ""))
    session = Session(
        id="", provider="", subject="", issued_at=0, lifetime=math.inf, refresh_lifetime=math.inf
    )  # of which nothing passes by
    return RefreshToken(
        client_id=seen.client_id,
        environment=seen.place.environment,
        scopes=(),
        session=session,
        count=int(count) if 0 <= count < math.inf else 0,
        expires_at=end,
        family=family,
    )


def _log_in(seen: SeenExchange, session: str) -> LogIn:
    """Return a log-in of which only its client and its provider are known."""
    return LogIn(
        provider=seen.place.provider,
        person=Person(provider=seen.place.provider, id="", level=""),
        level="",
        client_id=seen.client_id,
        at=seen.at,
        session_id=session,
    )
