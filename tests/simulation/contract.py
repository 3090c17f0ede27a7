"""What the contract of a unit of work is told with: one store, as many workers on it as a test
wants, and what a fresh reader sees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from domain.changes import Changes, LoadedState, NeedMore
from domain.event import Command, Event, Fence
from domain.link import pair_of
from domain.profiles.leaf import Leaf, decode_leaf
from domain.profiles.profile import Person, decode_person
from operators.unify.batch import unify
from operators.unify.definitions import Definitions
from operators.unify.read_set import Item, ReadSet, collect_read_set
from operators.unify.wake import wake
from store.unify.outcomes import Committed, Conflict, Outcome
from store.unify.unit_of_work import UnitOfWork
from tests.support.builders import NOON_MS, definitions, key

LOG = "contract"


@dataclass
class Shared:
    """One store and as many workers on it as a test wants."""

    open: Callable[[], UnitOfWork]


def decide(store: UnitOfWork, items: Sequence[Item]) -> Changes:
    """What a batch does by what the store knows now."""
    answer = unify(items, store.load(collect_read_set(items)), definitions(), NOON_MS)
    assert isinstance(answer, Changes)
    return answer


def woken(people: list[Person], now_ms: int) -> Changes:
    """What waking people does."""
    answer = wake(people, LoadedState(), definitions(), now_ms)
    assert isinstance(answer, Changes)
    return answer


def fence(start: int, partition: int = 0) -> Fence:
    return Fence(LOG, partition, start, start + 1)


class Feed:
    """Batches of one partition, one after the other, by one worker."""

    def __init__(
        self, store: UnitOfWork, partition: int = 0, rules: Definitions | None = None
    ) -> None:
        self.store, self.rules, self._partition, self._next = store, rules, partition, 0

    def __call__(self, *items: Event | Command) -> None:
        """Commit, again where the store says that somebody was faster."""
        for _ in range(3):
            known = self.store.load(collect_read_set(items))
            answer = unify(items, known, self.rules or definitions(), NOON_MS)
            while isinstance(answer, NeedMore):
                more = _more(self.store, known, answer)
                if isinstance(more, Conflict):
                    break
                answer = unify(items, more, self.rules or definitions(), NOON_MS)
            if isinstance(answer, Changes) and self.commit(answer) == Committed():
                return
            self.store.forget(collect_read_set(items))
        pytest.fail("a batch conflicts with nobody")

    def commit(self, changes: Changes) -> Outcome:
        outcome = self.store.commit(changes, fence(self._next, self._partition))
        self._next += isinstance(outcome, Committed)
        return outcome


def _more(store: UnitOfWork, known: LoadedState, asked: NeedMore) -> LoadedState | Conflict:
    if asked.around:
        return store.load_around(known, asked.around)
    if asked.later:
        assert not store.load_later(asked.later)
        known.later |= {leaf: [] for leaf, _ in asked.later}
        return known
    return store.load_components(known, asked.people)


def ask(store: UnitOfWork, *names: str) -> LoadedState:
    """What a fresh reader sees of some identifiers and the links among them."""
    keys = {key(name) for name in names}
    return store.load(
        ReadSet(keys, {pair_of(one, other) for one in keys for other in keys if one < other})
    )


def person_of(store: UnitOfWork, name: str) -> Person:
    known = ask(store, name)
    return decode_person(known.people[known.owners[key(name)]])


def leaf_of(store: UnitOfWork, name: str) -> Leaf:
    person = person_of(store, name)
    return (
        person.view if person.sole == key(name) else decode_leaf(ask(store, name).leaves[key(name)])
    )


def status(store: UnitOfWork, one: str, other: str) -> str:
    return ask(store, one, other).links[pair_of(key(one), key(other))].status
