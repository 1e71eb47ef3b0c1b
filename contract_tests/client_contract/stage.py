"""The mock for a client under test: a token service on a free port that keeps every request.

What it keeps is never shown: checks read it, and cut what they report.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from contract_tests import jwts
from contract_tests.client_contract.settings import Settings
from mock_servers.http import server as serving
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

TOKEN_PATH: Final = "/oauth2/token"
API_PATH: Final = "/hello-world/hello/application"
CLIENT_ID: Final = "nhsauth-app"
KID: Final = "nhsauth-1"
"""The ready-made app's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request to the token endpoint, and its answer.

    `at` is monotonic, `now` the service's time at its arrival, both in seconds; `url` is the called URL.
    """

    at: float
    now: float
    url: str
    content_type: str
    query: str
    authorization: str = field(repr=False)
    form: Mapping[str, str] = field(repr=False)
    repeated: tuple[str, ...]
    status: int
    answer: Mapping[str, Any] = field(repr=False)

    @property
    def assertion(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Header and claims of the client assertion; both empty without a readable one."""
        with suppress(ValueError):
            return jwts.decode(self.form.get("client_assertion", ""))
        return {}, {}

    @property
    def grant_type(self) -> str:
        """The grant that was asked for."""
        return self.form.get("grant_type", "")


@dataclass(slots=True)
class Stage:
    """A platform, the requests to its token endpoint, and answers that replace its own: each once."""

    platform: Mock
    skew: float = 0.0
    sent: list[Sent] = field(default_factory=list)
    planned: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    url: str = ""

    def client_time(self) -> float:
        """Return the client's time, `skew` seconds ahead of the service's."""
        return self.platform.clock.now() + self.skew

    def settings(self) -> Settings:
        """Return the settings of the client."""
        app = self.platform.apps.get(CLIENT_ID)
        key = self.platform.apps.key(app)
        if key is None:  # the ready-made app's key is the mock's own
            raise LookupError(f"app {CLIENT_ID} has no key")
        return Settings(
            token_url=f"{self.url}{TOKEN_PATH}",
            api_url=f"{self.url}{API_PATH}",
            client_id=app.client_id,
            client_secret=app.client_secret,
            private_key_pem=key.private_pem(),
            kid=key.kid,
            clock=self.client_time,
        )

    def id_token(self) -> str:
        """Return a doctor's id token."""
        return self.platform.id_token("cis2", LogInRequest(client_id=CLIENT_ID))

    def use_up_quota(self) -> None:
        """Stop the service's time, and spend the one request that this minute has."""
        self.platform.clock.freeze()
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self.platform.client_assertion(CLIENT_ID),
        }
        self.platform.in_process.call(f"{self.url}{TOKEN_PATH}", form)

    def secrets(self) -> list[str]:
        """Return everything that no log may hold: keys, secrets, assertions, tokens."""
        settings = self.settings()
        pem = "".join(settings.private_key_pem.splitlines()[1:-1])
        of_requests = [value for sent in self.sent for name, value in sent.form.items() if name in _SECRET_FIELDS]
        of_answers = [str(sent.answer[name]) for sent in self.sent for name in _SECRET_MEMBERS if name in sent.answer]
        return [pem[:64], settings.client_secret, *filter(None, of_requests), *filter(None, of_answers)]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the platform does, and keep requests to the token endpoint."""
        if environ.get("PATH_INFO") != TOKEN_PATH or environ.get("REQUEST_METHOD") != "POST":
            return self.platform(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        status, headers, answer = self._answered(environ)
        self.sent.append(self._kept(environ, body, status, answer))
        start_response(status, headers)
        return [answer]

    def _kept(self, environ: WSGIEnvironment, body: bytes, status: str, answer: bytes) -> Sent:
        pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
        names = [name for name, _ in pairs]
        return Sent(
            at=time.monotonic(),
            now=self.platform.clock.now(),
            url=f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}{TOKEN_PATH}",
            content_type=environ.get("CONTENT_TYPE", ""),
            query=environ.get("QUERY_STRING", ""),
            authorization=environ.get("HTTP_AUTHORIZATION", ""),
            form=dict(pairs),
            repeated=tuple(name for name in dict.fromkeys(names) if names.count(name) > 1),
            status=int(status.partition(" ")[0]),
            answer=_members(answer),
        )

    def _answered(self, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], bytes]:
        if self.planned:
            code, members = self.planned.pop(0)
            return f"{code} Planned", [("Content-Type", "application/json")], json.dumps(members).encode()
        started: list[tuple[str, list[tuple[str, str]]]] = []
        body = self.platform(environ, lambda status, headers, *_: started.append((status, headers)))  # type: ignore[arg-type] # nothing calls write()
        answer = b"".join(body)
        close = getattr(body, "close", None)
        if close is not None:
            close()
        return (*started[0], answer)


_SECRET_FIELDS: Final = ("client_assertion", "subject_token", "refresh_token")
_SECRET_MEMBERS: Final = ("access_token", "refresh_token")


def _members(answer: bytes) -> Mapping[str, Any]:
    with suppress(ValueError):
        read = json.loads(answer)
        return read if isinstance(read, dict) else {}
    return {}


@contextmanager
def staged(ring: KeyRing, *, skew: float = 0.0, quota: int = 300) -> Iterator[Stage]:
    """Start a stage: `skew` is by how many seconds the client's time is ahead, `quota` the requests per minute."""
    platform = Mock(ring=ring)
    platform.apps.change(CLIENT_ID, quota_per_minute=quota)
    stage = Stage(platform, skew)
    if skew:
        platform.clock.advance(-skew)
    with serving.serve(stage) as server:
        stage.url = server.url
        platform.served_at(server.url)
        yield stage
