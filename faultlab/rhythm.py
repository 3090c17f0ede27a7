"""When a source sends.

Hour of the day, day of the week, growth, bursts, slow wobble and fast noise – a rate in, a count
out.

The expected rate is a function of time alone; what wobbles is drawn from the generator that the
caller passes in, and is the state.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

from domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, MS, WEEK_MS, to_ms

MONDAY_MS: Final = to_ms(datetime(2026, 3, 2, tzinfo=UTC))
"""When simulated time begins: a Monday at midnight UTC."""
_WOBBLE_MS: Final = 45 * MINUTE_MS
"""How long the slow wobble remembers: the time constant of an Ornstein–Uhlenbeck process."""


@dataclass(frozen=True)
class Rhythm:
    """How often a source sends.

    Attributes:
        per_minute: events per minute in an hour of weight 1 on a day of weight 1.
        hours: weight of each hour of the local day; between the middles of two hours the weight is
            interpolated.
        days: weight of each day of the week, Monday first.
        zone_hours: local time minus UTC.
        sharp: the hours begin and end at once, as those of a scheduled job do: no interpolation.
        wander: standard deviation of a daily shift of the local clock: a job that starts a little
            early or late.
        wobble: standard deviation of the slow wobble, of the rate's logarithm.
        evenness: shape of the gamma noise per minute; counts have the variance ``mean + mean² /
            evenness``.
        growth: growth of the rate per week.
        bursts_per_day: how many bursts there are in a day, on average.
        burst_factor: by how much a burst raises the rate at its peak, at most; at least by half as
            much.
        burst: how long a burst takes to fall to a third.
    """

    per_minute: float
    hours: tuple[float, ...]
    days: tuple[float, ...] = (1.0,) * 7
    zone_hours: float = 0.0
    sharp: bool = False
    wander: timedelta = timedelta()
    wobble: float = 0.1
    evenness: float = 20.0
    growth: float = 0.0
    bursts_per_day: float = 0.0
    burst_factor: float = 1.0
    burst: timedelta = timedelta(minutes=40)

    def expected(self, at_ms: int, shift_ms: int = 0) -> float:
        """Events per minute that are expected at an instant, bursts and wobble aside.

        `shift_ms` moves the local clock.
        """
        local_ms = at_ms - MONDAY_MS + int(self.zone_hours * HOUR_MS) + shift_ms
        day = self.days[local_ms // DAY_MS % 7]
        within = local_ms % DAY_MS / HOUR_MS
        weight = self.hours[int(within)] if self.sharp else self._between(within)
        return (
            self.per_minute
            * day
            * weight
            * math.exp(math.log1p(self.growth) * (at_ms - MONDAY_MS) / WEEK_MS)
        )

    def _between(self, hour: float) -> float:
        left = math.floor(hour - 0.5)
        part = hour - 0.5 - left
        return self.hours[left % 24] * (1.0 - part) + self.hours[(left + 1) % 24] * part


@dataclass
class PulseState:
    """Memory of a rhythm.

    Its wobble, this minute's noise, today's wander, and what is left of bursts.
    """

    wobble: float = 0.0
    minute: int = -1
    noise: float = 1.0
    day: int = -1
    wander_ms: int = 0
    burst: float = 0.0


class Pulse:
    """Draws how many events a source sends in a span.

    Args:
        rhythm: how often.
        dice: where chance comes from.
        state: where an earlier stretch stopped; it is changed.
    """

    def __init__(self, rhythm: Rhythm, dice: np.random.Generator, state: PulseState) -> None:
        self._rhythm = rhythm
        self._dice = dice
        self._state = state

    def count(self, until_ms: int, span_ms: int, factor: float = 1.0, shift_ms: int = 0) -> int:
        """How many events are sent in the span that ends at an instant.

        Spans must follow one another.

        Args:
            until_ms: end of the span.
            span_ms: its length.
            factor: by what the rate is multiplied.
            shift_ms: by what the local clock is moved.
        """
        state = self._state
        self._move(until_ms, span_ms)
        rate = (
            self._rhythm.expected(until_ms, shift_ms + state.wander_ms)
            * math.exp(state.wobble)
            * (1.0 + state.burst)
            * state.noise
        )
        return int(self._dice.poisson(rate * factor * span_ms / MINUTE_MS))

    def _move(self, until_ms: int, span_ms: int) -> None:
        rhythm, dice, state = self._rhythm, self._dice, self._state
        kept = math.exp(-span_ms / _WOBBLE_MS)
        state.wobble = (
            state.wobble * kept
            + rhythm.wobble * math.sqrt(1.0 - kept * kept) * dice.standard_normal()
        )
        if until_ms // MINUTE_MS != state.minute:
            state.minute = until_ms // MINUTE_MS
            state.noise = dice.gamma(rhythm.evenness) / rhythm.evenness
        if rhythm.wander and until_ms // DAY_MS != state.day:
            state.day = until_ms // DAY_MS
            state.wander_ms = int(dice.normal(0.0, rhythm.wander // MS))
        if rhythm.bursts_per_day:
            state.burst *= math.exp(-span_ms / (rhythm.burst // MS))
            if dice.random() < rhythm.bursts_per_day * span_ms / DAY_MS:
                state.burst += (rhythm.burst_factor - 1.0) * dice.uniform(0.5, 1.0)
