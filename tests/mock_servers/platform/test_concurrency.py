"""Of N identical requests at once exactly one passes, over real connections."""

import http.client
import json
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import urlencode, urlsplit

import pytest
from werkzeug.test import Client

from mock_servers.identity_provider.log_ins import LogInRequest
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock

THREADS = 8
ASSERTION = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
REDIRECT = "http://127.0.0.1:8080/_nhsauth/callback"
SECRET = {"client_id": "nhsauth-app", "client_secret": "nhsauth-secret"}


def posted_at_once(url: str, form: Mapping[str, str], *, times: int) -> Counter[tuple[int, str]]:
    """Post one form `times` times from each of eight threads that start together; count the answers."""
    parts, barrier = urlsplit(url), Barrier(THREADS)
    body, headers = urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"}

    def post() -> list[tuple[int, str]]:
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        barrier.wait()
        answers = []
        for _ in range(times):
            connection.request("POST", parts.path, body, headers)
            answer = connection.getresponse()
            members = json.loads(answer.read())
            answers.append((answer.status, members.get("error_description") or members.get("message") or ""))
        connection.close()
        return answers

    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(post) for _ in range(THREADS)]
        return Counter(answer for future in futures for answer in future.result())


def refresh_token(platform: Mock) -> str:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        **ASSERTION,
        "client_assertion": platform.client_assertion("nhsauth-app"),
        "subject_token": platform.id_token("cis2", LogInRequest(client_id="nhsauth-app")),
    }
    members = Client(platform).post("/oauth2/token", data=form, base_url=platform.url).get_json()
    return str(members["refresh_token"])


@pytest.fixture
def platform(ring: KeyRing) -> Mock:
    return Mock(ring=ring)


@pytest.mark.parametrize("times", [20, pytest.param(500, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_of_many_posts_of_one_assertion_one_gets_a_token(platform: Mock, times: int) -> None:
    with platform.serving():
        form = {
            "grant_type": "client_credentials",
            **ASSERTION,
            "client_assertion": platform.client_assertion("nhsauth-app"),
        }

        answers = posted_at_once(platform.token_url, form, times=times)

    refused = THREADS * times - 1
    assert answers == {(200, ""): 1, (400, "Non-unique 'jti' claim in client_assertion JWT"): refused}


def test_of_many_redemptions_of_one_code_one_gets_the_tokens(platform: Mock) -> None:
    with platform.serving():
        code = platform.issue_code("cis2", LogInRequest(client_id="nhsauth-app"), REDIRECT)
        url = f"{platform.url}{platform.providers['cis2'].provider.endpoint('token')}"
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **SECRET}

        answers = posted_at_once(url, form, times=5)

    assert answers == {(200, ""): 1, (400, "The provided access grant is invalid, expired, or revoked."): 39}


def test_of_many_uses_of_one_refresh_token_one_gets_a_token(platform: Mock) -> None:
    platform.apps.change("nhsauth-app", quota_per_minute=0)
    with platform.serving():
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token(platform), **SECRET}

        answers = posted_at_once(platform.token_url, form, times=5)

    assert answers == {(200, ""): 1, (401, "refresh_token is invalid"): 39}


def test_no_more_requests_pass_than_the_quota_allows(platform: Mock) -> None:
    platform.apps.change("nhsauth-app", quota_per_minute=10)
    platform.clock.freeze()
    with platform.serving():
        form = {"grant_type": "refresh_token", "refresh_token": "unknown", **SECRET}

        answers = posted_at_once(platform.token_url, form, times=5)

    limited = [count for (status, _), count in answers.items() if status == 429]
    assert limited == [30]
    assert answers[401, "refresh_token is invalid"] == 10


def test_the_journal_misses_none_of_many_at_once(platform: Mock) -> None:
    with platform.serving():
        answers = posted_at_once(platform.token_url, {"grant_type": ""}, times=20)

    assert answers.total() == 160
    assert [record.id for record in platform.exchanges.kept()] == sorted(record.id for record in platform.exchanges)
    assert len(platform.exchanges) == 160
