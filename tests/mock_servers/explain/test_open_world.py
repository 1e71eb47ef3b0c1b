"""An unknown table refuses to answer, and so does an unknown part of a request."""

import pytest

from mock_servers.explain.open_world import open_store, request_of
from mock_servers.reading import curl
from mock_servers.rules import UnknownError
from mock_servers.state.store import KINDS

INT = "https://int.api.service.nhs.uk/oauth2/token"
EMPTY_INDEED = {"jwks", "issued", "faults"}
UNKNOWN_TABLES = sorted(set(KINDS) - EMPTY_INDEED)


@pytest.mark.parametrize("name", UNKNOWN_TABLES)
def test_a_table_that_was_not_reported_says_so_instead_of_none(name: str) -> None:
    table = getattr(open_store(), name)

    for ask in (
        lambda: table.get("a"),
        table.values,
        table.items,
        lambda: table.add("a", 1),
        lambda: table.take("a"),
    ):
        with pytest.raises(UnknownError):
            ask()


def test_what_is_empty_indeed_says_so() -> None:
    assert [getattr(open_store(), name).values() for name in EMPTY_INDEED] == [[], [], []]


def test_a_parameter_that_is_not_known_is_there_and_cannot_be_read() -> None:
    form = request_of(curl.read(f"curl {INT} -d a=b -d c=$D"), "/oauth2").form

    assert form.get("a") == "b"
    assert "c" in form
    with pytest.raises(UnknownError, match='the variable "D"'):
        form.get("c")


def test_where_a_whole_part_is_not_known_no_parameter_is_missing() -> None:
    form = request_of(curl.read(f"curl {INT} -d a=b -d @rest.txt"), "/oauth2").form

    assert form.get("a") == "b"
    for ask in (lambda: form.get("c"), lambda: "c" in form):
        with pytest.raises(UnknownError, match=r'the file "rest.txt"'):
            ask()


def test_a_header_that_is_not_known_cannot_be_read() -> None:
    headers = request_of(curl.read(f'curl {INT} -H "Authorization: Bearer $TOKEN"'), "/oauth2").headers

    assert "authorization" in headers
    assert headers.get("apikey", "none") == "none"
    with pytest.raises(UnknownError, match='the variable "TOKEN"'):
        headers.get("authorization")


def test_a_request_is_what_the_service_gets_of_it() -> None:
    request = request_of(curl.read(f"curl '{INT}?a=b%20c' -d d=e"), "/oauth2")

    assert (request.method, request.path, request.url) == ("POST", "/token", f"{INT}?a=b%20c")
    assert (request.query.get("a"), request.form.get("d")) == ("b c", "e")


def test_an_empty_parameter_is_absent_as_the_service_takes_it() -> None:
    form = request_of(curl.read(f"curl {INT} -d grant_type= -d a=b"), "/oauth2").form

    assert "grant_type" not in form
    assert form.get("grant_type") is None
