"""The contract of a unit of work, run against the in-memory store of the simulation and against
PostgreSQL."""

from domain.changes import Changes, LoadedState
from domain.ids import ProfileId
from domain.instants import DAY_MS
from domain.link import BANNED, LINKED, REFUSED, pair_of
from domain.profiles.profile import Stage
from operators.unify.batch import unify
from operators.unify.read_set import collect_read_set
from store.unify.outcomes import Committed, Conflict, Fenced
from tests.simulation.contract import (
    Feed,
    Shared,
    ask,
    decide,
    fence,
    leaf_of,
    person_of,
    status,
    woken,
)
from tests.support.builders import (
    NOON_MS,
    allow,
    definitions,
    erase,
    event,
    key,
    order,
    unmerge,
)


def test_an_empty_store_knows_nothing(shared: Shared) -> None:
    known = shared.open().load(collect_read_set([event("u1", "a1")]))
    assert (known.owners, known.people, known.leaves, known.links, known.stored) == (
        {},
        {},
        {},
        {},
        set(),
    )


def test_what_is_committed_is_loaded_by_every_worker(shared: Shared) -> None:
    first, second = shared.open(), shared.open()
    Feed(first)(event("u1", "a1"))
    for store in (first, second):
        assert person_of(store, "u1") == person_of(store, "a1")
        assert person_of(store, "a1").view.types == {"track": 1}
        assert status(store, "u1", "a1") == LINKED


def test_a_leaf_beside_others_is_stored_apart(shared: Shared) -> None:
    store = shared.open()
    feed = Feed(store)
    feed(event("u1", "a1"))
    feed(event("a1"), event("a1"))
    assert leaf_of(shared.open(), "u1").types == {"track": 1}
    assert leaf_of(shared.open(), "a1").types == {"track": 2}
    assert leaf_of(store, "a1").types == {"track": 2}


def test_a_merge_moves_every_identifier_and_leaf(shared: Shared) -> None:
    feed = Feed(shared.open())
    feed(event("u1", "a1"), event("u1", "a2"))
    feed(event("e1", "a3"), event("a3"))
    feed(event("u1", "e1"))
    for name in ("u1", "a1", "a2", "e1", "a3"):
        assert person_of(shared.open(), name).view.types == {"track": 5}
    assert leaf_of(shared.open(), "a3").types == {"track": 1}


def test_a_batch_from_the_wrong_position_is_fenced_and_changes_nothing(shared: Shared) -> None:
    store = shared.open()
    Feed(store)(event("u1"))
    assert store.commit(decide(store, [event("u2")]), fence(0)) == Fenced(1)
    assert store.commit(decide(store, [event("u2")]), fence(7)) == Fenced(1)
    assert ask(shared.open(), "u2").owners == {}


def test_a_new_partition_starts_at_nothing(shared: Shared) -> None:
    store = shared.open()
    assert store.commit(decide(store, [event("u1")]), fence(3, partition=9)) == Fenced(0)
    assert store.commit(decide(store, [event("u1")]), fence(0, partition=9)) == Committed()


def test_two_workers_that_create_one_person_conflict_and_the_second_try_holds(
    shared: Shared,
) -> None:
    first, second = Feed(shared.open()), Feed(shared.open(), partition=1)
    item = event("u1", "a2")
    late = decide(second.store, [item])
    first(event("u1", "a1"))
    assert isinstance(second.commit(late), Conflict)
    second.store.forget(collect_read_set([item]))
    second(item)
    assert person_of(shared.open(), "a1") == person_of(shared.open(), "a2")
    assert person_of(shared.open(), "u1").view.types == {"track": 2}


def test_a_stale_person_is_a_conflict_and_nothing_of_the_batch_is_stored(shared: Shared) -> None:
    first, second = Feed(shared.open()), Feed(shared.open(), partition=1)
    first(event("u1"))
    items = [event("u1"), event("u2")]
    late = decide(second.store, items)
    first(event("u1"))
    assert isinstance(second.commit(late), Conflict)
    assert ask(shared.open(), "u2").owners == {}
    second.store.forget(collect_read_set(items))
    second(*items)
    assert person_of(shared.open(), "u1").view.types == {"track": 3}


def test_a_person_merged_away_meanwhile_is_a_conflict(shared: Shared) -> None:
    first, second = Feed(shared.open()), Feed(shared.open(), partition=1)
    first(event("u1", "a1"), event("e1"))
    item = event("e1")
    late = decide(second.store, [item])
    first(event("u1", "e1"))
    assert isinstance(second.commit(late), Conflict)
    second.store.forget(collect_read_set([item]))
    second(item)
    assert leaf_of(shared.open(), "e1").types == {"track": 2}
    assert person_of(shared.open(), "u1").view.types == {"track": 4}


def test_a_person_touched_while_being_merged_away_is_a_conflict(shared: Shared) -> None:
    first, second = Feed(shared.open()), Feed(shared.open(), partition=1)
    first(event("u1", "a1"), event("e1"))
    late = decide(second.store, [event("u1", "e1")])
    first(event("e1", "a9"))
    assert isinstance(second.commit(late), Conflict)
    assert person_of(shared.open(), "a9") == person_of(shared.open(), "e1")


def test_a_message_stored_meanwhile_is_a_conflict_and_then_a_duplicate(shared: Shared) -> None:
    first, second = Feed(shared.open()), Feed(shared.open(), partition=1)
    once, again = event("u1", message="same"), event("u2", message="same")
    late = decide(second.store, [again])
    first(once)
    assert isinstance(second.commit(late), Conflict)
    second.store.forget(collect_read_set([again]))
    changes = decide(second.store, [again])
    assert (changes.duplicates, changes.events) == (1, [])
    assert second.commit(changes) == Committed()


def test_a_ban_and_an_event_that_meet_do_not_overwrite_each_other(shared: Shared) -> None:
    first, second = Feed(shared.open()), Feed(shared.open(), partition=1)
    for ban_first in (True, False):
        names = ("u1", "a1") if ban_first else ("u2", "a2")
        one, other = unmerge(names), event(*names)
        sooner, later = (one, other) if ban_first else (other, one)
        late = decide(second.store, [later])
        first(sooner)
        assert isinstance(second.commit(late), Conflict)
        second.store.forget(collect_read_set([later]))
        second(later)
        assert status(shared.open(), *names) == BANNED
        assert person_of(shared.open(), names[0]).id != person_of(shared.open(), names[1]).id


def test_a_link_remembered_from_before_a_ban_never_overwrites_it(shared: Shared) -> None:
    first, second = Feed(shared.open()), Feed(shared.open(), partition=1)
    first(event("u1", "a1", at_ms=100))
    second(event("u1", "a1", at_ms=200))
    first(unmerge(("u1", "a1")))
    second(event("u1"))  # learns of the people again, one by one, and not of the link
    second(event("a1"))
    second(event("u1", "a1", at_ms=50))
    assert status(shared.open(), "u1", "a1") == BANNED
    assert person_of(shared.open(), "u1").id != person_of(shared.open(), "a1").id


def test_a_ban_and_what_lifts_it_that_meet_end_as_the_later_one(shared: Shared) -> None:
    first, second = Feed(shared.open()), Feed(shared.open(), partition=1)
    for sooner_ms, later_ms, ends in ((1, 2, LINKED), (2, 1, BANNED), (1, 1, BANNED)):
        names = (f"u{sooner_ms}{later_ms}", f"a{sooner_ms}{later_ms}")
        first(event(*names))
        second(event(*names))
        first(unmerge(names, at_ms=sooner_ms))
        second(allow(names, at_ms=later_ms))  # knows the link from before the ban
        assert status(shared.open(), *names) == ends
        is_one = person_of(shared.open(), names[0]) == person_of(shared.open(), names[1])
        assert is_one == (ends == LINKED)


def test_a_ban_remembered_from_before_it_was_lifted_never_comes_back(shared: Shared) -> None:
    first, second = Feed(shared.open()), Feed(shared.open(), partition=1)
    first(event("u1", "a1", at_ms=100))
    first(unmerge(("u1", "a1"), at_ms=1))
    second(event("u1", "a1", at_ms=200))
    first(allow(("u1", "a1"), at_ms=2))
    second(event("u1", "a1", at_ms=50))
    fact = ask(shared.open(), "u1", "a1").links[pair_of(key("u1"), key("a1"))]
    assert (fact.status, fact.key.at_ms) == (LINKED, NOON_MS + 50)
    assert fact.ruled_ms == NOON_MS + 2
    assert person_of(shared.open(), "u1") == person_of(shared.open(), "a1")


def test_a_link_remembered_from_before_an_earlier_statement_never_moves_it_back(
    shared: Shared,
) -> None:
    first, second = Feed(shared.open()), Feed(shared.open(), partition=1)
    first(event("u1", "a1", at_ms=100))
    second(event("u1", "a1", at_ms=200))
    first(event("u1", "a1", at_ms=10))
    second(event("u1"))
    second(event("a1"))
    second(event("u1", "a1", at_ms=50))
    assert (
        ask(shared.open(), "u1", "a1").links[pair_of(key("u1"), key("a1"))].key.at_ms
        == NOON_MS + 10
    )


def test_a_component_is_loaded_whole_with_refused_links(shared: Shared) -> None:
    rules = definitions(user_id=1)
    feed = Feed(shared.open(), rules=rules)
    feed(
        event("u1", "a1", at_ms=10),
        event("u2", "a1", at_ms=20),
        event("u2", "a2", at_ms=30),
        event("u3"),
    )
    store = shared.open()
    known = ask(store, "a2")
    whole = store.load_components(known, [known.owners[key("a2")]])
    assert isinstance(whole, LoadedState)
    assert {member.key for members in whole.members.values() for member in members} == {
        key(name) for name in ("u1", "a1", "u2", "a2")
    }
    assert whole.links[pair_of(key("u2"), key("a1"))].status == REFUSED
    assert key("u3") not in whole.owners


def test_a_component_that_changed_since_the_load_is_a_conflict(shared: Shared) -> None:
    feed, store = Feed(shared.open()), shared.open()
    feed(event("u1", "a1"))
    known = ask(store, "u1")
    feed(event("u1"))
    assert isinstance(store.load_components(known, [known.owners[key("u1")]]), Conflict)


def test_leaves_remembered_of_an_older_version_do_not_come_back(shared: Shared) -> None:
    rules = definitions(user_id=1)
    first, second = Feed(shared.open(), rules=rules), Feed(shared.open(), partition=1, rules=rules)
    first(event("u1", "a1", at_ms=100), event("u2", "a1", at_ms=200), event("u2", "d2", at_ms=300))
    second(event("d2"))
    first(event("d2"))
    # Late beside a refused link: the person it leads to is read and written, too.
    second(event("u1", "e9", at_ms=50))
    second(event("d2"))
    assert leaf_of(shared.open(), "d2").types == {"track": 3}
    assert person_of(shared.open(), "u2").view.types == {"track": 5}


def test_an_unmerge_splits_the_stored_person(shared: Shared) -> None:
    feed = Feed(shared.open())
    feed(event("u1", "a1"), event("a1"), event("u1", "e1"))
    feed(unmerge(("u1", "a1")))
    assert person_of(shared.open(), "u1").view.types == {"track": 2}
    assert person_of(shared.open(), "a1").view.types == {"track": 1}
    assert person_of(shared.open(), "e1").id == person_of(shared.open(), "u1").id


def test_a_wake_needs_no_position_and_conflicts_with_whoever_was_faster(shared: Shared) -> None:
    feed, sleeper = Feed(shared.open()), shared.open()
    feed(order("u1"))
    later = NOON_MS + 100 * DAY_MS
    due = sleeper.load_people([ProfileId(key("u1"))])
    changes = woken(due, later)
    feed(event("u1"))
    assert isinstance(sleeper.commit(changes, None), Conflict)
    again = woken(sleeper.load_people([ProfileId(key("u1"))]), later)
    assert sleeper.commit(again, None) == Committed()
    assert person_of(shared.open(), "u1").stage is Stage.CHURNED


def test_people_who_are_gone_are_not_loaded(shared: Shared) -> None:
    assert shared.open().load_people([ProfileId(key("u1"))]) == []


def test_an_empty_batch_moves_the_position(shared: Shared) -> None:
    store = shared.open()
    assert store.commit(decide(store, []), fence(0)) == Committed()
    assert store.commit(decide(store, []), fence(0)) == Fenced(1)


def test_who_was_erased_is_unknown_to_every_worker(shared: Shared) -> None:
    first, second = shared.open(), shared.open()
    Feed(first)(event("u1", "a1"), event("a1"), event("u2", at_ms=1))
    assert person_of(second, "u1").view.types == {"track": 2}
    Feed(second, 1)(erase("u1", "a1", at_ms=5))
    for store in (first, second, shared.open()):
        store.forget(collect_read_set([event("u1", "a1")]))
        known = ask(store, "u1", "a1", "u2")
        assert (set(known.owners), known.links) == ({key("u2")}, {})
        assert {name: one.until_ms for name, one in known.erased.items()} == {
            key("u1"): NOON_MS + 5,
            key("a1"): NOON_MS + 5,
        }


def test_a_message_that_was_erased_counts_as_stored(shared: Shared) -> None:
    store = shared.open()
    feed = Feed(store)
    feed(event("u1", message="said"))
    feed(erase("u1", at_ms=5))
    again = event("u2", at_ms=9, message="said")
    assert store.load(collect_read_set([again])).stored == {again.message_key}


def test_an_identifier_that_was_erased_since_it_was_read_is_a_conflict(shared: Shared) -> None:
    slow, fast = shared.open(), shared.open()
    late = decide(slow, [event("u1", "a1")])
    Feed(fast)(erase("a1", at_ms=5))
    assert slow.commit(late, fence(0, 1)) == Conflict("erased_identifier")


def test_a_message_that_was_erased_since_it_was_read_is_a_conflict(shared: Shared) -> None:
    slow, fast = shared.open(), shared.open()
    late = decide(slow, [event("u2", at_ms=9, message="said")])
    feed = Feed(fast)
    feed(event("u1", message="said"))
    feed(erase("u1", at_ms=5))
    assert slow.commit(late, fence(0, 1)) == Conflict("erased_message")


def test_a_person_who_was_erased_since_they_were_read_is_a_conflict(shared: Shared) -> None:
    slow, fast = shared.open(), shared.open()
    feed = Feed(fast)
    feed(event("u1"))
    late = decide(slow, [event("u1", at_ms=9)])
    feed(erase("u1", at_ms=5))
    assert isinstance(slow.commit(late, fence(0, 1)), Conflict)


def test_an_identifier_that_appeared_since_its_erasure_was_decided_is_a_conflict(
    shared: Shared,
) -> None:
    slow, fast = shared.open(), shared.open()
    command = erase("u1", at_ms=5)
    known = slow.load_around(slow.load(collect_read_set([command])), {key("u1")})
    assert isinstance(known, LoadedState)
    late = unify([command], known, definitions(), NOON_MS)
    assert isinstance(late, Changes)
    Feed(fast)(event("u1"))
    assert slow.commit(late, fence(0, 1)) == Conflict("unique:identifiers_pkey")


def test_nobody_remembers_the_links_of_the_erased(shared: Shared) -> None:
    first, second = shared.open(), shared.open()
    feed = Feed(first)
    feed(event("u1", "a1"), event("a1"))
    Feed(second, 1)(erase("u1", at_ms=5))
    feed(event("u1", "a1", at_ms=9))
    assert status(shared.open(), "u1", "a1") == LINKED
    assert person_of(first, "u1") == person_of(first, "a1")
