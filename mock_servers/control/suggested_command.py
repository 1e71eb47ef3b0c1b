"""Writes the commands for a correct request in place of a refused one. The mock signs: they hold no key or token.

They keep the client's app, person and provider where these are valid. The rest is correct by default.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from mock_servers.commands import powershell, shell
from mock_servers.commands.command import Asked, Code, Command, Kept, Redirect, Remark, Sent
from mock_servers.control.correct_request import (
    Form,
    asked,
    assertion,
    authorize_url,
    bearer,
    by_secret,
    code_and_redirect,
    proof,
    proves_by_key,
    provider_assertion,
    provider_authorize_url,
    redeem,
    refresh_form,
    secret,
    token_exchange,
)
from mock_servers.gateway.service import find_api
from mock_servers.identity_provider import log_ins
from mock_servers.jose.jwts import Jwt
from mock_servers.journal import provenance
from mock_servers.journal.decoded_jwt import taken_apart
from mock_servers.journal.record import ReceivedJwt, Record
from mock_servers.pages import NextStep
from mock_servers.provider.provider import Provider
from mock_servers.provider.providers import PROVIDERS
from mock_servers.state.app import PLATFORM, App
from mock_servers.state.configuration import Api
from mock_servers.state.grant import Issued
from mock_servers.state.person import Person, Roster
from mock_servers.state.table import first_few

if TYPE_CHECKING:
    from mock_servers.platform.platform import Platform

Commands = Iterator[Command]

_HELLO: Final = "/hello-world/hello"
_OPEN: Final[Mapping[str, str]] = {"access": "open"}
_BY_KEY: Final[Mapping[str, str]] = {"access": "apikey"}
_ACCESSES: Final = {each.word: each.access for each in PROVIDERS}
_SCOPE: Final = re.compile(rf":user-(?P<word>{'|'.join(_ACCESSES)}):(?P<level>\w+):")
_IN_A_BROWSER: Final = Remark("To see the log-in page, open this URL in a browser without its last parameter.")
_TOKEN_SERVICES: Final = ("oauth2", "oauth2-mock")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """The exchange to repeat correctly: with which app, and under which of the mock's names."""

    platform: Platform
    record: Record
    base: str
    app: App

    @property
    def sent(self) -> Mapping[str, Any]:
        """The parameters of the request, from its form and its query."""
        return {**self.record.request["query"], **self.record.request["form"]}

    @property
    def issued(self) -> Issued | None:
        """The provenance of the request's token or code, if the mock issued it."""
        sent = [
            self.record.sent[name]
            for name in ("subject_token", "code", "refresh_token", "authorization")
            if name in self.record.sent
        ]
        return next(filter(None, (provenance.recognise(self.platform.store, key) for key in sent)), None)

    @property
    def claims(self) -> Mapping[str, Any]:
        """The claims of the subject token."""
        claims: Mapping[str, Any] = jwts_of(self.record).get("subject_token", {}).get("claims", {})
        return claims

    @property
    def mount(self) -> str:
        """The path of the token service that the client called."""
        return f"/{self.record.service}" if self.record.service in _TOKEN_SERVICES else "/oauth2"

    @property
    def token_url(self) -> str:
        """The token URL of that token service."""
        return f"{self.base}{self.mount}/token"

    @property
    def redirect_uri(self) -> str:
        """The redirect URI that was sent if it is the app's, else the app's first."""
        sent = self.sent.get("redirect_uri")
        return sent if sent in self.app.redirect_uris else next(iter(self.app.redirect_uris), "")

    def provider(self) -> Provider:
        """Return the provider that the client meant: by token, code or the token's claims, else the first trusted."""
        service = next(each for each in self.platform.token_services if each.mount == self.mount)
        trusted = service.providers
        scope = self.sent.get("scope")
        picked = next((each for each in trusted if scope and each.on_platform.picked_by == scope), None)
        if picked is not None:
            return picked
        by_claims = service.provider_of(self.claims.get("iss"))
        issuer = self.issued.issuer if self.issued else None
        return by_claims[0] if by_claims else next((each for each in trusted if each.title == issuer), trusted[0])

    def person(self, provider: Provider) -> Person | None:
        """Return the person of the request, else the first who can log in at the provider."""
        people, own = self.platform.store.people, provider.people
        named = [self.issued.person if self.issued else None, self.sent.get("nhsauth_user")]
        named += [self.claims.get(name) for name in ("nhs_number", "sub")]
        first = people.derived(Roster).first(own, lambda _: True)
        known = (people.get((own, each)) for each in (*named, first) if isinstance(each, str))
        return next(filter(None, known), None)


def corrected(platform: Platform, record: Record, base: str, control: str) -> NextStep | None:
    """Return the commands; empty for an exchange that no command can repeat.

    `base` is where the services are called, `control` what the URL of a control call begins with.
    """
    app = _app(platform, record)
    if app is None:
        return None
    attempt = _Attempt(platform=platform, record=record, base=base, app=app)
    commands = list(_commands(attempt))
    if not commands:
        return None
    title = "Try it corrected" if record.refusal else "Repeat this request"
    takes_token = not platform.configuration.control.is_open
    return NextStep(
        title=title,
        command=shell.script(control, commands, takes_token=takes_token),
        powershell=powershell.script(control, commands, takes_token=takes_token),
    )


def _app(platform: Platform, record: Record) -> App | None:
    """Return the app of the exchange if it is valid, else the first app for which the request could succeed."""
    few, _ = first_few(platform.store.apps)
    ordered = [*filter(None, [platform.store.apps.get(record.client_id)]), *few]
    provider = platform.providers.get(record.service)
    service = provider.provider.knows_as if provider is not None else PLATFORM
    sound = [app for app in ordered if _is_sound(platform, app, service)]
    return next(iter([*(app for app in sound if app.key_name), *sound]), None)


def _is_sound(platform: Platform, app: App, service: str) -> bool:
    environment = platform.configuration.apim.environment
    known = app.known_in(environment) if service == PLATFORM else app.known_at(service)
    return app.usable and app.subscribed and app.has_keys and bool(app.scopes) and known


def _commands(attempt: _Attempt) -> Commands:
    service = attempt.record.service
    if service in _TOKEN_SERVICES:
        return _at_token_service(attempt)
    if service == "gateway":
        return _at_api(attempt)
    return _at_provider(attempt, service) if service in attempt.platform.providers else iter(())


# the token service


def _at_token_service(attempt: _Attempt) -> Commands:
    path = attempt.record.path.removeprefix(attempt.mount)
    if path in ("/authorize", "/callback"):
        return _authorize(attempt)
    if path == "/userinfo":
        return _userinfo(attempt)
    return iter(()) if path == "/backchannel_logout" else _GRANTS[_grant(attempt.sent)](attempt)


def _grant(sent: Mapping[str, Any]) -> str:
    """Return the grant that the client meant, even if its name is wrong."""
    named = unquote(str(sent.get("grant_type", "")))
    if "subject_token" in sent or "subject_token_type" in sent or "token-exchange" in named:
        return "token-exchange"
    if "refresh_token" in sent or named == "refresh_token":
        return "refresh_token"
    return "authorization_code" if "code" in sent or named == "authorization_code" else "client_credentials"


def _client_credentials(attempt: _Attempt) -> Commands:
    yield assertion(attempt, attempt.token_url)
    yield Sent(url=attempt.token_url, form={"grant_type": "client_credentials", **proof()})


def _token_exchange(attempt: _Attempt) -> Commands:
    if _sent_a_code(attempt):
        yield Remark("A code of the provider is not an id_token: it is exchanged for one first.")
        yield from _provider_code(attempt, attempt.provider())
        redeemed = redeem(attempt, attempt.provider(), code_and_redirect(attempt))
        yield Kept(variable="id_token", member="id_token", sent=redeemed)
    else:
        yield _id_token(attempt)
    yield assertion(attempt, attempt.token_url)
    yield token_exchange(attempt)


def _sent_a_code(attempt: _Attempt) -> bool:
    """Whether the client sent the authorization code of a log-in where the id_token is expected."""
    key = attempt.record.sent.get("subject_token")
    issued = provenance.recognise(attempt.platform.store, key) if key is not None else None
    return issued is not None and issued.kind == "authorization code" and bool(attempt.redirect_uri)


def _authorization_code(attempt: _Attempt) -> Commands:
    if attempt.redirect_uri:
        yield from _platform_code(attempt)
        yield Sent(url=attempt.token_url, form=_code_form(attempt))


def _refresh(attempt: _Attempt) -> Commands:
    yield assertion(attempt, attempt.token_url)
    yield _id_token(attempt)
    yield Kept(variable="refresh_token", member="refresh_token", sent=token_exchange(attempt))
    yield secret(attempt)
    yield Sent(url=attempt.token_url, form={**refresh_form(), **by_secret(attempt)})


def _authorize(attempt: _Attempt) -> Commands:
    if attempt.redirect_uri:
        yield _IN_A_BROWSER
        yield Redirect(authorize_url(attempt))


def _userinfo(attempt: _Attempt) -> Commands:
    if attempt.redirect_uri:
        yield from _platform_code(attempt)
        token = Sent(url=attempt.token_url, form=_code_form(attempt))
        yield Kept(variable="access_token", member="access_token", sent=token)
        yield Sent(url=f"{attempt.base}{attempt.mount}/userinfo", headers=bearer())


_GRANTS: Final[Mapping[str, Callable[[_Attempt], Commands]]] = {
    "client_credentials": _client_credentials,
    "token-exchange": _token_exchange,
    "authorization_code": _authorization_code,
    "refresh_token": _refresh,
}


def _platform_code(attempt: _Attempt) -> Commands:
    yield Code(url=authorize_url(attempt), redirects=2)
    yield secret(attempt)


def _code_form(attempt: _Attempt) -> Form:
    return {**code_and_redirect(attempt), **by_secret(attempt)}


# an API behind the platform


def _at_api(attempt: _Attempt) -> Commands:
    path, headers = attempt.record.path, attempt.record.request["headers"]
    url = f"{attempt.base}{quote(path, safe='/:@!$&()*+,;=~%')}"
    method = attempt.record.method
    call = Sent(url=url, method="" if method in ("GET", "HEAD") else method)
    wanted = _access(attempt, path, by_key="apikey" in headers and "authorization" not in headers)
    if wanted == _OPEN:
        yield call
    elif wanted == _BY_KEY:
        yield replace(call, headers={"apikey": attempt.app.client_id})
    elif wanted is not None and attempt.app.key_name is not None:
        yield asked("access_token", "access-tokens", {**wanted, "client_id": attempt.app.client_id})
        yield replace(call, headers=bearer())


def _access(attempt: _Attempt, path: str, *, by_key: bool) -> Mapping[str, str] | None:
    """Return the access that the API at a path requires, as the control API expects it; empty if there is no API."""
    if path == f"{_HELLO}/world":
        return _OPEN
    if path == f"{_HELLO}/application":
        return _BY_KEY if by_key else {"access": "application"}
    if path == f"{_HELLO}/user":
        return {"access": _access_of_person(attempt)}
    api = find_api(attempt.platform.store, path)
    return _access_to(api) if api is not None else None


def _access_to(api: Api) -> Mapping[str, str]:
    """Return the access that a team's own API requires: that of its first scope, else any token."""
    scope = next(iter(api.scopes), "")
    found = _SCOPE.search(scope)
    if api.open:
        return _OPEN
    if found is None:
        return _BY_KEY if ":app:level0:" in scope else {"access": "application"}
    return {"access": _ACCESSES[found["word"]], "level": found["level"]}


def _access_of_person(attempt: _Attempt) -> str:
    """Return the access of the token's person, else of the first provider's people."""
    issued, people = attempt.issued, attempt.platform.store.people
    providers = [each.provider for each in people.find("id", issued.person)] if issued is not None else []
    return next((each.access for each in PROVIDERS if each.name in providers), PROVIDERS[0].access)


# an identity provider


def _at_provider(attempt: _Attempt, name: str) -> Commands:
    service = attempt.platform.providers[name]
    provider = service.provider
    request = next((name for name in provider.endpoints if provider.endpoint(name) == attempt.record.path), None)
    if not attempt.redirect_uri:
        return iter(())
    if request == "token":
        wants_refresh = attempt.sent.get("grant_type") == "refresh_token"
        can = wants_refresh and log_ins.gives_refresh_token(service, attempt.app.client_id)
        return _provider_refresh(attempt, provider) if can else _provider_token(attempt, provider)
    if request in ("authorize", "log_in"):
        return _provider_authorize(attempt, provider)
    if request == "userinfo" and attempt.record.method in ("GET", "POST"):
        return _provider_userinfo(attempt, provider)
    return iter(())


def _provider_token(attempt: _Attempt, provider: Provider) -> Commands:
    yield from _provider_code(attempt, provider)
    yield redeem(attempt, provider, code_and_redirect(attempt))


def _provider_refresh(attempt: _Attempt, provider: Provider) -> Commands:
    yield from _provider_code(attempt, provider)
    redeemed = redeem(attempt, provider, code_and_redirect(attempt))
    yield Kept(variable="refresh_token", member="refresh_token", sent=redeemed)
    if proves_by_key(attempt, provider):
        yield provider_assertion(attempt, provider)
    yield redeem(attempt, provider, refresh_form())


def _provider_userinfo(attempt: _Attempt, provider: Provider) -> Commands:
    yield from _provider_code(attempt, provider)
    redeemed = redeem(attempt, provider, code_and_redirect(attempt))
    yield Kept(variable="access_token", member="access_token", sent=redeemed)
    yield Sent(url=f"{attempt.base}{provider.endpoint('userinfo')}", headers=bearer())


def _provider_authorize(attempt: _Attempt, provider: Provider) -> Commands:
    yield _IN_A_BROWSER
    yield Redirect(provider_authorize_url(attempt, provider))


def _provider_code(attempt: _Attempt, provider: Provider) -> Commands:
    person = attempt.person(provider)
    wanted = {
        "provider": provider.name,
        "user": person.id if person else None,
        "client_id": attempt.app.client_id,
        "redirect_uri": attempt.redirect_uri,
    }
    yield asked("code", "log-ins", wanted)
    yield provider_assertion(attempt, provider) if proves_by_key(attempt, provider) else secret(attempt)


def _id_token(attempt: _Attempt) -> Asked:
    provider = attempt.provider()
    person = attempt.person(provider)
    wanted = {
        "provider": provider.name,
        "user": person.id if person else None,
        "client_id": attempt.app.client_id,
    }
    return asked("id_token", "id-tokens", wanted)


def jwts_of(record: Record) -> dict[str, Mapping[str, Any]]:
    """Return the JWTs of an exchange by where they stood, taken apart, as JSON values that may be shown."""
    read = {name: _shown(jwt, record.at) for name, jwt in record.received.items()}
    return read | {name: json.loads(text) for name, text in record.examination().jwts.items()}


def _shown(jwt: ReceivedJwt, now: float) -> dict[str, Any]:
    whole = Jwt(header=jwt.header, claims=jwt.claims, signing_input=b"", signature=b"")
    return {**taken_apart(whole, now), "signature": "not kept"}
