"""A redirect URI that is not the registered one, or not the one of the log-in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final
from urllib.parse import SplitResult

from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.provider.assertion import provider_of
from mock_servers.identity_provider.client import Client
from mock_servers.journal.finding import Finding
from mock_servers.wire.origins import parts_of
from mock_servers.wire.wording import difference, url
from mock_servers.wire.wrapping import recovered

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_LONGEST: Final = 2000


def redirect_uri_differs(case: Case) -> Finding | None:
    """The redirect URI is not registered, or is not the one that the log-in used."""
    asked = case.request.form if case.request.method == "POST" else case.request.query
    sent = asked.get("redirect_uri") or case.request.query.get("redirect_uri")
    if sent is None:
        return None
    at_log_in = _of_log_in(case)
    if at_log_in is not None and _is_loosely(case, sent, at_log_in):
        return None
    wrapped = _wrapped(sent, [at_log_in] if at_log_in is not None else _registered(case))
    if wrapped is not None:
        return wrapped
    if at_log_in is not None and at_log_in != sent:
        return _differs(sent, at_log_in, "the log-in was asked for", "Send the same redirect_uri in both requests.")
    registered = _registered(case)
    if not registered or sent in registered:
        return None
    cure = "Send a registered redirect URI exactly, or register this one too."
    nearest = max(registered, key=lambda each: SequenceMatcher(None, sent[:_LONGEST], each[:_LONGEST]).ratio())
    return _differs(sent, nearest, "the registered one is", cure)


def _wrapped(sent: str, right: Sequence[str]) -> Finding | None:
    """The URI has something around it, or one encoding too many; where none is known, it is no URI as it is."""
    accepts = right.__contains__ if right else _is_uri
    found = None if accepts(sent) else recovered(sent, accepts, "redirect_uri")
    if found is None:
        return None
    return Finding(
        id="redirect-uri-differs",
        certainty="certain",
        seen=f"redirect_uri is {url(found.bare)} with {found.words}.",
        cause="The service compares redirect URIs as text, character by character.",
        cure="Send redirect_uri as it is, with nothing around it, and let the HTTP library encode the form, once.",
        difference=difference(sent, found.bare),
    )


def _is_uri(text: str) -> bool:
    parts = parts_of(text)
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.netloc) and text.isprintable()


def _differs(sent: str, wanted: str, what: str, cure: str) -> Finding:
    reasons = list(_reasons(sent, wanted))
    return Finding(
        id="redirect-uri-differs",
        certainty="certain",
        seen=f"redirect_uri is {url(sent)}; {what} {url(wanted)}: {', '.join(reasons) or 'the two differ'}.",
        cause="The service compares redirect URIs as text, character by character.",
        cure=cure,
        difference=difference(sent, wanted),
    )


def _of_log_in(case: Case) -> str | None:
    """Return the redirect URI of the log-in of a code that was issued here and is still unused."""
    value, store = case.form("code") or "", case.known.store
    issued = case.known.issued(value)
    if issued is None or issued.redeem_at != case.record.path:
        return None
    code = store.platform_codes.get(value) or store.codes.get(value)
    return code.redirect_uri if code is not None and code.spent_at is None else None


def _is_loosely(case: Case, sent: str, at_log_in: str) -> bool:
    """Whether a provider that does not look at case and query (I) takes one for the other."""
    provider = provider_of(case)
    loose = provider is not None and provider.redirect_at_token_is_loose
    return loose and sent.partition("?")[0].lower() == at_log_in.partition("?")[0].lower()


def _registered(case: Case) -> tuple[str, ...]:
    client = case.learned.get("client")
    if isinstance(client, Client):
        return client.redirect_uris
    return case.app.redirect_uris if case.app is not None else ()


def _reasons(sent: str, wanted: str) -> Iterator[str]:
    """Return the usual differences between two spellings of one address."""
    one, other = parts_of(sent), parts_of(wanted)
    if one is None or other is None:
        return
    if one.scheme != other.scheme:
        yield f"its scheme is {one.scheme}, not {other.scheme}" if one.scheme else "it has no scheme"
    yield from _of_host(one, other)
    if one.port != other.port:
        yield _of_port(one.port, other.port)
    yield from _of_path(one.path, other.path)
    if one.query != other.query:
        yield "its query string differs"
    if one.fragment != other.fragment:
        yield "its fragment differs"


def _of_host(one: SplitResult, other: SplitResult) -> Iterator[str]:
    if one.hostname == other.hostname:
        if one.netloc != other.netloc and one.netloc.lower() == other.netloc.lower():
            yield "its host has other capitals"
        return
    if one.hostname in _LOOPBACK and other.hostname in _LOOPBACK:
        yield f"{one.hostname} and {other.hostname} are one machine, but not the same text"
        return
    yield f"its host is {one.hostname}, not {other.hostname}" if one.hostname else "it has no host"


def _of_port(sent: int | None, wanted: int | None) -> str:
    if sent is None:
        return f"it lacks port {wanted}"
    return f"it has port {sent}" if wanted is None else f"its port is {sent}, not {wanted}"


def _of_path(sent: str, wanted: str) -> Iterator[str]:
    if sent == wanted:
        return
    if sent.rstrip("/") == wanted.rstrip("/"):
        yield "it ends with a slash" if sent.endswith("/") else "it does not end with a slash"
    elif sent.lower() == wanted.lower():
        yield "its path has other capitals"
    else:
        yield "its path differs"


FINDERS: Final = (
    Finder(
        find=redirect_uri_differs,
        rules=(
            "find_redirect_uri",
            "check_redirect_uri_absolute",
            "check_redirect_uri_registered",
            "check_redirect_uri_of_log_in",
            "check_code_of_request",
        ),
    ),
)
