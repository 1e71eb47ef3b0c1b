"""The flows that can be tried: their steps, each one correct request with what has to be signed before it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from mock_servers.commands.command import Asked, Code, Command, Kept, Sent
from mock_servers.control import correct_request
from mock_servers.provider.provider import Provider
from mock_servers.provider.providers import PROVIDERS, provider_named
from mock_servers.state.app import App
from mock_servers.state.person import Person

if TYPE_CHECKING:
    from mock_servers.platform.platform import Platform

FLOWS: Final[Mapping[str, str]] = {
    "application": "Application: client credentials, then an API",
    **{each.name: f"Log in at {each.title}, exchange the id_token, then an API" for each in PROVIDERS},
    "combined": "Log in through the platform (/oauth2/authorize), then an API",
}
"""The flows by their words, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a visitor has chosen: app, person (`None` for an application), and level (empty: the person's highest)."""

    platform: Platform
    base: str
    app: App
    who: Person | None
    level: str
    mount: str = "/oauth2"

    @property
    def token_url(self) -> str:
        """The token URL."""
        return f"{self.base}{self.mount}/token"

    @property
    def redirect_uri(self) -> str:
        """The first redirect URI of the app."""
        return next(iter(self.app.redirect_uris), "")

    def provider(self) -> Provider:
        """Return where the person logs in."""
        return provider_named(self.who.provider) if self.who is not None else PROVIDERS[0]

    def person(self, provider: Provider) -> Person | None:
        """Return the person who logs in."""
        return self.who if self.who is not None and self.who.provider == provider.name else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step: what is signed or looked up `before`, and the request; `needs` are values of earlier steps."""

    word: str
    title: str
    about: str
    before: tuple[Command, ...] = ()
    request: Sent | Kept | Code
    needs: tuple[str, ...] = ()

    @property
    def sent(self) -> Sent:
        """The request alone."""
        if isinstance(self.request, Kept):
            return self.request.sent
        return Sent(url=self.request.url) if isinstance(self.request, Code) else self.request

    @property
    def gives(self) -> tuple[str, ...]:
        """The values that later steps take from this one: not, for example, a provider's access token."""
        match self.request:
            case Kept():
                return self.request.variable, *self.request.also
            case Code():
                return ("code",)
            case Sent():
                return ()

    @property
    def commands(self) -> tuple[Command, ...]:
        """The commands that do the step."""
        return (*self.before, self.request)

    def with_sent(self, sent: Sent) -> Step:
        """Return the step with another request, whose answer is shown, and of which nothing is kept."""
        if isinstance(self.request, Code):
            return replace(self, request=replace(self.request, url=sent.url))
        return replace(self, request=sent)

    def with_assertion(self, more: Mapping[str, object]) -> Step | None:
        """Return the step with another assertion; `None` if none is signed for it."""
        signs = [each for each in self.before if isinstance(each, Asked) and each.call == "client-assertions"]
        if not signs:
            return None
        changed = {id(each): replace(each, body={**each.body, **more}) for each in signs}
        step = replace(self, before=tuple(changed.get(id(each), each) for each in self.before))
        return step.with_sent(self.sent)


def steps(flow: str, chosen: Chosen) -> Sequence[Step]:
    """Return the steps of a flow, in their order."""
    return _STEPS[flow](chosen)


def _application(chosen: Chosen) -> Sequence[Step]:
    sent = Sent(url=chosen.token_url, form={"grant_type": "client_credentials", **correct_request.proof()})
    token = Step(
        word="token",
        title="Get an access token",
        about="The app proves itself with a client assertion, which it signs with its private key.",
        before=(correct_request.assertion(chosen, chosen.token_url),),
        request=Kept(variable="access_token", member="access_token", sent=sent, also=("expires_in",)),
    )
    return token, _api(chosen, "application")


def _at_provider(chosen: Chosen) -> Sequence[Step]:
    provider = chosen.provider()
    log_in = Step(
        word="log-in",
        title=f"Log in at {provider.title}",
        about="A browser would show the log-in page. Here nhsauth_user says who logs in, and the code comes at once.",
        request=Code(url=_at_level(chosen, correct_request.provider_authorize_url(chosen, provider)), redirects=0),
    )
    by_key = correct_request.proves_by_key(chosen, provider)
    proof = correct_request.provider_assertion(chosen, provider) if by_key else correct_request.secret(chosen)
    redeemed = correct_request.redeem(chosen, provider, correct_request.code_and_redirect(chosen))
    id_token = Step(
        word="id-token",
        title="Redeem the code for an id_token",
        about=f"{provider.title} answers the code with an id_token: who logged in, and at which level.",
        before=(proof,),
        request=Kept(variable="id_token", member="id_token", sent=redeemed, also=("expires_in",)),
        needs=("code",),
    )
    exchange = Step(
        word="exchange",
        title="Exchange the id_token for an access token",
        about="The platform trusts the provider, and gives an access token for the person.",
        before=(correct_request.assertion(chosen, chosen.token_url),),
        request=_kept(correct_request.token_exchange(chosen)),
        needs=("id_token",),
    )
    return log_in, id_token, exchange, _api(chosen, "user"), _refresh(chosen)


def _combined(chosen: Chosen) -> Sequence[Step]:
    log_in = Step(
        word="log-in",
        title="Log in through the platform",
        about="The platform sends the browser to the provider, takes its code, and sends one of its own.",
        request=Code(url=_at_level(chosen, correct_request.authorize_url(chosen)), redirects=2),
    )
    form = {**correct_request.code_and_redirect(chosen), **correct_request.by_secret(chosen)}
    token = Step(
        word="token",
        title="Redeem the code for an access token",
        about="Here the app proves itself with its secret.",
        before=(correct_request.secret(chosen),),
        request=_kept(Sent(url=chosen.token_url, form=form)),
        needs=("code",),
    )
    userinfo = Step(
        word="userinfo",
        title="Ask who logged in",
        about="The platform answers what the provider knows of the person.",
        request=Sent(url=f"{chosen.base}{chosen.mount}/userinfo", headers=correct_request.bearer()),
        needs=("access_token",),
    )
    return log_in, token, _api(chosen, "user"), userinfo, _refresh(chosen)


def _api(chosen: Chosen, path: str) -> Step:
    return Step(
        word="api",
        title="Call an API",
        about="The gateway asks whether the access token is good and its scope enough.",
        request=Sent(url=f"{chosen.base}/hello-world/hello/{path}", headers=correct_request.bearer()),
        needs=("access_token",),
    )


def _refresh(chosen: Chosen) -> Step:
    form = {**correct_request.refresh_form(), **correct_request.by_secret(chosen)}
    return Step(
        word="refresh",
        title="Refresh the access token",
        about="The refresh token works once; each response has a new one.",
        before=(correct_request.secret(chosen),),
        request=_kept(Sent(url=chosen.token_url, form=form)),
        needs=("refresh_token",),
    )


def _kept(sent: Sent) -> Kept:
    return Kept(variable="access_token", member="access_token", sent=sent, also=("refresh_token", "expires_in"))


def _at_level(chosen: Chosen, url: str) -> str:
    """Return an authorize URL that asks for the level chosen, else for the person's highest."""
    provider, highest = chosen.provider(), chosen.who.level if chosen.who is not None else ""
    level = chosen.level or highest
    acr = next((each.acr for name, each in provider.levels.items() if name == level and each.acr), None)
    vector = next((vector for vector, name in provider.asking.vectors.items() if name == level), None)
    asked = {"acr_values": acr} if acr is not None else {"vtr": json.dumps([vector])} if vector is not None else {}
    as_chosen = {"nhsauth_level": chosen.level} if chosen.level else {}
    return "&".join([url, *([urlencode({**asked, **as_chosen})] if asked or as_chosen else [])])


_STEPS: Final[Mapping[str, Callable[[Chosen], Sequence[Step]]]] = {
    "application": _application,
    **{each.name: _at_provider for each in PROVIDERS},
    "combined": _combined,
}
