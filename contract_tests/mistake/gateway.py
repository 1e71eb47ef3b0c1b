"""Mistakes in a call of an API behind the platform, and of the monitoring endpoint."""

from contract_tests.draft import Draft, client_credentials, hello_user, token_exchange
from contract_tests.target import HEALTHCARE_WORKER, App


def status_key_absent(draft: Draft) -> None:
    """Ask for the status without the key."""
    del draft.headers["apikey"]


def status_key_other(draft: Draft) -> None:
    """Ask for the status with a key of one's own."""
    draft.headers["apikey"] = "no-such-key"


def unknown_path(draft: Draft) -> None:
    """Call an API that does not exist."""
    draft.path = "/no-such-api/anything"


def token_absent(draft: Draft) -> None:
    """Send no token."""
    del draft.headers["Authorization"]


def token_empty(draft: Draft) -> None:
    """Send the scheme and no token."""
    draft.headers["Authorization"] = "Bearer "


def token_unknown(draft: Draft) -> None:
    """Send a token that was never issued."""
    draft.headers["Authorization"] = f"Bearer {'A' * 28}"


def id_token_for_an_access_token(draft: Draft) -> None:
    """Send the provider's id token."""
    header, claims = draft.target.id_token_parts(HEALTHCARE_WORKER)
    draft.headers["Authorization"] = f"Bearer {draft.target.id_token(HEALTHCARE_WORKER, header, claims)}"


def token_expired(draft: Draft) -> None:
    """Send a token when its ten minutes are over."""
    with draft.target.at(draft.target.now() - 600):
        draft.headers["Authorization"] = hello_user(draft.target).headers["Authorization"]


def token_of_an_application(draft: Draft) -> None:
    """Send a token behind which there is no person, to an API that wants one."""
    draft.headers["Authorization"] = f"Bearer {client_credentials(draft.target).send().json['access_token']}"


def app_lost_its_approval(draft: Draft) -> None:
    """Send a good token of an app that is approved no more."""
    _changed(draft, {"approved": False})


def app_lost_its_approval_and_products(draft: Draft) -> None:
    """Send a good token of an app that is approved no more, and subscribed to nothing."""
    _changed(draft, {"approved": False, "subscribed": False})


def app_lost_its_products(draft: Draft) -> None:
    """Send a good token of an app that is subscribed to nothing any more."""
    _changed(draft, {"subscribed": False})


def app_removed(draft: Draft) -> None:
    """Send a good token of an app that is there no more."""
    app = _new_token(draft)
    draft.target.remove_app(app)


def _changed(draft: Draft, members: dict[str, bool]) -> None:
    app = _new_token(draft)
    draft.target.change_app(app, members)


def _new_token(draft: Draft) -> App:
    """Put a token of an app that no other test has into the request."""
    app = draft.target.new_app({})
    exchange = token_exchange(draft.target)
    exchange.assertion.claims |= {"iss": app.client_id, "sub": app.client_id}
    draft.headers["Authorization"] = f"Bearer {exchange.send().json['access_token']}"
    return app


def token_beside_another_scheme(draft: Draft) -> None:
    """Send the token under another scheme."""
    draft.headers["Authorization"] = draft.headers["Authorization"].replace("Bearer", "Basic")


def key_unknown(draft: Draft) -> None:
    """Send an API key that is nobody's."""
    draft.headers["apikey"] = "no-such-key"


def key_empty(draft: Draft) -> None:
    """Send an empty API key."""
    draft.headers["apikey"] = ""


def key_left_out(draft: Draft) -> None:
    """Send neither a key nor a token."""
    del draft.headers["apikey"]
