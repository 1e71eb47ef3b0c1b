"""Mistakes in an app's key set: unreachable, not a key set, a key that cannot be used.

The real service's answer to something other than a key set, or to a short key, is a guess (I).
"""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Final
from urllib.parse import urlsplit

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.key.key import usable
from mock_servers.jose import jwts
from mock_servers.jose.jwks import FetchedJwks, public_key
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import shown, url

_NO_TLS: Final = "WRONG_VERSION_NUMBER"
_MET: Final = (
    (r"answered 40[13]", "Something in front of it asks for a log-in: basic authentication, a VPN or a firewall."),
    (r"answered 404", "Nothing is at this path: the file was moved, or is not published yet."),
    (r"answered 5\d\d", "The server behind it failed, or has not started yet."),
    (r"certificate has expired", "Its certificate has expired."),
    (r"(?i)hostname mismatch|IP address mismatch", "Its certificate is for another name."),
    (
        r"(?i)certificate.verify.failed",
        "Its certificate is not trusted: it is self-signed, or from your own authority.",
    ),
    (_NO_TLS, "The URL says https, and what listens there did not answer in TLS."),
    (r"SSL", "TLS with it failed."),
    (r"(?i)timed? ?out|not done after", "It did not answer in time: a cold start, or a firewall that drops packets."),
    (r"(?i)refused", "Nothing listens there: the server is down, or listens on another port."),
    (r"(?i)resolve|getaddrinfo|Name or service", "Its host name is not known here."),
)
_ELSEWHERE: Final = "calls loopback and private hosts only"
_NEVER: Final = "this mock never calls it"
_SPENT: Final = "The service does not keep a failure: the next request fetches again."

_HOUR: Final = "The service keeps the set that it has fetched for up to an hour."


def jwks_unreachable(case: Case) -> Finding | None:
    """The key set could not be fetched."""
    met = case.learned.get("app_jwks_failure")
    if met is None or case.app is None:
        return None
    where = case.known.jwks_url_of(case.app)
    return Finding(
        id="jwks-unreachable",
        certainty="certain",
        seen=f"The key set at {url(where)} could not be fetched: {met}.",
        cause=_cause(met),
        cure=_cure(met, where),
    )


def _cause(met: str) -> str:
    if _ELSEWHERE in met:
        return "This mock calls only your machine and network by default. The real platform would have tried."
    if _NEVER in met:
        return "No key set is at such an address: the machine or the cloud uses it for itself."
    if "must be http" in met:
        return "The value registered for the app is not the URL of a file on a host."
    return next((words for pattern, words in _MET if re.search(pattern, met)), "The request for it failed.")


def _cure(met: str, where: str) -> str:
    if _ELSEWHERE in met:
        return f"List the host in `allow_hosts`, or give the app `jwks`. {_SPENT}"
    if _NEVER in met:
        return f"Register a URL of a host that serves the key set, or give the app `jwks`. {_SPENT}"
    if re.search(_NO_TLS, met):
        return f"Let the server speak TLS at this port, or register the URL where it does. {_SPENT}"
    private = " This host is on your own network, and the real platform cannot reach it." if _is_private(where) else ""
    return f"Make the URL public: the platform fetches it from the internet, without a log-in.{private} {_SPENT}"


def _is_private(where: str) -> bool:
    try:
        host = urlsplit(where).hostname or ""
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in where.partition("://")[2].partition("/")[0]


def jwks_is_not_a_set(case: Case) -> Finding | None:
    """The URL does not answer a key set, or the set is empty or has something other than JWKs in it."""
    kept = case.key_set
    if kept is None or (kept.keys and (not kept.problem or kept.find(case.header("kid")) is not None)):
        return None
    what = kept.problem or "a key set without any key"
    return Finding(
        id="jwks-is-not-a-set",
        certainty="likely" if kept.keys else "certain",
        seen=f"{url(kept.url)} answered {what}.",
        cause="The platform expects a JSON object with a list of keys, and keeps the answer for an hour. "
        "(How it answers in this case is our guess.)",
        cure=_make_it_a_set(kept),
    )


def _make_it_a_set(kept: FetchedJwks) -> str:
    if "redirect" in kept.problem:
        return "Register the URL that it redirects to, or make this one answer the JSON itself."
    if "web page" in kept.problem:
        raw = " use the raw URL of the file instead of the page that shows it (/blob/)." if "/blob/" in kept.url else ""
        return f"Make it answer the JSON itself:{raw or ' without a page around it, and without a log-in.'}"
    if "single JWK" in kept.problem:
        return 'Wrap the key: {"keys": [<the JWK>]}.'
    if "PEM" in kept.problem:
        return 'Convert the public key to a JWK, and serve {"keys": [<the JWK>]}; `nhsauth keys new` writes both.'
    return 'Serve {"keys": [<the public key as a JWK, with its kid>]}.'


def weak_or_odd_key(case: Case) -> Finding | None:
    """The registered key cannot be used."""
    jwk = case.key_set.find(case.header("kid")) if case.key_set is not None else None
    if jwk is None:
        return None
    mended = _mended(case, jwk)
    if mended is not None:
        return _of_numbers(jwk, mended)
    try:
        public_key(jwk)
    except ValueError as reason:
        return Finding(
            id="weak-or-odd-key",
            certainty="certain",
            seen=f"The key registered as kid {shown(jwk.get('kid'))} cannot be used: {reason}.",
            cause="The service accepts RSA keys of 2048 bits or more, with n and e in base64url. (How it answers "
            "other keys is our guess.)",
            cure=f"{_what_to_add(jwk)} {_HOUR}",
        )
    return None


def _of_numbers(jwk: Mapping[str, Any], mended: Mapping[str, str]) -> Finding:
    wrong = [name for name in ("n", "e") if mended[name] != jwk.get(name)]
    ways = " and ".join(
        f"{name} is {shown(jwk[name]) if name == 'e' else 'a number'}, in another notation than base64url"
        for name in wrong
    )
    members = " and ".join(
        f'"{name}": {shown(mended[name])}' if name == "e" else f"{name} in base64url" for name in wrong
    )
    return Finding(
        id="weak-or-odd-key",
        certainty="certain",
        seen=f"In the JWK registered as kid {shown(jwk.get('kid'))}, {ways}; read so, the key made this signature.",
        cause="In a JWK, n and e are the bytes of the numbers, the first one first, in base64url (RFC 7518, 6.3.1). "
        "(How the service answers other keys is our guess.)",
        cure=f"Register {members} in the JWK. You can keep the key. {_HOUR}",
    )


def _mended(case: Case, jwk: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Return n and e in base64url, where another reading of them gives the key that made the assertion's signature."""
    n, e = jwk.get("n"), jwk.get("e")
    if (
        not case.refused_by(*_ABOUT_KEY)
        or case.assertion is None
        or jwk.get("kty") != "RSA"
        or not isinstance(n, str | int)
        or not isinstance(e, str | int)
    ):
        return None
    own = usable(jwk)
    failed = own.public_numbers() if own is not None else None
    for one, other in product(_readings(n), _readings(e)):
        key = usable({"kty": "RSA", "n": _base64url(one), "e": _base64url(other)})
        is_other = key is not None and key.public_numbers() != failed
        if key is not None and is_other and jwts.verify(case.assertion, key, ("RS512", "RS256", "RS384")):
            sent = {"n": _number(n), "e": _number(e)}
            return {
                name: str(jwk[name]) if sent[name] == number else _base64url(number)
                for name, number in (("n", one), ("e", other))
            }
    return None


def _number(text: str | int) -> int | None:
    """Return the number that a text is in base64url; `None` for anything else."""
    return _of_base64(text) if isinstance(text, str) and _BASE64URL.fullmatch(text) else None


def _of_base64(text: str) -> int | None:
    standard = text.translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return int.from_bytes(base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True))
    except ValueError:
        return None


_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+=*")
_ABOUT_KEY: Final = ("decode_app_key", "check_client_assertion_signature")


def _readings(text: str | int) -> Iterator[int]:
    """Return the numbers that a text is in the notations in which people write those of a key."""
    if isinstance(text, int):
        yield text
        return
    encoded = _of_base64(text)
    if encoded is not None:
        yield encoded
    if text.isdecimal() and len(text) < _LONGEST:
        yield int(text)
    with contextlib.suppress(ValueError):
        yield int(text.replace(":", "").replace(" ", "")[:_LONGEST], 16)


def _base64url(number: int) -> str:
    return jwts.base64url(number.to_bytes((number.bit_length() + 7) // 8)) if number > 0 else ""


_LONGEST: Final = 4000
"""Digits of a number that is read."""


def _what_to_add(jwk: Mapping[str, Any]) -> str:
    """Say how the JWK is mended where the key itself may be a good one."""
    pem = next((name for name, value in jwk.items() if isinstance(value, str) and "-----BEGIN" in value), None)
    if pem is not None:
        return f"{shown(pem)} holds a PEM: write that key's numbers as n and e, in base64url. You can keep the key."
    if "n" in jwk and "e" in jwk and "kty" not in jwk:
        return 'Add "kty": "RSA" to the JWK. You can keep the key.'
    if "x5c" in jwk and "n" not in jwk:
        return 'Add "kty": "RSA", n and e of the key: the service does not read x5c. You can keep the key.'
    return "Make an RSA key of 4096 bits, for example with `nhsauth keys new`, and register its JWK."


FINDERS: Final = (
    Finder(find=jwks_unreachable, rules=("fetch_app_jwks",)),
    Finder(find=jwks_is_not_a_set, rules=("check_app_jwks_readable", "find_app_jwk")),
    Finder(find=weak_or_odd_key, rules=_ABOUT_KEY),
)
