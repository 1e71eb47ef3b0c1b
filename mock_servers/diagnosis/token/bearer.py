"""Wrong values in place of a live access token of the platform in an API call."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, cast

from mock_servers.diagnosis.altered_value import Altered, altered
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.opaque_value import (
    API_KEY,
    has_form,
    hidden_part,
    is_path,
    is_unfilled,
    printed_object,
)
from mock_servers.diagnosis.unverified_claims import ASSERTION, described_jwt
from mock_servers.jose import jwts
from mock_servers.jose.jwts import Jwt
from mock_servers.journal.finding import Certainty, Finding
from mock_servers.journal.leaked_private_key import private_key_in
from mock_servers.journal.record import Record
from mock_servers.state.grant import AccessToken
from mock_servers.wire.wording import cut, duration, shown, spelt
from mock_servers.wire.wrapping import json_object, recovered

ACCESS_TOKEN: Final = re.compile(r"[A-Za-z0-9]{28}")
_SHORTEST: Final = 12
_USUAL_HOUR: Final = 3000
"""Seconds; a token that is used beyond this was kept as if it lived an hour."""


def is_call(case: Case) -> bool:
    """Whether the request is one that requires a bearer token."""
    return case.record.service == "gateway" or case.record.path.endswith("/userinfo")


def _sent(case: Case) -> str:
    return case.request.headers.get("authorization", "")


def token_in(header: str) -> str:
    """Return the text after `Bearer`, or the whole header without that."""
    return header[len("bearer ") :].strip() if header.lower().startswith("bearer ") else header.strip()


def kept_too_long(case: Case) -> Finding | None:
    """The access token has expired."""
    token = _expired(case)
    if token is None:
        return None
    issued_at, expires_at = token
    late, age = case.now - expires_at, case.now - issued_at
    life = duration(expires_at - issued_at)
    return Finding(
        id="kept-too-long",
        certainty="certain",
        seen=f"The token is {duration(age)} old and expired {duration(late)} ago.",
        cause=f"Your code kept it for an hour, but it lives {life}."
        if age >= _USUAL_HOUR
        else f"It lives {life}, and your code used it after that.",
        cure="Get a new token one minute before expires_in is over.",
    )


def _expired(case: Case) -> tuple[float, float] | None:
    """Return when the token was issued and when it expired; `None` if it has not expired."""
    token = case.learned.get("token")
    if isinstance(token, AccessToken):
        return (token.issued_at, token.expires_at) if token.expires_at <= case.now else None
    issued = case.known.issued(token_in(_sent(case)))
    if issued is None or issued.kind != "access token" or issued.at is None or issued.expires_at is None:
        return None
    return (issued.at, issued.expires_at) if issued.expires_at <= case.now else None


def token_of_other_environment(case: Case) -> Finding | None:
    """The access token is from another environment of the platform."""
    sent = token_in(_sent(case))
    token = case.known.store.access_tokens.get(sent) if case.known.is_all else None
    if token is not None and token.environment != case.known.environment:
        return Finding(
            id="token-of-other-environment",
            certainty="certain",
            seen=f"The token was issued by environment {token.environment}; this API is one of "
            f"{case.known.environment}.",
            cause="Each environment knows only its own tokens.",
            cure="Use one setting for the URL of the token service and the URL of the API.",
        )
    if case.known.issued(sent) is not None or not ACCESS_TOKEN.fullmatch(sent):
        return None
    return Finding(
        id="token-of-other-environment",
        certainty="possible",
        seen=f"Bearer {cut(sent)} has the shape of a platform access token (28 letters and digits){_not_issued(case)}.",
        cause="It looks like a token of another environment, or an old one.",
        cure="Get the token in the same environment as the API that you call.",
    )


def _not_issued(case: Case) -> str:
    return ", and this mock has not issued it" if case.known.is_all else ""


def provider_token_at_api(case: Case) -> Finding | None:
    """The bearer token is a JWT. An access token of the platform never is."""
    sent = token_in(_sent(case))
    jwt = jwts.decoded(sent)
    if jwt is None or case.known.issued(sent) is not None:
        return None
    what = described_jwt(jwt)
    if what == ASSERTION:
        return _assertion_as_bearer(jwt)
    return Finding(
        id="provider-token-at-api",
        certainty="likely" if what else "possible",
        seen=f"The bearer token is a JWT, {what or 'of an unknown kind'}; access tokens of the platform are not JWTs.",
        cause="An id_token says who logged in, to the app that asked. No API takes it as a bearer token."
        if "id_token" in (what or "")
        else "A provider's token works only at that provider. An API takes the platform's own access token.",
        cure="Exchange the id_token at /oauth2/token, and send the access_token of that answer.",
    )


def _assertion_as_bearer(jwt: Jwt) -> Finding:
    return Finding(
        id="assertion-as-bearer",
        certainty="certain" if "jti" in jwt.claims and "aud" in jwt.claims else "likely",
        seen=f"The bearer token is {ASSERTION}.",
        cause="A client assertion shows the token endpoint which app is asking. No API accepts it.",
        cure="Post it to the token endpoint as client_assertion first, and send the access_token of that answer as "
        "Bearer token.",
    )


def token_in_query(case: Case) -> Finding | None:
    """The access token is in the URL."""
    if not is_call(case) or "access_token" not in case.request.query or "authorization" in case.request.headers:
        return None
    return Finding(
        id="token-in-query",
        certainty="certain",
        seen="There is an access_token in the URL, and no Authorization header.",
        cause="The platform reads only the header. (Logs keep URLs, with every token in them.)",
        cure="Send it in the header Authorization: Bearer <token>, and not in the URL.",
    )


def api_key_as_bearer(case: Case) -> Finding | None:
    """The request has an API key, but this API needs an access token."""
    headers = case.request.headers
    if not is_call(case):
        return None
    if "authorization" not in headers:
        return _key_instead(headers["apikey"]) if "apikey" in headers else None
    sent = token_in(headers["authorization"])
    if case.known.issued(sent) is not None or not API_KEY.fullmatch(sent):
        return None
    return Finding(
        id="api-key-as-bearer",
        certainty="possible",
        seen=f"Bearer {cut(sent)} is 32 letters and digits{_not_issued(case)}.",
        cause="It looks like an API key or a refresh token; an access token has 28 characters.",
        cure="Send the access_token of the token answer. An API that takes a key reads it from the header apikey.",
    )


def _key_instead(key: str) -> Finding:
    return Finding(
        id="api-key-as-bearer",
        certainty="certain",
        seen=f"There is a header apikey ({cut(key)}) and no Authorization header.",
        cause="This API needs a token, of a person or of an application. A key is enough only for other APIs.",
        cure="Get an access token at /oauth2/token and send it as Authorization: Bearer.",
    )


def bearer_shape(case: Case) -> Finding | None:
    """The Authorization header is not `Bearer` and a token."""
    sent = case.request.headers.get("authorization")
    if not is_call(case) or sent is None:
        return _no_header(case) if is_call(case) else None
    found = _shape(sent, case)
    if found is None or private_key_in(case.request) is not None:
        return None  # the second is reported alone: nothing else about it matters
    return Finding(
        id="bearer-shape",
        certainty=found.certainty,
        seen=f"The Authorization header is {spelt(sent)}: {found.words}.",
        cause=(_of_token_call(case) if found.words in _WITHOUT_TOKEN else None) or found.cause,
        cure=found.cure,
    )


def _no_header(case: Case) -> Finding | None:
    if "apikey" in case.request.headers or "access_token" in case.request.query:
        return None
    renamed = _renamed(case)
    if renamed is not None:
        return _under_other_name(renamed, case)
    return Finding(
        id="bearer-shape",
        certainty="certain",
        seen="There is no Authorization header.",
        cause=_of_token_call(case) or "Your code did not set it, or a redirect or a proxy removed it.",
        cure="Send Authorization: Bearer, one space, and the access_token of the token answer.",
    )


def _under_other_name(name: str, case: Case) -> Finding:
    value = case.request.headers[name]
    has_token = _is_access_token(token_in(value), case) or value.lower().startswith("bearer ")
    by_proxy = name.startswith("x-")
    return Finding(
        id="bearer-shape",
        certainty="certain",
        seen=f"There is no Authorization header; there is {shown(name)}{', with a token in it' if has_token else ''}.",
        cause=f"{_RENAMED if by_proxy else 'The name is not right'}; the service reads Authorization alone.",
        cure=f"Send the value of {name} as the header Authorization{_WHERE if by_proxy else ''}.",
    )


_RENAMED: Final = "A proxy or a gateway on the way renamed the header, as Amazon API Gateway does"
_WHERE: Final = ": set it again where your code calls the API, or let the proxy pass it on under its name"


def _renamed(case: Case) -> str | None:
    """Return a header that was Authorization, or was meant to be."""
    headers = [name for name in case.request.headers if name != "authorization"]
    held = [name for name in headers if _is_access_token(token_in(case.request.headers[name]), case)]
    ending = [name for name in headers if name.endswith("authorization") and name != "proxy-authorization"]
    return next(iter([*held, *ending, *get_close_matches("authorization", headers, n=1)]), None)


def token_changed(case: Case) -> Finding | None:
    """The access token was cut off, its letters changed, or it has something around it or after its end."""
    sent = token_in(_sent(case))
    found = None if case.known.issued(sent) is not None else _around(sent, case) or altered("authorization", sent, case)
    if found is None or len(sent) < _SHORTEST:
        return None
    return Finding(
        id="bearer-shape",
        certainty=found.certainty,
        seen=f"The token {found.words}.",
        cause=found.cause,
        cure=f"Send the access_token as the token answer has it. {found.cure}",
    )


def _around(sent: str, case: Case) -> Altered | None:
    """Return what is around a token, or how it is encoded: one that is known, or has the form of one."""
    found = recovered(sent, lambda bare: _is_access_token(bare, case), "access_token")
    is_proved = found is not None
    if found is None and not case.known.is_all and not has_form("authorization", sent):
        found = recovered(sent, lambda bare: has_form("authorization", bare), "access_token")
    if found is None:
        return None
    return Altered(
        words=f"has {found.words}",
        cause="The service compares the token character by character.",
        cure="Put Bearer, one space and the token into the header, and encode nothing.",
        certainty="certain" if is_proved else "likely",
    )


def _is_access_token(bare: str, case: Case) -> bool:
    issued = case.known.issued(bare) if bare else None
    return issued is not None and issued.kind == "access token"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Malformed:
    """What is wrong with the header: `words` to be read after its value, why, what to do, and how sure that is."""

    words: str
    cause: str
    cure: str = "Send Authorization: Bearer, one space, and the access_token of a token answer with status 200."
    certainty: Certainty = "certain"


def _shape(sent: str, case: Case) -> _Malformed | None:
    credentials = _CREDENTIALS.findall(sent)
    if len(credentials) > 1:
        return _joined(credentials)
    if not sent.lower().startswith("bearer"):
        return _Malformed(words=_other_scheme(sent), cause=_ONE_SCHEME)
    rest = _as_utf8(sent)[len("bearer") :]
    blanks = cast("re.Match[str]", _BLANKS.match(rest))[0]
    strange = blanks.replace(" ", "")
    if strange and len(blanks) < len(rest):
        between = f"between Bearer and the token is {_character(strange[0])}, where one plain space belongs"
        return _Malformed(words=between, cause=_COPIED)
    return _of_token(rest.strip(_AROUND)) if blanks or not rest else _no_space(rest, case)


def _joined(schemes: Sequence[str]) -> _Malformed:
    first, *others = (each.capitalize() for each in schemes)
    reads = "it takes all that follows as the token" if first == "Bearer" else "its scheme is not Bearer"
    return _Malformed(
        words=f"it holds {_NUMBERS.get(len(schemes), len(schemes))} credentials joined by a comma, "
        f"{', '.join([first, *others[:-1]])} and {others[-1]}",
        cause=f"The service reads the first word alone as the scheme, {first}: {reads}. A proxy, a gateway or a "
        "library probably added its own to your header.",
        cure="Send Authorization: Bearer and the token alone. A proxy reads its own credentials from the header "
        "Proxy-Authorization.",
    )


def _other_scheme(sent: str) -> str:
    scheme = sent.partition(" ")[0]
    return f"its scheme is {shown(scheme)}, not Bearer" if " " in sent.strip() else "the word Bearer is missing"


def _no_space(rest: str, case: Case) -> _Malformed:
    """Look at what follows Bearer without a space."""
    if rest[0] in ":=":
        after = f"after the word Bearer comes {shown(rest[0])}, and only a space belongs there"
        return _Malformed(words=after, cause=_READS)
    of_token = _of_token(rest)
    if of_token is not None and of_token.words == _SPACES:
        return _Malformed(words=_other_scheme(f"Bearer{rest}"), cause=_ONE_SCHEME)
    is_proved = case.known.issued(rest) is not None
    return of_token or _Malformed(
        words="there is no space between Bearer and the token",
        cause="The service looks for the word Bearer and a space after it.",
        certainty="certain" if is_proved else "likely",
    )


def _of_token(token: str) -> _Malformed | None:
    """Look at what comes after Bearer and a space."""
    if not token or token.lower() == "bearer":
        return _Malformed(words=_NOTHING, cause="Your code probably had no token when it built the header.")
    printed = printed_object(token)
    if printed is not None:
        return _Malformed(words="after Bearer comes an object that was turned into text", cause=printed)
    strange = _STRANGE.search(token)
    if strange is not None:
        is_inside = token[strange.start() :].strip()
        place = f"inside the token, after {strange.start()} of its characters," if is_inside else "after the token"
        return _Malformed(words=f"{place} is {_character(strange[0])}", cause=_COPIED)
    words = next((words for words, holds in _OF_TOKEN.items() if holds(token)), None)
    return _Malformed(words=words, cause=_CAUSES.get(words, _READS)) if words is not None else None


def _as_utf8(header: str) -> str:
    """Return a header as its client wrote it: its bytes are UTF-8, where a server has read them as Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _character(found: str) -> str:
    """Name a character that nobody sees."""
    return _CONTROLS.get(found) or f"U+{ord(found):04X} ({unicodedata.name(found, 'without a name').lower()})"


_CREDENTIALS: Final = re.compile(r"(?:^|,)\s*(Bearer|Basic|Digest|Negotiate|NTLM|DPoP)\s+(?=[^\s,])", re.IGNORECASE)
_NUMBERS: Final = {2: "two", 3: "three"}
_AROUND: Final = " \t\r\n"
_BLANKS: Final = re.compile("[\\s\u00ad\u200b-\u200f\u2060\ufeff]*")
_CONTROLS: Final = {"\t": "a tab", "\v": "a vertical tab", "\f": "a form feed"}
_STRANGE: Final = re.compile(r"[^\S \r\n]")
_ONE_SCHEME: Final = "The service accepts only the scheme Bearer here, followed by a space and the token."
_READS: Final = "The service takes all that comes after Bearer and the space as the token."
_COPIED: Final = "It probably came from an editor, a page or a file that the value was copied from."
_NOTHING: Final = "there is nothing after Bearer"
_UNFILLED: Final = "after Bearer comes a variable that was never filled in"
_PATH: Final = "after Bearer comes the path of a file that was not read"
_ERROR: Final = "after Bearer comes JSON, an error answer: the step before failed"
_SPACES: Final = "there are spaces or line ends inside the token"
_MASKED: Final = "a part of the token is hidden, as in a log"
_WITHOUT_TOKEN: Final = (_NOTHING, _UNFILLED, _ERROR)
"""What code sends that was given no token: the token call before it may have failed."""
_OF_TOKEN: Final[Mapping[str, Callable[[str], object]]] = {
    "Bearer is there twice": lambda token: token.lower().startswith("bearer "),
    _UNFILLED: is_unfilled,
    _PATH: is_path,
    "after Bearer comes JSON, the whole token answer: send only its access_token": lambda token: (
        "access_token" in (json_object(token) or ())
    ),
    _ERROR: lambda token: "error" in (json_object(token) or ()),
    "after Bearer comes JSON, a whole answer or an error": lambda token: token[0] in "{[",
    "there are quotes around the token": lambda token: token[0] in "\"'" or token[-1] in "\"'",
    _SPACES: lambda token: re.search(r"\s|\\n", token),
    _MASKED: hidden_part,
    "it has characters that no token has": lambda token: re.search(r"[^A-Za-z0-9._~+/=-]", token),
}
_CAUSES: Final = {
    _MASKED: "It was copied from a log or a page that hides secrets.",
    _UNFILLED: "The step that fills in the value did not run, or found no value.",
    _PATH: "Your code sent the name of the file, and not what is in it.",
    _ERROR: "Your code sent the answer on without a look at its status.",
}


def _of_token_call(case: Case) -> str | None:
    """Say that the token call before it failed, when it did."""
    last = next((each for each in case.known.before(case.record) if _asked_for_token(each)), None)
    if last is None or last.refusal is None:
        return None
    return (
        f"The last token call, {duration(case.now - last.at)} ago, answered {last.status} "
        f"({shown(last.error_description or last.error)}): your program did not check that answer."
    )


def _asked_for_token(record: Record) -> bool:
    return record.service in ("oauth2", "oauth2-mock") and record.method == "POST" and record.path.endswith("/token")


_UNKNOWN: Final = ("find_bearer", "find_token", "find_access_token")
FINDERS: Final = (
    Finder(find=token_in_query, rules=_UNKNOWN),
    Finder(find=bearer_shape, rules=_UNKNOWN),
    Finder(find=token_changed, rules=("find_token", "find_access_token"), named=("bearer-shape",)),
    Finder(find=api_key_as_bearer, rules=_UNKNOWN),
    Finder(
        find=provider_token_at_api,
        rules=("find_token",),
        named={
            "provider-token-at-api": "The bearer token is a JWT. An access token of the platform never is.",
            "assertion-as-bearer": "A client assertion was sent to an API, not to the token endpoint.",
        },
    ),
    Finder(find=token_of_other_environment, rules=("find_token",)),
    Finder(find=kept_too_long, rules=("check_token_live", "check_access_token_live")),
)
