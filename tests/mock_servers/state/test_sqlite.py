import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mock_servers.journal import shared_journal
from mock_servers.state.codec import Format
from mock_servers.state.durable import DurableBackend
from mock_servers.state.sqlite import APPLICATION_ID, open_sqlite
from mock_servers.state.store import KINDS
from mock_servers.state.table import Kind, Table, UnreachableStateError, UnusableStateError

NUMBERS: Kind[int] = Kind(value=int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    words: tuple[str, ...]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@contextlib.contextmanager
def opened(path: Path, **options: Any) -> Iterator[DurableBackend]:
    backend = open_sqlite(path, options.pop("kinds", {}), **options)
    try:
        yield backend
    finally:
        backend.close()


def numbers(backend: DurableBackend) -> Table[int]:
    return backend.table("numbers", NUMBERS)


def bare(path: Path) -> contextlib.closing[sqlite3.Connection]:
    """Any other program's connection."""
    return contextlib.closing(sqlite3.connect(path, isolation_level=None))


# what lasts


def test_what_was_written_is_there_when_it_is_opened_again(path: Path) -> None:
    with opened(path) as backend:
        numbers(backend).put("a", 1)
    with opened(path) as backend:
        assert numbers(backend).items() == [("a", 1)]


def test_what_one_writes_another_reads_at_once(path: Path) -> None:
    with opened(path) as one, opened(path) as other:
        assert numbers(other).derived(sum) == 0
        numbers(one).put("a", 1)

        assert numbers(other).get("a") == 1
        assert numbers(other).derived(sum) == 1


def test_a_place_made_anew_after_a_drop_is_not_taken_for_the_old_one(path: Path) -> None:
    with opened(path) as one, opened(path) as other:
        numbers(one.below("world")).put("a", 1)
        assert numbers(other.below("world")).derived(sum) == 1
        one.below("world").drop()
        numbers(one.below("world")).put("b", 5)

        assert numbers(other.below("world")).derived(sum) == 5


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_nobody_else_may_read_the_file_or_those_beside_it(path: Path) -> None:
    with opened(path) as backend:
        numbers(backend).put("a", 1)

        assert {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {
            "state.db": 0o600,
            "state.db-shm": 0o600,
            "state.db-wal": 0o600,
        }


def test_full_waits_for_the_disk_at_each_step(path: Path) -> None:
    with opened(path, synchronous="full") as backend, opened(path) as other:
        assert [synchronous(each) for each in (backend, other)] == [2, 1]


def synchronous(backend: Any) -> int:
    with backend._medium._connections.writing() as connection:  # noqa: SLF001 - no call shows it
        found: int = connection.execute("PRAGMA synchronous").fetchone()[0]
        return found


# processes

WRITER = """
import sys
from pathlib import Path
from mock_servers.state.sqlite import open_sqlite
from mock_servers.state.table import Kind

backend = open_sqlite(Path(sys.argv[1]), {})
table = backend.table("numbers", Kind(value=int, limit=None))
for number in range(1_000_000):
    table.put(f"{sys.argv[2]}-{number}", number)
    print(number, flush=True)
"""
RACER = """
import sys
from pathlib import Path
from mock_servers.state.sqlite import open_sqlite
from mock_servers.state.table import Kind

table = open_sqlite(Path(sys.argv[1]), {}).table("numbers", Kind(value=int, limit=None))
print("ready", flush=True)
sys.stdin.readline()
print(sum(table.add(str(number), 0) for number in range(200)), sum(bool(table.count("all")) for _ in range(200)))
"""


def started(program: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own


def test_everything_acknowledged_is_there_when_its_writers_were_killed(path: Path) -> None:
    writers = [started(WRITER, path, name) for name in ("a", "b")]
    for writer in writers:
        assert writer.stdout
        assert "150\n" in writer.stdout
        writer.kill()
    acknowledged = [[*range(151), *map(int, writer.communicate()[0].split())] for writer in writers]

    with opened(path) as backend:
        kept = {key for key, _ in numbers(backend).items()}

    assert {f"{name}-{number}" for name, mine in zip("ab", acknowledged, strict=True) for number in mine} <= kept


def test_of_many_processes_each_step_has_one_winner(path: Path) -> None:
    racers = [started(RACER, path) for _ in range(3)]
    for racer in racers:
        assert racer.stdout
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("go\n")
        racer.stdin.flush()
    won = [[int(number) for number in racer.communicate()[0].split()] for racer in racers]

    with opened(path) as backend:
        assert sum(adds for adds, _ in won) == 200
        assert numbers(backend).get("all") == 3 * 200


def test_of_many_that_open_at_once_one_makes_the_file(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        backends = list(pool.map(lambda _: open_sqlite(path, {}), range(8)))
    for number, backend in enumerate(backends):
        numbers(backend).put(str(number), number)

    assert numbers(backends[0]).size() == 8
    for backend in backends:
        backend.close()


# what is refused at the start, and left as it is


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(UnusableStateError) as refused, opened(path, **options):
        pass
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("content", [b"x", b"not a database " * 500, b"SQLite format 2\0"])
def test_a_file_of_something_else_is_refused_and_untouched(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    assert refusal(path) == f"{path} is no SQLite file: name another, or one that does not exist yet"
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused_and_untouched(path: Path) -> None:
    with bare(path) as connection:
        connection.execute("CREATE TABLE entries (key, value)")
    content = path.read_bytes()

    assert refusal(path) == f"{path} is a SQLite file of another program: name another"
    assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == ["state.db"]


def test_a_file_of_a_newer_version_is_refused_and_untouched(path: Path) -> None:
    with opened(path, format_=Format(({}, {}))) as backend:
        numbers(backend).put("a", 1)
    content = path.read_bytes()

    assert refusal(path) == (
        f"{path} was written by a newer version (format 3, this one knows 1): install that version, or name another "
        "file"
    )
    assert path.read_bytes() == content


def test_a_newer_file_that_was_not_closed_is_known_by_what_stands_beside_it(path: Path) -> None:
    with opened(path) as old:
        numbers(old).put("a", 1)
        with opened(path, format_=Format(({},))):
            assert "format 2, this one knows 1" in refusal(path)


@pytest.mark.parametrize("damage", ["cut", "scribbled"])
def test_a_broken_file_is_refused_and_untouched(path: Path, damage: str) -> None:
    with opened(path) as backend:
        for number in range(500):
            numbers(backend).put(str(number), number)
    whole = path.read_bytes()
    content = whole[: len(whole) // 2] if damage == "cut" else whole[:4096] + b"\xff" * 8192 + whole[12288:]
    path.write_bytes(content)

    assert refusal(path).startswith((f"{path} is broken (", f"{path} cannot be used: database disk image is malformed"))
    assert path.read_bytes() == content


def test_the_log_stays_short_though_several_write_without_a_pause(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_servers.state.sqlite._BETWEEN_CHECKPOINTS", 10)
    with opened(path) as one, opened(path) as other:
        for number in range(100):
            numbers(one).put(f"a {number}", number)
            numbers(other).put(f"b {number}", number)

        assert path.with_name("state.db-wal").stat().st_size < 500_000  # 1.2 MB when it never begins anew
        assert numbers(one).size() == 200


def test_who_reads_for_long_holds_up_no_commit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_servers.state.sqlite._BETWEEN_CHECKPOINTS", 1)
    monkeypatch.setattr("mock_servers.state.sqlite._BUSY_WITH_LOG", 1)
    with opened(path) as backend, bare(path) as reader:
        numbers(backend).put("a", 1)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entries").fetchone()
        for number in range(3):
            numbers(backend).put("a", number)

        assert numbers(backend).get("a") == 2


def test_who_writes_waits_for_another_process_that_does(path: Path) -> None:
    with opened(path) as backend, bare(path) as other, ThreadPoolExecutor(1) as pool:
        other.execute("BEGIN IMMEDIATE")
        waiting = pool.submit(numbers(backend).put, "a", 1)
        with pytest.raises(TimeoutError):
            waiting.result(0.05)
        other.execute("COMMIT")
        waiting.result(30)

        assert numbers(backend).get("a") == 1


@pytest.mark.usefixtures("quick")
def test_a_locked_file_is_refused_and_untouched(path: Path) -> None:
    with opened(path) as backend:
        numbers(backend).put("a", 1)
    with bare(path) as connection:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")

        assert refusal(path) == f"{path} cannot be used: another program has locked it"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gives way in these tests, so nobody waits for it."""
    monkeypatch.setattr("mock_servers.state.sqlite._PATIENCE", 0.05)


def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    assert refusal(folder) == f"{folder} cannot be opened: Is a directory"
    assert (
        refusal(folder / "none" / "state.db") == f"{folder}/none/state.db cannot be opened: No such file or directory"
    )
    assert list(tmp_path.rglob("*")) == [folder]


# earlier formats


def words_of(note: Any) -> Any:
    return {"words": note["text"].split()}


UPGRADED = Format(({"notes": words_of},))
NOTES: Kind[Note] = Kind(value=Note, indexes={"word": lambda _, note: note.words})


def write_format_1(path: Path, *values: bytes) -> None:
    """Make the file that format 1 made, by hand but for its tables."""
    with opened(path):
        pass
    with bare(path) as connection:
        for number, value in enumerate(values):
            row = ("notes", b'"%d"' % number, value)
            connection.execute("INSERT INTO entries (place, key, value) VALUES (?, ?, ?)", row)
        connection.execute(
            "INSERT INTO entries (place, key, value) VALUES ('world/notes', CAST('\"0\"' AS BLOB), ?)", (values[0],)
        )
        connection.execute("INSERT INTO entries (place, key, value) VALUES ('forgotten', x'22', x'23')")


def raw_values(path: Path, place: str) -> list[bytes]:
    with bare(path) as connection:
        query = "SELECT value FROM entries WHERE place = ? ORDER BY position"
        return [value for (value,) in connection.execute(query, (place,))]


def test_an_earlier_format_is_rewritten_when_it_is_opened(path: Path) -> None:
    write_format_1(path, b'1 {"text": "a b"}', b'1 {"text": "b"}')

    with opened(path, kinds={"notes": NOTES}, format_=UPGRADED) as backend:
        notes = backend.table("notes", NOTES)

        assert notes.items() == [("0", Note(words=("a", "b"))), ("1", Note(words=("b",)))]
        assert notes.find("word", "b") == [Note(words=("a", "b")), Note(words=("b",))]
        assert backend.below("world").table("notes", NOTES).find("word", "a") == [Note(words=("a", "b"))]
    assert raw_values(path, "notes") == [b'2 {"words":["a","b"]}', b'2 {"words":["b"]}']
    assert "format 2, this one knows 1" in refusal(path)


def test_a_rewriting_that_fails_leaves_all_as_it_was(path: Path) -> None:
    write_format_1(path, b'1 {"text": "a b"}', b'1 {"broken": true}')

    assert refusal(path, kinds={"notes": NOTES}, format_=UPGRADED) == (
        f"{path} cannot be brought to format 2: table notes holds a value that this version cannot read: 'text'"
    )
    assert raw_values(path, "notes") == [b'1 {"text": "a b"}', b'1 {"broken": true}']
    with opened(path) as backend:
        assert backend.sizes() == {"forgotten": 1, "notes": 2, "world/notes": 1}


def test_while_an_earlier_version_still_writes_its_values_are_read(path: Path) -> None:
    write_format_1(path, b'1 {"text": "a b"}')
    with opened(path, kinds={"notes": NOTES}, format_=UPGRADED) as new:
        write_raw(path, b'1 {"text": "late"}')

        assert new.table("notes", NOTES).get("9") == Note(words=("late",))


def write_raw(path: Path, value: bytes) -> None:
    with bare(path) as connection:
        connection.execute(
            "INSERT INTO entries (place, key, value) VALUES ('notes', CAST('\"9\"' AS BLOB), ?)", (value,)
        )


# what fails while it runs, and comes back by itself


@pytest.mark.skipif(os.name != "posix", reason="Windows has no limit to the size of a file")
def test_a_full_disk_is_said_and_forgotten_once_there_is_room(path: Path) -> None:
    with opened(path) as backend:
        table = numbers(backend)
        table.put("a", 1)
        with no_room_left(path), pytest.raises(UnreachableStateError, match=rf"^{path}: disk I/O error$"):
            table.put("b", 2)

        assert table.items() == [("a", 1)]
        table.put("b", 2)
        assert table.items() == [("a", 1), ("b", 2)]


@contextlib.contextmanager
def no_room_left(path: Path) -> Iterator[None]:
    """Let no file of this process grow beyond what the state has written."""
    import resource  # noqa: PLC0415 - Windows has none

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    beside = path.with_name(f"{path.name}-wal")
    resource.setrlimit(resource.RLIMIT_FSIZE, (beside.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_was_moved_away_is_said_and_found_when_it_is_back(path: Path) -> None:
    with opened(path) as backend:
        table = numbers(backend)
        table.put("a", 1)
        path.rename(path.with_name("elsewhere"))
        calls: list[Callable[[], object]] = [lambda: table.add("b", 2), lambda: table.get("a"), backend.probe]
        for call in calls:
            with pytest.raises(UnreachableStateError, match=rf"^{path}: No such file or directory$"):
                call()
        path.with_name("elsewhere").rename(path)

        backend.probe()
        table.put("b", 2)
        assert table.items() == [("a", 1), ("b", 2)]


def test_another_file_in_its_place_is_not_written(path: Path, tmp_path: Path) -> None:
    with opened(path) as backend, bare(tmp_path / "other") as other:
        numbers(backend).put("a", 1)
        other.execute("CREATE TABLE entries (key, value)")
        path.rename(tmp_path / "elsewhere")
        (tmp_path / "other").rename(path)

        with pytest.raises(UnreachableStateError, match=rf"^{path} is another file than it was$"):
            numbers(backend).put("b", 2)


@pytest.mark.usefixtures("quick")
def test_any_caller_that_is_locked_out_says_so_and_goes_on_once_it_is_not(path: Path) -> None:
    with opened(path) as backend, bare(path) as connection:
        table = numbers(backend)
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnreachableStateError, match=rf"^{path}: database is locked$"):
            table.put("a", 1)
        assert table.get("a") is None
        connection.execute("ROLLBACK")

        table.put("a", 1)
        assert table.get("a") == 1


def test_the_file_has_our_mark(path: Path) -> None:
    with opened(path):
        pass
    with bare(path) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)


# what was written once


ALL = {**KINDS, **shared_journal.KINDS}


@pytest.fixture
def first(path: Path) -> Path:
    """A file of format 1, made by the statements that made the first of them."""
    with bare(path) as connection:
        made = Path(__file__).with_name("format_1.sql").read_text(encoding="utf-8")
        connection.executescript(f"BEGIN; {made} COMMIT;")
    return path


@pytest.mark.parametrize("name", ALL)
def test_a_value_of_format_1_is_read_and_found(first: Path, name: str) -> None:
    """Where this fails and that format was released, add to UPGRADES what brings it up to date."""
    kind = ALL[name]
    with opened(first, kinds=ALL) as backend:
        table = backend.table(name, kind)

        for key, value in table.items():
            indexed = [(index, each) for index, of in kind.indexes.items() for each in of(key, value)]
            assert [table.find(*each) for each in indexed] == [[value]] * len(indexed)
            assert table.swap(key, value, value)


def test_what_lies_below_is_of_format_1_too(first: Path) -> None:
    with opened(first, kinds=ALL) as backend:
        reported = backend.below("world 1").table("client_metadata", KINDS["client_metadata"])

        assert reported.get(("cis2", "a", "\ud800")) == "told"
        assert sum(backend.sizes().values()) > 30
