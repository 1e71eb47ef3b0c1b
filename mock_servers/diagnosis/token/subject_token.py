"""A subject_token that does not look like an id_token, or is of another environment, or too old.

`place` recognises those that the mock issued itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from mock_servers.diagnosis.assertion.lifetime import misread
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.clock import Times
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.opaque_value import is_unfilled, shape_of
from mock_servers.jose import javascript
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.journal.finding import Certainty, Finding
from mock_servers.provider.providers import PROVIDERS
from mock_servers.wire.origins import canonical, origin_of
from mock_servers.wire.wording import cut, difference, duration, moment, url

_REALM: Final = re.compile(
    r"https?://[^/]+(?:/auth)?/realms/("
    + "|".join(each.mock_realm.name for each in PROVIDERS if each.mock_realm)
    + r")-([\w-]+)"
)
_LONGEST: Final = 500
_EXPIRED: Final = "check_subject_token_not_expired"
_MOST: Final = 6


def opaque_subject_token(case: Case) -> Finding | None:
    """An authorization code, or another value that is not a JWT, was sent as subject_token."""
    sent = case.form("subject_token")
    if sent is None or case.subject is not None or case.known.issued(sent) is not None or is_unfilled(sent):
        return None
    shape = shape_of(sent)
    if shape is None or shape.word == "pem":
        return None
    return Finding(
        id="code-as-subject-token",
        certainty="possible" if shape.also and case.known.is_all else "likely",
        seen=f"subject_token {cut(sent)} is {shape.by}: it looks like {shape.words}.{_not_issued(case)}",
        cause="It is not an id_token. An id_token is a JWT: it begins with eyJ and has two dots.",
        cure="Exchange the authorization code at the identity provider's token endpoint, and send the id_token of that "
        "answer as subject_token.",
    )


def _not_issued(case: Case) -> str:
    return " This mock has not issued it." if case.known.is_all else ""


def id_token_other_environment(case: Case) -> Finding | None:
    """The id_token is from another environment, or from another mock."""
    iss = _iss(case)
    if not isinstance(iss, str) or iss in case.known.issuers() or iss_near_miss(case) is not None:
        return None
    certainty, whose = next(_owners(case, iss[:_LONGEST]))
    return Finding(
        id="id-token-other-environment",
        certainty=certainty,
        seen=f"iss of subject_token is {url(iss)}: {whose}.",
        cause=f"{_mount(case)} of this environment ({case.known.environment}) trusts {_trusted(case)}.",
        cure="Log in at the provider of the environment where you exchange the token, or exchange the token "
        "where it belongs.",
    )


def _iss(case: Case) -> Any:
    return case.subject.claims.get("iss", UNDEFINED) if case.subject is not None else UNDEFINED


def _mount(case: Case) -> str:
    return f"/{case.record.service}"


def _trusted(case: Case) -> str:
    issuers = case.known.issuers()
    more = f" and {len(issuers) - _MOST} more names of these" if len(issuers) > _MOST else ""
    return ", ".join(url(each) for each in issuers[:_MOST]) + more


def _owners(case: Case, iss: str) -> Iterator[tuple[Certainty, str]]:
    realm, origin = _REALM.fullmatch(iss), origin_of(iss)
    host = case.known.hosts.of_origin(origin)
    title = next((each.title for each in PROVIDERS if host is not None and each.name == host.plays), None)
    if host is not None and title is not None:
        yield "certain", f"the issuer of the real {title}, environment {host.environment}"
    if realm is not None:
        yield (
            "certain",
            f"the issuer of mock realm {realm[1]}-{realm[2]}; /oauth2-mock trusts those of its environment",
        )
    if not case.known.is_all:
        yield "likely", "not a known issuer"
    for provider in (each for each in PROVIDERS if iss.endswith(each.path)):
        if iss.removesuffix(provider.path) in case.known.origins:
            yield "certain", f"the issuer of this mock's {provider.title}, which /oauth2 trusts"
        if provider.path and iss == f"{origin}{provider.path}":
            yield "likely", f"the path of {provider.title}'s issuer, at another host than this mock's"
    yield "likely", "not an issuer that this mock knows"


def iss_near_miss(case: Case) -> Finding | None:
    """The issuer of the id_token is almost, but not exactly, a trusted one."""
    iss, trusted = _iss(case), case.known.issuers()
    if not isinstance(iss, str) or iss in trusted:
        return None
    near = next((each for each in trusted if _loosely(each) == _loosely(iss[:_LONGEST])), None)
    if near is None:
        return None
    return Finding(
        id="iss-near-miss",
        certainty="certain",
        seen=f"iss of subject_token is {url(iss)}, almost {url(near)}.",
        cause="The service compares iss with its trusted issuers, character by character.",
        cure="Send the id_token exactly as the provider gave it; a test that makes its own must use the issuer of the "
        "discovery document.",
        difference=difference(iss, near),
    )


def _loosely(iss: str) -> str:
    try:
        parts = urlsplit(iss.strip())
    except ValueError:
        return iss
    return f"{canonical(f'https://{parts.netloc.lower()}')}{parts.path.rstrip('/').lower()}".removesuffix(":80")


def _times(case: Case) -> Times | None:
    return Times(now=case.now, claims=case.subject.claims, grace=0) if case.subject is not None else None


def id_token_unit(case: Case) -> Finding | None:
    """A time of the id_token is not a number of seconds since 1970."""
    times = _times(case)
    is_present = case.subject is not None and javascript.truthy(case.subject.claims.get("exp", UNDEFINED))
    found = misread(times, "exp", "nbf", "iat") if times is not None and is_present else None
    if found is None:
        return None
    return replace(
        found,
        seen=f"In subject_token, {found.seen}",
        cause="Times in a JWT are JSON numbers: seconds since 1970, UTC. A provider's id_token has such times.",
        cure="Send the id_token as the provider gave it; a test that makes its own writes the times as numbers.",
    )


def id_token_expired(case: Case) -> Finding | None:
    """The id_token has expired: the log-in was too long ago."""
    times, unit = _times(case), id_token_unit(case)
    if unit is not None and case.refused_by(_EXPIRED):
        return replace(unit, id="id-token-expired")
    exp, signed = (times.ahead("exp"), times.ahead("iat")) if times is not None else (None, None)
    if times is None or exp is None or not exp < 0 or times.misread("exp"):
        return None
    issued = case.issued("subject_token")
    log_in = f", from the log-in {duration(case.now - issued.at)} ago," if issued is not None and issued.at else ""
    life = times.life if signed is not None else None
    is_own = life is not None and life < 0
    return Finding(
        id="id-token-expired",
        certainty="likely" if is_own else "certain",
        seen=f"This id_token{log_in} expired {duration(exp)} ago; the service's clock reads {moment(case.now)}.",
        cause="Its exp is before its iat: no provider makes such an id_token."
        if is_own
        else f"Your code kept it after the log-in; {_lives(times)}.",
        cure="Exchange it right after the log-in, and keep the refresh_token that the exchange gives.",
    )


def _lives(times: Times) -> str:
    life = times.life
    return f"by its {times.signed_by} and exp it lived {duration(life)}" if life is not None else "it has no iat"


def id_token_not_begun(case: Case) -> Finding | None:
    """`iat` or `nbf` of the id_token is in the future."""
    times = _times(case)
    early = times.ahead(times.early) if times is not None else None
    if times is None or early is None or case.known.time_by != "service" or times.misread("nbf", "iat"):
        return None
    return Finding(
        id="not-yet-valid",
        certainty="likely",
        seen=f"{times.early} of subject_token is {duration(early)} ahead of the service's clock, which reads "
        f"{moment(case.now)}.",
        cause="The clock of the one who made it is fast; or it was made by a test, with a time to come.",
        cure=f"Send it {duration(early)} later; a test that makes its own sets {times.early} to now.",
    )


_OF_FORM: Final = ("check_subject_token_kid", "check_subject_token_typ")
"""Rules that a token of another provider may break before its issuer is looked at."""
_FIND_PROVIDER: Final = ("find_provider",)

FINDERS: Final = (
    Finder(find=opaque_subject_token, rules=("decode_subject_token",), named=("code-as-subject-token",)),
    Finder(find=iss_near_miss, rules=_FIND_PROVIDER),
    Finder(find=id_token_other_environment, rules=(*_FIND_PROVIDER, *_OF_FORM)),
    Finder(find=id_token_expired, rules=(_EXPIRED,)),
    Finder(
        find=id_token_unit,
        rules=("check_subject_token_exp_number", "check_subject_token_begun"),
        named=("exp-unit",),
    ),
    Finder(find=id_token_not_begun, rules=("check_subject_token_begun",), named=("not-yet-valid",)),
)
