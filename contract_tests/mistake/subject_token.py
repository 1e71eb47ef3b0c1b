"""Mistakes in the subject token: what a client does to an id token, or to the one it takes for an id token."""

from functools import partial

from contract_tests import jwts
from contract_tests.draft import Draft, LazyValue


def absent(draft: Draft) -> None:
    """Send no subject token."""
    del draft.form["subject_token"]


def empty(draft: Draft) -> None:
    """Send an empty subject token."""
    draft.form["subject_token"] = ""


def opaque(draft: Draft) -> None:
    """Send an authorization code in its place."""
    draft.subject.spoils.append(jwts.opaque)


def second_one_right(draft: Draft) -> None:
    """Send the right subject token after something that is not a JWT."""
    draft.form["subject_token"] = ["opaque", LazyValue.SUBJECT]


def two_parts(draft: Draft) -> None:
    """Send a token without its third part."""
    draft.subject.spoils.append(jwts.two_parts)


def header_not_json(draft: Draft) -> None:
    """Send a header that is base64url of no JSON."""
    draft.subject.spoils.append(partial(jwts.replaced_part, place=0, part=jwts.to_base64url(b"alg: RS512")))


def claims_a_list(draft: Draft) -> None:
    """Send claims that are JSON and no object."""
    draft.subject.spoils.append(partial(jwts.replaced_part, place=1, part=jwts.encode_part(["claims"])))


def kid_absent(draft: Draft) -> None:
    """Send a token that does not name its key."""
    del draft.subject.header["kid"]


def kid_empty(draft: Draft) -> None:
    """Send a token that names its key by an empty text."""
    draft.subject.header["kid"] = ""


def typ_absent(draft: Draft) -> None:
    """Send a token without a type."""
    del draft.subject.header["typ"]


def typ_other(draft: Draft) -> None:
    """Send an access token in the form of a JWT."""
    draft.subject.header["typ"] = "at+jwt"


def alg_absent(draft: Draft) -> None:
    """Take the algorithm out of the header."""
    draft.subject.spoils.append(partial(jwts.rewritten_header, alg=...))


def exp_absent(draft: Draft) -> None:
    """Send a token without an expiry."""
    del draft.subject.claims["exp"]


def exp_zero(draft: Draft) -> None:
    """Send an expiry of 0: missing here, where the client assertion's is past."""
    draft.subject.claims["exp"] = 0


def exp_empty_text(draft: Draft) -> None:
    """Send an empty text for an expiry."""
    draft.subject.claims["exp"] = ""


def exp_as_text(draft: Draft) -> None:
    """Send a future expiry as text."""
    draft.subject.claims["exp"] = str(draft.target.now() + 3600)


def exp_past_as_text(draft: Draft) -> None:
    """Send a past expiry as text: no number here, where the client assertion's is past."""
    draft.subject.claims["exp"] = str(draft.target.now() - 60)


def exp_true(draft: Draft) -> None:
    """Send an expiry of true: there, and no number."""
    draft.subject.claims["exp"] = True


def expired(draft: Draft) -> None:
    """Send a token that was good a minute ago."""
    draft.subject.claims["exp"] = draft.target.now() - 60


def iss_absent(draft: Draft) -> None:
    """Send a token without an issuer."""
    del draft.subject.claims["iss"]


def aud_absent(draft: Draft) -> None:
    """Send a token that does not say for whom it is."""
    del draft.subject.claims["aud"]


def iss_of_a_stranger(draft: Draft) -> None:
    """Send a token of a provider that the platform does not know."""
    draft.subject.claims["iss"] = "https://idp.example"


def iss_with_a_slash(draft: Draft) -> None:
    """Send a token whose issuer ends with a slash too many."""
    draft.subject.claims["iss"] += "/"


def kid_not_yet_fetched(draft: Draft) -> None:
    """Name a key that the platform does not have yet, so that it asks the provider."""
    draft.subject.header["kid"] = "not-yet-fetched"


def kid_unknown(draft: Draft) -> None:
    """Send a token of a key that the provider does not publish."""
    draft.subject.header["kid"] = "no-such-key"


def alg_hs256(draft: Draft) -> None:
    """Send a token of an algorithm with a shared secret."""
    draft.subject.spoils.append(partial(jwts.rewritten_header, alg="HS256"))


def alg_rs384(draft: Draft) -> None:
    """Send a token of an algorithm that no provider uses."""
    draft.subject.spoils.append(partial(jwts.rewritten_header, alg="RS384"))


def alg_none(draft: Draft) -> None:
    """Send a token that says it was not signed."""
    draft.subject.spoils += [partial(jwts.rewritten_header, alg="none"), jwts.empty_signature]


def signature_turned(draft: Draft) -> None:
    """Damage one bit of the provider's signature."""
    draft.subject.spoils.append(jwts.turned_signature)


def signature_of_other_claims(draft: Draft) -> None:
    """Change the claims and keep the provider's signature."""
    draft.subject.spoils.append(jwts.foreign_claims)


def signature_of_the_app(draft: Draft) -> None:
    """Sign an id token of one's own making."""
    draft.subject.sign = draft.target.signer


def signature_empty(draft: Draft) -> None:
    """Send a token with an empty signature: still three parts."""
    draft.subject.spoils.append(jwts.empty_signature)


def nbf_ahead(draft: Draft) -> None:
    """Send a token that is not yet good."""
    draft.subject.claims["nbf"] = draft.target.now() + 600


def iat_ahead(draft: Draft) -> None:
    """Send a token of a provider whose clock is fast."""
    draft.subject.claims["iat"] = draft.target.now() + 600


def identity_proofing_level_absent(draft: Draft) -> None:
    """Send NHS login's token without the level of proof: the script that cuts it to two characters fails."""
    del draft.subject.claims["identity_proofing_level"]
