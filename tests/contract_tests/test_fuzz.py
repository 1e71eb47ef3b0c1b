"""What is drawn at random finds planted faults, and what is printed of a failure can be run."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from contract_tests.answers import Said, said
from contract_tests.draft import Ahead, client_credentials
from contract_tests.jwks_host import jwks_host
from contract_tests.mock_target import MockTarget
from contract_tests.oracle import ISSUED, World, row_of
from contract_tests.reproduction import as_commands, as_test, written
from contract_tests.strategies import ABSENT, Recipe, Writing
from contract_tests.target import HEALTHCARE_WORKER
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock

TOO_FAR = Said(400, "invalid_request", "Invalid 'exp' claim in client_assertion JWT - more than 5 minutes in future")
WRITING = Writing(
    order=[3, 1, 2, 0], escapes=[True, False], lower=True, extra=[("x_one", "a b")], empty=True, capitals=True
)


@pytest.fixture(scope="module")
def target(ring: KeyRing) -> Iterator[MockTarget]:
    with Mock(ring=ring).serving() as server, jwks_host() as hosted, MockTarget(server.url, hosted) as mock:
        yield mock


def world(target: MockTarget) -> World:
    header, claims = target.id_token_parts(HEALTHCARE_WORKER)
    return World(
        now=target.now(),
        origin=target.origin,
        client_id=target.app({}).client_id,
        kid=target.jwk["kid"],
        key=target.signer.key.public_key(),
        issuers=[claims["iss"]],
        provider_kids=[header["kid"]],
        signed=target.signed,
    )


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ([], ISSUED),
        ([("assertion.claims.exp", Ahead(310))], ISSUED),
        ([("assertion.claims.exp", Ahead(311))], "§3.15"),
        ([("assertion.claims.exp", Ahead(-1))], "§3.6"),
        ([("assertion.claims.exp", "1")], "§3.6"),
        ([("assertion.claims.exp", ABSENT)], "§3.9"),
        ([("assertion.header.typ", ["JWT"])], "§3.8"),
        ([("assertion.header.kid", 0), ("assertion.claims.exp", ABSENT)], "§3.7"),
        ([("form.grant_type", ["password", "client_credentials"])], "§2.14"),
        ([("assertion.claims.aud", "https://other.example")], "§3.23"),
    ],
)
def test_the_oracle_knows_the_contract(target: MockTarget, changes: list[tuple[str, object]], row: str) -> None:
    request = Recipe(changes=changes, writing=WRITING).request(client_credentials(target))

    assert row_of(request, world(target)) == row


def test_a_writing_changes_bytes_and_no_meaning(target: MockTarget) -> None:
    plain, odd = (
        Recipe().request(client_credentials(target)),
        Recipe(writing=WRITING).request(client_credentials(target)),
    )

    assert plain.body != odd.body
    assert "CONTENT-TYPE" in odd.headers
    assert target.send(odd).status == target.send(plain).status == 200


def test_the_printed_commands_bring_the_same_answer_from_another_mock(target: MockTarget, ring: KeyRing) -> None:
    request = Recipe(changes=[("assertion.claims.exp", Ahead(311))], writing=WRITING).request(
        client_credentials(target)
    )
    with Mock(ring=ring).serving() as other:
        script = as_commands(target, target.app({}), request, url=other.url)
        done = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, timeout=30, check=True)  # noqa: S603, S607 - ours

    assert said(target.send(request)) == TOO_FAR
    assert done.stdout.startswith("HTTP/1.1 400")
    assert str(TOO_FAR.sentence) in done.stdout


@pytest.mark.parametrize(
    ("expected", "outcome"),
    [pytest.param(TOO_FAR, {"passed": 1}, marks=pytest.mark.slow), (ISSUED, {"failed": 1})],
)
def test_the_printed_test_is_a_test(
    target: MockTarget, pytester: pytest.Pytester, expected: Said | str, outcome: dict[str, int]
) -> None:
    request = Recipe(changes=[("assertion.claims.exp", Ahead(311))], writing=WRITING).request(
        client_credentials(target)
    )
    pytester.makepyfile(as_test(target, target.app({}), request, expected))

    run = pytester.runpytest_subprocess("-p", "no:randomly")

    run.assert_outcomes(**outcome)


def test_of_another_target_no_token_is_printed(target: MockTarget) -> None:
    request = Recipe().request(client_credentials(target))
    fake = type("Fake", (), {"kind": "fake", "origin": "https://fake.example"})()

    text = written(fake, target.app({}), request, ISSUED, TOO_FAR)

    assert "client_assertion=(hidden)" in text
    assert re.search(r"eyJ\w+", text) is None


@pytest.mark.slow
def test_a_failure_is_shrunk_and_printed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from dataclasses import replace

        import pytest

        from contract_tests import test_fuzz
        from contract_tests.conftest import pytest_runtest_call, target  # noqa: F401
        from contract_tests.test_fuzz import test_nothing_that_is_right_is_refused  # noqa: F401
        from mock_servers.apim import client_assertion


        @pytest.fixture(autouse=True, scope="module")
        def _planted():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(client_assertion, "_GRACE", 9)
                yield
        """
    )

    run = pytester.runpytest_subprocess("-p", "no:randomly", "--hypothesis-seed=1")

    run.assert_outcomes(failed=1)
    text = run.stdout.str()
    assert "expected a token" in text
    assert "curl -i -X POST http://127.0.0.1:8080/oauth2/token" in text
    assert "def test_it(nhsauth, nhsauth_new_app):" in text
