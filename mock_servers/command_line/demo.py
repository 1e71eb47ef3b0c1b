"""`nhsauth demo`: a code is sent as subject_token, the mock says why that is refused, and the right way works.

Every request is a real one, against a mock that is started for it; what is printed is what went over the wire.
"""

from __future__ import annotations

import json
import logging
import os
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

import click
import requests

from mock_servers.apim.request_form import ASSERTION_TYPE, ID_TOKEN_TYPE, TOKEN_EXCHANGE
from mock_servers.client import Client, TokenError
from mock_servers.command_line.exit import AnswerIsNo
from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyRing, cache_folder
from mock_servers.mock import Mock
from mock_servers.platform.service_wiring import PROVIDER_BITS
from mock_servers.provider.providers import PROVIDERS
from mock_servers.state.app import App
from mock_servers.state.configuration import READY_MADE_APP
from mock_servers.state.registration import CLIENT_BITS
from mock_servers.wire.wording import cut

_PROVIDER: Final = PROVIDERS[0]
_USER: Final = "656005750104"
_TIMEOUT: Final = 30  # seconds
_CUT: Final = frozenset(["subject_token", "client_assertion", "code", "access_token", "id_token", "refresh_token"])


def run() -> None:
    """Run the demo. Raises AnswerIsNo when a request does not get the answer that the demo describes."""
    logging.getLogger("mock_servers.exchanges").setLevel(logging.CRITICAL)  # the demo prints them itself
    folder = cache_folder(os.environ)
    for name, bits in ((READY_MADE_APP.key_name, CLIENT_BITS), (_PROVIDER.name, PROVIDER_BITS)):
        if not (folder / "keys" / f"{name}-{bits}.pem").is_file():
            click.echo(f"Making an RSA key of {bits} bits, once; it is kept in {folder} ...")
    ring = KeyRing(folder)
    ring.prepare((READY_MADE_APP.key_name or "", CLIENT_BITS), (_PROVIDER.name, PROVIDER_BITS))
    platform = Mock(ring=ring)
    with platform.serving(), requests.Session() as session:
        session.trust_env = False  # a proxy has no business between this process and itself
        session.hooks["response"].append(_print_exchange)
        _run_on(platform, session)


def _run_on(platform: Mock, session: requests.Session) -> None:
    app = platform.apps.get(READY_MADE_APP.client_id)
    code = platform.issue_code(_PROVIDER.name, LogInRequest(user=_USER, client_id=app.client_id), app.redirect_uris[0])
    click.echo(f"A mock of the API platform and of CIS2 is at {platform.url} until this ends.")
    click.echo(f"Person {_USER} has logged in at CIS2, and the app has got a code: {cut(code)}.")
    _make_the_mistake(platform, session, code)
    _explain(platform)
    id_token = _redeem(platform, session, app, code)
    access_token = _exchange(platform, session, app, id_token)
    _call_the_api(platform, session, access_token)
    click.echo("\nThat is the story. Start a mock of your own with: nhsauth serve")


def _make_the_mistake(platform: Mock, session: requests.Session, code: str) -> None:
    _head("1. The mistake: the code is sent as subject_token")
    form = {
        "grant_type": TOKEN_EXCHANGE,
        "subject_token_type": ID_TOKEN_TYPE,
        "subject_token": code,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": platform.client_assertion(READY_MADE_APP.client_id),
    }
    answer = session.post(platform.token_url, form, timeout=_TIMEOUT)
    members = _members(answer)
    _expect((answer.status_code, members.get("error")), (400, "invalid_request"))
    _expect(members.get("error_description"), "Malformed JWT in subject_token")


def _explain(platform: Mock) -> None:
    _head("2. Why: what the mock shows you, and never the client")
    record = platform.exchanges.last
    click.echo(f"  {record.diagnosis}\n")
    for finding in record.findings:
        click.echo(f"  Seen:  {finding.seen}\n  Cause: {finding.cause}\n  Cure:  {finding.cure}")
    _expect([finding.id for finding in record.findings], ["code-as-subject-token"])


def _redeem(platform: Mock, session: requests.Session, app: App, code: str) -> str:
    _head("3. Right: the code is exchanged at CIS2, which knows it")
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": app.redirect_uris[0],
        "client_id": app.client_id,
        "client_secret": app.client_secret,
    }
    answer = session.post(f"{platform.url}{_PROVIDER.endpoint('token')}", form, timeout=_TIMEOUT)
    _expect(answer.status_code, 200)
    return str(_members(answer).get("id_token"))


def _exchange(platform: Mock, session: requests.Session, app: App, id_token: str) -> str:
    _head("4. Right: the id_token of that answer is the subject_token")
    key = platform.apps.key(app)
    if key is None:
        raise AnswerIsNo("This is not how the story goes: the ready-made app has no key")
    client = Client(
        token_url=platform.token_url, client_id=app.client_id, private_key=key.private, kid=key.kid, session=session
    )
    try:
        return client.token_exchange(id_token).access_token
    except TokenError as refused:
        raise AnswerIsNo(f"This is not how the story goes: {refused}") from None


def _call_the_api(platform: Mock, session: requests.Session, access_token: str) -> None:
    _head("5. The access token opens an API behind the platform")
    headers = {"Authorization": f"Bearer {access_token}"}
    answer = session.get(f"{platform.url}/hello-world/hello/user", headers=headers, timeout=_TIMEOUT)
    _expect((answer.status_code, _members(answer)), (200, {"message": "Hello User!"}))


def _expect(found: object, expected: object) -> None:
    if found != expected:
        raise AnswerIsNo(f"This is not how the story goes: it says {expected}, and this is {found}")


def _head(text: str) -> None:
    click.echo(f"\n{click.style(text, bold=True)}\n")


def _members(answer: requests.Response) -> dict[str, Any]:
    try:
        members = answer.json()
    except ValueError:
        return {}
    return members if isinstance(members, dict) else {}


def _print_exchange(answer: requests.Response, **_: object) -> None:
    click.echo("\n".join(f"  {line}" for line in _curl(answer.request)))
    status = f"{answer.status_code} {HTTPStatus(answer.status_code).phrase}"
    click.echo(f"\n  {click.style(status, fg='green' if answer.ok else 'red')}")
    members = {name: _shown(name, value) for name, value in _members(answer).items()}
    text = json.dumps(members, indent=2, ensure_ascii=False)
    click.echo("\n".join(f"  {line}" for line in text.splitlines()))


def _curl(request: requests.PreparedRequest) -> list[str]:
    """Return a request as lines of a shell command; what a reader has to fill in is cut, or a variable."""
    body = request.body.decode() if isinstance(request.body, bytes) else str(request.body or "")
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    lines = [f"curl {request.url}"]
    lines += [f"  -H 'Authorization: Bearer {cut(bearer)}'"] if bearer else []
    lines += [f"  --data-urlencode '{name}={_shown(name, value)}'" for name, value in parse_qsl(body)]
    lines = [line.replace("'client_secret=$CLIENT_SECRET'", '"client_secret=$CLIENT_SECRET"') for line in lines]
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _shown(name: str, value: Any) -> Any:
    if name == "client_secret":
        return "$CLIENT_SECRET"
    return cut(value) if name in _CUT and isinstance(value, str) else value
