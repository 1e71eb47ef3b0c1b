"""What the server in a test's own process takes: an answer that costs nothing to find, plain and under TLS; its end."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks import exchanging, sketch
from benchmarks.bench import Bench
from benchmarks.figure import Figure, milliseconds, times
from benchmarks.measuring import timed
from mock_servers.http import server as serving
from mock_servers.jose.keys import KeyPair, generate

_TIMES_FLASK: Final = 1.3
_STOP_GOAL: Final = 0.020
_DISCOVERY: Final = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare/.well-known/openid-configuration"


def figures(bench: Bench) -> list[Figure]:
    """Return the rows of this group."""
    server_side, client_side = _contexts(bench.folder)
    return [_discovery(bench, "plain"), _discovery(bench, "TLS", server_side, client_side), _stop(bench)]


def _discovery(
    bench: Bench, kind: str, server_side: ssl.SSLContext | None = None, client_side: ssl.SSLContext | None = None
) -> Figure:
    platform = bench.platform()
    environ = exchanging.environ_of(b"") | {"REQUEST_METHOD": "GET", "PATH_INFO": _DISCOVERY}
    document = json.loads(exchanging.call(platform, environ, []))
    application = sketch.app(platform, document=document)
    with (
        platform.serving(tls=server_side) as ours,
        serving.serve(application, tls=server_side) as bare,
        exchanging.connected(ours.url, client_side) as (get, _),
        exchanging.connected(bare.url, client_side) as (get_bare, _),
    ):
        turns = bench.in_turn(bench.effort.calls, timed(lambda: get(_DISCOVERY)), timed(lambda: get_bare("/document")))
    return Figure(
        name=f"discovery on a kept connection, in process, {kind}",
        measured=milliseconds(turns.median(0)),
        beside=f"{milliseconds(turns.median(1))} bare Flask with the same document on the same server",
        ratio=times(turns.ratio()),
        goal="≤ 1.3 times bare Flask",
        met=turns.ratio() <= _TIMES_FLASK,
    )


def _stop(bench: Bench) -> Figure:
    platform = bench.platform()

    def stop() -> float:
        running = serving.start(platform)
        with exchanging.connected(running.url) as (get, _):
            get("/oauth2/_ping")
            return _took(running.stop)

    before = threading.active_count()
    turns = bench.in_turn(bench.effort.starts, stop)
    left = threading.active_count() - before
    return Figure(
        name="stop of the fixture's server, a connection kept open",
        measured=milliseconds(turns.median()),
        beside=f"{left} threads left over",
        goal="≤ 20 ms, nothing left over",
        met=turns.median() <= _STOP_GOAL and left == 0,
    )


def _took(call: Callable[[], None]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return what server and client need to speak TLS with a certificate that is made now and thrown away."""
    key, file = KeyPair(kid="tls", private=generate(2048)), folder / "tls.pem"
    file.touch(mode=0o600)
    file.write_bytes(key.private_pem().encode() + _certificate(key).public_bytes(Encoding.PEM))
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(file)
    client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_side.load_verify_locations(file)
    return server_side, client_side


def _certificate(key: KeyPair) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "benchmarks")])
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key.private, SHA256())
    )
