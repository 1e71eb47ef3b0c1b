"""A log-in without a browser ends at the client's redirect URI, or says where it stopped."""

import contextlib
from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

import pytest
from werkzeug.test import Client

from mock_servers.identity_provider.headless import Call, log_in
from mock_servers.mock import Mock
from mock_servers.state.log_in import LogInError

DOCTOR = "656005750104"
REDIRECT = "https://app.example/callback"


@pytest.fixture
def call(platform: Mock, http: Client) -> Call:
    """The platform in process, without following redirects."""

    def send(url: str, form: Mapping[str, str] | None) -> tuple[int, Mapping[str, str], bytes]:
        parts = urlsplit(url)
        method = "GET" if form is None else "POST"
        answer = http.open(f"{parts.path}?{parts.query}", method=method, data=form, base_url=platform.url)
        return answer.status_code, dict(answer.headers), answer.data

    return send


@pytest.fixture
def url(platform: Mock) -> Callable[..., str]:
    """A good authorize URL of a provider."""

    def build(provider: str, **changes: str) -> str:
        query = {"response_type": "code", "client_id": "nhsauth-app", "redirect_uri": REDIRECT, "scope": "openid"}
        query |= {"state": "s", "nonce": "n", **changes}
        return f"{platform.url}{platform.provider(provider).provider.endpoint('authorize')}?{urlencode(query)}"

    return build


@pytest.mark.parametrize(
    ("provider", "user"), [("cis2", DOCTOR), ("nhs_login", "9912003071"), ("Cis2-mock-internal-dev", DOCTOR)]
)
def test_a_log_in_ends_at_the_client(call: Call, url: Callable[..., str], provider: str, user: str) -> None:
    end = log_in(call, url(provider), user)

    assert (end.partition("?")[0], "code=" in end) == (REDIRECT, True)


def test_an_outcome_is_chosen(call: Call, url: Callable[..., str]) -> None:
    assert "error=access_denied" in log_in(call, url("cis2"), DOCTOR, outcome="cancelled")


def test_a_slow_log_in_is_not_waited_for(call: Call, url: Callable[..., str]) -> None:
    assert "code=" in log_in(call, url("cis2"), DOCTOR, outcome="slow")


def test_a_level_is_chosen(call: Call, url: Callable[..., str]) -> None:
    assert "error=interaction_required" in log_in(call, url("cis2"), DOCTOR, level="aal2")


def test_a_log_in_goes_through_the_platform(call: Call, platform: Mock) -> None:
    query = {"response_type": "code", "client_id": "nhsauth-app", "redirect_uri": REDIRECT, "state": "mine"}

    end = log_in(call, f"{platform.url}/oauth2/authorize?{urlencode(query)}", DOCTOR)

    assert end.startswith(f"{REDIRECT}?")
    assert "state=mine" in end


def test_an_unknown_user_is_reported(call: Call, url: Callable[..., str]) -> None:
    with pytest.raises(LogInError, match="There is no person with this user id"):
        log_in(call, url("cis2"), "nobody")


def test_an_error_page_is_reported(call: Call, url: Callable[..., str]) -> None:
    with pytest.raises(LogInError, match="answered 400"):
        log_in(call, url("cis2", client_id="other"), DOCTOR)


def test_a_circle_ends() -> None:
    with pytest.raises(LogInError, match="without an end"):
        log_in(lambda url, _: (302, {"Location": url}, b""), "http://mock/a", DOCTOR)


FORM = b"""<title>Log in</title><style>p {}</style><form action="/first"><input type=hidden name=a value=1>
<input type=text name=b value=2></form><input type=hidden name=c value=3>
<form action="/second"><input type=hidden name=d value=4></form>"""


def test_the_first_form_of_a_page_is_filled_and_no_other() -> None:
    asked = list[tuple[str, Mapping[str, str] | None]]()

    def call(url: str, form: Mapping[str, str] | None) -> tuple[int, Mapping[str, str], bytes]:
        asked.append((url, form))
        return (200, {}, FORM) if form is None else (302, {"Location": REDIRECT}, b"")

    end = log_in(call, "http://mock/page", DOCTOR)

    assert end == REDIRECT
    assert asked == [
        ("http://mock/page", None),
        ("http://mock/first", {"a": "1", "username": DOCTOR, "outcome": "ok"}),
    ]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<title>Gone</title><body><h1>Shut</h1><p>for <a>today</a>\n only</p><p>More</p></body>", '"for today only"'),
        (b"<body><p>Menu<main><style>p {}</style><script>a()</script><h1>No</h1><li>Shut</main></body>", '"Shut"'),
        (b"<title></title><h1>Shut</h1><div>for today</div>", '"Shut"'),
        (b"", '""'),
        (b'{"error": "invalid_request", "error_description": "client_id is invalid"}', '"client_id is invalid"'),
        (b'{"fault": {"faultstring": "No proxy", "detail": {}}}', '"No proxy"'),
        (b'{"fault":\n "all of it"}', r'"{\"fault\": \"all of it\"}"'),
        (b"[1,\n 2]", '"[1, 2]"'),
    ],
)
def test_an_answer_without_a_form_is_reported_by_one_line_of_its_own(body: bytes, words: str) -> None:
    asked = list[str]()

    def call(url: str, _: Mapping[str, str] | None) -> tuple[int, Mapping[str, str], bytes]:
        asked.append(url)
        return 200, {}, body

    with pytest.raises(LogInError) as reported:
        log_in(call, "http://mock/page?a=1", DOCTOR)

    assert str(reported.value) == f"http://mock/page answered 200 and no way on: {words}"
    assert len(asked) == 1


def test_a_form_is_filled_once_and_its_answer_reported() -> None:
    with pytest.raises(LogInError, match="http://mock/first answered 418 and no way on"):
        log_in(lambda _, form: (200 if form is None else 418, {}, FORM), "http://mock/page", DOCTOR)


def test_a_page_that_goes_on_by_itself_is_followed() -> None:
    end = log_in(lambda _, __: (200, {"Refresh": "3; url=https://app.example/a?b=url=c"}, b""), "http://mock/a", DOCTOR)

    assert end == "https://app.example/a?b=url=c"


def test_which_urls_are_the_mocks_own_may_be_reported() -> None:
    ends = {"http://mock/a": "http://other-name/b", "http://other-name/b": "http://app/c", "http://app/c": "http://d/"}

    def call(url: str, _: Mapping[str, str] | None) -> tuple[int, Mapping[str, str], bytes]:
        return 302, {"location": ends[url]}, b""

    assert log_in(call, "http://mock/a", DOCTOR) == "http://other-name/b"
    assert log_in(call, "http://mock/a", DOCTOR, is_own=lambda url: "other-name" in url) == "http://app/c"


@pytest.mark.parametrize(("path", "hops"), [("/_nhsauth/callback", 1), ("/else/_nhsauth/", 12)])
def test_a_clients_page_on_the_mocks_own_origin_is_the_end(path: str, hops: int) -> None:
    asked = list[str]()

    def call(url: str, _: Mapping[str, str] | None) -> tuple[int, Mapping[str, str], bytes]:
        asked.append(url)
        return 303, {"Location": path}, b""

    with contextlib.suppress(LogInError):
        assert log_in(call, "http://mock/a", DOCTOR) == f"http://mock{path}"
    assert len(asked) == hops
