"""A ring makes each key once, under its name and size, or takes one that was added."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mock_servers.jose import keys
from mock_servers.state.store import in_memory
from tests.mock_servers.jose.written import Key, MakeRing


class TestPair:
    def test_nothing_is_generated_before_a_key_is_used(self, tmp_path: Path, make_ring: MakeRing) -> None:
        _, asked = make_ring(tmp_path)

        assert (asked, list(tmp_path.iterdir())) == ([], [])

    def test_generates_the_size_asked_for(self, make_ring: MakeRing) -> None:
        ring, asked = make_ring()

        ring.pair("app", bits=2048)

        assert asked == [2048]

    def test_generates_real_keys_unless_reported_otherwise(self) -> None:
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


class TestSharing:
    def test_what_is_cached_is_what_is_shared(self, tmp_path: Path, make_ring: MakeRing) -> None:
        ring, asked = make_ring(tmp_path)
        own = ring.pair("app", bits=2048)
        table = in_memory().keys

        shared = ring.sharing(table).pair("app", bits=2048)

        assert shared.private.private_numbers() == own.private.private_numbers()
        assert asked == [2048]

    def test_what_another_has_shared_first_is_taken(
        self, tmp_path: Path, make_ring: MakeRing, key: Key, other_key: Key
    ) -> None:
        table = in_memory().keys
        make_ring(made=other_key)[0].sharing(table).pair("app", bits=2048)

        shared = make_ring(tmp_path, key)[0].sharing(table).pair("app", bits=2048)

        assert shared.private.private_numbers() == other_key.private_numbers()
