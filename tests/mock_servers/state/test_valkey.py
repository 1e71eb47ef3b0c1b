import contextlib
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mock_servers.state import durable
from mock_servers.state.codec import Format
from mock_servers.state.durable import DurableBackend
from mock_servers.state.state_url import open_state
from mock_servers.state.table import Backend, Kind, NoAnswerError, Table, UnreachableStateError, UnusableStateError
from mock_servers.state.valkey import open_valkey
from tests.mock_servers.state import valkeys
from tests.mock_servers.state.valkeys import Valkey

pytestmark = pytest.mark.skipif(valkeys.PROGRAM is None, reason="neither valkey-server nor redis-server is here")
NUMBERS: Kind[int] = Kind(value=int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    words: tuple[str, ...]


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """A server of the test's own, to be stopped, filled up and locked."""
    with valkeys.started() as server:
        yield server


@contextlib.contextmanager
def opened(location: str) -> Iterator[Backend]:
    with contextlib.closing(open_state(location)) as backend:
        yield backend


@contextlib.contextmanager
def opened_as(server: Valkey, kinds: Any = None, *, upgrades: Any = ()) -> Iterator[DurableBackend]:
    backend = open_valkey(server.url, "nhsauth", kinds or {}, shown=server.url, format_=Format(upgrades))
    with contextlib.closing(backend):
        yield backend


def numbers(backend: Backend) -> Table[int]:
    return backend.table("numbers", NUMBERS)


# processes

WRITER = """
import sys
from mock_servers.state.state_url import open_state
from mock_servers.state.table import Kind

table = open_state(sys.argv[1]).table("numbers", Kind(value=int, limit=None))
for number in range(1_000_000):
    table.put(f"{sys.argv[2]}-{number}", number)
    print(number, flush=True)
"""
RACER = """
import sys
from mock_servers.state.state_url import open_state
from mock_servers.state.table import Kind

table = open_state(sys.argv[1]).table("numbers", Kind(value=int, limit=None))
print("ready", flush=True)
sys.stdin.readline()
print(sum(table.add(str(number), 0) for number in range(200)), sum(bool(table.count("all")) for _ in range(200)))
"""


def started(program: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own


@pytest.mark.slow
def test_of_many_processes_each_step_has_one_winner(valkey: Valkey) -> None:
    racers = [started(RACER, valkey.url) for _ in range(3)]
    for racer in racers:
        assert racer.stdout
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("go\n")
        racer.stdin.flush()
    won = [[int(number) for number in racer.communicate()[0].split()] for racer in racers]

    with opened(valkey.url) as backend:
        assert sum(adds for adds, _ in won) == 200
        assert numbers(backend).get("all") == 3 * 200


def test_everything_acknowledged_is_there_when_writer_and_server_were_killed() -> None:
    with valkeys.started("--appendonly", "yes", "--appendfsync", "always") as server:
        writer = started(WRITER, server.url, "a")
        assert writer.stdout
        assert "150\n" in writer.stdout
        server.kill()
        rest = writer.stdout.read()
        writer.communicate()
        acknowledged = {f"a-{number}" for number in (*range(151), *map(int, rest.split()))}
        server.start()

        with opened(server.url) as backend:
            assert acknowledged <= {key for key, _ in numbers(backend).items()}


# prefixes


def test_two_prefixes_are_two_stores(valkey: Valkey) -> None:
    with opened(f"{valkey.url}?prefix=team-a") as one, opened(f"{valkey.url}?prefix=team-b") as other:
        numbers(one).put("a", 1)
        numbers(other).put("b", 2)
        one.drop()

        assert (numbers(one).values(), numbers(other).values()) == ([], [2])


def test_every_key_has_the_prefix(valkey: Valkey) -> None:
    with opened(f"{valkey.url}?prefix=team-a") as backend, valkey.client() as client:
        table = backend.table("notes", Kind(value=str, indexes={"word": lambda _, text: text.split()}))
        table.put("a", "some words")
        backend.below("world").table("numbers", NUMBERS).put("a", 1)

        assert {key.partition(b":")[0] for key in client.scan_iter()} == {b"team-a"}


def test_a_drop_leaves_no_key_behind_but_that_of_the_store(valkey: Valkey) -> None:
    with opened(valkey.url) as backend, valkey.client() as client:
        table = backend.table("notes", Kind(value=str, indexes={"word": lambda _, text: text.split()}))
        table.put("a", "some words")
        backend.drop()

        assert client.keys() == [b"nhsauth"]


def test_a_place_made_anew_after_a_drop_is_not_taken_for_the_old_one(valkey: Valkey) -> None:
    with opened(valkey.url) as one, opened(valkey.url) as other:
        numbers(one.below("world")).put("a", 1)
        assert numbers(other.below("world")).derived(sum) == 1
        one.below("world").drop()
        numbers(one.below("world")).put("b", 5)

        assert numbers(other.below("world")).derived(sum) == 5


# what is refused at the start, and left as it is


def refusal(location: str) -> str:
    with pytest.raises(UnusableStateError) as refused, opened(location):
        pass
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_server_that_may_forget_is_refused_and_untouched(valkey: Valkey, policy: str) -> None:
    with valkey.client() as client:
        client.config_set("maxmemory-policy", policy)

        assert refusal(valkey.url) == (
            f"{valkey.url} has maxmemory-policy {policy}, so it may forget used values: set it to noeviction"
        )
        assert client.keys() == []


@pytest.mark.parametrize("kind", ["string", "hash"])
def test_a_prefix_of_another_program_is_refused_and_untouched(valkey: Valkey, kind: str) -> None:
    with valkey.client() as client:
        if kind == "string":
            client.set("nhsauth", "theirs")
        else:
            client.hset("nhsauth", "theirs", "1")

        assert refusal(valkey.url) == (
            f"{valkey.url} has a key nhsauth of another program: choose another prefix, as in ?prefix=team-a"
        )
        assert client.hgetall("nhsauth") == {b"theirs": b"1"} if kind == "hash" else client.get("nhsauth") == b"theirs"
        assert client.keys() == [b"nhsauth"]


def test_a_store_of_a_newer_version_is_refused_and_untouched(valkey: Valkey) -> None:
    with opened_as(valkey, upgrades=({}, {})) as backend:
        numbers(backend).put("a", 1)
    with valkey.client() as client:
        before = client.hgetall("nhsauth"), client.dump("nhsauth:numbers:values")

        assert refusal(valkey.url) == (
            f"{valkey.url} was written by a newer version (format 3, this one knows 1): install that version, or "
            "choose another prefix"
        )
        assert (client.hgetall("nhsauth"), client.dump("nhsauth:numbers:values")) == before


def test_a_wrong_password_is_refused_and_never_shown(valkey: Valkey) -> None:
    with valkey.client() as client:
        client.config_set("requirepass", "right-one")

    wrong = valkey.url.replace("unix://", "unix://:wrong-one@")

    assert refusal(valkey.url) == f"{valkey.url}: Authentication required."
    assert refusal(wrong) == f"{valkey.url}: invalid username-password pair or user is disabled."
    with opened(valkey.url.replace("unix://", "unix://:right-one@")) as backend:
        assert numbers(backend).add("a", 1)


def test_a_replica_that_cannot_be_written_is_refused(valkey: Valkey) -> None:
    with valkey.client() as client:
        client.replicaof("127.0.0.1", "1")

    assert "read only replica" in refusal(valkey.url)


@pytest.mark.parametrize("location", ["unix:///nowhere/none", "valkey://127.0.0.1:1", "valkey://nobody.invalid:1"])
def test_of_a_server_that_is_not_there_it_is_said_that_nobody_answers(location: str) -> None:
    with pytest.raises(NoAnswerError, match=rf"^{location}: Error -?\d+ connecting to"), opened(location):
        pass


def test_a_server_that_still_loads_what_it_has_kept_does_not_answer_yet() -> None:
    loading = speaking(b"-LOADING Valkey is loading the dataset in memory\r\n")
    with loading as location, pytest.raises(NoAnswerError, match="loading the dataset"), opened(location):
        pass


@pytest.mark.parametrize("option", ["ssl_ca_certs", "ssl_certfile", "ssl_keyfile"])
def test_a_file_of_certificates_that_is_not_there_is_refused(option: str) -> None:
    location = "valkeys://127.0.0.1:1"

    assert refusal(f"{location}?{option}=none.pem") == (f"{location} has {option}=none.pem, and there is no such file")


def test_something_else_than_a_valkey_is_refused() -> None:
    with speaking(b"HTTP/1.1 400 Bad Request\r\n\r\n") as location:
        assert refusal(location).startswith(f"{location}: ")


@contextlib.contextmanager
def speaking(words: bytes) -> Iterator[str]:
    """A server that says the same to everything, as often as it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=speak, args=(listener, words), daemon=True).start()
        yield f"valkey://127.0.0.1:{listener.getsockname()[1]}"


def speak(listener: socket.socket, words: bytes) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection = listener.accept()[0]
            with connection, contextlib.suppress(OSError):
                while connection.recv(4096):
                    connection.sendall(words)


# earlier formats

NOTES: Kind[Note] = Kind(value=Note, indexes={"word": lambda _, note: note.words})
UPGRADES = ({"notes": lambda note: {"words": note["text"].split()}},)


def write_raw(backend: DurableBackend, place: str, key: bytes, raw: bytes) -> None:
    """Write what format 1 wrote."""
    from mock_servers.state.durable import Change  # noqa: PLC0415 - for this alone

    backend._medium.commit([], [Change(place, key, raw)])  # noqa: SLF001 - below the types of today


def test_an_earlier_format_is_rewritten_when_it_is_opened(valkey: Valkey) -> None:
    with opened_as(valkey) as old:
        write_raw(old, "notes", b'"0"', b'1 {"text": "a b"}')
        write_raw(old, "world/notes", b'"0"', b'1 {"text": "b"}')
        write_raw(old, "forgotten", b'"0"', b"1 5")

        with opened_as(valkey, {"notes": NOTES}, upgrades=UPGRADES) as new:
            assert new.table("notes", NOTES).find("word", "b") == [Note(words=("a", "b"))]
            assert new.below("world").table("notes", NOTES).find("word", "b") == [Note(words=("b",))]
            write_raw(old, "notes", b'"1"', b'1 {"text": "late"}')
            assert new.table("notes", NOTES).get("1") == Note(words=("late",))
    with valkey.client() as client:
        assert client.hget("nhsauth:notes:values", '"0"') == b'2 {"words":["a","b"]}'
        assert client.hget("nhsauth", "format") == b"2"


def test_what_is_written_while_an_earlier_format_is_rewritten_is_kept(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [b'1 {"text": "late"}']
    with opened_as(valkey) as old:
        write_raw(old, "notes", b'"0"', b'1 {"text": "a b"}')

        def rewritten(*arguments: Any) -> Any:
            if late:
                write_raw(old, "notes", b'"1"', late.pop())
            return durable.rewritten(*arguments)

        monkeypatch.setattr("mock_servers.state.valkey.rewritten", rewritten)
        with opened_as(valkey, {"notes": NOTES}, upgrades=UPGRADES) as new:
            assert new.table("notes", NOTES).values() == [Note(words=("a", "b")), Note(words=("late",))]
    with valkey.client() as client:
        assert client.hget("nhsauth:notes:values", '"1"') == b'2 {"words":["late"]}'


def test_a_rewriting_that_fails_leaves_all_as_it_was(valkey: Valkey) -> None:
    with opened_as(valkey) as old:
        write_raw(old, "notes", b'"0"', b'1 {"text": "a b"}')
        write_raw(old, "notes", b'"1"', b'1 {"broken": true}')

    with (
        pytest.raises(UnusableStateError, match=rf"^{valkey.url} cannot be brought to format 2: table notes .*'text'$"),
        opened_as(valkey, {"notes": NOTES}, upgrades=UPGRADES),
    ):
        pass
    with valkey.client() as client:
        assert client.hget("nhsauth:notes:values", '"0"') == b'1 {"text": "a b"}'
        assert client.hget("nhsauth", "format") == b"1"


# what fails while it runs, and comes back by itself


def out_of_reach(backend: Backend, *, reads: bool = True) -> str:
    """What a write says, and a read if that fails, too."""
    with pytest.raises(UnreachableStateError) as failed:
        numbers(backend).put("b", 2)
    if reads:
        with pytest.raises(UnreachableStateError):
            numbers(backend).get("a")
    assert "\n" not in str(failed.value)
    return str(failed.value)


def test_a_server_that_is_down_is_said_and_found_again(valkey: Valkey) -> None:
    with opened(valkey.url) as backend:
        valkey.kill()
        assert out_of_reach(backend).startswith(f"{valkey.url}: ")
        valkey.start()

        assert numbers(backend).add("a", 1)
        assert numbers(backend).get("a") == 1


def test_a_server_that_is_slow_is_not_waited_for_nor_asked_again(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mock_servers.state.valkey._TO_ANSWER", 0.1)
    with opened(valkey.url) as backend:
        numbers(backend).count("a")
        valkey.signal(signal.SIGSTOP)
        with pytest.raises(UnreachableStateError, match="Timeout"):
            numbers(backend).count("a")
        valkey.signal(signal.SIGCONT)

        assert numbers(backend).count("a") == 3  # what was sent before was done, and once


@pytest.mark.slow
def test_a_server_that_waits_for_its_disk_for_seconds_is_waited_for(valkey: Valkey) -> None:
    with opened(valkey.url) as backend, valkey.client() as client:
        client.execute_command("CLIENT", "PAUSE", 3000, "ALL")

        assert numbers(backend).count("a") == 1


def test_whole_tables_are_waited_for_longer_than_one_step(valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_servers.state.valkey._TO_ANSWER", 0.1)
    with opened(valkey.url) as backend, ThreadPoolExecutor(1) as another:
        numbers(backend).put("a", 1)
        kept = backend.snapshot(["numbers"])
        valkey.signal(signal.SIGSTOP)
        restored = another.submit(backend.restore, kept)
        with pytest.raises(UnreachableStateError, match="Timeout"):
            numbers(backend).count("a")
        valkey.signal(signal.SIGCONT)
        restored.result()

        assert numbers(backend).get("a") in (1, 2)  # by which of the two came first


def test_a_command_whose_answer_was_lost_is_not_sent_again(valkey: Valkey) -> None:
    with lossy(valkey) as (url, lose), opened(url) as backend:
        assert numbers(backend).count("a") == 1
        lose.set()
        with pytest.raises(UnreachableStateError, match="Connection closed by server"):
            numbers(backend).count("a")

        assert numbers(backend).count("a") == 3


@contextlib.contextmanager
def lossy(server: Valkey) -> Iterator[tuple[str, threading.Event]]:
    """Lead to a server; once the event is set, the next answer is lost with its connection."""
    lose, path = threading.Event(), server.socket.with_name("lossy")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        threading.Thread(target=lead, args=(listener, server, lose), daemon=True).start()
        yield f"unix://{path}", lose
        listener.shutdown(socket.SHUT_RDWR)


def lead(listener: socket.socket, server: Valkey, lose: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while True:
            client = listener.accept()[0]
            threading.Thread(target=pass_on, args=(client, server, lose), daemon=True).start()


def pass_on(client: socket.socket, server: Valkey, lose: threading.Event) -> None:
    """One question, one answer: that is how the client talks."""
    with client, socket.socket(socket.AF_UNIX) as upstream, contextlib.suppress(OSError):
        upstream.connect(str(server.socket))
        while asked := client.recv(65536):
            upstream.sendall(asked)
            answer = upstream.recv(65536)
            if lose.is_set():
                lose.clear()
                return
            client.sendall(answer)


def test_a_server_whose_memory_is_full_is_said_and_used_again(valkey: Valkey) -> None:
    with opened(valkey.url) as backend, valkey.client() as client:
        numbers(backend).put("a", 1)
        client.config_set("maxmemory", "1")
        assert out_of_reach(backend, reads=False) == (
            f"{valkey.url}: command not allowed when used memory > 'maxmemory'."
        )
        assert numbers(backend).items() == [("a", 1)]
        client.config_set("maxmemory", "0")

        assert numbers(backend).add("b", 2)


def test_a_step_that_makes_room_before_it_takes_some_is_done_whole_with_memory_full(valkey: Valkey) -> None:
    with opened(valkey.url) as backend, valkey.client() as client:
        numbers(backend).put("a", 1)
        client.config_set("maxmemory", "1")
        backend.restore({"numbers": [(str(number), number) for number in range(100)]})

        assert numbers(backend).size() == 100


def test_a_server_that_became_a_replica_is_said_and_used_again(valkey: Valkey) -> None:
    with opened(valkey.url) as backend, valkey.client() as client:
        client.replicaof("127.0.0.1", "1")
        assert "read only replica" in out_of_reach(backend, reads=False)
        client.replicaof("NO", "ONE")

        assert numbers(backend).add("b", 2)


def test_a_password_that_changed_is_said(valkey: Valkey) -> None:
    with opened(valkey.url) as backend, valkey.client() as client:
        client.config_set("requirepass", "new")
        client.client_kill_filter(_type="normal", skipme=True)

        assert out_of_reach(backend) == f"{valkey.url}: Authentication required."


# TLS


def test_tls_is_verified(tmp_path: Path) -> None:
    key, certificate = make_certificate(tmp_path)
    with tls_server(key, certificate) as url:
        assert "certificate verify failed" in refusal(url)
        with opened(f"{url}?ssl_ca_certs={certificate}&prefix=team-a") as backend:
            assert numbers(backend).add("a", 1)


@contextlib.contextmanager
def tls_server(key: Path, certificate: Path) -> Iterator[str]:
    """A server at a port; one that somebody took meanwhile is not what it can start at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    files = ("--tls-cert-file", str(certificate), "--tls-key-file", str(key), "--tls-ca-cert-file", str(certificate))
    with valkeys.started("--tls-port", str(port), "--bind", "127.0.0.1", *files, "--tls-auth-clients", "no"):
        yield f"valkeys://localhost:{port}"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    files = folder / "key.pem", folder / "certificate.pem"
    files[0].write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    files[1].write_bytes(made.public_bytes(pem))
    return files
