"""The people who can log in at the identity providers, for tests to read and add."""

from __future__ import annotations

from typing import Any

from mock_servers.state.person import Person
from pytest_nhsauth.error_location import blames_caller
from pytest_nhsauth.target import Target


class Users:
    """The people of both providers, ready-made, configured and added."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def all(self) -> list[Person]:
        """Return all people, the ready-made ones first."""
        return self._target.people()

    @blames_caller
    def get(self, provider: str, id: str) -> Person:  # noqa: A002 - the member's name in the configuration
        """Return a person. Raises LookupError, listing those of the provider."""
        own = {person.id: person for person in self.all() if person.provider == provider}
        if id not in own:
            raise LookupError(f"{provider} has no user {id!r}: it has {', '.join(own) or 'nobody'}")
        return own[id]

    @blames_caller
    def add(self, **given: Any) -> Person:
        """Add a person with these members, named as in the configuration: `provider`, `id` and `level` at least.

        A person with the same id is replaced. Raises ValueError for a missing or invalid member.
        """
        from mock_servers.configuration import members  # noqa: PLC0415 - most tests add no one

        person = members.read(Person, given, where="user")
        self._target.put_person(person)
        return person
