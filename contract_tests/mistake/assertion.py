"""Mistakes in the client assertion: its presence, its form, header, claims and signature."""

import uuid
from functools import partial
from typing import Any

from contract_tests import jwts
from contract_tests.draft import ACCESS_TOKEN, Draft, LazyValue


def absent(draft: Draft) -> None:
    """Send no client assertion."""
    del draft.form["client_assertion"]


def empty(draft: Draft) -> None:
    """Send an empty client assertion."""
    draft.form["client_assertion"] = ""


def in_the_query(draft: Draft) -> None:
    """Send the client assertion in the query string, where nobody reads it."""
    del draft.form["client_assertion"]
    draft.query = "client_assertion=eyJhbGciOiJSUzUxMiJ9.e30.AA"


def absent_with_a_subject_token_type(draft: Draft) -> None:
    """Announce a subject token of some other type, and send neither it nor a client assertion."""
    del draft.form["client_assertion"]
    draft.form["subject_token_type"] = ACCESS_TOKEN


def absent_like_the_subject_token(draft: Draft) -> None:
    """Send neither of the two tokens."""
    del draft.form["client_assertion"]
    del draft.form["subject_token"]


def opaque(draft: Draft) -> None:
    """Send something that is not a JWT."""
    draft.assertion.spoils.append(jwts.opaque)


def second_one_right(draft: Draft) -> None:
    """Send the right client assertion after something that is not a JWT."""
    draft.form["client_assertion"] = ["opaque", LazyValue.ASSERTION]


def two_parts(draft: Draft) -> None:
    """Send a JWT without its third part."""
    draft.assertion.spoils.append(jwts.two_parts)


def four_parts(draft: Draft) -> None:
    """Send a JWT with a part too many."""
    draft.assertion.spoils.append("{}.AAAA".format)


def header_not_base64url(draft: Draft) -> None:
    """Send a header of characters that base64url does not have."""
    draft.assertion.spoils.append(partial(jwts.replaced_part, place=0, part="£!"))


def header_not_json(draft: Draft) -> None:
    """Send a header that is base64url of no JSON."""
    not_json = jwts.to_base64url(b"alg: RS512")
    draft.assertion.spoils.append(partial(jwts.replaced_part, place=0, part=not_json))


def header_a_list(draft: Draft) -> None:
    """Send a header that is JSON and no object."""
    draft.assertion.spoils.append(partial(jwts.replaced_part, place=0, part=jwts.encode_part(["RS512"])))


def claims_not_json(draft: Draft) -> None:
    """Send claims that are base64url of no JSON."""
    not_json = jwts.to_base64url(b"iss=me")
    draft.assertion.spoils.append(partial(jwts.replaced_part, place=1, part=not_json))


def claims_a_text(draft: Draft) -> None:
    """Send claims that are JSON and no object."""
    draft.assertion.spoils.append(partial(jwts.replaced_part, place=1, part=jwts.encode_part("claims")))


def alg_rs256(draft: Draft) -> None:
    """Sign by the algorithm that most libraries take unasked."""
    draft.assertion.header["alg"] = "RS256"


def alg_none(draft: Draft) -> None:
    """Say that nothing was signed, and sign nothing."""
    draft.assertion.header["alg"] = "none"
    draft.assertion.spoils.append(jwts.empty_signature)


def alg_in_small_letters(draft: Draft) -> None:
    """Write the right algorithm in small letters."""
    draft.assertion.header["alg"] = "rs512"


def alg_absent(draft: Draft) -> None:
    """Leave the algorithm out."""
    del draft.assertion.header["alg"]


def exp_a_second_ago(draft: Draft) -> None:
    """Send an assertion that expired a second ago."""
    draft.assertion.claims["exp"] = draft.target.second() - 1


def exp_past_as_text(draft: Draft) -> None:
    """Write a past expiry as text: JavaScript compares it as the number it reads as."""
    draft.assertion.claims["exp"] = str(draft.target.now() - 60)


def exp_zero(draft: Draft) -> None:
    """Write an expiry of 0: 1970, and found there before it is found missing."""
    draft.assertion.claims["exp"] = 0


def exp_false(draft: Draft) -> None:
    """Write an expiry of false, which JavaScript reads as 0."""
    draft.assertion.claims["exp"] = False


def exp_true(draft: Draft) -> None:
    """Write an expiry of true, which JavaScript reads as 1."""
    draft.assertion.claims["exp"] = True


def exp_null(draft: Draft) -> None:
    """Write an expiry of null, which JavaScript reads as 0."""
    draft.assertion.claims["exp"] = None


def exp_empty_text(draft: Draft) -> None:
    """Write an empty text for an expiry, which JavaScript reads as 0."""
    draft.assertion.claims["exp"] = ""


def exp_empty_list(draft: Draft) -> None:
    """Write an empty list for an expiry, which JavaScript reads as 0."""
    draft.assertion.claims["exp"] = []


def kid_absent(draft: Draft) -> None:
    """Do not name the key."""
    del draft.assertion.header["kid"]


def kid_empty(draft: Draft) -> None:
    """Name the key by an empty text."""
    draft.assertion.header["kid"] = ""


def kid_zero(draft: Draft) -> None:
    """Name the key by a number that JavaScript takes for nothing."""
    draft.assertion.header["kid"] = 0


def kid_null(draft: Draft) -> None:
    """Name the key by null."""
    draft.assertion.header["kid"] = None


def typ_absent(draft: Draft) -> None:
    """Leave the type out, as several libraries do by default."""
    del draft.assertion.header["typ"]


def typ_other(draft: Draft) -> None:
    """Give the type of an access token."""
    draft.assertion.header["typ"] = "at+jwt"


def typ_null(draft: Draft) -> None:
    """Give null for a type."""
    draft.assertion.header["typ"] = None


def typ_a_list(draft: Draft) -> None:
    """Give a list that reads as the right type when it is made a text."""
    draft.assertion.header["typ"] = ["JWT"]


def exp_absent(draft: Draft) -> None:
    """Leave the expiry out: no number is compared, so it is not in the past."""
    del draft.assertion.claims["exp"]


def exp_future_as_text(draft: Draft) -> None:
    """Write a future expiry as text."""
    draft.assertion.claims["exp"] = str(draft.target.now() + 300)


def exp_words(draft: Draft) -> None:
    """Write an expiry that is no number at all: neither before nor after now."""
    draft.assertion.claims["exp"] = "abc"


def exp_an_object(draft: Draft) -> None:
    """Write an object for an expiry."""
    draft.assertion.claims["exp"] = {}


def iss_absent(draft: Draft) -> None:
    """Leave the issuer out."""
    del draft.assertion.claims["iss"]


def sub_absent(draft: Draft) -> None:
    """Leave the subject out."""
    del draft.assertion.claims["sub"]


def iss_and_sub_absent(draft: Draft) -> None:
    """Leave issuer and subject out: equal, and not there."""
    del draft.assertion.claims["iss"]
    del draft.assertion.claims["sub"]


def iss_and_sub_empty(draft: Draft) -> None:
    """Leave issuer and subject empty: equal, and not there."""
    draft.assertion.claims |= {"iss": "", "sub": ""}


def iss_and_sub_differ(draft: Draft) -> None:
    """Name an issuer that is not the subject."""
    draft.assertion.claims["iss"] = "https://app.example"


def jti_absent(draft: Draft) -> None:
    """Leave the identifier out."""
    del draft.assertion.claims["jti"]


def jti_empty(draft: Draft) -> None:
    """Leave the identifier empty."""
    draft.assertion.claims["jti"] = ""


def jti_zero(draft: Draft) -> None:
    """Number the assertion 0, which JavaScript takes for nothing."""
    draft.assertion.claims["jti"] = 0


def jti_null(draft: Draft) -> None:
    """Write null for the identifier."""
    draft.assertion.claims["jti"] = None


def jti_false(draft: Draft) -> None:
    """Write false for the identifier."""
    draft.assertion.claims["jti"] = False


def jti_a_number(draft: Draft) -> None:
    """Number the assertion."""
    draft.assertion.claims["jti"] = 1234567890


def jti_an_empty_list(draft: Draft) -> None:
    """Write an empty list for the identifier: there, and no text."""
    draft.assertion.claims["jti"] = []


def jti_an_empty_object(draft: Draft) -> None:
    """Write an empty object for the identifier: there, and no text."""
    draft.assertion.claims["jti"] = {}


def jti_used_before(draft: Draft) -> None:
    """Fix the identifier, which `precondition.jti_spent` then uses first."""
    draft.assertion.claims["jti"] = str(uuid.uuid4())


def exp_too_far(draft: Draft) -> None:
    """Ask for one second more than five minutes and the ten seconds of grace."""
    draft.assertion.claims["exp"] = draft.target.second() + 311


def exp_an_hour_ahead(draft: Draft) -> None:
    """Ask for an hour."""
    draft.assertion.claims["exp"] = draft.target.now() + 3600


def exp_half_a_second_too_far(draft: Draft) -> None:
    """Ask for half a second more than the service allows: that fractions count is a guess."""
    draft.assertion.claims["exp"] = draft.target.second() + 310.5


def client_unknown(draft: Draft) -> None:
    """Send the client id of no app."""
    draft.assertion.claims |= {"iss": "no-such-app", "sub": "no-such-app"}


def client_a_number(draft: Draft) -> None:
    """Send equal numbers for issuer and subject: equal enough, and no app's id."""
    draft.assertion.claims |= {"iss": 7, "sub": 7}


def kid_unknown(draft: Draft) -> None:
    """Name a key that is not registered."""
    draft.assertion.header["kid"] = "no-such-key"


def kid_a_list(draft: Draft) -> None:
    """Name the key by a list: there, and no key's name."""
    draft.assertion.header["kid"] = [draft.assertion.header["kid"]]


def signature_of_a_foreign_key(draft: Draft) -> None:
    """Sign with a key other than the registered one."""
    draft.assertion.sign = draft.target.foreign_signer


def signature_turned(draft: Draft) -> None:
    """Damage one bit of the signature."""
    draft.assertion.spoils.append(jwts.turned_signature)


def signature_of_other_claims(draft: Draft) -> None:
    """Change the claims after they were signed."""
    draft.assertion.spoils.append(jwts.foreign_claims)


def signature_empty(draft: Draft) -> None:
    """Leave the signature empty: still three parts."""
    draft.assertion.spoils.append(jwts.empty_signature)


def nbf_ahead(draft: Draft) -> None:
    """Sign for a time later than the grace of ten seconds."""
    draft.assertion.claims["nbf"] = draft.target.second() + 11


def nbf_ten_minutes_ahead(draft: Draft) -> None:
    """Say that the assertion is not good for ten minutes."""
    draft.assertion.claims["nbf"] = draft.target.now() + 600


def iat_ten_minutes_ahead(draft: Draft) -> None:
    """Say that the assertion was made in ten minutes."""
    draft.assertion.claims["iat"] = draft.target.now() + 600


def iat_ahead(draft: Draft) -> None:
    """Sign with a clock that is faster than the grace of ten seconds."""
    draft.assertion.claims["iat"] = draft.target.second() + 11


def aud_absent(draft: Draft) -> None:
    """Do not say for whom the assertion is."""
    del draft.assertion.claims["aud"]


def aud_other(draft: Draft) -> None:
    """Address the assertion to another service."""
    draft.assertion.claims["aud"] = "https://auth.example/oauth2/token"


def aud_with_a_slash(draft: Draft) -> None:
    """End the audience with a slash that the URL does not have."""
    draft.assertion.claims["aud"] = draft.url + "/"


def aud_the_origin(draft: Draft) -> None:
    """Address the assertion to the host instead of the endpoint."""
    draft.assertion.claims["aud"] = draft.target.origin


def aud_a_list_of_others(draft: Draft) -> None:
    """Address the assertion to a list of services, this one not among them."""
    others: list[Any] = ["https://auth.example/oauth2/token", draft.target.origin]
    draft.assertion.claims["aud"] = others


def aud_without_the_query(draft: Draft) -> None:
    """Post to a URL with a query string and leave it out of the audience."""
    draft.assertion.claims["aud"] = draft.url
    draft.query = "trace=1"
