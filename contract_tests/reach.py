"""The abilities of a target, and how a case says that this target cannot be tested."""

from collections.abc import Set as AbstractSet
from enum import StrEnum


class Ability(StrEnum):
    """A case's requirement of a target; the value ends the sentence "the target cannot …"."""

    APPS = "register apps of any kind"
    TIME = "have its clock set"
    ID_TOKENS = "have a provider sign id tokens of any content"
    CIS2_ID_TOKEN = "be asked with an id token of CIS2: none was supplied"
    NHS_LOGIN_ID_TOKEN = "be asked with an id token of NHS login: none was supplied"
    LOG_INS = "let a person log in without their hands"
    SECRET = "be asked with a client secret: none was supplied"
    REDIRECT = "be asked with a redirect URI: none was supplied"
    PROVIDERS = "be asked as CIS2 and NHS login"
    DISCOVERY = "be asked about CIS2 and NHS login: it has no discovery document"
    GATEWAY = "be asked for an API behind the gateway"
    ADMINISTRATION = "be asked as the platform's own administration of environment int"
    APIS = "have an API of our own behind its gateway"
    STATUS_KEY = "be asked with a status key: none was supplied"
    FAULTS = "be made to fail behind its front"
    CROWD = "be asked thousands of questions, or many at once"


class Switch(StrEnum):
    """A setting of the mock where the real service is in doubt: the value is the member that is not the default."""

    STRICT_CONTENT_TYPE = "apim.strict_content_type"
    SCOPE_STATUS_401 = "apim.insufficient_scope_status"
    SANDBOX_UNKNOWN_CLIENT = "apim.sandbox_unknown_client"
    LEVELS_AS_TEXT = "cis2.assurance_levels"
    CODES_OF_ANCESTOR = "cis2.unusable_code"
    ASSERTIONS_OF_ANCESTOR = "cis2.foreign_assertion"
    PKCE_ENFORCED = "cis2.enforce_pkce"
    SCOPE_AT_TOKEN_REFUSED = "cis2.scope_at_token"
    CIS2_SINGLE_SIGN_ON = "cis2.single_sign_on"
    NHS_LOGIN_SINGLE_SIGN_ON = "nhs_login.single_sign_on"
    STRICT_AUTHORIZE = "nhs_login.strict_authorize"
    ANY_VECTOR = "nhs_login.default_vtr"


class OutOfReachError(Exception):
    """This case cannot be put to this target; the message says what the target cannot do."""


class UnpreparedError(Exception):
    """A step before the tested request failed, so that an answer would prove nothing."""


class CannotJudgeError(Exception):
    """The target does not answer like a service of this kind at all; the message is one line for a person."""


def need(abilities: AbstractSet[Ability], *needed: Ability) -> None:
    """Raise OutOfReachError, naming what is missing, unless all abilities are present."""
    missing = [ability for ability in needed if ability not in abilities]
    if missing:
        raise OutOfReachError(f"the target cannot {missing[0].value}")
