"""Watches one signal: minutes in, readings out – when something changed, when the last reading grows old, and not at every look.

State: `HealthState`. Clock: `now_ms` of each look. Counters that come again, or late, replace themselves.
"""

from datetime import timedelta

import msgspec

from domain.reading import Minutes, Reading, Status
from operators.health import read
from operators.health_params import HealthParams
from operators.window import MINUTE_MS, Window, add, forget

_MS = timedelta(milliseconds=1)


class HealthState(msgspec.Struct):
    """Memory of one signal's machine.

    Attributes:
        version: layout of this structure.
        window: counters.
        last: the reading given last, without id.
    """

    version: int = 1
    window: Window = msgspec.field(default_factory=Window)
    last: Reading | None = None


def _copy(state: HealthState) -> HealthState:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=HealthState)


class HealthMachine:
    """One signal: minutes in, readings out.

    Args:
        params: thresholds, spans, weights.
        state: where an earlier machine stopped; it is copied.
    """

    def __init__(self, params: HealthParams, state: HealthState | None = None) -> None:
        self._params = params
        self._state = HealthState() if state is None else _copy(state)

    def on_event(self, event: Minutes, now_ms: int) -> list[Reading]:
        """Take in what is new; a reading where it is worth one."""
        add(self._state.window, event.rows)
        forget(self._state.window, now_ms - self._params.history // _MS - MINUTE_MS)
        reading = read(self._state.window, event.workspace, event.signal, now_ms, self._params)
        if not self._worth(reading):
            return []
        self._state.last = reading
        return [reading]

    def _worth(self, reading: Reading) -> bool:
        last, params = self._state.last, self._params
        if last is None or last.status != reading.status:
            return True
        moving = reading.sample > 0 and reading.status is not Status.UNKNOWN
        # An age below zero: the clock went back, and what was given last would look fresh for too long.
        if not 0 <= reading.read_ms - last.read_ms < (params.emit_every if moving else params.emit_idle) // _MS:
            return True
        if reading.score is None or last.score is None:
            return reading.score is not last.score
        return abs(reading.score - last.score) >= params.emit_step

    def on_time(self, now_ms: int) -> list[Reading]:  # noqa: ARG002 - the source ticks every signal, so no timer is needed
        """Nothing: every look of the source is an event, also where nothing is new."""
        return []

    def deadline(self) -> int | None:
        """No timer."""
        return None

    def done(self) -> bool:
        """Never: a silent signal is still read."""
        return False

    def snapshot(self) -> HealthState:
        """A copy of the state that later events do not touch."""
        return _copy(self._state)
