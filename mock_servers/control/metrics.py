"""The call that monitoring reads: what the server has done, and what it holds, as OpenMetrics.

No label names a client, a person or a world, so the number of series does not grow with use.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from mock_servers.control.calls import Call, Request, Response, ResponseObject
from mock_servers.control.problems import ProblemError
from mock_servers.journal.counts import BUCKETS, DEATHS, DURATIONS, EXCHANGES, FAULTS, FINDINGS, NANOSECONDS, Series
from mock_servers.state.store import KINDS
from mock_servers.state.world import PLACE
from mock_servers.version import installed

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from mock_servers.platform.platform import Platform
    from mock_servers.platform.worlds import Worlds

CONTENT_TYPE: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_MISSING: Final = (
    "The metrics need the package prometheus-client: pip install 'pytest-nhsauth[metrics]', then start again."
)

_COUNTERS: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    EXCHANGES: (
        "nhsauth_exchanges",
        "Requests to a service. status 0: no answer; rule: what refused it, empty for a success.",
        ("service", "flow", "status", "rule"),
    ),
    FINDINGS: ("nhsauth_findings", "Explanations of refused requests.", ("certainty", "finding")),
    FAULTS: ("nhsauth_faults", "Requests that met a fault that somebody had ordered.", ("action", "place")),
}
"""By the name of a count, that of its metric, its help and its labels."""
_JOURNAL: Final = "exchanges"
"""The table of a journal that lasts, and what stands for it where the journal is in memory."""


@Call(
    "GET",
    "/metrics",
    {200: ResponseObject("The metrics.", {"type": "string"}, content_type=CONTENT_TYPE)},
    refusals={404: "This is a world: its server has the metrics.", 501: "The extra [metrics] is not installed."},
)
def get_metrics(request: Request) -> Response:
    """What the server has done since its start, in all its worlds and workers, as OpenMetrics for Prometheus.

    It needs the extra `pytest-nhsauth[metrics]`.
    """
    worlds = request.platform.worlds
    if worlds is None:
        root = request.control.replace(request.prefix, "", 1)
        raise ProblemError(404, f"A world has no metrics of its own: ask {root}/metrics.")
    try:
        from prometheus_client import CollectorRegistry  # noqa: PLC0415 - an extra that most do without
        from prometheus_client.openmetrics.exposition import generate_latest  # noqa: PLC0415 - the same
    except ImportError:
        raise ProblemError(501, _MISSING) from None
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(request.platform, worlds))
    page: bytes = generate_latest(registry)
    return Response(body=page.decode(), content_type=CONTENT_TYPE)


class _Collector:
    """The metrics of a server at this moment, as `prometheus_client` collects them."""

    def __init__(self, platform: Platform, worlds: Worlds[Platform]) -> None:
        self._platform = platform
        self._worlds = worlds

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with all of its samples."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily  # noqa: PLC0415 - an extra, for who scrapes

        totals = self._platform.exchanges.counts.totals()
        yield InfoMetricFamily("nhsauth", "The mock.", {"version": installed()})
        for count, (name, words, labels) in _COUNTERS.items():
            family = CounterMetricFamily(name, words, labels=labels)
            for series in sorted(each for each in totals if each[0] == count):
                family.add_metric([str(label) for label in series[1:]], totals[series])
            yield family
        yield _durations(totals)
        deaths = totals.get((DEATHS,), 0)
        yield CounterMetricFamily("nhsauth_worker_deaths", "Workers that died and were not asked to end.", deaths)
        yield GaugeMetricFamily("nhsauth_worlds", "Worlds that are there.", len(self._worlds.all()))
        tables = GaugeMetricFamily("nhsauth_table_entries", "Entries, of all worlds together.", labels=["table"])
        for table, size in sorted(_sizes(self._platform, self._worlds).items()):
            tables.add_metric([table], size)
        yield tables


def _durations(totals: Mapping[Series, int]) -> Metric:
    from prometheus_client.core import HistogramMetricFamily  # noqa: PLC0415 - who collects has it

    words = "How long services took, without the delays that were ordered."
    family = HistogramMetricFamily("nhsauth_exchange_duration_seconds", words, labels=["service"], unit="seconds")
    bounds = [*map(str, BUCKETS), "+Inf"]
    for service in sorted(str(series[1]) for series in totals if series[0] == NANOSECONDS):
        up_to = accumulate(totals.get((DURATIONS, service, bucket), 0) for bucket in range(len(bounds)))
        buckets = list(zip(bounds, up_to, strict=True))
        family.add_metric([service], buckets, totals[NANOSECONDS, service] / 1e9)
    return family


def _sizes(platform: Platform, worlds: Worlds[Platform]) -> Mapping[str, int]:
    """Return the number of entries of each table, of the server and its worlds together; snapshots do not count."""
    backend = platform.store.backend
    sizes: Counter[str] = Counter(dict.fromkeys([*KINDS, _JOURNAL], 0))
    for place, size in backend.sizes().items():
        *below, table = place.split("/")
        if not below or (len(below) == 1 and below[0].startswith(quote(PLACE))):
            sizes[table] += size
    if not backend.is_shared:  # its journals are no tables
        sizes[_JOURNAL] = sum(len(each.exchanges) for each in (platform, *worlds.platforms()))
    return sizes


SCHEMAS: Final[Mapping[str, object]] = {}

CALLS: Final = (get_metrics,)
