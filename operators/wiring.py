"""The one adapter that puts a machine on Bytewax.

A machine takes events and the current time as arguments and returns values.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

import bytewax.operators as op
from bytewax.operators import KeyedStream, StatefulLogic

from domain.instants import utc

E_contra = TypeVar("E_contra", contravariant=True)
S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)
E = TypeVar("E")
OutT = TypeVar("OutT")


class Machine(Protocol[E_contra, OutT, S_co]):
    """Keyed logic with explicit state."""

    def on_event(self, event: E_contra, now_ms: int) -> list[OutT]:
        """One event at one instant."""

    def on_time(self, now_ms: int) -> list[OutT]:
        """The deadline has come."""

    def deadline(self) -> int | None:
        """When `on_time` wants to be called, ms since 1970; None for never."""

    def done(self) -> bool:
        """Whether the machine may be forgotten."""

    def snapshot(self) -> S_co:
        """A copy of the state that a new machine can resume from."""


class _Logic(StatefulLogic[E, OutT, S], Generic[E, OutT, S]):
    def __init__(self, machine: Machine[E, OutT, S], now_of: Callable[[E], int]) -> None:
        self._machine = machine
        self._now_of = now_of

    def on_item(self, value: E) -> tuple[list[OutT], bool]:
        return self._machine.on_event(value, self._now_of(value)), self._machine.done()

    def on_notify(self) -> tuple[list[OutT], bool]:
        deadline = self._machine.deadline()
        return ([] if deadline is None else self._machine.on_time(deadline)), self._machine.done()

    def notify_at(self) -> datetime | None:
        deadline = self._machine.deadline()
        return None if deadline is None else utc(deadline)

    def snapshot(self) -> S:
        return self._machine.snapshot()


def run_machines(
    step_id: str,
    events: KeyedStream[E],
    build: Callable[[S | None], Machine[E, OutT, S]],
    now_of: Callable[[E], int],
) -> KeyedStream[OutT]:
    """One machine per key.

    Args:
        step_id: public name of the step.
        events: keyed events, in order per key.
        build: makes a machine, from a snapshot where there is one.
        now_of: the instant that an event carries; machines read no clock.
    """
    return op.stateful(step_id, events, lambda state: _Logic(build(state), now_of))
