"""Laws of the tables of transitions."""

from enum import StrEnum
from itertools import permutations

import pytest

from domain.activation.states import (
    AUDIENCE_TRANSITIONS,
    PUSH_TRANSITIONS,
    REQUEST_TRANSITIONS,
    ROW_TRANSITIONS,
    AudienceStatus,
    PushStatus,
    RequestStatus,
    RowState,
)
from domain.export import EXPORT_TRANSITIONS, ExportStatus
from domain.gate import MODE_TRANSITIONS, Mode
from domain.intake.dead_letter import DEAD_LETTER_TRANSITIONS, DeadLetterStatus
from domain.privacy.access import ARCHIVE_TRANSITIONS, ArchiveStatus
from domain.segments.definition import (
    DEFINITION_TRANSITIONS,
    SWEEP_TRANSITIONS,
    DefinitionStatus,
    SweepStatus,
)
from domain.values import Transitions

TABLES: list[tuple[type[StrEnum], Transitions]] = [
    (PushStatus, PUSH_TRANSITIONS),
    (RequestStatus, REQUEST_TRANSITIONS),
    (RowState, ROW_TRANSITIONS),
    (AudienceStatus, AUDIENCE_TRANSITIONS),
    (DefinitionStatus, DEFINITION_TRANSITIONS),
    (SweepStatus, SWEEP_TRANSITIONS),
    (Mode, MODE_TRANSITIONS),
    (ExportStatus, EXPORT_TRANSITIONS),
    (DeadLetterStatus, DEAD_LETTER_TRANSITIONS),
    (ArchiveStatus, ARCHIVE_TRANSITIONS),
]


@pytest.mark.parametrize(("states", "table"), TABLES, ids=lambda one: getattr(one, "__name__", ""))
class TestTables:
    def test_every_state_can_be_reached(self, states: type[StrEnum], table: Transitions) -> None:
        reached: set[StrEnum | None] = {None}
        for _ in table:
            reached |= {after for before, after in table if before in reached}
        assert reached >= set(states)

    def test_a_transition_changes_the_state(
        self, states: type[StrEnum], table: Transitions
    ) -> None:
        assert all(before != after for before, after in table)
        assert {state for pair in table for state in pair} - {None} <= set(states)

    def test_every_transition_has_a_cause(self, states: type[StrEnum], table: Transitions) -> None:
        assert states
        assert all(cause and ":" not in cause for cause in table.values())


def test_a_mode_may_follow_any_other() -> None:
    assert {pair for pair in MODE_TRANSITIONS if None not in pair} == set(permutations(Mode, 2))


def test_what_is_deleted_stays_deleted() -> None:
    assert all(before != AudienceStatus.DELETED for before, _ in AUDIENCE_TRANSITIONS)
    assert all(before != DefinitionStatus.DELETED for before, _ in DEFINITION_TRANSITIONS)
