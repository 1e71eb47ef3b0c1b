"""What an answer becomes on its way out: which headers follow from its status, and when it is done."""

from collections.abc import Iterable
from typing import Any

import pytest

from mock_servers.pipeline.response import Outgoing, whole

HEADERS = [("Content-Type", "a/b"), ("ETag", "x"), ("Content-Length", "4")]


def sent(outgoing: Outgoing, method: str = "GET") -> tuple[str, list[tuple[str, str]], bytes]:
    started: list[Any] = []
    body: Iterable[bytes] = outgoing({"REQUEST_METHOD": method}, lambda *expected: started.extend(expected))  # type: ignore[arg-type] # nothing calls write()
    joined = b"".join(body)
    outgoing.close()
    return started[0], started[1], joined


def test_a_whole_answer_has_its_type_and_length_behind_its_own_headers() -> None:
    assert sent(whole("200 OK", [("X", "y")], b"body", "a/b")) == (
        "200 OK",
        [("X", "y"), ("Content-Type", "a/b"), ("Content-Length", "4")],
        b"body",
    )


@pytest.mark.parametrize(
    ("status", "method", "headers", "body"),
    [
        ("200 OK", "GET", HEADERS, b"body"),
        ("200 OK", "HEAD", HEADERS, b""),
        ("204 No Content", "GET", HEADERS[:2], b""),
        ("304 Not Modified", "GET", HEADERS[1:2], b""),
        ("599 Unknown", "GET", HEADERS, b"body"),
    ],
)
def test_headers_and_body_follow_from_status_and_method(
    status: str, method: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    assert sent(Outgoing(status, HEADERS, [b"bo", b"dy"]), method) == (status, headers, body)


def test_a_header_is_set_in_its_place_in_any_case() -> None:
    outgoing = Outgoing("200 OK", HEADERS, [])
    outgoing.put("content-type", "c/d")

    assert outgoing.headers == [("Content-Type", "c/d"), *HEADERS[1:]]


def test_all_pieces_are_closed_at_the_end_those_replaced_too() -> None:
    class Pieces(list[bytes]):
        def __init__(self, name: str) -> None:
            super().__init__([name.encode()])
            self.close = lambda: closed.append(name)

    closed: list[str] = []
    outgoing = Outgoing("200 OK", [], Pieces("first"))
    outgoing.replace(Pieces("second"))
    outgoing.at_end(lambda: closed.append("end"))

    assert sent(outgoing)[2] == b"second"
    assert closed == ["second", "first", "end"]
