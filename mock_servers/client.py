"""A correct client of the platform's token service, for the real one and the mock alike; also the example to copy.

It decides what is signed, how long a token is kept and what an error says. It needs no other file of this package.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
import uuid
from concurrent.futures import Future
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import requests

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}  # over the session's own
_URL = r"(?i)https?://[^/?#@:\s][^/?#@\s]*/[^#\s]*"
_KEYS = "an unencrypted RSA private key of 2048 bits or more, as object or PEM text, not as a path"
_SECRETS = ("client_assertion", "subject_token", "client_secret", "refresh_token")
_SMALLEST_KEY = 2048  # bits; the platform verifies nothing that was signed with less


@dataclass(kw_only=True, eq=False)
class TokenError(Exception):
    """An answer that is not a token; in one line "400 invalid_request: Malformed JWT in … (message_id rrt-…)".

    `status` is 0 without an answer; `error_description` may be a gateway's `message` or an Apigee `faultstring`;
    `rate_limited_until` (epoch seconds) comes with a 429. None of them shows a token or a secret that was sent.
    """

    text: str = ""
    status: int = 0
    error: str | None = None
    error_description: str | None = None
    message_id: str | None = None
    rate_limited_until: float | None = None

    def __str__(self) -> str:
        return self.text


class ServiceUnreachableError(TokenError):
    """No answer (connection, TLS, timeout), the cause chained; a refresh token that was sent may be spent even so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One answer, times in epoch seconds; what it has not, or not readably, is None. `raw` is the answer as it came."""

    access_token: str
    token_type: str
    expires_at: float
    refresh_token: str | None = None
    refresh_expires_at: float | None = None
    refresh_count: int | None = None
    issued_token_type: str | None = None
    raw: Mapping[str, Any] = field(compare=False)

    def __repr__(self) -> str:
        """Tokens are cut and `raw` is left out, because a repr ends up in logs."""
        tokens = f"access_token={_cut(self.access_token)}, refresh_token={_cut(self.refresh_token)}"
        times = f"expires_at={self.expires_at}, refresh_expires_at={self.refresh_expires_at}"
        kinds = f"token_type={self.token_type!r}, issued_token_type={self.issued_token_type!r}"
        return f"Token({tokens}, {times}, refresh_count={self.refresh_count}, {kinds})"


class Client:
    """Signs, asks, and keeps what it got; one instance serves a whole program, from any thread.

    `kid` names the key in the app's JWKS. `client_secret` is for `refresh()` alone. A token is renewed `margin` seconds
    before it expires, yet never before half of its life. `now` returns seconds since 1970: a test gives its own clock.
    `timeout`: seconds to connect and between two bytes. A `session` of yours brings proxies and certificates and stays
    open at `close()`; mount no retries on it, they would send a spent assertion again. Arguments that cannot work are a
    ValueError. What asks the service raises TokenError for a refusal (a 429 included), its subclass
    ServiceUnreachableError without an answer, and never tries again.
    """

    def __init__(  # noqa: PLR0913 - each is one setting of the app
        self,
        *,
        token_url: str,
        client_id: str,
        private_key: rsa.RSAPrivateKey | str | bytes,
        kid: str,
        client_secret: str | None = None,
        margin: float = 60.0,
        timeout: float = 30.0,
        session: requests.Session | None = None,
        now: Callable[[], float] = lambda: time.time(),  # noqa: PLW0108 - what a test puts in its place is called, too
        make_jti: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._url = _checked("token_url", token_url, _URL, "http(s)://host[:port]/path, no user name, no fragment")
        self._client_id, self._kid = _checked("client_id", client_id), _checked("kid", kid)
        # Once and here: loading a PEM checks the key, 250 ms for 4096 bits, where a signature takes 1.5.
        self._key = _checked_key(private_key)
        self._client_secret, self._margin, self._timeout = client_secret, margin, timeout
        self._owns_session = session is None
        self._session = _new_session() if session is None else session
        self._now, self._make_jti = now, make_jti
        self._lock = threading.Lock()
        self._tokens: dict[str, Future[Token]] = {}

    def client_assertion(self, *, lifetime: int = 240) -> str:
        """Sign a new assertion, good for one request within `lifetime` seconds (the service allows 300)."""
        # No iat and no nbf: the service wants neither and refuses one in its future, which a fast clock would sign.
        # For the same reason exp stays a minute clear of the five that are allowed.
        claims: dict[str, str | int] = {"iss": self._client_id, "sub": self._client_id, "aud": self._url}
        claims |= {"jti": self._make_jti(), "exp": int(self._now()) + lifetime}
        return jwt.encode(claims, self._key, algorithm="RS512", headers={"typ": "JWT", "kid": self._kid})

    def client_credentials(self) -> Token:
        """Return a token for the application itself: the kept one until it is due for renewal."""
        __tracebackhide__ = True
        return self._shared("client_credentials", "", lambda: self._ask(self._signed("client_credentials")))

    def token_exchange(self, id_token: str) -> Token:
        """Return a token for the person of this id_token from CIS2 or NHS login; kept like the application's."""
        __tracebackhide__ = True
        person = {"subject_token_type": _ID_TOKEN, "subject_token": id_token}
        return self._shared("token_exchange", id_token, lambda: self._ask(self._signed(_EXCHANGE) | person))

    def refresh(self, refresh_token: Token | str) -> Token:
        """Spend a refresh token, which works once; the answer carries the next. ValueError without it or the secret.

        Who brings the same one again gets the same answer, until that is due or its own refresh token is spent.
        """
        __tracebackhide__ = True
        spent = refresh_token.refresh_token if isinstance(refresh_token, Token) else refresh_token
        if not spent:
            raise ValueError("there is no refresh token: client_credentials gives none, ask it for a new token instead")
        if not self._client_secret:
            raise ValueError("refresh needs the app's client_secret, and this client was made without one")
        with self._lock:
            self._drop(spent)
        form = {"grant_type": "refresh_token", "client_id": self._client_id, "client_secret": self._client_secret}
        return self._shared("refresh", spent, lambda: self._ask(form | {"refresh_token": spent}))

    def forget(self) -> None:
        """Drop every kept token, so that the next call asks the service."""
        with self._lock:
            self._tokens.clear()

    def close(self) -> None:
        """Close the connections, unless the session was given."""
        if self._owns_session:
            self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _signed(self, grant_type: str) -> dict[str, str]:
        # Made anew for each request: the service remembers the jti even of an assertion that it refuses.
        assertion = {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": self.client_assertion()}
        return {"grant_type": grant_type} | assertion

    def _ask(self, form: Mapping[str, str]) -> Token:
        asked_at = self._now()  # before sending: an answer that is long on its way must not look fresher than it is
        response = self._send(form)
        answer = _members(response.content)
        if response.status_code == HTTPStatus.OK and (token := _token(answer, asked_at)):
            return token
        raise _refusal(response, answer, [str(form[name]) for name in _SECRETS if form.get(name)])

    def _send(self, form: Mapping[str, str]) -> requests.Response:
        # Redirects are not followed: elsewhere the assertion has the wrong audience and the secrets have no business.
        try:
            return self._session.post(self._url, form, headers=_HEADERS, timeout=self._timeout, allow_redirects=False)
        except OSError as error:  # which every error of requests is
            error.__suppress_context__ = True  # what urllib3 met on its way is in the reason
            reason = f"{type(error).__name__}, {getattr(error.args and error.args[0], 'reason', error)}"
            text = f"no answer from {self._url}: {' '.join(reason.split())}"
            raise ServiceUnreachableError(text=text) from error.with_traceback(None)

    def _shared(self, grant: str, credential: str, fetch: Callable[[], Token]) -> Token:
        """Return the kept token; else make one request, whose outcome everybody who comes meanwhile gets as well."""
        __tracebackhide__ = True
        key = hashlib.sha256(f"{grant} {credential}".encode()).hexdigest()  # so that no credential is kept
        mine: Future[Token] = Future()
        with self._lock:
            found = self._tokens.get(key, mine)
            if found is mine or self._is_over(found):
                self._drop()
                found = self._tokens[key] = mine
        if found is mine:
            try:
                mine.set_result(fetch())
            except BaseException as error:  # noqa: BLE001 - result() raises it, to everybody who waits
                mine.set_exception(error)
        return _result(found)

    def _drop(self, spent: str = "") -> None:
        """Keep valid tokens and calls in progress, and nothing of a used refresh token; the lock is held."""
        self._tokens = {key: kept for key, kept in self._tokens.items() if not self._is_over(kept, spent)}

    def _is_over(self, kept: Future[Token], spent: str = "") -> bool:
        if not kept.done() or kept.exception():
            return kept.done()
        token = kept.result()
        lifetime = _number(token.raw["expires_in"]) or 0.0
        return token.refresh_token == spent or self._now() >= token.expires_at - min(self._margin, lifetime / 2)


def _new_session() -> requests.Session:
    import requests  # noqa: PLC0415 - 60 ms for who brings no session

    return requests.Session()


def _result(of: Future[Token]) -> Token:
    """Return a token, or raise the service's refusal in the caller's frame: the frames below are of no use there."""
    __tracebackhide__ = True
    error = of.exception()
    if isinstance(error, TokenError):
        raise error.with_traceback(None)
    return of.result()


def _members(body: bytes) -> dict[str, Any]:
    """Return what a JSON object holds; nothing when the body is anything else."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _texts(members: Mapping[str, Any], secrets: Sequence[str] = ()) -> dict[str, str]:
    """Return the members that are text and not empty; an answer may quote a secret that it was sent."""
    texts = {name: value for name, value in members.items() if isinstance(value, str) and value}
    for secret in secrets:
        texts = {name: value.replace(secret, "(hidden)") for name, value in texts.items()}
    return texts


def _number(value: Any, unit: int = 1) -> float | None:
    """Return a finite number from zero up; the service writes them as text ("599"), other servers as numbers."""
    try:
        number = float(value) / unit
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number < float("inf") else None


def _token(answer: dict[str, Any], asked_at: float) -> Token | None:
    texts, lifetime = _texts(answer), _number(answer.get("expires_in"))
    if "access_token" not in texts or lifetime is None:
        return None
    refresh_lifetime, count = _number(answer.get("refresh_token_expires_in")), _number(answer.get("refresh_count"))
    return Token(
        access_token=texts["access_token"],
        token_type=texts.get("token_type", "Bearer"),
        expires_at=asked_at + lifetime,
        refresh_token=texts.get("refresh_token"),
        refresh_expires_at=None if refresh_lifetime is None else asked_at + refresh_lifetime,
        refresh_count=None if count is None else int(count),
        issued_token_type=texts.get("issued_token_type"),
        raw=answer,
    )


def _refusal(response: requests.Response, answer: dict[str, Any], secrets: Sequence[str]) -> TokenError:
    fault = answer.get("fault")
    said = _texts({"": _shape(response, answer)} | answer | (fault if isinstance(fault, dict) else {}), secrets)
    status, error, message_id = response.status_code, said.get("error"), said.get("message_id")
    words = said.get("error_description", said.get("message", said.get("faultstring")))
    parts = [f"{status} {error}" if error else f"{status}", words or ("" if error else said[""])]
    text = " ".join(": ".join(filter(None, parts)).split()) + (f" (message_id {message_id})" if message_id else "")
    until = _number(answer.get("ratelimiting_expiry_time_ms"), unit=1000)
    return TokenError(
        text=text, status=status, error=error, error_description=words, message_id=message_id, rate_limited_until=until
    )


def _shape(response: requests.Response, answer: Mapping[str, Any]) -> str:
    if response.is_redirect:
        return f"a redirect to {re.split('[?#]', response.headers['Location'])[0]}, not followed: correct token_url"
    if answer and response.ok:
        return "a success is 200 with an access_token and an expires_in in seconds, and this is none"
    kind = response.headers.get("Content-Type", "no Content-Type")
    return f"not the service's JSON ({kind}, {len(response.content)} bytes); a proxy on the way may have answered"


def _cut(token: str | None) -> str:
    return "None" if token is None else f"<{token[: min(6, len(token) // 3)]}… {len(token)} characters>"


def _checked(name: str, value: object, pattern: str = r"\S(.*\S)?", allowed: str = "text, no blanks around it") -> str:
    if isinstance(value, str) and re.fullmatch(pattern, value):
        return value
    shown = re.sub(r"//.*@", "//(hidden)@", str(value))
    raise ValueError(f"{name} is {shown!r}; allowed is {allowed}")


def _checked_key(given: rsa.RSAPrivateKey | str | bytes) -> rsa.RSAPrivateKey:
    pem = given.encode() if isinstance(given, str) else given
    try:
        key = load_pem_private_key(pem, password=None) if isinstance(pem, bytes) else pem
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _SMALLEST_KEY:
        return key
    label = re.search(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----", pem) if isinstance(pem, bytes) else None
    shown = f"a PEM {label[1].decode()!r}" if label and not key else type(key or given).__name__
    raise ValueError(f"private_key is {shown} that does not serve; allowed is {_KEYS}")
