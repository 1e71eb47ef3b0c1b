"""The environment variables with which programs of every runtime reach the mock under the real host names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from mock_servers.real_hosts.trust_store import PASSWORD, TrustStore
from mock_servers.state.world import PREFIX
from mock_servers.wire.origins import origin_of

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_HTTP: Final = 80
NODE_FILE: Final = Path(__file__).with_name("node_proxy.cjs")
"""What lets any Node obey HTTPS_PROXY."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RealNames:
    """How clients reach a running mock by real names: the URL of its proxy, the files to trust it, the names.

    In a `world`, that world's name is the proxy's user name.
    """

    url: str
    store: TrustStore
    hosts: tuple[str, ...]
    world: str = ""

    @property
    def proxy(self) -> str:
        """The URL of the proxy. Most clients want a password; it has no meaning."""
        return self.url.replace("://", f"://{self.world}:x@", 1) if self.world else self.url

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the variables to set, given those that are set already, in the order of the documentation."""
        bypass, bundle = _bypass(environ, self.hosts), str(self.store.bundle)
        return {
            "NHSAUTH_URL": f"{self.url}{PREFIX}{self.world}" if self.world else self.url,
            "HTTPS_PROXY": self.proxy,
            "https_proxy": self.proxy,
            "NO_PROXY": bypass,
            "no_proxy": bypass,
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
            "CURL_CA_BUNDLE": bundle,
            "AWS_CA_BUNDLE": bundle,
            "NODE_EXTRA_CA_CERTS": str(self.store.authority),
            "NODE_USE_ENV_PROXY": "1",
            "NODE_OPTIONS": " ".join(filter(None, [environ.get("NODE_OPTIONS"), *_of_node()])),
            "JAVA_TOOL_OPTIONS": " ".join(filter(None, [environ.get("JAVA_TOOL_OPTIONS"), *self._of_java()])),
        }

    def called(self, base: str) -> RealNames:
        """Return the same for a client that calls the mock by another of its names; a proxy is called by plain HTTP."""
        return replace(self, url=origin_of(base).replace("https://", "http://", 1))

    def of_world(self, name: str) -> RealNames:
        """Return the same for a world of the mock."""
        return replace(self, world=name)

    def as_json(self) -> dict[str, object]:
        """Return what another process needs to know."""
        store = {"ca": self.store.authority, "bundle": self.store.bundle, "java": self.store.java}
        return {"proxy": self.proxy, **{name: str(path) for name, path in store.items()}, "hosts": list(self.hosts)}

    def _of_java(self) -> list[str]:
        parts = urlsplit(self.url)
        return [
            _quoted(f"-Djavax.net.ssl.trustStore={self.store.java}"),
            f"-Djavax.net.ssl.trustStorePassword={PASSWORD}",
            "-Djavax.net.ssl.trustStoreType=PKCS12",
            f"-Dhttps.proxyHost={parts.hostname}",
            f"-Dhttps.proxyPort={parts.port or _HTTP}",
        ]


def _of_node() -> list[str]:
    return ["--require", _quoted(NODE_FILE.as_posix())]  # a backslash would need another within quotes


def read(status: Mapping[str, object]) -> RealNames:
    """Read the result of `as_json`."""
    store = TrustStore(
        authority=Path(str(status["ca"])), bundle=Path(str(status["bundle"])), java=Path(str(status["java"]))
    )
    hosts, proxy = status["hosts"], urlsplit(str(status["proxy"]))
    return RealNames(
        url=f"{proxy.scheme}://{proxy.netloc.rpartition('@')[2]}",
        store=store,
        hosts=tuple(map(str, hosts)) if isinstance(hosts, Iterable) else (),
        world=proxy.username or "",
    )


def _bypass(environ: Mapping[str, str], hosts: Iterable[str]) -> str:
    """Return whom to call without a proxy: loopback, and what was exempt before, but for what holds a real host."""
    before = [each.strip() for each in (environ.get("NO_PROXY") or environ.get("no_proxy") or "").split(",")]
    kept = [each for each in before if each and each != "*" and not any(_covers(each, host) for host in hosts)]
    return ",".join(dict.fromkeys([*_LOOPBACK, *kept]))


def _covers(exempt: str, host: str) -> bool:
    name = exempt.lower().partition(":")[0].lstrip("*").lstrip(".")
    return host == name or host.endswith(f".{name}")


def _quoted(option: str) -> str:
    """Return an option as JAVA_TOOL_OPTIONS and NODE_OPTIONS take it: they end at a blank, unless in quotes."""
    return f'"{option}"' if " " in option else option
