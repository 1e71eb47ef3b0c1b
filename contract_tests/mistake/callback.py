"""Mistakes in what a browser brings back from a provider."""

from typing import Any

from contract_tests.draft import STATE, Draft, asked_at, authorize
from contract_tests.target import App


def state_absent(draft: Draft) -> None:
    """Bring no state."""
    del draft.asked["state"]


def state_unknown(draft: Draft) -> None:
    """Bring a state that nobody issued."""
    draft.asked["state"] = "7a1f6f0e-0000-4000-8000-000000000000"


def state_of_the_client(draft: Draft) -> None:
    """Bring the state that the client sent."""
    draft.asked["state"] = STATE


def state_used_before(draft: Draft) -> None:
    """Bring a state a second time."""
    draft.send()


def app_removed(draft: Draft) -> None:
    """Remove the app while the person logs in."""
    draft.target.remove_app(_begun_by(draft))


def app_not_approved(draft: Draft) -> None:
    """Revoke the app while the person logs in."""
    draft.target.change_app(_begun_by(draft), {"approved": False})


def developer_inactive(draft: Draft) -> None:
    """Let the app's developer become inactive while the person logs in."""
    draft.target.change_app(_begun_by(draft), {"developer_active": False})


def company_inactive(draft: Draft) -> None:
    """Let the developer's company become inactive while the person logs in."""
    draft.target.change_app(_begun_by(draft), {"company_active": False})


def key_not_approved(draft: Draft) -> None:
    """Revoke the app's key while the person logs in."""
    draft.target.change_app(_begun_by(draft), {"key_approved": False})


def app_not_subscribed(draft: Draft) -> None:
    """Take the app's product away while the person logs in."""
    draft.target.change_app(_begun_by(draft), {"subscribed": False})


def quota_spent_by_the_log_in(draft: Draft) -> None:
    """Let an app that may send one request a minute have sent it, to begin."""
    _begun_by(draft, quota_per_minute=1)


def _begun_by(draft: Draft, **members: Any) -> App:
    """Begin the log-in once more, with an app of its own."""
    app = draft.target.new_app(members)
    beginning = authorize(draft.target)
    beginning.asked["client_id"] = app.client_id
    draft.asked["state"] = asked_at(beginning.send().headers["location"])["state"]
    return app


def error_of_the_provider(draft: Draft) -> None:
    """Come back with an error, as somebody does who has cancelled."""
    draft.asked["error"] = "access_denied"


def code_never_issued(draft: Draft) -> None:
    """Bring a code that the provider does not know."""
    draft.asked["code"] = "no-such-code"


def provider_down(_: Draft) -> None:
    """Change nothing: the browser's request is correct, and the provider is down."""


def code_absent(draft: Draft) -> None:
    """Bring no code."""
    del draft.asked["code"]
