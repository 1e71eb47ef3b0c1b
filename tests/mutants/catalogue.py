"""Faults planted in copies of the mock: each a small change of one file, as somebody may make it by mistake."""

from dataclasses import dataclass
from typing import Final

SURVIVORS: Final[dict[str, str]] = {
    "a redirect that is an error": "the renderer of redirects always sends 302, so that nothing changes",
    "an empty list is no number": "an empty list is made text, and empty text is 0 as well, so that nothing changes",
    "expired before revoked": "the contract does not say which answers a session that has ended in both ways (I)",
}
"""Mutants that nothing finds, and why that is right or what is missing; filled by hand after a run."""


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """`old` stands exactly once in the file, and becomes `new`."""

    name: str
    file: str
    old: str
    new: str


def _errors(name: str, old: str, new: str) -> Mutant:
    return Mutant(name=name, file="mock_servers/apim/errors.py", old=old, new=new)


def _assertion(name: str, old: str, new: str) -> Mutant:
    return Mutant(name=name, file="mock_servers/apim/client_assertion.py", old=old, new=new)


def _flows(name: str, old: str, new: str) -> Mutant:
    return Mutant(name=name, file="mock_servers/apim/flows.py", old=old, new=new)


def _apim(file: str, name: str, old: str, new: str) -> Mutant:
    return Mutant(name=name, file=f"mock_servers/apim/{file}.py", old=old, new=new)


def _provider(file: str, name: str, old: str, new: str) -> Mutant:
    return Mutant(name=name, file=f"mock_servers/identity_provider/{file}.py", old=old, new=new)


def _data(file: str, name: str, old: str, new: str) -> Mutant:
    return Mutant(name=name, file=f"mock_servers/provider/{file}.py", old=old, new=new)


def _mock(file: str, name: str, old: str, new: str) -> Mutant:
    return Mutant(name=name, file=f"mock_servers/{file}.py", old=old, new=new)


def _swapped(name: str, first: str, second: str) -> Mutant:
    """Two neighbours of a flow change places."""
    indent = " " * (4 if first.startswith(("client_assertion.", "client.")) else 8)
    if first.startswith(("callback.", "userinfo.", "subject_token.", "authorize.")):
        indent = " " * 12
    return _flows(name, f"{indent}{first},\n{indent}{second},\n", f"{indent}{second},\n{indent}{first},\n")


MUTANTS: Final[tuple[Mutant, ...]] = (
    # sentences, codes and statuses
    _errors(
        "a capital letter in a sentence",
        '"missing or invalid subject_token_type',
        '"Missing or invalid subject_token_type',
    ),
    _errors("a full stop lost", '"Invalid state parameter."', '"Invalid state parameter"'),
    _errors(
        "a code with an underscore",
        '    403,\n    "public_key error",\n    "You need',
        '    403,\n    "public_key_error",\n    "You need',
    ),
    _errors("401 for 400 at a missing jti", '"§3.12",\n    400,', '"§3.12",\n    401,'),
    _errors("400 for 401 at a missing audience", '"§5.10",\n    401,', '"§5.10",\n    400,'),
    _errors(
        "the other quotation mark",
        "JWKS endpoint, for your client_assertion can't",
        "JWKS endpoint, for your client_assertion can\u2019t",
    ),
    _errors("a comma lost", "The JWKS endpoint, for", "The JWKS endpoint for"),
    _errors(
        "400 for 401 at a refresh token",
        'REFRESH_TOKEN_UNKNOWN = _row(\n    "§6 refresh",\n    401,',
        'REFRESH_TOKEN_UNKNOWN = _row(\n    "§6 refresh",\n    400,',
    ),
    _errors(
        "an invalid client called an invalid request",
        'CLIENT_UNKNOWN = _row(\n    "§6 client",\n    401,\n    "invalid_client",',
        'CLIENT_UNKNOWN = _row(\n    "§6 client",\n    401,\n    "invalid_request",',
    ),
    _errors("another Allow", 'headers={"Allow": "POST"}', 'headers={"Allow": "GET, POST"}'),
    _errors(
        "a wrong noun in the act token's sentence",
        "\"Missing 'kid' header in act.sub JWT\"",
        "\"Missing 'kid' header in subject_token JWT\"",
    ),
    _errors("a redirect that is an error", '_row("§6 authorize", 302,', '_row("§6 authorize", 400,'),
    _errors(
        "an unknown session forgiven",
        'LOGOUT_SID_UNKNOWN = _row(\n    "§7",\n    501,',
        'LOGOUT_SID_UNKNOWN = _row(\n    "§7",\n    400,',
    ),
    _errors("a status key refused in other words", "Invalid api key for _status", "Invalid API key for _status"),
    # the order of rules
    _swapped(
        "kid before expiry",
        "client_assertion.check_client_assertion_not_expired",
        "client_assertion.find_client_assertion_kid",
    ),
    _swapped(
        "typ before kid", "client_assertion.find_client_assertion_kid", "client_assertion.check_client_assertion_typ"
    ),
    _swapped(
        "expiry a number before it is there",
        "client_assertion.check_client_assertion_exp_present",
        "client_assertion.find_client_assertion_exp",
    ),
    _swapped(
        "too far before replay",
        "client_assertion.check_client_assertion_jti_fresh",
        "client_assertion.check_client_assertion_exp_near",
    ),
    _swapped(
        "jti remembered before the expiry is judged",
        "client_assertion.check_client_assertion_exp_near",
        "client_assertion.claim_client_assertion_jti",
    ),
    _swapped(
        "audience before nbf",
        "client_assertion.check_client_assertion_begun",
        "client_assertion.check_client_assertion_aud",
    ),
    _swapped(
        "nbf before the signature",
        "client_assertion.check_client_assertion_signature",
        "client_assertion.check_client_assertion_begun",
    ),
    _swapped("quota before the app is known to be good", "client.find_app", "client.claim_quota"),
    _flows(
        "the jti not remembered",
        "    client_assertion.claim_client_assertion_jti,\n",
        "",
    ),
    _swapped(
        "algorithm of a subject token after its signature",
        "subject_token.check_subject_token_alg",
        "subject_token.check_subject_token_signature",
    ),
    _flows(
        "secret before the quota",
        "        client.claim_quota,\n        client_secret.check_client_secret_present,\n",
        "        client_secret.check_client_secret_present,\n        client.claim_quota,\n",
    ),
    _flows(
        "developer before app",
        "    client_secret.check_app_approved,\n    client_secret.check_developer_active,\n",
        "    client_secret.check_developer_active,\n    client_secret.check_app_approved,\n",
    ),
    _swapped("response type before state", "authorize.check_state_present", "authorize.check_response_type_present"),
    _swapped("events before sid", "logout.check_logout_sid_present", "logout.check_logout_events"),
    _swapped("nonce before events", "logout.check_logout_events", "logout.check_logout_nonce_absent"),
    _swapped(
        "the session's age before the token is spent",
        "refresh.claim_refresh_token",
        "refresh.check_session_of_refresh_token",
    ),
    _swapped("expired before revoked", "refresh.check_refresh_token_not_revoked", "refresh.check_refresh_token_live"),
    _swapped(
        "nbf of a subject token before its signature",
        "subject_token.check_subject_token_signature",
        "subject_token.check_subject_token_begun",
    ),
    _flows(
        "the content type judged of every path",
        '"/callback": {"GET": ["callback"]}',
        '"/callback": {"GET": ["callback"], "POST": ["content-type"]}',
    ),
    _flows(
        "a subject token type makes no exchange",
        'exchange.form("subject_token_type") == ID_TOKEN_TYPE',
        'exchange.form("subject_token_type") == ID_TOKEN_TYPE and exchange.form("grant_type") == TOKEN_EXCHANGE',
    ),
    _flows(
        "any OPTIONS is a preflight",
        'return "origin" in headers and "access-control-request-method" in headers',
        "return True",
    ),
    # client assertions
    _assertion("RS256 accepted", 'if alg == "RS512":', 'if alg in ("RS512", "RS256"):'),
    _assertion(
        "none accepted",
        'if jwts.verify(exchange.assertion, exchange.app_key, ("RS512",)):',
        'if not exchange.assertion.signature or jwts.verify(exchange.assertion, exchange.app_key, ("RS512",)):',
    ),
    _assertion("expired on the second itself", "if not seconds < exchange.now:", "if not seconds <= exchange.now:"),
    _assertion("a second of grace too many", "_GRACE: Final = 10", "_GRACE: Final = 11"),
    _assertion("six minutes", "_LONGEST_LIFETIME: Final = 300", "_LONGEST_LIFETIME: Final = 360"),
    _assertion("typ compared to the letter", 'typ.lower() == "jwt"', 'typ == "JWT"'),
    _assertion(
        "an expiry that must be an integer",
        "if javascript.is_number(exp):\n        exchange.exp",
        "if isinstance(exp, int):\n        exchange.exp",
    ),
    _assertion(
        "iss need not be sub",
        "javascript.truthy(iss) and javascript.truthy(sub) and javascript.loosely_equal(iss, sub)",
        "javascript.truthy(iss) and javascript.truthy(sub)",
    ),
    _assertion("a number for a jti", "if isinstance(jti, str):", "if isinstance(jti, str | int):"),
    _assertion(
        "jtis of all apps in one pot",
        "jti_key(exchange.service.environment, exchange.client_id, exchange.jti)",
        'jti_key(exchange.service.environment, "", exchange.jti)',
    ),
    _assertion(
        "an audience by its beginning",
        "if aud in accepted or",
        "if (isinstance(aud, str) and exchange.request.url.startswith(aud) and aud) or aud in accepted or",
    ),
    _assertion(
        "a list of audiences refused", "isinstance(aud, list) and any(each in aud for each in accepted)", "False"
    ),
    _assertion("nbf not judged", 'for name in ("nbf", "iat"):', 'for name in ("iat",):'),
    _assertion("a jti forgotten after a day", "exchange.service.settings.remember_jti_days * _DAY", "_DAY"),
    # forms and requests
    _apim("request_form", "no charset", 'return sent.partition(";")[0].strip() == FORM', "return sent == FORM"),
    _apim("request_form", "any content type", 'return sent.partition(";")[0].strip() == FORM', "return bool(sent)"),
    _mock("wire/request", "the last of a repeated parameter counts", "dict(reversed(self.pairs))", "dict(self.pairs)"),
    _mock(
        "wire/request",
        "an empty parameter is there",
        "return self._first.get(name) or None",
        "return self._first.get(name)",
    ),
    _mock(
        "jose/jwts",
        "two parts are enough",
        "if len(parts) != 3:",
        'parts = [*parts, ""] if len(parts) == 2 else parts\n    if len(parts) != 3:',
    ),
    _mock("jose/jwts", "NaN is JSON", "parse_constant=_refuse_constant", "parse_constant=float"),
    _mock("jose/javascript", "an empty list is no number", "if value is None or value == []:", "if value is None:"),
    _mock(
        "jose/javascript",
        "an empty list is absent",
        "return isinstance(value, list | dict) or bool(value)",
        "return bool(value)",
    ),
    # apps and keys
    _apim(
        "client",
        "a key set fetched again for an unknown kid",
        "if kept is None or not 0 <= exchange.now - kept.at < APP_JWKS_KEPT:",
        "if kept is None or kept.find(exchange.kid) is None or not 0 <= exchange.now - kept.at < APP_JWKS_KEPT:",
    ),
    _apim("client", "a key set kept two hours", "APP_JWKS_KEPT: Final = 3600", "APP_JWKS_KEPT: Final = 7200"),
    _mock(
        "state/quota", "one request more than the quota", "if used > limit else None", "if used > limit + 1 else None"
    ),
    _apim(
        "client",
        "a revoked key overlooked",
        '"its key is not approved": not app.key_approved,',
        '"its key is not approved": False,',
    ),
    _mock("jose/jwks", "short keys accepted", "_SHORTEST_RSA_KEY: Final = 2048", "_SHORTEST_RSA_KEY: Final = 1024"),
    _mock("jose/jwks", "a failure read as a key set", "_LARGEST_STATUS: Final = 399", "_LARGEST_STATUS: Final = 599"),
    _apim("scopes", "an application's scopes not looked at", "if mark in scope)", "if mark)"),
    # subject tokens
    _apim(
        "subject_token",
        "an issuer with a slash at its end",
        "found = exchange.service.provider_of(issuer)",
        'found = exchange.service.provider_of(issuer.rstrip("/") if isinstance(issuer, str) else issuer)',
    ),
    _mock(
        "apim/received_jwt",
        "the type of a subject token not judged",
        'if isinstance(typ, str) and typ.lower() == "jwt":',
        "if True:",
    ),
    _mock(
        "apim/received_jwt",
        "an expiry that is text",
        "if javascript.is_number(exp):",
        "if javascript.is_number(exp) or isinstance(exp, str):",
    ),
    _apim(
        "subject_token",
        "an acting person's number not asked for",
        'if exchange.actor is None or javascript.truthy(exchange.actor.claims.get("nhs_number")):',
        "if True:",
    ),
    _apim("subject_token", "a subject token of the future", "if ahead > 0:", "if ahead > 3600:"),
    _apim(
        "subject_token",
        "a subject token by RS384",
        "if alg in received_jwt.ALGORITHMS:",
        'if alg in (*received_jwt.ALGORITHMS, "RS384"):',
    ),
    # tokens
    _apim(
        "tokens",
        "a number for text",
        '"expires_in": _expires_in(lifetime),\n            "token_type": "Bearer",\n            "issued_at"',
        '"expires_in": int(_expires_in(lifetime)),\n            "token_type": "Bearer",\n            "issued_at"',
    ),
    _apim(
        "tokens",
        "a lifetime that is not short by a second",
        "max(math.ceil(lifetime) - 1, 0)",
        "max(math.ceil(lifetime), 0)",
    ),
    _apim("tokens", "issued_at in seconds", "str(int(exchange.now * 1000))", "str(int(exchange.now))"),
    _data("nhs_login", "a session of NHS login like CIS2's", "session_lifetime=3600", "session_lifetime=43200"),
    _apim("tokens", "a refresh that is not counted", "count=spent.count + 1,", "count=spent.count,"),
    _apim("tokens", "a refresh that extends the session", "lifetime = min(asked, left)", "lifetime = asked"),
    _apim(
        "refresh",
        "a refresh token good twice",
        "if token.spent_at is not None:",
        "if False and token.spent_at is not None:",
    ),
    _apim("refresh", "a refresh token of another app", "if token.client_id != exchange.app.client_id:", "if False:"),
    _apim("refresh", "a session without an end", "if exchange.now < session_ends_at(exchange, token):", "if True:"),
    _apim("lifetime_parameters", "a lifetime raised", "return min(default, asked)", "return asked"),
    _apim(
        "lifetime_parameters", "no lifetime at all", "return lifetime if lifetime > 0 else default", "return lifetime"
    ),
    _mock(
        "wire/identifiers",
        "a shorter access token",
        "return self._letters_and_digits(28)",
        "return self._letters_and_digits(27)",
    ),
    # the browser flow
    _apim(
        "callback",
        "a state good twice",
        "if pending.spent_at is not None:",
        "if False and pending.spent_at is not None:",
    ),
    _apim(
        "callback",
        "the scopes of this moment",
        "exchange.app = replace(app, scopes=pending.scopes)",
        "exchange.app = app",
    ),
    _apim("logout", "an event that is null is none", "and EVENT in events:", "and events.get(EVENT) is not None:"),
    _apim("logout", "an empty nonce is none", "if _is_there(nonce) else None", "if nonce else None"),
    _flows("the times of a logout token not judged", "        logout.check_logout_in_time,\n", ""),
    _apim("callback", "a code for ten minutes", "CODE_LIFETIME: Final = 300", "CODE_LIFETIME: Final = 600"),
    _apim(
        "authorize",
        "a redirect URI in any case",
        "if sent not in exchange.app.redirect_uris:",
        "if sent.lower() not in exchange.app.redirect_uris:",
    ),
    _data(
        "cis2",
        "another default for acr_values",
        'scope="openid nationalrbacaccess",  # (S)\n        default_acr="AAL3_ANY"',
        'scope="openid nationalrbacaccess",  # (S)\n        default_acr="AAL2_OR_AAL3_ANY"',
    ),
    _apim("authorize", "no max_age", 'MAX_AGE: Final = "300"', 'MAX_AGE: Final = "900"'),
    # providers and gateway
    _data(
        "cis2",
        "CIS2's sentence for a code",
        '_INVALID_GRANT: Final = "The provided access grant is invalid, expired, or revoked."',
        '_INVALID_GRANT: Final = "The provided access grant is invalid, expired or revoked."',
    ),
    _data("cis2", "CIS2 answers the whole hour", "expires_in_short_by=1,", "expires_in_short_by=0,"),
    _data(
        "cis2",
        "an assertion of CIS2 good for an hour",
        "longest=1800",
        "longest=3600",
    ),
    _data("nhs_login", "a capital Bearer at NHS login", 'token_type="bearer"', 'token_type="Bearer"'),
    _data("nhs_login", "no nonce wanted at NHS login", "nonce_required=True", "nonce_required=False"),
    _provider(
        "client_proof",
        "an assertion for anybody",
        "if any(each in good for each in found if isinstance(each, str)):",
        "if found:",
    ),
    _mock("gateway/errors", "a capital letter in a fault", '"Invalid access token"', '"Invalid Access token"'),
    _mock(
        "gateway/bearer_token",
        "a token that never expires",
        "return None if late < 0 else",
        "return None if late < 86400 else",
    ),
)
