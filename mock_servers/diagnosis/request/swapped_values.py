"""Two members of one request that hold each other's values: exchanged, both are right.

What is right for a member is asked of the service's constants and of what the mock knows, for each pair alike. `clock`
does the same for the times of a JWT, `misplaced_value` for its two JWTs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from mock_servers.apim.request_form import ASSERTION_TYPE, ID_TOKEN_TYPE, TOKEN_EXCHANGE
from mock_servers.diagnosis.assertion.audience import wanted
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.clock import GRACE, LONGEST
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.opaque_value import API_KEY, has_form
from mock_servers.diagnosis.unverified_claims import is_of_provider
from mock_servers.jose import javascript, jwts
from mock_servers.journal.finding import CERTAINTIES, Certainty, Finding
from mock_servers.provider.providers import owner_of_client_id
from mock_servers.rules import UnknownError
from mock_servers.state.grant import Issued

NAMED: Final = {"swapped-values": "Two members of a request, or of its JWT, hold each other's values."}
_WRONG, _POSSIBLE, _RIGHT = 0, 1, 2
_BOTH: Final = "iss/sub"
_GRANTS: Final = ("client_credentials", TOKEN_EXCHANGE, "authorization_code", "refresh_token")

_Fit = Callable[[Any, Case], int]


def _finder(member: str) -> Finder:
    def swapped_values(case: Case) -> Finding | None:
        """Two members of a request, or of its JWT, hold each other's values."""
        sent = {name: value for name, value in _members(case).items() if name in _FITS}
        if member not in sent:
            return None
        others = (other for other in sent if other != member and _comes_first(member, other, case))
        found = [each for other in others for each in _swap(member, other, sent, case)]
        return min(found, key=lambda each: CERTAINTIES.index(each.certainty), default=None)

    swapped_values.__name__ = f"swapped_{member.replace('/', '_')}"  # its name in the log
    return Finder(find=swapped_values, rules=_JUDGES[member], general=True, named=NAMED)


def _comes_first(member: str, other: str, case: Case) -> bool:
    """Whether the service looks at this one of two members first: a swap is reported once."""
    rules = [rule.name for rule in case.ahead] + list(case.later)

    def place(name: str) -> tuple[int, str]:
        return next((at for at, rule in enumerate(rules) if rule in _JUDGES[name]), len(rules)), name

    return place(member) < place(other)


def _members(case: Case) -> dict[str, Any]:
    """Return the parameters, and the members of the assertion's header and claims, by name; iss and sub as one."""
    form = {name: value for name, value in case.request.form.pairs if value}
    form |= dict(zip(("client_id", "client_secret"), case.request.basic or (), strict=False))
    if case.assertion is None:
        return form
    jwt = {**case.assertion.header, **case.assertion.claims}
    if "iss" in jwt and jwt["iss"] == jwt.get("sub"):
        jwt[_BOTH] = jwt.pop("iss")
        del jwt["sub"]
    return {**jwt, **form}


def _swap(member: str, other: str, sent: Mapping[str, Any], case: Case) -> Iterator[Finding]:
    """Find two values that both fit better where the other one is, while one of them now does not fit at all."""
    one, two = (each for each in _FITS if each in (member, other))
    if {one, two} == {"client_assertion", "subject_token"}:
        return  # `misplaced_value` explains it
    after, before = [], []
    for place, there in ((one, two), (two, one)):
        after.append(_fit(place, sent[there], case))
        before.append(_fit(place, sent[place], case) if after[-1] else _RIGHT)
        if after[-1] < max(before[-1], _POSSIBLE):
            return
    if _WRONG not in before:
        return
    is_proved = min(after) == _RIGHT or (_RIGHT in after and not _FREE.isdisjoint((one, two)))
    yield _of_pair(one, two, "certain" if is_proved else "likely", is_in_form=one in case.request.form)


_FREE: Final = frozenset(["jti"])
"""Members that take any text, of which nothing is to be proved."""


def _of_pair(one: str, other: str, certainty: Certainty, *, is_in_form: bool) -> Finding:
    where = "" if is_in_form else " of the assertion"
    return Finding(
        id="swapped-values",
        certainty=certainty,
        seen=f"{one} and {other}{where} are swapped: each has the value that belongs in the other.",
        cause="Your code passed the two in the wrong order, or gave each the other's name.",
        cure=f"Exchange the values of {one} and {other}.",
    )


# what is right for a member


def _fit(member: str, value: Any, case: Case) -> int:
    try:
        return _FITS[member](value, case)
    except UnknownError:
        return _POSSIBLE


def _one_of(*values: str) -> _Fit:
    return lambda value, _: _RIGHT if value in values else _WRONG


def _issued(kind: str, parameter: str = "") -> _Fit:
    """Return the fit of values that a service issues: known, or of such a form where not all of them are known."""

    def fit(value: Any, case: Case) -> int:
        issued = _source(value, case)
        if issued is not None:
            return _RIGHT if issued.kind == kind else _WRONG
        return _POSSIBLE if not case.known.is_all and isinstance(value, str) and has_form(parameter, value) else _WRONG

    return fit


def _source(value: Any, case: Case) -> Issued | None:
    return case.known.issued(value) if isinstance(value, str) else None


def _client(value: Any, case: Case) -> int:
    """A client's id: known, or of the form of one where not all of them are known."""
    if not isinstance(value, str):
        return _WRONG
    app = case.known.app(value)
    if app is not None:
        return _RIGHT
    looks = _is_like_a_key(value) or owner_of_client_id(value) is not None
    return _POSSIBLE if looks and not case.known.is_all else _WRONG


def _is_like_a_key(value: str) -> bool:
    """Whether a text has the form of an API key, and is not the UUID without its hyphens that many use as jti."""
    return API_KEY.fullmatch(value) is not None and _HEX.fullmatch(value) is None


_HEX: Final = re.compile(r"[0-9a-f]+|[0-9A-F]+")


def _one_claim_of_client(other: str) -> _Fit:
    """Return the fit of `iss` or `sub` alone, which must be what the other one is."""
    return lambda value, case: _client(value, case) if value == case.claim(other) else _WRONG


def _secret(value: Any, case: Case) -> int:
    if not isinstance(value, str) or value.startswith(("eyJ", "urn:")):
        return _WRONG
    known = _source(value, case)
    if known is not None:
        return _RIGHT if known.kind == "client secret" else _WRONG
    return _POSSIBLE if not case.known.is_all else _WRONG


def _jti(value: Any, case: Case) -> int:
    if not isinstance(value, str) or not value:
        return _WRONG
    return _WRONG if case.known.app(value) is not None or "://" in value else _POSSIBLE


def _assertion(value: Any, case: Case) -> int:
    jwt = jwts.decoded(value) if isinstance(value, str) else None
    return _WRONG if jwt is None or is_of_provider(jwt) or _source(value, case) is not None else _RIGHT


def _id_token(value: Any, case: Case) -> int:
    jwt = jwts.decoded(value) if isinstance(value, str) else None
    known = _source(value, case) if jwt is not None else None
    if known is not None:
        return _RIGHT if known.kind == "id_token" else _WRONG
    return _RIGHT if jwt is not None and is_of_provider(jwt) else _WRONG


def _redirect_uri(value: Any, case: Case) -> int:
    if not isinstance(value, str) or "://" not in value:
        return _WRONG
    app = case.app or case.known.app(case.form("redirect_uri"))
    return _RIGHT if app is not None and value in app.redirect_uris else _POSSIBLE


def _exp(value: Any, case: Case) -> int:
    if not javascript.is_number(value):
        return _WRONG
    return _RIGHT if 0 < javascript.number(value) - case.now <= LONGEST + GRACE else _WRONG


def _kid(value: Any, case: Case) -> int:
    if not isinstance(value, str) or case.known.app(value) is not None:
        return _WRONG
    if case.key_set is not None:
        return _RIGHT if case.key_set.find(value) is not None else _WRONG
    apps = case.known.store.apps
    is_of_app = any(app.kid == value for app in apps.find("word", value)) or any(apps.find("kid", value))
    return _RIGHT if is_of_app else _POSSIBLE


_FITS: Final[Mapping[str, _Fit]] = {
    "grant_type": _one_of(*_GRANTS),
    "client_assertion_type": _one_of(ASSERTION_TYPE),
    "client_assertion": _assertion,
    "subject_token_type": _one_of(ID_TOKEN_TYPE),
    "subject_token": _id_token,
    "client_id": _client,
    "client_secret": _secret,
    "code": _issued("authorization code", "code"),
    "refresh_token": _issued("refresh token", "refresh_token"),
    "redirect_uri": _redirect_uri,
    "alg": _one_of("RS512"),
    "typ": _one_of("JWT"),
    "kid": _kid,
    _BOTH: _client,
    "iss": _one_claim_of_client("sub"),
    "sub": _one_claim_of_client("iss"),
    "aud": lambda value, case: _RIGHT if value in wanted(case) else _WRONG,
    "jti": _jti,
    "exp": _exp,
}
_OF_CLIENT: Final = ("find_client_id", "check_client_known_to_sandbox", "find_app", "check_assertion_names_client")
_GRANT: Final = (
    "check_grant_type_supported",
    "check_grant_type_token_exchange",
    "check_grant_type_known",
    "check_grant_type",
)
_JUDGES: Final[Mapping[str, tuple[str, ...]]] = {
    "grant_type": _GRANT,
    "client_assertion_type": ("check_client_assertion_type", "find_credentials"),
    "client_assertion": ("decode_client_assertion", "decode_assertion"),
    "subject_token_type": ("check_subject_token_type_id_token",),
    "subject_token": ("decode_subject_token",),
    "client_id": ("find_app_by_client_id", "find_client"),
    "client_secret": ("check_client_secret",),
    "code": ("find_code",),
    "refresh_token": ("find_refresh_token",),
    "redirect_uri": ("check_redirect_uri_registered", "check_redirect_uri_of_log_in", "check_code_of_request"),
    "alg": ("check_client_assertion_alg", "check_assertion_signature"),
    "typ": ("check_client_assertion_typ",),
    "kid": ("find_client_assertion_kid", "find_app_jwk", "check_assertion_key"),
    _BOTH: (*_OF_CLIENT, "find_client"),
    "iss": (*_OF_CLIENT, "find_client"),
    "sub": (*_OF_CLIENT, "find_client"),
    "aud": ("check_client_assertion_aud", "check_assertion_audience"),
    "jti": ("check_client_assertion_jti_present", "find_client_assertion_jti"),
    "exp": (
        "check_client_assertion_not_expired",
        "check_client_assertion_exp_present",
        "find_client_assertion_exp",
        "check_client_assertion_exp_near",
        "check_assertion_live",
    ),
}
"""The rules that object to a wrong value of each."""
FINDERS: Final = tuple(_finder(member) for member in _FITS)
