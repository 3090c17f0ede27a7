"""Law 18: whoever is restricted is in no segment and grants nothing, in any order of any history;
after the release the world is the one in which the restriction never was."""

import json
from dataclasses import replace

import pytest

from domain.intake.envelope import encode_sealed
from domain.keys import command_id
from domain.profiles.profile import decode_person
from operators.profiles import consent
from operators.segments import membership
from operators.segments.membership import _Ledger
from tests.simulation.histories import SALTS, SPAN_MS, T0, Append, History, generate
from tests.simulation.run import failures
from tests.simulation.test_simulation import end_of, people, without_second_stories
from tests.simulation.world import World

SEEDS = tuple(range(30))
_MUTANTS = 150
_PAUSED = (1671, 4269)
"""Histories that restrict a member of a paused segment: one in a thousand does."""
_NEVER = b'"kind": "restriction"'
_LATER = T0 + 100 * SPAN_MS
"""After everything that a history tells, also by clocks that run ahead."""


def _calm(seed: int) -> History:
    """A history in which nobody is restricted, and no definition changes."""
    history = without_second_stories(generate(seed))
    kept = tuple(append for append in history.appends if _NEVER not in append.value)
    return replace(history, appends=kept)


def _statements(world: World, state: str, at_ms: int) -> list[Append]:
    """A statement of everybody who is there, of one identifier each."""
    found = []
    for number, profile in enumerate(sorted(world.tables.people)):
        key = min(key for key, one in world.tables.identifiers.items() if one.profile == profile)
        one, workspace = world.tables.identifiers[key], world.tables.workspace_of[profile]
        body = {
            "kind": "restriction",
            "workspace": workspace,
            "id": command_id(SALTS[workspace], "restriction", 2 * number + (state == "granted")),
            "identifier": [one.kind, one.value],
            "purpose": "ANY_USE",
            "state": state,
            "stated": at_ms,
        }
        value = encode_sealed(SALTS[workspace], at_ms, json.dumps(body).encode())
        found.append(Append(0, value))
    return found


def _without_statements(world: World) -> object:
    """Everybody as `people` has them, but for what was stated of their use."""
    found = people(world)
    for view, _, _ in found.values():
        view.consent = {name: said for name, said in view.consent.items() if name != "ANY_USE"}
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_who_is_restricted_is_in_nothing_and_a_release_restores_everything(seed: int) -> None:
    history = _calm(seed)
    never = end_of(history, seed)
    restricted = _statements(never, "refused", _LATER)
    at_once = _statements(never, "granted", _LATER)
    released = _statements(never, "granted", _LATER + 1)
    told = history.appends
    for appends in ((*told, *restricted), (*restricted, *told), (*restricted, *told, *at_once)):
        frozen = end_of(replace(history, appends=appends), seed)
        assert not any(segments for _, _, segments in people(frozen).values())
        assert not frozen.tables.memberships
        for _, doc in frozen.tables.people.values():
            person = decode_person(doc)
            assert (person.segments, person.flips, person.granted) == ({}, {}, [])
    expected = _without_statements(never)
    for appends in ((*told, *restricted, *released), (*released, *restricted, *told)):
        free = end_of(replace(history, appends=appends), seed)
        assert _without_statements(free) == expected


def _found_out() -> bool:
    return any(failures(generate(seed), seed) for seed in range(_MUTANTS))


def test_a_core_in_which_the_older_statement_counts_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(membership, "restricted", lambda _: False)
    assert _found_out()


def test_a_core_in_which_who_is_restricted_still_consents_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consent, "restriction_among", lambda _: None)
    assert _found_out()


def test_a_core_that_evaluates_little_after_a_release_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(membership, "ANY_USE_TOUCHED", "nothing")
    assert _found_out()


def test_a_core_that_keeps_paused_segments_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave_live(ledger: _Ledger) -> None:
        paused = {
            one.segment.id: ledger.segments[one.segment.id]
            for one in ledger._program.segments
            if one.node is None and one.segment.id in ledger.segments
        }
        ledger.segments = {
            number: version for number, version in ledger.segments.items() if number not in paused
        }
        whole(ledger)
        ledger.segments |= paused

    whole = _Ledger.leave_every
    monkeypatch.setattr(_Ledger, "leave_every", leave_live)
    assert any(failures(generate(seed), seed) for seed in _PAUSED)


def test_histories_restrict_release_and_merge() -> None:
    """The laws would be empty if nobody were restricted, released, or merged with another."""
    restricted = released = several = stated = 0
    for seed in range(_MUTANTS):
        world = World(generate(seed), seed)
        world.run()
        for _, doc in world.tables.people.values():
            person = decode_person(doc)
            use = person.view.consent.get("ANY_USE")
            restricted += use is not None and use.value is False
            released += use is not None and use.value is True
            several += use is not None and sum(person.kinds.values()) > 1
            stated += "any_use" in person.view.consent
    assert min(restricted, released, several, stated) > 10
