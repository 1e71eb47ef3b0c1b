"""Mistakes in a logout token, in the order in which it is judged."""

from contract_tests.draft import Draft


def token_absent(draft: Draft) -> None:
    """Post no token."""
    del draft.form["logout_token"]


def token_opaque(draft: Draft) -> None:
    """Post what is not a JWT."""
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


def sid_null(draft: Draft) -> None:
    """Have nothing to say which session has ended."""
    draft.logout.claims["sid"] = None


def sid_empty(draft: Draft) -> None:
    """Leave the session empty: it is there, and it is none."""
    draft.logout.claims["sid"] = ""


def events_absent(draft: Draft) -> None:
    """Do not say what has happened."""
    del draft.logout.claims["events"]


def events_other(draft: Draft) -> None:
    """Say that something else has happened."""
    draft.logout.claims["events"] = {"https://event.example/other": {}}


def events_null(draft: Draft) -> None:
    """Have nothing to say of what has happened."""
    draft.logout.claims["events"] = None


def nonce_empty(draft: Draft) -> None:
    """Make it look like an id token, with an empty nonce: it is there."""
    draft.logout.claims["nonce"] = ""


def nonce_zero(draft: Draft) -> None:
    """Make it look like an id token, with a number for a nonce, and be it nothing."""
    draft.logout.claims["nonce"] = 0


def nonce_present(draft: Draft) -> None:
    """Make it look like an id token."""
    draft.logout.claims["nonce"] = "nonce"


def keys_out_of_reach(_: Draft) -> None:
    """Nothing is wrong with the token."""


def kid_unknown(draft: Draft) -> None:
    """Name a key that CIS2 does not have."""
    draft.logout.header["kid"] = "no-such-key"


def alg_none(draft: Draft) -> None:
    """Do not sign."""
    draft.logout.header["alg"] = "none"


def expired(draft: Draft) -> None:
    """Post a token a second after its time."""
    draft.logout.claims["exp"] = draft.target.second() - 1


def begins_later(draft: Draft) -> None:
    """Post a token before its time."""
    draft.logout.claims["nbf"] = draft.target.now() + 600


def made_later(draft: Draft) -> None:
    """Post a token of a provider whose clock is fast."""
    draft.logout.claims["iat"] = draft.target.now() + 600


def sid_unknown(draft: Draft) -> None:
    """End a session that nobody has begun."""
    draft.logout.claims["sid"] = "7a1f6f0e-0000-4000-8000-000000000001"
