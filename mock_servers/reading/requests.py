"""Finds the parts of a request in any language: its URL, headers and parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from mock_servers.reading.facts import Address, Pair
from mock_servers.reading.objects import Found

PARAMETERS: Final = frozenset(
    [
        *("grant_type", "client_assertion_type", "client_assertion", "subject_token_type", "subject_token"),
        *("client_id", "client_secret", "redirect_uri", "refresh_token", "response_type", "acr_values"),
    ]
)
"""Names that stand in requests to a token or authorize endpoint, and rarely elsewhere."""
_METHODS: Final = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"
_URL: Final = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?[^\s\"'<>\\`)\]},;]*")
_METHOD_BEFORE: Final = re.compile(rf"\b({_METHODS})\b[\"':, ]*\s*$")
_METHOD_NEAR: Final = re.compile(
    rf"(?:method[\"']?\s*[:=]?\s*[\"']?|-X\s*[\"']?|--request\s+[\"']?|\.)({_METHODS})\b", re.IGNORECASE
)
_NAME: Final = re.compile(r"""([A-Za-z_$][\w-]*)["'\]]*\s*(?:=>|[:=,(])?\s*[\["'(]*$""")
_PATH: Final = re.compile(
    rf"^[ \t]*({_METHODS}) (/\S*)(?: HTTP/[\d.]+)?[ \t]*\n(?:.*\n){{0,6}}?[ \t]*[Hh]ost: *([\w.:-]+)", re.MULTILINE
)
_FORM: Final = re.compile(r"[^\s\"'<>]+(?:(?<=[&=])\n[^\s\"'<>]+)*")
"""What may be a form: without a blank, or with a line end where a mail program put one."""
_BEFORE_NAME: Final = re.compile(r"^.*[^\w.-]")
_PAIR: Final = re.compile(
    r"""(?<![\w.$&?-])(["'\[]{0,2})((?:client|grant|subject|refresh|redirect|response|acr)[_-]?[a-z]\w{1,30}|code|scope)["'\]]{0,2}
    [ \t]*(?:=>|[:=](?!=)|\|{1,2}|\t|(?<=["']),)[ \t]*(?:string\(\d+\)[ \t]*)?
    ("[^"\n]*"|'[^'\n]*'|[^\s&"',;})|\\]+)""",
    re.VERBOSE | re.IGNORECASE,
)
_HEADER: Final = re.compile(
    r"""(?<![\w-])["']?(authorization|content-type|apikey|nhsd-session-urid|host|location|www-authenticate|server)["']?
    [ \t]*(?:=>|[:=])[ \t]*("[^"\n]*"|'[^'\n]*'|[^\n"']+)""",
    re.VERBOSE | re.IGNORECASE,
)
_OPTION: Final = re.compile(r"-ContentType[ \t]+[\"']?([\w./;= -]+?)[\"'\s`]", re.IGNORECASE)
_NEAR: Final = 160


def addresses(text: str) -> list[Address]:
    """Return the URLs of a text, each with what it is called there, and the method that goes with it."""
    found = [each for each in (*_urls(text), *_of_paths(text)) if _is_whole(each.url)]
    return sorted(found, key=lambda each: each.start)


def _is_whole(url: str) -> bool:
    """Whether a URL can be taken apart."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _urls(text: str) -> Iterator[Address]:
    for found in _URL.finditer(text):
        before = text[max(0, found.start() - _NEAR) : found.start()]
        line = before.rpartition("\n")[2]
        name, method = _NAME.search(line), _METHOD_BEFORE.search(line)
        after = text[found.end() : found.end() + _NEAR].partition("\n\n")[0]
        near = method or _METHOD_NEAR.search(before.rpartition("\n\n")[2]) or _METHOD_NEAR.search(after)
        yield Address(
            url=found[0].rstrip(".:,?!"),
            start=found.start(),
            end=found.end(),
            name=name[1] if name and not method else "",
            method=near[1].upper() if near else "",
        )


def _of_paths(text: str) -> Iterator[Address]:
    for found in _PATH.finditer(text):
        yield Address(url=f"https://{found[3]}{found[2]}", start=found.start(), end=found.end(2), method=found[1])


def pairs(text: str, objects: Sequence[Found]) -> list[Pair]:
    """Return the parameters of a text: of forms, of objects that hold one of PARAMETERS, and those that stand alone."""
    forms = [each for each in _FORM.finditer(text) if _is_form(each[0])]
    held = [*_of_forms(forms), *_of_objects(objects)]
    spans = iter([*((each.start(), each.end()) for each in forms), (len(text), len(text))])
    start, end = next(spans)
    for each in _loose(text):
        while each.start >= end and end < len(text):
            start, end = next(spans)
        if not start <= each.start < end:
            held.append(each)
    return sorted(held, key=lambda each: each.start)


def _is_form(run: str) -> bool:
    """Whether a run of characters is a form, and no URL."""
    name, equals, rest = run.partition("=")
    return bool(equals) and "&" in rest and "?" not in name and "/" not in name


def _of_forms(forms: Sequence[re.Match[str]]) -> Iterator[Pair]:
    for found in forms:
        values = [
            (_BEFORE_NAME.sub("", name), value)
            for name, value in parse_qsl(found[0].replace("\n", ""), keep_blank_values=True)
        ]
        if any(name in PARAMETERS for name, _ in values):
            yield from (Pair(name=name, value=value, start=found.start(), is_quoted=True) for name, value in values)


def _of_objects(objects: Sequence[Found]) -> Iterator[Pair]:
    for each in objects:
        if PARAMETERS & each.members.keys() and "access_token" not in each.members:
            for name, value in each.members.items():
                if isinstance(value, str | int):
                    yield Pair(name=name, value=str(value), start=each.start, is_quoted=True)
        if each.members.keys() == {"name", "value"} and each.members["name"] in PARAMETERS:
            yield Pair(**each.members, start=each.start, is_quoted=True)


def _loose(text: str) -> Iterator[Pair]:
    for found in _PAIR.finditer(text):
        quote = found[3][:1] in "\"'"
        is_general = found[2].lower() in ("code", "scope")
        is_listed = "," in found[0][found.end(2) - found.start() : found.start(3) - found.start()]
        is_cut_off = is_listed and (not found[1] or text[found.end() : found.end() + 2].strip().startswith(":"))
        if not is_cut_off and not (is_general and not quote):
            yield Pair(name=found[2], value=found[3][1:-1] if quote else found[3], start=found.start(), is_quoted=quote)


def headers(text: str) -> list[Pair]:
    """Return the headers of requests and answers that say something here."""
    found = [
        Pair(
            name=each[1].lower(),
            value=each[2].partition(" -> ")[0].strip().strip("\"'").rstrip(",;"),
            start=each.start(),
        )
        for each in _HEADER.finditer(text)
    ]
    options = [Pair(name="content-type", value=each[1], start=each.start()) for each in _OPTION.finditer(text)]
    return sorted([*found, *options], key=lambda each: each.start)
