"""What the client says of a refusal, of an answer that is none, and of a service that cannot be reached."""

from __future__ import annotations

import pickle
import socket
import ssl
import threading
import traceback
from typing import TYPE_CHECKING, Any

import pytest
import requests

from mock_servers.client import Client, ServiceUnreachableError
from tests.mock_servers.client.service import (
    ACCESS_TOKEN,
    APPLICATION_ANSWER,
    ID_TOKEN,
    MESSAGE_ID,
    REFRESH_TOKEN,
    Answer,
    Script,
    as_json,
    refusal_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


MALFORMED = {
    "error": "invalid_request",
    "error_description": "Malformed JWT in subject_token",
    "message_id": MESSAGE_ID,
}
RATE_LIMITED = {
    "interval": 1,
    "limit": 1,
    "message": "Your application, My app, has exceeded its quota of 1 requests every 1 minute(s).",
    "message_id": MESSAGE_ID,
    "policy": "quota",
    "ratelimiting_expiry_time_ms": 1765372560000,
}
HTML = Answer(status=502, body=b"<html><h1>Bad Gateway</h1></html>", headers={"Content-Type": "text/html"})
NOT_THE_SERVICE = "not the service's JSON ({}); a proxy on the way may have answered"
NOT_A_SUCCESS = "200: a success is 200 with an access_token and an expires_in in seconds, and this is none"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param(
            as_json(400, MALFORMED),
            f"400 invalid_request: Malformed JWT in subject_token (message_id {MESSAGE_ID})",
            id="envelope",
        ),
        pytest.param(
            as_json(429, RATE_LIMITED),
            f"429: {RATE_LIMITED['message']} (message_id {MESSAGE_ID})",
            id="rate limit",
        ),
        pytest.param(
            as_json(500, {"fault": {"faultstring": "Invalid client identifier {0}", "detail": {"errorcode": "x"}}}),
            "500: Invalid client identifier {0}",
            id="Apigee fault",
        ),
        pytest.param(as_json(401, {"error": "invalid_client"}), "401 invalid_client", id="code alone"),
        pytest.param(as_json(400, {"error": "e", "error_description": " a\n b "}), "400 e: a b", id="one line"),
        pytest.param(HTML, f"502: {NOT_THE_SERVICE.format('text/html, 33 bytes')}", id="HTML"),
        pytest.param(Answer(status=503), f"503: {NOT_THE_SERVICE.format('no Content-Type, 0 bytes')}", id="empty body"),
        pytest.param(Answer(status=200), f"200: {NOT_THE_SERVICE.format('no Content-Type, 0 bytes')}", id="empty 200"),
        pytest.param(as_json(200, ["x"]), f"200: {NOT_THE_SERVICE.format('application/json, 5 bytes')}", id="list"),
        pytest.param(as_json(400, None), f"400: {NOT_THE_SERVICE.format('application/json, 4 bytes')}", id="null"),
        pytest.param(
            as_json(400, {"error": 7}), f"400: {NOT_THE_SERVICE.format('application/json, 12 bytes')}", id="not text"
        ),
        pytest.param(
            Answer(status=500, body=b"\xff\xfe\xff"),
            f"500: {NOT_THE_SERVICE.format('no Content-Type, 3 bytes')}",
            id="not UTF-8",
        ),
        pytest.param(
            Answer(status=500, body=b"[" * 200_000),
            f"500: {NOT_THE_SERVICE.format('no Content-Type, 200000 bytes')}",
            id="nested beyond reading",
        ),
        pytest.param(as_json(200, {"expires_in": "599"}), NOT_A_SUCCESS, id="no access token"),
        pytest.param(as_json(200, {"access_token": "", "expires_in": "599"}), NOT_A_SUCCESS, id="empty access token"),
        pytest.param(as_json(200, {"access_token": 7, "expires_in": "599"}), NOT_A_SUCCESS, id="access token a number"),
        pytest.param(as_json(200, {"access_token": ACCESS_TOKEN}), NOT_A_SUCCESS, id="no lifetime"),
        pytest.param(as_json(201, APPLICATION_ANSWER), NOT_A_SUCCESS.replace("200", "201", 1), id="another success"),
    ],
)
def test_refusal_is_one_clear_line(client: Client, service: Script, answer: Answer, text: str) -> None:
    service.plays(answer)

    assert str(refusal_of(client.client_credentials)) == text


@pytest.mark.parametrize(
    "expires_in", ["soon", "", None, [], -1, "-1", "nan", "inf", 10**400], ids=lambda value: repr(value)[:9]
)
def test_a_success_without_a_usable_lifetime_is_none(client: Client, service: Script, expires_in: object) -> None:
    service.plays(APPLICATION_ANSWER | {"expires_in": expires_in})

    assert str(refusal_of(client.client_credentials)) == NOT_A_SUCCESS


def test_refusal_keeps_the_members_of_the_envelope(client: Client, service: Script) -> None:
    service.plays(as_json(400, MALFORMED))

    refusal = refusal_of(client.client_credentials)

    assert (
        refusal.status,
        refusal.error,
        refusal.error_description,
        refusal.message_id,
        refusal.rate_limited_until,
    ) == (
        400,
        "invalid_request",
        "Malformed JWT in subject_token",
        MESSAGE_ID,
        None,
    )


def test_rate_limit_says_until_when_in_epoch_seconds(client: Client, service: Script) -> None:
    service.plays(as_json(429, RATE_LIMITED))

    assert refusal_of(client.client_credentials).rate_limited_until == 1765372560.0


def test_rate_limit_keeps_its_message_as_the_description(client: Client, service: Script) -> None:
    service.plays(as_json(429, RATE_LIMITED))

    refusal = refusal_of(client.client_credentials)

    assert (refusal.error, refusal.error_description) == (None, RATE_LIMITED["message"])


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_refusal_is_not_tried_again(client: Client, service: Script, status: int) -> None:
    service.plays(as_json(status, MALFORMED))

    refusal_of(client.client_credentials)

    assert len(service.sent) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(client: Client, service: Script, status: int) -> None:
    service.plays(Answer(status=status, headers={"Location": service.url + "?session=1#top"}), APPLICATION_ANSWER)

    refusal = refusal_of(client.client_credentials)

    assert (str(refusal), len(service.sent)) == (
        f"{status}: a redirect to {service.url}, not followed: correct token_url",
        1,
    )


@pytest.mark.parametrize("parameter", ["client_assertion", "subject_token"])
def test_refusal_that_quotes_an_exchange_hides_its_secrets(client: Client, service: Script, parameter: str) -> None:
    service.on_request = lambda: service.plays(
        as_json(400, MALFORMED | {"error_description": service.sent[0][parameter]})
    )

    refusal = refusal_of(lambda: client.token_exchange(ID_TOKEN))

    assert (str(refusal), refusal.error_description) == (
        f"400 invalid_request: (hidden) (message_id {MESSAGE_ID})",
        "(hidden)",
    )


@pytest.mark.parametrize("secret", [REFRESH_TOKEN, "my &secret=é"], ids=["refresh token", "client secret"])
@pytest.mark.parametrize("member", ["error", "error_description", "message_id", "message"])
def test_refusal_that_quotes_a_refresh_hides_its_secrets(
    client: Client, service: Script, secret: str, member: str
) -> None:
    service.plays(as_json(400, {member: f"saw {secret}"}))

    refusal = refusal_of(lambda: client.refresh(REFRESH_TOKEN))

    assert secret not in f"{refusal} {refusal!r} {vars(refusal)}"


def test_an_empty_id_token_leaves_the_text_readable(client: Client, service: Script) -> None:
    service.plays(as_json(400, MALFORMED | {"error_description": "Missing subject_token"}))

    refusal = refusal_of(lambda: client.token_exchange(""))

    assert refusal.error_description == "Missing subject_token"


def test_token_in_an_unusable_success_is_not_shown(client: Client, service: Script) -> None:
    service.plays({"access_token": ACCESS_TOKEN})

    refusal = refusal_of(client.client_credentials)

    assert ACCESS_TOKEN not in f"{refusal} {refusal!r} {vars(refusal)}"


def test_refusal_survives_pickling(client: Client, service: Script) -> None:
    service.plays(as_json(400, MALFORMED))

    refusal = refusal_of(client.client_credentials)
    copy = pickle.loads(pickle.dumps(refusal))  # noqa: S301 - our own

    assert vars(copy) == vars(refusal)


def test_a_refusal_is_raised_without_the_frames_in_between(client: Client, service: Script) -> None:
    service.plays(as_json(400, MALFORMED))

    refusal = refusal_of(client.client_credentials)

    frames = [frame.name for frame in traceback.extract_tb(refusal.__traceback__)]
    assert frames == ["refusal_of", "client_credentials", "_shared", "_result"]


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as bound_but_not_listening:
        bound_but_not_listening.bind(("127.0.0.1", 0))
        yield bound_but_not_listening.getsockname()[1]


def unreachable_of(ask: Callable[[], object]) -> ServiceUnreachableError:
    refusal = refusal_of(ask)
    assert isinstance(refusal, ServiceUnreachableError)
    return refusal


def causes_of(error: BaseException | None) -> list[type[BaseException]]:
    return [] if error is None else [type(error), *causes_of(error.__cause__ or error.__context__)]


def test_refused_connection_is_reported_with_the_url(arguments: dict[str, Any], closed_port: int) -> None:
    url = f"http://127.0.0.1:{closed_port}/oauth2/token"

    with Client(**arguments | {"token_url": url}) as client:
        error = unreachable_of(client.client_credentials)

    assert str(error).startswith(f"no answer from {url}: ConnectionError, ")


def test_refused_connection_chains_its_cause(arguments: dict[str, Any], closed_port: int) -> None:
    with Client(**arguments | {"token_url": f"http://127.0.0.1:{closed_port}/oauth2/token"}) as client:
        error = unreachable_of(client.client_credentials)

    assert {requests.ConnectionError, ConnectionRefusedError} <= set(causes_of(error))


def test_tls_failure_names_tls(arguments: dict[str, Any], service: Script) -> None:
    with Client(**arguments | {"token_url": service.url.replace("http:", "https:")}) as client:
        error = unreachable_of(client.client_credentials)

    assert (str(error).split(": ")[1].split(",")[0], ssl.SSLError in causes_of(error)) == ("SSLError", True)


def test_timeout_is_reported_as_one(arguments: dict[str, Any], service: Script) -> None:
    go_on = threading.Event()
    service.on_request = lambda: go_on.wait(30)

    with Client(**arguments, timeout=0.05) as client:
        error = unreachable_of(client.client_credentials)
    go_on.set()

    assert isinstance(error.__cause__, requests.ReadTimeout)


def test_no_answer_has_no_status(arguments: dict[str, Any], closed_port: int) -> None:
    with Client(**arguments | {"token_url": f"http://127.0.0.1:{closed_port}/oauth2/token"}) as client:
        error = unreachable_of(client.client_credentials)

    assert (error.status, error.error, error.message_id) == (0, None, None)


def test_no_answer_is_one_line(arguments: dict[str, Any]) -> None:
    class Broken(requests.Session):
        def post(self, *_: object, **__: object) -> requests.Response:
            raise requests.ConnectionError("two\nlines")

    error = unreachable_of(Client(**arguments, session=Broken()).client_credentials)

    assert str(error) == f"no answer from {arguments['token_url']}: ConnectionError, two lines"


def test_what_is_not_text_in_place_of_an_id_token_is_refused_by_the_service(
    arguments: dict[str, Any], service: Script
) -> None:
    """A function that was not called, say: the service gets it as text, and says what it thinks of that."""
    service.plays(as_json(400, MALFORMED))

    with Client(**arguments) as client:
        refusal = refusal_of(lambda: client.token_exchange(as_json))  # type: ignore[arg-type] # the mistake itself

    assert refusal.error_description == "Malformed JWT in subject_token"
