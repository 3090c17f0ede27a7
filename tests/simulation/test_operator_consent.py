"""Operators state consent in the simulation's histories, and cores that misread them are found
out."""

import pytest

from domain.event import CONSENT, OPERATOR, Event
from domain.profiles.leaf import Leaf
from operators.profiles import fold
from tests.simulation.histories import generate
from tests.simulation.run import failures
from tests.simulation.world import World

_SEEDS = 100


def _found_out() -> bool:
    return any(failures(generate(seed), seed) for seed in range(_SEEDS))


def test_a_core_that_takes_a_statement_for_activity_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fold, "OPERATOR", -1)
    assert _found_out()


def test_a_core_that_forgets_leaves_without_activity_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Leaf, "is_empty", property(lambda leaf: not leaf.types))
    assert _found_out()


def test_histories_state_of_people_with_and_without_activity() -> None:
    """The laws would be empty if no statement were kept, erased, forged or of somebody silent."""
    kept = silent = erased = forged = 0
    for seed in range(_SEEDS):
        world = World(generate(seed), seed)
        world.run()
        stated = [
            event
            for event in world.tables.events.values()
            if isinstance(event, Event) and event.type == CONSENT
        ]
        active = {
            event.identifiers[0].key
            for event in world.tables.events.values()
            if isinstance(event, Event) and event.source != OPERATOR
        }
        kept += len(stated)
        silent += sum(event.identifiers[0].key not in active for event in stated)
        erased += bool(stated) and bool(world.tables.erased_messages)
        forged += any(letter[-1] == "bad_command" for letter in world.tables.dead_letters.items())
    assert min(kept, silent, erased) > 10
    assert forged > 0
