"""A web server for faulty key sets: pages, redirects, failures, sets that change between two requests.

It serves only what a test puts there; the tests check how the service takes it.
"""

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one path answers."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def json_page(value: object) -> Page:
    """Return a page of JSON with status 200."""
    return Page(headers={"Content-Type": "application/json"}, body=json.dumps(value).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A form that was posted to a path."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class JwksHost:
    """Pages by path, which can change while the server runs, what was posted, and an address without a server."""

    url: str
    silent_url: str
    pages: dict[str, Page]
    received: list[Posted] = field(default_factory=list)

    def posted(self, path: str) -> list[Posted]:
        """Return the bodies that were posted to a path, in their order."""
        return [each for each in self.received if each.path == path]

    def serve(self, path: str, page: Page) -> str:
        """Set the page of a path such as `/keys`, and return its URL."""
        self.pages[path] = page
        return self.url + path


@contextmanager
def jwks_host() -> Iterator[JwksHost]:
    """Run a host on a free loopback port; an address that refuses connections is kept for as long."""
    pages: dict[str, Page] = {}
    received: list[Posted] = []

    class PageRequest(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, pages.get(self.path, Page(status=404)))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received.append(Posted(path=self.path, headers=headers, body=body))
            self.do_GET()

        def log_request(self, code: object = None, size: object = None) -> None:
            """Write nothing: tests do not need the service's requests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), PageRequest) as server, _refusing_address() as silent_url:
        # The default poll of half a second is how long the stop would take.
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}"
            yield JwksHost(url=url, silent_url=silent_url, pages=pages, received=received)
        finally:
            server.shutdown()
            thread.join()


def _answer(request: BaseHTTPRequestHandler, page: Page) -> None:
    request.send_response(page.status)
    for name, value in page.headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(page.body)))
    request.end_headers()
    request.wfile.write(page.body)


@contextmanager
def _refusing_address() -> Iterator[str]:
    """Hold a port that is bound and not listened on: every connection to it is refused at once."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"
