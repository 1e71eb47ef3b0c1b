"""Words a finding for a request of which only the text is known: by what that request and its claims hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from mock_servers.diagnosis.opaque_value import is_unfilled
from mock_servers.diagnosis.unverified_claims import described_jwt
from mock_servers.jose import javascript, jwts
from mock_servers.jose.jwts import Jwt
from mock_servers.journal.finding import Finding
from mock_servers.reading.captured import Captured

LIMIT: Final = 300
"""Seconds that an assertion may live."""
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """What a request held that a finding is about."""

    captured: Captured
    assertion: Jwt | None
    bearer: str

    @property
    def claims(self) -> Mapping[str, Any]:
        return self.assertion.claims if self.assertion is not None else {}


def reworded(finding: Finding, captured: Captured) -> Finding:
    """Return a finding in the words that fit a request of which only the text is known."""
    change = _CHANGES.get(finding.id)
    if change is None:
        return finding
    form = dict(parse_qsl(captured.body.decode(errors="replace")))
    sent = _Sent(
        captured=captured,
        assertion=jwts.decoded(form.get("client_assertion", "")),
        bearer=captured.header("authorization"),
    )
    return change(finding, sent)


def life(claims: Mapping[str, Any]) -> float | None:
    """Return the seconds from iat to exp; `None` where one of them is no number."""
    times = [claims.get(name) for name in ("exp", "iat")]
    if not all(javascript.is_number(each) for each in times):
        return None
    return javascript.number(times[0]) - javascript.number(times[1])


def _token_of_provider(finding: Finding, sent: _Sent) -> Finding:
    jwt = jwts.decoded(sent.bearer.rpartition(" ")[2])
    what = described_jwt(jwt) if jwt is not None else ""
    if not what:
        return finding
    named = re.sub(r"\((\w+) (\w+)\)", r"(\1 is \2)", what)
    return replace(
        finding, certainty="certain", seen=f"The bearer token is {named}, not an access token of the platform."
    )


def _no_bearer(finding: Finding, sent: _Sent) -> Finding:
    scheme, _, token = sent.bearer.strip().partition(" ")
    if is_unfilled(sent.bearer.rpartition(" ")[2]) or not sent.bearer:
        return finding
    cause = "The gateway reads the token after the word Bearer."
    if token or scheme.lower() == "bearer":
        return replace(finding, cause=cause)
    return replace(finding, cause=cause, cure="Write Bearer and one space before the token.")


def _application_id(finding: Finding, sent: _Sent) -> Finding:
    iss = sent.claims.get("iss")
    if not isinstance(iss, str) or iss != sent.claims.get("sub") or not _UUID.fullmatch(iss):
        return finding
    return replace(
        finding,
        seen=f"iss and sub are a UUID ({iss[:6]}…), probably the application ID from the developer portal rather than "
        "the API key.",
    )


def _in_url(finding: Finding, sent: _Sent) -> Finding:
    names = [name for name, _ in parse_qsl(urlsplit(sent.captured.url).query)]
    if sent.captured.body or len(names) < 2:  # noqa: PLR2004 - "and"
        return finding
    return replace(finding, seen=f"{listed(names)} are in the URL, and the body is empty.")


def listed(words: list[str]) -> str:
    """Return words as a list in a sentence."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _two_settings(finding: Finding, _: _Sent) -> Finding:
    cause = "Your code probably takes the URL and aud from two settings, of which only one was changed."
    return replace(finding, cause=cause)


def _port(finding: Finding, _: _Sent) -> Finding:
    cause = "aud of your client_assertion is not exactly CIS2's token endpoint."
    if "without the port" in finding.seen:
        cause = "aud of your client_assertion lacks the port :443, with which CIS2 writes its token endpoint."
    return replace(finding, cause=cause)


def _alg_alone(finding: Finding, _: _Sent) -> Finding:
    if "signed with" not in finding.seen:
        return finding
    return replace(finding, cure="Sign the client_assertion with RS512. A kid is not needed.")


def _base64url(finding: Finding, _: _Sent) -> Finding:
    if not finding.cause.startswith(("This is ordinary base64", "The base64 was padded")):
        return finding
    return replace(
        finding,
        seen="The JWT is in plain Base64, not in base64url without padding.",
        cause=finding.seen,
        cure="Encode each part as base64url without padding: Base64.getUrlEncoder().withoutPadding() in Java, "
        "Base64UrlEncoder in C#. Or let a JWT library make the whole.",
    )


def _kid_alone(finding: Finding, _: _Sent) -> Finding:
    cure, signed, _rest = finding.cure.partition(" The signature is that key's.")
    if not signed:
        return finding
    cause = f"{finding.cause} The signature verifies with that key, so only the kid is wrong."
    return replace(finding, cure=cure, cause=cause)


_CHANGES: Final[Mapping[str, Callable[[Finding, _Sent], Finding]]] = {
    "mangled-jwt": _base64url,
    "wrong-kid": _kid_alone,
    "provider-token-at-api": _token_of_provider,
    "bearer-shape": _no_bearer,
    "app-not-known-here": _application_id,
    "query-string-params": _in_url,
    "aud-other-environment": _two_settings,
    "nhs-login-auth": _alg_alone,
    "cis2-aud-without-443": _port,
}
