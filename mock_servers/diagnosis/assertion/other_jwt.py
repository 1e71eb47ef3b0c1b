"""A sound JWT in the wrong place: the two fields swapped, or another token than the id_token. Mistakes 56 and 57.

Those that the mock issued `place` knows for certain; these are told by what they say of themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from mock_servers.apim import flows
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.token.bearer import described_jwt
from mock_servers.jose.jwts import Jwt
from mock_servers.journal.finding import Finding
from mock_servers.rules import Policy

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


def _names(policies: Iterable[Policy[Any]]) -> tuple[str, ...]:
    return tuple(rule.name for policy in policies for rule in policy.rules)


FINDERS: Final = (
    Finder(find=swapped_tokens, rules=_names((*flows.CLIENT_ASSERTION, *flows.SUBJECT_TOKEN))),
    Finder(find=other_jwt_as_subject, rules=_names(flows.SUBJECT_TOKEN)),
)
