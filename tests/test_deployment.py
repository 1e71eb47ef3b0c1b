"""The files of examples/deployment: each keeps its schema, and what they name of the mock is there."""

import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
from ruamel.yaml import YAML
from werkzeug.test import Client

from mock_servers.command_line.commands import nhsauth, serve
from mock_servers.configuration import reading
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.settings.sections import LOCATION
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
