"""A kid that is not in the key set: a misspelt one, a digest, a file name, another app's, or a new one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mock_servers.apim.client import APP_JWKS_KEPT
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.key.key import digests, known_keys, usable
from mock_servers.diagnosis.key.signature import AS_GIVEN
from mock_servers.diagnosis.opaque_value import is_unfilled
from mock_servers.jose import javascript, jwts
from mock_servers.jose.jwks import FetchedJwks
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import duration, moment, shown

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
    return _new(case, kept, kid) or _nameless(case, kept, kid) or (None if kept.problem else _wrong(case, kept, kid))


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


def _nameless(case: Case, kept: FetchedJwks, kid: Any) -> Finding | None:
    """A key of the set has no kid, or one that is not text, and so no assertion's kid can name it."""
    nameless = [jwk for jwk in kept.keys or () if not _is_name(jwk.get("kid"))]
    mine = next((jwk for jwk in nameless if _signed_by(case, jwk)), None)
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


def _wrong(case: Case, kept: FetchedJwks, kid: Any) -> Finding:
    resemblance = next(_resemblances(case, kept, kid), None)
    return Finding(
        id="wrong-kid",
        certainty="certain",
        seen=f"kid is {shown(kid)}; the registered set has {shown(kept.kids)}.",
        cause=resemblance[0] if resemblance else "The key set of the app has no key with this kid.",
        cure=_cure(case, kept, resemblance[1] if resemblance else None),
    )


def _cure(case: Case, kept: FetchedJwks, jwk: _Jwk | None) -> str:
    if jwk is None and len(kept.keys or ()) == 1:
        jwk = (kept.keys or ())[0]
    if jwk is None:
        return "Send the kid of the key that you sign with, exactly as the set has it."
    sure = " The signature is that key's." if _signed_by(case, jwk) else ""
    return f"Send kid {shown(jwk.get('kid'))}, exactly as the set has it.{sure}"


def _signed_by(case: Case, jwk: _Jwk) -> bool:
    """Whether this one key made the signature; the only one that is tried."""
    key = usable(jwk)
    return key is not None and case.assertion is not None and jwts.verify(case.assertion, key, ("RS512",))


def _resemblances(case: Case, kept: FetchedJwks, kid: Any) -> Iterator[tuple[str, _Jwk | None]]:
    """Return what the kid is instead, with the key that is meant, the surest first."""
    if not isinstance(kid, str):
        yield (
            "The kid is not text, but the kids of the set are.",
            kept.find(javascript.text(kid)) if javascript.is_number(kid) else None,
        )
        return
    if is_unfilled(kid):
        yield "It is a variable that was not filled in.", None
    for jwk in (each for each in kept.keys or () if _is_name(each.get("kid"))):
        yield from ((words, jwk) for words in _of_key(kid[:_LONGEST], jwk))
    if _FILE.fullmatch(kid[:_LONGEST]):
        yield "It looks like a file name. A kid is the name that the key has in the key set.", None
    owner = next((key.owner for key in known_keys(case, kid) if not key.registered and key.kid == kid), None)
    if owner is not None:
        yield f"It is a kid of {owner}, not of this app.", None
    named = next((jwk for jwk in kept.keys or () if jwk.get("kid") in dict(digests(jwk))), None)
    if named is not None:
        yield "The registered kid is the thumbprint of its key, but you send a name of your own.", named


def _of_key(kid: str, jwk: _Jwk) -> Iterator[str]:
    own = jwk["kid"]
    if kid.strip() == own or kid.strip("\"'") == own:
        yield f"It is {shown(own)} with white space or quotes around it."
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
    if _without_digits(kid) == _without_digits(own) != "":
        yield f"It differs from {shown(own)} only in its number."


def _normalised(kid: str) -> str:
    return re.sub(r"[-_.\s]", "", kid).lower()


def _without_digits(kid: str) -> str:
    return re.sub(r"\d", "", _normalised(kid))


def kid_of_id_token(case: Case) -> Finding | None:
    """The id_token names a key that its provider does not have."""
    if case.subject is None or not case.refused_by(_UNKNOWN_AT_PROVIDER):
        return None
    kept, provider, kid = case.learned["provider_jwks"], case.learned["provider"], case.subject.header.get("kid")
    owner = next((key.owner for key in known_keys(case, kid) if key.kid == kid), None)
    return Finding(
        id="wrong-kid",
        certainty="certain",
        seen=f"kid of subject_token is {shown(kid)}; {provider.title} signs with {shown(kept.kids)}.",
        cause=f"It is a kid of {owner}."
        if owner
        else f"{provider.title} did not make this id_token, or made it long ago.",
        cure=AS_GIVEN,
    )


_NAMED: Final = {
    "new-key-not-seen-yet": "The key set now has the key, but the service's copy, kept for an hour, does not.",
    "jwk-without-kid": "The key in the registered set has no kid, or its kid is not text.",
    "wrong-kid": "The key set has no key with this kid.",
}
FINDERS: Final = (
    Finder(find=unknown_kid, rules=(_UNKNOWN,), named=_NAMED),
    Finder(find=kid_of_id_token, rules=(_UNKNOWN_AT_PROVIDER,), named=("wrong-kid",)),
)
