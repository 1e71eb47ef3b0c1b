"""Mistakes in a refresh: the client's credentials and the refresh token."""

from contract_tests.draft import Draft, LazyValue, refresh, refresh_of

SESSION = 12 * 3600
"""The session of someone who logged in at CIS2, in seconds."""


def client_id_absent(draft: Draft) -> None:
    """Do not say who refreshes."""
    del draft.form["client_id"]


def client_id_empty(draft: Draft) -> None:
    """Leave the client id empty."""
    draft.form["client_id"] = ""


def client_id_unknown(draft: Draft) -> None:
    """Send the client id of no app."""
    draft.form["client_id"] = "no-such-app"


def client_secret_absent(draft: Draft) -> None:
    """Send no client secret."""
    del draft.form["client_secret"]


def client_secret_empty(draft: Draft) -> None:
    """Leave the client secret empty."""
    draft.form["client_secret"] = ""


def client_secret_wrong(draft: Draft) -> None:
    """Send a client secret that is not the app's."""
    draft.form["client_secret"] = "no-such-secret"


def second_client_secret_right(draft: Draft) -> None:
    """Send the right client secret after a wrong one."""
    draft.form["client_secret"] = ["no-such-secret", LazyValue.CLIENT_SECRET]


def token_absent(draft: Draft) -> None:
    """Send no refresh token."""
    del draft.form["refresh_token"]


def token_empty(draft: Draft) -> None:
    """Send an empty refresh token."""
    draft.form["refresh_token"] = ""


def token_unknown(draft: Draft) -> None:
    """Send a refresh token that was never issued."""
    draft.form["refresh_token"] = "A" * 32


def token_used_before(draft: Draft) -> None:
    """Send a refresh token a second time."""
    refresh_of(draft.target, draft.form["refresh_token"]).send()


def token_expired(draft: Draft) -> None:
    """Send a refresh token on the second after its twelve hours."""
    with draft.target.at(draft.target.now() - SESSION - 1):
        draft.form["refresh_token"] = refresh(draft.target).form["refresh_token"]


def session_shortened_to_nothing(draft: Draft) -> None:
    """Let the session end at the moment when it began."""
    draft.form["_refresh_tokens_validity_ms"] = "0"


def session_shortened_below_nothing(draft: Draft) -> None:
    """Let the session end before it started: a value below the default counts, also a negative one."""
    draft.form["_refresh_tokens_validity_ms"] = "-60000"


def session_shortened_to_its_age(draft: Draft) -> None:
    """Let the session of ten minutes be one of ten minutes."""
    target = draft.target
    with target.at(target.now() - 600):
        draft.form["refresh_token"] = refresh(target).form["refresh_token"]
    draft.form["_refresh_tokens_validity_ms"] = "600000"


def session_shortened_by_text(draft: Draft) -> None:
    """Let the session end after as much as a script reads of a text: its digits."""
    draft.form["_refresh_tokens_validity_ms"] = "0 minutes"


def session_over(draft: Draft) -> None:
    """Send a refresh token that is an hour old and comes from a session of more than twelve hours."""
    target = draft.target
    with target.at(target.now() - SESSION - 1):
        first = refresh(target).form["refresh_token"]
    with target.at(target.now() - 3600):
        draft.form["refresh_token"] = refresh_of(target, first).send().json["refresh_token"]
