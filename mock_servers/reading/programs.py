"""Finds the lines of programs and settings that show a mistake by themselves."""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from mock_servers.reading.facts import Line

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
    "changed-key": r"(?:rotat|renew|replac|chang|swap|regenerat|new|add|upload|publish)\w*[^\n.]{0,40}"
    r"\b(?:keys?|kid|jwks|certificate)\b",
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
_MOST: Final = 5


def lines(text: str) -> list[Line]:
    """Return the lines that show a mistake, at most a few of each."""
    found = [
        Line(mistake=name, words=match[0].strip(), start=match.start())
        for name, pattern in _PATTERNS.items()
        for match in islice(pattern.finditer(text), _MOST)
    ]
    return sorted(found, key=lambda each: each.start)
