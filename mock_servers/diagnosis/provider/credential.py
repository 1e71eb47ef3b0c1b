"""Mistakes of client authentication where a secret is required, or where two methods are mixed."""

from __future__ import annotations

from typing import Final

from mock_servers.apim.request_form import ASSERTION_TYPE, ID_TOKEN_TYPE, TOKEN_EXCHANGE
from mock_servers.diagnosis.case import Case
from mock_servers.diagnosis.finder import Finder
from mock_servers.diagnosis.unverified_claims import described_jwt, is_of_provider
from mock_servers.jose import jwts
from mock_servers.jose.jwts import Jwt
from mock_servers.journal.finding import Finding
from mock_servers.wire.wording import shown

_JWT_START: Final = "eyJ"
_BY_SECRET: Final = ("authorization_code", "refresh_token")
"""The grants for which the app sends its secret."""


def credentials_in_basic(case: Case) -> Finding | None:
    """The client id and secret, or an assertion, are in an Authorization header, which the platform does not read."""
    sent = case.request.basic
    if sent is None or "client_id" in case.request.form or "client_assertion" in case.request.form:
        return None
    needs_assertion = case.form("grant_type") in ("client_credentials", TOKEN_EXCHANGE) and not any(
        each.startswith(_JWT_START) for each in sent
    )
    return Finding(
        id="secret-style-client-credentials" if needs_assertion else "credentials-in-basic",
        certainty="certain",
        seen=f"The Authorization header is Basic, {_described(case, *sent)}; the form names no client.",
        cause="The platform's token endpoint reads only the form, and ignores that header.",
        cure=_where_to(case, has_jwt=sent[0].startswith(_JWT_START) or sent[1].startswith(_JWT_START)),
    )


def _described(case: Case, client_id: str, secret: str) -> str:
    if secret.startswith(_JWT_START) or client_id.startswith(_JWT_START):
        return "with a JWT in place of a password"
    if case.known.app(client_id) is not None:
        return f"with the API key {shown(client_id)} and a secret of {len(secret)} characters"
    if not client_id:
        return "but its value is not base64 of two texts joined by a colon"
    none = ", which is not an app's API key," if case.known.is_all else ""
    return f"with an id of {len(client_id)} characters{none} and a secret of {len(secret)}"


def _where_to(case: Case, *, has_jwt: bool) -> str:
    if has_jwt and case.form("grant_type") not in _BY_SECRET:
        return f"Move the JWT into the form, as client_assertion, with client_assertion_type {ASSERTION_TYPE}."
    if case.form("grant_type") in _BY_SECRET:
        return "Send client_id and client_secret as parameters of the form."
    return "Sign an assertion and send it as client_assertion in the form. This grant does not use a secret."


def assertion_in_header(case: Case) -> Finding | None:
    """A client assertion is in the Authorization header, after Bearer. The token endpoint does not look there."""
    scheme, _, sent = case.request.headers.get("authorization", "").partition(" ")
    jwt = (
        jwts.decoded(sent.strip())
        if scheme.lower() == "bearer" and not case.record.path.endswith("/userinfo")
        else None
    )
    if jwt is None:
        return None
    if is_of_provider(jwt):
        return _id_token_in_header(case, jwt)
    if "client_assertion" in case.request.form:
        return None
    return Finding(
        id="credentials-in-basic",
        certainty="certain",
        seen="The Authorization header is Bearer with a JWT; the form has no client_assertion.",
        cause="The token endpoint reads only the form, and ignores that header.",
        cure=f"Move the JWT into the form, as client_assertion, with client_assertion_type {ASSERTION_TYPE}.",
    )


def _id_token_in_header(case: Case, jwt: Jwt) -> Finding | None:
    if "subject_token" in case.request.form:
        return None
    return Finding(
        id="credentials-in-basic",
        certainty="certain",
        seen=f"The Authorization header is Bearer with {described_jwt(jwt) or 'an id_token'}; the form has no "
        "subject_token.",
        cause="The token endpoint reads only the form, and ignores that header.",
        cure=f"Move the id_token into the form, as subject_token, with subject_token_type {ID_TOKEN_TYPE}.",
    )


def refresh_with_assertion(case: Case) -> Finding | None:
    """The request has an assertion, but this grant needs the app's secret."""
    grant = case.form("grant_type")
    if grant not in ("refresh_token", "authorization_code") or "client_assertion" not in case.request.form:
        return None
    missing = [name for name in ("client_id", "client_secret") if name not in case.request.form]
    if not missing:
        return None
    return Finding(
        id="refresh-with-assertion",
        certainty="certain",
        seen=f"grant_type is {shown(grant)} with a client_assertion and without {' and '.join(missing)}.",
        cause="Only client_credentials and the token exchange use an assertion. This grant does not read it.",
        cure="Send client_id (the API key) and client_secret as parameters of the form, and no assertion.",
    )


def two_methods(case: Case) -> Finding | None:
    """The client proves its identity in two ways, which the standard forbids."""
    form, ways = case.request.form, []
    if case.request.basic is not None:
        ways.append("a Basic header")
    if "client_assertion" in form:
        ways.append("a client_assertion")
    if "client_secret" in form or ("client_id" in form and "client_assertion" not in form):
        ways.append("client_secret" if "client_secret" in form else "client_id in the form")
    if len(ways) < 2:  # noqa: PLR2004 - two ways are one too many
        return None
    return Finding(
        id="cis2-two-methods",
        certainty="certain",
        seen=f"The request has {' and '.join(ways)}.",
        cause="A client may use only one way to prove its identity in a request (RFC 6749, section 2.3).",
        cure="Send only the one that you registered.",
    )


FINDERS: Final = (
    Finder(find=credentials_in_basic, rules=("check_client_id_present", "check_client_assertion_type")),
    Finder(
        find=assertion_in_header,
        rules=(
            "check_client_assertion_type",
            "check_subject_token_type_id_token",
            "check_subject_token_beside_assertion",
            "check_subject_token_present",
        ),
        named=("credentials-in-basic",),
    ),
    Finder(find=refresh_with_assertion, rules=("check_client_id_present", "check_client_secret_present")),
    Finder(find=two_methods, rules=("check_one_identity", "check_one_method"), named=("cis2-two-methods",)),
)
