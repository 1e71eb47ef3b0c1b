"""A path that is nearly right is reported, and none that a probe requests."""

import re

import pytest
from werkzeug.test import Client

from tests.mock_servers.diagnosis.cures.bench import CIS2_PATH, PLAIN, TOKEN, Bench, call, raw, user_token


@pytest.mark.parametrize("path", ["/personal-demographics/FHIR/R4/Patient/9000000009", "/nothing"])
def test_an_unknown_api_with_a_good_token_is_reported_nothing_of_tokens(bench: Bench, path: str) -> None:
    token = user_token(bench)["access_token"]

    answer = call(bench, path, Authorization=f"Bearer {token}")

    assert answer.status_code == 404
    bench.assert_finding("under apis", id="wrong-path", certainty="likely")
    record = bench.platform.exchanges.last
    assert len(record.findings) == 1
    assert not re.search("token|JSON|Authorization", record.explained())


def test_an_api_path_that_is_nearly_right(bench: Bench) -> None:
    token = user_token(bench)["access_token"]

    call(bench, "/helo-world/hello/user", Authorization=f"Bearer {token}")

    bench.assert_finding("Did you mean GET /hello-world/hello/user?", id="wrong-path")
    assert call(bench, "/hello-world/hello/user", Authorization=f"Bearer {token}").status_code == 200


@pytest.mark.parametrize("path", ["/oauth2/tokens", "/oauth2/access_token", "/oauth/token2"])
@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
def test_a_mistyped_token_path_is_reported_alone(bench: Bench, path: str, content_type: str) -> None:
    answer = raw(bench, b'{"grant_type": "client_credentials"}', f"{PLAIN}{path}", content_type=content_type)

    assert answer.status_code == 404
    bench.assert_finding("Did you mean POST /oauth2/token?", id="wrong-path")
    assert len(bench.platform.exchanges.last.findings) == 1


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("/oauth2/access_token", "CIS2's token endpoint ends in access_token. The platform's ends in token."),
        ("/oauth2/tokens", "Your code joined the base URL and the path with a part missing or repeated."),
        ("/oauth2/token/", "There is an extra slash at the end."),
    ],
)
def test_a_mistyped_token_path_shows_how_it_came_about(bench: Bench, path: str, cause: str) -> None:
    raw(bench, b"grant_type=client_credentials", f"{PLAIN}{path}")

    bench.assert_finding(cause, id="wrong-path")


@pytest.mark.parametrize("path", ["/oauth2-mock/tokens", "/oauth2-mock/access_token", "/OAuth2-Mock/oauth2/token"])
def test_a_mistyped_token_path_is_reported_at_its_own_token_service(bench: Bench, path: str) -> None:
    raw(bench, b"grant_type=client_credentials", f"{PLAIN}{path}")

    bench.assert_finding("Did you mean POST /oauth2-mock/token?", id="wrong-path")


@pytest.mark.parametrize("path", ["/favicon.ico", "/health", "/", "/oauth2/health", "/robots.txt", "/healthz"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_probe_is_reported_nothing(bench: Bench, path: str, method: str) -> None:
    answer = Client(bench.platform).open(path, method=method, base_url=PLAIN)

    assert answer.status_code in (200, 204, 303, 404)
    assert [record.findings for record in bench.platform.exchanges if record.findings] == []


@pytest.mark.parametrize("path", ["/oauth/token", "/token", f"{CIS2_PATH}/access_token"])
def test_a_token_request_at_another_service(bench: Bench, path: str) -> None:
    form = {"grant_type": "client_credentials", **bench.assertion(TOKEN)}

    bench.post(f"{PLAIN}{path}", form)

    bench.assert_finding(f"Did you mean POST {TOKEN}?", id="wrong-path")
    assert bench.post(TOKEN, form).status_code == 200


def test_a_token_request_without_an_assertion_at_the_log_in_of_the_management_api(bench: Bench) -> None:
    raw(bench, b"grant_type=client_credentials", f"{PLAIN}/oauth/token")

    bench.assert_finding(f"Did you mean POST {TOKEN}?", id="wrong-path", certainty="likely")


def test_a_wrong_grant_at_a_provider_is_no_wrong_path(bench: Bench) -> None:
    raw(bench, b"grant_type=client_credentials", f"{PLAIN}{CIS2_PATH}/access_token")

    assert "wrong-path" not in [each.id for each in bench.platform.exchanges.last.findings]


@pytest.mark.parametrize("path", ["/oauth2/token/oauth2/token", "/v2/oauth2/token"])
def test_a_base_url_that_has_the_path_already(bench: Bench, path: str) -> None:
    raw(bench, b"grant_type=client_credentials", f"{PLAIN}{path}")

    bench.assert_finding("Did you mean POST /oauth2/token?", id="wrong-path")
