"""`python -m tools.moves [-v]`: counts the modules of ours that one piece of work enters, and the moves between them.

A move is a call of a function that is in another module than the function of ours called before it. Each piece of work
is done once before it is counted, so nothing that is loaded or kept on first use counts. Code that runs in another
thread does not count either: it is the server's. With `-v` each module is listed with its calls.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest

from benchmarks import exchanging
from mock_servers.explain.any_text import explain_text
from mock_servers.jose import jwts
from mock_servers.jose.keys import KeyRing
from mock_servers.mock import Mock
from mock_servers.state.configuration import READY_MADE_APP
from pytest_nhsauth.logs import kept_apart

_ROOT: Final = Path(__file__).resolve().parents[1]
_OURS: Final = ("mock_servers", "pytest_nhsauth")
_HOUR: Final = 3600.0
_TESTS: Final = """
import pytest

pytestmark = pytest.mark.nhsauth(access="healthcare_worker", level="aal3")


def test_first(nhsauth_access_token): pass
def test_second(nhsauth_access_token): pass
"""


@dataclass
class Route:
    """The functions of ours that were called, each by its module, in order."""

    calls: list[str] = field(default_factory=list)

    @property
    def modules(self) -> Counter[str]:
        """How often each module was called."""
        return Counter(self.calls)

    @property
    def moves(self) -> int:
        """How often a call was in another module than the call before it."""
        return sum(one != other for one, other in zip(self.calls, self.calls[1:], strict=False))

    @contextlib.contextmanager
    def followed(self) -> Iterator[None]:
        """Note what is called in this thread."""
        before = sys.getprofile()
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(before)

    def _note(self, frame: FrameType, event: str, _: Any) -> None:
        name = frame.f_globals.get("__name__", "")
        if event == "call" and name.startswith(_OURS):
            self.calls.append(name)


def followed(work: Callable[[], object]) -> Route:
    """Do a piece of work twice, and return the second one's route."""
    work()
    route = Route()
    with route.followed():
        work()
    return route


def _token_request(mock: Mock) -> Route:
    """Return the route of a token exchange that succeeds."""
    bodies = exchanging.forms(mock, 2)
    return followed(lambda: exchanging.call(mock, exchanging.environ_of(next(bodies)), []))


def _refused_request(mock: Mock) -> Route:
    """Return the route of a token request whose client assertion has a signature that fits no key."""
    unsigned = iter([mock.client_assertion(READY_MADE_APP.client_id).rpartition(".")[0] for _ in range(2)])

    def ask() -> None:
        form = exchanging.credentials_form(f"{next(unsigned)}.{jwts.base64url(bytes(512))}")
        exchanging.call(mock, exchanging.environ_of(form), [])

    return followed(ask)


def _findings(mock: Mock) -> Route:
    """Return the route of reading a refusal's findings; each of the two refused requests is read once."""
    unread = iter(mock.exchanges[-2:])
    return followed(lambda: next(unread).findings)


def _paste(mock: Mock) -> Route:
    """Return the route of explaining a pasted curl command, an hour after its client assertion was signed."""
    assertion = mock.client_assertion(READY_MADE_APP.client_id)
    text = (
        "curl -X POST https://int.api.service.nhs.uk/oauth2/token "
        "-d grant_type=client_credentials "
        "-d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer "
        f"-d client_assertion={assertion}"
    )
    return followed(lambda: explain_text(text, clock=lambda: mock.clock.now() + _HOUR))


class _SecondTest:
    """A pytest plugin: follows what our fixtures do for the second test."""

    def __init__(self) -> None:
        self.route = Route()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None]:
        """Follow the set-up of a test, but not of the first."""
        with self.route.followed() if item.name == "test_second" else contextlib.nullcontext():
            yield


def _fixture(_: Mock) -> Route:
    """Return the route of `nhsauth_access_token` in a test, after another test has used it."""
    plugin = _SecondTest()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as said:
        path = Path(folder, "test_fixture.py")
        path.write_text(_TESTS, encoding="utf-8")
        Path(folder, "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        code = pytest.main(
            ["-q", "-p", "no:randomly", "-p", "no:cacheprovider", "--rootdir", folder, str(path)], [plugin]
        )
    if code:
        raise SystemExit(said.getvalue())
    return plugin.route


_WORK: Final = {
    "a token request": _token_request,
    "a refused token request": _refused_request,
    "its findings": _findings,
    "a pasted curl command": _paste,
    "a fixture": _fixture,
}


def main() -> None:
    """Print a line for each piece of work; with `-v` below it the calls of each module."""
    mock = Mock(ring=KeyRing(_ROOT / ".pytest_cache" / "moves"))
    mock.clock.freeze()
    for name, work in _WORK.items():
        with kept_apart():  # what logs a refusal reads its findings
            route = work(mock)
        print(f"{name}: {len(route.modules)} modules, {route.moves} moves, {len(route.calls)} calls")
        for module, calls in route.modules.most_common() if "-v" in sys.argv[1:] else ():
            print(f"  {calls:6} {module}")


if __name__ == "__main__":
    main()
