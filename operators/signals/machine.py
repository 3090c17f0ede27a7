"""Watches one signal: minutes in, readings out – when something changed, when the last reading grows old, and not at every look.

State: `Memory`; now and then it is given out to be stored. Clock: `now_ms` of each look. Counters
that come again, or late, replace themselves until their minute is settled; whole minutes that are
not settled are weighed ahead, so that no reading waits for them.
"""

from typing import Final

import msgspec

from domain.instants import HOUR_MS, MINUTE_MS, MS
from domain.signals.reading import Anomaly, Learned, Minutes, Reading, Status
from operators.signals.baseline import Memory, ahead, dispute, learn
from operators.signals.health import read
from operators.signals.params import HealthParams
from operators.signals.ratchet import floored, held, knew_ms, resumed
from operators.signals.series import anomaly_of
from operators.signals.window import NEVER_MS, add, counted, first_minute, settle

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Memory)


Told = Reading | Learned | Anomaly
"""What a machine says."""


def restore(packed: bytes) -> Memory:
    """Memory as it was stored; empty where it cannot be read, or is of another version."""
    try:
        found = _DECODER.decode(packed)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return Memory()
    return found if found.version == Memory().version else Memory()


class HealthMachine:
    """One signal: minutes in; readings, anomalies, and what is to be stored, out.

    Args:
        params: of all signals; `HealthParams.of` gives those of this one.
        state: where an earlier machine stopped; it is copied.
    """

    def __init__(self, params: HealthParams, state: Memory | None = None) -> None:
        self._all = params
        self._params: HealthParams | None = None
        self._state = Memory() if state is None else _DECODER.decode(_ENCODER.encode(state))
        self._ahead: tuple[int, Memory] | None = None

    def on_event(self, event: Minutes, now_ms: int) -> list[Told]:
        """Take in what is new; a reading where it is worth one."""
        params = self._params
        if params is None:
            params = self._params = self._all.of(event.signal)
        if event.memory:
            self._state, self._ahead = restore(event.memory), None
        memory = self._state
        settled_ms = memory.window.settled_ms
        given: list[Told] = []
        dispute(memory, event.rows)
        came_ms = memory.window.last_accepted_ms
        earliest = add(memory.window, event.rows)
        self._lift(event, came_ms)
        memory.news = memory.news or earliest < NEVER_MS
        for minute_ms, counts in settle(memory.window, now_ms - params.settle // MS):
            if _expected(params, minute_ms):
                episodes = learn(memory, event.signal, minute_ms, counts, params)
                given += [
                    anomaly_of(event.workspace, event.signal, metric, episode)
                    for metric, episode in episodes
                ]
        if self._ahead and (earliest < self._ahead[0] or memory.window.settled_ms != settled_ms):
            self._ahead = None
        if self._due(now_ms, params):
            memory.looked_ms, memory.news = now_ms, False
            reading = self._read(event, now_ms, params)
            if self._worth(reading, params):
                memory.last, memory.floor = reading, floored(memory.floor, reading)
                given.append(reading)
        if not 0 <= now_ms - memory.saved_ms < params.save_interval // MS:
            first, memory.saved_ms = not memory.saved_ms, now_ms
            if not first:
                given.append(Learned(event.workspace, event.signal, _ENCODER.encode(memory)))
        return given

    def _lift(self, event: Minutes, came_ms: int) -> None:
        """Let go of what was said of a source before its newest event.

        After a start, hold on to what was said since.
        """
        memory = self._state
        newest_ms = memory.window.last_accepted_ms
        if newest_ms > came_ms or not event.signal.startswith("source:"):
            memory.floor = None
        if (
            event.last is not None
            and event.signal.startswith("source:")
            and knew_ms(event.last) >= newest_ms
        ):
            memory.floor = resumed(memory.floor, event.last)

    def _due(self, now_ms: int, params: HealthParams) -> bool:
        wait = params.look_interval if self._state.news else params.emit_every
        return self._state.last is None or not 0 <= now_ms - self._state.looked_ms < wait // MS

    def _read(self, event: Minutes, now_ms: int, params: HealthParams) -> Reading:
        memory = self._state
        if not _expected(params, now_ms):
            return held(memory.floor, _resting(memory.period, event, now_ms), params)
        window = memory.window
        complete = (now_ms - params.complete_after // MS) // MINUTE_MS * MINUTE_MS
        if self._ahead is None or self._ahead[0] != complete:
            first = window.settled_ms or first_minute(window) or now_ms
            whole = {
                minute: counted(window, minute) for minute in range(first, complete, MINUTE_MS)
            }
            self._ahead = complete, ahead(memory, event.signal, whole, params)
        reading = held(
            memory.floor,
            read(self._ahead[1], event.workspace, event.signal, now_ms, params),
            params,
        )
        if params.schedule is not None:
            memory.period = reading
        return reading

    def _worth(self, reading: Reading, params: HealthParams) -> bool:
        last = self._state.last
        if last is None or last.status != reading.status:
            return True
        moving = reading.sample > 0 and reading.status is not Status.UNKNOWN
        # An age below zero: the clock went back, and what was given last would look fresh for too
        # long.
        if (
            not 0
            <= reading.read_ms - last.read_ms
            < (params.emit_every if moving else params.emit_idle) // MS
        ):
            return True
        if reading.score is None or last.score is None:
            return reading.score is not last.score
        return abs(reading.score - last.score) >= params.emit_step

    def on_time(self, now_ms: int) -> list[Told]:  # noqa: ARG002 - the source ticks every signal, so no timer is needed
        """Nothing: every look of the source is an event, also where nothing is new."""
        return []

    def deadline(self) -> int | None:
        """No timer."""
        return None

    def done(self) -> bool:
        """Never: a silent signal is still read."""
        return False

    def snapshot(self) -> Memory:
        """A copy of the state that later events do not touch."""
        return _DECODER.decode(_ENCODER.encode(self._state))


def _expected(params: HealthParams, at_ms: int) -> bool:
    """Whether the signal is expected to send at an instant."""
    return params.schedule is None or params.schedule.judged_at(at_ms) == at_ms


def _resting(period: Reading | None, event: Minutes, now_ms: int) -> Reading:
    """The reading while nothing is expected: what the last period ended with, on what it rested."""
    if period is None:
        reason = "unknown: not expected to send now, and no earlier period was seen"
        return Reading(
            event.workspace, event.signal, now_ms, None, Status.UNKNOWN, 0, (), (reason,)
        )
    hours = (now_ms - period.read_ms) / HOUR_MS
    reason = f"not expected to send now: judged by its last period, {hours:.1f} h ago"
    return msgspec.structs.replace(period, read_ms=now_ms, reasons=(*period.reasons, reason))
