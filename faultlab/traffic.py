"""One source's traffic under a disturbance: spans of time in, batches of decoded records out.

What happens in a span arrives at its end, within the usual second: the coarser the span, the fewer
the batches. Everything follows from the generator in the state, and the state is plain, so that a
history can fork into many.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from domain.event import Event
from domain.instants import HOUR_MS, MINUTE_MS, MS
from faultlab.disturbance import Disturbance
from faultlab.people import People
from faultlab.profiles import Profile
from faultlab.records import BORN, Item, Records, stamp
from faultlab.rhythm import Pulse, PulseState

_LAG_MS: Final = 120.0
"""Median time from arrival to processing; half of its logarithm's spread is `_SPREAD`."""
_DELAY_MS: Final = 900.0
"""Median time from an event to its arrival."""
_SPREAD: Final = 0.6
_RESENT: Final = 0.004
"""Share of events that clients send twice although all is well."""
_MALFORMED: Final = 0.002
"""Share of records that are no event although all is well."""
_CROWD: Final = 9_000_000
"""Number of the person who sends what a crowd sends."""
_UNEVEN: Final = 1.5
_VISIT: Final = 4
"""Events of newcomers are of one of the last so many of them: a visit has several events."""


class Drawn(NamedTuple):
    """An event on its way."""

    person: int
    kind: int
    occurred_ms: int
    affected: bool


@dataclass
class TrafficState:
    """Memory of a source's traffic; plain, so that it can be copied and sent to another process.

    Attributes:
        dice: where chance comes from.
        pulse: wobble, noise and bursts.
        people: who was seen.
        number: of the next message.
        born: number of the next newcomer.
        upstream: events that happened and did not arrive, with the instant at which they will.
        waiting: records that arrived and were not processed, with the instant at which they will
            be.
        recent: what may be sent again.
        claimed: orders that the next platform's report tells.
        revenue: their value.
        reported_ms: when the last report came.
    """

    dice: np.random.Generator
    pulse: PulseState = field(default_factory=PulseState)
    people: People = field(default_factory=People)
    number: int = 1
    born: int = BORN
    upstream: deque[tuple[int, Drawn]] = field(default_factory=deque)
    waiting: deque[tuple[int, Item]] = field(default_factory=deque)
    recent: deque[Event] = field(default_factory=lambda: deque(maxlen=256))
    claimed: float = 0.0
    revenue: float = 0.0
    reported_ms: int = 0


class Traffic:
    """Draws what a source sends.

    Args:
        profile: the source.
        records: makes its records, with this disturbance's change.
        state: where an earlier stretch stopped; it is changed.
        disturbance: what happens.
        onset_ms: since when.
    """

    def __init__(
        self,
        profile: Profile,
        records: Records,
        state: TrafficState,
        disturbance: Disturbance,
        onset_ms: int,
    ) -> None:
        self.state = state
        self._profile = profile
        self._records = records
        self._disturbance = disturbance
        self._onset_ms = onset_ms
        self._pulse = Pulse(profile.rhythm, state.dice, state.pulse)
        weights = np.array([kind.weight for kind in profile.mix.kinds])
        self._bounds = np.cumsum(weights / weights.sum())

    def batch(self, until_ms: int, span_ms: int) -> list[Item]:
        """What is processed at the end of a span; spans must follow one another.

        Args:
            until_ms: end of the span, when the batch is processed.
            span_ms: its length.
        """
        elapsed = until_ms - self._onset_ms
        drawn = self._arrived(self._drawn(until_ms, span_ms, elapsed), until_ms, elapsed)
        items = self._received(drawn, until_ms)
        items += self._reports(items, until_ms, elapsed)
        items += self._resent(items, until_ms, elapsed)
        return self._processed(items, until_ms, elapsed)

    def _drawn(self, until_ms: int, span_ms: int, elapsed: int) -> list[Drawn]:
        disturbance, dice, mix = self._disturbance, self.state.dice, self._profile.mix
        level = disturbance.level(elapsed)
        shift = int(disturbance.hours_shift * HOUR_MS) if level else 0
        count = self._pulse.count(until_ms, span_ms, disturbance.factor(elapsed), shift)
        crowd = 0
        if disturbance.crowd is not None and level:
            usual = self._profile.rhythm.expected(until_ms) * span_ms / MINUTE_MS
            crowd = int(dice.poisson(usual * disturbance.crowd.share * level))
        if not count + crowd:
            return []
        chances = dice.random((4, count + crowd))
        kinds = np.searchsorted(self._bounds, chances[0]).tolist()
        # The power makes some people busier than others.
        regulars = (chances[1] ** _UNEVEN * mix.people).astype(int).tolist()
        late = dice.exponential(mix.offline_for // MS, count + crowd)
        ages = (
            np.where(chances[2] < mix.offline, late, dice.uniform(0, span_ms, count + crowd))
            .astype(int)
            .tolist()
        )
        affected = (chances[3] < disturbance.affected * level).tolist()
        newcomers = dice.random(count + crowd) < mix.newcomers
        drawn = []
        for index, newcomer in enumerate(newcomers.tolist()):
            if index >= count:
                person = _CROWD
            elif newcomer:
                person = self._newcomer(regulars[index])
            else:
                person = regulars[index]
            drawn.append(Drawn(person, kinds[index], until_ms - ages[index], affected[index]))
        return drawn

    def _newcomer(self, chance: int) -> int:
        """Somebody new, or somebody of late: a visit has several events."""
        if chance % _VISIT == 0:
            self.state.born += 1
        return self.state.born - chance % _VISIT

    def _arrived(self, drawn: list[Drawn], until_ms: int, elapsed: int) -> list[Drawn]:
        """What arrives: at once, or when the upstream delay releases it."""
        wait_ms = int(self._disturbance.upstream // MS * self._disturbance.level(elapsed))
        upstream = self.state.upstream
        if not wait_ms and not upstream:
            return drawn
        upstream.extend((until_ms + wait_ms, one) for one in drawn)
        return [upstream.popleft()[1] for _ in range(len(upstream)) if upstream[0][0] <= until_ms]

    def _received(self, drawn: list[Drawn], until_ms: int) -> list[Item]:
        """Decoded records, with their arrival."""
        if not drawn:
            return []
        state, dice = self.state, self.state.dice
        delays = (
            (_DELAY_MS * np.exp(_SPREAD * dice.standard_normal(len(drawn)))).astype(int).tolist()
        )
        lags = (_LAG_MS * np.exp(_SPREAD * dice.standard_normal(len(drawn)))).astype(int).tolist()
        broken = (dice.random(len(drawn)) < _MALFORMED).tolist()
        items = []
        for one, delay, lag, bad in zip(drawn, delays, lags, broken, strict=True):
            received_ms = until_ms - lag
            number, state.number = state.number, state.number + 1
            if bad:
                items.append(self._records.malformed(number, received_ms))
                continue
            # An event cannot have waited for less than its way takes.
            occurred_ms = min(one.occurred_ms, received_ms - delay)
            items.append(
                self._records.item(
                    one.person, one.kind, number, occurred_ms, received_ms, affected=one.affected
                )
            )
        return items

    def _reports(self, items: list[Item], until_ms: int, elapsed: int) -> list[Item]:
        """A platform's report of the orders that it claims, now and then."""
        reports, state = self._profile.reports, self.state
        if reports is None:
            return []
        factor = reports.share * (
            1.0 + (self._disturbance.reported - 1.0) * self._disturbance.level(elapsed)
        )
        for item in items:
            if isinstance(item, Event) and item.order is not None:
                claims = int(factor) + (state.dice.random() < factor % 1.0)
                state.claimed += claims
                state.revenue += claims * item.order.amount_minor / 100
        if until_ms < state.reported_ms + reports.every // MS:
            return []
        report = self._records.report(
            reports.platform, int(state.claimed), state.revenue, state.number, until_ms - 100
        )
        state.number += 1
        state.claimed, state.revenue, state.reported_ms = 0.0, 0.0, until_ms
        return [report]

    def _resent(self, items: list[Item], until_ms: int, elapsed: int) -> list[Item]:
        """Events that are sent again: the very same message, arriving now."""
        recent, dice = self.state.recent, self.state.dice
        recent.extend(item for item in items if isinstance(item, Event) and item.report is None)
        share = _RESENT + self._disturbance.copies * self._disturbance.level(elapsed)
        count = int(dice.poisson(share * len(items))) if recent else 0
        again = []
        for chosen in dice.integers(0, len(recent), count).tolist() if count else ():
            event = recent[chosen]
            again.append(
                stamp(event, int.from_bytes(event.message_key), event.occurred_ms, until_ms - 50)
            )
        return again

    def _processed(self, items: list[Item], until_ms: int, elapsed: int) -> list[Item]:
        """What is processed: at once, or when those before it are."""
        wait_ms = int(self._disturbance.processing // MS * self._disturbance.level(elapsed))
        waiting = self.state.waiting
        if not wait_ms and not waiting:
            return items
        waiting.extend((until_ms + wait_ms, item) for item in items)
        return [waiting.popleft()[1] for _ in range(len(waiting)) if waiting[0][0] <= until_ms]
