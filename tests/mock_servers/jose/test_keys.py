"""Keys: their JWKs and PEM, a user's own key file, and the ring that caches the mock's own keys."""

import base64
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import jwt
import platformdirs
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from filelock import FileLock

from mock_servers.jose import keys

Key: TypeAlias = rsa.RSAPrivateKey
MakeRing: TypeAlias = Callable[..., tuple[keys.KeyRing, list[int]]]

ROOT = Path(keys.__file__).parents[2]
posix_only = pytest.mark.skipif(os.name != "posix", reason="Windows has no permission bits, and no pipes among files")
not_root = pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="permissions do not stop root")


def pem(
    key: Key | ec.EllipticCurvePrivateKey, kind: PrivateFormat = PrivateFormat.PKCS8, password: bytes = b""
) -> bytes:
    return key.private_bytes(Encoding.PEM, kind, BestAvailableEncryption(password) if password else NoEncryption())


def public_key_in(content: bytes) -> rsa.RSAPublicKey:
    """The public half of a private PEM, so that no failing assert shows the private one."""
    key = load_pem_private_key(content, password=None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, Key)
    return key.public_key()


def number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def with_wrong_exponent(key: Key) -> Key:
    """A key whose d is wrong and whose primes are right."""
    own = key.private_numbers()
    wrong = rsa.RSAPrivateNumbers(own.p, own.q, own.d + 2, own.dmp1, own.dmq1, own.iqmp, own.public_numbers)
    return wrong.private_key(unsafe_skip_rsa_key_validation=True)


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "mock_servers.jose.keys"]


@pytest.fixture(scope="session")
def key() -> Key:
    return keys.generate(2048)


@pytest.fixture(scope="session")
def other_key() -> Key:
    return keys.generate(2048)


@pytest.fixture
def make_ring(key: Key) -> MakeRing:
    """A ring that takes its keys from those given, and the sizes that it asked for."""

    def make(folder: Path | None = None, made: Key = key) -> tuple[keys.KeyRing, list[int]]:
        asked: list[int] = []

        def generate(bits: int) -> Key:
            asked.append(bits)
            return made

        return keys.KeyRing(folder, generate=generate), asked

    return make


@pytest.fixture
def cached(tmp_path: Path, key: Key) -> Path:
    """The file in which a ring on tmp_path keeps `key` as app."""
    keys.KeyRing(tmp_path, generate=lambda _: key).pair("app", bits=2048)
    return tmp_path / "keys" / "app-2048.pem"


class TestKeyPair:
    def test_repr_shows_the_kid_and_nothing_of_the_key(self, key: Key) -> None:
        assert repr(keys.KeyPair(kid="k-1", private=key)) == "KeyPair(kid='k-1')"

    def test_jwk_has_its_members_in_order(self, key: Key) -> None:
        jwk = keys.KeyPair(kid="k-1", private=key).public_jwk(alg="RS512")

        assert list(jwk) == ["kty", "kid", "use", "alg", "n", "e"]

    def test_jwk_names_kid_use_and_algorithm(self, key: Key) -> None:
        jwk = keys.KeyPair(kid="k-1", private=key).public_jwk(alg="RS256")

        assert (jwk["kty"], jwk["kid"], jwk["use"], jwk["alg"]) == ("RSA", "k-1", "sig", "RS256")

    def test_jwk_numbers_rebuild_the_public_key(self, key: Key) -> None:
        jwk = keys.KeyPair(kid="k-1", private=key).public_jwk(alg="RS512")

        rebuilt = rsa.RSAPublicNumbers(number(jwk["e"]), number(jwk["n"])).public_key()
        assert rebuilt == key.public_key()

    def test_jwk_numbers_have_no_padding_and_no_leading_zeros(self, key: Key) -> None:
        jwk = keys.KeyPair(kid="k-1", private=key).public_jwk(alg="RS512")

        assert (len(jwk["n"]), jwk["e"]) == (342, "AQAB")

    def test_pyjwt_verifies_with_the_jwk_what_the_key_object_signed(self, key: Key) -> None:
        pair = keys.KeyPair(kid="k-1", private=key)
        token = jwt.PyJWS().encode(b"payload", pair.private, algorithm="RS512")

        verifying = jwt.PyJWK(pair.public_jwk(alg="RS512"))
        assert jwt.PyJWS().decode(token, verifying, algorithms=["RS512"]) == b"payload"

    def test_private_pem_is_pkcs8(self, key: Key) -> None:
        assert keys.KeyPair(kid="k-1", private=key).private_pem().startswith("-----BEGIN PRIVATE " + "KEY-----\n")

    def test_private_pem_holds_the_key(self, key: Key) -> None:
        text = keys.KeyPair(kid="k-1", private=key).private_pem()

        loaded = load_pem_private_key(text.encode(), password=None)
        assert isinstance(loaded, Key)
        assert loaded.private_numbers() == key.private_numbers()

    def test_public_pem_is_subject_public_key_info(self, key: Key) -> None:
        assert keys.KeyPair(kid="k-1", private=key).public_pem().startswith("-----BEGIN PUBLIC KEY-----\n")

    def test_public_pem_holds_the_public_key(self, key: Key) -> None:
        assert load_pem_public_key(keys.KeyPair(kid="k-1", private=key).public_pem().encode()) == key.public_key()


class TestJwks:
    def test_holds_the_keys_in_the_order_given(self, key: Key, other_key: Key) -> None:
        pairs = [keys.KeyPair(kid="b", private=key), keys.KeyPair(kid="a", private=other_key)]

        assert keys.jwks(*pairs, alg="RS512") == {"keys": [pair.public_jwk(alg="RS512") for pair in pairs]}

    def test_of_no_key_is_an_empty_set(self) -> None:
        assert keys.jwks(alg="RS512") == {"keys": []}


class TestThumbprint:
    # RFC 7638 §3.1
    N = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
        "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
        "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnqDKgw"
    )
    JWK: Mapping[str, object] = MappingProxyType(
        {"kty": "RSA", "n": N, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    )
    PRINT = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

    def test_is_that_of_the_rfc(self) -> None:
        assert keys.thumbprint(self.JWK) == self.PRINT

    def test_depends_on_kty_n_and_e_alone(self) -> None:
        bare = {name: self.JWK[name] for name in ("n", "e", "kty")}

        assert keys.thumbprint(bare) == self.PRINT

    @pytest.mark.parametrize("change", [{"kty": "EC"}, {"kty": None}, {"n": None}, {"n": 5}, {"e": None}, {"e": 65537}])
    def test_refuses_what_is_no_rsa_jwk(self, change: dict[str, object]) -> None:
        with pytest.raises(ValueError, match=r"^a thumbprint needs a JWK with kty RSA and with n and e as strings$"):
            keys.thumbprint({**self.JWK, **change})


class TestGenerate:
    def test_makes_a_key_of_the_size_asked_for(self, key: Key) -> None:
        assert key.key_size == 2048

    def test_makes_the_usual_exponent(self, key: Key) -> None:
        assert key.public_key().public_numbers().e == 65537

    def test_makes_another_key_each_time(self, key: Key, other_key: Key) -> None:
        assert key.public_key() != other_key.public_key()

    @pytest.mark.parametrize("bits", [-1, 0, 1024, 2047, 8193])
    def test_names_a_size_that_it_refuses(self, bits: int) -> None:
        with pytest.raises(ValueError, match=rf"^{bits} bits are no size for a new RSA key: allowed are 2048 to 8192$"):
            keys.generate(bits)

    def test_allows_8192_bits(self, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
        made = {8192: key}
        monkeypatch.setattr(rsa, "generate_private_key", lambda *, key_size, public_exponent: made[key_size])  # noqa: ARG005

        assert keys.generate(8192) is key


class TestReadPrivateKey:
    ALLOWED = "allowed is an unencrypted RSA private key in PEM, PKCS#8 or PKCS#1"

    @pytest.mark.parametrize("kind", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL], ids=["PKCS#8", "PKCS#1"])
    def test_reads_both_formats(self, tmp_path: Path, key: Key, kind: PrivateFormat) -> None:
        file = tmp_path / "own.pem"
        file.write_bytes(pem(key, kind))

        assert keys.read_private_key(file).private_numbers() == key.private_numbers()

    def refusal_of(self, file: Path, content: bytes) -> str:
        file.write_bytes(content)
        with pytest.raises(keys.KeyFileError) as refused:
            keys.read_private_key(file)
        return str(refused.value)

    def test_says_that_a_file_is_missing(self, tmp_path: Path) -> None:
        file = tmp_path / "none.pem"

        with pytest.raises(keys.KeyFileError) as refused:
            keys.read_private_key(file)

        assert str(refused.value) == f"{file} cannot be read (No such file or directory); {self.ALLOWED}"

    def test_says_that_a_folder_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(keys.KeyFileError) as refused:
            keys.read_private_key(tmp_path)

        assert str(refused.value).startswith(f"{tmp_path} cannot be read (")

    @pytest.mark.parametrize("content", [b"", b"\x30\x82\x04", b'{"kty": "RSA"}'], ids=["empty", "DER", "JWK"])
    def test_says_that_a_file_is_not_pem(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "own.pem"

        assert self.refusal_of(file, content) == f"{file} is not PEM; {self.ALLOWED}"

    @pytest.mark.parametrize("kind", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL], ids=["PKCS#8", "PKCS#1"])
    def test_says_that_a_key_is_encrypted(self, tmp_path: Path, key: Key, kind: PrivateFormat) -> None:
        file = tmp_path / "own.pem"

        assert self.refusal_of(file, pem(key, kind, b"secret")) == f"{file} is encrypted; {self.ALLOWED}"

    def test_says_that_a_key_is_public(self, tmp_path: Path, key: Key) -> None:
        file = tmp_path / "own.pem"
        content = keys.KeyPair(kid="k-1", private=key).public_pem().encode()

        assert self.refusal_of(file, content) == f"{file} holds a public key; {self.ALLOWED}"

    def test_says_that_a_certificate_is_no_private_key(self, tmp_path: Path) -> None:
        file = tmp_path / "own.pem"
        content = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

        assert self.refusal_of(file, content) == f"{file} holds no private key; {self.ALLOWED}"

    def test_says_that_a_key_is_not_rsa(self, tmp_path: Path) -> None:
        file = tmp_path / "own.pem"
        content = pem(ec.generate_private_key(ec.SECP256R1()))

        assert self.refusal_of(file, content) == f"{file} holds a private key that is not RSA; {self.ALLOWED}"

    def test_says_that_a_file_is_cut_short(self, tmp_path: Path, key: Key) -> None:
        file = tmp_path / "own.pem"
        fault = "holds a private key that is damaged or in another format"

        assert self.refusal_of(file, pem(key)[:400]) == f"{file} {fault}; {self.ALLOWED}"

    def test_checks_the_numbers_of_the_key(self, tmp_path: Path, key: Key) -> None:
        file = tmp_path / "own.pem"
        fault = "holds a private key that is damaged or in another format"

        assert self.refusal_of(file, pem(with_wrong_exponent(key))) == f"{file} {fault}; {self.ALLOWED}"

    def test_error_is_a_value_error(self) -> None:
        assert issubclass(keys.KeyFileError, ValueError)


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


class TestPair:
    def test_nothing_is_generated_before_a_key_is_used(self, tmp_path: Path, make_ring: MakeRing) -> None:
        _, asked = make_ring(tmp_path)

        assert (asked, list(tmp_path.iterdir())) == ([], [])

    def test_generates_the_size_asked_for(self, make_ring: MakeRing) -> None:
        ring, asked = make_ring()

        ring.pair("app", bits=2048)

        assert asked == [2048]

    def test_generates_real_keys_unless_told_otherwise(self) -> None:
        assert keys.KeyRing().pair("app", bits=2048).private.key_size == 2048

    def test_is_the_same_object_each_time(self, make_ring: MakeRing) -> None:
        ring, _ = make_ring()

        assert ring.pair("app", bits=2048) is ring.pair("app", bits=2048)

    def test_is_generated_once(self, make_ring: MakeRing) -> None:
        ring, asked = make_ring()

        ring.pair("app", bits=2048)
        ring.pair("app", bits=2048)

        assert asked == [2048]

    def test_each_name_has_its_own_key(self) -> None:
        ring = keys.KeyRing()

        assert ring.pair("cis2", bits=2048).private is not ring.pair("nhs_login", bits=2048).private

    def test_each_size_has_its_own_key(self, make_ring: MakeRing) -> None:
        ring, asked = make_ring()

        ring.pair("app", bits=2048)
        ring.pair("app", bits=4096)

        assert asked == [2048, 4096]

    def test_kid_is_the_one_given(self, make_ring: MakeRing) -> None:
        ring, _ = make_ring()

        assert ring.pair("app", bits=2048, kid="k-1").kid == "k-1"

    def test_kid_is_the_thumbprint_by_default(self, make_ring: MakeRing) -> None:
        ring, _ = make_ring()

        pair = ring.pair("app", bits=2048)

        assert pair.kid == keys.thumbprint(pair.public_jwk(alg="RS512"))

    def test_one_key_may_bear_several_kids(self, make_ring: MakeRing) -> None:
        ring, asked = make_ring()

        kids = [ring.pair("app", bits=2048, kid=kid).kid for kid in ("k-1", "k-2")]

        assert (kids, asked) == (["k-1", "k-2"], [2048])

    @pytest.mark.parametrize("name", ["", "a/b", "../app", "a\\b", "C:app", "my app", "äpp", "app\n", "app\0", "*"])
    def test_refuses_a_name_that_might_lead_elsewhere(self, make_ring: MakeRing, name: str) -> None:
        ring, asked = make_ring()

        with pytest.raises(ValueError, match=r"is no name of a key: allowed are A-Z, a-z, 0-9 and \._-$"):
            ring.pair(name, bits=2048)

        assert asked == []

    def test_two_dots_for_a_name_stay_in_the_folder(self, tmp_path: Path, make_ring: MakeRing) -> None:
        ring, _ = make_ring(tmp_path)

        ring.pair("..", bits=2048)

        assert (tmp_path / "keys" / "..-2048.pem").is_file()

    def test_threads_that_ask_at_once_generate_once(self) -> None:
        asked: list[int] = []
        started = threading.Barrier(8)

        def generate(bits: int) -> Key:
            asked.append(bits)
            return keys.generate(bits)

        ring = keys.KeyRing(generate=generate)

        def ask(_: int) -> keys.KeyPair:
            started.wait()
            return ring.pair("app", bits=2048)

        with ThreadPoolExecutor(8) as pool:
            pairs = list(pool.map(ask, range(8)))

        assert (len({id(pair) for pair in pairs}), asked) == (1, [2048])

    def test_a_generation_that_failed_is_tried_again(self, key: Key) -> None:
        answers: Iterator[ValueError | Key] = iter([ValueError("no"), key])

        def generate(_: int) -> Key:
            answer = next(answers)
            if isinstance(answer, ValueError):
                raise answer
            return answer

        ring = keys.KeyRing(generate=generate)
        with pytest.raises(ValueError, match=r"^no$"):
            ring.pair("app", bits=2048)

        assert ring.pair("app", bits=2048).private is key


class TestPrepare:
    def test_generates_in_parallel(self, tmp_path: Path, key: Key) -> None:
        both = threading.Barrier(2, timeout=30)  # broken unless two generations run at once

        def generate(_: int) -> Key:
            both.wait()
            return key

        keys.KeyRing(tmp_path, generate=generate).prepare(("app", 2048), ("cis2", 2048))

        assert not both.broken

    def test_leaves_nothing_to_generate(self, make_ring: MakeRing) -> None:
        ring, asked = make_ring()
        ring.prepare(("app", 4096), ("cis2", 2048))

        ring.pair("app", bits=4096, kid="k-1")
        ring.pair("cis2", bits=2048)

        assert sorted(asked) == [2048, 4096]

    @pytest.mark.usefixtures("cached")
    def test_generates_only_what_is_not_cached(self, tmp_path: Path, make_ring: MakeRing) -> None:
        ring, asked = make_ring(tmp_path)

        ring.prepare(("app", 2048), ("cis2", 3072))

        assert asked == [3072]

    def test_generates_what_is_named_twice_once(self, make_ring: MakeRing) -> None:
        ring, asked = make_ring()

        ring.prepare(("app", 2048), ("app", 2048))

        assert asked == [2048]

    def test_generates_nothing_for_a_key_that_was_added(self, make_ring: MakeRing, other_key: Key) -> None:
        ring, asked = make_ring()
        ring.add("cis2", other_key)

        ring.prepare(("cis2", 2048))

        assert asked == []

    def test_of_nothing_does_nothing(self, make_ring: MakeRing) -> None:
        ring, asked = make_ring()

        ring.prepare()

        assert asked == []

    def test_passes_on_what_a_generation_raises(self) -> None:
        with pytest.raises(ValueError, match=r"^512 bits are no size"):
            keys.KeyRing().prepare(("app", 512))

    def test_refuses_a_name_that_might_lead_elsewhere(self, make_ring: MakeRing) -> None:
        ring, _ = make_ring()

        with pytest.raises(ValueError, match=r"^'\.\./app' is no name of a key"):
            ring.prepare(("../app", 2048))


class TestAdd:
    def test_takes_the_place_of_a_key_to_be_generated(self, make_ring: MakeRing, other_key: Key) -> None:
        ring, asked = make_ring()

        added = ring.add("cis2", other_key, kid="k-1")

        assert (ring.pair("cis2", bits=4096, kid="k-2"), asked) == (added, [])

    def test_takes_the_place_of_a_key_that_was_generated(self, make_ring: MakeRing, other_key: Key) -> None:
        ring, _ = make_ring()
        ring.pair("cis2", bits=2048)

        ring.add("cis2", other_key)

        assert ring.pair("cis2", bits=2048).private is other_key

    def test_is_not_written_to_the_cache(self, tmp_path: Path, make_ring: MakeRing, other_key: Key) -> None:
        ring, _ = make_ring(tmp_path)
        ring.add("cis2", other_key)

        ring.pair("cis2", bits=2048)

        assert list(tmp_path.iterdir()) == []

    def test_kid_is_the_one_given(self, make_ring: MakeRing, other_key: Key) -> None:
        ring, _ = make_ring()

        assert ring.add("cis2", other_key, kid="k-1") == keys.KeyPair(kid="k-1", private=other_key)

    def test_kid_is_the_thumbprint_by_default(self, make_ring: MakeRing, other_key: Key) -> None:
        ring, _ = make_ring()

        added = ring.add("cis2", other_key)

        assert added.kid == keys.thumbprint(added.public_jwk(alg="RS512"))

    def test_refuses_a_name_that_might_lead_elsewhere(self, make_ring: MakeRing, other_key: Key) -> None:
        ring, _ = make_ring()

        with pytest.raises(ValueError, match=r"^'a/b' is no name of a key"):
            ring.add("a/b", other_key)


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
            subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
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
