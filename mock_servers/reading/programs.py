"""Finds the lines of programs and settings that show a mistake by themselves; what a text denies shows none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from mock_servers.reading.facts import Line
from mock_servers.reading.negation import is_denied, is_denied_inside, sentence_around

_REST: Final = r"[^\n]{0,120}"
"""Of a line; without an end a long one would be read again and again."""
_NOW: Final = r"(?:Date\.now|currentTimeMillis|getTime)\(\)"
_MILLISECONDS: Final = (
    rf"exp(?:(?!toSeconds|{_NOW}|\b(?:iat|nbf)\b)[^\n]){{0,120}}?"
    rf"(?:Milliseconds\b(?!\.toSeconds)(?:\(\))?|{_NOW}|toEpochMilli\(\)|UnixMilli\(\))"
)
"""A time in milliseconds in what exp is made from."""
_DIVIDED: Final = r"[^\n,;]{0,60}?(?:(?<![/*])/(?!/)\s*[\w(]|\*\s*0?\.001|\*\s*1e-3)"
MISTAKES: Final = {
    "rs256": r"alg(?:orithm)?s?\b[^\n]{0,12}[=:\s]\W{0,3}RS256|\bRS256\b\W*\)|SignatureAlgorithm\.RS256"
    r"|SigningMethodRS256|RsaSha256\b|ALGO_SHA256|Algorithm\.RSA256|-Algorithm\s+\W?RS256|JWSAlgorithm\.RS256",
    "milliseconds": rf"{_MILLISECONDS}(?!{_DIVIDED})",
    "other-divisor": rf"{_MILLISECONDS}\)?\s*/\s*(?!1000\b|1_000\b|1e3\b)\d[\d_.e]*",
    "hour": rf"(?:exp(?!ires_?in)|Add|plus|delta|lifetime|ttl){_REST}"
    r"(?:time\.Hour|AddHours\(\d*|hours\s*=\s*\d+|[\"']\d+h[\"']|\b60\s*\*\s*60\b(?:\s*\*\s*\d+)?|\b3600\b(?:\s*\*\s*\d+)?"
    r"|ofHours\(\d*|ChronoUnit\.HOURS|\d+\.hours?\b|addHour)",
    "utc-as-local": r"utcnow\(\)[^;]{0,60}?\.timestamp\(\)|mktime\([^\n]{0,30}utcnow\(\)",
    "local-as-utc": r"(?<!DateTimeOffset\()\bDateTime\.Now\b(?!\.ToUniversal)[^\n]{0,60}"
    r"|LocalDateTime\.now\(\)[^\n]{0,60}ZoneOffset\.UTC|timegm\([^\n]{0,20}datetime\.now\(\)",
    "text-exp": r"exp[\"']?\s*(?:=>|[:=,])\s*(?:str\(|String\(|strval|[\"']\d{9,})"
    rf"|exp{_REST}(?:isoformat|ToString\(|toISOString|date\([\"']c)",
    "retry": r"\bretr(?:y|ies|ied|ying)\b[^\n\"']{0,40}",
    "changed-key": r"\b(?:(?:rotat|renew|replac|chang|regenerat)(?:ed?|es|ing|ion|ement)?|swap(?:ped|ping)?|new(?:ly)?"
    r"|added|adding|upload(?:ed|ing)?|publish(?:ed|ing)?)\b(?:(?!\band\b|\bnew\b)[^\n.,;]){0,40}?"
    r"\b(?<!api )(?<!api-)(?:keys?|kid|jwks|certificate)\b",
    "sandbox": r"\bsandbox\b",
    "aal2": r"AAL2\w*|\bassurance_level\W{1,3}2\b|\bauthentication_assurance_level\W{1,4}[12]\b|\bTOTP\b|\blevel 2\b",
    "patient": r"\bnhs[- _]login\b|\bpatients?\b|\bP9\b|\bP5\b|signin\.nhs\.uk",
    "worker-product": r"[Hh]ealthcare [Ww]orker[^\n)\"]{0,40}|user.nhs.id:aal3|\bcis2\b",
    "app-token": r"client_credentials|\bapplication[- ]restricted\b",
    "sha256": r"dgst\s+-sha256|RSA-SHA256|hashes\.SHA256\b|SHA256withRSA|HashAlgorithmName\.SHA256|OPENSSL_ALGO_SHA256"
    r"|createSign\([\"']sha256|SHA256\.new\(",
    "new-pair": r"\b(?:generated|created|made)\s(?:an?\s)?(?:fresh|new|another)[^\n.]{0,20}"
    r"\b(?:key ?pair|private key|keys?)\b[^\n.]{0,60}",
    "same-client": r"\b(?:only|just)\s(?:thing\s(?:i|we)\s)?(?:changed|swapped|replaced)[^\n.]{0,30}"
    r"\b(?:url|host|endpoint|environment|env|base)\b[^\n.]{0,30}"
    r"|\bworks\b[^\n.]{0,30}\b(?:in|on|against|at|with)\s(?:prod\w*|live|api\.service|dev\b|int\b|sandbox\b)"
    r"|\bsame\s(?:api\s)?(?:key|client|credentials|app)\s(?:as|in|for|on|that works)[^\n.]{0,40}",
    "clock": r"\b(?:no|without|(?:don't|do not|doesn't|does not) (?:run|have|use))\s(?:an?\s)?"
    r"(?:ntpd?|chronyd?|timesyncd|w32time)\b"
    r"|\bclock\b[^\n.]{0,30}\b(?:slow|behind|drift\w*|wrong|off)\b|\b(?:drift\w*|slow)\sclock\b"
    r"|\brestored?\sfrom\s(?:a\s)?snapshot\b",
    "long-renewal": r"(?:fixedRate|fixedDelay|interval|cache|ttl|renew\w*|refresh\w*|schedul\w*|cron|max_?age|timer)"
    rf"{_REST}(?:\b(?:[2-9]\d|1[1-9])\b[^\n]{{0,20}}(?:MINUTES|min(?:ute)?s?\b)|\b(?:3600|1800|900)\b"
    r"|\bhour(?:ly|s)?\b|ofHours|HOURS)"
    r"|\b(?:every|once an?|each)\shour\b|\bhourly\b",
    "runs-twice": r"\bStrict\s?Mode\b|\buseEffect\("
    r"|\b(?:runs?|called|calls?|fires?|fired|happens|invoked|mounted|rendered|sent)\s(?:it\s)?twice\b"
    r"|\bdouble[- ](?:click|submit|fire|call)\w*|\bpage\s(?:was\s)?(?:re)?loaded\b",
    "jti-of-clock": r"\bjti\b[^\n]{0,40}(?:time\(\)|\bnow\b|timestamp|Date\.now|currentTimeMillis|strftime"
    r"|UnixTime|uniqid)",
    "signed-once": r"(?-i:\b[A-Z_]*(?:ASSERTION|JWT)[A-Z_]*)\s?=\s?[\w.]*(?:encode|sign|create|build)\w*\("
    r"|\bstatic\b[^\n]{0,30}\b(?:assertion|jwt)\b\s?=[^\n]{0,40}"
    r"|\b(?:sign(?:ed|s)?|made|built|created|generated|mint(?:ed|s)?)\b[^\n.]{0,40}"
    r"\b(?:startup|start-up|at start|only once|just once|at import|class level)\b"
    r"|\b(?:assertion|jwt)\b(?:(?!\b(?:not|never)\b|n't\b)[^\n.]){0,30}\b(?:cached|reused|kept in memory|singleton)\b",
    "json-powershell": r"ConvertTo-Json\b",
    "json-python": r"\b(?:requests|httpx|session|client)\.(?:post|request)\([^\n]{0,200}\bjson\s?=",
    "json-javascript": r"JSON\.stringify\(",
    "json-dotnet": r"PostAsJsonAsync|JsonContent\.Create|StringContent\([^\n]{0,120}application/json",
    "web-page-url": r"https?://(?:github\.com/\S+/blob/|gitlab\.\S+/-/blob/|bitbucket\.org/\S+/src/|gist\.github\.com/)"
    r"[^\s\"']*",
    "private-host": r"\b(?:on|over|behind|inside|via)\s(?:the|our|a)\s(?:vpn|firewall|intranet|corporate network)\b"
    r"|\binternal\s(?:host|network|url|only)\b|https?://(?:localhost|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\."
    r"|[\w.-]{1,200}\.(?:local|internal|intranet|lan|corp)\b)[^\s\"']*",
}
"""By the name of the mistake, what it looks like."""
_OF_MILLISECONDS: Final = "milliseconds date.now( currenttimemillis( gettime( toepochmilli( unixmilli("
_NEEDS: Final = {
    "rs256": "rs256 rsa256 rsasha256 sha256",
    "milliseconds": _OF_MILLISECONDS,
    "other-divisor": _OF_MILLISECONDS,
    "hour": "hour 3600 60 h\" h'",
    "utc-as-local": "utcnow",
    "local-as-utc": "now",
    "text-exp": "exp",
    "retry": "retr",
    "changed-key": "key kid jwks certificate",
    "sandbox": "sandbox",
    "aal2": "aal2 assurance_level totp level",
    "patient": "nhs patient p9 p5",
    "worker-product": "healthcare user cis2",
    "app-token": "client_credentials application",
    "sha256": "sha256",
    "new-pair": "key",
    "same-client": "changed swapped replaced works same",
    "clock": "ntp chrony timesyncd w32time clock snapshot",
    "long-renewal": "fixedrate fixeddelay interval cache ttl renew refresh schedul cron age timer hour",
    "jti-of-clock": "jti",
    "signed-once": "assertion jwt static start once import class cached reused memory singleton",
    "runs-twice": "strict useeffect twice double loaded",
}
"""A pattern is looked for where one of its words stands: most texts have few of them."""
_PATTERNS: Final = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in MISTAKES.items()}
_LONG_AGO: Final = re.compile(
    r"\b(?:days?|weeks?|months?|years?|ages)\b|\byesterday\b|\blong ago\b"
    r"|\b(?:[2-9]|\d\d|two|three|four|several) hours ago"
    r"|\b(?:in|since|on|last)\s+(?:early |late |mid[- ])?(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec"
    r"|mon|tues|wednes|thurs|fri|satur|sun|spring|summer|autumn|winter|20\d\d)[a-z]*\b",
    re.IGNORECASE,
)
_OTHER: Final = r"\b(?:integration|int|production|prod|live)\b"
_AND: Final = (
    r"\W{0,3}\s*(?:,|\n|&|\+|\band\b|\bplus\b|\bas well as\b)\W*"
    r"(?:(?!(?:i|we|call|us|try|get|test)\w{0,3}\b)\w+\W+){0,6}?"
)
_BOTH: Final = re.compile(rf"\bsandbox\b{_AND}{_OTHER}|{_OTHER}{_AND}\bsandbox\b", re.IGNORECASE)
_SENTENCES: Final = frozenset(["clock", "same-client", "new-pair", "changed-key"])
"""Mistakes that several words show, with others between them."""
_REACH: Final = 100
_MOST: Final = 5
_BEFORE: Final = 20
_BEHIND: Final = 40
_IN_WORD: Final = re.compile(r"[\w$@']")
_BEFORE_WORD: Final = re.compile(r"[\w$@'\"]")
_WIDEST: Final = 250
"""Characters of the widest match of a pattern."""


def lines(text: str) -> list[Line]:
    """Return the lines that show a mistake, at most a few of each; none that the text denies."""
    lower = text.lower()
    found = [
        Line(mistake=name, words=_whole(match), start=match.start())
        for name, pattern in _PATTERNS.items()
        for match in islice(_matches(pattern, text, _near(lower, _NEEDS.get(name, ""))), _MOST)
        if _holds(name, match)
    ]
    return sorted(found, key=lambda each: each.start)


def _whole(match: re.Match[str]) -> str:
    """Return what was found up to the end of its last word, and of the brackets and quotes that it opens."""
    text, (start, end) = match.string, match.span()
    while start > 0 and match.start() - start < _BEFORE and _BEFORE_WORD.match(text[start - 1]):
        start -= 1
    most = min(len(text), match.end() + _BEHIND)
    while end < most and text[end] != "\n" and (_IN_WORD.match(text[end]) or _is_open(text[start:end])):
        end += 1
    return text[start:end].strip().rstrip(",;")


def _is_open(words: str) -> bool:
    opened = any(words.count(one) > words.count(other) for one, other in ("()", "[]", "{}"))
    return opened or any(words.count(each) % 2 for each in '"`')


def _matches(pattern: re.Pattern[str], text: str, spans: Iterable[tuple[int, int]]) -> Iterator[re.Match[str]]:
    return (match for start, end in spans for match in pattern.finditer(text, start, end))


def _near(lower: str, words: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of a text, in small letters, in which one of some words stands; without words the whole."""
    if not words:
        yield 0, len(lower)
        return
    places, done = {word: lower.find(word) for word in words.split(" ")}, 0
    while places := {word: place for word, place in places.items() if place >= 0}:
        place = min(places.values())
        start = max(done, lower.rfind("\n", 0, max(0, place - _WIDEST)) + 1, place - 2 * _WIDEST)
        end = lower.find("\n", place + _WIDEST)
        done = len(lower) if end < 0 else min(end, place + 4 * _WIDEST)
        yield start, done
        places = {word: at if at >= done else lower.find(word, done) for word, at in places.items()}


def _holds(name: str, match: re.Match[str]) -> bool:
    """Whether a text says that it is so: it denies nothing, a change is recent, a sandbox product is the only one."""
    text, start, end = match.string, match.start(), match.end()
    if name == "changed-key" and _LONG_AGO.search(sentence_around(text, start, end)):
        return False
    if name == "sandbox" and _BOTH.search(text, max(0, start - _REACH), end + _REACH):
        return False
    return not is_denied(text, start, end) and not (name in _SENTENCES and is_denied_inside(match[0]))
