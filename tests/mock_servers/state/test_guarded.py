"""What two processes change at once is whole, and nothing of it is lost: each has objects of its own over one store."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

import pytest

from mock_servers.faults.ordered import Faults
from mock_servers.jose.keys import KeyRing
from mock_servers.journal import provenance
from mock_servers.state.app import App
from mock_servers.state.developer_app import DeveloperApp, Key, Product, Subscription
from mock_servers.state.developer_apps import DeveloperApps
from mock_servers.state.fault import Fault
from mock_servers.state.grant import Issued
from mock_servers.state.registration import AppExistsError, Apps, NoSuchAppError
from mock_servers.state.store import Store
from mock_servers.state.table import Backend, Table, amend
from mock_servers.wire.identifiers import Identifiers

Changes = Iterator[Callable[[], object]]

PRODUCT = Product(name="product", scopes=("old",), created_at=0, modified_at=0)


@pytest.fixture
def store(backend: Backend) -> Store:
    return Store.over(backend)


def two_apps(store: Store) -> tuple[Apps, Apps]:
    ring = KeyRing()
    return Apps(store, ring, Identifiers(Random(1))), Apps(store, ring, Identifiers(Random(2)))


def two_two_registries(store: Store) -> tuple[DeveloperApps, DeveloperApps]:
    return DeveloperApps(store), DeveloperApps(store)


def developer_app(name: str, *keys: str) -> DeveloperApp:
    made = (
        Key(consumer_key=key, consumer_secret="secret", subscriptions=(Subscription(product="product"),), issued_at=0)
        for key in keys
    )
    return DeveloperApp(id=f"id of {name}", developer="dev", name=name, keys=tuple(made), created_at=0, modified_at=0)


def app(client_id: str) -> App:
    return App(client_id=client_id, client_secret="secret", name="app")


# what is there


def test_what_is_not_there_is_not_amended(table: Table[int]) -> None:
    assert amend(table, "key", lambda number: number + 1) is None
    assert table.get("key") is None


def test_an_amendment_is_made_of_what_another_left(table: Table[int]) -> None:
    table.put("key", 1)
    seen: list[int] = []

    def doubled(number: int) -> int:
        if not seen:
            table.put("key", 10)
        seen.append(number)
        return number * 2

    assert amend(table, "key", doubled) == 20
    assert seen == [1, 10]


def test_a_value_is_marked_as_used_up_only_where_it_is_known(store: Store) -> None:
    issued = Issued(kind="code", issuer="i", client_id="c", person=None, at=1.0, expires_at=2.0)
    provenance.remember(store, "known", issued)

    provenance.mark_spent(store, "known", 1.5)
    provenance.mark_spent(store, "unknown", 1.5)

    assert store.issued.values() == [replace(issued, spent_at=1.5)]


# apps


def test_of_two_changes_of_an_app_none_is_lost(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = two_apps(store)
    one.add(app("a"))
    read = one.get
    meanwhile: Changes = iter([lambda: other.change("a", quota_per_minute=5)])

    def slow(client_id: str) -> App:
        found = read(client_id)
        for change in meanwhile:
            change()
        return found

    monkeypatch.setattr(one, "get", slow)
    one.change("a", approved=False)

    assert store.apps.get("a") == replace(app("a"), quota_per_minute=5, approved=False)


def test_no_two_apps_get_one_key(store: Store) -> None:
    apps = two_apps(store)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: apps[number % 2].create(client_id=str(number)), range(16)))

    assert len({each.key_name for each in made}) == 16


def test_of_two_apps_with_one_client_id_one_is_refused(store: Store) -> None:
    one, other = two_apps(store)
    one.create(client_id="a")

    with pytest.raises(AppExistsError, match="'a' is taken"):
        other.create(client_id="a")


def test_of_two_removals_one_finds_nothing(store: Store) -> None:
    one, other = two_apps(store)
    one.add(app("a"))
    one.remove("a")

    with pytest.raises(NoSuchAppError):
        other.remove("a")


# developer apps


def test_of_two_changes_of_a_developer_app_none_is_lost(store: Store) -> None:
    one, other = two_two_registries(store)
    one.add(developer_app("name", "key"))
    meanwhile: Changes = iter(
        [lambda: other.change(developer_app("name"), lambda each: replace(each, callback_url="https://c"))]
    )

    def revoked(present: DeveloperApp) -> DeveloperApp:
        for change in meanwhile:
            change()
        return replace(present, approved=False)

    changed = one.change(developer_app("name"), revoked)

    assert changed is not None
    assert (changed.approved, changed.callback_url) == (False, "https://c")
    known = store.apps.get("key")
    assert known is not None
    assert (known.approved, known.redirect_uris) == (False, ("https://c",))


def test_a_key_that_comes_while_its_product_changes_has_what_the_product_has_then(store: Store) -> None:
    one, other = two_two_registries(store)
    one.add_product(PRODUCT)
    meanwhile: Changes = iter([lambda: other.add(developer_app("name", "key"))])

    def widened(present: Product) -> Product:
        for change in meanwhile:
            change()
        return replace(present, scopes=("new",))

    one.change_product("product", widened)

    known = store.apps.get("key")
    assert known is not None
    assert known.scopes == ("new",)


def test_a_key_taken_meanwhile_by_an_app_of_the_control_api_stays_its_own(store: Store) -> None:
    developer_apps, apps = DeveloperApps(store), two_apps(store)[0]
    developer_apps.add(developer_app("name"))
    meanwhile: Changes = iter([lambda: apps.add(app("key"))])

    def with_key(present: DeveloperApp) -> DeveloperApp:
        for change in meanwhile:
            change()
        return replace(present, keys=developer_app("name", "key").keys)

    assert developer_apps.change(developer_app("name"), with_key) is None
    assert store.apps.get("key") == app("key")


def test_of_many_removals_of_a_developer_app_one_removes_it_and_its_keys(store: Store) -> None:
    two_registries = two_two_registries(store)
    two_registries[0].add(developer_app("name", "key"))
    with ThreadPoolExecutor(8) as pool:
        removed = list(pool.map(lambda number: two_registries[number % 2].remove(developer_app("name")), range(8)))

    assert removed.count(True) == 1
    assert (store.apps.get("key"), two_registries[1].names("dev"), two_registries[1].by_id("id of name")) == (
        None,
        (),
        None,
    )


def test_a_product_that_a_key_has_stays(store: Store) -> None:
    one, other = two_two_registries(store)
    one.add_product(PRODUCT)
    one.add(developer_app("name", "key"))

    assert not other.remove_product("product")

    one.remove(developer_app("name"))

    assert other.remove_product("product")


# faults


def test_a_fault_is_met_as_often_as_it_was_ordered_any_caller_that_counts(store: Store) -> None:
    ring = KeyRing()
    faults = Faults(store, ring), Faults(store, ring)
    faults[0].order(Fault(on="token", do="status", times=3))
    faults[1].order(Fault(on="token", do="drop", times=None, after=5))

    with ThreadPoolExecutor(8) as pool:
        met = list(pool.map(lambda number: faults[number % 2].claim("token", lambda: None), range(24)))

    first, second = faults[0].all()
    assert [each.do for each in met if each is not None].count("status") == 3
    assert (first.seen, first.used, second.seen, second.used) == (24, 3, 24, 19)


def test_faults_ordered_by_two_have_numbers_of_their_own(store: Store) -> None:
    ring = KeyRing()
    faults = Faults(store, ring), Faults(store, ring)

    numbers = [faults[each].order(Fault(on="token", do="drop")).id for each in (0, 1, 0)]

    assert numbers == [1, 2, 3]


def test_a_fault_of_a_whole_provider_and_one_of_its_endpoint_are_met_in_their_order(store: Store) -> None:
    faults = Faults(store, KeyRing())
    faults.order(Fault(on="cis2.token", do="drop"))
    faults.order(Fault(on="cis2", do="status"))

    met = [faults.claim("cis2.token", lambda: None) for _ in range(3)]

    assert [each.do if each else None for each in met] == ["drop", "status", None]
