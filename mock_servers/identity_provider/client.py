"""A client of an identity provider: every app is one, and so is the platform itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mock_servers.state.app import App


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered client.

    A redirect URI is valid if it equals one of `redirect_uris`, or if `accepts_redirect` accepts it for the base under
    which the provider was called. The public keys are `key_set`, as the mock holds it, or at `jwks_url`. `auth_method`
    and `signing_algorithm` apply at a provider that enforces the registered ones; `scopes` are those of a provider's
    reserved ones that this client may request, `grant_types` those that it may use, `None` for any.
    """

    client_id: str
    client_secret: str
    name: str
    redirect_uris: tuple[str, ...] = ()
    accepts_redirect: Callable[[str, str], bool] | None = None
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    auth_method: str = "client_secret_post"
    signing_algorithm: str = "RS512"
    key_set: Mapping[str, Any] | None = None
    jwks_url: str | None = None
    scopes: tuple[str, ...] = ()
    grant_types: tuple[str, ...] | None = None
    is_platform: bool = False

    def takes_redirect(self, uri: str, base: str) -> bool:
        """Whether a person may be sent to `uri` for this client."""
        return uri in self.redirect_uris or (self.accepts_redirect is not None and self.accepts_redirect(uri, base))

    def logout_uri(self, redirect_uri: str) -> str | None:
        """The URL that is called when a session has ended; the platform's is beside its callback."""
        beside = redirect_uri.removesuffix("/callback")
        return f"{beside}/backchannel_logout" if self.is_platform and beside else self.backchannel_logout_uri

    def may_use(self, grant_type: str) -> bool:
        """Whether the client is registered for a grant, or for no particular one."""
        return self.grant_types is None or grant_type in self.grant_types


def client_of(app: App, *, jwks_url: str | None = None, secret: str | None = None) -> Client:
    """Return an app as a provider knows it, perhaps by another `secret`; the mock serves its keys at `jwks_url`."""
    return Client(
        client_id=app.client_id,
        client_secret=secret or app.client_secret,
        name=app.name,
        redirect_uris=app.redirect_uris,
        post_logout_redirect_uris=app.post_logout_redirect_uris,
        backchannel_logout_uri=app.backchannel_logout_uri,
        auth_method=app.auth_method,
        signing_algorithm=app.signing_algorithm,
        grant_types=app.grant_types,
        key_set=app.jwks,
        jwks_url=app.jwks_url or jwks_url,
    )
