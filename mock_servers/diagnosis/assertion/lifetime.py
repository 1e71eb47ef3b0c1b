"""Mistakes in the times of an assertion, at the platform and at the providers: what `clock` computes, as findings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from mock_servers.diagnosis import clock
from mock_servers.diagnosis.assertion.replay import first_of_same
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.clock import GRACE, LONGEST, Cause, Kind, Times
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.provider.assertion import provider_of
from mock_servers.diagnosis.request.swapped_values import NAMED as SWAPPED
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import duration, moment, shown

_EXPIRED: Final = ("check_client_assertion_not_expired", "check_assertion_live")
_TOO_FAR: Final = "check_client_assertion_exp_near"
_TOO_FAR_AT_PROVIDER: Final = "check_assertion_near"
_NOT_BEGUN: Final = "check_client_assertion_begun"
_UTC: Final = "int(time.time()) in Python, DateTimeOffset.UtcNow in C#, Instant.now() in Java"
_OF_EACH: Final[Mapping[Kind, str]] = {
    "kept": "Sign a new assertion right before each request.",
    "slow": "Set your clock by NTP.",
    "fast": "Set your clock by NTP, and set exp to now + 240, to leave a margin.",
    "zone": f"Use UTC time: {_UTC}.",
    "claim": f"Take exp, iat and nbf from one reading of the clock, in UTC: {_UTC}. Set exp to now + 240.",
    "too-long": f"Set exp to at most now + {LONGEST}.",
    "too-short": "Set exp to now + 240, in seconds.",
}
"""The cure of each cause, where no other fits."""


def _times(case: Case) -> Times | None:
    if case.assertion is None:
        return None
    provider, longest, grace = provider_of(case), float(LONGEST), GRACE
    if provider is not None:
        longest, grace = float(provider.proof.longest or math.inf), 0
    return Times(
        now=case.now,
        claims=case.assertion.claims,
        by=case.known.time_by,
        longest=longest,
        grace=grace,
        client_clock=case.known.client_clock,
        earlier=[*_earlier(case)],
    )


def _earlier(case: Case) -> Iterator[tuple[float, float]]:
    """Yield when the same client's earlier assertions were received, and their iat."""
    for each in case.known.before(case.record):
        received = each.received.get("client_assertion")
        if received is not None and received.claims.get("sub") == case.claim("sub"):
            iat = clock.read(received.claims.get("iat"), each.at)
            if iat.at is not None:
                yield each.at, iat.at


def exp_unit(case: Case) -> Finding | None:
    """A time is not a number of seconds since 1970."""
    times = _times(case)
    return misread(times, "exp", "nbf", "iat") if times is not None and times.misread("exp") else None


def begun_unit(case: Case) -> Finding | None:
    """A time is not a number of seconds since 1970."""
    times = _times(case)
    return misread(times, "nbf", "iat") if times is not None and not times.misread("exp") else None


def misread(times: Times, *names: str) -> Finding | None:
    """Return that claims are in another unit, if one is."""
    wrong = times.misread(*names)
    if not wrong:
        return None
    units = dict.fromkeys(each.wrong for each in wrong.values())
    alike = [(unit, [name for name in wrong if wrong[name].wrong == unit]) for unit in units]
    cures = [wrong[same[0]].cure.format(_listed(same)) for _, same in alike if wrong[same[0]].cure]
    exp = f"Set exp to the current Unix time plus at most {LONGEST}, e.g. int(time.time()) + {LONGEST}."
    return Finding(
        id="exp-unit",
        certainty="certain",
        seen=" ".join(
            f"{_listed([f'{name} is {shown(times.claims[name])}' for name in same])}: {unit}." for unit, same in alike
        ),
        cause="Times in a JWT are JSON numbers: seconds since 1970, UTC.",
        cure=" ".join([*cures, *([exp] if "exp" in wrong else [])]),
    )


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


_BEHIND: Final[Mapping[Kind, str]] = {
    "too-short": "lifetime-too-short",
    "kept": "same-assertion-again",
    "swapped": "swapped-values",
}


def expired(case: Case) -> Finding | None:
    """The client's clock is slow, its code treats UTC as local time, or the assertion is old."""
    times = _times(case)
    found = times.expired() if times is not None and (_is_past(case, times) or case.refused_by(*_EXPIRED)) else []
    if times is None or not found or times.misread("exp") or _known_of_old(case):
        return None
    alone = found[0].kind if len(found) == 1 or found[0].kind == "swapped" else "slow"
    early = [name for name in ("iat", "nbf") if (times.ahead(name) or 0) > times.grace]
    also = f"{_OF_EACH['claim'].removesuffix('.')}, and {_listed(early)} to now." if early else ""
    cures: dict[Kind, str] = {"claim": also, "swapped": _exchange(times)}
    return _finding(_BEHIND.get(alone, "clock-behind-or-bst"), _seen_past(times), found, cures)


def _exchange(times: Times) -> str:
    names = _listed(times.swapped) if times.swapped else ""
    return f"Exchange exp and {names}: set exp to now + 240, and {names} to now."


def _is_past(case: Case, times: Times) -> bool:
    exp = case.seconds("exp")
    return exp is not None and exp < times.now


def _seen_past(times: Times) -> str:
    exp, signed, life = times.ahead("exp") or 0, times.ahead(times.signed_by), times.life
    late = times.begins_late
    if late:
        return f"exp is {duration((times.ahead(late) or 0) - exp)} before {late}."
    if times.by == "signing":
        return f"exp is {duration(life or 0)} after {times.signed_by or 'nbf'}."
    clocks = f"; the service's clock reads {moment(times.now)}."
    if times.by == "client":
        ahead = "in the past" if exp < 0 else "ahead"
        return f"exp is {duration(exp)} {ahead} by the clock of the client, which reads {moment(times.now)}."
    if signed is None:
        return f"exp is {duration(exp)} in the past, and there is no iat{clocks}"
    return f"{times.signed_by} is {duration(signed)} in the past and exp {duration(exp)}{clocks}"


def too_far(case: Case) -> Finding | None:
    """`exp` is too far ahead."""
    return _too_far(case, "lifetime-too-long")


def too_far_at_provider(case: Case) -> Finding | None:
    """`exp` is further ahead than the provider allows."""
    provider, found = provider_of(case), _too_far(case, "cis2-lifetime")
    if provider is None or found is None:
        return None
    longest, said, advised = provider.proof.longest or 0, provider.proof.longest_source, provider.proof.advised
    source = f"{f' ({said})' if said else ''}{f', and {duration(advised)} are documented' if advised else ''}"
    return replace(found, cause=f"{found.cause} {provider.title} allows {duration(longest)} at most{source}.")


def _too_far(case: Case, too_long: str) -> Finding | None:
    times = _times(case)
    found = times.too_far() if times is not None and not times.misread("exp") else []
    if times is None or not found or (times.by != "service" and not _is_far(case, times)):
        return None
    is_long = found[0].kind == "too-long" or too_long == "cis2-lifetime"
    return _finding(too_long if is_long else "clock-ahead", _seen_far(times), found)


def _is_far(case: Case, times: Times) -> bool:
    return (times.ahead("exp") or 0) > times.limit or case.refused_by(_TOO_FAR, _TOO_FAR_AT_PROVIDER)


def _seen_far(times: Times) -> str:
    exp, iat = times.ahead("exp") or 0, times.ahead("iat")
    after = f"{abs(exp - iat):.0f} s {'after' if exp >= iat else 'before'} iat" if iat is not None else ""
    ahead = f"{exp:.0f} s from now"
    where = after if times.by == "signing" and after else f"{ahead}, and {after or 'there is no iat'}"
    grace = f", and {times.grace:.0f} s of grace" if times.grace else ""
    return f"exp is {where}; the service allows {times.longest:.0f} s{grace}."


def not_yet_valid(case: Case) -> Finding | None:
    """`iat` or `nbf` is in the future, and `exp` is not too far ahead."""
    times = _times(case)
    found = times.not_begun() if times is not None else []
    if times is None or not found:
        return None
    exp, early = times.ahead("exp") or 0, times.ahead(times.early) or 0
    cures: dict[Kind, str] = {"claim": f"Leave {times.early} out, or set it to now.", "swapped": _exchange(times)}
    return _finding(
        _IN_FRONT.get(found[0].kind, "clock-ahead"),
        f"{times.early} is {duration(early)} ahead of the service's clock, which allows {GRACE} s; exp is {exp:.0f} s "
        "ahead.",
        found,
        cures,
    )


_IN_FRONT: Final[Mapping[Kind, str]] = {"claim": "not-yet-valid", "swapped": "swapped-values"}


def _finding(mistake: str, seen: str, found: Sequence[Cause], own: Mapping[Kind, str] = _OF_EACH) -> Finding:
    kinds, cures = [each.kind for each in found], {**_OF_EACH, **{kind: cure for kind, cure in own.items() if cure}}
    if "kept" in kinds and kinds[0] != "kept":
        cures["kept"] = "Sign a new assertion for each request."
    if len(kinds) > 1:
        cures["slow"] = cures["fast"] = (
            "Compare your clock with the Date header of the answer, and set it by NTP if they differ."
        )
    return Finding(
        id=mistake,
        certainty=clock.certainty(found),
        seen=seen,
        cause=clock.said(found),
        cure=" ".join(dict.fromkeys(cures[kind] for kind in kinds)),
    )


def _known_of_old(case: Case) -> bool:
    """Whether the mock knows better: it signed this assertion long ago, or has seen it while it was good."""
    issued = case.issued("client_assertion")
    kept = issued is not None and issued.at is not None and case.now - issued.at > LONGEST
    return kept or first_of_same(case) is not None


FINDERS: Final = (
    Finder(
        find=exp_unit,
        rules=(*_EXPIRED, "find_client_assertion_exp", _TOO_FAR, _TOO_FAR_AT_PROVIDER),
    ),
    Finder(find=begun_unit, rules=(_NOT_BEGUN,), named=("exp-unit",)),
    Finder(
        find=too_far,
        rules=(_TOO_FAR,),
        named={
            "lifetime-too-long": "`exp` is too far ahead, and the clock is not the reason.",
            "clock-ahead": "The client's clock is fast, so the times that it signs are in the future.",
        },
    ),
    Finder(find=too_far_at_provider, rules=(_TOO_FAR_AT_PROVIDER,), named=("cis2-lifetime",)),
    Finder(
        find=not_yet_valid,
        rules=(_NOT_BEGUN,),
        named={
            "not-yet-valid": "`iat` or `nbf` is in the future, but `exp` is right, so the clock is not the cause.",
            "clock-ahead": "The client's clock is fast, so the times that it signs are in the future.",
            **SWAPPED,
        },
    ),
    Finder(
        find=expired,
        rules=_EXPIRED,
        named={
            "clock-behind-or-bst": "The client's clock is slow, its code treats UTC as local time, or the assertion is "
            "old.",
            "lifetime-too-short": "The assertion was signed for only a few seconds, and had expired when it arrived.",
            "same-assertion-again": "The same assertion was sent before, or is too old.",
            **SWAPPED,
        },
    ),
)
