"""The file in NODE_OPTIONS sends fetch and node:https through the proxy, but for hosts that are exempt."""

import base64
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from mock_servers.real_hosts.variables import NODE_FILE

NODE = shutil.which("node")
PATIENCE = 60  # seconds, of a machine that is busy with other tests
REFUSED = b"HTTP/1.1 403 Not here\r\nContent-Length: 0\r\n\r\n"
HOST = "int.api.service.invalid"
CALLS = {
    "fetch": "await fetch(url)",
    "https": "await new Promise((done, fail) => require('https').get(url, done).on('error', fail))",
    "an agent of its own": "await new Promise((done, fail) => require('https')"
    ".get(url, { agent: new (require('https').Agent)({ keepAlive: true }) }, done).on('error', fail))",
}

pytestmark = pytest.mark.skipif(NODE is None, reason="there is no node")


@dataclass
class Proxy:
    """Refuses every CONNECT, and keeps what it was sent."""

    port: int
    heard: list[str] = field(default_factory=list)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found = Proxy(port=listening.getsockname()[1])
        thread = threading.Thread(target=refuse_all, args=(listening, found))
        thread.start()
        yield found
        socket.create_connection(("127.0.0.1", found.port)).close()
        thread.join()


def refuse_all(listening: socket.socket, found: Proxy) -> None:
    """Refuse until somebody connects and says nothing."""
    while True:
        connection, _ = listening.accept()
        with connection:
            head = connection.recv(1 << 16)
            if not head:
                return
            found.heard.append(head.decode())
            connection.sendall(REFUSED)


def call(how: str, url: str, **variables: str) -> str:
    """Call a URL in Node; return why that failed."""
    tried = f"try {{ {CALLS[how]} }} catch (e) {{ console.log((e.cause || e).message) }}"
    program = f"(async () => {{ const url = '{url}'; {tried} }})()"
    names = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "NODE_OPTIONS", "NODE_USE_ENV_PROXY")
    environ = {name: value for name, value in os.environ.items() if name not in names}
    environ |= {"NODE_OPTIONS": f"--require {NODE_FILE.as_posix()}", "NODE_USE_ENV_PROXY": "1", **variables}
    done = subprocess.run(  # noqa: S603 - ours
        [str(NODE), "-e", program], env=environ, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.parametrize("how", CALLS)
def test_a_call_goes_through_the_proxy_and_says_why_that_refused(proxy: Proxy, how: str) -> None:
    said = call(how, f"https://{HOST}/x", HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}")

    assert [head.partition("\r\n")[0] for head in proxy.heard] == [f"CONNECT {HOST}:443 HTTP/1.1"]
    assert "ENOTFOUND" not in said


OWN = "an agent of its own"
EXEMPT = [
    *((how, exempt) for how in CALLS for exempt in (HOST, ".service.invalid", "*")),
    *((OWN, exempt) for exempt in ("service.invalid", "a.invalid, *.service.invalid:443", f"a.invalid {HOST.upper()}")),
]
"""How it is called, and what is exempt; what newer versions do by themselves heeds fewer spellings."""


@pytest.mark.parametrize(("how", "exempt"), EXEMPT)
def test_what_is_exempt_goes_past_the_proxy(proxy: Proxy, how: str, exempt: str) -> None:
    said = call(how, f"https://{HOST}/x", HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}", NO_PROXY=exempt)

    assert proxy.heard == []
    assert HOST in said


@pytest.mark.parametrize("exempt", ["vice.invalid", f"{HOST}:8443", "::1,127.0.0.1"])
def test_what_only_looks_exempt_goes_through_the_proxy(proxy: Proxy, exempt: str) -> None:
    call(OWN, f"https://{HOST}/x", HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}", NO_PROXY=exempt)

    assert len(proxy.heard) == 1


def test_the_user_of_a_proxy_is_said_to_it(proxy: Proxy) -> None:
    call("https", f"https://{HOST}/x", HTTPS_PROXY=f"http://a-world:x@127.0.0.1:{proxy.port}")

    sent = proxy.heard[0].lower()
    assert f"proxy-authorization: basic {base64.b64encode(b'a-world:x').decode().lower()}\r\n" in sent


@pytest.mark.parametrize("url", ["", "nonsense", "socks5://127.0.0.1:1"])
def test_a_proxy_that_is_none_changes_nothing(url: str) -> None:
    assert HOST in call("https", f"https://{HOST}/x", HTTPS_PROXY=url, NODE_USE_ENV_PROXY="0")
