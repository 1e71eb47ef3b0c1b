"""The page at the ready-made redirect URI: what was sent there, where it came from, and the command that comes next.

Only this page shows a whole code: to the browser that was redirected here with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mock_servers import pages
from mock_servers.apim.request_form import ASSERTION_TYPE
from mock_servers.commands import powershell, shell
from mock_servers.commands.command import Asked, Command, Filled, Sent, Value, Variable
from mock_servers.control.calls import HTML, Call, Request, Response, ResponseObject
from mock_servers.journal import provenance
from mock_servers.pages import CallbackPage, NextStep
from mock_servers.state.app import App
from mock_servers.state.configuration import READY_MADE_APP
from mock_servers.state.grant import Issued, fingerprint
from mock_servers.wire.wording import duration, moment

_ASSERTION: Final = "client_assertion"
_CODE: Final = "authorization code"
_POST: Final = "client_secret_post"


@Call(
    "GET",
    "/callback",
    {200: ResponseObject("A page for people.", {"type": "string"}, content_type=HTML)},
    from_redirect=True,
    takes="no token",
)
def show_callback(request: Request) -> Response:
    """Show a developer the code or the error of a log-in, and the next step."""
    return Response(
        body=pages.callback_page(_page(request), request.prefix, request.navigation("")),
        content_type=HTML,
        headers=pages.SECURITY_HEADERS,
    )


def _page(request: Request) -> CallbackPage:
    parameters = tuple(request.query.items())
    if request.query.get("error"):
        return CallbackPage(
            heading="The log-in failed",
            summary="The application is sent an error in place of a code. Nothing is left to be redeemed.",
            parameters=parameters,
            is_error=True,
        )
    code = request.query.get("code")
    if not code:
        return CallbackPage(
            heading="No code has arrived",
            summary="This is the redirect URI of the ready-made app: a log-in ends here, with a code or an error.",
            parameters=parameters,
        )
    return _page_of_code(request, code, parameters)


def _page_of_code(request: Request, code: str, parameters: Sequence[tuple[str, str]]) -> CallbackPage:
    issued = provenance.recognise(request.platform.store, fingerprint(code))
    if issued is None:
        return CallbackPage(
            heading="An unknown code has arrived",
            summary="This mock has not issued the code, or has forgotten it since: it cannot be redeemed here.",
            parameters=parameters,
        )
    now = request.platform.clock.now()
    return CallbackPage(
        heading=f"An {issued.kind} has arrived"
        if issued.kind == _CODE
        else f"A code was due, and a {issued.kind} came",
        summary=_summary(issued, now),
        parameters=parameters,
        facts=_facts(issued, now),
        steps=_steps(request, code, issued) if _is_good(issued, now) else (),
    )


def _is_good(issued: Issued, now: float) -> bool:
    return issued.kind == _CODE and issued.spent_at is None and not _is_late(issued, now)


def _is_late(issued: Issued, now: float) -> bool:
    return issued.expires_at is not None and issued.expires_at <= now


def _summary(issued: Issued, now: float) -> str:
    if issued.kind != _CODE:
        return "What came as the code is no code, and cannot be redeemed."
    if issued.spent_at is not None:
        return "The code has been redeemed: it is good once. Log in again for another."
    if _is_late(issued, now):
        return "The code has expired. Log in again for another."
    return "The code is good once: run what stands below to get tokens for it."


def _facts(issued: Issued, now: float) -> Mapping[str, str]:
    facts = {
        "Issued by": issued.issuer,
        "For the client": issued.client_id,
        "For the person": issued.person,
        "Issued": _ago(issued.at, now),
        "Redeemed": (_ago(issued.spent_at, now) or "not yet") if issued.kind == _CODE else None,
        "Expires": _ago(issued.expires_at, now),
    }
    return {name: words for name, words in facts.items() if words is not None}


def _ago(at: float | None, now: float) -> str | None:
    if at is None:
        return None
    span = duration(now - at)
    return f"{moment(at)}, {span} ago" if at <= now else f"{moment(at)}, in {span}"


def _steps(request: Request, code: str, issued: Issued) -> tuple[NextStep]:
    url = f"{request.base}{issued.redeem_at}"
    form: dict[str, Value]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": _redirect_uri(request, code)}
    method, secret = _method(request, issued), _secret(request, issued.client_id)
    if method == "client_secret_basic":
        return (_redeem(request, Sent(url=url, form=form, basic=(issued.client_id, secret))),)
    if method == "client_secret_post":
        return (_redeem(request, Sent(url=url, form={**form, "client_id": issued.client_id, "client_secret": secret})),)
    form["client_assertion_type"] = ASSERTION_TYPE
    app: App | None = request.platform.store.apps.get(issued.client_id)
    if app is None or request.platform.apps.key(app) is None:
        sent = Sent(url=url, form={**form, "client_assertion": Filled("CLIENT_ASSERTION")})
        return (_redeem(request, sent, words=f", with an assertion of your own for {url}"),)
    body = {"client_id": issued.client_id, "token_url": url}
    signed = Asked(variable=_ASSERTION, call="client-assertions", member=_ASSERTION, body=body)
    return (_redeem(request, signed, Sent(url=url, form={**form, "client_assertion": Variable(_ASSERTION)})),)


def _redeem(request: Request, *commands: Command, words: str = "") -> NextStep:
    takes_token = not request.access.is_open
    return NextStep(
        title=f"Redeem the code{words}",
        command=shell.script(request.control, commands, takes_token=takes_token),
        powershell=powershell.script(request.control, commands, takes_token=takes_token),
    )


def _secret(request: Request, client_id: str) -> str | Filled:
    """Return the ready-made secret, which is the same in every mock; for any other app, a variable to fill in."""
    app: App | None = request.platform.store.apps.get(client_id)
    is_ready_made = app is not None and app.client_secret == READY_MADE_APP.client_secret
    return READY_MADE_APP.client_secret if is_ready_made else Filled("CLIENT_SECRET")


def _redirect_uri(request: Request, code: str) -> str:
    """Return what the code was asked for with, and must be redeemed with."""
    store = request.platform.store
    granted = store.codes.get(code) or store.platform_codes.get(code)
    return granted.redirect_uri if granted is not None else f"{request.base}/_nhsauth/callback"


def _method(request: Request, issued: Issued) -> str:
    """Return how the token endpoint wants the client to prove itself: the first way of a provider, else as registered.

    The platform's own endpoint takes the secret in the form.
    """
    services = request.platform.providers.values()
    providers = (each.provider for each in services if each.provider.endpoint("token") == issued.redeem_at)
    app: App | None = request.platform.store.apps.get(issued.client_id)
    registered = _POST if app is None else app.auth_method
    return next(((each.proof.methods or (registered,))[0] for each in providers), _POST)


SCHEMAS: Final[Mapping[str, object]] = {}

CALLS: Final = (show_callback,)
