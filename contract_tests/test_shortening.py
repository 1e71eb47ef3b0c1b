"""The form parameters that shorten lifetimes, for testers who cannot wait: they lower, they never raise."""

import pytest

from contract_tests.breakage import Flow
from contract_tests.broken_request import SOUND
from contract_tests.case import proves
from contract_tests.target import Target

PROVES = ("§6 shortening", "S")

ISSUING = [Flow.CLIENT_CREDENTIALS, Flow.TOKEN_EXCHANGE, Flow.DELEGATION, Flow.REFRESH, Flow.AUTHORIZATION_CODE]
NO_NUMBER = ["", "soon", "-", ".5", "Infinity"]
NOT_ABOVE_NOTHING = ["0", "-60000", "-1"]
READ = {"60000.5": "59", "60000ms": "59", " +60000": "59", "0060000": "59", "0xEA60": "59", "6e4": "0", "600000": "599"}
"""A script's parseInt of a text, as the lifetime in the answer."""


def _lifetime(target: Target, flow: Flow, parameter: str, value: str, member: str) -> str:
    draft = SOUND[flow](target)
    draft.form[parameter] = value
    return str(draft.send().json.get(member))


@pytest.mark.parametrize("flow", ISSUING)
def test_an_access_token_can_be_shortened_everywhere(target: Target, flow: Flow) -> None:
    """A minute asked for is a minute, and the answer is one second less."""
    assert _lifetime(target, flow, "_access_token_expiry_ms", "60000", "expires_in") == "59"


@pytest.mark.parametrize("asked", ["600000", "600001", "3600000"])
def test_an_access_token_is_never_lengthened(target: Target, asked: str) -> None:
    """What is not below the default is ignored."""
    lifetime = _lifetime(target, Flow.CLIENT_CREDENTIALS, "_access_token_expiry_ms", asked, "expires_in")

    assert lifetime == "599"


@pytest.mark.parametrize("asked", NO_NUMBER)
def test_what_a_script_reads_no_number_from_is_ignored(target: Target, asked: str) -> None:
    """The source takes parseInt of the value, and compares: no number is below the default."""
    lifetime = _lifetime(target, Flow.CLIENT_CREDENTIALS, "_access_token_expiry_ms", asked, "expires_in")

    assert lifetime == "599"


@pytest.mark.parametrize(("asked", "expected"), READ.items(), ids=list(READ))
def test_a_number_is_read_as_a_script_reads_it(target: Target, asked: str, expected: str) -> None:
    """Up to the first character that is no digit."""
    lifetime = _lifetime(target, Flow.CLIENT_CREDENTIALS, "_access_token_expiry_ms", asked, "expires_in")

    assert lifetime == expected


@proves("§6 shortening", "I")
@pytest.mark.parametrize("asked", NOT_ABOVE_NOTHING)
@pytest.mark.parametrize(
    ("parameter", "member", "expected"),
    [
        ("_access_token_expiry_ms", "expires_in", "599"),
        ("_refresh_token_expiry_ms", "refresh_token_expires_in", "43199"),
    ],
)
def test_a_token_of_no_lifetime_is_not_made(
    target: Target, parameter: str, member: str, expected: str, asked: str
) -> None:
    """Inferred: the source hands the value on, and what becomes of it then nobody has seen."""
    assert _lifetime(target, Flow.REFRESH, parameter, asked, member) == expected


@pytest.mark.parametrize("flow", [Flow.REFRESH, Flow.AUTHORIZATION_CODE])
def test_a_refresh_token_can_be_shortened_at_a_refresh_and_at_a_code(target: Target, flow: Flow) -> None:
    """A minute asked for is a minute, and the answer is one second less."""
    lifetime = _lifetime(target, flow, "_refresh_token_expiry_ms", "60000", "refresh_token_expires_in")

    assert lifetime == "59"


def test_a_session_can_be_shortened_at_a_refresh(target: Target) -> None:
    """An hour asked for is an hour after the log-in, and the answer is one second less."""
    lifetime = _lifetime(target, Flow.REFRESH, "_refresh_tokens_validity_ms", "3600000", "refresh_token_expires_in")

    assert lifetime == "3599"


@pytest.mark.parametrize("parameter", ["_refresh_token_expiry_ms", "_refresh_tokens_validity_ms"])
def test_a_refresh_token_cannot_be_lengthened(target: Target, parameter: str) -> None:
    """What is not below the default is ignored."""
    lifetime = _lifetime(target, Flow.REFRESH, parameter, "86400000", "refresh_token_expires_in")

    assert lifetime == "43199"


@pytest.mark.parametrize("parameter", ["_refresh_token_expiry_ms", "_refresh_tokens_validity_ms"])
def test_a_refresh_token_cannot_be_shortened_at_the_exchange(target: Target, parameter: str) -> None:
    """Only where tokens are refreshed, or codes redeemed."""
    lifetime = _lifetime(target, Flow.TOKEN_EXCHANGE, parameter, "60000", "refresh_token_expires_in")

    assert lifetime == "43199"
