"""A breakage: one way to break one rule, its kind of request, and the expected answer."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product
from typing import Any, Literal, TypeAlias

from contract_tests import precondition
from contract_tests.draft import Draft
from contract_tests.reach import Ability, Switch

Damage: TypeAlias = Callable[[Draft], None]
Evidence: TypeAlias = Literal["S", "D", "Q", "I"]
"""S: the service's published source or its own tests. D: NHS documentation. Q: quoted by a user. I: inferred."""


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


class Shape(StrEnum):
    """The form of a refusal; which members and headers it has is in `answers`."""

    ENVELOPE = "error, error_description and message_id"
    RATE_LIMIT = "the gateway's own members"
    PLATFORM_REDIRECT = "a form's redirect to the client, with error, error_description and state"
    PLATFORM_REDIRECT_WITHOUT_STATE = "a form's redirect to the client, with error and error_description"
    REDIRECT = "a redirect to the client, with error, error_description and state"
    REDIRECT_WITHOUT_STATE = "a redirect to the client, with error and error_description"
    REDIRECT_UNDESCRIBED = "a redirect to the client, with error and state"
    REDIRECT_CODE_ALONE = "a redirect to the client, with error"
    DESCRIPTION_FIRST = "error_description and error"
    DESCRIPTION_FIRST_WITH_STATE = "error_description, error and state"
    ERROR_FIRST = "error and error_description, not to be stored"
    ERROR_ALONE = "error, not to be stored"
    BEARER = "error and error_description, in a header as well"
    BEARER_OF_SCOPE = "the same, of a scope that the token lacks"
    FAULT = "the gateway's fault"
    FAULT_CHALLENGED = "the gateway's fault, in a header as well"
    PAGE = "a web page"
    ALLOW_GET = "no body, and a header that allows GET"
    ALLOW_POST = "no body, and a header that allows POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage:
    """One way to break one rule.

    `row` is its place in the contract. `touches` names the parts of the draft that it changes, dotted, where a part
    stands for all below it, and `relies` those that must stay as they are: two breakages can be in one request if
    neither touches what the other touches or relies on. `needs` are abilities of the target. `doubts` are further
    possible answers of the real service, since its sources disagree. `only` is the switch of the mock without which it
    is no mistake, `unless` the one with which this is not its answer.
    """

    row: str
    flows: frozenset[Flow]
    status: int
    error: str | None
    sentence: str
    evidence: Evidence = "S"
    damage: Damage
    touches: frozenset[str]
    relies: frozenset[str] = frozenset()
    shape: Shape = Shape.ENVELOPE
    circumstance: Callable[[Draft], AbstractContextManager[None]] = precondition.nothing
    needs: frozenset[Ability] = frozenset()
    doubts: tuple[tuple[int, str | None, str], ...] = ()
    only: Switch | None = None
    unless: Switch | None = None

    @property
    def name(self) -> str:
        """The name of the mistake, such as `assertion-kid-absent`."""
        part = self.damage.__module__.rpartition(".")[2]
        where = f"-where-{self.only}" if self.only else ""
        return f"{part}-{self.damage.__name__}{where}".replace("_", "-")

    def holds(self, switches: AbstractSet[Switch]) -> bool:
        """Whether it is a mistake, with this answer, for these switches."""
        return (self.only is None or self.only in switches) and self.unless not in switches

    def where(self, switch: Switch, **changes: Any) -> "tuple[Breakage, Breakage]":
        """Return this breakage for an unset switch, and with another answer for a set one."""
        return replace(self, unless=switch), replace(self, only=switch, **changes)

    def also(self, *damages: Damage, flows: frozenset[Flow] | None = None) -> "tuple[Breakage, ...]":
        """Return this breakage and others of the same answer and the same parts, in the same flows or in these."""
        return self, *(replace(self, damage=damage, flows=flows or self.flows) for damage in damages)

    def combines_with(self, other: "Breakage") -> bool:
        """Whether one request can hold both mistakes."""
        ours = product(self.touches, other.touches | other.relies)
        return not any(_overlap(*pair) for pair in [*ours, *product(self.relies, other.touches)])


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def parts(*names: str) -> frozenset[str]:
    """Return the parts of a draft that a breakage touches."""
    return frozenset(names)


def kinds(*named: Flow) -> frozenset[Flow]:
    """Return the kinds of request that a breakage is made in."""
    return frozenset(named)
