"""The environment variables that code under test finds, and what is said of an ini that cannot be used."""

import os
import stat
from collections.abc import Callable

import pytest

from pytest_nhsauth import plugin

Run = Callable[..., pytest.RunResult]

ALL = """
[pytest]
nhsauth_env =
    APIM_URL={url}
    APIM_TOKEN_URL={token_url}
    APIM_AUTHORIZE_URL={authorize_url}
    APIM_USERINFO_URL={userinfo_url}
    CIS2_ISSUER={cis2_issuer}
    NHS_LOGIN_ISSUER={nhs_login_issuer}
    PDS_URL={gateway_url}/personal-demographics/FHIR/R4
    CLIENT_ID={client_id}
    CLIENT_SECRET={client_secret}
    KEY_PATH={private_key_path}
    KEY={private_key_pem}
    KID={kid}
    JWKS_URL={jwks_url}
    REDIRECT_URI={redirect_uri}
    PLAIN=as = it is
    BRACES={{client_id}}
"""


def test_each_placeholder_is_filled_in(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeini(ALL)
    pytester.makepyfile(
        """
        import os
        from pathlib import Path

        def test_it(nhsauth, nhsauth_app, nhsauth_env):
            expected = {
                "APIM_URL": nhsauth.url,
                "APIM_TOKEN_URL": nhsauth.token_url,
                "APIM_AUTHORIZE_URL": nhsauth.authorize_url,
                "APIM_USERINFO_URL": nhsauth.userinfo_url,
                "CIS2_ISSUER": nhsauth.cis2.issuer,
                "NHS_LOGIN_ISSUER": nhsauth.nhs_login.issuer,
                "PDS_URL": f"{nhsauth.gateway}/personal-demographics/FHIR/R4",
                "CLIENT_ID": nhsauth_app.client_id,
                "CLIENT_SECRET": nhsauth_app.client_secret,
                "KEY": nhsauth_app.private_key_pem,
                "KID": nhsauth_app.kid,
                "JWKS_URL": nhsauth_app.jwks_url,
                "REDIRECT_URI": nhsauth_app.redirect_uri,
                "PLAIN": "as = it is",
                "BRACES": "{client_id}",
            }
            assert {name: os.environ[name] for name in expected} == expected
            assert Path(os.environ["KEY_PATH"]).read_text() == nhsauth_app.private_key_pem
            assert nhsauth_env == {**expected, "KEY_PATH": os.environ["KEY_PATH"]}
        """
    )

    assert run().parseoutcomes() == {"passed": 1}


@pytest.mark.skipif(os.name != "posix", reason="a mode says nothing here")
def test_the_file_of_the_private_key_is_its_owner_s_alone(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeini("[pytest]\nnhsauth_env = KEY_PATH={private_key_path}")
    pytester.makepyfile(
        f"""
        import os

        def test_it(nhsauth_env):
            assert os.stat(nhsauth_env["KEY_PATH"]).st_mode & 0o777 == {stat.S_IRUSR | stat.S_IWUSR}
        """
    )

    assert run().parseoutcomes() == {"passed": 1}


def test_afterwards_the_environment_is_as_before(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENT_ID", "before")
    pytester.makeini("[pytest]\nnhsauth_env =\n    CLIENT_ID={client_id}\n    TOKEN_URL={token_url}")
    pytester.makepyfile(
        """
        import os

        def test_one(nhsauth_env):
            assert os.environ["CLIENT_ID"] == "nhsauth-app"

        def test_two():
            assert (os.environ["CLIENT_ID"], "TOKEN_URL" in os.environ) == ("before", False)
        """
    )

    assert run("-p", "no:randomly").parseoutcomes() == {"passed": 2}


def test_a_process_under_test_inherits_it(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeini("[pytest]\nnhsauth_env = HELLO_URL={gateway_url}/hello-world/hello/world")
    pytester.makepyfile(
        """
        import subprocess, sys

        PROGRAM = "import os, urllib.request; print(urllib.request.urlopen(os.environ['HELLO_URL']).status)"

        def test_it(nhsauth_exchanges, nhsauth_env):
            program = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True)

            nhsauth_exchanges.wait_for(1, timeout=60, path="/hello-world/hello/world", status=200)
            assert program.communicate(timeout=60)[0] == "200\\n"
        """
    )

    assert run().parseoutcomes() == {"passed": 1}


def test_pyproject_may_list_them(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\nnhsauth_env = ["CLIENT_ID={client_id}"]')
    pytester.makepyfile("def test_it(nhsauth_env): assert nhsauth_env == {'CLIENT_ID': 'nhsauth-app'}")

    assert run().parseoutcomes() == {"passed": 1}


def test_settings_from_python_do_not_undo_them(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeini("[pytest]\nnhsauth_env = CLIENT_ID={client_id}")
    pytester.makepyfile(
        """
        import pytest
        from pytest_nhsauth import Settings

        @pytest.fixture(scope="session")
        def nhsauth_settings():
            return Settings()

        def test_it(nhsauth_env):
            assert nhsauth_env == {"CLIENT_ID": "nhsauth-app"}
        """
    )

    assert run().parseoutcomes() == {"passed": 1}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "TOKEN_URL={tokenurl}",
            "TOKEN_URL has {tokenurl}, which is unknown (did you mean token_url?); allowed: url, token_url, *",
        ),
        ("TOKEN_URL={url!r}", "TOKEN_URL has {url!r}, which is unknown; allowed: url, token_url, *"),
        ("TOKEN_URL={}", "TOKEN_URL has {}, which is unknown; allowed: url, token_url, *"),
        ("TOKEN_URL={url", "TOKEN_URL is '{url': expected '}' before end of string; a brace of its own is written *"),
        ("TOKEN-URL={url}", "'TOKEN-URL={url}' is no NAME=value *"),
        ("{url}", "'{url}' is no NAME=value *"),
        ("A={url}\n    A={kid}", "A is given twice *"),
    ],
)
def test_a_line_that_cannot_be_used_is_a_usage_error(
    pytester: pytest.Pytester, run: Run, line: str, expected: str
) -> None:
    pytester.makeini(f"[pytest]\nnhsauth_env =\n    {line}")

    outcome = run()

    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines([f"ERROR: nhsauth: {expected}(nhsauth_env of tox.ini)"])


def test_without_lines_the_fixture_says_how_to_have_some(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("def test_it(nhsauth_env): pass")

    run().stdout.fnmatch_lines(["the ini names no variables: nhsauth_env = NAME={token_url}, one a line"])


def test_what_the_app_has_not_is_reported_in_one_line(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeini("[pytest]\nnhsauth_env = REDIRECT_URI={redirect_uri}")
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(autouse=True)
        def _without(nhsauth):
            nhsauth.apps.change("nhsauth-app", redirect_uris=[])

        def test_it(nhsauth_env): pass
        """
    )

    outcome = run()

    assert outcome.parseoutcomes() == {"errors": 1}
    outcome.stdout.fnmatch_lines(["app 'nhsauth-app' has no redirect URI: register it with redirect_uris"])


@pytest.mark.parametrize(
    ("name", "meant"), [("nhsauth_confg", "nhsauth_config"), ("nhsauth_envs", "nhsauth_env"), ("nhsauth", "")]
)
def test_a_misspelt_ini_value_is_a_usage_error(pytester: pytest.Pytester, name: str, meant: str) -> None:
    pytester.makeini(f"[pytest]\n{name} = x")

    outcome = pytester.runpytest_inprocess(plugins=[plugin])  # pytest itself makes it a warning

    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    hint = f" (did you mean {meant}[?])" if meant else "*"
    outcome.stderr.fnmatch_lines([f"ERROR: nhsauth: the ini's {name} is unknown{hint}; allowed: nhsauth_env, *"])
