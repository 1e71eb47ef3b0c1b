"""Mistakes in the redemption of an authorization code."""

from contract_tests.draft import Draft, authorization_code


def redirect_uri_absent(draft: Draft) -> None:
    """Do not repeat where the person came back to."""
    del draft.form["redirect_uri"]


def redirect_uri_foreign(draft: Draft) -> None:
    """Name a URI that is not the app's."""
    draft.form["redirect_uri"] = "https://another.example/callback"


def redirect_uri_with_a_slash(draft: Draft) -> None:
    """Add a slash to the app's own URI."""
    draft.form["redirect_uri"] += "/"


def code_absent(draft: Draft) -> None:
    """Send no code."""
    del draft.form["code"]


def code_empty(draft: Draft) -> None:
    """Leave the code empty."""
    draft.form["code"] = ""


def code_unknown(draft: Draft) -> None:
    """Send a code that was never given."""
    draft.form["code"] = "AAAAAAAA"


def code_used_before(draft: Draft) -> None:
    """Send a code a second time."""
    first = authorization_code(draft.target)
    first.send()
    draft.form["code"] = first.form["code"]


def code_too_old(draft: Draft) -> None:
    """Send a code on the second when its five minutes are over."""
    with draft.target.at(draft.target.now() - 300):
        draft.form["code"] = authorization_code(draft.target).form["code"]
