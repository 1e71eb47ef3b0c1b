"""Recognises a value that the mock issued, or an app's own key or secret, in the place of another kind of value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mock_servers.apim import flows, sessions
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder, rules_of
from mock_servers.journal import provenance
from mock_servers.journal.finding import Finding
from mock_servers.journal.record import Record
from mock_servers.settings.real_host import Hosts
from mock_servers.state.grant import Issued
from mock_servers.state.store import Store
from mock_servers.state.table import Table
from mock_servers.wire.wording import duration, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The kind of value of a field, and how to get one."""

    kind: str
    cure: str


_PLACES: Final = {
    "client_assertion": Place(
        kind="client assertion", cure="sign a client assertion with the app's private key and send that"
    ),
    "subject_token": Place(kind="id_token", cure="send the id_token of the provider's token answer as subject_token"),
    "refresh_token": Place(kind="refresh token", cure="send the refresh_token of the platform's last token answer"),
    "code": Place(kind="authorization code", cure="send the code that came to the redirect URI"),
    "client_secret": Place(kind="client secret", cure="send the app's client secret"),
    "authorization": Place(
        kind="access token", cure="send the access_token of the platform's token endpoint as Bearer token"
    ),
    "apikey": Place(kind="API key", cure="send the app's API key in the header apikey"),
}
_AT_PROVIDER: Final = Place(
    kind="access token", cure="send the access_token of this provider's own token answer as Bearer token"
)
_AT_USERINFO: Final = Place(
    kind="access token",
    cure="send the access_token of a log-in through the platform's own /authorize (the combined flow); a provider's "
    "token works only at that provider's own userinfo",
)
_PAIR: Final = "subject_token"
NAMED: Final = {"authorization": "The value after Bearer"}
"""What a place is called that is no parameter."""
"""Reported together with another misplaced value: usually the two were swapped."""
_REDEEM: Final = {
    "authorization code": "Exchange it at {redeem_at} with {proof}, then {cure}.",
}
_PLATFORM: Final = ("oauth2", "oauth2-mock", "gateway")
"""The services of the platform, as records name them; the others are identity providers."""
_MEANING: Final = {
    "authorization code": "This is an authorization code. It is only for getting tokens.",
    "access token": "This is an access token. It is only for calling an API.",
    "refresh token": "This is a refresh token. It is only for getting the next access token.",
    "id_token": "This is an id_token. It shows the platform who logged in; no API accepts it.",
    "client assertion": "This is a client assertion. It proves which app is asking, and says nothing about a person.",
    "API key": "This is an API key. It names the app, and is not a token.",
    "client secret": "This is a client secret. It belongs only in client_secret.",
}


_AT_ITS_PROVIDER: Final = {
    "access token": "An access token of {issuer} works only at {issuer}'s own userinfo. The platform issues its own.",
    "refresh token": "A refresh token of {issuer} renews only {issuer}'s tokens. The platform issues its own.",
}
_ASSERTION_FIRST: Final = Place(
    kind="access token",
    cure="post it to the token endpoint as client_assertion first, and send the access_token of that answer as Bearer "
    "token",
)


def misplaced(store: Store, record: Record, base: str, hosts: Hosts) -> Iterator[Finding]:
    """Find values that the mock issued in the place of another kind of value.

    `base` is the name by which the mock was called, `hosts` are the real ones that it plays.
    """
    return filter(None, (_misplaced(name, store, record, base, hosts) for name in _PLACES))


def _misplaced(name: str, store: Store, record: Record, base: str, hosts: Hosts) -> Finding | None:
    issued = provenance.recognise(store, record.sent[name]) if name in record.sent else None
    place = _PLACES[name]
    if issued is None or (issued.kind == place.kind and not _of_another_service(name, issued, record)):
        return None
    ended = revoked_at(store, issued, record.sent[name])
    if name == "authorization":
        place = _place_of_token(record, issued) or place
    return Finding(
        id=_finding_id(name, issued),
        certainty="certain",
        seen=f"{NAMED.get(name, name)} is {described(issued, record.at, ended)}.",
        cause="The platform, CIS2 and NHS login each issue codes. Each accepts only its own."
        if _is_code(name, issued)
        else _meaning(name, issued),
        cure=_cure(issued, place, redeem_url(issued, base, hosts), record.at),
    )


def _place_of_token(record: Record, issued: Issued) -> Place | None:
    """Return the value that belongs after Bearer, if that is not simply the platform's access token."""
    if record.service not in _PLATFORM:
        return _AT_PROVIDER
    if issued.kind == "client assertion":
        return _ASSERTION_FIRST
    return _AT_USERINFO if record.path.endswith("/userinfo") and _of_provider(issued) else None


def _of_provider(issued: Issued) -> bool:
    return issued.issuer not in ("the platform", "the mock")


def _meaning(name: str, issued: Issued) -> str:
    """Say what a value is for, and what must be done with it before it can replace an id_token."""
    if name == _PAIR and issued.kind == "authorization code" and _of_provider(issued):
        return "This is an authorization code. Exchange it for an id_token first, and send that."
    if _of_provider(issued) and issued.kind in _AT_ITS_PROVIDER:
        return _AT_ITS_PROVIDER[issued.kind].format(issuer=issued.issuer)
    return _MEANING[issued.kind]


def _finder(name: str) -> Finder:
    def misplaced_value(case: Case) -> Finding | None:
        if name == "authorization" and case.record.path.endswith("/token"):
            return None  # a token endpoint does not read it
        known, base = case.known, case.request.base
        found, other = (_misplaced(each, known.store, case.record, base, known.hosts) for each in (name, _PAIR))
        if found and other and name != _PAIR:
            return replace(found, seen=f"{found.seen} {other.seen}")
        is_jwt = name == _PAIR and (case.form(name) or "").startswith("eyJ")
        return replace(found, id="other-jwt-as-subject") if found and is_jwt else found

    misplaced_value.__name__ = f"misplaced_{name}"  # its name in the log
    return Finder(find=misplaced_value, rules=_RULES[name])


def described(issued: Issued, now: float, revoked_at: float | None = None) -> str:
    """Describe a value: owner, kind and time; used, expired, revoked or valid."""
    if issued.at is None:
        return f"the {issued.kind} of app {shown(issued.client_id)}"
    person = f", for {issued.person}" if issued.person else ""
    client = f" to client {shown(issued.client_id)}" if issued.client_id else ""
    when = f"issued {duration(now - issued.at)} ago{client}{person}"
    return f"the {issued.kind} that {issued.issuer} {when}; {_state(issued, now, revoked_at)}"


def revoked_at(store: Store, issued: Issued, key: bytes) -> float | None:
    """Return when the platform's token with this fingerprint was revoked, with its session or by hand."""
    tables: Mapping[str, Table[Any]] = {"access token": store.access_tokens, "refresh token": store.refresh_tokens}
    table = tables.get(issued.kind) if issued.issuer == "the platform" else None
    if table is None:
        return None
    return next((sessions.revoked_at(store, grant) for grant in table.find("hash", key)), None)


def _state(issued: Issued, now: float, revoked_at: float | None) -> str:
    if issued.spent_at is not None and issued.spent_at <= now:
        how = "exchanged for a newer one" if issued.kind == "refresh token" else "used"
        return f"it was {how} {duration(now - issued.spent_at)} ago"
    if revoked_at is not None and revoked_at <= now:
        return f"it was revoked {duration(now - revoked_at)} ago"
    if issued.expires_at is not None and issued.expires_at <= now:
        return f"it expired {duration(now - issued.expires_at)} ago"
    if issued.is_observed:
        return "nothing that passed by since has used it up"
    return "it is still unused" if issued.kind == "authorization code" else "it is still good"


def _of_another_service(name: str, issued: Issued, record: Record) -> bool:
    """Whether a value of the right kind came to a service that did not issue it; a code knows its own place."""
    if _is_code(name, issued):
        return issued.redeem_at != record.path
    at_platform, of_platform = record.service in _PLATFORM, issued.issuer == "the platform"
    return name in ("authorization", "refresh_token") and at_platform != of_platform


def _is_code(name: str, issued: Issued) -> bool:
    return name == "code" and issued.kind == "authorization code"


def _finding_id(name: str, issued: Issued) -> str:
    if _is_code(name, issued):
        return "code-spent-or-late"
    if name == "subject_token":
        return "code-as-subject-token"
    if name == "authorization":
        return _BEARER_IDS.get(issued.kind, "provider-token-at-api")
    if name == issued.kind.replace(" ", "_"):
        return "token-of-other-service"
    return "swapped-tokens" if name == "client_assertion" else f"{issued.kind.replace(' ', '-').lower()}-as-{name}"


def redeem_url(issued: Issued, base: str, hosts: Hosts) -> str:
    """Return where a code is redeemed: at its issuer, by the real name if the client uses the real names.

    `base` is the name that the client called, usually another service's.
    """
    by_real_name = issued.only_at_home or (issued.home and hosts.of_origin(base) is not None)
    return f"{issued.home if by_real_name else base}{issued.redeem_at}"


def _cure(issued: Issued, place: Place, redeem_at: str, now: float) -> str:
    if issued.kind == "authorization code" and any(
        then is not None and then <= now for then in (issued.spent_at, issued.expires_at)
    ):
        again = f"Log in again, and exchange the new code at {redeem_at} with {issued.proof}"
        return f"{again}." if place.kind == issued.kind else f"{again}; then {place.cure}."
    if issued.kind == place.kind == "authorization code":
        return f"Redeem this one at {redeem_at}, or log in at the service whose tokens you want."
    sentence = _REDEEM.get(issued.kind, "{cure}.").format(redeem_at=redeem_at, proof=issued.proof, cure=place.cure)
    return f"{sentence[0].upper()}{sentence[1:]}"


_BEARER_IDS: Final = {"API key": "api-key-as-bearer", "client assertion": "assertion-as-bearer"}
_RULES: Final = {
    "client_assertion": rules_of(*flows.CLIENT_ASSERTION),
    "subject_token": rules_of(*flows.SUBJECT_TOKEN),
    "refresh_token": ("find_refresh_token",),
    "code": ("find_code",),
    "client_secret": ("check_client_secret",),
    "authorization": ("find_token", "find_access_token"),
    "apikey": ("check_api_key_known", "find_bearer"),
}
"""The rules that check each."""

FINDERS: Final = tuple(_finder(name) for name in _PLACES)
