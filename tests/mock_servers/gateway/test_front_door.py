"""What a person's browser and a wait script find at a mock, beside what the real service answers."""

import pytest
from werkzeug.test import Client

from mock_servers.mock import Mock
from mock_servers.state.configuration import Api

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PROGRAM = {"Accept": "*/*"}
PROBES = ["/favicon.ico", "/robots.txt", "/health", "/healthz", "/readyz", "/.well-known/appspecific/com.chrome.json"]


def test_a_browser_finds_the_page(http: Client, platform: Mock) -> None:
    answer = http.get("/", headers=BROWSER, base_url=platform.url, follow_redirects=True)

    assert (answer.status_code, answer.request.path) == (200, "/_nhsauth/")
    assert "<h1>Point your code here</h1>" in answer.text
    assert len(platform.exchanges) == 0


@pytest.mark.parametrize(
    ("method", "headers", "base_url"),
    [
        ("GET", PROGRAM, "http://127.0.0.1:8080"),
        ("POST", BROWSER, "http://127.0.0.1:8080"),
        ("GET", BROWSER, "https://int.api.service.nhs.uk"),
        ("GET", BROWSER, "http://int.api.service.nhs.uk:8080"),
    ],
    ids=["program", "post", "real-host", "real-name"],
)
def test_anything_else_gets_the_platform_s_own_fault(
    http: Client, platform: Mock, method: str, headers: dict[str, str], base_url: str
) -> None:
    answer = http.open("/", method=method, headers=headers, base_url=base_url)

    assert answer.status_code == 404
    assert answer.get_json()["fault"]["detail"] == {"errorcode": "messaging.adaptors.http.flow.ApplicationNotFound"}
    assert len(platform.exchanges) == 1


@pytest.mark.parametrize("path", PROBES)
@pytest.mark.parametrize("host", ["http://127.0.0.1:8080", "https://am.nhsint.auth-ptl.cis2.spineservices.nhs.uk"])
def test_what_browsers_and_wait_scripts_try_is_answered_as_any_such_path_and_leaves_no_record(
    http: Client, platform: Mock, path: str, host: str
) -> None:
    other = http.get(f"{path.rpartition('/')[0]}/nobodys", headers=PROGRAM, base_url=host)
    platform.exchanges.clear()

    answer = http.get(path, headers=PROGRAM, base_url=host)

    assert answer.status_code == other.status_code
    assert len(platform.exchanges) == 0


def test_an_api_of_ones_own_may_be_at_such_a_path(http: Client, platform: Mock) -> None:
    platform.add_api(Api(path="/health", upstream="http://127.0.0.1:1"))

    http.get("/health", base_url=platform.url)

    assert [record.path for record in platform.exchanges] == ["/health"]
