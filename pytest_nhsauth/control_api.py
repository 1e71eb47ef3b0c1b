"""Calls the control API of a mock in another process, over one kept connection, and turns its refusals into errors."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import extract_cookies_to_jar
from urllib3 import connectionpool
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from mock_servers.identity_provider.log_ins import LevelError, NoSuchPersonError
from mock_servers.silence import silence
from mock_servers.state.registration import AppExistsError, NoSuchAppError
from pytest_nhsauth.target import ServerDiedError

__tracebackhide__ = True  # shown where the test asks for it

_TIMEOUT: Final = 30  # seconds
_LONGEST: Final = 200
CONTROL: Final = "/_nhsauth"
"""The path of the control API below a base URL."""

_ERRORS: Final[Mapping[tuple[int, str | None], type[Exception]]] = {
    (400, "client_id"): NoSuchAppError,
    (409, "client_id"): AppExistsError,
    (400, "user"): NoSuchPersonError,
    (400, "level"): LevelError,
    (400, "provider"): LookupError,
}
"""By status and member at fault, the exception of the same mistake in process; any other is a ValueError."""


class NotAMockError(RuntimeError):
    """The answer is not from a mock of this project. The message quotes it."""


class NotFoundError(LookupError):
    """The mock answered 404; the message is the mock's own."""


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = connectionpool.HTTPConnection  # type: ignore[attr-defined] # the module imports it


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = connectionpool.HTTPSConnection  # type: ignore[attr-defined] # the same


class _Adapter(HTTPAdapter):
    """An adapter that no library replaces which stands in for servers in a team's tests.

    `responses` replaces the method `send` of them all, and vcrpy the connections that pools make.
    """

    def init_poolmanager(self, *arguments: Any, **given: Any) -> None:
        """Use connections as urllib3's pools know them."""
        super().init_poolmanager(*arguments, **given)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    def send_directly(
        self, request: requests.PreparedRequest, *, verify: Any, timeout: Any, proxies: Mapping[str, str]
    ) -> requests.Response:
        """Send a request and read its answer whole. Raises requests.ConnectionError without one."""
        pool = cast("HTTPConnectionPool", self.get_connection_with_tls_context(request, verify, proxies=proxies))
        self.cert_verify(pool, request.url, verify, None)  # type: ignore[no-untyped-call] # typeshed has no types for it
        try:
            raw = pool.urlopen(
                str(request.method),
                request.path_url,
                request.body,
                request.headers,
                retries=False,
                redirect=False,
                timeout=timeout,
                preload_content=False,
                decode_content=False,
            )
            response: requests.Response = self.build_response(request, raw)
            response.content  # noqa: B018 - reads it, and gives the connection back
        except HTTPError as error:
            raise requests.ConnectionError(error, request=request) from None  # it is an argument
        return response


class _Session(requests.Session):
    """The same of a session, whose `send` and `get_adapter` `requests-mock` replaces. It follows no redirect."""

    def __init__(self) -> None:
        super().__init__()
        self._adapter = _Adapter()

    def send(self, request: requests.PreparedRequest, **given: Any) -> requests.Response:
        """Send a request by our own adapter."""
        sent = {name: given[name] for name in ("verify", "timeout", "proxies")}
        response = self._adapter.send_directly(request, **sent)
        extract_cookies_to_jar(self.cookies, request, response.raw)
        return response

    def close(self) -> None:
        """Close the connections."""
        super().close()
        self._adapter.close()


def session() -> requests.Session:
    """Return a session for a mock: no proxy of the environment stands in its way, its certificates do count.

    Nor does a library that replaces servers, whenever it began to do so.
    """
    made = _Session()
    made.trust_env = False
    made.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or True
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """The mock as a proxy to the real hosts that it plays; `trusts` is the file to trust it by."""

    url: str
    trusts: str


class ControlApi:
    """The control API below one base URL; `death` says why it answers no more, once it does not.

    `services` is the base URL of the services, which may be another port's; it is that of the control API unless given.
    `token` goes out with each call of the control API, and with no other request.
    """

    def __init__(
        self, url: str, http: requests.Session, services: str | None = None, *, token: str | None = None
    ) -> None:
        self.url = url
        self.services = services or url
        self.death: str | None = None
        self._http = http
        self._token = token

    def below(self, path: str) -> ControlApi:
        """Return the control API of a world, by its path, over the same connection."""
        return ControlApi(f"{self.url}{path}", self._http, f"{self.services}{path}", token=self._token)

    def located(self) -> ControlApi:
        """Return the control API at its own port, where the mock has one: each port names the other.

        Raises ServerDiedError without an answer, NotAMockError for an answer that no mock gives.
        """
        health = self.ask("GET", "/health")
        if not isinstance(health, dict) or health.get("status") != "ok":
            raise NotAMockError(f"{self.url} answers, and is no nhsauth mock")
        named = str(health["control"]).removesuffix(CONTROL)
        if named != self.url:
            return ControlApi(named, self._http, self.url, token=self._token)
        return ControlApi(self.url, self._http, self.ask("GET", "/status")["urls"]["base"], token=self._token)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, query: Mapping[str, Any] = {}) -> Any:
        """Return the JSON, or the text, of an answer; None without a body.

        Raises ServerDiedError without an answer, NotFoundError for a 404, the exceptions of `_ERRORS` for other
        refusals.
        """
        proof = {} if self._token is None else {"Authorization": f"Bearer {self._token}"}
        answer = self._sent(method, f"{self.url}{CONTROL}{path}", json=body, params=query, headers=proof)
        if not answer.ok:
            refusal = _refusal(answer)
            if isinstance(refusal, ServerDiedError):
                self.death = str(refusal)
            raise refusal
        if not answer.content:
            return None
        return answer.json() if answer.headers.get("Content-Type") == "application/json" else answer.text

    def visit(
        self, url: str, form: Mapping[str, str] | None, *, proxy: Proxy | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """GET a URL of the mock, or POST a form to it; a real host's by way of `proxy`. Follows no redirect."""
        method = "GET" if form is None else "POST"
        proxied = {} if proxy is None else {"proxies": {"https": proxy.url}, "verify": proxy.trusts}
        answer = self._sent(method, url, data=form, **proxied)
        return answer.status_code, dict(answer.headers), answer.content

    def _sent(self, method: str, url: str, **sent: Any) -> requests.Response:
        if self.death is not None:
            raise ServerDiedError(self.death)  # instead of a wait for a dead server in each test
        try:
            with silence():  # urllib3 logs each connection and each request
                return self._http.request(method, url, timeout=_TIMEOUT, allow_redirects=False, **sent)
        except requests.RequestException as error:
            self.death = f"Nothing answers at {self.url}: {_reason(error)}. Is `nhsauth serve` running there?"
            raise ServerDiedError(self.death) from None


def _reason(error: requests.RequestException) -> str:
    inner = getattr(error.args[0], "reason", error.args[0]) if error.args else error
    return " ".join(str(inner).rpartition(": ")[2].split())


def _refusal(answer: requests.Response) -> Exception:
    reported = _problem(answer)
    if reported is None:
        words = " ".join(answer.text.split())[:_LONGEST]
        return NotAMockError(f"{answer.url} answered {answer.status_code} {words!r}: that is no nhsauth mock.")
    if "world" in reported:
        return ServerDiedError(reported["detail"])
    if answer.status_code == requests.codes.unauthorized:
        return ValueError(f"{reported['detail']} Set NHSAUTH_CONTROL_TOKEN, or --nhsauth-target-token.")
    if answer.status_code == requests.codes.not_found:
        return NotFoundError(reported["detail"])
    return _ERRORS.get((answer.status_code, reported.get("member")), ValueError)(reported["detail"])


def _problem(answer: requests.Response) -> dict[str, Any] | None:
    if answer.headers.get("Content-Type") != "application/problem+json":
        return None
    body: dict[str, Any] = answer.json()
    return body
