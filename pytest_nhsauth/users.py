"""The people who can log in at the identity providers, as tests read and add them."""

from __future__ import annotations

from typing import Any

from mock_servers.state.person import Person
from pytest_nhsauth.blame import blames_caller
from pytest_nhsauth.target import Target


class Users:
    """The people of both providers, ready-made, configured and added."""

    def __init__(self, target: Target) -> None:
        self._target = target

    def all(self) -> list[Person]:
        """Return everybody, the ready-made people first."""
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
        """Add a person of these members, named as in the configuration: `provider`, `id` and `level` at least.

        Whoever has the same id already is replaced. Raises ValueError for a member that is missing or does not fit.
        """
        from mock_servers.configuration import members  # noqa: PLC0415 - reading hints takes its time, and most tests add nobody

        person = members.read(Person, given, where="user")
        self._target.put_person(person)
        return person
