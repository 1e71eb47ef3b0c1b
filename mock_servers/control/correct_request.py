"""The correct requests of a client, as commands: the mock signs, so they hold no key and no token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from mock_servers.apim.request_form import ASSERTION_TYPE, ID_TOKEN_TYPE, TOKEN_EXCHANGE
from mock_servers.commands.command import Asked, Command, Required, Sent, Value, Variable
from mock_servers.provider.provider import Provider
from mock_servers.state.app import App
from mock_servers.state.person import Person

Form = dict[str, Value]


class Client(Protocol):
    """Who sends: an app, at which of the mock's names (`base`), at which token service (`mount`, its path)."""

    @property
    def app(self) -> App:
        """The app."""

    @property
    def base(self) -> str:
        """The beginning of every URL of the services."""

    @property
    def mount(self) -> str:
        """The path of the token service."""

    @property
    def token_url(self) -> str:
        """Its token URL."""

    @property
    def redirect_uri(self) -> str:
        """Where log-ins end; empty if the app has no redirect URI."""

    def provider(self) -> Provider:
        """Return where people log in."""

    def person(self, provider: Provider) -> Person | None:
        """Return who logs in there."""


def provider_authorize_url(client: Client, provider: Provider) -> str:
    """Return where a person logs in at a provider."""
    person = client.person(provider)
    request = {
        "client_id": client.app.client_id,
        "redirect_uri": client.redirect_uri,
        "response_type": "code",
        "scope": "openid",
        "state": "any-state",
        "nonce": "any-nonce",
        **({"nhsauth_user": person.id} if person else {}),
    }
    return f"{client.base}{provider.endpoint('authorize')}?{urlencode(request)}"


def token_exchange(client: Client) -> Sent:
    """Exchange an id_token, which a variable has, for an access token."""
    form: Form = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": ID_TOKEN_TYPE}
    return Sent(url=client.token_url, form={**form, "subject_token": Variable("id_token"), **proof()})


def authorize_url(client: Client) -> str:
    """Return where a person logs in for the platform's own flow."""
    provider = client.provider()
    person = client.person(provider)
    word = provider.on_platform.picked_by
    scope = {"scope": word} if word is not None else {}
    request = {
        "client_id": client.app.client_id,
        "redirect_uri": client.redirect_uri,
        "response_type": "code",
        "state": "any-state",
        **scope,
        **({"nhsauth_user": person.id} if person else {}),
    }
    return f"{client.base}{client.mount}/authorize?{urlencode(request)}"


def redeem(client: Client, provider: Provider, form: Form) -> Sent:
    """Redeem a code or refresh token at a provider, in the way in which the app proves itself there."""
    url = f"{client.base}{provider.endpoint('token')}"
    if proves_by_key(client, provider):
        return Sent(url=url, form={**form, **proof()})
    if _methods(client, provider)[0] == "client_secret_basic":
        return Sent(url=url, form=form, basic=(client.app.client_id, Variable("client_secret")))
    return Sent(url=url, form={**form, **by_secret(client)})


def _methods(client: Client, provider: Provider) -> tuple[str, ...]:
    return provider.proof.methods or (client.app.auth_method,)


def proves_by_key(client: Client, provider: Provider) -> bool:
    """Whether the app proves itself at a provider by an assertion."""
    return _methods(client, provider)[0] == "private_key_jwt"


def provider_assertion(client: Client, provider: Provider) -> Command:
    """Sign the assertion for a provider, with the algorithm that it wants."""
    url = f"{client.base}{provider.endpoint('token')}"
    as_registered = not provider.proof.algorithms and client.app.signing_algorithm != "RS512"
    headers = {"alg": client.app.signing_algorithm} if as_registered else None
    return assertion(client, url, headers=headers)


def asked(variable: str, call: str, body: Mapping[str, Any]) -> Asked:
    """Ask the control API for a value, and store it in a variable named like its member."""
    members = {name: value for name, value in body.items() if value is not None}
    return Asked(variable=variable, call=call, member=variable, body=members)


def assertion(client: Client, token_url: str, headers: Mapping[str, str] | None = None) -> Command:
    """Let the mock sign the assertion, or let the reader supply one if the mock has no key of the app."""
    if client.app.key_name is None:
        words = f"set it to an assertion for {token_url} that your app has signed"
        return Required(variable="client_assertion", words=words)
    wanted = {"client_id": client.app.client_id, "token_url": token_url, "headers": headers}
    return asked("client_assertion", "client-assertions", wanted)


def secret(client: Client) -> Asked:
    """Ask for the secret of the app."""
    path = quote(client.app.client_id, safe="")
    return Asked(variable="client_secret", call=f"apps/{path}", member="client_secret")


def proof() -> Form:
    """Return the parameters by which an app proves itself with an assertion."""
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": Variable("client_assertion")}


def by_secret(client: Client) -> Form:
    """Return the parameters by which an app proves itself with its secret."""
    return {"client_id": client.app.client_id, "client_secret": Variable("client_secret")}


def code_and_redirect(client: Client) -> Form:
    """Return the parameters that redeem a code."""
    return {
        "grant_type": "authorization_code",
        "code": Variable("code"),
        "redirect_uri": client.redirect_uri,
    }


def refresh_form() -> Form:
    """Return the parameters that redeem a refresh token."""
    return {"grant_type": "refresh_token", "refresh_token": Variable("refresh_token")}


def bearer() -> Mapping[str, Value]:
    """Return the header that carries an access token."""
    return {"Authorization": Variable("access_token", before="Bearer ")}
