"""What a shared server shows of itself, in processes of its own: metrics of all workers, and the worlds in its log."""

import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection
from itertools import pairwise

import pytest
import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.mock_servers.command_line.test_several_processes import plain, said, to_each_worker, workers_of
from tests.served import Serve, Served

pytestmark = [
    pytest.mark.slow,  # each test starts several processes
    pytest.mark.skipif(sys.platform != "linux", reason="a process's children are looked up as on Linux"),
]

Series = tuple[str, frozenset[tuple[str, str]]]
COUNTED = ("_total", "_bucket", "_count", "_sum")


def samples_of(text: str) -> Mapping[Series, float]:
    families = text_string_to_metric_families(text)
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


def scraped(connection: HTTPConnection) -> Mapping[Series, float]:
    connection.request("GET", "/_nhsauth/metrics")
    return samples_of(connection.getresponse().read().decode())


def scraped_at_each_worker(served: Served) -> list[Mapping[Series, float]]:
    with to_each_worker(served, lambda: plain(served), "/_nhsauth/health") as connections:
        return [scraped(each) for each in connections]


def exchanges(samples: Mapping[Series, float]) -> float:
    return sum(value for (name, _), value in samples.items() if name == "nhsauth_exchanges_total")


def refuse_at_each_worker(served: Served, times: int) -> None:
    """Send each worker requests that are refused."""
    with to_each_worker(served, lambda: plain(served), "/_nhsauth/health") as connections:
        for each in connections:
            for _ in range(times):
                each.request(
                    "POST", "/oauth2/token", "grant_type=x", {"Content-Type": "application/x-www-form-urlencoded"}
                )
                each.getresponse().read()


def fallen(before: Mapping[Series, float], after: Mapping[Series, float]) -> list[Series]:
    """The counters that went backwards, or away."""
    return [series for series in before if series[0].endswith(COUNTED) and after.get(series, -1) < before[series]]


def test_each_worker_shows_what_all_have_counted_and_a_killed_one_takes_nothing_with_it(serve: Serve) -> None:
    served = serve("--workers", "2")
    refuse_at_each_worker(served, 5)
    before = scraped_at_each_worker(served)
    first, _ = workers_of(served)
    os.kill(first, signal.SIGKILL)
    said(served, rf"Worker 1 \(process {first}\) was ended by SIGKILL")
    while len(workers_of(served)) < 2:
        requests.get(f"{served.url}/_nhsauth/health", timeout=30)
    refuse_at_each_worker(served, 5)

    after = scraped_at_each_worker(served)

    assert [exchanges(each) for each in before] == [10, 10]
    assert [exchanges(each) for each in after] == [20, 20]
    deaths: Series = ("nhsauth_worker_deaths_total", frozenset())
    assert [each[deaths] for each in before + after] == [0, 0, 1, 1]
    found: Series = ("nhsauth_findings_total", frozenset({("certainty", "likely"), ("finding", "grant-type")}))
    assert [each[found] for each in before + after] == [10, 10, 20, 20]


def test_no_counter_falls_while_workers_die_one_after_the_other(serve: Serve) -> None:
    served = serve("--workers", "2", "--log-level", "error")
    shown = scraped_at_each_worker(served)

    for _ in range(4):
        refuse_at_each_worker(served, 3)
        shown += scraped_at_each_worker(served)
        victim = workers_of(served)[-1]
        os.kill(victim, signal.SIGKILL)
        while victim in workers_of(served) or len(workers_of(served)) < 2:
            with closing(plain(served)) as connection:
                try:
                    shown.append(scraped(connection))
                except OSError:  # it was connected to the one that was killed
                    continue
    shown += scraped_at_each_worker(served)

    assert [fallen(*pair) for pair in pairwise(shown)] == [[]] * (len(shown) - 1)
    assert exchanges(shown[-1]) == 24


def test_one_process_counts_too(serve: Serve) -> None:
    served = serve()
    served.post("/oauth2/token", grant_type="x")

    samples = samples_of(requests.get(f"{served.url}/_nhsauth/metrics", timeout=30).text)

    assert exchanges(samples) == 1
    assert samples["nhsauth_worker_deaths_total", frozenset()] == 0


@pytest.mark.parametrize("workers", [(), ("--workers", "2")])
def test_each_line_of_the_log_says_of_which_world_it_is_and_who_changed_what(
    serve: Serve, workers: tuple[str, ...]
) -> None:
    served = serve("--log-format", "json", *workers)
    requests.post(f"{served.url}/_nhsauth/worlds", json={"name": "team-a"}, timeout=30).raise_for_status()
    requests.get(f"{served.url}/_worlds/team-a/nowhere", timeout=30)
    requests.put(f"{served.url}/_worlds/team-a/_nhsauth/clock", json={"advance": 60}, timeout=30).raise_for_status()
    requests.get(f"{served.url}/nowhere", timeout=30)

    lines = [json.loads(line) for line in served.end()[1].splitlines()]

    assert [(line["world"], line["event"]) for line in lines] == [
        ("team-a", "control"),
        ("team-a", "exchange"),
        ("team-a", "control"),
        ("root", "exchange"),
    ]
    assert [(line["who"], line["what"], line["path"]) for line in lines if line["event"] == "control"] == [
        ("open", "addWorld", "/_nhsauth/worlds"),
        ("open", "setClock", "/_worlds/team-a/_nhsauth/clock"),
    ]
    assert [line["exchange"]["world"] for line in lines if line["event"] == "exchange"] == ["team-a", "root"]
