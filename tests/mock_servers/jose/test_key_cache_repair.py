"""A cache that is broken, foreign or out of reach still gives keys, with one warning."""

import base64
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from filelock import FileLock

from mock_servers.jose import keys
from tests.mock_servers.jose.written import (
    Key,
    MakeRing,
    not_root,
    pem,
    posix_only,
    public_key_in,
    warnings_of,
)


def edited(key: Key, old: bytes, new: bytes) -> bytes:
    """The key's PEM after a change in its DER."""
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    body = base64.encodebytes(der.replace(old, new))
    mark = b"PRIVATE " + b"KEY-----\n"  # in two pieces, lest a scanner take this line for a key
    return b"-----BEGIN " + mark + body + b"-----END " + mark


def with_wrong_modulus(key: Key) -> bytes:
    modulus = key.public_key().public_numbers().n
    return edited(key, modulus.to_bytes(256, "big"), (modulus ^ 0b100).to_bytes(256, "big"))


def of_unknown_algorithm(key: Key) -> bytes:
    return edited(key, bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d01017f"))  # from rsaEncryption


UNREADABLE = "cannot be read as a private key"
OTHER_KEY = "is not an RSA key of 2048 bits"
CORRUPTIONS = [
    pytest.param((lambda _: b"", UNREADABLE), id="empty"),
    pytest.param((lambda _: b"\0" * 1700, UNREADABLE), id="zeros"),
    pytest.param((lambda key: pem(key)[:900], UNREADABLE), id="truncated"),
    pytest.param((lambda key: pem(key, password=b"secret"), UNREADABLE), id="encrypted"),
    pytest.param((of_unknown_algorithm, UNREADABLE), id="unknown algorithm"),
    pytest.param((lambda _: pem(ec.generate_private_key(ec.SECP256R1())), OTHER_KEY), id="not RSA"),
    pytest.param((lambda _: pem(rsa.generate_private_key(65537, 1024)), OTHER_KEY), id="wrong size"),
    pytest.param((with_wrong_modulus, "is damaged"), id="wrong modulus"),
    pytest.param((lambda _: pem(rsa.generate_private_key(3, 2048)), "is damaged"), id="wrong exponent"),
]


class TestCorruptFile:
    @pytest.fixture(params=CORRUPTIONS)
    def fault(self, request: pytest.FixtureRequest, cached: Path, key: Key) -> str:
        """What is wrong with the cached file by now."""
        content, fault = request.param
        cached.write_bytes(content(key))
        return str(fault)

    @pytest.mark.usefixtures("fault")
    def test_is_replaced_by_a_new_key(self, tmp_path: Path, other_key: Key, cached: Path, make_ring: MakeRing) -> None:
        ring, _ = make_ring(tmp_path, other_key)

        private = ring.pair("app", bits=2048).private

        assert (private, public_key_in(cached.read_bytes())) == (other_key, other_key.public_key())

    def test_gives_one_warning(
        self, cached: Path, fault: str, make_ring: MakeRing, caplog: pytest.LogCaptureFixture
    ) -> None:
        ring, _ = make_ring(cached.parents[1])

        ring.pair("app", bits=2048)

        assert warnings_of(caplog) == [f"The cached key {cached} {fault}: replaced by a new one."]


class TestForeignFile:
    @posix_only
    def test_a_pipe_is_replaced_by_a_new_key(self, tmp_path: Path, key: Key, cached: Path, make_ring: MakeRing) -> None:
        cached.unlink()
        os.mkfifo(cached)
        ring, _ = make_ring(tmp_path)

        ring.pair("app", bits=2048)

        assert cached.is_file()
        assert public_key_in(cached.read_bytes()) == key.public_key()

    @posix_only
    def test_a_link_is_replaced_and_its_target_left_alone(
        self, tmp_path: Path, cached: Path, key: Key, other_key: Key, make_ring: MakeRing
    ) -> None:
        target = cached.rename(tmp_path / "elsewhere.pem")
        cached.symlink_to(target)
        ring, _ = make_ring(tmp_path, other_key)

        ring.pair("app", bits=2048)

        in_place = [public_key_in(file.read_bytes()) for file in (cached, target)]
        assert (cached.is_symlink(), in_place) == (False, [other_key.public_key(), key.public_key()])

    @posix_only
    @not_root
    def test_an_unreadable_file_is_replaced_by_a_new_key(
        self, tmp_path: Path, cached: Path, other_key: Key, make_ring: MakeRing
    ) -> None:
        cached.chmod(0)
        ring, _ = make_ring(tmp_path, other_key)

        ring.pair("app", bits=2048)

        assert public_key_in(cached.read_bytes()) == other_key.public_key()

    def test_a_folder_stays_and_the_key_is_in_memory(
        self, tmp_path: Path, make_ring: MakeRing, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "keys" / "app-2048.pem").mkdir(parents=True)
        ring, asked = make_ring(tmp_path)

        pair = ring.pair("app", bits=2048)

        assert (ring.pair("app", bits=2048) is pair, asked, len(warnings_of(caplog))) == (True, [2048], 1)

    def test_no_draft_remains_beside_a_folder(self, tmp_path: Path, make_ring: MakeRing) -> None:
        (tmp_path / "keys" / "app-2048.pem").mkdir(parents=True)
        ring, _ = make_ring(tmp_path)

        ring.pair("app", bits=2048)

        assert {path.name for path in (tmp_path / "keys").iterdir()} <= {
            "app-2048.pem",
            "app-2048.pem.lock",
            ".gitignore",
        }


class TestUnusableFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """A file stands where the folder should be: that stops even root."""
        (tmp_path / "cache").write_text("not a folder")
        return tmp_path / "cache"

    def test_means_keys_in_memory(self, folder: Path, key: Key, make_ring: MakeRing) -> None:
        ring, _ = make_ring(folder)

        assert ring.pair("app", bits=2048).private is key

    def test_generates_each_key_once(self, folder: Path, make_ring: MakeRing) -> None:
        ring, asked = make_ring(folder)

        ring.pair("app", bits=2048, kid="k-1")
        ring.pair("app", bits=2048, kid="k-2")

        assert asked == [2048]

    def test_gives_one_warning_a_ring(
        self, folder: Path, make_ring: MakeRing, caplog: pytest.LogCaptureFixture
    ) -> None:
        ring, _ = make_ring(folder)

        ring.prepare(("app", 2048), ("cis2", 2048), ("nhs_login", 2048))
        ring.pair("another", bits=2048)

        assert len(warnings_of(caplog)) == 1

    def test_warning_names_the_folder_and_the_variable(
        self, folder: Path, make_ring: MakeRing, caplog: pytest.LogCaptureFixture
    ) -> None:
        ring, _ = make_ring(folder)

        ring.pair("app", bits=2048)

        (warning,) = warnings_of(caplog)
        assert warning.startswith(f"Cannot use the key cache {folder / 'keys'} (")
        assert warning.endswith("), so keys are in memory, new at each start. Set NHSAUTH_CACHE_DIR.")

    def test_is_left_as_it_was(self, folder: Path, make_ring: MakeRing) -> None:
        ring, _ = make_ring(folder)

        ring.pair("app", bits=2048)

        assert folder.read_text() == "not a folder"

    @posix_only
    @not_root
    @pytest.mark.parametrize("mode", [0o500, 0], ids=["unwritable", "unreadable"])
    def test_may_be_one_of_another_owner(
        self, tmp_path: Path, make_ring: MakeRing, caplog: pytest.LogCaptureFixture, mode: int
    ) -> None:
        tmp_path.chmod(mode)
        ring, asked = make_ring(tmp_path)

        ring.pair("app", bits=2048)
        tmp_path.chmod(0o700)

        assert (asked, len(warnings_of(caplog)), list(tmp_path.iterdir())) == ([2048], 1, [])

    def test_a_lock_that_stays_taken_means_keys_in_memory(
        self, tmp_path: Path, make_ring: MakeRing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(keys, "_LOCK_TIMEOUT", 0)
        (tmp_path / "keys").mkdir()
        ring, asked = make_ring(tmp_path)

        with FileLock(tmp_path / "keys" / "app-2048.pem.lock"):
            ring.pair("app", bits=2048)

        assert (asked, len(warnings_of(caplog))) == ([2048], 1)
        assert not (tmp_path / "keys" / "app-2048.pem").exists()
