"""Mistakes in the token of the person acting, which stands as `act.sub` in an NHS login id token."""

from functools import partial

from contract_tests import jwts
from contract_tests.draft import Draft


def opaque(draft: Draft) -> None:
    """Name the person acting by an id where their token is expected."""
    draft.acting.spoils.append(jwts.opaque)


def kid_absent(draft: Draft) -> None:
    """Send an acting person's token that does not name its key."""
    del draft.acting.header["kid"]


def typ_absent(draft: Draft) -> None:
    """Send an acting person's token without a type."""
    del draft.acting.header["typ"]


def typ_other(draft: Draft) -> None:
    """Send an access token of the person acting."""
    draft.acting.header["typ"] = "at+jwt"


def alg_absent(draft: Draft) -> None:
    """Take the algorithm out of the acting person's token."""
    draft.acting.spoils.append(partial(jwts.rewritten_header, alg=...))


def exp_absent(draft: Draft) -> None:
    """Send an acting person's token without an expiry."""
    del draft.acting.claims["exp"]


def exp_zero(draft: Draft) -> None:
    """Send an acting person's token with an expiry of 0, which counts as missing."""
    draft.acting.claims["exp"] = 0


def exp_as_text(draft: Draft) -> None:
    """Send an acting person's token with its expiry as text."""
    draft.acting.claims["exp"] = str(draft.target.now() + 3600)


def iss_absent(draft: Draft) -> None:
    """Send an acting person's token without an issuer."""
    del draft.acting.claims["iss"]


def aud_absent(draft: Draft) -> None:
    """Send an acting person's token that does not say for whom it is."""
    del draft.acting.claims["aud"]


def nhs_number_absent(draft: Draft) -> None:
    """Send an acting person's token without an NHS number."""
    del draft.acting.claims["nhs_number"]
