"""Writes a request with a wrong answer so that it can be sent again: as commands, and as a test.

Both register the app with its public key, stop the mock's time at the moment of the request, and send the same bytes.
For a target other than the mock no token and no secret is written.
"""

import json
import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from contract_tests.answers import Said
from contract_tests.target import App, Kind, Target
from contract_tests.wire import HttpRequest

_HIDDEN: Final = re.compile(r"(client_assertion|subject_token|client_secret|refresh_token|code)=[^&]+")
_SECRET: Final = re.compile(r"(subject_token|client_secret|refresh_token|code)=[^&]+")
_SERVED: Final = "http://127.0.0.1:8080"


def written(target: Target, app: App, request: HttpRequest, expected: Said | str, got: Said | str) -> str:
    """Return what a failing test prints."""
    head = f"expected {expected}\n     got {got}\n\n"
    if target.kind is not Kind.MOCK:
        return head + _curl(target.origin, request, {}, _HIDDEN.sub(r"\1=(hidden)", request.body))
    again = as_commands(target, app, request), "As a test:\n", as_test(target, app, request, expected)
    return "\n".join([f"{head}With `nhsauth serve` running:\n", *again])


def as_curl(target: Target) -> str:
    """Return a command that sends the last request again; nothing for the mock, which forgets its apps.

    For a fake, only the test's own assertion is left in.
    """
    request = target.last_request
    if request is None or target.kind is Kind.MOCK:
        return ""
    hidden = _SECRET if target.kind is Kind.FAKE else _HIDDEN
    headers = {name: value for name, value in request.headers.items() if name != "Authorization"}
    proof = {"Authorization": "Bearer (hidden)"} if "Authorization" in request.headers else {}
    return _curl(target.origin, replace(request, headers=headers), proof, hidden.sub(r"\1=(hidden)", request.body))


def as_commands(target: Target, app: App, request: HttpRequest, url: str = _SERVED) -> str:
    """Return shell commands that put a mock at `url` into the state of the target, and send the request."""
    moment = datetime.fromtimestamp(target.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    lines = [
        _control(f"-X PUT {url}/_nhsauth/clock", {"now": moment, "frozen": True}),
        _control(f"{url}/_nhsauth/apps", _registered(target, app)),
        _curl(url, request, _host(target), request.body),
    ]
    return "".join(f"{line}\n" for line in lines)


def as_test(target: Target, app: App, request: HttpRequest, expected: Said | str) -> str:
    """Return a test that needs nothing but the plugin; anything but a refusal of the contract is called a token."""
    refused = "(answer.status_code, answer.json().get('error'), answer.json().get('error_description'))"
    right = f"{refused} == {tuple(expected)!r}" if isinstance(expected, Said) else "answer.status_code == 200"
    return f"""import requests


def test_it(nhsauth, nhsauth_new_app):
    nhsauth.clock.set({target.now()}, frozen=True)
    nhsauth_new_app(make_key=False, **{_registered(target, app)!r})
    body = {request.body!r}
    headers = {dict(request.headers) | _host(target)!r}

    answer = requests.request({request.method!r}, nhsauth.url + {request.path!r}, data=body.encode(), headers=headers)

    assert {right}
"""


def _host(target: Target) -> dict[str, str]:
    """Return the header that makes another server accept the assertion's `aud`."""
    return {"Host": target.origin.partition("://")[2]}


def _control(call: str, body: dict[str, object]) -> str:
    return f"curl -sS -o /dev/null {call} -H 'Content-Type: application/json' -d {shlex.quote(json.dumps(body))}"


def _registered(target: Target, app: App) -> dict[str, object]:
    return {"client_id": app.client_id, "quota_per_minute": 0, "jwks": {"keys": [dict(target.jwk)]}}


def _curl(url: str, request: HttpRequest, headers: dict[str, str], body: str) -> str:
    sent = {"Content-Type": "", **request.headers, **headers}
    given = " ".join(f"-H {shlex.quote(f'{name}: {value}'.rstrip())}" for name, value in sent.items())
    return f"curl -i -X {request.method} {shlex.quote(url + request.path)} {given} --data-raw {shlex.quote(body)}"
