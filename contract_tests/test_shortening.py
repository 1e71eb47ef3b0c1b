"""The form parameters that shorten lifetimes, for testers who cannot wait: they lower, they never raise."""

import pytest

from contract_tests.asking import SOUND
from contract_tests.breakage import Flow
from contract_tests.target import Target

PROVES = ("§6 shortening", "S")

ISSUING = [Flow.CLIENT_CREDENTIALS, Flow.TOKEN_EXCHANGE, Flow.DELEGATION, Flow.REFRESH, Flow.AUTHORIZATION_CODE]
NO_POSITIVE_INTEGER = ["", "0", "-60000", "60000.5", "1e3", "soon"]


def _lifetime(target: Target, flow: Flow, parameter: str, value: str, member: str) -> str:
    draft = SOUND[flow](target)
    draft.form[parameter] = value
    return str(draft.send().json.get(member))


@pytest.mark.parametrize("flow", ISSUING)
def test_an_access_token_can_be_shortened_everywhere(target: Target, flow: Flow) -> None:
    """A minute asked for is a minute, and one second less is told."""
    assert _lifetime(target, flow, "_access_token_expiry_ms", "60000", "expires_in") == "59"


@pytest.mark.parametrize("asked", ["600000", "600001", "3600000"])
def test_an_access_token_is_never_lengthened(target: Target, asked: str) -> None:
    """What is not below the default is ignored."""
    lifetime = _lifetime(target, Flow.CLIENT_CREDENTIALS, "_access_token_expiry_ms", asked, "expires_in")

    assert lifetime == "599"


@pytest.mark.parametrize("asked", NO_POSITIVE_INTEGER)
def test_a_lifetime_that_is_no_positive_integer_is_ignored(target: Target, asked: str) -> None:
    """Inferred: nobody has seen the service refuse one."""
    lifetime = _lifetime(target, Flow.CLIENT_CREDENTIALS, "_access_token_expiry_ms", asked, "expires_in")

    assert lifetime == "599"


@pytest.mark.parametrize("flow", [Flow.REFRESH, Flow.AUTHORIZATION_CODE])
def test_a_refresh_token_can_be_shortened_at_a_refresh_and_at_a_code(target: Target, flow: Flow) -> None:
    """A minute asked for is a minute, and one second less is told."""
    lifetime = _lifetime(target, flow, "_refresh_token_expiry_ms", "60000", "refresh_token_expires_in")

    assert lifetime == "59"


def test_a_session_can_be_shortened_at_a_refresh(target: Target) -> None:
    """An hour asked for is an hour after the log-in, and one second less is told."""
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
