import subprocess
import sys
from pathlib import Path

import pytest

from mock_servers.settings.sections import LOCATION
from mock_servers.state.durable import DurableBackend
from mock_servers.state.memory import MemoryBackend
from mock_servers.state.state_url import open_state, shown
from mock_servers.state.store import KINDS
from mock_servers.state.table import UnusableStateError


def test_memory_is_memory() -> None:
    assert isinstance(open_state("memory"), MemoryBackend)


def test_a_file_is_made_where_it_is_named(tmp_path: Path) -> None:
    backend = open_state(f"sqlite:{tmp_path}/state.db?synchronous=full")

    assert isinstance(backend, DurableBackend)
    assert (tmp_path / "state.db").exists()
    backend.close()


def test_any_caller_that_asks_for_memory_loads_nothing_for_the_others() -> None:
    code = (
        "import sys; from mock_servers.state import state_url as location; location.open_state('memory');"
        "sys.exit(bool({'msgspec', 'redis', 'sqlite3'} & sys.modules.keys()))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own


def test_without_the_extra_the_cure_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mock_servers.state.sqlite", None)

    assert refusal("sqlite:a.db") == "sqlite:a.db needs another package: pip install 'pytest-nhsauth[state]'"


def test_without_the_client_library_the_cure_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mock_servers.state.valkey", None)

    assert refusal("valkey://host") == "valkey://host needs another package: pip install 'pytest-nhsauth[shared]'"


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("sqlite:", f"state 'sqlite:' is not one of those that there are: {LOCATION.allowed}"),
        ("postgres://u:secret@host", f"state 'postgres://host' is not one of those that there are: {LOCATION.allowed}"),
        ("", f"state '' is not one of those that there are: {LOCATION.allowed}"),
        ("sqlite:a.db?sync=full", "sqlite:a.db has an option 'sync'; allowed: synchronous"),
        ("sqlite:a.db?synchronous=off", "sqlite:a.db has synchronous=off; allowed: normal or full"),
        ("valkey://:secret@host:x", "valkey://host:x is not a URL: write / ? # @ : of a password as %2F and so on"),
        ("valkey://:sec/ret@host", "valkey://host is not a URL: write / ? # @ : of a password as %2F and so on"),
        ("valkey://host/name", "valkey://host/name is no valkey://HOST:PORT/DATABASE; DATABASE is a number"),
        ("valkey://:6379", "valkey://:6379 is no valkey://HOST:PORT/DATABASE; DATABASE is a number"),
        ("valkey://host?prefix=a:b", "valkey://host has prefix=a:b; allowed: letters, digits and . _ - (64 at most)"),
        ("valkey://host?db=a", "valkey://host has db=a; allowed: a number"),
        (
            "valkey://host?ssl_cert_reqs=none",
            "valkey://host has an option 'ssl_cert_reqs'; allowed: prefix, db, ssl_ca_certs, ssl_certfile, ssl_keyfile",
        ),
        (
            "valkey://host?ssl_ca_certs=a",
            "valkey://host speaks no TLS, which ssl_ca_certs is for: use valkeys://",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_without_its_password(location: str, said: str) -> None:
    assert refusal(location) == said


def refusal(location: str) -> str:
    with pytest.raises(UnusableStateError) as refused:
        open_state(location)
    return str(refused.value)


@pytest.mark.parametrize(
    "location", ["valkeys://user:secret@host:1/2?prefix=a", "redis://:sec@ret@host", "redis://:sec/ret@host"]
)
def test_a_location_is_shown_without_its_password(location: str) -> None:
    assert "secret" not in shown(location)
    assert "ret@" not in shown(location)


def test_every_table_of_a_store_can_be_written_to_a_file(tmp_path: Path) -> None:
    backend = open_state(f"sqlite:{tmp_path}/state.db")

    assert [backend.table(name, kind).values() for name, kind in KINDS.items()] == [[]] * len(KINDS)
    backend.close()
