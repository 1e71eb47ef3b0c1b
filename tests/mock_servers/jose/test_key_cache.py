"""The cache of keys in a folder: who may read it, and what several processes make of it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from mock_servers.jose import keys
from tests.mock_servers.jose.written import (
    ROOT,
    Key,
    MakeRing,
    mode,
    pem,
    posix_only,
    public_key_in,
    warnings_of,
    with_wrong_exponent,
)


class TestCacheFolder:
    def test_is_the_one_named_in_the_environment(self, tmp_path: Path) -> None:
        assert keys.cache_folder({"NHSAUTH_CACHE_DIR": str(tmp_path)}) == tmp_path

    def test_stays_where_it_was_when_the_directory_changes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)

        assert keys.cache_folder({"NHSAUTH_CACHE_DIR": "cache"}) == tmp_path / "cache"

    @pytest.mark.parametrize("environ", [{}, {"NHSAUTH_CACHE_DIR": ""}], ids=["unset", "empty"])
    def test_is_the_users_own_by_default(self, environ: dict[str, str]) -> None:
        assert keys.cache_folder(environ) == platformdirs.user_cache_path("nhsauth", appauthor=False)


class TestCache:
    def test_a_key_is_kept_under_its_name_and_size(self, tmp_path: Path, key: Key, make_ring: MakeRing) -> None:
        ring, _ = make_ring(tmp_path)

        ring.pair("app", bits=2048)

        assert public_key_in((tmp_path / "keys" / "app-2048.pem").read_bytes()) == key.public_key()

    def test_a_first_key_gives_no_warning(
        self, tmp_path: Path, make_ring: MakeRing, caplog: pytest.LogCaptureFixture
    ) -> None:
        ring, _ = make_ring(tmp_path)

        ring.pair("app", bits=2048)

        assert warnings_of(caplog) == []

    def test_without_a_folder_nothing_is_written(
        self, tmp_path: Path, make_ring: MakeRing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        ring, _ = make_ring()

        ring.pair("app", bits=2048)

        assert list(tmp_path.iterdir()) == []

    def test_a_missing_folder_is_made_with_its_parents(self, tmp_path: Path, make_ring: MakeRing) -> None:
        ring, _ = make_ring(tmp_path / "a" / "b")

        ring.pair("app", bits=2048)

        assert (tmp_path / "a" / "b" / "keys" / "app-2048.pem").is_file()

    @pytest.mark.usefixtures("cached")
    def test_another_ring_loads_the_key(self, tmp_path: Path, key: Key, make_ring: MakeRing) -> None:
        ring, asked = make_ring(tmp_path)

        loaded = ring.pair("app", bits=2048).private

        assert (loaded.private_numbers(), asked) == (key.private_numbers(), [])

    def test_a_loaded_key_is_the_same_object_each_time(self, tmp_path: Path, cached: Path, make_ring: MakeRing) -> None:
        ring, _ = make_ring(tmp_path)
        loaded = ring.pair("app", bits=2048)

        cached.unlink()

        assert ring.pair("app", bits=2048) is loaded

    def test_a_cached_key_is_loaded_without_the_slow_check(
        self, tmp_path: Path, key: Key, cached: Path, make_ring: MakeRing
    ) -> None:
        unchecked = with_wrong_exponent(key)
        cached.write_bytes(pem(unchecked))
        ring, _ = make_ring(tmp_path)

        assert ring.pair("app", bits=2048).private.private_numbers() == unchecked.private_numbers()

    def test_no_draft_remains(self, cached: Path) -> None:
        assert {file.name for file in cached.parent.iterdir()} <= {"app-2048.pem", "app-2048.pem.lock", ".gitignore"}

    def test_a_cache_in_a_repository_is_ignored_by_git(self, cached: Path) -> None:
        assert cached.with_name(".gitignore").read_text() == "*\n"

    def test_a_key_is_complete_when_it_is_moved_into_place(
        self, tmp_path: Path, key: Key, make_ring: MakeRing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moved: list[tuple[rsa.RSAPublicKey, bool, Path]] = []
        replace = Path.replace

        def watched(draft: Path, target: Path) -> Path:
            moved.append((public_key_in(draft.read_bytes()), target.exists(), draft.parent))
            return replace(draft, target)

        monkeypatch.setattr(Path, "replace", watched)
        ring, _ = make_ring(tmp_path)
        ring.pair("app", bits=2048)

        assert moved == [(key.public_key(), False, tmp_path / "keys")]

    def test_a_key_that_another_made_meanwhile_is_taken(
        self, tmp_path: Path, make_ring: MakeRing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ring, asked = make_ring(tmp_path)
        other_ring, _ = make_ring(tmp_path)

        def overtaken(draft: Path, mode: int) -> None:
            """Comes between the first look at the file and the lock."""
            monkeypatch.undo()
            other_ring.pair("app", bits=2048)
            draft.touch(mode)

        monkeypatch.setattr(Path, "touch", overtaken)
        ring.pair("app", bits=2048)

        assert asked == []

    def test_no_draft_remains_of_a_generation_that_failed(self, tmp_path: Path) -> None:
        ring = keys.KeyRing(tmp_path)

        with pytest.raises(ValueError, match=r"^512 bits are no size"):
            ring.pair("app", bits=512)

        assert {file.name for file in (tmp_path / "keys").iterdir()} <= {"app-512.pem.lock", ".gitignore"}


@posix_only
class TestPermissions:
    @pytest.fixture(autouse=True)
    def _no_umask(self) -> Iterator[None]:
        before = os.umask(0)
        yield
        os.umask(before)

    def test_a_key_is_for_its_owner_alone(self, cached: Path) -> None:
        assert mode(cached) == "0o600"

    def test_the_folder_is_for_its_owner_alone(self, cached: Path) -> None:
        assert mode(cached.parent) == "0o700"

    def test_a_draft_is_for_its_owner_alone(
        self, tmp_path: Path, make_ring: MakeRing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        modes: list[str] = []
        replace = Path.replace

        def watched(draft: Path, target: Path) -> Path:
            modes.append(mode(draft))
            return replace(draft, target)

        monkeypatch.setattr(Path, "replace", watched)
        ring, _ = make_ring(tmp_path)
        ring.pair("app", bits=2048)

        assert modes == ["0o600"]

    def test_a_folder_that_others_may_enter_is_tightened(self, tmp_path: Path, make_ring: MakeRing) -> None:
        (tmp_path / "keys").mkdir(mode=0o755)
        ring, _ = make_ring(tmp_path)

        ring.pair("app", bits=2048)

        assert mode(tmp_path / "keys") == "0o700"

    @pytest.mark.parametrize("wide", [0o640, 0o604, 0o644, 0o666, 0o777], ids=oct)
    def test_a_key_that_others_may_read_is_tightened(
        self, tmp_path: Path, cached: Path, make_ring: MakeRing, wide: int
    ) -> None:
        cached.chmod(wide)
        ring, _ = make_ring(tmp_path)

        ring.pair("app", bits=2048)

        assert mode(cached) == "0o600"

    def test_a_key_that_others_may_read_is_still_used(
        self, tmp_path: Path, cached: Path, make_ring: MakeRing, caplog: pytest.LogCaptureFixture
    ) -> None:
        cached.chmod(0o644)
        ring, asked = make_ring(tmp_path)

        ring.pair("app", bits=2048)

        assert (asked, warnings_of(caplog)) == ([], [])

    def test_a_key_whose_permissions_cannot_be_changed_is_still_used(
        self, tmp_path: Path, cached: Path, make_ring: MakeRing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cached.chmod(0o644)

        def refuse(path: Path, _: int) -> None:
            raise PermissionError(1, "Operation not permitted", str(path))

        monkeypatch.setattr(Path, "chmod", refuse)
        ring, asked = make_ring(tmp_path)
        ring.pair("app", bits=2048)

        assert asked == []


class TestProcesses:
    ASKS = """
import os, sys
from pathlib import Path
from mock_servers.jose import keys

folder, marks = map(Path, sys.argv[1:])

def generate(bits):
    (marks / str(os.getpid())).touch()
    return keys.generate(bits)

ring = keys.KeyRing(folder, generate=generate)
print("ready", flush=True)
sys.stdin.readline()
print(ring.pair("app", bits=2048).kid, "filelock" in sys.modules)
"""

    def answers(self, folder: Path, marks: Path, count: int) -> list[str]:
        """What so many processes print that ask for the same key when all of them are ready."""
        command = [sys.executable, "-c", self.ASKS, str(folder), str(marks)]
        started = [
            subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program
            for _ in range(count)
        ]
        for process in started:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        return [process.communicate(timeout=60)[0].strip() for process in started]

    def test_that_start_at_once_end_with_the_same_key(self, tmp_path: Path) -> None:
        (tmp_path / "marks").mkdir()

        answers = self.answers(tmp_path / "cache", tmp_path / "marks", 2)

        cached = keys.KeyRing(tmp_path / "cache").pair("app", bits=2048)
        assert [answer.split()[0] for answer in answers] == [cached.kid, cached.kid]

    def test_that_start_at_once_generate_one_key_among_them(self, tmp_path: Path) -> None:
        (tmp_path / "marks").mkdir()

        self.answers(tmp_path / "cache", tmp_path / "marks", 2)

        assert len(list((tmp_path / "marks").iterdir())) == 1

    @pytest.mark.usefixtures("cached")
    def test_that_find_the_key_cached_import_no_filelock(self, tmp_path: Path) -> None:
        (answer,) = self.answers(tmp_path, tmp_path, 1)

        assert answer.split()[1] == "False"
