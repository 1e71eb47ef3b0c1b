"""The faults that a test orders: at the platform, at a provider, for a key set or an API."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, TypedDict, Unpack

from mock_servers.state.fault import Deed, Fault, Malformation, Policy, Scope
from pytest_nhsauth import target as targets
from pytest_nhsauth.error_location import blames_caller
from pytest_nhsauth.unused_fault import UnusedFaultWarning

Place = Literal[
    "token",
    "authorize",
    "callback",
    "userinfo",
    "app.jwks",
    "cis2",
    "cis2.authorize",
    "cis2.token",
    "cis2.userinfo",
    "cis2.jwks",
    "cis2.discovery",
    "nhs_login",
    "nhs_login.authorize",
    "nhs_login.token",
    "nhs_login.userinfo",
    "nhs_login.jwks",
    "nhs_login.discovery",
    "api",
]
"""The places of the mock servers, spelt out: an editor offers them, a type checker knows them."""

_SAID_BY: Final[Mapping[str, str]] = {"delay": "seconds", "malformed": "kind", "rate_limit": "policy"}
"""By deed, the member that a value of its keyword sets: `delay=2` is a delay of two seconds."""

_FLAGS: Final = ("drop", "catch_all", "rotate")
_HERE: Final = Path(__file__).parent


class What(TypedDict, total=False):
    """The keywords of a fault: one that says what happens, and those that describe it further.

    `status=503` (`body`, `content_type`), `delay=2.5`, `drop=True` (`processed=True`: after the work was done),
    `malformed="html"` or `"half"`, `"truncated"`, `"empty"`, `rate_limit="quota"` or `"spike_arrest"`
    (`scope="proxy"`), `catch_all=True` (`status=401`), `rotate=True`. All take: `times`, 1 by default, None for every
    request; `after`, how many succeed first; `client_id`, the only client affected.
    """

    do: Deed
    status: int
    body: str | Mapping[str, Any]
    content_type: str
    delay: float
    seconds: float
    drop: bool
    processed: bool
    malformed: Malformation | bool
    kind: Malformation
    rate_limit: Policy | bool
    policy: Policy
    scope: Scope
    catch_all: bool
    rotate: bool
    times: int | None
    after: int
    client_id: str


class Faults:
    """The faults that are ordered; all of them end with the test."""

    def __init__(self, faults: targets.Faults) -> None:
        self._faults = faults
        self._ordered: dict[int, tuple[str, int]] = {}
        """By the id of a fault the file and line that ordered it."""

    @blames_caller
    def next(self, on: Place, **what: Unpack[What]) -> Fault:
        """Let the next request at a place go wrong: `next("token", status=503)`, `next("cis2.jwks", rotate=True)`.

        Places are `token`, `authorize`, `callback` and `userinfo` of the platform, `app.jwks`, `cis2`,
        `cis2.authorize`, `cis2.token`, `cis2.userinfo`, `cis2.jwks`, `cis2.discovery`, the same of `nhs_login`, and
        `api`. Of several faults at a place a request meets the oldest that is not used up. Raises ValueError for a
        word, or words together, that make no fault.
        """
        return self._order(_read(on, what))

    @blames_caller
    def down(self, on: Place, *, status: int = 503) -> Fault:
        """Let a place answer a load balancer's page until the test ends, or the fault is removed: `down("cis2")`."""
        return self._order(_read(on, {"status": status, "times": None}))

    def all(self) -> list[Fault]:
        """Return all ordered faults, used up or not, the oldest first; `used` counts the requests they affected."""
        return self._faults.all()

    @property
    def unused(self) -> list[Fault]:
        """The faults that have affected no request so far."""
        return [fault for fault in self.all() if not fault.used]

    @blames_caller
    def remove(self, fault: Fault) -> None:
        """Take a fault back; answers that any fault holds back leave at once. Raises LookupError when it is gone."""
        self._faults.remove(fault.id)

    def _order(self, fault: Fault) -> Fault:
        ordered = self._faults.order(fault)
        self._ordered[ordered.id] = _caller()
        return ordered

    @contextmanager
    def warned_of(self) -> Iterator[None]:
        """Warn at the end of a block, at the line that ordered it, about each fault in it that affected no request."""
        self._ordered.clear()
        yield
        for fault in self.unused if self._ordered else ():
            if fault.id in self._ordered:
                unused = UnusedFaultWarning(f"nothing met the fault {fault}")
                warnings.warn_explicit(unused, UnusedFaultWarning, *self._ordered[fault.id])


def _caller() -> tuple[str, int]:
    """Return the file and line outside this package that the call comes from."""
    frames = ((frame.f_code.co_filename, line) for frame, line in traceback.walk_stack(None))
    return next(at for at in frames if Path(at[0]).parent != _HERE)


def _read(on: str, what: Mapping[str, Any]) -> Fault:
    from mock_servers.configuration import members  # noqa: PLC0415 - reading hints takes its time, and most tests order no fault

    given: dict[str, Any] = dict(what)
    deeds = [deed for deed in (*_SAID_BY, *_FLAGS) if given.get(deed) not in (None, False)]
    entries = {
        _SAID_BY[deed]: value for deed in _SAID_BY if (value := given.pop(deed, None)) not in (None, False, True)
    }
    for flag in _FLAGS:
        given.pop(flag, None)
    if len(deeds) > 1:
        raise ValueError(f"fault is {' and '.join(deeds)}; allowed: one of them, and a fault more for the other")
    default = deeds or (["status"] if "status" in given else [])
    ordered = {"on": on, **({"do": default[0]} if default else {}), **entries, **given}
    return members.read(Fault, ordered, where="fault", omit=("id", "seen", "used"))
