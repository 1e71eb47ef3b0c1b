"""Finds the lines of programs and settings that show a mistake by themselves; what a text denies shows none."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from mock_servers.reading.facts import Line
from mock_servers.reading.negation import is_denied, sentence_around

_REST: Final = r"[^\n]{0,120}"
"""Of a line; without an end a long one would be read again and again."""
MISTAKES: Final = {
    "rs256": r"alg(?:orithm)?s?\b[^\n]{0,12}[=:\s]\W{0,3}RS256|\bRS256\b\W*\)|SignatureAlgorithm\.RS256"
    r"|SigningMethodRS256|RsaSha256\b|ALGO_SHA256|Algorithm\.RSA256|-Algorithm\s+\W?RS256|JWSAlgorithm\.RS256",
    "milliseconds": rf"exp{_REST}(?:Milliseconds?\b|(?:Date\.now|currentTimeMillis|getTime)\(\)(?!\s*/\s*1000)"
    r"|toEpochMilli|UnixMilli)",
    "hour": rf"(?:exp(?!ires_?in)|Add|plus|delta|lifetime|ttl){_REST}"
    r"(?:time\.Hour|AddHours\(|hours\s*=\s*\d|[\"']\dh[\"']|\b60\s*\*\s*60\b|\b3600\b|ofHours\(|ChronoUnit\.HOURS|\d\.hours?\b|addHour)",
    "local-time": r"utcnow\(\)[^\n]{0,60}|\bDateTime\.Now\b[^\n]{0,60}|LocalDateTime\.now\(\)"
    rf"|datetime\.now\(\){_REST}timestamp",
    "text-exp": r"exp[\"']?\s*(?:=>|[:=,])\s*(?:str\(|String\(|strval|[\"']\d{9,})"
    rf"|exp{_REST}(?:isoformat|ToString\(|toISOString|date\([\"']c)",
    "retry": r"\bretr(?:y|ies|ied|ying)\b[^\n\"']{0,40}",
    "changed-key": r"\b(?:(?:rotat|renew|replac|chang|regenerat)(?:ed?|es|ing|ion|ement)?|swap(?:ped|ping)?|new(?:ly)?"
    r"|added|adding|upload(?:ed|ing)?|publish(?:ed|ing)?)\b(?:(?!\band\b|\bnew\b)[^\n.,;]){0,40}?\b(?<!api )(?<!api-)(?:keys?|kid|jwks|certificate)\b",
    "sandbox": r"\bsandbox\b",
    "aal2": r"AAL2\w*|\bassurance_level\W{1,3}2\b|\bauthentication_assurance_level\W{1,4}[12]\b|\bTOTP\b|\blevel 2\b",
    "patient": r"\bnhs[- _]login\b|\bpatients?\b|\bP9\b|\bP5\b|signin\.nhs\.uk",
    "worker-product": r"[Hh]ealthcare [Ww]orker[^\n)\"]{0,40}|user.nhs.id:aal3|\bcis2\b",
    "app-token": r"client_credentials|\bapplication[- ]restricted\b",
    "web-page-url": r"https?://(?:github\.com/\S+/blob/|gitlab\.\S+/-/blob/|bitbucket\.org/\S+/src/|gist\.github\.com/)"
    r"[^\s\"']*",
    "private-host": r"https?://(?:localhost|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\."
    r"|[\w.-]{1,200}\.(?:local|internal|intranet|lan|corp)\b)[^\s\"']*",
}
"""By the name of the mistake, what it looks like."""
_PATTERNS: Final = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in MISTAKES.items()}
_LONG_AGO: Final = re.compile(
    r"\b(?:days?|weeks?|months?|years?|ages)\b|\byesterday\b|\blong ago\b|\b(?:[2-9]|\d\d|two|three|four|several) hours ago"
    r"|\b(?:in|since|on|last)\s+(?:early |late |mid[- ])?(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec"
    r"|mon|tues|wednes|thurs|fri|satur|sun|spring|summer|autumn|winter|20\d\d)[a-z]*\b",
    re.IGNORECASE,
)
_OTHER: Final = r"\b(?:integration|int|production|prod|live)\b"
_AND: Final = r"\W{0,3}\s*(?:,|\n|&|\+|\band\b|\bplus\b|\bas well as\b)\W*(?:(?!(?:i|we|call|us|try|get|test)\w{0,3}\b)\w+\W+){0,6}?"
_BOTH: Final = re.compile(rf"\bsandbox\b{_AND}{_OTHER}|{_OTHER}{_AND}\bsandbox\b", re.IGNORECASE)
_REACH: Final = 100
_MOST: Final = 5


def lines(text: str) -> list[Line]:
    """Return the lines that show a mistake, at most a few of each; none that the text denies."""
    found = [
        Line(mistake=name, words=match[0].strip(), start=match.start())
        for name, pattern in _PATTERNS.items()
        for match in islice(pattern.finditer(text), _MOST)
        if _holds(name, match)
    ]
    return sorted(found, key=lambda each: each.start)


def _holds(name: str, match: re.Match[str]) -> bool:
    """Whether a text says that it is so: it denies nothing, a change is recent, a sandbox product is the only one."""
    text, start, end = match.string, match.start(), match.end()
    if name == "changed-key" and _LONG_AGO.search(sentence_around(text, start, end)):
        return False
    if name == "sandbox" and _BOTH.search(text, max(0, start - _REACH), end + _REACH):
        return False
    return not is_denied(text, start, end)
