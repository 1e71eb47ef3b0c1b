"""Runs of the contract tests as a team starts them, in an empty folder and against any server at a URL."""

import importlib
import os
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

import contract_tests
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.configuration import READY_MADE_APP, Configuration
from pytest_nhsauth import plugin


@dataclass(frozen=True, kw_only=True)
class Run:
    """How a run ended, and all that it printed."""

    code: int
    text: str


Start = Callable[..., Run]

FOLDER = Path(contract_tests.__file__).parent
LOADED = [importlib.import_module(f"contract_tests.{path.stem}") for path in FOLDER.glob("[!_]*.py")]
"""An inner run forgets what it alone has imported, and would import all of it anew each time."""


@pytest.fixture
def start(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Run the contract tests, or modules `of` them, with these pytest options and variables, in an empty folder."""
    for name in [name for name in os.environ if name.startswith("NHSAUTH_CONTRACT")]:
        monkeypatch.delenv(name)

    def run(
        *options: str,
        of: str | Sequence[str] = "",
        environ: Mapping[str, str] | None = None,
        subprocess: bool = False,
        plugins: Sequence[object] = (),
    ) -> Run:
        for name, value in (environ or {}).items():
            monkeypatch.setenv(name, value)
        modules = [f"contract_tests.{each}" for each in ([of] if isinstance(of, str) else of) if each]
        command = "--pyargs", *(modules or ["contract_tests"]), "-q", "-p", "no:randomly", *options
        if subprocess:
            done = pytester.runpytest_subprocess(*command)
        else:
            done = pytester.runpytest_inprocess(*command, plugins=[plugin, *plugins])
        return Run(code=int(done.ret), text=done.stdout.str() + done.stderr.str())

    return run


@pytest.fixture(scope="session")
def platform(ring: KeyRing) -> Iterator[Mock]:
    """A mock that plays the part of a team's own fake: nothing but its URL and an app is known of it."""
    platform = Mock(Configuration(apps=(replace(READY_MADE_APP, quota_per_minute=0),)), ring=ring)
    with platform.serving():
        yield platform


@pytest.fixture(scope="session")
def credential(platform: Mock, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a person sets to ask it."""
    app = platform.apps.get(READY_MADE_APP.client_id)
    pair = platform.apps.key(app)
    assert pair is not None
    path = tmp_path_factory.mktemp("credential") / "key.pem"
    path.write_text(pair.private_pem(), encoding="utf-8")
    return {
        "NHSAUTH_CONTRACT_CLIENT_ID": app.client_id,
        "NHSAUTH_CONTRACT_KEY": str(path),
        "NHSAUTH_CONTRACT_KID": pair.kid,
        "NHSAUTH_CONTRACT_CLIENT_SECRET": str(app.client_secret),
        "NHSAUTH_CONTRACT_REDIRECT_URI": app.redirect_uris[0],
    }


Answering = Callable[..., AbstractContextManager[str]]


@pytest.fixture
def answering() -> Answering:
    """Serve one answer to every request; the block's value is its URL."""
    return _answering


@contextmanager
def _answering(
    status: int, headers: Mapping[str, str], body: bytes, tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    class OneAnswer(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815 - by its names

        def log_request(self, code: object = None, size: object = None) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), OneAnswer) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def self_signed(ring: KeyRing, tmp_path: Path) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that nobody has signed but its own key."""
    pair, name = ring.pair("self-signed", bits=2048), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    key = pair.private
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    pem = tmp_path / "self-signed.pem"
    pem.write_text(
        certificate.public_bytes(Encoding.PEM).decode() + pair.private_pem(),
        encoding="ascii",
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
