"""The types of factory fixtures, for annotations in tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

SigningKey: TypeAlias = "RSAPrivateKey | str | bytes"
"""A private key as an object, or its PEM text; loading 4096 bits of text takes a quarter of a second each time."""


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
