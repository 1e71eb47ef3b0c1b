"""The names under which clients reach the mock: where it is served, names from requests, real hosts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mock_servers.provider.provider import Provider
from mock_servers.settings.real_host import Hosts
from mock_servers.state.configuration import Configuration, page_of
from mock_servers.wire.origins import Noted, Origins, origin_of

if TYPE_CHECKING:
    from mock_servers.real_hosts.variables import RealNames


class HostNames:
    """The names of one mock; all its own paths lie below `prefix`.

    `scripts` are the paths at which another application has mounted it (WSGI's `SCRIPT_NAME`). `real_names` says how
    clients reach it under real host names, `None` if they do not. `control_url` is the URL of the control API if that
    has a port of its own. `client_hosts` are the hosts of the configured redirect URIs: there the mock answers with an
    empty page. `is_page` and `is_page_host` return whether a registered redirect URI has this origin, or this host.
    """

    def __init__(self, configuration: Configuration, prefix: str = "", noted: Noted | None = None) -> None:
        self.prefix = prefix
        self.scripts: set[str] = set()
        self.url = f"http://127.0.0.1:8080{prefix}"
        self.origins = Origins((f"{url.rstrip('/')}{prefix}" for url in configuration.public_urls), noted)
        self.hosts = Hosts(configuration.more_hosts)
        self.client_hosts = configuration.client_hosts
        self.is_page: Callable[[str], bool] = lambda _: False
        self.is_page_host: Callable[[str], bool] = lambda _: False
        self.real_names: RealNames | None = None
        self.control_url: str | None = None
        self._public_urls = configuration.public_urls
        self._environment = configuration.apim.environment

    def served_at(self, url: str) -> None:
        """Set where the mock is served."""
        self.url = url
        self.origins.add(url)

    def reached_by_real_names(self, known: RealNames | None) -> None:
        """Set how clients also reach the mock under the names of its real hosts; `None`: not any more."""
        self.real_names = known
        tell = self.origins.add if known is not None else self.origins.remove
        for each in self.hosts:
            tell(each.origin)

    def control_of(self, base: str) -> str:
        """Return the base URL of the control API for a client that calls the services at a base URL."""
        return f"{base if self.control_url is None else _beside(base, self.control_url)}/_nhsauth"

    def services_of(self, control: str) -> str:
        """Return the base URL of the services for a client that called the control API at a port of its own.

        That is the first public URL, else another port of the host that was called.
        """
        public = next((f"{url.rstrip('/')}{self.prefix}" for url in self._public_urls), None)
        return public or _beside(control, self.url)

    def is_called(self, url: str) -> bool:
        """Whether a URL is below a name by which this mock was called, or is configured."""
        return any(
            _is_below(url, base) and (base in self.origins or base == self.url)
            for base in (f"{origin_of(url)}{script}{self.prefix}" for script in ("", *self.scripts))
        )

    def script_of(self, url: str) -> str:
        """Return the path at which another application has mounted the mock that a URL calls; empty without one."""
        path = urlsplit(url).path
        return max((script for script in self.scripts if _is_below(path, script)), key=len, default="")

    def below(self, url: str) -> str:
        """Return the path of a URL of this mock without the prefix; a URL of a real host has no prefix."""
        path = urlsplit(url).path
        if self.hosts.of_origin(origin_of(url)) is not None:
            return path
        return path.removeprefix(f"{self.script_of(url)}{self.prefix}")

    def is_clients(self, base: str, *, through_proxy: bool) -> bool:
        """Whether a base URL is that of a client's own page, and not the mock's.

        Who has come through the proxy cannot mean the mock by it. Others may: its name in a network of containers is
        the host of a redirect URI, too, where its own callback page receives the code.
        """
        page = page_of(f"{base}/")
        if page is not None and page.removeprefix("https://") in self.client_hosts:
            return True
        return through_proxy and page is not None and not self.is_own(base) and self.is_page(page)

    def is_clients_host(self, name: str) -> bool:
        """Whether a client's page is at a host, on any port."""
        return self.is_page_host(name)

    def is_own(self, url: str) -> bool:
        """Whether the mock answers a URL. For its own calls that includes real hosts that clients cannot call."""
        return self.is_called(url) or self.hosts.of_origin(origin_of(url)) is not None

    def is_way(self, url: str) -> bool:
        """Whether a log-in continues at a URL: the mock answers it, and it is not the client's page at its end."""
        return self.is_own(url) and not self.below(url).startswith("/_nhsauth/")

    def of_provider(self, provider: Provider) -> str:
        """Return the base URL at which people log in at a provider: its real one if clients use real names."""
        real = f"https://{provider.hosts[0]}" if provider.hosts else self.url
        return real if self.real_names is not None else self.url

    @property
    def audience(self) -> str:
        """The token URL that clients call: the environment's real one, where they use the real names."""
        real = self.hosts.names_of("platform", self._environment)
        return f"https://{real[0]}/oauth2/token" if self.real_names is not None and real else f"{self.url}/oauth2/token"

    @property
    def environments(self) -> list[str]:
        """The environments of the platform that are played, the configured one first."""
        of_hosts = (host.environment for host in self.hosts if host.plays == "platform")
        return list(dict.fromkeys([self._environment, *of_hosts]))


def _beside(base: str, url: str) -> str:
    """Return a base with the scheme and the port of another URL."""
    parts, other = urlsplit(base), urlsplit(url)
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host
    return f"{other.scheme}://{name}:{other.port}{parts.path}"


def _is_below(url: str, base: str) -> bool:
    return url.startswith(base) and url[len(base) : len(base) + 1] in ("", "/", "?", "#")
