"""Makes one request of the facts of a text, as far as they go: the rest of it is not known, and nothing is made up."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from mock_servers.apim.request_form import ASSERTION_TYPE, FORM, ID_TOKEN_TYPE, TOKEN_EXCHANGE
from mock_servers.explain.judging import host_of
from mock_servers.explain.said import Said, is_others
from mock_servers.reading.captured import Captured, Gaps
from mock_servers.reading.facts import Address, Facts, Pair, Token
from mock_servers.reading.requests import PARAMETERS

_UNSUPPORTED: Final = 415
_HEAD: Final = re.compile(r"[ \t]*[A-Z]+ /\S* HTTP/")
"""How a request begins whose headers are all in the text."""
NO_SIGNATURE: Final = "bm90LWluLXRoZS10ZXh0"
"""The signature of a JWT of which a text has the decoded parts alone."""
INT: Final = "https://int.api.service.nhs.uk/oauth2/token"
_NOT_CALLED: Final = frozenset(["aud", "audience", "iss", "issuer", "system", "proxy_pass", "location", "audienceurl"])
"""What a text calls a URL that nobody posted to."""
_LEFT_OUT: Final = re.compile(
    r"|[\[(<{*]*(?:redacted|removed|filtered|hidden|secret|masked|snip|omitted|cut)[\])>}*]*|<[^>]*>|\(.*|x{4,}|\*{3,}|\.{2,}|.*\u2026.*|.*\.\.\.",
    re.IGNORECASE | re.DOTALL,
)
_VARIABLE: Final = re.compile(r"[$@%_]?[A-Za-z_][\w.]{0,40}(?:\(.*)?|\$\(.*|\$\{.*|`.*")
_WORDS: Final = frozenset(["client_credentials", "authorization_code", "refresh_token", "password", "code", "openid"])
_TOKENS: Final = ("client_assertion", "subject_token")
_OF_PLATFORM: Final = frozenset(["client_assertion", "subject_token", "subject_token_type"])
"""Parameters that few other services take."""
_OF_USERS: Final = re.compile(r"token.exchange|exchange|\bexch\b|id_token|subject_token", re.IGNORECASE)
_OF_GRANT: Final = {
    "refresh_token": ("refresh_token", "client_id", "client_secret"),
    "authorization_code": ("code", "redirect_uri", "client_id", "client_secret"),
}
"""What each grant of the browser flow has besides."""
_LATER: Final = frozenset(
    ["find_app", "find_app_jwk", "decode_client_assertion", "decode_subject_token", "find_user_scopes"]
)
_OF_TYPES: Final = frozenset(
    ["check_client_assertion_type", "check_client_assertion_present", "check_subject_token_type_id_token"]
)
_FORM_RUN: Final = re.compile(r"\bgrant_type=[^\s&]+&\w")
_FLOWS: Final = {"refresh_token": "refresh", "authorization_code": "authorization-code"}
"""By grant, its flow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """A request made of facts; `is_place_known` says whether the text names where it went, or that was supposed.

    `address` is the URL in the text, `tokens` the JWTs by the parameter that each was taken for.
    """

    captured: Captured
    tokens: Mapping[str, Token]
    address: Address | None = None
    is_place_known: bool = True


def supposed(facts: Facts, said: Said | None) -> Supposed | None:
    """Return the request of a text; `None` where the text has nothing of one."""
    tokens = _by_part(facts)
    address = _called(facts, said)
    audience = next(filter(None, map(_audience, tokens.values())), "")
    url = address.url if address is not None else audience or (INT if _is_of_platform(facts, said, tokens) else "")
    if not url:
        return None
    if not urlsplit(url).path.strip("/") and (host := host_of(url)) is not None and host.plays == "platform":
        url = f"{url.rstrip('/')}/oauth2/token"
    gaps = Gaps()
    is_token_call = urlsplit(url).path.endswith(("token", "access_token"))
    fields = _fields(facts, said, address, tokens, gaps) if is_token_call else []
    headers = _headers(facts, said, address, gaps, is_token_call=is_token_call)
    return Supposed(
        captured=Captured(
            source="text",
            method=(address.method if address else "") or ("POST" if is_token_call else "GET"),
            url=url,
            headers=headers,
            body=_body(fields, headers, is_form=_FORM_RUN.search(facts.text) is not None),
            gaps=tuple(gaps.found),
        ),
        tokens=tokens,
        address=address,
        is_place_known=address is not None or bool(audience),
    )


def _is_of_platform(facts: Facts, said: Said | None, tokens: Mapping[str, Token]) -> bool:
    """Whether facts that name no host are about the platform's token service all the same."""
    if said is not None:
        return all(row.service == "the token service" for row in said.rows)
    signs = {each.name for each in facts.pairs} & _OF_PLATFORM
    of_itself = any(_names_itself(each.claims) for each in tokens.values())
    return (bool(signs) or of_itself) and not is_others(facts) and not any(map(_is_for_others, tokens.values()))


def _names_itself(claims: Mapping[str, Any]) -> bool:
    return isinstance(claims.get("iss"), str) and claims.get("iss") == claims.get("sub")


def _is_for_others(token: Token) -> bool:
    audience = token.claims.get("aud")
    return isinstance(audience, str) and "://" in audience and host_of(audience) is None


def _body(fields: Sequence[tuple[str, str]], headers: Sequence[tuple[str, str]], *, is_form: bool) -> bytes:
    if not is_form and any(name == "content-type" and "json" in value for name, value in headers):
        return json.dumps(dict(fields)).encode()
    return urlencode(fields).encode()


# where it went


def _called(facts: Facts, said: Said | None) -> Address | None:
    """Return the URL that was called: of several the last before the refusal, of the kind that refuses so."""
    known = [each for each in facts.addresses if host_of(each.url) is not None and each.name.lower() not in _NOT_CALLED]
    if said is not None:
        known = [each for each in known if _may_say(each, said)] or known
        before = [each for each in known if each.start < said.start]
        return next(reversed(before), next(iter(known), None))
    return next(reversed(known), None)


def _may_say(address: Address, said: Said) -> bool:
    """Whether it may be that the refusal came from this URL."""
    host, is_of_token = host_of(address.url), "/oauth2" in urlsplit(address.url).path
    plays = {row.plays for row in said.rows}
    services = {row.service for row in said.rows}
    if host is None or host.plays not in plays:
        return False
    return host.plays != "platform" or "the token service" in services or not is_of_token


def _audience(token: Token) -> str:
    audience = token.claims.get("aud")
    for each in audience if isinstance(audience, list) else [audience]:
        if isinstance(each, str) and host_of(each) is not None and token.claims.get("iss") == token.claims.get("sub"):
            return each
    return ""


# what it held


def _by_part(facts: Facts) -> dict[str, Token]:
    """Return the JWTs of a text by the parameter that each stands in, or is made for; of several the last."""
    found: dict[str, Token] = {}
    for each in facts.tokens:
        found[each.name if each.name in _TOKENS else _made_for(each)] = each
    return found


def _made_for(token: Token) -> str:
    claims = token.claims
    if token.name.lower() in ("authorization", "bearer"):
        return "bearer"
    if {"tokenName", "token_use", "nonce", "auth_time", "vot", "at_hash"} & claims.keys():
        return "id_token"
    return "client_assertion"


def _fields(
    facts: Facts, said: Said | None, address: Address | None, tokens: Mapping[str, Token], gaps: Gaps
) -> list[tuple[str, str]]:
    """Return the parameters: what a text says of each, then what its flow and its JWTs leave no doubt of."""
    is_in_url = address is not None and "grant_type=" in address.url
    found = {} if is_in_url else {each.name: each for each in _near(facts, said, address)}
    values = {name: _value(each, tokens, gaps) for name, each in found.items()}
    if "grant_type" in values and said is not None:
        left = [each for each in _TOKENS if each in tokens and each not in values and f"in {each}" in said.words]
        values |= {each: tokens[each].text or rebuilt(tokens[each]) for each in left}
    if is_in_url or "grant_type" in values:
        return list({**_passed(values, said), **values}.items())
    host = host_of(address.url if address is not None else next(filter(None, map(_audience, tokens.values())), ""))
    if host is not None and host.plays != "platform":
        supposed_ones = dict(_of_grant("refresh_token" if "refresh" in facts.text else "authorization_code", gaps))
        proof = tokens.get("client_assertion")
        if proof is not None:
            supposed_ones |= {"client_assertion_type": ASSERTION_TYPE, "client_assertion": proof.text or rebuilt(proof)}
            del supposed_ones["client_id"], supposed_ones["client_secret"]
    else:
        supposed_ones = dict(_supposed_fields(facts, said, tokens, gaps))
    return list({**supposed_ones, **values}.items())


def _passed(values: Mapping[str, str], said: Said | None) -> Mapping[str, str]:
    """Return the parameters that a text leaves out and that were right, as a later check has refused the request."""
    rules = {rule for row in (said.rows if said is not None else ()) for _, rule in row.rules}
    if not rules or not all("client_assertion_" in each or "subject_token_" in each for each in rules - _LATER):
        return {}
    if rules & _OF_TYPES:
        return {}
    is_exchange = values["grant_type"] == TOKEN_EXCHANGE
    types = {"client_assertion_type": ASSERTION_TYPE} if "client_assertion" in values else {}
    return types | ({"subject_token_type": ID_TOKEN_TYPE} if is_exchange and "subject_token" in values else {})


def _near(facts: Facts, said: Said | None, address: Address | None) -> Sequence[Pair]:
    """Return the parameters of the request that was refused, where a text has several."""
    until = said.start if said is not None else len(facts.text)
    before = [each for each in facts.pairs if each.start < until] or facts.pairs
    if address is None:
        return before
    own = [each for each in before if each.start >= address.start]
    return own if any(each.name == "grant_type" for each in own) else before


def _value(pair: Pair, tokens: Mapping[str, Token], gaps: Gaps) -> str:
    """Return what a parameter held: a JWT as it was put together, and a gap where the text has a variable."""
    token = tokens.get(pair.name)
    if pair.value.startswith("eyJ"):
        return token.text if token is not None and token.text.startswith(pair.value) else pair.value
    is_variable = not pair.is_quoted and _VARIABLE.fullmatch(pair.value) and pair.value not in _WORDS
    if (pair.name in _TOKENS or pair.name in PARAMETERS) and (
        _LEFT_OUT.fullmatch(pair.value) or (is_variable and "-" not in pair.value and ":" not in pair.value)
    ):
        if token is not None:
            return token.text or rebuilt(token)
        return gaps.mark(f"{pair.name}, which you left out")
    return pair.value


def without_placeholders(captured: Captured) -> Captured:
    """Return a request in which what its sender has left out is a gap."""
    form = parse_qsl(captured.body.decode(errors="replace"), keep_blank_values=True)
    left_out = [name for name, value in form if value and name in PARAMETERS and _LEFT_OUT.fullmatch(value)]
    if not left_out:
        return captured
    gaps = Gaps(found=list(captured.gaps))
    fields = [(name, gaps.mark(f"{name}, which you left out") if name in left_out else value) for name, value in form]
    return replace(captured, body=urlencode(fields).encode(), gaps=tuple(gaps.found))


def is_literal(value: str) -> bool:
    """Whether a value of a parameter is the value itself, and not a variable, or a mark that it was left out."""
    return not _LEFT_OUT.fullmatch(value) and not value.startswith(("$", "{", "ENV", "process.", "os.", "@"))


def _of_grant(grant: str, gaps: Gaps) -> Iterator[tuple[str, str]]:
    yield "grant_type", grant
    yield from ((name, gaps.mark(f"{name}, which is not in the text")) for name in _OF_GRANT[grant])


def _supposed_fields(
    facts: Facts, said: Said | None, tokens: Mapping[str, Token], gaps: Gaps
) -> Iterator[tuple[str, str]]:
    """Yield what such a request has, as far as it decides which checks apply; of the rest nothing is known."""
    words = said.words if said is not None else ""
    is_exchange = "subject_token" in words or "act.sub" in words or "subject_token" in tokens
    is_exchange = is_exchange or ("client_credentials" not in facts.text and _OF_USERS.search(facts.text) is not None)
    flows = {flow for row in (said.rows if said is not None else ()) for names in row.rules.values() for flow in names}
    grant = next((grant for grant, flow in _FLOWS.items() if flow in flows), "")
    if grant and not flows & {"client-credentials", "token-exchange"}:
        yield from _of_grant(grant, gaps)
        return
    yield "grant_type", TOKEN_EXCHANGE if is_exchange else "client_credentials"
    if is_exchange:
        yield "subject_token_type", ID_TOKEN_TYPE
    yield "client_assertion_type", ASSERTION_TYPE
    for name in _TOKENS if is_exchange else _TOKENS[:1]:
        token = tokens.get(name) or (tokens.get("id_token") if name == "subject_token" else None)
        if token is not None:
            yield name, token.text or rebuilt(token)
        else:
            yield name, gaps.mark(f"{name}, which is not in the text")


def rebuilt(token: Token) -> str:
    """Return a JWT of which the decoded parts are known alone; what is not known of it is as it should be."""
    header = token.header or {"alg": "RS512", "typ": "JWT", "kid": "unknown"}
    return ".".join((_encoded(header), _encoded(token.claims), NO_SIGNATURE))


def _encoded(part: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def _headers(
    facts: Facts, said: Said | None, address: Address | None, gaps: Gaps, *, is_token_call: bool
) -> tuple[tuple[str, str], ...]:
    if not is_token_call:
        from_ = address.start if address is not None else 0
        sent = [each for each in facts.headers if each.name in ("authorization", "apikey") and each.start >= from_]
        is_head = address is not None and _HEAD.match(facts.text, address.start) is not None
        unknown = (
            () if sent or (is_head and said is None) else (("authorization", gaps.mark("the Authorization header")),)
        )
        return (*((each.name, each.value) for each in sent[:1]), *unknown)
    is_about_type = said is None or said.words.startswith("Content-Type")
    types = [each.value for each in facts.headers if each.name == "content-type"] if is_about_type else []
    is_known = bool(types) and (said is not None or any(each.status == _UNSUPPORTED for each in facts.statuses))
    return (("content-type", types[0] if is_known else FORM),)
