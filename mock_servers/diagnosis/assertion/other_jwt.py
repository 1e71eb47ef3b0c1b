"""A valid JWT in the wrong place: the two fields swapped, or another token than the id_token.

`place` recognises with certainty those that the mock issued; here they are recognised by their unverified claims.
"""

from __future__ import annotations

from typing import Final

from mock_servers.apim import flows
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder, rules_of
from mock_servers.diagnosis.unverified_claims import described_jwt, is_of_provider
from mock_servers.jose import jwts
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.jose.jwts import Jwt
from mock_servers.journal.finding import Finding
from mock_servers.wire.origins import origin_of
from mock_servers.wire.wording import url

_ID_TOKENS: Final = ("NHS login's id_token (token_use id)", "CIS2's id_token (tokenName id_token)")


def swapped_tokens(case: Case) -> Finding | None:
    """The assertion and the id_token are swapped, or one of them was sent twice."""
    assertion, subject = case.assertion, case.subject
    if subject is None or case.issued("subject_token") is not None:
        return None
    if case.form("client_assertion") == case.form("subject_token"):
        return _swapped(
            "client_assertion and subject_token are the same text.", "Your code sent the same variable twice."
        )
    if not _is_assertion(subject) or (assertion is not None and _is_assertion(assertion)):
        return None
    return _swapped(
        "subject_token is a client assertion (its iss and sub are equal), and client_assertion is not one.",
        "The two fields are swapped.",
    )


def _is_assertion(jwt: Jwt) -> bool:
    iss = jwt.claims.get("iss")
    return isinstance(iss, str) and iss == jwt.claims.get("sub")


def _swapped(seen: str, cause: str) -> Finding:
    return Finding(
        id="swapped-tokens",
        certainty="certain",
        seen=seen,
        cause=cause,
        cure="Send the JWT that your app signs as client_assertion, and the provider's id_token as subject_token.",
    )


def other_jwt_as_subject(case: Case) -> Finding | None:
    """The subject token is a JWT, but not an id_token."""
    if case.subject is None or case.issued("subject_token") is not None:
        return None
    what = described_jwt(case.subject)
    if not what or what in _ID_TOKENS or (_is_assertion(case.subject) and swapped_tokens(case) is not None):
        return None
    return Finding(
        id="other-jwt-as-subject",
        certainty="likely",
        seen=f"subject_token is {what}, by what it says of itself.",
        cause="A provider's answer has several tokens. Only the id_token says who logged in.",
        cure="Send the id_token of the same token answer.",
    )


def other_jwt_as_assertion(case: Case) -> Finding | None:
    """The client assertion is a JWT that another identity provider made."""
    sent = case.form("client_assertion") or ""
    if case.assertion is not None or case.known.issued(sent) is not None or swapped_tokens(case) is not None:
        return None
    jwt = jwts.decoded(sent)
    return _by_provider(case, jwt) if jwt is not None and is_of_provider(jwt) else None


def _by_provider(case: Case, jwt: Jwt) -> Finding:
    what, iss = described_jwt(jwt), jwt.claims.get("iss", UNDEFINED)
    host = case.known.hosts.of_origin(origin_of(str(iss)))
    whose = f" ({host.plays}, {host.environment})" if host is not None else ""
    return Finding(
        id="other-jwt-as-assertion",
        certainty="certain" if host is not None or what else "likely",
        seen=f"client_assertion is {what or 'a JWT about a log-in'}, issued by {url(iss)}{whose}.",
        cause="An identity provider made this JWT, about a person. Your app must make the client assertion.",
        cure="Sign a JWT with the app's private key and send that as client_assertion. An id_token is the "
        "subject_token of a token exchange.",
    )


FINDERS: Final = (
    Finder(find=swapped_tokens, rules=rules_of(*flows.CLIENT_ASSERTION, *flows.SUBJECT_TOKEN)),
    Finder(
        find=other_jwt_as_assertion,
        rules=(*rules_of(*flows.CLIENT_ASSERTION), "check_assertion_names_client", "check_assertion_signature"),
    ),
    Finder(find=other_jwt_as_subject, rules=rules_of(*flows.SUBJECT_TOKEN)),
)
