"""The audience of an assertion: the token URL of another environment, or almost the right one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.opaque_value import is_unfilled
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.journal.finding import Finding
from mock_servers.state.world import PREFIX, ROOT, named_in
from mock_servers.wire.origins import parts_of
from mock_servers.wire.wording import difference, shown, url
from mock_servers.wire.wrapping import recovered

_RULES: Final = ("check_client_assertion_aud",)
_TOKEN_URL: Final = re.compile(r"(https://[^/?#]+)/oauth2(?:-mock)?/token")
_WORLD: Final = re.compile(rf"^{PREFIX}[^/]+")
_VARIABLE: Final = re.compile(r"\{\{.*?\}\}|\$\{.*?\}|<[\w -]+>")
_LONGEST: Final = 2000
_IMPLIED_PORTS: Final = {"http": 80, "https": 443}
_SAME: Final = "The service compares aud with the URL that you post to, character by character."


def wanted(case: Case) -> tuple[str, ...]:
    """Return what the service takes as `aud`."""
    return (case.request.url, *case.known.audiences)


def _environment(case: Case, text: str) -> str | None:
    """Return the environment of a real token URL; `None` for any other URL."""
    match = _TOKEN_URL.fullmatch(text[:_LONGEST])
    host = case.known.hosts.of_origin(match[1]) if match is not None else None
    return host.environment if host is not None and host.plays == "platform" else None


def aud_other_environment(case: Case) -> Finding | None:
    """`aud` is the token URL of another environment."""
    here = case.known.environment
    sent = [(_environment(case, each), each) for each in _texts(case)]
    other = next(((name, each) for name, each in sent if name not in (None, here)), None)
    if other is None or _is_right(case):
        return None
    return Finding(
        id="aud-other-environment",
        certainty="certain",
        seen=f"aud is {other[0]}'s token URL, {url(other[1])}; you posted to {here}, at {url(case.request.url)}.",
        cause="Your code takes the URL and aud from two settings. Only one of them was changed.",
        cure="Use one setting for both: set aud to the token URL that you post to.",
        difference=difference(other[1], case.request.url),
    )


def aud_near_miss(case: Case) -> Finding | None:
    """`aud` is not the token URL."""
    if case.assertion is None or _is_right(case) or aud_other_environment(case):
        return None
    sent = list(_texts(case))
    if not sent:
        return _no_text(case)
    pairs = ((each, good) for each in sent for good in wanted(case))
    text, target = max(pairs, key=lambda pair: (recovered(pair[0], pair[1].__eq__) is not None, _likeness(*pair)))
    reasons = list(_reasons(text, target, case.request.url))
    listed = f"None of the {len(sent)} in the list of aud is the token URL; the nearest" if len(sent) > 1 else "aud"
    return Finding(
        id="aud-near-miss",
        certainty="certain" if reasons else "likely",
        seen=f"{listed} is {url(text)}: {', '.join(reasons) or 'it is not the token URL at all'}.",
        cause=_SAME,
        cure=f"Set aud to {url(case.request.url)}.",
        difference=difference(text, case.request.url),
    )


def _no_text(case: Case) -> Finding:
    aud = case.claim("aud")
    return Finding(
        id="aud-near-miss",
        certainty="certain",
        seen="The assertion has no aud." if aud is UNDEFINED else f"aud is {shown(aud)}, which is not text.",
        cause=_SAME,
        cure=f"Set aud to {url(case.request.url)}.",
    )


def _texts(case: Case) -> Iterator[str]:
    aud: Any = case.claim("aud")
    for each in aud if isinstance(aud, list) else [aud]:
        if isinstance(each, str):
            yield each


def _is_right(case: Case) -> bool:
    return any(each in wanted(case) for each in _texts(case))


def _likeness(sent: str, target: str) -> float:
    one, other = sent[:_LONGEST].lower(), target[:_LONGEST].lower()
    return SequenceMatcher(None, one.partition("://")[2] or one, other.partition("://")[2] or other).ratio()


def _reasons(sent: str, target: str, posted_to: str) -> Iterator[str]:
    """Describe how a text differs from the URL that it is meant to be; no other host is named than that posted to."""
    if is_unfilled(sent.partition("/")[0]) or _VARIABLE.search(sent):
        yield "a variable in it was not filled in"
        return
    found = recovered(sent, target.__eq__, "aud")
    if found is not None:
        yield f"that is the token URL with {found.words}"
        return
    bare, good = sent.strip(), urlsplit(target)
    if bare != sent:
        yield "there is white space around it"
    parts = parts_of(bare if "://" in bare else f"//{bare}")
    if parts is None:
        return
    if "/realms/" in parts.path:
        yield "it is an identity provider's issuer or endpoint, not the platform's token URL"
    elif (parts.hostname or "").lower() == good.hostname:
        yield from _of_scheme(bare, parts, good)
        yield from _of_host(parts, good)
        yield from _of_path(parts, good)
    elif parts.path == urlsplit(posted_to).path:
        yield f"its host is {shown(parts.netloc)}, not {shown(urlsplit(posted_to).netloc)}"


def _of_scheme(sent: str, parts: SplitResult, good: SplitResult) -> Iterator[str]:
    if "://" not in sent:
        yield f"it lacks {good.scheme}://"
    elif parts.scheme != good.scheme:
        yield f"it says {shown(parts.scheme)} for {good.scheme}"


def _of_host(parts: SplitResult, good: SplitResult) -> Iterator[str]:
    if parts.netloc != parts.netloc.lower():
        yield "its host has capital letters"
    if parts.port == good.port:
        return
    if parts.port is None:
        yield f"it lacks the port, :{good.port}"
    elif parts.port == _IMPLIED_PORTS.get(good.scheme) and good.port is None:
        yield f"it spells the port :{parts.port} out"
    else:
        yield f"its port is {parts.port}, not {good.port or 'left out'}"


def _of_path(parts: SplitResult, good: SplitResult) -> Iterator[str]:
    if parts.query != good.query:
        yield "its query string is different"
    if parts.path == good.path:
        return
    mount = good.path.removesuffix("/token")
    named = {
        "": "it is the host alone, without a path",
        "/": "it is the host alone, without a path",
        mount: f"it ends at {mount}, without /token",
        f"{mount}/": f"it ends at {mount}/, without token",
        f"{good.path}/": "it has a slash at the end",
    }
    yield named.get(parts.path) or _other_path(parts.path, good.path)


def _other_path(sent: str, good: str) -> str:
    here, there = (named_in(path) or ROOT for path in (good, sent))
    if here != there and _WORLD.sub("", sent) == _WORLD.sub("", good):
        return f"it names world {shown(there)}, and was sent to world {shown(here)}"
    if sent.replace("/oauth2-mock/", "/oauth2/") == good.replace("/oauth2-mock/", "/oauth2/"):
        return f"it names the other token service, {shown(sent)}"
    if sent.lower() == good.lower():
        return "its path has capital letters"
    return f"its path is {shown(sent)}, not {shown(good)}"


FINDERS: Final = (
    Finder(find=aud_other_environment, rules=_RULES),
    Finder(find=aud_near_miss, rules=_RULES),
)
