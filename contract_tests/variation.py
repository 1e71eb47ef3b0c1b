"""Unusual but valid requests: what the real service accepts, each with its reason."""

from contract_tests import jwts
from contract_tests.case import where
from contract_tests.draft import ACCESS_TOKEN, FORM, Draft, LazyValue
from contract_tests.jwks_host import json_page
from contract_tests.reach import Switch


def typ_in_small_letters(draft: Draft) -> None:
    """The type may be written in any case."""
    draft.assertion.header["typ"] = "jwt"


def typ_in_mixed_letters(draft: Draft) -> None:
    """The type may be written in any case."""
    draft.assertion.header["typ"] = "jWt"


def exp_now(draft: Draft) -> None:
    """An assertion is good up to and including the second of its expiry."""
    draft.assertion.claims["exp"] = draft.target.second()


def exp_as_far_as_allowed(draft: Draft) -> None:
    """Five minutes, and ten seconds of grace."""
    draft.assertion.claims["exp"] = draft.target.second() + 310


def exp_a_fraction(draft: Draft) -> None:
    """The error text says integer; the check asks for a number."""
    draft.assertion.claims["exp"] = draft.target.now() + 100.5


def aud_a_list(draft: Draft) -> None:
    """A list of audiences need only contain the URL."""
    draft.assertion.claims["aud"] = ["https://auth.example/oauth2/token", LazyValue.URL]


def aud_with_the_query(draft: Draft) -> None:
    """The audience is the posted URL, with its query string."""
    draft.query = "trace=1"


def nbf_and_iat_within_the_grace(draft: Draft) -> None:
    """A clock may be ten seconds fast."""
    draft.assertion.claims |= {"nbf": draft.target.now() + 10, "iat": draft.target.now() + 10}


def unknown_claims_and_headers(draft: Draft) -> None:
    """Unknown members are ignored."""
    draft.assertion.claims |= {"client": "example", "scope": ["everything"]}
    draft.assertion.header |= {"x5t": "example"}


def unknown_form_fields(draft: Draft) -> None:
    """Unknown parameters are ignored."""
    draft.form |= {"resource": "https://api.example", "client_id": "someone-else"}


def scope_in_the_form(draft: Draft) -> None:
    """A scope is dropped before any flow."""
    draft.form["scope"] = "openid urn:nhsd:apim:app:level3:nothing"


def parameters_in_the_query(draft: Draft) -> None:
    """Parameters in the query string are ignored, right or wrong."""
    draft.query = "grant_type=password&client_assertion=opaque&client_assertion_type=none&subject_token=opaque"


def second_grant_type_wrong(draft: Draft) -> None:
    """Of a repeated parameter the first value counts."""
    draft.form["grant_type"] = [draft.form["grant_type"], "password"]


def second_client_assertion_wrong(draft: Draft) -> None:
    """Of a repeated parameter the first value counts."""
    draft.form["client_assertion"] = [LazyValue.ASSERTION, "opaque"]


@where(unless=Switch.STRICT_CONTENT_TYPE)
def content_type_with_a_charset(draft: Draft) -> None:
    """In doubt: the source compares the whole header, yet the platform's own Java samples send a charset."""
    draft.headers["Content-Type"] = f"{FORM}; charset=utf-8"


def key_for_another_use(draft: Draft) -> None:
    """The `alg` and `use` of a registered key are not judged."""
    key = jwts.public_jwk(draft.target.signer.key.public_key(), draft.target.jwk["kid"], alg="RS256", use="enc")
    draft.app["jwks"] = {"keys": [key]}


def key_by_its_url(draft: Draft) -> None:
    """The set is fetched from where the app's developer keeps it, other keys in it or not."""
    other = jwts.public_jwk(draft.target.foreign_signer.key.public_key(), "another-key")
    page = json_page({"keys": [other, draft.target.jwk]})
    draft.app["jwks_url"] = draft.target.jwks_host.serve("/sound", page)


def empty_subject_token_type(draft: Draft) -> None:
    """An empty form value counts as absent."""
    draft.form["subject_token_type"] = ""


def other_subject_token_type(draft: Draft) -> None:
    """Client credentials stay client credentials beside any type but the id token's."""
    draft.form["subject_token_type"] = ACCESS_TOKEN


def aud_of_another_client(draft: Draft) -> None:
    """A subject token must have an audience; its value is not checked."""
    draft.subject.claims["aud"] = "some-other-client"


def aud_of_many_clients(draft: Draft) -> None:
    """A subject token must have an audience; its value is not checked."""
    draft.subject.claims["aud"] = ["some-other-client", "one-more"]


def subject_typ_in_small_letters(draft: Draft) -> None:
    """The type of a subject token may be written in any case."""
    draft.subject.header["typ"] = "jwt"


def subject_exp_a_fraction(draft: Draft) -> None:
    """The expiry of a subject token is asked to be a number, too."""
    draft.subject.claims["exp"] = draft.target.now() + 100.5


def second_subject_token_wrong(draft: Draft) -> None:
    """Of a repeated parameter the first value counts."""
    draft.form["subject_token"] = [LazyValue.SUBJECT, "opaque"]


def act_expired(draft: Draft) -> None:
    """Whether the token of the person acting has expired is not checked."""
    draft.acting.claims["exp"] = draft.target.now() - 3600


def act_sub_empty(draft: Draft) -> None:
    """An empty actor token counts as absent."""
    draft.subject.claims["act"] = {"sub": ""}


def act_sub_no_text(draft: Draft) -> None:
    """Only a text is taken for the token of a person acting."""
    draft.subject.claims["act"] = {"sub": {"nhs_number": "9912003072"}}


def act_without_nhs_number(draft: Draft) -> None:
    """A person acting is looked at only when the patient's token has an NHS number."""
    del draft.subject.claims["nhs_number"]
    draft.subject.claims["act"] = {"sub": "opaque"}


def no_act(draft: Draft) -> None:
    """A patient acts for themselves."""
    del draft.subject.claims["act"]


ASSERTED = (
    typ_in_small_letters,
    typ_in_mixed_letters,
    exp_now,
    exp_as_far_as_allowed,
    exp_a_fraction,
    aud_a_list,
    aud_with_the_query,
    nbf_and_iat_within_the_grace,
    unknown_claims_and_headers,
    unknown_form_fields,
    scope_in_the_form,
    parameters_in_the_query,
    second_grant_type_wrong,
    second_client_assertion_wrong,
    content_type_with_a_charset,
    key_for_another_use,
    key_by_its_url,
)
"""Accepted with every client assertion."""

CREDENTIALS = (empty_subject_token_type, other_subject_token_type)
"""What passes as client credentials."""

EXCHANGE = (
    aud_of_another_client,
    aud_of_many_clients,
    subject_typ_in_small_letters,
    subject_exp_a_fraction,
    second_subject_token_wrong,
)
"""What passes as a token exchange."""

DELEGATION = (act_expired, act_sub_empty, act_sub_no_text, act_without_nhs_number, no_act)
"""What passes where a person may act for another."""
