"""Mistakes in the requested grant type and in the type of the subject token."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from mock_servers.apim.request_form import ASSERTION_TYPE, ID_TOKEN_TYPE, TOKEN_EXCHANGE
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.opaque_value import printed_object
from mock_servers.diagnosis.request.form import joined_parameters
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import shown
from mock_servers.wire.wrapping import recovered

JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_OF_PLATFORM: Final = ("client_credentials", TOKEN_EXCHANGE, "authorization_code", "refresh_token")
_LONGEST: Final = 200
_OTHERS: Final = {
    "password": "No service here accepts a person's password.",
    "implicit": "The implicit flow has no token request, and these services do not offer it.",
}
_TYPE_START: Final = "urn:ietf:params:oauth:token-type:"
_OTHER_TYPES: Final = {
    "access_token": "You cannot exchange an access token. Exchange the id_token of the same answer.",
    "jwt": "Some libraries send this by default. The value is a JWT, but the type must say id_token.",
    "refresh_token": "You cannot exchange a refresh token. Refresh it, or exchange the id_token.",
    "saml2": "The platform does not accept SAML assertions.",
    "saml1": "The platform does not accept SAML assertions.",
}


def grant_type(case: Case) -> Finding | None:
    """The service does not have this grant type, or it does not fit the rest of the form."""
    own = next((each.grants for each in case.known.providers if each.name == case.record.service), None)
    sent, grants = case.form("grant_type"), own if own is not None else _OF_PLATFORM
    if (
        sent is None
        or joined_parameters(case)
        or (sent in grants and not case.refused_by("check_grant_type_token_exchange"))
    ):
        return None
    seen, cause, meant = _meant(sent, grants)
    if case.refused_by("check_grant_type_token_exchange"):
        meant = TOKEN_EXCHANGE
    return Finding(
        id="grant-type",
        certainty="certain" if meant is not None else "likely",
        seen=seen,
        cause=cause,
        cure=f"Send grant_type={meant}." if meant else f"Send one of {', '.join(grants)}.",
    )


def _meant(sent: str, grants: tuple[str, ...]) -> tuple[str, str, str | None]:
    """Say what was sent, why, and which grant was meant."""
    seen, found = f"grant_type is {shown(sent)}.", recovered(sent, grants.__contains__, "grant_type")
    if found is not None:
        return seen, f"It is {found.bare} with {found.words}.", found.bare
    printed = printed_object(sent.strip())
    if printed is not None:
        return seen, printed, None
    if sent == JWT_BEARER:
        cause = (
            "That is the grant of RFC 7523, section 2.1, with the JWT in assertion. These services use a JWT to "
            "authenticate the client (section 2.2)."
        )
        return seen, cause, grants[0]
    if sent in _OTHERS:
        return seen, _OTHERS[sent], None
    if sent in grants:
        return seen, "subject_token_type makes this request a token exchange, with any grant_type.", sent
    return _misspelt(sent, seen, grants)


def _misspelt(sent: str, seen: str, grants: tuple[str, ...]) -> tuple[str, str, str | None]:
    ends = {each.rpartition(":")[2]: each for each in grants}
    tail = sent[:_LONGEST].rpartition(":")[2].lower().replace("-", "_")
    words = {end.replace("-", "_"): grant for end, grant in ends.items()}
    near = get_close_matches(tail, words, n=1, cutoff=0.7)
    if not near:
        return seen, "No service here has such a grant.", None
    grant = words[near[0]]
    return seen, f"It is almost {grant}: a typing error, or the URN was shortened.", grant


def subject_token_type(case: Case) -> Finding | None:
    """The type of the subject token is missing, shortened or wrong."""
    sent, raw = case.form("subject_token_type"), list(case.request.form)
    if sent == ID_TOKEN_TYPE or case.form("grant_type") != TOKEN_EXCHANGE:
        return None
    return Finding(
        id="subject-token-type",
        certainty="certain",
        seen=f"subject_token_type is {shown(sent)}."
        if sent is not None
        else "subject_token_type was sent, but empty."
        if "subject_token_type" in raw
        else "The form has no subject_token_type.",
        cause=_of_type(sent),
        cure=f'Set subject_token_type to "{ID_TOKEN_TYPE}", exactly.',
    )


def _of_type(sent: str | None) -> str:
    if sent is None:
        return "A token exchange must name the type of its subject token. Here only one type is allowed."
    if sent == ID_TOKEN_TYPE.removeprefix(_TYPE_START):
        return "The URN was shortened to its last word."
    return _OTHER_TYPES.get(sent.removeprefix(_TYPE_START)) or _inexact(sent, ID_TOKEN_TYPE)


def _inexact(sent: str, wanted: str) -> str:
    found = recovered(sent, wanted.__eq__)
    if found is not None:
        return f"It is the right one with {found.words}."
    return printed_object(sent.strip()) or "The service compares it as text, character by character."


def client_assertion_type(case: Case) -> Finding | None:
    """The type of the client assertion is missing, almost right or wrong."""
    sent, form = case.form("client_assertion_type"), case.request.form
    if sent == ASSERTION_TYPE or "client_assertion" not in form or "client_assertion_type" in _empty_ones(case):
        return None
    return Finding(
        id="client-assertion-type",
        certainty="certain",
        seen="The form has a client_assertion and no client_assertion_type."
        if sent is None
        else f"client_assertion_type is {shown(sent)}.",
        cause=_of_assertion_type(sent),
        cure=f"Send client_assertion_type={ASSERTION_TYPE}.",
    )


def _empty_ones(case: Case) -> list[str]:
    return [name for name in case.request.form if name not in case.request.form]


def _of_assertion_type(sent: str | None) -> str:
    if sent is None:
        return "The service reads an assertion only when its type is there too."
    if sent == JWT_BEARER:
        return "That is the URN of a grant type. The right URN has client-assertion-type in it."
    return _inexact(sent, ASSERTION_TYPE)


FINDERS: Final = (
    Finder(find=client_assertion_type, rules=("check_client_assertion_type", "find_credentials")),
    Finder(
        find=grant_type,
        rules=(
            "check_grant_type_supported",
            "check_grant_type_token_exchange",
            "check_grant_type_known",
            "check_grant_type",
        ),
    ),
    Finder(find=subject_token_type, rules=("check_subject_token_type_id_token",)),
)
