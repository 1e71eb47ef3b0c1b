"""Mistakes in a logout token, in the order in which it is judged."""

from contract_tests.draft import Draft


def token_absent(draft: Draft) -> None:
    """Post no token."""
    del draft.form["logout_token"]


def token_opaque(draft: Draft) -> None:
    """Post what is no JWT."""
    draft.form["logout_token"] = "opaque"


def aud_absent(draft: Draft) -> None:
    """Do not say whom the token is for."""
    del draft.logout.claims["aud"]


def aud_of_another(draft: Draft) -> None:
    """Post the token of another client."""
    draft.logout.claims["aud"] = "some-other-client"


def aud_second(draft: Draft) -> None:
    """Name the platform after another client."""
    draft.logout.claims["aud"] = ["some-other-client", draft.logout.claims["aud"]]


def iss_absent(draft: Draft) -> None:
    """Do not say who made the token."""
    del draft.logout.claims["iss"]


def iss_of_a_stranger(draft: Draft) -> None:
    """Name another issuer."""
    draft.logout.claims["iss"] = "https://idp.example"


def sid_absent(draft: Draft) -> None:
    """Do not say which session has ended."""
    del draft.logout.claims["sid"]


def sid_empty(draft: Draft) -> None:
    """Leave the session empty."""
    draft.logout.claims["sid"] = ""


def events_absent(draft: Draft) -> None:
    """Do not say what has happened."""
    del draft.logout.claims["events"]


def events_other(draft: Draft) -> None:
    """Say that something else has happened."""
    draft.logout.claims["events"] = {"https://event.example/other": {}}


def nonce_present(draft: Draft) -> None:
    """Make it look like an id token."""
    draft.logout.claims["nonce"] = "nonce"


def kid_not_yet_fetched(draft: Draft) -> None:
    """Name a key that the platform does not have yet, so that it asks CIS2."""
    draft.logout.header["kid"] = "not-yet-fetched"


def kid_unknown(draft: Draft) -> None:
    """Name a key that CIS2 does not have."""
    draft.logout.header["kid"] = "no-such-key"


def alg_none(draft: Draft) -> None:
    """Do not sign."""
    draft.logout.header["alg"] = "none"


def sid_unknown(draft: Draft) -> None:
    """End a session that nobody has begun."""
    draft.logout.claims["sid"] = "7a1f6f0e-0000-4000-8000-000000000001"
