"""`pytest_nhsauth.explain`, and a failing test's report with `--nhsauth-explain`: nothing is started or asked."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import requests

import pytest_nhsauth

Run = Callable[..., pytest.RunResult]

INT = "https://int.api.service.nhs.uk/oauth2/token"
FORM = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    "subject_token": "w4xoW3AX9H42RAuPq4IpfSUABPo",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "client_assertion": "not.a.jwt.at.all",
}
SENTENCE = "Malformed JWT in subject_token"
BODY = {"error": "invalid_request", "error_description": SENTENCE, "message_id": "rrt-1-a"}
DATE = {"Date": "Fri, 15 Jan 2027 08:00:00 GMT"}


def of_requests(data: Any = FORM, url: str = INT, *, is_read: bool = True) -> requests.Response:
    """A response as an adapter of requests makes it."""
    response = requests.Response()
    response.status_code = 400
    response.headers.update(DATE)
    if is_read:
        response._content = json.dumps(BODY).encode()  # noqa: SLF001 - as an adapter does
    response.request = requests.Request("POST", url, data=data).prepare()
    return response


class Transport(httpx.BaseTransport):
    """Sends a body as a socket does: piece by piece, and keeps none of it."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        list(request.stream)
        return httpx.Response(400, json=BODY, headers=DATE)


def of_httpx(**sent: Any) -> httpx.Response:
    with httpx.Client(transport=Transport()) as client:
        return client.post(INT, **(sent or {"data": FORM}))


class _RequestInfo:
    method = "POST"
    url = INT
    headers = {"Content-Type": "application/x-www-form-urlencoded"}  # noqa: RUF012 - a stand-in


class ClientResponse:
    """Looks like aiohttp's own, which is no dependency of the tests."""

    __module__ = "aiohttp.client_reqrep"
    request_info = _RequestInfo
    status = 400
    headers = DATE
    _body = json.dumps(BODY).encode()


RESPONSES: dict[str, Callable[[], pytest_nhsauth.RequestExplanation]] = {
    "requests": lambda: pytest_nhsauth.explain(of_requests()),
    "httpx": lambda: pytest_nhsauth.explain(of_httpx()),
    "aiohttp": lambda: pytest_nhsauth.explain(ClientResponse(), request_body=FORM),
    "an exception of requests": lambda: pytest_nhsauth.explain(requests.HTTPError(response=of_requests())),
    "what an exception was raised from": lambda: pytest_nhsauth.explain(caused()),
    "an exception of httpx": lambda: pytest_nhsauth.explain(
        httpx.HTTPStatusError("400", request=of_httpx().request, response=of_httpx())
    ),
}


def caused() -> RuntimeError:
    error = RuntimeError("no token")
    error.__cause__ = requests.HTTPError(response=of_requests())
    return error


@pytest.mark.parametrize("explained", RESPONSES.values(), ids=RESPONSES)
def test_the_founding_case_is_reported_from_a_response(
    explained: Callable[[], pytest_nhsauth.RequestExplanation],
) -> None:
    found = explained()

    assert found.stopped_by == ("decode_subject_token",)
    assert [(each.id, each.certainty) for each in found.findings][:1] == [("code-as-subject-token", "likely")]
    assert found.answer.startswith("The value sent as subject_token is probably an authorization code")
    assert next(found.details()) == (
        "POST int.api.service.nhs.uk/oauth2/token (token-exchange) was answered 400 invalid_request: Malformed JWT in "
        "subject_token (rule decode_subject_token)."
    )


@pytest.mark.parametrize("body", [FORM, "a=b", b"a=b"])
def test_a_body_may_be_a_form_a_text_or_bytes(body: Any) -> None:
    assert pytest_nhsauth.explain(ClientResponse(), request_body=body).refused


def generated() -> Iterator[bytes]:
    yield b"grant_type=client_credentials"


LOST = {
    "requests, from a generator": lambda: of_requests(generated()),
    "httpx, from a generator": lambda: of_httpx(
        content=generated(), headers={"Content-Type": "application/x-www-form-urlencoded"}
    ),
    "aiohttp": ClientResponse,
}


@pytest.mark.parametrize("made", LOST.values(), ids=LOST)
def test_a_body_that_is_lost_is_said_to_be_and_taken_for_nothing(made: Callable[[], Any]) -> None:
    found = pytest_nhsauth.explain(made())

    assert "the body, which" in found.notes[-1]
    assert [each.certainty for each in found.findings if each.certainty == "certain"] == []


def test_a_stream_is_not_read() -> None:
    response = of_requests(is_read=False)
    response.raw = None

    found = pytest_nhsauth.explain(response)

    assert "the answer's body, which nobody has read" in found.notes[-1]
    assert vars(response)["_content"] is False  # as requests has it before a body is read


def test_a_text_an_answer_a_moment_and_a_key_set_may_be_given() -> None:
    curl = f"curl {INT} -d grant_type=refresh_token"

    found = pytest_nhsauth.explain(curl, answer="client_id is missing", at="2027-01-15T08:00:00Z", jwks={"keys": []})

    assert found.stopped_by == ("check_client_id_present",)


@pytest.mark.parametrize(
    ("given", "more", "message"),
    [
        (object(), {}, "object carries no response; allowed: a response of requests, httpx or aiohttp"),
        (ValueError("x"), {}, "ValueError carries no response; allowed:"),
        (of_requests(url="https://example.org/"), {}, "No service that is known answers at https://example.org/"),
        (f"curl {INT}", {"at": "soon"}, "at is 'soon'; allowed: ISO 8601 with a zone"),
        (f"curl {INT}", {"jwks": "[]"}, "jwks holds JSON, but not an object; allowed: a JSON Web Key Set"),
    ],
)
def test_what_cannot_be_read_is_a_clear_error(given: Any, more: Any, message: str) -> None:
    with pytest.raises(ValueError, match=r"allowed|known|host") as refused:
        pytest_nhsauth.explain(given, **more)

    assert message in str(refused.value)


def test_a_text_with_nothing_that_is_known_is_not_error_and_no_answer() -> None:
    found = pytest_nhsauth.explain("curl https://example.org")

    assert (found.by, found.refused) == (None, False)
    assert found.why == ('No request here is for a host of the platform, CIS2 or NHS login; found: "example.org".',)


# a failing test

TEST = """
    import requests

    def response():
        made = requests.Response()
        made.status_code = 400
        made._content = b'{{"error": "invalid_request", "error_description": "grant_type is missing"}}'
        made.request = requests.Request("POST", "{url}", data={{}}).prepare()
        return made

    def test_it():
        answer = response()
        {fails}
"""
FAILS = {
    "a frame": "assert answer.status_code == 200",
    "an exception": "raise requests.HTTPError(response=answer)",
}
SWITCHES: dict[str, tuple[tuple[str, ...], str]] = {
    "the option": (("--nhsauth-explain",), ""),
    "the ini": ((), "[pytest]\nnhsauth_explain_failures = true\n"),
}


@pytest.mark.parametrize("fails", FAILS.values(), ids=FAILS)
@pytest.mark.parametrize(("option", "ini"), SWITCHES.values(), ids=SWITCHES)
def test_a_failing_test_explains_what_a_real_host_refused(
    pytester: pytest.Pytester, run: Run, fails: str, option: tuple[str, ...], ini: str
) -> None:
    pytester.makepyfile(TEST.format(url=INT, fails=fails))
    if ini:
        pytester.makefile(".ini", pytest=ini)

    result = run(*option)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["nhsauth: failures are explained (*)", "*nhsauth explain*", "No grant_type reached the service in the body*"]
    )
    result.stdout.no_fnmatch_line("*check_grant_type_present*")


def test_the_details_stand_in_a_failing_test_that_was_asked_for_more(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(TEST.format(url=INT, fails=FAILS["a frame"]))

    result = run("--nhsauth-explain", "-vv")

    result.stdout.fnmatch_lines(["No grant_type reached the service in the body*", "*check_grant_type_present*"])


@pytest.mark.parametrize(
    ("url", "option"), [(INT, ()), ("https://example.org/", ("--nhsauth-explain",))], ids=["not asked", "another host"]
)
def test_else_it_says_nothing(pytester: pytest.Pytester, run: Run, url: str, option: tuple[str, ...]) -> None:
    pytester.makepyfile(TEST.format(url=url, fails=FAILS["a frame"]))

    result = run(*option)

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*check_grant_type_present*")


def test_a_switch_that_is_none_is_reported_before_anything_runs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHSAUTH_EXPLAIN", "perhaps")

    result = run(subprocess=True)

    result.stderr.fnmatch_lines(["*nhsauth: NHSAUTH_EXPLAIN is 'perhaps'; allowed: 1 or true*"])


def test_what_a_test_makes_of_the_switch_is_its_own_business(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        def test_fails(monkeypatch):
            monkeypatch.setenv("NHSAUTH_EXPLAIN", "perhaps")
            assert not "a failure"
        """
    )

    result = run()

    result.assert_outcomes(failed=1)
    assert "INTERNALERROR" not in str(result.stdout)
