"""Mistakes in a call of userinfo: no token, a dead one, or one of another kind of log-in."""

from typing import Any

from contract_tests.draft import (
    Draft,
    asked_at,
    authorization_code,
    authorize,
    client_credentials,
    refresh_of,
    token_exchange,
    userinfo,
)
from contract_tests.target import HEALTHCARE_WORKER, PATIENT


def token_absent(draft: Draft) -> None:
    """Send no token."""
    del draft.headers["Authorization"]


def token_empty(draft: Draft) -> None:
    """Send the scheme and no token."""
    draft.headers["Authorization"] = "Bearer "


def token_unknown(draft: Draft) -> None:
    """Send a token that was never issued."""
    draft.headers["Authorization"] = f"Bearer {'A' * 28}"


def token_expired(draft: Draft) -> None:
    """Send a token when its ten minutes are over."""
    with draft.target.at(draft.target.now() - 600):
        draft.headers["Authorization"] = userinfo(draft.target).headers["Authorization"]


def token_of_an_application(draft: Draft) -> None:
    """Send a token behind which there is no person."""
    draft.headers["Authorization"] = f"Bearer {client_credentials(draft.target).send().json['access_token']}"


def token_of_an_exchange(draft: Draft) -> None:
    """Send a token of a person who logged in at CIS2 without the platform."""
    draft.headers["Authorization"] = f"Bearer {token_exchange(draft.target).send().json['access_token']}"


def token_of_a_patient(draft: Draft) -> None:
    """Send a token of a person who logged in at NHS login through the platform."""
    draft.headers["Authorization"] = userinfo(draft.target, PATIENT).headers["Authorization"]


def app_not_approved(draft: Draft) -> None:
    """Send a token of an app that has been revoked since."""
    _token_of_an_app_that_becomes(draft, approved=False)


def app_not_subscribed(draft: Draft) -> None:
    """Send a token of an app whose product has been taken away since."""
    _token_of_an_app_that_becomes(draft, subscribed=False)


def _token_of_an_app_that_becomes(draft: Draft, **members: Any) -> None:
    target = draft.target
    app = target.new_app({})
    asking = authorize(target)
    asking.asked["client_id"] = app.client_id
    form = {
        "grant_type": "authorization_code",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "redirect_uri": target.redirect_uri,
        "code": asked_at(target.log_in(asking.build(), HEALTHCARE_WORKER)[-1])["code"],
    }
    draft.headers["Authorization"] = f"Bearer {Draft(target=target, form=form).send().json['access_token']}"
    target.change_app(app, members)


def cis2_down(_: Draft) -> None:
    """Nothing is wrong with the token."""


def token_of_cis2_expired(draft: Draft) -> None:
    """Send a fresh token of a log-in an hour ago: CIS2's own has expired, and no refresh here renews that."""
    target = draft.target
    with target.at(target.now() - 3601):
        first = authorization_code(target).send().json["refresh_token"]
    draft.headers["Authorization"] = f"Bearer {refresh_of(target, first).send().json['access_token']}"
