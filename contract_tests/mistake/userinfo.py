"""Mistakes in a call of userinfo: no token, a dead one, or one of another kind of log-in."""

from contract_tests.draft import Draft, client_credentials, token_exchange, userinfo
from contract_tests.target import PATIENT


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
