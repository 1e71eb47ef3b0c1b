"""A sound JWT in the wrong place: the two fields swapped, or another token than the id_token.

Those that the mock issued `place` knows for certain; these are told by what they say of themselves.
"""

from __future__ import annotations

from typing import Final

from mock_servers.apim import flows
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder, rules_of
from mock_servers.diagnosis.of_itself import described_jwt, is_of_provider
from mock_servers.jose import jwts
from mock_servers.jose.javascript import UNDEFINED
from mock_servers.jose.jwts import Jwt
from mock_servers.journal.finding import Finding
from mock_servers.wire.origins import origin_of
from mock_servers.wire.wording import url

_ID_TOKENS: Final = ("NHS login's id_token (token_use id)", "CIS2's id_token (tokenName id_token)")


def swapped_tokens(case: Case) -> Finding | None:
    """The assertion is where the id_token belongs, and the other way round; or one of them is there twice."""
    assertion, subject = case.assertion, case.subject
    if subject is None or case.known.issued(case.form("subject_token") or "") is not None:
        return None
    if case.form("client_assertion") == case.form("subject_token"):
        return _told("client_assertion and subject_token are the same text.", "One variable was sent twice.")
    if not _is_assertion(subject) or (assertion is not None and _is_assertion(assertion)):
        return None
    return _told(
        "subject_token is a client assertion (its iss and sub are equal), and client_assertion is none.",
        "The two fields are swapped.",
    )


def _is_assertion(jwt: Jwt) -> bool:
    iss = jwt.claims.get("iss")
    return isinstance(iss, str) and iss == jwt.claims.get("sub")


def _told(seen: str, cause: str) -> Finding:
    return Finding(
        id="swapped-tokens",
        certainty="certain",
        seen=seen,
        cause=cause,
        cure="client_assertion is what your app signs; subject_token is the id_token that the provider gave.",
    )


def other_jwt_as_subject(case: Case) -> Finding | None:
    """The subject token is a JWT of another kind than an id_token."""
    if case.subject is None or case.known.issued(case.form("subject_token") or "") is not None:
        return None
    what = described_jwt(case.subject)
    if not what or what in _ID_TOKENS or (_is_assertion(case.subject) and swapped_tokens(case) is not None):
        return None
    return Finding(
        id="other-jwt-as-subject",
        certainty="likely",
        seen=f"subject_token is {what}, by what it says of itself.",
        cause="Providers give several tokens in one answer, and of them the id_token alone says who logged in.",
        cure="Send the id_token of the same token answer.",
    )


def other_jwt_as_assertion(case: Case) -> Finding | None:
    """The client assertion is a JWT that an identity provider made, and not this mock's."""
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
        cause="An identity provider made it, about a person; a client assertion is made by your app, about itself.",
        cure="Sign a JWT with the app's private key and send that as client_assertion; an id_token goes into "
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
