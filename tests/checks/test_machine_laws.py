"""The laws of every machine: resuming, isolation, untouched input, bounded state."""

from copy import deepcopy
from typing import Any

import msgspec
import pytest

from tests.checks.machines import SUBJECTS, Subject


def outputs(subject: Subject, seed: int, cut: int | None = None) -> list[Any]:
    machine = subject.build(None)
    found = []
    for place, (event, now_ms) in enumerate(subject.events(seed)):
        if place == cut:
            machine = subject.build(machine.snapshot())
        found.append(machine.on_event(event, now_ms))
    return found


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
@pytest.mark.parametrize("seed", range(5))
class TestMachineLaws:
    def test_resuming_at_any_cut_equals_no_cut(self, subject: Subject, seed: int) -> None:
        whole = outputs(subject, seed)
        assert all(outputs(subject, seed, cut) == whole for cut in range(0, 200, 23))

    def test_a_snapshot_is_not_touched_by_later_events(self, subject: Subject, seed: int) -> None:
        machine = subject.build(None)
        events = subject.events(seed)
        for event, now_ms in events[:100]:
            machine.on_event(event, now_ms)
        snapshot = machine.snapshot()
        before = deepcopy(snapshot)
        for event, now_ms in events[100:]:
            machine.on_event(event, now_ms)
        assert snapshot == before

    def test_inputs_are_left_as_they_were(self, subject: Subject, seed: int) -> None:
        machine, events = subject.build(None), subject.events(seed)
        before = deepcopy(events)
        for event, now_ms in events:
            machine.on_event(event, now_ms)
        assert events == before

    def test_state_is_bounded(self, subject: Subject, seed: int) -> None:
        machine = subject.build(None)
        for event, now_ms in subject.events(seed):
            machine.on_event(event, now_ms)
            assert len(msgspec.msgpack.encode(machine.snapshot())) <= subject.size_limit

    def test_a_deadline_is_in_the_future(self, subject: Subject, seed: int) -> None:
        machine = subject.build(None)
        for event, now_ms in subject.events(seed):
            machine.on_event(event, now_ms)
            assert machine.deadline() is None or machine.deadline() > now_ms
