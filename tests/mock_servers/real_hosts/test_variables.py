"""The variables that lead programs of every runtime to the mock."""

import json
from pathlib import Path

import pytest

from mock_servers.real_hosts import variables as client_environment
from mock_servers.real_hosts.trust_store import TrustStore
from mock_servers.real_hosts.variables import RealNames
from mock_servers.settings.real_host import HOSTS

URL = "http://127.0.0.1:8080"


def known(folder: str = "/ca") -> RealNames:
    path = Path(folder)
    store = TrustStore(authority=path / "ca.pem", bundle=path / "bundle.pem", java=path / "truststore.p12")
    return RealNames(url=URL, store=store, hosts=tuple(host.name for host in HOSTS))


def test_every_runtime_is_reported() -> None:
    assert known().variables({}) == {
        "NHSAUTH_URL": URL,
        "HTTPS_PROXY": URL,
        "https_proxy": URL,
        "NO_PROXY": "localhost,127.0.0.1,::1",
        "no_proxy": "localhost,127.0.0.1,::1",
        "REQUESTS_CA_BUNDLE": str(Path("/ca/bundle.pem")),
        "SSL_CERT_FILE": str(Path("/ca/bundle.pem")),
        "CURL_CA_BUNDLE": str(Path("/ca/bundle.pem")),
        "AWS_CA_BUNDLE": str(Path("/ca/bundle.pem")),
        "NODE_EXTRA_CA_CERTS": str(Path("/ca/ca.pem")),
        "NODE_USE_ENV_PROXY": "1",
        "NODE_OPTIONS": f"--require {client_environment.NODE_FILE.as_posix()}",
        "JAVA_TOOL_OPTIONS": f"-Djavax.net.ssl.trustStore={Path('/ca/truststore.p12')} "
        "-Djavax.net.ssl.trustStorePassword=changeit -Djavax.net.ssl.trustStoreType=PKCS12 "
        "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=8080",
    }


@pytest.mark.parametrize(
    "exempt", ["*", ".nhs.uk", "nhs.uk", "*.nhs.uk", "api.service.nhs.uk", "INT.api.service.nhs.uk"]
)
def test_no_exemption_of_before_lets_a_real_host_bypass_the_mock(exempt: str) -> None:
    variables = known().variables({"NO_PROXY": f"db.internal,{exempt}"})

    assert variables["NO_PROXY"] == "localhost,127.0.0.1,::1,db.internal"


def test_java_keeps_the_options_it_had() -> None:
    options = known().variables({"JAVA_TOOL_OPTIONS": "-Xmx1g"})["JAVA_TOOL_OPTIONS"]

    assert options.startswith("-Xmx1g -Djavax")


def test_node_keeps_the_options_it_had() -> None:
    options = known().variables({"NODE_OPTIONS": "--enable-source-maps"})["NODE_OPTIONS"]

    assert options.startswith("--enable-source-maps --require /")


def test_a_path_with_a_blank_is_quoted_for_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_environment, "NODE_FILE", Path("/my venv/node_proxy.cjs"))

    assert known().variables({})["NODE_OPTIONS"] == '--require "/my venv/node_proxy.cjs"'


def test_a_path_with_a_blank_is_quoted_for_java() -> None:
    options = known("/my ca").variables({})["JAVA_TOOL_OPTIONS"]

    assert options.startswith(f'"-Djavax.net.ssl.trustStore={Path("/my ca/truststore.p12")}" ')


def test_another_process_reads_the_same() -> None:
    assert client_environment.read(json.loads(json.dumps(known().as_json()))) == known()
