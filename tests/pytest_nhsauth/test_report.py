"""The section that a failed test shows, and when it is not there."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest

Run = Callable[..., pytest.RunResult]

TITLE = "*- nhsauth exchanges -*"
EXPIRED = [
    "POST /oauth2/token 400 invalid_request Invalid 'exp' claim *",
    "  Seen (certain): exp is 1: too small for seconds since 1970.",
]
ASKING = """
import pytest
import requests

def ask(platform, **claims):
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": platform.app().client_assertion(claims),
    }
    requests.post(platform.token_url, form, timeout=10)
"""


def section(outcome: pytest.RunResult) -> list[str]:
    """The lines of the one section, without its title."""
    lines = outcome.outlines
    starts = [number for number, line in enumerate(lines) if "- nhsauth exchanges -" in line]
    assert len(starts) == 1, starts
    rest = lines[starts[0] + 1 :]
    return rest[: next(number for number, line in enumerate(rest) if line.startswith(("=", "_", "-")))]


def test_a_failure_shows_each_exchange_and_its_diagnosis(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        f"""{ASKING}
def test_it(nhsauth):
    ask(nhsauth)
    ask(nhsauth, exp=1)
    pytest.fail("as it should")
"""
    )

    lead, succeeded, refused, *why = section(run())

    assert lead == "1 of 2 refused"
    assert succeeded == "POST /oauth2/token 200"
    assert refused.startswith("POST /oauth2/token 400 invalid_request Invalid 'exp' claim in client_assertion JWT")
    assert [line.partition(":")[0] for line in why[:4]] == ["  Seen (certain)", "  Cause", "  Cure", "  Rule"]
    assert why[0].startswith("  Seen (certain): exp is 1: ")
    assert why[3].startswith("  Rule: exp is ")


def test_as_text_an_exchange_says_first_what_explains_it(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        f"""{ASKING}
def test_it(nhsauth):
    ask(nhsauth, exp=1)
    refused = nhsauth.exchanges.last
    assert str(refused).partition(" | ")[2] == refused.headline == refused.findings[0].seen != refused.diagnosis
    assert str(refused) in repr(nhsauth.exchanges)
"""
    )

    assert run().parseoutcomes() == {"passed": 1}


def test_what_explains_the_refusal_comes_first_and_what_comes_later_is_not_headline(
    pytester: pytest.Pytester, run: Run
) -> None:
    pytester.makepyfile(
        f"""{ASKING}
def test_it(nhsauth):
    ask(nhsauth, exp=1, aud=nhsauth.token_url + "/")
    pytest.fail("as it should")
"""
    )

    reported = section(run())

    labels = [line.strip().partition(":")[0] for line in reported[1:] if not line.startswith("    ")]
    assert labels == ["Seen (certain)", "Cause", "Cure", "Rule", "Next (certain)", "Cause", "Cure", "Next"]
    assert "exp is 1" in reported[1]
    assert "aud is" in reported[5]


def test_a_refusal_is_shown_once(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(f"{ASKING}\ndef test_it(nhsauth):\n    ask(nhsauth, exp=1)\n    assert False")

    shown = run().outlines

    assert len([line for line in shown if "exp is 1: too small" in line]) == 1
    assert [line for line in shown if "Captured log" in line] == []


def test_a_finding_is_reported_below_its_exchange(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import requests

        def test_it(nhsauth):
            url = f"{nhsauth.gateway}/hello-world/hello/application"
            requests.get(url, headers={"Authorization": f"Bearer {nhsauth.app().client_id}"}, timeout=10)
            assert False
        """
    )

    _, finding, *_ = section(run())

    assert finding.startswith("  Seen (certain): The value after Bearer is the API key of app")


def test_a_failure_that_asked_nothing_shows_no_section(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("def test_it(nhsauth): assert not nhsauth")

    run().stdout.no_fnmatch_line(TITLE)


def test_a_failure_without_the_mock_shows_no_section(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("def test_it(): assert False")

    run().stdout.no_fnmatch_line(TITLE)


def test_a_success_shows_no_section(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(f"{ASKING}\ndef test_it(nhsauth): ask(nhsauth)")

    run("-rA").stdout.no_fnmatch_line(TITLE)


def test_a_failure_shows_nothing_of_an_earlier_test(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        f"""{ASKING}
@pytest.mark.parametrize("turn", range(2))
def test_it(nhsauth_platform, turn):
    if not nhsauth_platform.exchanges:
        ask(nhsauth_platform)
    else:
        pytest.fail("without having asked")
"""
    )

    outcome = run()

    assert outcome.parseoutcomes() == {"passed": 1, "failed": 1}
    outcome.stdout.no_fnmatch_line(TITLE)


def test_the_session_s_platform_is_reported_of_as_well(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(f"{ASKING}\ndef test_it(nhsauth_platform):\n    ask(nhsauth_platform, exp=1)\n    assert False")

    run().stdout.fnmatch_lines([TITLE, *EXPIRED])


def test_an_error_at_set_up_shows_what_sent_to_it(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        f"""{ASKING}
@pytest.fixture
def token(nhsauth):
    ask(nhsauth, exp=1)
    raise RuntimeError("no token")

def test_it(token):
    pass
"""
    )

    run().stdout.fnmatch_lines([TITLE, *EXPIRED])


def test_an_error_at_teardown_shows_what_the_test_had_not_shown(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        f"""{ASKING}
@pytest.fixture
def session(nhsauth):
    yield
    ask(nhsauth, exp=1)
    raise RuntimeError("not ended")

def test_it(nhsauth, session):
    ask(nhsauth)
"""
    )

    shown = section(run())

    assert [line.split()[2] for line in shown[1:] if not line.startswith(" ")] == ["200", "400"]


def test_a_teardown_does_not_repeat_what_the_failure_has_shown(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        f"""{ASKING}
@pytest.fixture
def session(nhsauth):
    yield
    raise RuntimeError("not ended")

def test_it(nhsauth, session):
    ask(nhsauth)
    assert False
"""
    )

    outcome = run()

    assert outcome.parseoutcomes() == {"failed": 1, "errors": 1}
    assert section(outcome) == ["POST /oauth2/token 200"]


def test_no_whole_token_is_shown(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest

        def test_it(nhsauth_client, nhsauth_id_token, tmp_path_factory):
            token = nhsauth_id_token()
            tmp_path_factory.getbasetemp().joinpath("token").write_text(token)
            nhsauth_client.token_exchange(token)
            pytest.fail("as it should", pytrace=False)
        """
    )

    outcome = run("--basetemp=inner")

    token = pytester.path.joinpath("inner", "token").read_text(encoding="utf-8")
    assert not any(part in outcome.stdout.str() for part in token.split("."))


@pytest.mark.slow
def test_xdist_s_workers_show_it_as_well(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(f"{ASKING}\ndef test_it(nhsauth):\n    ask(nhsauth, exp=1)\n    assert False")

    run("-n", "1", subprocess=True).stdout.fnmatch_lines([TITLE, *EXPIRED])


def test_a_set_up_that_another_plugin_fails_is_reported_all_the_same(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session", autouse=True)
        def _platform(nhsauth_platform):
            pass

        @pytest.hookimpl(wrapper=True, tryfirst=True)
        def pytest_runtest_setup(item):
            if "refused" in item.name:
                raise RuntimeError("not this one")
            return (yield)
        """
    )
    pytester.makepyfile("def test_first(): pass\n\ndef test_refused(): pass")

    outcome = run("-p", "no:randomly")

    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    outcome.stdout.fnmatch_lines("*RuntimeError: not this one")


def junit(pytester: pytest.Pytester) -> list[tuple[str, str]]:
    """The properties of the one test in the JUnit file."""
    (case,) = ET.parse(pytester.path / "junit.xml").iter("testcase")  # noqa: S314 - pytest has written it
    return [(each.get("name", ""), each.get("value", "")) for each in case.iter("property")]


@pytest.mark.parametrize("workers", [[], pytest.param(["-n1"], marks=pytest.mark.slow)], ids=["alone", "xdist"])
def test_junit_xml_has_each_exchange_of_a_failure(pytester: pytest.Pytester, run: Run, workers: list[str]) -> None:
    pytester.makepyfile(f"{ASKING}\ndef test_it(nhsauth):\n    ask(nhsauth)\n    ask(nhsauth, exp=1)\n    assert False")

    run("--junitxml=junit.xml", *workers, subprocess=bool(workers))

    reported = junit(pytester)
    assert [(name, value.split("|")[0].split()[:3]) for name, value in reported] == [
        ("nhsauth exchange", ["POST", "/oauth2/token", "200"]),
        ("nhsauth exchange", ["POST", "/oauth2/token", "400"]),
    ]
    assert "exp is " in reported[1][1]


def test_junit_xml_has_the_exchanges_of_a_teardown_that_fails(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        f"""{ASKING}
@pytest.fixture
def session(nhsauth):
    yield
    raise RuntimeError("not ended")

def test_it(nhsauth, session):
    ask(nhsauth)
"""
    )

    run("--junitxml=junit.xml")

    assert junit(pytester) == [("nhsauth exchange", "POST /oauth2/token 200")]


def test_junit_xml_has_none_of_a_success(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(f"{ASKING}\ndef test_it(nhsauth): ask(nhsauth)")

    run("--junitxml=junit.xml")

    assert junit(pytester) == []


COUNTED = f"""{ASKING}
@pytest.mark.parametrize("turn", range(4))
def test_it(nhsauth, turn):
    ask(nhsauth)
    ask(nhsauth, **({{"exp": 1}} if turn else {{}}))
"""


@pytest.mark.parametrize("workers", [[], pytest.param(["-n2"], marks=pytest.mark.slow)], ids=["alone", "xdist"])
def test_the_end_says_how_many_exchanges_and_not_how_many_refusals_were_wanted(
    pytester: pytest.Pytester, run: Run, workers: list[str]
) -> None:
    pytester.makepyfile(COUNTED)

    run(*workers, subprocess=bool(workers)).stdout.fnmatch_lines(["=* nhsauth: 8 exchanges =*", "*4 passed*"])


@pytest.mark.parametrize("workers", [[], pytest.param(["-n2"], marks=pytest.mark.slow)], ids=["alone", "xdist"])
def test_the_end_of_a_run_that_failed_says_how_many_were_refused(
    pytester: pytest.Pytester, run: Run, workers: list[str]
) -> None:
    pytester.makepyfile(f"{COUNTED}\ndef test_that_fails(): assert False")

    run(*workers, subprocess=bool(workers)).stdout.fnmatch_lines(
        ["=* nhsauth: 8 exchanges, 3 refused =*", "*1 failed, 4 passed*"]
    )


def test_the_end_says_nothing_when_the_mock_was_asked_nothing(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("def test_it(nhsauth): pass")

    run().stdout.no_fnmatch_line("*nhsauth: *")


def test_no_secret_reaches_the_report_the_log_or_a_junit_file(pytester: pytest.Pytester, run: Run) -> None:
    """Not even where pytest shows local variables: what the fixtures give has a repr without secrets."""
    pytester.makepyfile(
        leaking="""
        from pathlib import Path
        import requests

        def leak(platform, *issued):
            sent = [f"Qx7vK9zwpL4tRm{number}Zy8" for number in range(100, 109)]
            Path("secrets").write_text(" ".join([*sent, *issued]))
            names = ("client_secret", "client_assertion", "subject_token", "refresh_token", "code", "password")
            for name, value in zip(names, sent):
                requests.post(platform.token_url, {"grant_type": "refresh_token", name: value}, timeout=10)
            url = f"{platform.gateway}/hello-world/hello/user"
            for header in ({"Authorization": f"Bearer {sent[6]}"}, {"apikey": sent[7]}, {"Cookie": f"a={sent[8]}"}):
                requests.get(url, headers=header, timeout=10)
            for value in issued:
                requests.post(platform.token_url, {"grant_type": value, "refresh_token": value}, timeout=10)
        """
    )
    pytester.makepyfile(
        """
        from leaking import leak

        def test_it(nhsauth, nhsauth_app, nhsauth_client, nhsauth_id_token, nhsauth_exchanges):
            tokens = nhsauth_client.token_exchange(nhsauth_id_token())
            leak(nhsauth, tokens.access_token, tokens.refresh_token, nhsauth_app.client_secret)
            assert not nhsauth_exchanges
        """
    )
    options = (
        "--showlocals",
        "-rA",
        "--log-level=DEBUG",
        "-o",
        "junit_logging=all",
        "-o",
        "nhsauth_log_propagate=true",
    )

    shown = str(run(*options, "--junitxml", "junit.xml").stdout)

    *secrets, registered = (pytester.path / "secrets").read_text(encoding="utf-8").split()
    junit = (pytester.path / "junit.xml").read_text(encoding="utf-8")
    assert [secret for secret in (*secrets, registered) if secret in shown or secret in junit] == []
    assert "grant_type is" in junit
    assert "nhsauth exchanges" in shown
