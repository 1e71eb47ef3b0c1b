"""The files of examples/deployment: each keeps its schema, and what they name of the mock is there."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
import requests
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from ruamel.yaml import YAML
from werkzeug.test import Client

from mock_servers.command_line.commands import nhsauth, serve
from mock_servers.configuration import reading
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.sections import LOCATION
from mock_servers.state.fault import Fault
from mock_servers.wire.wsgi import CONTROL
from tests.processes import finished

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "examples" / "deployment"
PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
IN_CONTAINER = "/etc/nhsauth/nhsauth.toml"
HEALTH = "/_nhsauth/health"


def read(name: str) -> list[Any]:
    return list(YAML(typ="safe", pure=True).load_all((FOLDER / name).read_text(encoding="utf-8")))


(COMPOSE,) = read("compose.yml")
KUBERNETES = read("kubernetes.yml")
HAPROXY = (FOLDER / "haproxy.cfg").read_text(encoding="utf-8")


def resource(kind: str, name: str) -> Any:
    return next(each for each in KUBERNETES if (each["kind"], each["metadata"]["name"]) == (kind, name))


def containers() -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Each container of the manifest, with the pod that it is in."""
    for each in KUBERNETES:
        if each["kind"] in ("Deployment", "StatefulSet"):
            pod = each["spec"]["template"]["spec"]
            yield from ((f"{each['metadata']['name']}: {own['name']}", own, pod) for own in pod["containers"])


NHSAUTH = resource("Deployment", "nhsauth")["spec"]["template"]["spec"]["containers"][0]
VALKEY = resource("StatefulSet", "valkey")["spec"]["template"]["spec"]["containers"][0]
COMMANDS = {"compose": COMPOSE["services"]["nhsauth"]["command"], "kubernetes": NHSAUTH["args"]}
VALKEYS = {"compose": COMPOSE["services"]["valkey"]["command"], "kubernetes": VALKEY["args"]}


def options(command: list[str]) -> dict[str, Any]:
    """What `nhsauth serve` understands a command as; its configuration is the one beside it."""
    arguments = [str(FOLDER / "nhsauth.toml") if word == IN_CONTAINER else word for word in command[1:]]
    # Below the program's own context: click remembers which options for help a command had when it was first asked.
    program = click.Context(nhsauth, info_name="nhsauth", **nhsauth.context_settings)
    return serve.make_context("serve", arguments, parent=program).params


SUITE = """
import urllib.request

def test_it(nhsauth, nhsauth_client, nhsauth_id_token, nhsauth_new_app, nhsauth_clock, nhsauth_faults):
    app = nhsauth_new_app(client_id="mine")
    assert b"keys" in urllib.request.urlopen(app.jwks_url).read()
    nhsauth_clock.advance(60)
    nhsauth_client.token_exchange(nhsauth_id_token())
    nhsauth_faults.down("cis2")
    assert nhsauth.cis2.discovery_url.startswith(nhsauth.url)
    nhsauth.exchanges.assert_one(error=None)
"""
NODE = """
const [services, control] = process.argv.slice(1);
const made = await fetch(`${control}/_nhsauth/client-assertions`, {
  method: "POST", headers: {"Content-Type": "application/json"}, body: "{}" });
const {client_assertion} = await made.json();
const body = new URLSearchParams({
  grant_type: "client_credentials", client_assertion,
  client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" });
const answer = await fetch(`${services}/oauth2/token`, {method: "POST", body});
console.log(answer.status, (await answer.json()).token_type);
"""


@contextmanager
def serving_as(command: list[str], folder: Path) -> Iterator[tuple[str, str]]:
    """Run a file's own command, at free ports of this machine; yields the URLs of services and control API.

    The names in its configuration are those of its network, so it starts without that.
    """
    asked = options(command)
    taken = ["serve", "--host", "127.0.0.1", "--port", "0", "--control-port", "0", "--json"]
    assert (asked["host"], asked["port"], asked["control_port"]) == ("0.0.0.0", 8080, 9090)  # noqa: S104 - in a container
    environ = {**os.environ, "NHSAUTH_CACHE_DIR": str(folder / "cache")}
    with subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-m", "mock_servers", *taken, "--log-format", asked["log_format"]],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        try:
            yield ready["url"], ready["control_url"]
        finally:
            process.terminate()


@pytest.fixture(scope="module", params=COMMANDS)
def deployed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    with serving_as(COMMANDS[request.param], tmp_path_factory.mktemp("deployed")) as urls:
        yield urls


@pytest.mark.parametrize("by", ["services", "control API"])
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_a_suite_runs_at_either_port(
    deployed: tuple[str, str], tmp_path: Path, by: str, workers: tuple[str, ...]
) -> None:
    (tmp_path / "test_suite.py").write_text(SUITE, encoding="utf-8")
    target = dict(zip(("services", "control API"), deployed, strict=True))[by]

    done = finished(sys.executable, "-m", "pytest", f"--nhsauth-target={target}", *workers, folder=tmp_path)

    assert "1 passed" in done.stdout, done.stdout
    assert f"nhsauth: target {target} (--nhsauth-target)" in done.stdout


@pytest.mark.parametrize("by", [0, 1], ids=["services", "control API"])
def test_a_suite_uses_a_world_of_either_port(deployed: tuple[str, str], tmp_path: Path, by: int) -> None:
    made = requests.post(f"{deployed[1]}/_nhsauth/worlds", json={}, timeout=30).json()
    target = (made["url"], made["control"].removesuffix("/_nhsauth"))[by]
    (tmp_path / "test_suite.py").write_text(
        f"def test_it(nhsauth, nhsauth_client):\n"
        f"    assert nhsauth.url == {made['url']!r}\n"
        f"    nhsauth_client.client_credentials()\n",
        encoding="utf-8",
    )

    done = finished(sys.executable, "-m", "pytest", f"--nhsauth-target={target}", folder=tmp_path)

    assert "1 passed" in done.stdout, done.stdout


def test_a_program_of_node_gets_a_token(deployed: tuple[str, str]) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not here")

    done = finished("node", "--input-type=module", "--eval", NODE, *deployed)

    assert done.stdout == "200 Bearer\n", done.stderr


def test_curl_finds_health_at_either_port_and_the_control_api_at_one(deployed: tuple[str, str]) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not here")
    status = ("curl", "--silent", "--output", os.devnull, "--write-out", "%{http_code}")

    got = [finished(*status, f"{url}/_nhsauth/{path}").stdout for path in ("health", "apps") for url in deployed]

    assert got == ["200", "200", "404", "200"]


def test_the_image_asks_for_health_where_it_is_in_any_case() -> None:
    file = (ROOT / "examples" / "container" / "Containerfile").read_text(encoding="utf-8")

    assert f"http://127.0.0.1:8080{HEALTH}'" in file


def service_ports(name: str) -> list[tuple[int, str]]:
    return [(port["port"], port["targetPort"]) for port in resource("Service", name)["spec"]["ports"]]


@pytest.mark.parametrize("number", range(len(KUBERNETES)))
def test_a_resource_keeps_the_schema_of_kubernetes(number: int) -> None:
    kubernetes = pytest.importorskip("kubernetes_validate", reason="pip install --group deployment")

    kubernetes.validate(KUBERNETES[number], "1.31", strict=True)


def test_a_resource_that_breaks_the_schema_is_found() -> None:
    kubernetes = pytest.importorskip("kubernetes_validate", reason="pip install --group deployment")
    broken = {**resource("Service", "nhsauth"), "spec": {"port": 8080}}

    with pytest.raises(kubernetes.ValidationError):
        kubernetes.validate(broken, "1.31", strict=True)


def test_the_configuration_of_the_load_balancer_holds() -> None:
    if shutil.which("haproxy") is None:
        pytest.skip("there is no haproxy on this machine")

    done = finished("haproxy", "-c", "-f", FOLDER / "haproxy.cfg")

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("where", COMMANDS)
def test_the_mock_is_started_with_options_that_it_has(where: str) -> None:
    asked = options(COMMANDS[where])

    assert (asked["host"], asked["port"], asked["control_port"]) == ("0.0.0.0", 8080, 9090)  # noqa: S104 - in a container


@pytest.mark.parametrize(
    "text",
    [
        (FOLDER / "nhsauth.toml").read_text(encoding="utf-8"),
        resource("ConfigMap", "nhsauth")["data"]["nhsauth.toml"],
    ],
    ids=["compose", "kubernetes"],
)
def test_its_configuration_holds(tmp_path: Path, text: str) -> None:
    file = tmp_path / "nhsauth.toml"
    file.write_text(text.replace("# trusted_proxies", "trusted_proxies"), encoding="utf-8")

    found = reading.read(file)

    assert found.public_urls == tuple(tomllib.loads(text)["public_urls"])
    assert found.trusted_proxies


def test_what_is_asked_for_health_is_there(ring: KeyRing) -> None:
    probes = [NHSAUTH["readinessProbe"]["httpGet"]["path"], *re.findall(r"option httpchk GET (\S+)", HAPROXY)]
    probes += re.findall(
        r"http://127\.0\.0\.1:9090(/[^']*)'", " ".join(COMPOSE["services"]["nhsauth"]["healthcheck"]["test"])
    )
    control = Client(Mock(ring=ring))

    assert probes == [HEALTH] * 4
    assert control.get(HEALTH, environ_overrides={CONTROL: True}).status_code == 200


def test_every_port_that_is_named_is_one_of_the_mock_or_of_the_valkey() -> None:
    names = {port["name"]: port["containerPort"] for own in (NHSAUTH, VALKEY) for port in own["ports"]}
    probed = [own[probe] for own in (NHSAUTH, VALKEY) for probe in ("readinessProbe", "livenessProbe")]
    asked = {each.get("httpGet", each.get("tcpSocket"))["port"] for each in [*probed, NHSAUTH["startupProbe"]]}
    policies = [each for each in KUBERNETES if each["kind"] == "NetworkPolicy"]
    admitted = {port["port"] for each in policies for rule in each["spec"]["ingress"] for port in rule["ports"]}

    assert names == {"services": 8080, "control": 9090, "valkey": 6379}
    assert asked | admitted <= names.keys()
    assert service_ports("nhsauth") == [(8080, "services")]
    assert service_ports("nhsauth-control") == [(9090, "control")]
    assert service_ports("valkey") == [(6379, "valkey")]


def test_the_load_balancer_calls_the_services_at_one_port_and_the_control_api_at_the_other() -> None:
    assert re.findall(r"server-template \w+ \d+ (\S+)", HAPROXY) == ["nhsauth:8080", "nhsauth:9090"]
    assert re.findall(r"bind :(\d+)", HAPROXY) == ["8080", "9090"]
    assert COMPOSE["services"]["balancer"]["ports"] == ["8080:8080", "127.0.0.1:9090:9090"]


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "Service", "NetworkPolicy", "PodDisruptionBudget"])
def test_what_selects_pods_finds_some(kind: str) -> None:
    labels = [
        each["spec"]["template"]["metadata"]["labels"] for each in KUBERNETES if "template" in each.get("spec", {})
    ]
    specs = [each["spec"] for each in KUBERNETES if each["kind"] == kind]
    selectors = [spec.get("selector", spec.get("podSelector")) for spec in specs]

    assert specs
    assert all(selector.get("matchLabels", selector) in labels for selector in selectors)


def test_there_are_two_of_the_mock() -> None:
    assert resource("Deployment", "nhsauth")["spec"]["replicas"] == 2
    assert COMPOSE["services"]["nhsauth"]["deploy"]["replicas"] == 2


@pytest.mark.parametrize(("name", "own", "pod"), list(containers()), ids=[name for name, _, _ in containers()])
def test_a_pod_has_no_rights_and_keeps_to_its_limits(name: str, own: Mapping[str, Any], pod: Mapping[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"], name
    assert not pod["automountServiceAccountToken"]
    assert own["securityContext"] == {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert own["resources"]["limits"].keys() == {"cpu", "memory"}
    assert {"readinessProbe", "livenessProbe"} <= own.keys()


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_service_of_compose_has_no_rights(name: str) -> None:
    service = COMPOSE["services"][name]

    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("where", VALKEYS)
def test_the_valkey_keeps_what_was_answered_and_forgets_nothing(where: str) -> None:
    words = VALKEYS[where]
    set_to = dict(pairwise(words))

    assert (set_to["--appendonly"], set_to["--appendfsync"], set_to["--maxmemory-policy"]) == (
        "yes",
        "always",
        "noeviction",
    )


def test_there_is_time_for_the_drain(tmp_path: Path) -> None:
    texts = (
        (FOLDER / "nhsauth.toml").read_text(encoding="utf-8"),
        resource("ConfigMap", "nhsauth")["data"]["nhsauth.toml"],
    )
    drains = []
    for text in texts:
        (tmp_path / "nhsauth.toml").write_text(text, encoding="utf-8")
        drains.append(reading.read(tmp_path / "nhsauth.toml").server.drain)
    pod = resource("Deployment", "nhsauth")["spec"]["template"]["spec"]
    before = int(NHSAUTH["lifecycle"]["preStop"]["exec"]["command"][1])
    (every, fall) = map(int, re.findall(r"check inter (\d+)s fall (\d+)", HAPROXY)[0])

    assert drains == [5, 5]
    assert every * fall < 5
    assert before + 5 + 1 < pod["terminationGracePeriodSeconds"]
    assert COMPOSE["services"]["nhsauth"]["stop_grace_period"] == "10s"
    assert re.findall(r"^    (?:option redispatch|retries) \d$", HAPROXY, re.MULTILINE)


def test_the_state_is_where_the_valkey_is() -> None:
    in_secret = re.findall(r'--from-literal=url="([^"]+)"', (FOLDER / "kubernetes.yml").read_text(encoding="utf-8"))
    places = [COMPOSE["services"]["nhsauth"]["environment"]["NHSAUTH_STATE"], *in_secret]

    assert len(places) == 2
    assert all(LOCATION.holds(place) for place in places)
    assert all(re.search(r"[/@]valkey:6379/", place) for place in places)


def test_the_page_names_the_files_and_what_must_be_set() -> None:
    named = {path.name for path in FOLDER.iterdir() if path.name in PAGE}

    assert named == {path.name for path in FOLDER.iterdir()}
    assert all(setting in PAGE for setting in ("appendonly yes", "appendfsync always", "maxmemory-policy noeviction"))


DASHBOARD = json.loads((FOLDER / "grafana.json").read_text(encoding="utf-8"))
QUERIES = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
LABELS = re.compile(r"(\w+)(?:=~?|!=)\"|by \(([^)]*)\)|\{\{(\w+)\}\}")


@pytest.fixture(scope="module")
def samples(key_cache: Path) -> Mapping[str, set[str]]:
    """The labels of each sample on the page of metrics, of a mock that has refused a request and met a fault."""
    mock = Mock(ring=KeyRing(key_cache))
    http = Client(mock)
    mock.faults.order(Fault(on="token", do="status"))
    for _ in range(2):
        http.post("/oauth2/token", data={"grant_type": "x"}, base_url=mock.url).close()
    mock.exchanges.last.examination()
    text = http.get("/_nhsauth/metrics", base_url=mock.url).get_data(as_text=True)
    families = text_string_to_metric_families(text)
    return {each.name: set(each.labels) for family in families for each in family.samples}


def test_the_dashboard_shows_each_metric_that_there_is_and_no_other(samples: Mapping[str, set[str]]) -> None:
    named = {name for query in QUERIES for name in re.findall(r"nhsauth_\w+", query)}

    assert named == samples.keys()


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_uses_labels_that_its_metrics_have(query: str, samples: Mapping[str, set[str]]) -> None:
    used = {label.strip() for found in LABELS.findall(query) for part in found for label in part.split(",")} - {""}

    assert all(used <= samples[name] for name in re.findall(r"nhsauth_\w+", query))


def test_a_legend_uses_labels_by_which_its_query_sums() -> None:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            summed = {
                each.strip() for found in re.findall(r"by \(([^)]*)\)", target["expr"]) for each in found.split(",")
            }

            assert shown == summed - {"le"}, panel["title"]


def test_each_query_of_the_dashboard_asks_the_chosen_prometheus_and_no_panel_covers_another() -> None:
    panels = DASHBOARD["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert [variable["name"] for variable in DASHBOARD["templating"]["list"]] == ["datasource"]
    assert {target["datasource"]["uid"] for panel in panels for target in panel["targets"]} == {"${datasource}"}
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_the_page_names_each_metric(samples: Mapping[str, set[str]]) -> None:
    families = {re.sub("_(bucket|count|sum)$", "", name) for name in samples}

    assert set(re.findall(r"^\| `(nhsauth_\w+)`", PAGE, re.MULTILINE)) == families
    assert "the image has it" in PAGE
    assert "[shared,metrics]" in (ROOT / "examples" / "container" / "Containerfile").read_text(encoding="utf-8")
