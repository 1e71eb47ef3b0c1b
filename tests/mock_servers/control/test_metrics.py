"""The page of metrics, as the parser of prometheus-client reads it."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from werkzeug.test import Client, TestResponse

from mock_servers.journal.counts import Counts
from mock_servers.mock import Mock
from mock_servers.state.sqlite import open_sqlite
from mock_servers.version import installed

Control = Callable[..., TestResponse]
Post = Callable[..., TestResponse]
Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def samples_of(text: str) -> Samples:
    """Each sample of a page by its name and labels; a page that is not OpenMetrics raises."""
    families = list(text_string_to_metric_families(text))
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


@pytest.fixture
def read(control: Control) -> Callable[..., float | None]:
    """The value of a sample; `None` where there is none."""

    def value(name: str, **labels: str) -> float | None:
        return samples_of(control("GET", "/metrics").get_data(as_text=True)).get((name, frozenset(labels.items())))

    return value


def test_it_is_openmetrics_for_every_caller(control: Control) -> None:
    answers = [control("GET", "/metrics", headers={"Accept": accept}) for accept in ("*/*", "text/html", "text/plain")]

    assert {(answer.status_code, answer.content_type) for answer in answers} == {
        (200, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    }
    families = {
        family.name: family.type for family in text_string_to_metric_families(answers[0].get_data(as_text=True))
    }
    assert families == {
        "nhsauth": "info",
        "nhsauth_exchanges": "counter",
        "nhsauth_findings": "counter",
        "nhsauth_faults": "counter",
        "nhsauth_exchange_duration_seconds": "histogram",
        "nhsauth_worker_deaths": "counter",
        "nhsauth_worlds": "gauge",
        "nhsauth_table_entries": "gauge",
    }


def test_it_has_nothing_of_the_process_that_serves_it(read: Callable[..., float | None], control: Control) -> None:
    assert read("nhsauth_info", version=installed()) == 1
    assert "python_info" not in control("GET", "/metrics").get_data(as_text=True)


def test_exchanges_are_counted_by_service_flow_status_and_rule(
    client_credentials: Post, post: Post, read: Callable[..., float | None]
) -> None:
    client_credentials().close()
    post(grant_type="password").close()
    post(grant_type="password").close()

    assert read("nhsauth_exchanges_total", service="oauth2", flow="client-credentials", status="200", rule="") == 1
    refused = {"flow": "grant-type-unsupported", "status": "400", "rule": "check_grant_type_supported"}
    assert read("nhsauth_exchanges_total", service="oauth2", **refused) == 2


def test_a_finding_is_counted_once_by_its_certainty(
    post: Post, read: Callable[..., float | None], platform: Mock
) -> None:
    post(grant_type="password").close()
    post(grant_type="password").close()
    for record in [*platform.exchanges, *platform.exchanges]:
        record.examination()

    assert read("nhsauth_findings_total", certainty="likely", finding="grant-type") == 2


def test_buckets_add_up(platform: Mock, read: Callable[..., float | None]) -> None:
    counts = Counts(ticks=iter([3_000_000, 3_000_000, 20_000_000_000]).__next__)
    platform.count_in(counts)
    for _ in range(3):
        counts.exchange("cis2", "userinfo", 200, "", 0)

    name = "nhsauth_exchange_duration_seconds"
    found = [read(f"{name}_bucket", service="cis2", le=bound) for bound in ("0.0025", "0.005", "10.0", "+Inf")]
    assert found == [0, 2, 2, 3]
    assert (read(f"{name}_count", service="cis2"), read(f"{name}_sum", service="cis2")) == (3, 20.006)


def test_an_ordered_fault_is_counted_when_it_is_met(
    control: Control, post: Post, read: Callable[..., float | None]
) -> None:
    control("POST", "/faults", {"on": "token", "do": "status", "status": 503})
    before = read("nhsauth_faults_total", action="status", place="token")
    post(grant_type="password").close()
    post(grant_type="password").close()

    assert (before, read("nhsauth_faults_total", action="status", place="token")) == (None, 1)


@pytest.mark.parametrize("state", ["memory", "sqlite"])
def test_worlds_are_counted_and_tables_are_those_of_all_worlds_without_snapshots(
    platform: Mock, tmp_path: Any, state: str
) -> None:
    mock = platform if state == "memory" else Mock(ring=platform.ring, backend=open_sqlite(tmp_path / "state", {}))
    http = Client(mock)

    def tables() -> tuple[float, ...]:
        samples = samples_of(http.get("/_nhsauth/metrics", base_url=mock.url).get_data(as_text=True))
        entries = [samples["nhsauth_table_entries", frozenset({("table", name)})] for name in ("apps", "exchanges")]
        return (samples["nhsauth_worlds", frozenset()], *entries)

    _, apps, exchanges = tables()
    http.post("/_nhsauth/worlds", json={"name": "team-a"}, base_url=mock.url).close()
    for path in ("", "/_worlds/team-a"):
        http.post(f"{path}/_nhsauth/snapshots", base_url=mock.url).close()
        http.post(f"{path}/_nhsauth/apps", json={"client_id": "mine"}, base_url=mock.url).close()
        http.get(f"{path}/nowhere", base_url=mock.url).close()

    assert tables() == (1, 2 * apps + 2, exchanges + 2)


def test_no_label_names_a_client_or_a_world(control: Control, http: Client, platform: Mock, post: Post) -> None:
    control("POST", "/worlds", {"name": "team-a"})
    control("POST", "/apps", {"client_id": "client-of-a-team"})
    post(grant_type="client-of-a-team", client_id="client-of-a-team").close()
    control("POST", "/faults", {"on": "token", "do": "drop", "client_id": "client-of-a-team"})
    http.post("/_worlds/team-a/oauth2/token", data={"grant_type": "x"}, base_url=platform.url).close()
    http.get("/client-of-a-team", base_url=platform.url).close()
    for record in platform.exchanges:
        record.examination()

    text = control("GET", "/metrics").get_data(as_text=True)

    assert 'flow="grant-type-unsupported"' in text
    assert [name for name in ("client-of-a-team", "team-a") if name in text] == []


def test_a_world_says_where_the_metrics_are(control: Control, http: Client, platform: Mock) -> None:
    control("POST", "/worlds", {"name": "team-a"})

    problem = http.get("/_worlds/team-a/_nhsauth/metrics", base_url=platform.url).get_json()

    assert (problem["status"], problem["detail"]) == (
        404,
        f"A world has no metrics of its own: ask {platform.url}/_nhsauth/metrics.",
    )


def test_without_the_extra_it_says_what_to_install(
    control: Control, monkeypatch: pytest.MonkeyPatch, refused: Callable[[TestResponse], tuple[int, str, str | None]]
) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)

    answer = control("GET", "/metrics")

    assert refused(answer) == (501, "Not Implemented", None)
    assert answer.get_json()["detail"] == (
        "The metrics need the package prometheus-client: pip install 'pytest-nhsauth[metrics]', then start again."
    )
