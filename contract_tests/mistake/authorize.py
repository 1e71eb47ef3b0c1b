"""Mistakes in an authorization request: who asks, where the person shall come back to, and with what."""

from contract_tests.draft import Draft


def client_id_absent(draft: Draft) -> None:
    """Do not say who asks."""
    del draft.asked["client_id"]


def client_id_empty(draft: Draft) -> None:
    """Leave the client id empty."""
    draft.asked["client_id"] = ""


def client_id_unknown(draft: Draft) -> None:
    """Send the client id of no app."""
    draft.asked["client_id"] = "no-such-app"


def redirect_uri_absent(draft: Draft) -> None:
    """Do not say where to come back to."""
    del draft.asked["redirect_uri"]


def redirect_uri_foreign(draft: Draft) -> None:
    """Come back to where the app is not at home."""
    draft.asked["redirect_uri"] = "https://another.example/callback"


def redirect_uri_with_a_slash(draft: Draft) -> None:
    """Add a slash to the app's own URI."""
    draft.asked["redirect_uri"] += "/"


def redirect_uri_in_capitals(draft: Draft) -> None:
    """Write the host in capitals."""
    draft.asked["redirect_uri"] = "https://APP.example/callback"


def redirect_uri_with_a_port(draft: Draft) -> None:
    """Add the port that is meant anyway."""
    draft.asked["redirect_uri"] = "https://app.example:443/callback"


def state_absent(draft: Draft) -> None:
    """Send no state."""
    del draft.asked["state"]


def state_empty(draft: Draft) -> None:
    """Leave the state empty."""
    draft.asked["state"] = ""


def response_type_absent(draft: Draft) -> None:
    """Do not say what is wanted."""
    del draft.asked["response_type"]


def response_type_token(draft: Draft) -> None:
    """Ask for a token in the redirect."""
    draft.asked["response_type"] = "token"


def response_type_code_and_id_token(draft: Draft) -> None:
    """Ask for more than a code."""
    draft.asked["response_type"] = "code id_token"
