"""Which request heads are taken, how they arrive, and which are refused."""

import pytest

from mock_servers.http.server import Server
from tests.mock_servers.http.talking import CLOSE, exchange, seen, status


def test_repeated_headers_are_joined(server: Server) -> None:
    answer = exchange(server, b"GET / HTTP/1.1\r\nX-List: a\r\nx-list:  b \r\n" + CLOSE)

    assert seen(answer)["HTTP_X_LIST"] == "a, b"


def test_names_with_underscores_arrive(server: Server) -> None:
    answer = exchange(server, b"GET / HTTP/1.1\r\ntrace_id: 1234\r\n" + CLOSE)

    assert seen(answer)["HTTP_TRACE_ID"] == "1234"


def test_a_content_length_said_twice_alike_counts_once(server: Server) -> None:
    answer = exchange(server, b"POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n" + CLOSE + b"ab")

    assert (seen(answer)["CONTENT_LENGTH"], seen(answer)["body"]) == ("2", "ab")


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 2\r\nContent-Length: 3\r\n",
        b"Content-Length: 2, 2\r\n",
        b"Content-Length: -2\r\n",
        b"Content-Length: +2\r\n",
        b"Content-Length: \r\n",
        b"Content_Length: 2\r\n",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer_Encoding: chunked\r\n",
        b"Host: mock.example\r\n",
        b"Host: other.example\r\n",
        b"Name : value\r\n",
        b" folded\r\n",
        b"X-List: a\r\n folded\r\n",
        b"X-List: a\rb\r\n",
        b"X-List: a\0b\r\n",
        b"X-List: a\n",
        b"no colon\r\n",
    ],
)
def test_headers_that_leave_host_or_length_in_doubt_are_refused(server: Server, headers: bytes) -> None:
    answer = exchange(server, b"POST / HTTP/1.1\r\n" + headers + CLOSE)

    assert status(answer) == "HTTP/1.1 400 Bad Request"


def test_a_refusal_says_that_the_connection_ends(server: Server) -> None:
    answer = exchange(server, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")

    assert b"\r\nConnection: close\r\n" in answer


def test_headers_of_63_kib_are_taken(server: Server) -> None:
    answer = exchange(server, b"GET / HTTP/1.1\r\nX-List: " + b"a" * 63 * 1024 + b"\r\n" + CLOSE)

    assert len(seen(answer)["HTTP_X_LIST"]) == 63 * 1024


@pytest.mark.parametrize("line", [b"X-List: " + b"a" * 65 * 1024 + b"\r\n", b"X-List: a\r\n" * 6000])
def test_headers_beyond_64_kib_are_refused(server: Server, line: bytes) -> None:
    answer = exchange(server, b"GET / HTTP/1.1\r\n" + line + CLOSE)

    assert status(answer) == "HTTP/1.1 431 Request Header Fields Too Large"


def test_a_target_beyond_64_kib_is_refused(server: Server) -> None:
    answer = exchange(server, b"GET /" + b"a" * 65 * 1024 + b" HTTP/1.1\r\n" + CLOSE)

    assert status(answer) == "HTTP/1.1 414 URI Too Long"


def test_the_raw_target_is_kept_in_request_uri(server: Server) -> None:
    answer = exchange(server, b"GET /a%2Fb%20c?q=%41 HTTP/1.1\r\n" + CLOSE)

    assert seen(answer)["REQUEST_URI"] == "/a%2Fb%20c?q=%41"


def test_the_path_is_decoded_and_the_query_is_not(server: Server) -> None:
    answer = seen(exchange(server, b"GET /a%2Fb%20c?q=%41 HTTP/1.1\r\n" + CLOSE))

    assert (answer["PATH_INFO"], answer["QUERY_STRING"]) == ("/a/b c", "q=%41")


def test_a_path_that_starts_with_two_slashes_is_a_path(server: Server) -> None:
    answer = seen(exchange(server, b"GET //oauth2/token?q HTTP/1.1\r\n" + CLOSE))

    assert (answer["PATH_INFO"], answer["HTTP_HOST"]) == ("//oauth2/token", "mock.example")


def test_an_absolute_target_gives_path_and_host(server: Server) -> None:
    answer = seen(exchange(server, b"POST http://int.example:80/oauth2/token?q=1 HTTP/1.1\r\n" + CLOSE))

    assert (answer["HTTP_HOST"], answer["PATH_INFO"], answer["QUERY_STRING"]) == (
        "int.example:80",
        "/oauth2/token",
        "q=1",
    )


def test_the_scheme_is_the_connections_not_the_targets(server: Server) -> None:
    answer = exchange(server, b"GET https://int.example/ HTTP/1.1\r\n" + CLOSE)

    assert seen(answer)["wsgi.url_scheme"] == "http"


def test_an_absolute_target_without_path_means_the_root(server: Server) -> None:
    assert seen(exchange(server, b"GET http://int.example HTTP/1.1\r\n" + CLOSE))["PATH_INFO"] == "/"


def test_options_takes_a_path_like_any_method(server: Server) -> None:
    assert seen(exchange(server, b"OPTIONS /token HTTP/1.1\r\n" + CLOSE))["PATH_INFO"] == "/token"


@pytest.mark.parametrize(
    "line", [b"GET //[ HTTP/1.1", b"GET token HTTP/1.1", b"get / HTTP/1.1", b"GET /\xff HTTP/1.1", b"GET /"]
)
def test_a_malformed_request_line_is_refused_quietly(
    server: Server, line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = exchange(server, line + b"\r\n" + CLOSE)

    assert status(answer) == "HTTP/1.1 400 Bad Request"
    assert caplog.records == []


def test_connect_is_refused(server: Server) -> None:
    answer = exchange(server, b"CONNECT int.example:443 HTTP/1.1\r\n" + CLOSE)

    assert status(answer) == "HTTP/1.1 405 Method Not Allowed"


def test_without_a_host_the_server_is_named_by_its_address(server: Server) -> None:
    assert seen(exchange(server, b"GET / HTTP/1.0\r\n\r\n"))["SERVER_NAME"] == "127.0.0.1"
