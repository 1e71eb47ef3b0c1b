"""The token service's refusals after the assertion: for an application, or in exchange for an id token."""

from contract_tests import precondition
from contract_tests.breakage import Breakage, Flow, broken, kinds
from contract_tests.mistake import act, app, subject_token
from contract_tests.reach import Ability

_CREDENTIALS = kinds(Flow.CLIENT_CREDENTIALS)
_EXCHANGE = kinds(Flow.TOKEN_EXCHANGE)
_EXCHANGES = kinds(Flow.TOKEN_EXCHANGE, Flow.DELEGATION)
_DELEGATION = kinds(Flow.DELEGATION)
_SIGNED = frozenset({Ability.ID_TOKENS})
"""What a rule after the signature needs, so that a test's own claims reach it."""
_FAULTS = frozenset({Ability.FAULTS})
# What a breakage of the actor token relies on: the rule looks at no other provider's tokens.
_ACTING = "subject_token.claims.iss subject_token.claims.nhs_number"

EXCHANGE: tuple[Breakage, ...] = (
    # Client credentials.
    *broken("§4", _CREDENTIALS, "app.scopes", app.scopes_of_people_only, app.no_scopes),
    # Token exchange.
    *broken("§5.1", _EXCHANGES, "subject_token", subject_token.absent),
    *broken("§5.1: empty", _EXCHANGE, "subject_token", subject_token.empty),
    *broken(
        "§5.2",
        _EXCHANGES,
        "subject_token.claims subject_token.header subject_token.signature",
        subject_token.opaque,
        subject_token.two_parts,
        subject_token.header_not_json,
        subject_token.claims_a_list,
    ),
    *broken("§5.2: repeated", _EXCHANGE, "subject_token", subject_token.second_one_right),
    *broken("§5.3", _EXCHANGES, "subject_token.header.kid", subject_token.kid_absent, subject_token.kid_empty),
    *broken("§5.4", _EXCHANGES, "subject_token.header.typ", subject_token.typ_absent, subject_token.typ_other),
    *broken("§5.5", _EXCHANGES, "subject_token.header.alg", subject_token.alg_absent),
    *broken(
        "§5.6",
        _EXCHANGES,
        "subject_token.claims.exp",
        subject_token.exp_absent,
        subject_token.exp_zero,
        subject_token.exp_empty_text,
    ),
    *broken(
        "§5.7",
        _EXCHANGES,
        "subject_token.claims.exp",
        subject_token.exp_as_text,
        subject_token.exp_past_as_text,
        subject_token.exp_true,
    ),
    *broken("§5.8", _EXCHANGES, "subject_token.claims.exp", subject_token.expired),
    *broken("§5.9", _EXCHANGES, "subject_token.claims.iss", subject_token.iss_absent),
    *broken("§5.10", _EXCHANGES, "subject_token.claims.aud", subject_token.aud_absent),
    # The person acting for a patient.
    *broken("§5.11: not a JWT", _DELEGATION, "subject_token.claims.act", act.opaque, relies=_ACTING),
    *broken("§5.11: kid", _DELEGATION, "subject_token.claims.act.header.kid", act.kid_absent, relies=_ACTING),
    *broken(
        "§5.11: typ", _DELEGATION, "subject_token.claims.act.header.typ", act.typ_absent, act.typ_other, relies=_ACTING
    ),
    *broken("§5.11: alg", _DELEGATION, "subject_token.claims.act.header.alg", act.alg_absent, relies=_ACTING),
    *broken(
        "§5.11: exp absent",
        _DELEGATION,
        "subject_token.claims.act.claims.exp",
        act.exp_absent,
        act.exp_zero,
        relies=_ACTING,
    ),
    *broken(
        "§5.11: exp not a number", _DELEGATION, "subject_token.claims.act.claims.exp", act.exp_as_text, relies=_ACTING
    ),
    *broken("§5.11: iss", _DELEGATION, "subject_token.claims.act.claims.iss", act.iss_absent, relies=_ACTING),
    *broken("§5.11: aud", _DELEGATION, "subject_token.claims.act.claims.aud", act.aud_absent, relies=_ACTING),
    *broken(
        "§5.11: nhs_number",
        _DELEGATION,
        "subject_token.claims.act.claims.nhs_number",
        act.nhs_number_absent,
        relies=_ACTING,
    ),
    *broken(
        "§5.12", _EXCHANGES, "subject_token.claims.iss", subject_token.iss_of_a_stranger, subject_token.iss_with_a_slash
    ),
    *broken(
        "§5.13",
        _EXCHANGE,
        "subject_token.header.kid",
        subject_token.kid_not_yet_fetched,
        circumstance=precondition.cis2_keys_unreachable,
        needs=_FAULTS,
    ),
    *broken("§5.14", _EXCHANGES, "subject_token.header.kid", subject_token.kid_unknown),
    *broken("§5.15", _EXCHANGES, "subject_token.header.alg", subject_token.alg_hs256, subject_token.alg_rs384),
    *broken("§5.15", _EXCHANGES, "subject_token.header.alg subject_token.signature", subject_token.alg_none),
    *broken(
        "§5.16",
        _EXCHANGES,
        "subject_token.signature",
        subject_token.signature_turned,
        subject_token.signature_of_other_claims,
        subject_token.signature_of_the_app,
    ),
    *broken("§5.16: empty", _EXCHANGE, "subject_token.signature", subject_token.signature_empty),
    *broken("§5.17", _EXCHANGES, "subject_token.claims.nbf", subject_token.nbf_ahead, needs=_SIGNED),
    *broken("§5.17", _EXCHANGES, "subject_token.claims.iat", subject_token.iat_ahead, needs=_SIGNED),
    *broken(
        "§5.18",
        _EXCHANGES,
        "app.scopes subject_token.claims.identity_proofing_level",
        app.scopes_of_lower_levels,
        app.scopes_of_the_app_only,
        app.no_scopes,
    ),
    *broken(
        "§5.18a",
        _DELEGATION,
        "subject_token.claims.identity_proofing_level",
        subject_token.identity_proofing_level_absent,
        needs=_SIGNED,
    ),
)
