"""The marker and the fixtures that give what it asks for; what is said when it asks for what cannot be."""

from collections.abc import Callable

import pytest
import requests

from pytest_nhsauth import Platform

Run = Callable[..., pytest.RunResult]


def status(platform: Platform, path: str, headers: dict[str, str]) -> int:
    """What the API behind the platform answers."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"{platform.gateway}/hello-world/hello/{path}", headers=headers, timeout=10).status_code


class TestAccess:
    @pytest.mark.nhsauth(access="healthcare_worker", level="aal3", user="656005750104")
    def test_a_healthcare_worker_gets_in(self, nhsauth: Platform, nhsauth_auth_headers: dict[str, str]) -> None:
        assert status(nhsauth, "user", nhsauth_auth_headers) == 200
        assert nhsauth.exchanges[0].path == "/oauth2/token"

    @pytest.mark.nhsauth(access="patient", level="P9")
    def test_a_patient_gets_in(self, nhsauth: Platform, nhsauth_auth_headers: dict[str, str]) -> None:
        assert status(nhsauth, "user", nhsauth_auth_headers) == 200

    @pytest.mark.nhsauth(access="application", level="level3")
    def test_an_application_gets_in(self, nhsauth: Platform, nhsauth_auth_headers: dict[str, str]) -> None:
        assert status(nhsauth, "application", nhsauth_auth_headers) == 200

    @pytest.mark.nhsauth(access="application", level="level0")
    def test_an_api_key_gets_in(self, nhsauth: Platform, nhsauth_auth_headers: dict[str, str]) -> None:
        assert nhsauth_auth_headers == {"apikey": "nhsauth-app"}
        assert status(nhsauth, "application", nhsauth_auth_headers) == 200

    @pytest.mark.nhsauth(access="application")
    def test_the_token_alone_is_a_fixture(self, nhsauth: Platform, nhsauth_access_token: str) -> None:
        assert status(nhsauth, "application", {"Authorization": f"Bearer {nhsauth_access_token}"}) == 200

    @pytest.mark.nhsauth(access="application")
    def test_both_fixtures_give_the_same_token(
        self, nhsauth_access_token: str, nhsauth_auth_headers: dict[str, str]
    ) -> None:
        assert nhsauth_auth_headers == {"Authorization": f"Bearer {nhsauth_access_token}"}

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            pytest.param("user", 200, marks=pytest.mark.nhsauth(access="patient")),
            pytest.param("user", 403, marks=pytest.mark.nhsauth(access="application")),
        ],
    )
    def test_a_parameter_may_bring_it(
        self, nhsauth: Platform, nhsauth_auth_headers: dict[str, str], path: str, expected: int
    ) -> None:
        assert status(nhsauth, path, nhsauth_auth_headers) == expected


@pytest.mark.nhsauth(access="application")
class TestClosest:
    def test_a_class_may_bring_it(self, nhsauth: Platform, nhsauth_auth_headers: dict[str, str]) -> None:
        assert status(nhsauth, "application", nhsauth_auth_headers) == 200

    @pytest.mark.nhsauth(access="patient")
    def test_a_test_takes_precedence_whole(self, nhsauth: Platform, nhsauth_auth_headers: dict[str, str]) -> None:
        assert status(nhsauth, "user", nhsauth_auth_headers) == 200


class TestInItsPlaces:
    def test_a_module_may_bring_it(self, pytester: pytest.Pytester, run: Run) -> None:
        pytester.makepyfile(
            """
            import pytest
            pytestmark = pytest.mark.nhsauth(access="application", level="level0")

            def test_it(nhsauth_auth_headers):
                assert nhsauth_auth_headers == {"apikey": "nhsauth-app"}
            """
        )

        assert run("--strict-markers").parseoutcomes() == {"passed": 1}

    def test_it_goes_with_usefixtures(self, pytester: pytest.Pytester, run: Run) -> None:
        pytester.makepyfile(
            """
            import pytest

            @pytest.mark.nhsauth(access="application")
            @pytest.mark.usefixtures("nhsauth_access_token")
            def test_it(nhsauth_exchanges):
                nhsauth_exchanges.assert_one(grant_type="client_credentials", error=None)
            """
        )

        assert run().parseoutcomes() == {"passed": 1}

    def test_another_app_may_be_named(self, pytester: pytest.Pytester, run: Run) -> None:
        pytester.makepyfile(
            """
            import pytest

            @pytest.fixture(scope="module", autouse=True)
            def _mine(nhsauth_platform):
                nhsauth_platform.new_app(client_id="mine")

            @pytest.mark.nhsauth(access="application", app="mine")
            def test_token(nhsauth_access_token, nhsauth_exchanges):
                assert nhsauth_exchanges.last.client_id == "mine"

            @pytest.mark.nhsauth(access="application", level="level0", app="mine")
            def test_key(nhsauth_auth_headers):
                assert nhsauth_auth_headers == {"apikey": "mine"}
            """
        )

        assert run().parseoutcomes() == {"passed": 2}

    def test_an_app_of_a_conftest_takes_the_place_of_the_registered_one(
        self, pytester: pytest.Pytester, run: Run
    ) -> None:
        pytester.makeconftest(
            """
            import pytest

            @pytest.fixture
            def nhsauth_app(nhsauth):
                return nhsauth.new_app(client_id="mine")
            """
        )
        pytester.makeini("[pytest]\nnhsauth_env = CLIENT_ID={client_id}")
        pytester.makepyfile(
            """
            import pytest

            @pytest.mark.nhsauth(access="application")
            def test_token(nhsauth_access_token, nhsauth_exchanges):
                assert nhsauth_exchanges.last.client_id == "mine"

            @pytest.mark.nhsauth(access="application", level="level0")
            def test_key(nhsauth_auth_headers):
                assert nhsauth_auth_headers == {"apikey": "mine"}

            def test_client(nhsauth_client, nhsauth_id_token, nhsauth_exchanges, nhsauth_env):
                nhsauth_client.token_exchange(nhsauth_id_token())
                assert (nhsauth_exchanges.last.client_id, nhsauth_env) == ("mine", {"CLIENT_ID": "mine"})
            """
        )

        assert run().parseoutcomes() == {"passed": 3}

    def test_it_is_listed(self, run: Run) -> None:
        run("--markers").stdout.fnmatch_lines(["@pytest.mark.nhsauth(access, level=None, user=None, app=None): what *"])

    def test_a_running_mock_gives_the_same(self, pytester: pytest.Pytester, run: Run, nhsauth: Platform) -> None:
        pytester.makepyfile(
            """
            import pytest

            @pytest.mark.nhsauth(access="healthcare_worker", level="aal2")
            def test_it(nhsauth_auth_headers):
                assert nhsauth_auth_headers["Authorization"].startswith("Bearer ")
            """
        )

        assert run(f"--nhsauth-target={nhsauth.url}").parseoutcomes() == {"passed": 1}


@pytest.mark.parametrize(
    ("marker", "fixture", "expected"),
    [
        ('acces="patient"', "", "keyword 'acces' is unknown (did you mean access?); allowed: access, level, user, app"),
        ("", "", "access is missing; allowed: healthcare_worker, patient, application"),
        ('"patient"', "", " takes keywords alone (access, level, user, app), not 'patient'"),
        ('access="doctor"', "", "access 'doctor' is unknown; allowed: healthcare_worker, patient, application"),
        ('access="Patient"', "", "access 'Patient' is unknown (did you mean patient?); allowed: *"),
        ('access="patient", level="aal3"', "", "level of patient 'aal3' is unknown; allowed: P0, P5, P9"),
        ('access="patient", level="p9"', "", "level of patient 'p9' is unknown (did you mean P9?); allowed: *"),
        ('access="patient", level=9', "", "level is 9; allowed is text"),
        ('access="application", user="1"', "", "user is '1', and an application's access is nobody's: leave it out"),
        (
            'access="healthcare_worker", user="9912003071"',
            "nhsauth_access_token",
            "CIS2 has no user '9912003071': that one is NHS login's, say provider=\"nhs_login\", or access=*",
        ),
        ('access="patient", user="1"', "nhsauth_access_token", "NHS login has no user '1': it has 9912003071 (P9), *"),
        (
            'access="healthcare_worker", user="656005750109", level="aal3"',
            "nhsauth_auth_headers",
            "user 656005750109 logs in at aal2 at most, not at aal3",
        ),
        ('access="application", app="mine"', "nhsauth_access_token", "no app has client_id 'mine': there is *"),
        (
            'access="application", level="level0", app="mine"',
            "nhsauth_auth_headers",
            "no app has client_id 'mine': there is *",
        ),
        (
            'access="application", level="level0"',
            "nhsauth_access_token",
            "level0 asks for no token: nhsauth_auth_headers has the API key",
        ),
    ],
)
def test_what_cannot_be_is_reported_in_one_line(
    pytester: pytest.Pytester, run: Run, marker: str, fixture: str, expected: str
) -> None:
    pytester.makepyfile(f"import pytest\n\n@pytest.mark.nhsauth({marker})\ndef test_it({fixture}): pass")

    outcome = run()

    assert outcome.parseoutcomes() == {"errors": 1}
    outcome.stdout.fnmatch_lines([f"*{expected}"])
    outcome.stdout.no_fnmatch_line("*another exception occurred*")
    outcome.stdout.no_fnmatch_line("*Traceback*")
    outcome.stdout.no_fnmatch_line("*pytest_nhsauth?*.py*")


def test_a_test_without_a_marker_is_reported_how_to_have_one(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("def test_it(nhsauth_auth_headers): pass")

    run().stdout.fnmatch_lines(
        ['nhsauth_auth_headers gives what a marker asks for, as @pytest.mark.nhsauth(access="healthcare_worker", *']
    )


def test_a_refusal_is_reported_with_its_diagnosis(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(autouse=True)
        def _withdrawn(nhsauth):
            nhsauth.apps.change("nhsauth-app", approved=False)

        @pytest.mark.nhsauth(access="application")
        def test_it(nhsauth_access_token): pass
        """
    )

    outcome = run()

    assert outcome.parseoutcomes() == {"errors": 1}
    outcome.stdout.fnmatch_lines(["no access token for application: POST /oauth2/token 401 * | *"])


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("drop=True", "no access token for application: ConnectionError, *"),
        ('malformed="html"', "no access token for application: JSONDecodeError, *"),
        ("status=503", "no access token for application: POST /oauth2/token 503 *"),
    ],
)
def test_a_fault_is_reported_in_one_line(pytester: pytest.Pytester, run: Run, fault: str, expected: str) -> None:
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.fixture(autouse=True)
        def _fault(nhsauth_faults):
            nhsauth_faults.next("token", {fault})

        @pytest.mark.nhsauth(access="application")
        def test_it(nhsauth_access_token): pass
        """
    )

    outcome = run()

    assert outcome.parseoutcomes() == {"errors": 1}
    outcome.stdout.fnmatch_lines([expected])
    outcome.stdout.no_fnmatch_line("*pytest_nhsauth?*.py*")
