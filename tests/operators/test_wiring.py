"""The adapter: timers neither early nor withheld, a machine that is done is forgotten, and state
survives the engine's own recovery."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bytewax.operators as op
import msgspec
from bytewax.dataflow import Dataflow
from bytewax.inputs import DynamicSource, StatelessSourcePartition
from bytewax.operators import KeyedStream
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import TestingSink, TestingSource, run_main

from domain.instants import to_ms
from operators.wiring import run_machines

LIMIT = timedelta(seconds=20)


def clock_ms() -> int:
    return to_ms(datetime.now(UTC))


class AlarmState(msgspec.Struct):
    heard: int = 0
    rings_ms: int | None = None


class Alarm:
    """Counts its events and rings once, some time after the first one; then it is done."""

    def __init__(self, state: AlarmState | None, after_ms: int) -> None:
        self._state = AlarmState() if state is None else msgspec.structs.replace(state)
        self._after_ms = after_ms
        self._rang = False

    def on_event(self, event: int, now_ms: int) -> list[tuple[str, int, int]]:
        self._state.heard += 1
        self._state.rings_ms = self._state.rings_ms or now_ms + self._after_ms
        return [("heard", self._state.heard, event)]

    def on_time(self, now_ms: int) -> list[tuple[str, int, int]]:
        self._rang = True
        return [("rang", now_ms, clock_ms())]

    def deadline(self) -> int | None:
        return self._state.rings_ms

    def done(self) -> bool:
        return self._rang

    def snapshot(self) -> AlarmState:
        return msgspec.structs.replace(self._state)


class Waiting(StatelessSourcePartition[int]):
    """One event, then nothing until enough has been said."""

    def __init__(self, said: list[tuple[str, tuple[str, int, int]]], enough: int) -> None:
        self._said, self._enough = said, enough
        self._events: Iterator[int] = iter((clock_ms(),))
        self._until = datetime.now(UTC) + LIMIT

    def next_batch(self) -> Sequence[int]:
        if len(self._said) >= self._enough or datetime.now(UTC) > self._until:
            raise StopIteration
        return [event for event in (next(self._events, None),) if event is not None]


class Source(DynamicSource[int]):
    def __init__(self, said: list[tuple[str, tuple[str, int, int]]], enough: int) -> None:
        self._said, self._enough = said, enough

    def build(self, _step_id: str, _worker_index: int, _worker_count: int) -> Waiting:
        return Waiting(self._said, self._enough)


def soon(state: AlarmState | None) -> Alarm:
    return Alarm(state, 80)


def in_an_hour(state: AlarmState | None) -> Alarm:
    return Alarm(state, 3_600_000)


def test_a_timer_comes_with_its_own_instant_not_before_it_and_with_no_event_to_wake_it() -> None:
    said: list[tuple[str, tuple[str, int, int]]] = []
    flow = Dataflow("alarm")
    events = op.key_on("key", op.input("events", flow, Source(said, 2)), lambda _event: "one")
    op.output("said", run_machines("alarm", events, soon, lambda event: event), TestingSink(said))
    run_main(flow)  # type: ignore[no-untyped-call]
    (_, (_, _, event)), (_, (what, instant, rang)) = said
    assert (what, instant) == ("rang", event + 80)
    assert rang >= instant


def test_state_survives_the_engines_recovery(tmp_path: Path) -> None:
    said: list[tuple[str, tuple[str, int, int]]] = []
    init_db_dir(tmp_path, 1)  # type: ignore[no-untyped-call]
    flow = Dataflow("alarm")
    source: TestingSource[int] = TestingSource([1, 2, TestingSource.ABORT(), 3, 4], batch_size=1)
    events: KeyedStream[int] = op.key_on(
        "key", op.input("events", flow, source), lambda _event: "one"
    )
    op.output(
        "said",
        run_machines("alarm", events, in_an_hour, lambda _event: clock_ms()),
        TestingSink(said),
    )
    for _ in range(2):
        kept = RecoveryConfig(str(tmp_path))  # type: ignore[no-untyped-call]
        run_main(flow, epoch_interval=timedelta(), recovery_config=kept)  # type: ignore[no-untyped-call]
    assert said[-1] == ("one", ("heard", 4, 4))
