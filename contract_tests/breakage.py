"""A breakage: one way to break one rule, its kind of request, and the expected answer."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import TypeAlias

from contract_tests import precondition
from contract_tests.contract import CONTRACT, Row
from contract_tests.draft import Draft
from contract_tests.reach import Ability, Switch

Damage: TypeAlias = Callable[[Draft], None]
Circumstance: TypeAlias = Callable[[Draft], AbstractContextManager[None]]


class Flow(StrEnum):
    """A kind of request; each has a sound draft to begin with."""

    ROUTING = "routing"
    CLIENT_CREDENTIALS = "client_credentials"
    TOKEN_EXCHANGE = "token_exchange"
    DELEGATION = "delegation"
    REFRESH = "refresh"
    AUTHORIZE = "authorize"
    CALLBACK = "callback"
    AUTHORIZATION_CODE = "authorization_code"
    USERINFO = "userinfo"
    LOGOUT = "logout"
    STATUS = "status"
    CIS2_AUTHORIZE = "cis2_authorize"
    CIS2_TOKEN = "cis2_token"
    CIS2_ASSERTED = "cis2_asserted"
    CIS2_REFRESH = "cis2_refresh"
    CIS2_USERINFO = "cis2_userinfo"
    CIS2_END_SESSION = "cis2_end_session"
    CIS2_ELSEWHERE = "cis2_elsewhere"
    NHS_LOGIN_AUTHORIZE = "nhs_login_authorize"
    NHS_LOGIN_TOKEN = "nhs_login_token"
    NHS_LOGIN_REFRESH = "nhs_login_refresh"
    NHS_LOGIN_USERINFO = "nhs_login_userinfo"
    NHS_LOGIN_METADATA = "nhs_login_metadata"
    REALM_AUTHORIZE = "realm_authorize"
    REALM_TOKEN = "realm_token"
    REALM_ASSERTED = "realm_asserted"
    REALM_USERINFO = "realm_userinfo"
    GATEWAY = "gateway"
    API_KEY = "api_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage:
    """One way to break one rule.

    `key` is its row in the contract. `touches` names the parts of the draft that it changes, dotted, where a part
    stands for all below it, and `relies` those that must stay as they are: two breakages can be in one request if
    neither touches what the other touches or relies on. `needs` are abilities of the target. `doubts` are the keys
    of further possible answers of the real service, since its sources disagree. `only` is the switch of the mock
    without which it is no mistake, `unless` the one with which this is not its answer.
    """

    key: str
    flows: frozenset[Flow]
    damage: Damage
    touches: frozenset[str]
    relies: frozenset[str] = frozenset()
    circumstance: Circumstance = precondition.nothing
    needs: frozenset[Ability] = frozenset()
    doubts: tuple[str, ...] = ()
    only: Switch | None = None
    unless: Switch | None = None

    @property
    def row(self) -> Row:
        """What the contract answers."""
        return CONTRACT[self.key]

    @property
    def name(self) -> str:
        """The name of the mistake, such as `assertion-kid-absent`."""
        part = self.damage.__module__.rpartition(".")[2]
        where = f"-where-{self.only}" if self.only else ""
        return f"{part}-{self.damage.__name__}{where}".replace("_", "-")

    def holds(self, switches: AbstractSet[Switch]) -> bool:
        """Whether it is a mistake, with this answer, for these switches."""
        return (self.only is None or self.only in switches) and self.unless not in switches

    def combines_with(self, other: "Breakage") -> bool:
        """Whether one request can hold both mistakes."""
        ours = product(self.touches, other.touches | other.relies)
        return not any(_overlap(*pair) for pair in [*ours, *product(self.relies, other.touches)])


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def kinds(*named: Flow) -> frozenset[Flow]:
    """Return the kinds of request that a breakage is made in."""
    return frozenset(named)


def broken(  # noqa: PLR0913 - the columns of a breakage
    key: str,
    flows: frozenset[Flow],
    touches: str,
    *damages: Damage,
    relies: str = "",
    circumstance: Circumstance = precondition.nothing,
    needs: frozenset[Ability] = frozenset(),
    doubts: tuple[str, ...] = (),
    only: Switch | None = None,
    unless: Switch | None = None,
) -> tuple[Breakage, ...]:
    """Return a breakage for each damage; all have the same answer, kinds of request and parts, named with blanks."""
    return tuple(
        Breakage(
            key=key,
            flows=flows,
            damage=damage,
            touches=frozenset(touches.split()),
            relies=frozenset(relies.split()),
            circumstance=circumstance,
            needs=needs,
            doubts=doubts,
            only=only,
            unless=unless,
        )
        for damage in damages
    )
