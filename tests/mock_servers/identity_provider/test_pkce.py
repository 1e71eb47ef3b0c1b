"""PKCE at CIS2: a challenge and no verifier of it pass with advice, unless a setting refuses them."""

from collections.abc import Callable, Mapping

import pytest
from werkzeug.test import TestResponse

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.sections import ProviderSettings
from mock_servers.state.configuration import Configuration

Ask = Callable[..., TestResponse]

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
S256 = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
"""Those of RFC 7636, appendix B."""
PLAIN = {"code_challenge": VERIFIER}
INVALID = {
    "error_description": "The provided access grant is invalid, expired, or revoked.",
    "error": "invalid_grant",
}
WRONG = [
    (S256, {}),
    (S256, {"code_verifier": ""}),
    (S256, {"code_verifier": "A" * 43}),
    (S256, {"code_verifier": S256["code_challenge"]}),
    (PLAIN, {}),
    (PLAIN, {"code_verifier": "A" * 43}),
    ({**S256, "code_challenge_method": "s256"}, {"code_verifier": VERIFIER}),
]
RIGHT = [
    (S256, {"code_verifier": VERIFIER}),
    (PLAIN, {"code_verifier": VERIFIER}),
    ({**PLAIN, "code_challenge_method": "plain"}, {"code_verifier": VERIFIER}),
    ({}, {}),
    ({}, {"code_verifier": VERIFIER}),
]
LOGS_IN = {"cis2": "656005750104", "nhs_login": "9912003071"}


@pytest.fixture
def answered(submit: Ask, redeem: Ask, read_redirect: Callable[[TestResponse], dict[str, str]]) -> Ask:
    """Log a person in by the form, with a challenge; redeem the code, with a verifier."""

    def send(asked: Mapping[str, str], sent: Mapping[str, str], provider: str = "cis2") -> TestResponse:
        code = read_redirect(submit(LOGS_IN[provider], provider, **asked))["code"]
        return redeem(provider, code, **sent)

    return send


def advice(platform: Mock) -> list[str]:
    return [each for each in platform.exchanges.last.advice if "enforce_pkce" in each]


@pytest.mark.parametrize(("asked", "sent"), WRONG)
def test_a_challenge_without_its_verifier_passes_with_advice(
    platform: Mock, answered: Ask, asked: dict[str, str], sent: dict[str, str]
) -> None:
    answer = answered(asked, sent)

    assert (answer.status_code, len(advice(platform))) == (200, 1)
    assert VERIFIER not in advice(platform)[0]


@pytest.mark.parametrize(("asked", "sent"), RIGHT)
def test_a_verifier_of_its_challenge_and_a_log_in_without_one_pass_without_advice(
    platform: Mock, answered: Ask, asked: dict[str, str], sent: dict[str, str]
) -> None:
    answer = answered(asked, sent)

    assert (answer.status_code, advice(platform)) == (200, [])


def test_nhs_login_which_documents_no_pkce_gets_no_advice(platform: Mock, answered: Ask) -> None:
    answer = answered(S256, {}, "nhs_login")

    assert (answer.status_code, advice(platform)) == (200, [])


class TestEnforced:
    """Where the setting is on."""

    @pytest.fixture
    def platform(self, ring: KeyRing) -> Mock:
        """A platform whose CIS2 checks PKCE."""
        return Mock(Configuration(cis2=ProviderSettings(enforce_pkce=True)), ring=ring)

    @pytest.mark.parametrize(("asked", "sent"), WRONG)
    def test_a_challenge_without_its_verifier_is_refused(
        self, platform: Mock, answered: Ask, asked: dict[str, str], sent: dict[str, str]
    ) -> None:
        answer = answered(asked, sent)

        assert (answer.status_code, answer.get_json()) == (400, INVALID)
        assert "code_challenge" in (platform.exchanges.last.diagnosis or "")
        assert VERIFIER not in (platform.exchanges.last.diagnosis or "")

    @pytest.mark.parametrize(("asked", "sent"), RIGHT)
    def test_all_else_passes(self, answered: Ask, asked: dict[str, str], sent: dict[str, str]) -> None:
        assert answered(asked, sent).status_code == 200
