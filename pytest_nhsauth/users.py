"""The people who can log in at the identity providers, as tests read and add them."""

from __future__ import annotations

from typing import Any

from mock_servers import members
from mock_servers.identity_provider.people import Person
from mock_servers.platform import Platform as MockPlatform
from pytest_nhsauth.blame import blames_caller


class Users:
    """The people of both providers, ready-made, configured and added."""

    def __init__(self, mock: MockPlatform) -> None:
        self._mock = mock

    def all(self) -> list[Person]:
        """Return everybody, the ready-made people first."""
        return self._mock.store.people.values()

    @blames_caller
    def get(self, provider: str, id: str) -> Person:  # noqa: A002 - the member's name in the configuration
        """Return a person. Raises LookupError, listing those of the provider."""
        person = self._mock.store.people.get((provider, id))
        if person is None:
            known = ", ".join(each.id for each in self.all() if each.provider == provider) or "nobody"
            raise LookupError(f"{provider} has no user {id!r}: it has {known}")
        return person

    @blames_caller
    def add(self, **given: Any) -> Person:
        """Add a person of these members, named as in the configuration: `provider`, `id` and `level` at least.

        Whoever has the same id already is replaced. Raises ValueError for a member that is missing or does not fit.
        """
        person = members.read(Person, given, where="user")
        self._mock.store.people.put((person.provider, person.id), person)
        return person
