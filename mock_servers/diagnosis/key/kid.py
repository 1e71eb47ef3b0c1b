"""A kid that is not in the key set: a misspelt one, a digest, a file name, another app's, or a new one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from mock_servers.apim.client import APP_JWKS_KEPT
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.key.key import KnownKey, digests, known_keys, named_keys, usable
from mock_servers.diagnosis.key.proof import Attempt, attempt
from mock_servers.diagnosis.key.signature import AS_GIVEN
from mock_servers.diagnosis.opaque_value import is_unfilled
from mock_servers.jose import javascript
from mock_servers.jose.jwks import FetchedJwks
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import duration, moment, shown
from mock_servers.wire.wrapping import recovered

_UNKNOWN: Final = "find_app_jwk"
_UNKNOWN_AT_PROVIDER: Final = "find_provider_jwk"
_FILE: Final = re.compile(r"(?:.*[/\\])?([^/\\]+?)(?:\.(?:jwks?|json|pem|key|pub|crt|cer|p12|pfx|txt))+", re.DOTALL)
_LONGEST: Final = 300

_Jwk = Mapping[str, Any]


def unknown_kid(case: Case) -> Finding | None:
    """The key set has no key with this kid: not yet, or not at all."""
    kid, kept = case.header("kid"), case.key_set
    if not javascript.truthy(kid) or kept is None or not kept.keys or kept.find(kid) is not None:
        return None
    new = _new(case, kept, kid)
    if new is not None:
        return new
    tried = _tried(case)
    return _nameless(kept, kid, tried.maker) or (None if kept.problem else _wrong(case, kept, kid, tried))


def _tried(case: Case) -> Attempt:
    """Try the known keys on the assertion's signature, even if its header names another."""
    if case.assertion is None:
        return Attempt()
    return attempt(case, "client_assertion", case.assertion, known_keys(case, case.header("kid")))


def _jwk_of(maker: KnownKey | None, jwks: Iterable[_Jwk]) -> _Jwk | None:
    return next((jwk for jwk in jwks if maker is not None and usable(jwk) == maker.key), None)


def _new(case: Case, kept: FetchedJwks, kid: Any) -> Finding | None:
    """The set has it by now, and the copy that was judged by has not."""
    served = case.known.served(kept.url) if case.refused_by(_UNKNOWN) else None
    if served is None or served.find(kid) is None:
        return None
    return Finding(
        id="new-key-not-seen-yet",
        certainty="certain",
        seen=f"kid {shown(kid)} is now in the key set; the service's copy is {duration(case.now - kept.at)} old and "
        f"has {shown(kept.kids)}.",
        cause="The platform keeps a key set for an hour, even when a kid is not in it.",
        cure=f"Wait until {moment(kept.at + APP_JWKS_KEPT)}. Publish a new key an hour before you sign with it; "
        "in this mock, `refresh_jwks` shows it at once.",
    )


def _nameless(kept: FetchedJwks, kid: Any, maker: KnownKey | None) -> Finding | None:
    """A key of the set has no kid, or one that is not text, and so no assertion's kid can name it."""
    nameless = [jwk for jwk in kept.keys or () if not _is_name(jwk.get("kid"))]
    mine = _jwk_of(maker, nameless)
    if not nameless or (mine is None and len(nameless) < len(kept.keys or ())):
        return None
    has = "no kid" if "kid" not in nameless[0] else f"kid {shown(nameless[0]['kid'])}, which is not text"
    sure = mine is not None and isinstance(kid, str)
    return Finding(
        id="jwk-without-kid",
        certainty="certain" if sure else "likely",
        seen=f"The assertion names kid {shown(kid)}; {'its key' if sure else 'the key'} in the registered set has "
        f"{has}.",
        cause="The service finds the key by its kid: the header and the JWK must have the same text.",
        cure=f'Add "kid": {shown(kid if isinstance(kid, str) else str(kid))} to the JWK in the key set, and send the '
        "same text in the header. The platform keeps a fetched set for an hour.",
    )


def _is_name(kid: Any) -> bool:
    return isinstance(kid, str) and kid != ""


def _wrong(case: Case, kept: FetchedJwks, kid: Any, tried: Attempt) -> Finding:
    named = [jwk for jwk in kept.keys or () if _is_name(jwk.get("kid"))]
    mine = _jwk_of(tried.maker, named)
    is_changed = mine is not None and tried.proof is not None and tried.proof.is_of_other_text
    return Finding(
        id="wrong-kid",
        certainty="likely" if is_changed else "certain",
        seen=f"kid is {shown(kid)}; the registered set has {shown(kept.kids)}.",
        cause="The signature is not for this header and payload: one of them was changed or cut after signing."
        if is_changed
        else next(_resemblances(case, kept, kid, mine), "The key set of the app has no key with this kid."),
        cure=f"Send kid {shown(mine['kid'])}, exactly as the set has it. The signature is that key's."
        if mine is not None
        else f"{_not_ours(tried)} Sign with the private key of {_one_of(named)}, and send that kid; or register the "
        "public key that you sign with.",
    )


def _not_ours(tried: Attempt) -> str:
    maker = tried.maker
    if maker is None or maker.registered:
        return f"No {'registered key' if tried.is_complete else 'key that was tried'} made this signature."
    return f"The signature is that of kid {shown(maker.kid)} of {maker.owner}, which is not in the set."


def _one_of(named: Sequence[_Jwk]) -> str:
    kids = [jwk["kid"] for jwk in named]
    return f"kid {shown(kids[0])}" if len(kids) == 1 else f"one of {shown(kids)}"


def _resemblances(case: Case, kept: FetchedJwks, kid: Any, mine: _Jwk | None) -> Iterator[str]:
    """Return what the kid is instead, the surest first; the key that made the signature, `mine`, decides."""
    if not isinstance(kid, str):
        yield "The kid is not text, but the kids of the set are."
        return
    if is_unfilled(kid):
        yield "It is a variable that was not filled in."
    meant = [mine] if mine is not None else [jwk for jwk in kept.keys or () if _is_name(jwk.get("kid"))]
    for jwk in meant:
        yield from _of_key(kid[:_LONGEST], jwk)
    if mine is not None and _without_digits(kid) == _without_digits(mine["kid"]) != "":
        yield f"It differs from {shown(mine['kid'])} only in its number."
    if _FILE.fullmatch(kid[:_LONGEST]):
        yield "It looks like a file name. A kid is the name that the key has in the key set."
    owner = next((key.owner for key in known_keys(case, kid) if not key.registered and key.kid == kid), None)
    if owner is not None:
        yield f"It is a kid of {owner}, not of this app."
    if any(jwk.get("kid") in dict(digests(jwk)) for jwk in meant):
        yield "The registered kid is the thumbprint of its key, but you send a name of your own."


def _of_key(kid: str, jwk: _Jwk) -> Iterator[str]:
    own = jwk["kid"]
    found = recovered(kid, own.__eq__, "kid")
    if found is not None:
        yield f"It is {shown(own)} with {found.words}."
    if kid.lower() == own.lower():
        yield f"It differs from {shown(own)} only in capital letters."
    if _normalised(kid) == _normalised(own):
        yield f"It is almost {shown(own)}."
    made = dict(digests(jwk)).get(kid)
    if made is not None:
        yield f"It is the {made} of the key that is registered as {shown(own)}."
    file = _FILE.fullmatch(kid)
    if file is not None and _normalised(file[1]) == _normalised(own):
        yield f"It is a file name; the key in it is registered as {shown(own)}."


def _normalised(kid: str) -> str:
    return re.sub(r"[-_.\s]", "", kid).lower()


def _without_digits(kid: str) -> str:
    return re.sub(r"\d", "", _normalised(kid))


def kid_of_id_token(case: Case) -> Finding | None:
    """The id_token names a key that its provider does not have."""
    if case.subject is None or not case.refused_by(_UNKNOWN_AT_PROVIDER):
        return None
    kept, provider, kid = case.learned["provider_jwks"], case.learned["provider"], case.subject.header.get("kid")
    known = (*named_keys(kept.keys, provider.title), *known_keys(case, kid))
    maker = attempt(case, "subject_token", case.subject, known).maker
    owner = next((key.owner for key in known if key.kid == kid), None)
    return Finding(
        id="wrong-kid",
        certainty="certain",
        seen=f"kid of subject_token is {shown(kid)}; {provider.title} signs with {shown(kept.kids)}.",
        cause=_why_not_its_kid(provider.title, owner, maker),
        cure=AS_GIVEN,
    )


def _why_not_its_kid(title: str, owner: str | None, maker: KnownKey | None) -> str:
    if maker is not None and maker.owner == title:
        return f"{title}'s key {shown(maker.kid)} made the signature: the header was changed after that."
    if owner is not None:
        return f"It is a kid of {owner}."
    return f"{title} did not make this id_token, or made it long ago."


_NAMED: Final = {
    "new-key-not-seen-yet": "The key set now has the key, but the service's copy, kept for an hour, does not.",
    "jwk-without-kid": "The key in the registered set has no kid, or its kid is not text.",
    "wrong-kid": "The key set has no key with this kid.",
}
FINDERS: Final = (
    Finder(find=unknown_kid, rules=(_UNKNOWN,), named=_NAMED),
    Finder(find=kid_of_id_token, rules=(_UNKNOWN_AT_PROVIDER,), named=("wrong-kid",)),
)
