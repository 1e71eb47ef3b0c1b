"""Who may call the control API, and with what; that it refuses every wrong call in one form."""

import http.client
import json
import logging
from collections.abc import Callable
from dataclasses import replace

import pytest
import requests
from werkzeug.test import Client, TestResponse

from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.configuration import Configuration

Control = Callable[..., TestResponse]
Refused = Callable[[TestResponse], tuple[int, str, str | None]]

FORBIDDEN = (403, "Forbidden", None)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8080",
        "127.8.9.10:80",
        "[::1]",
        "[::1]:8080",
        "localhost",
        "LOCALHOST:8080",
        "localhost.:8080",
        "mock.localhost:8080",
        "10.0.0.7:8080",
        "[2001:db8::7]:8080",
    ],
)
def test_loopback_names_and_ip_addresses_are_answered(control: Control, host: str) -> None:
    assert control("GET", "/status", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "notlocalhost",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "evil.example#localhost",
        "2130706433",
        "0x7f.1",
        "[::1",
        "[evil.example]",
        "::1",
        "a b",
        "\u00fc.localhost:99999999",
        "localhost:x",
    ],
)
def test_a_foreign_host_is_refused(control: Control, refused: Refused, host: str) -> None:
    assert refused(control("GET", "/apps", headers={"Host": host})) == FORBIDDEN


def test_a_host_of_public_urls_is_answered_on_any_port(ring: KeyRing) -> None:
    platform = Mock(Configuration(public_urls=("http://mock:8080",)), ring=ring)

    answer = Client(platform).get("/_nhsauth/status", base_url="http://mock:9090")

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "int.api.service.nhs.uk",
        "api.service.nhs.uk:443",
        "AM.NHSINT.AUTH-PTL.CIS2.SPINESERVICES.NHS.UK.",
        "auth.aos.signin.nhs.uk",
        "nhs.uk",
    ],
)
def test_a_real_name_is_refused_even_as_a_public_url(ring: KeyRing, refused: Refused, host: str) -> None:
    public = f"https://{host.lower().removesuffix('.')}"
    platform = Mock(Configuration(public_urls=(public,)), ring=ring)

    answer = Client(platform).get("/_nhsauth/apps", headers={"Host": host})

    assert refused(answer) == FORBIDDEN


def test_a_host_that_a_trusted_proxy_forwards_is_judged_in_place_of_its_own(ring: KeyRing, refused: Refused) -> None:
    platform = Mock(Configuration(trusted_proxies=("10.0.0.7",)), ring=ring)
    headers = {"X-Forwarded-Host": "evil.example"}

    answer = Client(platform).get("/_nhsauth/apps", headers=headers, environ_base={"REMOTE_ADDR": "10.0.0.7"})

    assert refused(answer) == FORBIDDEN


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "https://127.0.0.1:8080",
        "http://127.0.0.1",
        "http://127.0.0.1:9090",
        "http://localhost:8080",
        "http://[",
        "http://127.0.0.1:x",
        "http://127.0.0.1:8080, http://evil.example",
    ],
)
def test_a_foreign_origin_is_refused(control: Control, refused: Refused, origin: str) -> None:
    assert refused(control("POST", "/reset", headers={"Origin": origin})) == FORBIDDEN


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8080", "HTTP://127.0.0.1:8080"])
def test_a_page_of_the_mock_itself_is_answered(control: Control, origin: str) -> None:
    assert control("POST", "/reset", headers={"Origin": origin}).status_code == 204


def test_the_default_port_of_an_origin_may_be_left_out(control: Control) -> None:
    answer = control("GET", "/status", base_url="http://localhost", headers={"Origin": "http://localhost:80"})

    assert answer.status_code == 200


def test_a_foreign_origin_changes_nothing(control: Control, platform: Mock) -> None:
    control("POST", "/apps", {"client_id": "theirs"}, headers={"Origin": "http://evil.example"})

    assert "theirs" not in [app.client_id for app in platform.apps.all()]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none, none", ""])
def test_what_another_site_asks_a_browser_for_is_refused(control: Control, refused: Refused, site: str) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}

    assert refused(control("GET", "/apps", headers=headers)) == FORBIDDEN


@pytest.mark.parametrize(
    ("method", "mode", "dest"),
    [("POST", "navigate", "document"), ("GET", "navigate", "iframe"), ("GET", "cors", "document")],
)
def test_of_another_sites_requests_a_followed_link_alone_is_answered(
    control: Control, refused: Refused, method: str, mode: str, dest: str
) -> None:
    def asked(method: str, mode: str, dest: str) -> TestResponse:
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        return control(method, "/apps", headers=headers)

    assert refused(asked(method, mode, dest)) == FORBIDDEN
    assert asked("GET", "navigate", "document").status_code == 200


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_what_the_own_page_or_a_person_asks_a_browser_for_is_answered(control: Control, site: str) -> None:
    assert control("GET", "/apps", headers={"Sec-Fetch-Site": site}).status_code == 200


def test_a_browser_is_sent_back_to_the_callback_from_another_site(control: Control) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "null"}

    assert control("GET", "/callback?code=x&state=y", headers=headers).status_code == 200


def test_the_host_is_judged_before_the_path(control: Control, refused: Refused) -> None:
    assert refused(control("GET", "/nowhere", headers={"Host": "evil.example"})) == FORBIDDEN


def test_the_origin_is_judged_before_the_method(control: Control, refused: Refused) -> None:
    assert refused(control("PATCH", "/status", headers={"Origin": "null"})) == FORBIDDEN


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "text/json",
        "application/problem+json",
        "multipart/form-data",
    ],
)
def test_a_body_that_is_not_called_json_is_refused(
    control: Control, refused: Refused, content_type: str | None
) -> None:
    answer = control("POST", "/apps", data=b"{}", content_type=content_type)

    assert refused(answer) == (415, "Unsupported Media Type", None)


def test_json_may_name_its_charset(control: Control) -> None:
    answer = control("POST", "/explain", data=b'{"value": "x"}', content_type="application/json; charset=utf-8")

    assert answer.status_code == 200


def test_a_body_of_the_largest_size_is_read(control: Control) -> None:
    text = b'{"value": "x"}'

    answer = control("POST", "/explain", data=text + b" " * ((1 << 20) - len(text)), content_type="application/json")

    assert answer.status_code == 200


def test_a_larger_body_is_refused(control: Control, refused: Refused) -> None:
    answer = control("POST", "/explain", data=b" " * ((1 << 20) + 1), content_type="application/json")

    assert refused(answer) == (413, "Content Too Large", None)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"not JSON",
        b'"text"',
        b"17",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"value":' * 50_000,
        b"\xff\xfe",
        b'{"value": "\xc3\x28"}',
        b'{"value": NaN}',
        b'{"value": -Infinity}',
        b'{"value": ' + b"1" * 5000 + b"}",
        b"\0",
    ],
)
def test_a_body_that_is_not_json_object_is_refused(control: Control, refused: Refused, body: bytes) -> None:
    answer = control("POST", "/explain", data=body, content_type="application/json")

    assert refused(answer) == (400, "Bad Request", None)


def test_a_member_that_is_given_twice_is_refused(control: Control, refused: Refused) -> None:
    answer = control("POST", "/explain", data=b'{"value": "a", "value": "b"}', content_type="application/json")

    assert refused(answer) == (400, "Bad Request", "value")


def test_ten_thousand_members_of_which_the_last_is_double_are_refused(control: Control, refused: Refused) -> None:
    names = [f'"m{number}": 1' for number in range(10_000)]

    answer = control(
        "POST", "/explain", data="{" + ",".join([*names, names[-1]]) + "}", content_type="application/json"
    )

    assert refused(answer) == (400, "Bad Request", "m9999")


def test_nesting_that_python_reads_and_no_member_wants_is_refused(control: Control, refused: Refused) -> None:
    claims = b'{"claims": {"deep": ' + b"[" * 500 + b"]" * 500 + b"}}"

    answer = control("POST", "/id-tokens", data=claims, content_type="application/json")

    assert refused(answer) == (400, "Bad Request", "claims.deep")


@pytest.mark.parametrize("text", [b'"\\ud800"', b"1e400", b"null", b"true", b"[]"])
def test_a_value_that_is_not_text_is_refused_where_text_belongs(
    control: Control, refused: Refused, text: bytes
) -> None:
    answer = control("POST", "/explain", data=b'{"value": ' + text + b"}", content_type="application/json")

    assert refused(answer) == (400, "Bad Request", "value")


def test_an_unknown_member_is_answered_with_the_nearest_known_one(control: Control) -> None:
    problem = control("POST", "/apps", {"client_ide": "x"}).get_json()

    assert problem["member"] == "client_ide"
    assert "did you mean client_id?" in problem["detail"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/status"), ("POST", "/reset"), ("DELETE", "/clock")])
def test_a_call_that_takes_no_member_names_the_one_it_was_given(
    control: Control, refused: Refused, method: str, path: str
) -> None:
    assert refused(control(method, path, {"extra": 1})) == (400, "Bad Request", "extra")


@pytest.mark.parametrize("path", ["/nowhere", "/apps/x/y/z", "/status/x", "/..", "/%00", "/%ff", "/callback.php"])
def test_an_unknown_path_is_a_problem(control: Control, refused: Refused, path: str) -> None:
    assert refused(control("GET", path)) == (404, "Not Found", None)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/status", "GET, HEAD"),
        ("GET", "/reset", "POST"),
        ("POST", "/apps/x", "DELETE, GET, HEAD, PATCH, PUT"),
        ("OPTIONS", "/apps", "GET, HEAD, POST"),
        ("BREW", "/clock", "DELETE, GET, HEAD, PUT"),
        ("PUT", "/apps/x/jwks", "GET, HEAD"),
        ("PATCH", "/apps/x/private-key", "GET, HEAD"),
        ("DELETE", "/apps/x/jwks", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_a_problem_that_names_the_right_ones(
    control: Control, refused: Refused, method: str, path: str, allowed: str
) -> None:
    answer = control(method, path)

    assert refused(answer) == (405, "Method Not Allowed", None)
    assert answer.headers["Allow"] == allowed


def test_a_failure_of_the_mock_is_a_problem_and_its_traceback_stands_in_the_log_alone(
    control: Control,
    platform: Mock,
    refused: Refused,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail() -> float:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(platform.clock, "now", fail)
    with caplog.at_level(logging.ERROR, "mock_servers.control"):
        answer = control("GET", "/clock")

    assert refused(answer) == (500, "Internal Server Error", None)
    assert "secret detail" not in answer.get_data(as_text=True)
    assert "secret detail" in caplog.text


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/status"), ("GET", "/nowhere"), ("POST", "/reset"), ("GET", "/apps/nhsauth-app/jwks")]
)
def test_no_answer_may_be_stored(control: Control, method: str, path: str) -> None:
    assert control(method, path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["", "/", "//", "//status", "/apps/"])
def test_doubled_and_trailing_slashes_do_no_harm(control: Control, path: str) -> None:
    answer = control("GET", path)

    assert (answer.status_code, answer.content_type) == (200, "application/json")


def test_a_head_request_has_the_headers_of_a_get(control: Control) -> None:
    answer = control("HEAD", "/status")

    assert (answer.status_code, answer.content_type, answer.get_data()) == (200, "application/json", b"")


def test_control_calls_are_not_recorded(control: Control, platform: Mock) -> None:
    control("GET", "/status")
    control("POST", "/apps", {"nonsense": 1})

    assert len(platform.exchanges) == 0


def test_over_a_socket_a_chunked_body_over_the_limit_is_refused(ring: KeyRing) -> None:
    with Mock(ring=ring).serving() as server:
        pieces = iter([b" " * (1 << 20), b"{}"])
        answer = requests.post(
            f"{server.url}/_nhsauth/explain", data=pieces, headers={"Content-Type": "application/json"}, timeout=30
        )

    assert (answer.status_code, answer.json()["title"]) == (413, "Content Too Large")


def test_over_a_socket_the_connection_outlives_a_refusal(ring: KeyRing) -> None:
    with Mock(ring=ring).serving() as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        statuses = []
        for body in (b"[" * 100_000, b'{"value": "x"}'):
            connection.request("POST", "/_nhsauth/explain", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
        connection.close()

    assert statuses == [400, 200]


def test_over_a_socket_a_page_that_rebinds_its_name_is_refused(ring: KeyRing) -> None:
    with Mock(ring=ring).serving() as server:
        headers = {"Host": f"evil.example:{server.port}", "Origin": f"http://evil.example:{server.port}"}
        answer = requests.get(f"{server.url}/_nhsauth/apps/nhsauth-app/private-key", headers=headers, timeout=30)

    assert (answer.status_code, json.loads(answer.text)["title"]) == (403, "Forbidden")


@pytest.mark.parametrize("url", ["http://mybox:8080", "https://int.api.service.nhs.uk"])
def test_the_service_reads_key_sets_of_the_mock_under_any_name(
    platform: Mock, client_credentials: Callable[..., TestResponse], url: str
) -> None:
    platform.served_at(url)

    assert client_credentials().status_code == 200


def test_no_header_opens_the_way_of_the_mocks_own_calls(control: Control, refused: Refused) -> None:
    headers = {"Host": "evil.example", "mock_servers.in_process": "True", "HTTP-mock_servers.in_process": "True"}

    assert refused(control("GET", "/apps", headers=headers)) == FORBIDDEN


def test_two_platforms_keep_their_guards_apart(ring: KeyRing) -> None:
    known = Configuration(public_urls=("http://mock",))
    answers = [
        Client(Mock(each, ring=ring)).get("/_nhsauth/status", base_url="http://mock")
        for each in (known, replace(known, public_urls=()))
    ]

    assert [answer.status_code for answer in answers] == [200, 403]
