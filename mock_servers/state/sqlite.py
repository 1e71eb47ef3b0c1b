"""Stores bytes in one SQLite file, for the processes of one host. Each step is one transaction; readers never wait.

The file is in WAL mode: what was acknowledged survives the process and, with `FULL`, a loss of power.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeVar

from mock_servers.state.codec import Format
from mock_servers.state.durable import Change, DurableBackend, Held, Part, Step, rewritten
from mock_servers.state.table import Kind, UnreachableStateError, UnusableStateError

R = TypeVar("R")

Synchronous = Literal["normal", "full"]

APPLICATION_ID: Final = 0x6E687361
"""`nhsa`, in the file's header: it distinguishes our files from those of other programs."""

_ALL: Final = -1  # SQLite's value for no limit
_MAGIC: Final = b"SQLite format 3\0"
_HEADER: Final = 100
_ID_AT: Final = slice(68, 72)
_PATIENCE: Final = 2.0
"""Seconds to wait for another writer; our own steps take less than a thousandth of that."""
_FIRST_DELAY: Final = 0.0001
_LONGEST_DELAY: Final = 0.002
_PRIMARY: Final = 0xFF  # the part of an error's code that is its kind
_BETWEEN_CHECKPOINTS: Final = 300
"""The number of our commits after which the log is copied into the file: a second or less of a busy server's."""
_BUSY_WITH_LOG: Final = 200
"""Milliseconds for which that waits for others."""
_LONGEST_LOG: Final = 10_000
"""Pages of the log from which on SQLite itself copies them into the file, for example after a large import."""

_SCHEMA: Final = (
    """CREATE TABLE entries (
        position INTEGER PRIMARY KEY, place TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL)""",
    "CREATE UNIQUE INDEX entries_by_key ON entries (place, key)",
    "CREATE INDEX entries_by_age ON entries (place, position)",
    """CREATE TABLE indexed (
        place TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, position INTEGER NOT NULL,
        PRIMARY KEY (place, name, value, position)) WITHOUT ROWID""",
    "CREATE INDEX indexed_by_position ON indexed (position)",
    """CREATE TABLE places (
        place TEXT PRIMARY KEY, size INTEGER NOT NULL, generation INTEGER NOT NULL) WITHOUT ROWID""",
    "CREATE TABLE probe (number INTEGER PRIMARY KEY, at REAL NOT NULL)",
    # A generation starts at a random number, so that no earlier one of a removed place can be the same.
    """CREATE TRIGGER added AFTER INSERT ON entries BEGIN
        INSERT INTO places VALUES (NEW.place, 1, abs(random() / 2))
        ON CONFLICT (place) DO UPDATE SET size = size + 1, generation = generation + 1; END""",
    """CREATE TRIGGER changed AFTER UPDATE ON entries BEGIN
        UPDATE places SET generation = generation + 1 WHERE place = NEW.place; END""",
    """CREATE TRIGGER removed AFTER DELETE ON entries BEGIN
        UPDATE places SET size = size - 1, generation = generation + 1 WHERE place = OLD.place;
        DELETE FROM indexed WHERE position = OLD.position; END""",
    f"PRAGMA application_id = {APPLICATION_ID}",
)


class _Connections:
    """The connections to one file: as many as threads use it at once; one at a time writes.

    A removed file can still be written, but its content is lost: so each use checks that it is the file at the path.
    """

    def __init__(self, path: Path, synchronous: Synchronous) -> None:
        self._path = path
        self._file = os.fspath(path)
        self._synchronous = synchronous
        self._turn = threading.Lock()
        self._idle: list[_Connection] = []
        self._commits = 0
        self._is_closed = False

    def asked(self, query: str, *values: object) -> list[Any]:
        """Return the rows that a query finds. Raises UnreachableStateError."""
        with self.lent() as connection:
            return _patiently(lambda: connection.execute(query, values).fetchall())

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection for writing, in a transaction. Raises UnreachableStateError; then nothing was written."""
        if not self._turn.acquire(timeout=2 * _PATIENCE):
            raise UnreachableStateError(f"{self._path} has been busy for {2 * _PATIENCE:g} seconds")
        try:
            with self.lent() as connection:
                _patiently(lambda: connection.execute("BEGIN IMMEDIATE"))
                yield connection
                connection.execute("COMMIT")
                self._commits += 1
                is_long = self._commits % _BETWEEN_CHECKPOINTS == 0
        finally:
            self._turn.release()
        if is_long:
            self._begin_log_anew()

    def _begin_log_anew(self) -> None:
        """Copy the log into the file, and let the next writer start the log from its beginning.

        SQLite does the first by itself. But while several processes write, it never finds the log at rest: the log
        grows, and once it is long, each commit waits for the disk. Here most of it is copied while others write, and
        the rest while they do not.
        """
        with suppress(UnreachableStateError), self.lent() as connection:  # what was committed stays in any case
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_WITH_LOG}")
            connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
            connection.execute("PRAGMA busy_timeout = 0")

    def close(self) -> None:
        """Close all that are not lent, and lend none any more; the last of all processes leaves the file alone.

        SQLite does that when a file's last connection is closed. A request that still runs may have one, so the log is
        emptied before.
        """
        with self._turn:
            with suppress(UnreachableStateError):  # what was committed stays in any case
                self.asked("PRAGMA wal_checkpoint(TRUNCATE)")
            self._is_closed = True
            while self._idle:
                self._idle.pop().connection.close()

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection]:
        """Lend an idle connection, or a new one. After an error it is closed, which undoes what was started."""
        try:
            lent = self._of_file()
            try:
                yield lent.connection
            except BaseException:
                lent.connection.close()
                raise
            self._idle.append(lent)
        except OSError as error:
            raise UnreachableStateError(f"{self._path}: {error.strerror}") from None
        except sqlite3.DatabaseError as error:
            if type(error) not in (sqlite3.DatabaseError, sqlite3.OperationalError):
                raise  # a bug of ours
            raise UnreachableStateError(f"{self._path}: {error}") from None

    def _of_file(self) -> _Connection:
        if self._is_closed:
            raise UnreachableStateError(f"{self._path} was closed")
        status = os.stat(self._file)  # noqa: PTH116 - a third of what a Path takes
        file = status.st_dev, status.st_ino
        with suppress(IndexError):  # none is idle
            while (known := self._idle.pop()).file != file:
                known.connection.close()
            return known
        connection = _connect(self._path, "rw")
        connection.execute(f"PRAGMA synchronous = {self._synchronous.upper()}")
        if _pragma(connection, "application_id") != APPLICATION_ID:
            connection.close()
            raise UnreachableStateError(f"{self._path} is another file than it was")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_LONGEST_LOG}")
        connection.execute("PRAGMA busy_timeout = 0")  # `_patiently` waits
        return _Connection(file, connection)


class _Connection(NamedTuple):
    """A connection, and the file for which it was opened: its device and number."""

    file: tuple[int, int]
    connection: sqlite3.Connection


def _patiently(step: Callable[[], R]) -> R:
    """Try a step again while another process is writing, until `_PATIENCE` is over.

    SQLite would wait for a millisecond at the first try, then for longer and longer: many times what a step takes.
    """
    until, delay = 0.0, _FIRST_DELAY
    while True:
        try:
            return step()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_BUSY:
                raise
            now = time.monotonic()
            until = until or now + _PATIENCE
            if now > until:
                raise
        time.sleep(delay)
        delay = min(delay * 1.2, _LONGEST_DELAY)


class SqliteMedium:
    """Bytes by place and key in a SQLite file that is open."""

    is_near: Final = True

    def __init__(self, path: Path, synchronous: Synchronous = "normal") -> None:
        self._connections = _Connections(path, synchronous)

    def get(self, place: str, key: bytes) -> bytes | None:
        """Return the bytes at a key."""
        rows = self._connections.asked("SELECT value FROM entries WHERE place = ? AND key = ?", place, key)
        return rows[0][0] if rows else None

    def commit(self, expected: Sequence[Held], changes: Sequence[Change]) -> Step:
        """Make all changes if exactly what is expected is there; otherwise make none."""
        with self._connections.writing() as connection:
            found = [_at(connection, each.place, each.key)[1] for each in expected]
            if any(raw != each.raw for raw, each in zip(found, expected, strict=True)):
                return Step(done=False, found=found)
            return Step(done=True, found=[_make(connection, each) for each in changes])

    def count(self, place: str, key: bytes, mark: bytes, limit: int | None) -> int:
        """Add one to the number at a key, stored after `mark`, and return it."""
        with self._connections.writing() as connection:
            before = _at(connection, place, key)[1]
            number = 1 if before is None else int(before.rpartition(b" ")[2]) + 1
            _make(connection, Change(place, key, mark + b"%d" % number, limit=limit))
            return number

    def newest(self, place: str, most: int) -> Sequence[bytes]:
        """Return the newest values, the newest first, and no more than `most`."""
        query = "SELECT value FROM entries WHERE place = ? ORDER BY position DESC LIMIT ?"
        return [raw for (raw,) in self._connections.asked(query, place, most)]

    def find(self, place: str, index: str, value: bytes, most: int | None) -> Sequence[tuple[bytes, bytes]]:
        """Return the keys and values at an index entry, the oldest first, and no more than `most`."""
        query = """SELECT entries.key, entries.value FROM indexed JOIN entries USING (position)
            WHERE indexed.place = ? AND indexed.name = ? AND indexed.value = ? ORDER BY indexed.position
            LIMIT ?"""
        return self._connections.asked(query, place, index, value, _ALL if most is None else most)

    def size(self, place: str) -> int:
        """Return how many values a place has."""
        rows = self._connections.asked("SELECT size FROM places WHERE place = ?", place)
        return rows[0][0] if rows else 0

    def generation(self, place: str) -> Hashable:
        """Return a number that differs after each change of the place."""
        rows = self._connections.asked("SELECT generation FROM places WHERE place = ?", place)
        return rows[0][0] if rows else None

    def read(self, places: Sequence[str]) -> Sequence[Part]:
        """Return the content of places at one moment."""
        with self._connections.lent() as connection:
            connection.execute("BEGIN")
            _patiently(lambda: connection.execute("SELECT 1 FROM probe").fetchone())  # which sets the moment
            parts = [Part(_generation(connection, place), _entries(connection, place)) for place in places]
            connection.execute("COMMIT")
            return parts

    def replace(self, content: Mapping[str, Sequence[Change]]) -> None:
        """Replace the content of these places."""
        with self._connections.writing() as connection:
            for place, changes in content.items():
                connection.execute("DELETE FROM entries WHERE place = ?", (place,))
                for change in changes:
                    _make(connection, change)

    def sizes(self, prefix: str) -> Mapping[str, int]:
        """Return how many values each non-empty place below a prefix has, at one moment."""
        query = "SELECT place, size FROM places WHERE size > 0 AND place >= ? AND place < ? ORDER BY place"
        return dict(self._connections.asked(query, *_below(prefix)))

    def drop(self, prefix: str) -> None:
        """Remove all places below a prefix."""
        with self._connections.writing() as connection:
            connection.execute("DELETE FROM entries WHERE place >= ? AND place < ?", _below(prefix))
            connection.execute("DELETE FROM places WHERE place >= ? AND place < ?", _below(prefix))

    def probe(self) -> None:
        """Write something that is never read."""
        with self._connections.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO probe VALUES (1, ?)", (time.time(),))

    def close(self) -> None:
        """Close the file."""
        self._connections.close()


def open_sqlite(
    path: Path, kinds: Mapping[str, Kind[Any]], *, synchronous: Synchronous = "normal", format_: Format | None = None
) -> DurableBackend:
    """Return the tables in a file, which is created if needed (mode 600) and converted to this format.

    Raises UnusableStateError for any other file, which stays as it is.
    """
    format_ = format_ or Format()
    try:
        if _is_new(path):
            _make_file(path, format_)
        _check(path, format_)
        _bring_up(path, kinds, format_)
    except UnusableStateError as error:
        raise UnusableStateError(f"{path} {error}") from None
    except sqlite3.Error as error:
        raise UnusableStateError(f"{path} cannot be used: {_said(error)}") from None
    except OSError as error:
        raise UnusableStateError(f"{path} cannot be opened: {error.strerror or error}") from None
    return DurableBackend(SqliteMedium(path, synchronous), format_)


def _said(error: sqlite3.Error) -> str:
    return "another program has locked it" if "locked" in str(error) else str(error)


def _is_new(path: Path) -> bool:
    """Whether the file is still empty. Raises UnusableStateError for a file of another program, unchanged."""
    if not path.exists():
        return True
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if header and not header.startswith(_MAGIC):
        raise UnusableStateError("is no SQLite file: name another, or one that does not exist yet")
    if header and header[_ID_AT] != APPLICATION_ID.to_bytes(4, "big"):
        raise UnusableStateError("is a SQLite file of another program: name another")
    return not header


def _make_file(path: Path, format_: Format) -> None:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = _connect(path, "rw")
    try:
        connection.execute("BEGIN IMMEDIATE")
        if _pragma(connection, "application_id") == 0:  # otherwise another process was faster
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {format_.number}")
        connection.execute("COMMIT")
    finally:
        connection.close()


def _check(path: Path, format_: Format) -> None:
    """Raise UnusableStateError, or SQLite's own error, for a file that is broken, locked or newer; change nothing."""
    connection = _connect(path, "ro")
    try:
        found = _pragma(connection, "user_version")
        if found > format_.number:
            raise UnusableStateError(
                f"was written by a newer version (format {found}, this one knows {format_.number}): "
                "install that version, or name another file"
            )
        health = _pragma(connection, "quick_check(1)")
        if health != "ok":
            raise UnusableStateError(f"is broken ({' '.join(str(health).split())}): bring back a copy, or remove it")
    finally:
        connection.close()


def _bring_up(path: Path, kinds: Mapping[str, Kind[Any]], format_: Format) -> None:
    """Allow reading while a process writes, and rewrite values of earlier formats, in one transaction.

    Raises UnusableStateError if that is impossible; then nothing has changed.
    """
    connection = _connect(path, "rw")
    try:
        _to_wal(connection)
        if _pragma(connection, "user_version") == format_.number:
            return
        connection.execute("BEGIN IMMEDIATE")
        if _pragma(connection, "user_version") < format_.number:  # otherwise another process was faster
            for (place,) in connection.execute("SELECT place FROM places").fetchall():
                if place.rpartition("/")[2] in kinds:  # otherwise no process reads it any more
                    for change in rewritten(place, _entries(connection, place), kinds, format_):
                        _make(connection, change)
            connection.execute(f"PRAGMA user_version = {format_.number}")
        connection.execute("COMMIT")
    finally:
        connection.close()


def _to_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL mode, once in its life. If two processes try, SQLite refuses one without waiting."""
    until = time.monotonic() + _PATIENCE
    while _pragma(connection, "journal_mode") != "wal":
        try:
            found = _pragma(connection, "journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
            continue
        if found != "wal":
            raise UnusableStateError(
                "lies where processes cannot share memory, as on a network's disk: name a file on a local disk"
            )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open an existing file; a connection is used by one thread at a time, not always the same."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_PATIENCE,
        isolation_level=None,  # our own BEGIN starts a transaction
        check_same_thread=False,
    )


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _below(prefix: str) -> tuple[str, str]:
    """Return the range of places that start so; they are ASCII."""
    return prefix, f"{prefix}\x7f"


def _at(connection: sqlite3.Connection, place: str, key: bytes) -> tuple[int | None, bytes | None]:
    """Return the position and value at a key."""
    query = "SELECT position, value FROM entries WHERE place = ? AND key = ?"
    row: tuple[int, bytes] | None = connection.execute(query, (place, key)).fetchone()
    return row or (None, None)


def _make(connection: sqlite3.Connection, change: Change) -> bytes | None:
    """Make a change, and return what was there."""
    position, before = _at(connection, change.place, change.key)
    if change.raw is None:
        connection.execute("DELETE FROM entries WHERE position = ?", (position,))
        return before
    if position is None:
        row = (change.place, change.key, change.raw)
        position = connection.execute("INSERT INTO entries (place, key, value) VALUES (?, ?, ?)", row).lastrowid
        if change.limit is not None:
            _forget_oldest(connection, change.place, change.limit)
    else:
        connection.execute("UPDATE entries SET value = ? WHERE position = ?", (change.raw, position))
        connection.execute("DELETE FROM indexed WHERE position = ?", (position,))
    if change.indexed:
        rows = ((change.place, name, value, position) for name, value in change.indexed)
        connection.executemany("INSERT OR IGNORE INTO indexed VALUES (?, ?, ?, ?)", rows)
    return before


def _forget_oldest(connection: sqlite3.Connection, place: str, limit: int) -> None:
    (size,) = connection.execute("SELECT size FROM places WHERE place = ?", (place,)).fetchone()
    if size > limit:
        connection.execute(
            """DELETE FROM entries WHERE position IN
                (SELECT position FROM entries WHERE place = ? ORDER BY position LIMIT ?)""",
            (place, max(limit // 10, 1)),
        )


def _entries(connection: sqlite3.Connection, place: str) -> list[tuple[bytes, bytes]]:
    query = "SELECT key, value FROM entries WHERE place = ? ORDER BY position"
    return connection.execute(query, (place,)).fetchall()


def _generation(connection: sqlite3.Connection, place: str) -> Hashable:
    row = connection.execute("SELECT generation FROM places WHERE place = ?", (place,)).fetchone()
    return row[0] if row else None
