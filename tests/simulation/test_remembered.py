"""What a worker remembers of a person is of exactly one version, whoever wrote it and whatever
loaded it."""

from domain.ids import ProfileId
from domain.instants import DAY_MS
from store.unify.outcomes import Committed
from store.unify.unit_of_work import UnitOfWork
from tests.simulation.contract import Feed, Shared, leaf_of, person_of, woken
from tests.support.builders import NOON_MS, event, key, order, unmerge


def wake_up(shared: Shared, store: UnitOfWork, name: str) -> None:
    """Let one worker wake whom an identifier names."""
    people = store.load_people([person_of(shared.open(), name).id])
    assert people
    assert store.commit(woken(people, NOON_MS + 100 * DAY_MS), None) == Committed()


def test_a_wake_keeps_no_leaf_that_another_worker_has_moved_apart(shared: Shared) -> None:
    first, second = Feed(shared.open()), Feed(shared.open(), partition=1)
    first(order("a1"))
    second(event("u1", "a1"))  # moves the leaf of a1 apart
    wake_up(shared, first.store, "a1")
    first(event("a1"))
    assert leaf_of(shared.open(), "a1").types == {"track": 2}
    assert person_of(shared.open(), "a1").view.types == {"track": 3}


def test_a_wake_keeps_no_leaf_that_another_worker_has_added_to(shared: Shared) -> None:
    first, second = Feed(shared.open()), Feed(shared.open(), partition=1)
    first(order("a1"), event("u1", "a1"))
    second(event("a1"))
    wake_up(shared, first.store, "a1")
    first(event("a1"))
    assert leaf_of(shared.open(), "a1").types == {"track": 3}


def test_an_unmerge_after_a_wake_gives_back_every_event(shared: Shared) -> None:
    first, second = Feed(shared.open()), Feed(shared.open(), partition=1)
    first(order("a1"))
    second(event("u1", "a1"))
    wake_up(shared, first.store, "a1")
    first(event("a1", at_ms=5))
    second(unmerge(("u1", "a1")))
    assert person_of(shared.open(), "a1").view.types == {"track": 2}
    assert person_of(shared.open(), "a1").view.first_ms == NOON_MS


def test_who_comes_back_under_an_old_id_is_not_taken_for_who_went(shared: Shared) -> None:
    first, second = Feed(shared.open()), Feed(shared.open(), partition=1)
    second(event("a1"))
    first(event("u1", "e1"))
    first(event("u1", "a1"))  # the person of a1 is gone
    first(event("a1"))
    first(unmerge(("u1", "a1")))  # and comes back under the same id
    second(event("a1"))
    assert person_of(shared.open(), "a1").view.types == {"track": 3}
    assert person_of(shared.open(), "u1").view.types == {"track": 2}


def test_a_wake_for_who_went_does_not_touch_who_came_back(shared: Shared) -> None:
    first, sleeper = Feed(shared.open()), shared.open()
    first(order("a1"), event("u1", "e1"))
    late = woken(sleeper.load_people([ProfileId(key("a1"))]), NOON_MS + 100 * DAY_MS)
    first(event("u1", "a1"), event("a1"))
    first(unmerge(("u1", "a1")))
    assert sleeper.commit(late, None) != Committed()
    assert person_of(shared.open(), "a1").view.types == {"track": 2}
