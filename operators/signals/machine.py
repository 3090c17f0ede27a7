"""Watches one signal: minutes in, readings out where the last one has changed or grown old.

State: `SignalBaseline`; a checkpoint of it is emitted now and then. Clock: `now_ms` of each look.
Counters that come again, or late, replace themselves until their minute is settled; whole minutes
that are not closed are projected, so that no reading waits for them.
"""

from typing import Final

import msgspec

from domain.instants import HOUR_MS, MINUTE_MS, MS
from domain.signals.reading import Anomaly, Checkpoint, Minutes, Reading, Status
from operators.signals.baseline import SignalBaseline
from operators.signals.health import read
from operators.signals.learn import dispute, learn, project
from operators.signals.params import HealthParams
from operators.signals.ratchet import floored, held, knew_ms, resumed
from operators.signals.series import anomaly_of
from operators.signals.window import NEVER_MS, add, counted, first_minute, settle

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(SignalBaseline)


SignalOutput = Reading | Checkpoint | Anomaly
"""What a machine emits."""


def restore(packed: bytes) -> SignalBaseline:
    """SignalBaseline as it was stored; empty where it cannot be read, or is of another version."""
    try:
        found = _DECODER.decode(packed)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return SignalBaseline()
    return found if found.version == SignalBaseline().version else SignalBaseline()


class HealthMachine:
    """One signal: minutes in; readings, anomalies, and what is to be stored, out.

    Args:
        params: of all signals; `HealthParams.of` gives those of this one.
        state: where an earlier machine stopped; it is copied.
    """

    def __init__(self, params: HealthParams, state: SignalBaseline | None = None) -> None:
        self._all = params
        self._params: HealthParams | None = None
        self._state = SignalBaseline() if state is None else _DECODER.decode(_ENCODER.encode(state))
        self._projected: tuple[int, SignalBaseline] | None = None

    def on_event(self, event: Minutes, now_ms: int) -> list[SignalOutput]:
        """Take in what is new; a reading where it is worth one."""
        params = self._params
        if params is None:
            params = self._params = self._all.of(event.signal)
        if event.memory:
            self._state, self._projected = restore(event.memory), None
        baseline = self._state
        settled_ms = baseline.window.settled_ms
        given: list[SignalOutput] = []
        dispute(baseline, event.rows)
        came_ms = baseline.window.last_accepted_ms
        earliest = add(baseline.window, event.rows)
        self._lift(event, came_ms)
        baseline.news = baseline.news or earliest < NEVER_MS
        for minute_ms, counts in settle(baseline.window, now_ms - params.settle // MS):
            if _expected(params, minute_ms):
                episodes = learn(baseline, event.signal, minute_ms, counts, params)
                given += [
                    anomaly_of(event.workspace, event.signal, metric, episode)
                    for metric, episode in episodes
                ]
        if self._projected and (
            earliest < self._projected[0] or baseline.window.settled_ms != settled_ms
        ):
            self._projected = None
        if self._due(now_ms, params):
            baseline.looked_ms, baseline.news = now_ms, False
            reading = self._read(event, now_ms, params)
            if self._worth(reading, params):
                baseline.last, baseline.floor = reading, floored(baseline.floor, reading)
                given.append(reading)
        if not 0 <= now_ms - baseline.saved_ms < params.save_interval // MS:
            first, baseline.saved_ms = not baseline.saved_ms, now_ms
            if not first:
                given.append(Checkpoint(event.workspace, event.signal, _ENCODER.encode(baseline)))
        return given

    def _lift(self, event: Minutes, came_ms: int) -> None:
        """Drop what was reported of a source before its newest event.

        After a start, what was reported since that event is kept.
        """
        baseline = self._state
        newest_ms = baseline.window.last_accepted_ms
        if newest_ms > came_ms or not event.signal.startswith("source:"):
            baseline.floor = None
        if (
            event.last is not None
            and event.signal.startswith("source:")
            and knew_ms(event.last) >= newest_ms
        ):
            baseline.floor = resumed(baseline.floor, event.last)

    def _due(self, now_ms: int, params: HealthParams) -> bool:
        wait = params.look_interval if self._state.news else params.emit_every
        return self._state.last is None or not 0 <= now_ms - self._state.looked_ms < wait // MS

    def _read(self, event: Minutes, now_ms: int, params: HealthParams) -> Reading:
        baseline = self._state
        if not _expected(params, now_ms):
            return held(baseline.floor, _resting(baseline.period, event, now_ms), params)
        window = baseline.window
        complete = (now_ms - params.complete_after // MS) // MINUTE_MS * MINUTE_MS
        if self._projected is None or self._projected[0] != complete:
            first = window.settled_ms or first_minute(window) or now_ms
            whole = {
                minute: counted(window, minute) for minute in range(first, complete, MINUTE_MS)
            }
            self._projected = complete, project(baseline, event.signal, whole, params)
        reading = held(
            baseline.floor,
            read(self._projected[1], event.workspace, event.signal, now_ms, params),
            params,
        )
        if params.schedule is not None:
            baseline.period = reading
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

    def on_time(self, now_ms: int) -> list[SignalOutput]:  # noqa: ARG002 - unused
        """Nothing: the source ticks every signal, so that no timer is needed."""
        return []

    def deadline(self) -> int | None:
        """No timer."""
        return None

    def done(self) -> bool:
        """Never: a silent signal is still read."""
        return False

    def snapshot(self) -> SignalBaseline:
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
