"""An app of the platform for tests: its identity, its keys, and what it signs; and the types of factory fixtures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias
from urllib.parse import quote

from mock_servers.jose.jwts import Alterations
from mock_servers.jose.keys import KeyPair
from mock_servers.state.app import App
from pytest_nhsauth.error_location import blames_caller
from pytest_nhsauth.target import Target

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

SigningKey: TypeAlias = "RSAPrivateKey | str | bytes"
"""A private key as an object, or its PEM text; loading 4096 bits of text takes a quarter of a second each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredApp:
    """A registered app; a change of it at the platform shows at once. Two are equal when their client ids are."""

    client_id: str
    _target: Target = field(repr=False, compare=False)

    @property
    def client_secret(self) -> str:
        """The secret, for refresh tokens and the providers."""
        return self._app.client_secret

    @property
    def redirect_uri(self) -> str:
        """The first of the app's redirect URIs. Raises LookupError if it has none."""
        __tracebackhide__ = True
        uris = self._app.redirect_uris
        if not uris:
            raise LookupError(f"app {self.client_id!r} has no redirect URI: register it with redirect_uris")
        return uris[0]

    @property
    def kid(self) -> str:
        """The kid that its client assertions name. Raises LookupError when the app has no key."""
        __tracebackhide__ = True
        kid = self._app.kid or next((str(key["kid"]) for key in self.jwks["keys"] if "kid" in key), None)
        if kid is None:
            raise LookupError(f"app {self.client_id!r} has no kid: register it with kid, jwks or a key of the mock's")
        return kid

    @property
    def jwks(self) -> dict[str, Any]:
        """The app's public keys, `{"keys": […]}`, as the mock serves them at `jwks_url`."""
        return self._target.apps.jwks(self._target.apps.get(self.client_id))

    @property
    def jwks_url(self) -> str:
        """Where the token service fetches the app's public keys."""
        served = f"{self._target.url}/_nhsauth/apps/{quote(self.client_id, safe='')}/jwks"
        return self._app.jwks_url or served

    @property
    @blames_caller
    def private_key(self) -> RSAPrivateKey:
        """The private key as an object, the quick way to sign. Raises LookupError when the mock does not hold it."""
        return self._target.apps.key_pair(self.client_id).private

    @property
    @blames_caller
    def private_key_pem(self) -> str:
        """The private key as PKCS#8 text. Raises LookupError if the mock does not hold it.

        Loading it includes a check of the key, a quarter of a second with 4096 bits: do it once a program, not once a
        request.
        """
        return self._target.apps.key_pair(self.client_id).private_pem()

    @blames_caller
    def client_assertion(
        self,
        claims: Mapping[str, Any] = NOTHING,
        headers: Mapping[str, Any] = NOTHING,
        without: Sequence[str] = (),
        key: SigningKey | None = None,
    ) -> str:
        """Return a fresh client assertion of this app for the platform's token URL.

        `claims` and `headers` are added or replace those of a correct one; `without` names members to leave out (`exp`,
        `header.kid`); `key` signs in the place of the app's own, under the same kid. Raises LookupError when the app
        has no key, ValueError for a `key` that is no RSA private key.
        """
        pair = None if key is None else KeyPair(kid=self.kid, private=_loaded(key))
        alterations = Alterations(claims=claims, headers=headers, without=without)
        return self._target.client_assertion(self.client_id, key=pair, alterations=alterations)

    @blames_caller
    def id_token(
        self,
        user: str | None = None,
        provider: str = "cis2",
        level: str | None = None,
        claims: Mapping[str, Any] = NOTHING,
        headers: Mapping[str, Any] = NOTHING,
        without: Sequence[str] = (),
    ) -> str:
        """Return a new id token for this app, as after a log-in.

        Without `user`, the provider's first person who reaches `level` logs in; without `level`, at the person's
        highest. `claims` and `headers` are added or replace those of a correct one; `without` names members to leave
        out (`exp`, `header.kid`). Raises LookupError for an unknown user or provider, ValueError for a level that the
        person does not reach.
        """
        from mock_servers.identity_provider.log_ins import LogInRequest  # noqa: PLC0415 - only for log-ins

        wanted = LogInRequest(user=user, level=level, client_id=self.client_id)
        alterations = Alterations(claims=claims, headers=headers, without=without)
        return self._target.id_token(provider, wanted, alterations)

    @property
    def _app(self) -> App:
        return self._target.apps.get(self.client_id)


class ClientAssertionFactory(Protocol):
    """Signs client assertions of one app: correct ones, or altered as a test wants."""

    def __call__(
        self,
        claims: Mapping[str, Any] = NOTHING,
        headers: Mapping[str, Any] = NOTHING,
        without: Sequence[str] = (),
        key: SigningKey | None = None,
    ) -> str:
        """Return a fresh assertion.

        `claims` and `headers` are added or replace those of a correct one; `without` names members to leave out (`exp`,
        `header.kid`); `key` signs in the place of the app's own, under the same kid.
        """
        ...


class IdTokenFactory(Protocol):
    """Gives id tokens, as a provider issues them after a log-in."""

    def __call__(
        self,
        user: str | None = None,
        provider: str = "cis2",
        level: str | None = None,
        claims: Mapping[str, Any] = NOTHING,
        headers: Mapping[str, Any] = NOTHING,
        without: Sequence[str] = (),
    ) -> str:
        """Return a new id token.

        Without `user`, the provider's first person who reaches `level` logs in; without `level`, at the person's
        highest. `claims`, `headers` and `without` alter the token before it is signed. Raises LookupError for an
        unknown user or provider, ValueError for a level that the person does not reach.
        """
        ...


class AppFactory(Protocol):
    """Registers more apps."""

    def __call__(self, **members: Any) -> RegisteredApp:
        """Return a new app with these members, named as in the configuration.

        Missing ones are generated: a client id, a secret, and a key pair unless `jwks` or `jwks_url` is given. Raises
        ValueError for an unknown or invalid member.
        """
        ...


def _loaded(key: SigningKey) -> RSAPrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - for who brings a key
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415 - the same
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - the same

    if isinstance(key, RSAPrivateKey):
        return key
    with suppress(TypeError, ValueError, UnsupportedAlgorithm):
        loaded = load_pem_private_key(key.encode() if isinstance(key, str) else key, password=None)
        if isinstance(loaded, RSAPrivateKey):
            return loaded
    raise ValueError("key does not serve; allowed is an RSA private key, as an object or unencrypted PEM text")
