"""A target that is not ours: a team's fake at some URL, or a real environment, called with one app's credentials."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from http import HTTPStatus
from http.client import HTTPException
from ssl import SSLCertVerificationError, SSLError
from typing import Any, Final, NoReturn, Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa

from contract_tests.credential import Credential
from contract_tests.jwks_host import JwksHost
from contract_tests.jwts import RsaSigner, decode, encode_part, public_jwk
from contract_tests.reach import Ability, CannotJudgeError, OutOfReachError, Switch, UnpreparedError, need
from contract_tests.target import App, Kind, Person
from contract_tests.wire import Answer, HttpRequest, Wire

ENVIRONMENTS: Final = ("int", "sandbox")
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_DISCOVERY: Final = (
    "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/.well-known/openid-configuration",
    "/.well-known/openid-configuration",
)
_NO_TOKEN_ENDPOINT: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
_TOKEN_OF: Final = {"cis2": Ability.CIS2_ID_TOKEN, "nhs_login": Ability.NHS_LOGIN_ID_TOKEN}


class RemoteTarget:
    """A target at the URL of a service (`…/oauth2`), of its token endpoint (`…/token`), or of a whole host.

    `kind` says whether it is a real environment, which gets few requests and settles guesses. Its clock is assumed to
    be ours. `workers` are the processes that share its request limit. Raises CannotJudgeError as soon as an answer
    shows that none can be judged. `keep` is called with each request and its answer.
    """

    def __init__(
        self,
        name: str,
        url: str,
        credential: Credential,
        kind: Kind,
        *,
        workers: int = 1,
        keep: Callable[[HttpRequest, Answer], None] = lambda _, __: None,
    ) -> None:
        self.name, self.kind, self._keep = name, kind, keep
        parts = urlsplit(url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.prefix = "/oauth2" if parts.path in ("", "/") else parts.path.removesuffix("/token").rstrip("/")
        self._credential = credential
        self._wire = Wire(self.origin, timeout=credential.timeout)
        self._rate = Rate(-(-credential.per_minute // workers))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.close()

    @cached_property
    def abilities(self) -> frozenset[Ability]:
        """What was supplied; a real environment never gets many requests at once."""
        mine = self._credential
        supplied = {
            Ability.SECRET: mine.client_secret,
            Ability.REDIRECT: mine.redirect_uri,
            Ability.STATUS_KEY: mine.status_key,
            Ability.CIS2_ID_TOKEN: mine.id_tokens.get("cis2"),
            Ability.NHS_LOGIN_ID_TOKEN: mine.id_tokens.get("nhs_login"),
            Ability.DISCOVERY: self._has_discovery(),
            Ability.CROWD: self.kind is Kind.FAKE and not mine.per_minute,
        }
        return frozenset(ability for ability, there in supplied.items() if there)

    def _has_discovery(self) -> bool:
        """Whether CIS2 or NHS login may be there: a discovery document of one answers anything but 404."""
        documents = (self.send(HttpRequest(method="GET", path=path, headers={})) for path in _DISCOVERY)
        return any(answer.status != HTTPStatus.NOT_FOUND for answer in documents)

    @property
    def switches(self) -> frozenset[Switch]:
        """Unknown."""
        return frozenset()

    @property
    def signer(self) -> RsaSigner:
        """Signs with the app's key."""
        return self._credential.signer

    @cached_property
    def jwk(self) -> Mapping[str, str]:
        """The public half of the app's key."""
        return public_jwk(self.signer.key.public_key(), self._credential.kid)

    @cached_property
    def foreign_signer(self) -> RsaSigner:
        """Generates its key when first asked for."""
        return RsaSigner(key=rsa.generate_private_key(public_exponent=65537, key_size=2048))

    @property
    def short_signer(self) -> RsaSigner:
        """Cannot be registered."""
        return self._unable(Ability.APPS)

    @property
    def jwks_host(self) -> JwksHost:
        """Cannot be registered."""
        return self._unable(Ability.APPS)

    @property
    def redirect_uri(self) -> str:
        """The app's, when it was supplied."""
        return self._credential.redirect_uri or self._unable(Ability.REDIRECT)

    @property
    def status_key(self) -> str:
        """The key of `/_status`, when it was supplied."""
        return self._credential.status_key or self._unable(Ability.STATUS_KEY)

    def now(self) -> int:
        """Return our own time."""
        return int(time.time())

    def second(self) -> int:
        """The second is over before a question arrives."""
        return self._unable(Ability.TIME)

    def at(self, moment: int) -> AbstractContextManager[None]:  # noqa: ARG002 - the protocol's
        """Not even for a moment."""
        return self._unable(Ability.TIME)

    def fault(self, **members: Any) -> AbstractContextManager[None]:  # noqa: ARG002 - the protocol's
        """Nothing can be made to fail."""
        return self._unable(Ability.FAULTS)

    def api(self, **members: Any) -> AbstractContextManager[None]:  # noqa: ARG002 - the protocol's
        """An API cannot be put behind another gateway."""
        return self._unable(Ability.APIS)

    def altered(self, person: Person, claims: Mapping[str, Any]) -> AbstractContextManager[None]:  # noqa: ARG002 - the protocol's
        """Its id tokens cannot be changed."""
        return self._unable(Ability.ID_TOKENS)

    def app(self, members: Mapping[str, Any]) -> App:
        """Return the one app."""
        if members:
            self._unable(Ability.APPS)
        return App(client_id=self._credential.client_id, client_secret=self._credential.client_secret or "")

    def new_app(self, members: Mapping[str, Any]) -> App:  # noqa: ARG002 - the protocol's
        """There is only one."""
        return self._unable(Ability.APPS)

    def change_app(self, app: App, members: Mapping[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """There is only one, and it cannot be changed."""
        self._unable(Ability.APPS)

    def remove_app(self, app: App) -> None:  # noqa: ARG002 - the protocol's
        """There is only one, and it stays."""
        self._unable(Ability.APPS)

    def id_token_parts(self, person: Person) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the parts of the supplied id token, for any app."""
        need(self.abilities, _TOKEN_OF[person.provider])
        return decode(self._credential.id_tokens[person.provider])

    def id_token(self, person: Person, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """Return the id token that was supplied; with other parts, those parts under its signature.

        That is as good for every rule before the signature; a case of a later rule says that it needs the provider.
        """
        supplied = self._credential.id_tokens[person.provider]
        sound_header, sound_claims = decode(supplied)
        if json.dumps([header, claims]) == json.dumps([sound_header, sound_claims]):
            return supplied
        return f"{encode_part(header)}.{encode_part(claims)}.{supplied.rpartition('.')[2]}"

    def code(self, person: Person, app: App) -> str:  # noqa: ARG002 - the protocol's
        """No person can type a password."""
        return self._unable(Ability.LOG_INS)

    def log_in(self, authorize: HttpRequest, person: Person) -> list[str]:  # noqa: ARG002 - the protocol's
        """No person can type a password."""
        return self._unable(Ability.LOG_INS)

    def visit(self, authorize: HttpRequest, person: Person) -> tuple[list[str], str]:  # noqa: ARG002 - the protocol's
        """No person can type a password."""
        return self._unable(Ability.LOG_INS)

    def signed(self, id_token: str) -> bool:
        """Whether this is one of the supplied id tokens."""
        return id_token in self._credential.id_tokens.values()

    def send(self, request: HttpRequest) -> Answer:
        """Send within the target's limit; raises CannotJudgeError without an answer, or for a rate limit."""
        self._rate.wait()
        try:
            answer = self._wire.send(request)
        except (OSError, HTTPException) as error:
            raise CannotJudgeError(f"{self.origin}: {reason(error, self._credential.timeout)}") from None
        self._keep(request, answer)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise CannotJudgeError(f"{self.origin} limits the rate of requests (429): ask fewer a minute, or later")
        return answer

    def probe(self) -> None:
        """Request a token without any parameter, which every service of the kind refuses in JSON.

        Raises CannotJudgeError for any other answer, so that no case is judged by it.
        """
        answer = self.send(HttpRequest(method="POST", path=f"{self.prefix}/token", headers=_FORM))
        where, kind = f"{self.origin}{self.prefix}/token", answer.headers.get("content-type", "no Content-Type")
        if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
            raise CannotJudgeError(f"{where} redirects ({answer.status}): name the URL that it redirects to")
        wrong = f"{kind} and no JSON object" if not answer.json else "a JSON object"
        if not answer.json or answer.status in _NO_TOKEN_ENDPOINT:
            raise CannotJudgeError(
                f"{where} answers {answer.status} with {wrong}: give the URL of the token endpoint, "
                f"--target {self.origin}/…/token"
            )

    @property
    def last(self) -> Answer | None:
        """The answer that came last on any connection."""
        return self._wire.last

    @property
    def last_request(self) -> HttpRequest | None:
        """The request that it answers."""
        return self._wire.last_request

    def refuse(self, reason: str) -> NoReturn:
        """Say that something before the question did not go well."""
        raise UnpreparedError(reason)

    def _unable(self, ability: Ability) -> NoReturn:
        raise OutOfReachError(f"the target cannot {ability.value}")


class Rate:
    """Lets so many requests through in a minute and holds the others back; 0 lets all through."""

    def __init__(self, per_minute: int) -> None:
        self._sent: deque[float] = deque(maxlen=per_minute or None)
        self._bound = per_minute
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when one more request is within the bound."""
        if not self._bound:
            return
        with self._lock:
            if len(self._sent) == self._bound:
                time.sleep(max(0.0, self._sent[0] + 60 - time.monotonic()))
            self._sent.append(time.monotonic())


def reason(error: Exception, timeout: float) -> str:
    """Return in words why a request has no answer."""
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout:g} s"
    if isinstance(error, SSLCertVerificationError):
        return f"its certificate is not trusted here ({error.reason})"
    if isinstance(error, SSLError):
        return f"what answers speaks no TLS ({error.reason or type(error).__name__})"
    if isinstance(error, HTTPException):
        return f"what answers speaks no HTTP ({type(error).__name__})"
    return f"nobody answers ({getattr(error, 'strerror', None) or type(error).__name__})"
