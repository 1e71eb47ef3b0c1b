"""`nhsauth watch [-- CMD]`: the real hosts, every byte passed on, and what they refuse explained as it happens."""

from __future__ import annotations

import importlib
import logging
import os
import ssl
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn
from urllib.parse import urlsplit

import click

from mock_servers.command_line import env, scratch
from mock_servers.command_line.exit import AnswerIsNo, Misuse, misuse
from mock_servers.command_line.observations import ObservationCollector
from mock_servers.command_line.run import Signals, code_of
from mock_servers.command_line.serve import configured
from mock_servers.command_line.shutdown import Shutdown
from mock_servers.explain.judging import host_of
from mock_servers.http import server as http_server
from mock_servers.http.bounds import Bounds
from mock_servers.http.server import CannotListenError, Server
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.platform import real_names
from mock_servers.real_hosts.variables import RealNames
from mock_servers.settings.control import ControlSettings
from mock_servers.settings.real_host import HOSTS, RealHost
from mock_servers.settings.sections import WatchSettings
from mock_servers.traffic.connect_upstream import Connector, OwnProxy, Route, UnusableProxyError, own_proxy, public_body
from mock_servers.traffic.har_file import HarFile
from mock_servers.traffic.observed_values import SeenExchange
from mock_servers.traffic.recorder import ExplainingRecorder
from mock_servers.traffic.recording_relay import WatchingProxy
from mock_servers.wire.origins import is_loopback
from mock_servers.wire.wording import did_you_mean, shown

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_LOG: Final = logging.getLogger(__name__)
_LOOK: Final = 1.0  # seconds between looks at whether the server still lives
_PATIENCE: Final = 10.0  # seconds in which what was heard last is explained
_SWITCH: Final = 0.0002  # seconds after which a thread that explains lets the one that passes bytes go on
_FILES: Final = 4096
_RESERVED_FILES: Final = 100
"""Open files that are left for all but connections; each of these takes two."""
_PAGE: Final = ("", "/", "/health", "/status", "/openapi.json", "/style.css", "/journal.js")
_NOT_HERE: Final = b"This is nhsauth watch: a proxy to the real hosts. Its page is at /_nhsauth/.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the command; `upstreams` are URLs by host."""

    config: Path | None
    port: int
    upstreams: Mapping[str, str]
    upstream_ca: Path | None
    fetch_keys: bool
    production: bool
    har: Path | None
    har_with_secrets: bool
    fail_on: str | None
    observations: Path | None = None
    unknown_sentences: bool = False


def watch(command: Sequence[str], options: Options) -> NoReturn:
    """Run the command, or wait for a signal, and exit with its code. Raises Misuse."""
    _check(options)
    signals, ending = (Signals(), None) if command else (None, Shutdown())
    configuration = configured(options.config)
    connector = _connector(options, configuration.watch)
    observing = _observations(options, connector)
    sys.setswitchinterval(_SWITCH)
    with ExitStack() as stack:
        with misuse(CannotListenError, OSError):
            folder = stack.enter_context(scratch.folder())
            har = stack.enter_context(_har(options)) if options.har is not None else None
            own = replace(configuration, apps=(), apis=(), private_keys={}, control=ControlSettings())
            mock = Mock(own, ring=KeyRing())
            prepared = real_names.throwaway(mock, folder)
            mock.exchanges.is_real, mock.exchanges.world = True, None
        recorder = _recorder(mock, options, connector, [each for each in (har, observing) if each is not None])
        proxy = WatchingProxy(
            known=_known,
            tls=prepared.proxy.tls,
            connector=connector,
            recorder=recorder,
            production=options.production,
            most=_most_connections(),
        )
        server = _served(mock, proxy, options.port)
        try:
            known = RealNames(url=server.url, store=prepared.store, hosts=tuple(host.name for host in HOSTS))
            mock.names.reached_by_real_names(known)
            code = _run(command, known, signals, lambda seconds: _is_over(ending, server, seconds))
        finally:
            server.stop()
            recorder.stop(_PATIENCE)
    _print_summary(recorder, proxy, observing)
    failed = {"refused": bool(recorder.refused), "differs": observing is not None and observing.differs}
    sys.exit(code or int(failed.get(options.fail_on or "", False)))


def _connector(options: Options, settings: WatchSettings) -> Connector:
    """Return how hosts are reached; options of the command override the configuration."""
    _check_upstreams(settings.upstreams, "[watch] upstreams")
    _check_upstreams(options.upstreams, "--upstream")
    upstreams = {**settings.upstreams, **options.upstreams}
    return Connector(
        tls=_verifying(options.upstream_ca or settings.upstream_ca),
        proxy=_own_proxy(options.port),
        routes={host: _route(host, url) for host, url in upstreams.items()},
    )


def _observations(options: Options, connector: Connector) -> ObservationCollector | None:
    """Return what compares what passes by, where that is asked for; what is reached on this machine is no real host."""
    if options.observations is None and options.fail_on != "differs":
        return None
    local = {host: f"{route.host}:{route.port}" for host, route in connector.routes.items() if is_loopback(route.host)}
    return ObservationCollector(options.observations, keeps_unknown=options.unknown_sentences, elsewhere=local)


def _recorder(
    mock: Mock, options: Options, connector: Connector, keepers: Sequence[HarFile | ObservationCollector]
) -> ExplainingRecorder:
    def keep(seen: SeenExchange) -> None:
        for each in keepers:
            each.keep(seen)

    return ExplainingRecorder(
        mock.exchanges,
        _say,
        keeps_values=not options.production,
        keep=keep,
        fetch=partial(public_body, connector) if options.fetch_keys else None,
    )


def _served(mock: Mock, proxy: WatchingProxy, port: int) -> Server:
    with misuse(CannotListenError):
        server = http_server.start(_page_of(mock), port=port, bounds=Bounds(connections=2 * proxy.most))
    mock.served_at(server.url)
    server.set_proxy(proxy)
    return server


def _is_over(ending: Shutdown | None, server: Server, seconds: float) -> bool:
    """Wait so long for the signal that ends it; whether one came. Raises AnswerIsNo when the server has died."""
    if server.failure is not None:
        raise AnswerIsNo(f"The server died ({type(server.failure).__name__}): see the log")
    return ending is None or ending.came_within(seconds)


def _run(command: Sequence[str], known: RealNames, signals: Signals | None, is_over: Callable[[float], bool]) -> int:
    if signals is not None:
        return code_of(command, {**os.environ, **known.variables(os.environ)}, signals, "watch")
    env.print_variables(known, "sh")
    _say(f"nhsauth: watching; the page is at {known.url}/_nhsauth/. Ctrl-C ends it.")
    while not is_over(_LOOK):
        pass
    return 0


def _say(line: str) -> None:
    click.echo(line, err=True)


def _print_summary(recorder: ExplainingRecorder, proxy: WatchingProxy, observing: ObservationCollector | None) -> None:
    """Print what there was in all, then how that compares with what we would have said; and write that down."""
    for line in recorder.summary():
        _say(f"nhsauth: {line}" if not line.startswith(" ") else line)
    for authority, times in proxy.tunnelled.most_common():
        _say(f"  tunnelled untouched: {authority} ({times} time{'s' if times > 1 else ''})")
    for authority, times in proxy.refused.most_common():
        _say(f"  refused by the proxy: {authority} ({times} time{'s' if times > 1 else ''})")
    if observing is not None:
        observing.finish(lambda line: _say(line if line.startswith(" ") else f"nhsauth: {line}"))


# its options and configuration


def _check(options: Options) -> None:
    if options.production and options.har is not None:
        raise Misuse("--production writes no file; allowed: --har without it")
    if options.production and options.observations is not None:
        raise Misuse("--production writes no file; allowed: --observations without it")
    if options.unknown_sentences and options.observations is None:
        raise Misuse("--unknown-sentences is for --observations; allowed: beside --observations FILE")
    if options.har_with_secrets and options.har is None:
        raise Misuse("--har-with-secrets is for --har; allowed: beside --har FILE")


def _check_upstreams(hosts: Iterable[str], where: str) -> None:
    for host in hosts:
        if _known(host) is None:
            hint = did_you_mean(host, [each.name for each in HOSTS])
            raise Misuse(f"{where} names {shown(host)}, which is no host of the platform, CIS2 or NHS login{hint}")


def _known(authority: str) -> RealHost | None:
    return host_of(f"https://{authority}")


def _route(host: str, url: str) -> Route:
    parts = urlsplit(url)
    name = parts.hostname or host
    is_address = ":" in name or name.rpartition(".")[2].isdigit()
    return Route(host=name, port=parts.port or 443, name=host if is_address else name)


def _verifying(file: Path | None) -> ssl.SSLContext:
    """Return how upstream certificates are verified: by the system's authorities, certifi's, and those of a file."""
    import certifi  # noqa: PLC0415 - only where TLS is spoken

    context = ssl.create_default_context()  # which heeds SSL_CERT_FILE
    context.load_verify_locations(certifi.where())
    if file is not None:
        try:
            context.load_verify_locations(file)
        except (OSError, ssl.SSLError) as error:
            reason = (error.reason or "") if isinstance(error, ssl.SSLError) else error.strerror or ""
            words = reason.lower().replace("_", " ")
            raise Misuse(f"--upstream-ca is {str(file)!r}, which holds no readable certificate ({words})") from None
    return context


def _own_proxy(port: int) -> OwnProxy:
    with misuse(UnusableProxyError):
        proxy = own_proxy(os.environ)
    if port and proxy.address in (("127.0.0.1", port), ("localhost", port)):
        raise Misuse(
            f"The environment's own proxy is port {port} itself; allowed: another --port, or HTTPS_PROXY unset"
        )
    return proxy


def _har(options: Options) -> HarFile:
    if options.har is None:
        raise AssertionError("there is no file to write")
    if options.har_with_secrets:
        _say(f"nhsauth: {options.har} will hold tokens, secrets and people whole. Delete it when you are done.")
    return HarFile(options.har, with_secrets=options.har_with_secrets)


def _most_connections() -> int:
    """Return how many connections may lead out, with as many files as the system lets us have, within reason."""
    try:
        resource = importlib.import_module("resource")
    except ImportError:  # on Windows, where 512 sockets can be waited for
        return 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    files = _FILES if soft == resource.RLIM_INFINITY else min(soft, _FILES)
    return max((files - _RESERVED_FILES) // 2, 8)


# the page


def _page_of(mock: Mock) -> WSGIApplication:
    """Return the page and what it needs: of a mock there is nothing else here, since nothing is mocked."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if _is_of_page(environ.get("REQUEST_METHOD", ""), environ.get("PATH_INFO", "")):
            return mock(environ, start_response)
        length = ("Content-Length", str(len(_NOT_HERE)))
        start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8"), length])
        return [_NOT_HERE]

    return answer


def _is_of_page(method: str, path: str) -> bool:
    own, here, below = path.partition("/_nhsauth")
    if own or not here:
        return False
    is_listed = any(below == each or below.startswith(f"{each}/") for each in ("/exchanges", "/errors"))
    reads = method in ("GET", "HEAD") and (below in _PAGE or is_listed)
    return reads or (method, below) in (("POST", "/explain"), ("DELETE", "/exchanges"))
