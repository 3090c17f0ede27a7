"""Law 17: erased stays erased, and nobody else's tables differ from a world without the erased."""

import json
from dataclasses import replace

import pytest

from domain.event import Batch, Event, Record, Ruling
from domain.ids import IdentifierKey
from domain.intake.envelope import encode_event, encode_sealed
from domain.keys import command_id
from operators.unify import suppress
from operators.unify.assembly import Assembly
from operators.unify.erase import Erasing
from operators.unify.later import LaterEvents
from sources.intake.decode import Decoder
from sources.intake.stored import StoredEventReader
from tests.simulation.histories import SALTS, SPAN_MS, T0, Append, History, generate
from tests.simulation.run import failures
from tests.simulation.test_simulation import end_of, links, people, without_second_stories
from tests.simulation.world import World

SEEDS = tuple(seed for seed in range(41) if seed != 26)
"""The one that is left out tells nothing but nonsense: there is nobody to erase."""
_MUTANTS = 200
_LATER = T0 + 100 * SPAN_MS
"""After everything that a history tells, also by clocks that run ahead."""


def _calm(seed: int) -> History:
    """A history of one partition in which nobody asks to be erased.

    Nor is there an alias, which is none without one of its two ids.
    """
    history = without_second_stories(generate(seed))
    kept = tuple(
        append._replace(partition=0)
        for append in history.appends
        if not any(word in append.value for word in (b'"kind": "erase"', b'"type": "alias"'))
    )
    return replace(history, appends=kept, partitions=1)


def _somebody(world: World) -> frozenset[IdentifierKey]:
    """All identifiers of whoever has most; of nobody where there is nobody."""
    owned = world.tables.owned.values()
    return frozenset(max(owned, key=lambda keys: (len(keys), sorted(keys)), default=()))


def _erasure(keys: frozenset[IdentifierKey], workspace: int) -> Append:
    body = {
        "kind": "erase",
        "workspace": workspace,
        "id": command_id(SALTS[workspace], "erase", 1_000_000),
        "identifiers": sorted(key.hex() for key in keys),
        "author": "officer",
        "reason": "they asked for it",
    }
    return Append(0, encode_sealed(SALTS[workspace], _LATER, json.dumps(body).encode()))


def _never(history: History, keys: frozenset[IdentifierKey]) -> History:
    """The history as it would have been had nobody ever had these identifiers."""
    registry = history.registry
    rules = history.identity, history.profile
    decode = Decoder(registry.sources, registry.salts, *rules)
    read = StoredEventReader(registry.sources, registry.salts, *rules)
    kept = []
    for append in history.appends:
        (item,) = decode(Batch("told", 0, 0, 1, (Record(0, 0, append.value, 0, T0),)))
        if isinstance(item, Ruling):
            if keys.isdisjoint(item.identifiers_named):
                kept.append(append)
        elif not isinstance(item, Event):
            kept.append(append)
        elif item.identifiers[0].key not in keys:
            named = [one for one in item.identifiers if one.key in keys]
            without = read.without(item, named) if named else item
            if without is not None:
                value = encode_event(
                    item.source, item.received_ms, 0, without.payload, item.message_id
                )
                kept.append(append._replace(value=value if named else append.value))
    return replace(history, appends=tuple(kept))


@pytest.mark.parametrize("seed", SEEDS)
def test_an_erasure_leaves_the_world_in_which_the_person_never_was(seed: int) -> None:
    history = _calm(seed)
    before = end_of(history, seed)
    keys = _somebody(before)
    assert keys
    workspace = before.tables.workspace_of[
        next(iter(before.tables.identifiers[key].profile for key in keys))
    ]
    command = _erasure(keys, workspace)
    never = end_of(_never(history, keys), seed)
    for appends in ((*history.appends, command), (command, *history.appends)):
        erased = end_of(replace(history, appends=appends), seed)
        assert not keys & erased.tables.identifiers.keys()
        assert people(erased, spelled=False) == people(never, spelled=False)
        assert links(erased) == links(never)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_replay_of_the_whole_log_brings_nobody_back(seed: int) -> None:
    history = without_second_stories(generate(seed))
    once = end_of(history, seed)
    again = end_of(replace(history, appends=(*history.appends, *history.appends)), seed)
    erased = [key for key, one in again.tables.erased.items() if one.until_ms > _LATER]
    assert not set(erased) & again.tables.identifiers.keys()
    assert people(once, spelled=False) == people(again, spelled=False)
    assert links(once) == links(again)


def _found_out() -> bool:
    return any(failures(generate(seed), seed) for seed in range(_MUTANTS))


def test_a_core_that_lets_late_events_in_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppress, "is_erased", lambda *_: False)
    assert _found_out()


def test_a_core_that_keeps_what_no_event_names_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Erasing, "_unnamed", lambda _: frozenset())
    assert _found_out()


def test_a_core_that_forgets_what_happened_after_the_erasure_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(LaterEvents, "received", lambda _: [])
    assert _found_out()


def test_a_core_that_gives_an_erased_id_an_old_version_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = Assembly._next_version

    def forgetful(assembly: Assembly, group: object) -> int:
        erased, assembly._loaded.erased = assembly._loaded.erased, {}
        try:
            return whole(assembly, group)  # type: ignore[arg-type]
        finally:
            assembly._loaded.erased = erased

    monkeypatch.setattr(Assembly, "_next_version", forgetful)
    assert _found_out()


def test_histories_erase_at_every_instant_of_a_life() -> None:
    """The laws would be empty if no history erased anybody who is there, or comes again."""
    erased = kept = back = 0
    for seed in range(_MUTANTS):
        world = World(generate(seed), seed)
        world.run()
        for erasure in world.tables.erasures:
            erased += bool(erasure.stored)
            kept += bool(erasure.joined)
        back += any(key in world.tables.identifiers for key in world.tables.erased)
    assert min(erased, kept, back) > 10
