"""The laws of every machine: resuming, isolation, untouched input, bounded state, replay, disorder,
timers; alone and on Bytewax."""

from copy import deepcopy
from typing import Any

import bytewax.operators as op
import msgspec
import pytest
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, TestingSource, run_main

from operators.wiring import run_machines
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

    def test_an_event_that_comes_again_changes_nothing(self, subject: Subject, seed: int) -> None:
        once, twice = subject.build(None), subject.build(None)
        for event, now_ms in subject.events(seed):
            said = once.on_event(event, now_ms)
            assert twice.on_event(event, now_ms) == said
            assert all(more in said for more in twice.on_event(event, now_ms))
            assert twice.snapshot() == once.snapshot()

    def test_order_within_the_lateness_does_not_matter_in_the_end(
        self, subject: Subject, seed: int
    ) -> None:
        ordered, disordered = subject.build(None), subject.build(None)
        for machine, events in (
            (ordered, subject.events(seed)),
            (disordered, subject.disordered(seed)),
        ):
            for event, now_ms in events:
                machine.on_event(event, now_ms)
        assert subject.settled(disordered.snapshot()) == subject.settled(ordered.snapshot())

    @pytest.mark.parametrize("batch", [1, 7, 1_000])
    def test_on_bytewax_any_batching_gives_what_the_machine_gives(
        self, subject: Subject, seed: int, batch: int
    ) -> None:
        said: list[tuple[str, Any]] = []
        flow = Dataflow("laws")
        events = op.input("events", flow, TestingSource(subject.events(seed), batch_size=batch))
        timed = op.key_on("key", events, lambda _event: "one")
        flat = run_machines(
            "machine", timed, lambda state: Timed(subject.build(state)), lambda event: event[1]
        )
        op.output("said", flat, TestingSink(said))
        run_main(flow)  # type: ignore[no-untyped-call]
        assert [one for _, one in said] == [one for some in outputs(subject, seed) for one in some]


class Timed:
    """A machine whose events carry their instant beside them."""

    def __init__(self, machine: Any) -> None:
        self._machine = machine
        self.deadline, self.snapshot = machine.deadline, machine.snapshot

    def on_event(self, event: tuple[Any, int], now_ms: int) -> list[Any]:
        said: list[Any] = self._machine.on_event(event[0], now_ms)
        return said

    def on_time(self, _now_ms: int) -> list[Any]:
        return []

    def done(self) -> bool:
        return False
