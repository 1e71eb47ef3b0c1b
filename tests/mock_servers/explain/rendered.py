"""Writes one exchange down as people paste it: in a forum, in a program's own words, in logs, cut off or wrapped."""

import html
import json
import textwrap
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from mock_servers.reading.captured import Captured

OPEN, CLOSE = "\u2018", "\u2019"
"""Single quotes as a forum makes them."""


def _form(captured: Captured) -> dict[str, str]:
    return dict(parse_qsl(captured.body.decode(), keep_blank_values=True))


def _said(captured: Captured) -> str:
    assert captured.answer is not None
    return captured.answer.body.decode().strip()


def _date(captured: Captured) -> str:
    assert captured.answer is not None
    return captured.answer.header("date")


def forum(captured: Captured) -> str:
    """Quotes as a forum makes them."""
    pairs = ",\n".join(f"{OPEN}{name}{CLOSE}: {OPEN}{value}{CLOSE}" for name, value in _form(captured).items())
    said = _said(captured).replace('"', "\u201d")
    sent = f"POST {captured.url}\nDate: {_date(captured)}\n\n{pairs}"
    return f"Hi all,\n\nwe{CLOSE}re stuck. We send\n\n{sent}\n\nand get\n\n{said}\n\nAny ideas ?"


def python(captured: Captured) -> str:
    """A session with requests."""
    try:
        said = repr(json.loads(_said(captured)))
    except ValueError:
        said = _said(captured)
    date = f">>> r.headers\n{{'Date': '{_date(captured)}', 'Content-Type': 'application/json'}}\n"
    sent = f">>> r = requests.post({captured.url!r}, data={_form(captured)!r})"
    return f"{sent}\n{date}>>> r.json()\n{said}\n>>> # what now?"


def powershell(captured: Captured) -> str:
    """A hash table, and the error below it."""
    pairs = "\n".join(f"    '{name}' = '{value}'" for name, value in _form(captured).items())
    return (
        f'$body = @{{\n{pairs}\n}}\n$r = Invoke-RestMethod -Method POST -Uri "{captured.url}" -Body $body\n\n'
        f"Invoke-RestMethod : {_said(captured)}\nAt C:\\x.ps1:4 char:6\nDate: {_date(captured)}"
    )


def axios(captured: Captured) -> str:
    """What util.inspect prints of an error of axios."""
    assert captured.answer is not None
    said = _said(captured)
    return (
        f"AxiosError: Request failed with status code {captured.answer.status}\n  config: {{\n"
        f"    method: 'post',\n    url: '{captured.url}',\n    data: '{captured.body.decode()}',\n  }},\n"
        f"  response: {{\n    status: {captured.answer.status},\n    headers: {{ date: '{_date(captured)}' }},\n"
        f"    data: {said}\n  }}\n}}"
    )


def log(captured: Captured) -> str:
    """Lines of a log, each with its time and level."""
    assert captured.answer is not None
    at = "I, [2027-01-15T08:00:00.402118 #7]  INFO -- "
    return (
        f"{at}request: {captured.method} {captured.url}\n{at}request: {captured.body.decode()}\n"
        f"{at}response: Status {captured.answer.status}\n{at}response: Date: {_date(captured)}\n"
        f"{at}response: {json.dumps(json.loads(_said(captured))) if _said(captured)[:1] == '{' else _said(captured)}"
    )


def har_cut_off(captured: Captured) -> str:
    """A HAR file that ends within its last answer."""
    params = [{"name": name, "value": value} for name, value in _form(captured).items()]
    assert captured.answer is not None
    entry = {
        "request": {"method": captured.method, "url": captured.url, "headers": [], "postData": {"params": params}},
        "response": {
            "status": captured.answer.status,
            "headers": [{"name": "Date", "value": _date(captured)}],
            "content": {"text": _said(captured)},
        },
    }
    return json.dumps({"log": {"entries": [entry]}}, indent=2)[:-40]


def entities(captured: Captured) -> str:
    """JSON within XML."""
    sent = html.escape(json.dumps(_form(captured)))
    said = html.escape(_said(captured))
    date = f"<date>Date: {_date(captured)}</date>"
    return f"<m><url>{captured.url}</url>{date}<sent>{sent}</sent><content>{said}</content></m>"


def mail(captured: Captured) -> str:
    """HTTP, its lines wrapped by a mail program."""
    form = "&\n".join(f"{name}={value}" for name, value in parse_qsl(captured.body.decode(), keep_blank_values=True))
    wrapped = "\n".join(part for line in form.split("\n") for part in textwrap.wrap(line, 76, break_on_hyphens=False))
    assert captured.answer is not None
    return (
        f"Morning,\n\nas requested:\n\nPOST {captured.url}\n"
        f"content-type: application/x-www-form-urlencoded\n\n{wrapped}\n\n"
        f"HTTP/1.1 {captured.answer.status} Refused\nDate: {_date(captured)}\n\n"
        + "\n".join(textwrap.wrap(_said(captured), 76, break_on_hyphens=False))
    )


def curl(captured: Captured) -> str:
    """A command within prose, the answer below it."""
    data = "".join(f" \\\n  --data-urlencode '{name}={value}'" for name, value in _form(captured).items())
    said = f"Date: {_date(captured)}\n{_said(captured)}"
    return f"hello, this doesn't work:\n\n$ curl -X POST '{captured.url}'{data}\n\n{said}\n\nit's the same key"


FORMS: Mapping[str, Callable[[Captured], str]] = {
    each.__name__: each for each in (forum, python, powershell, axios, log, har_cut_off, entities, mail, curl)
}
