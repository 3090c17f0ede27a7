"""Evidence for a reading: the signal's baseline, its counters over a span, and its silence.

Spans are as long as needed to usually hold enough records, so that a small source is judged by more
than chance; they follow from the baseline, never from the observed counts. Clock: `now_ms`.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from domain.instants import MINUTE_MS, MS
from domain.signals import metrics
from operators.detection.seasonality import allowed_ms, expected_between
from operators.signals.baseline import SignalBaseline
from operators.signals.counts import Counts
from operators.signals.window import since

if TYPE_CHECKING:
    from operators.signals.params import HealthParams

_SPANS_MS: Final = tuple(minutes * MINUTE_MS for minutes in (15, 60, 360, 1440))


class SignalKind(StrEnum):
    """What a signal watches."""

    SOURCE = "source"
    PLATFORM = "platform"
    CONVERSIONS = metrics.CONVERSIONS


def kind_of(signal: str) -> SignalKind:
    """Kind of a signal.

    >>> kind_of("platform:meta")
    <SignalKind.PLATFORM: 'platform'>
    """
    return SignalKind(signal.partition(":")[0])


class Silence(NamedTuple):
    """How long a source has accepted nothing, seconds.

    Attributes:
        lasts_s: since the last accepted event.
        normal_s: up to here the silence is quite normal.
        dead_s: from here on the source is dead.
    """

    lasts_s: float
    normal_s: float
    dead_s: float


@dataclass
class Evidence:
    """What the components of one reading are based on.

    Attributes:
        baseline: counters, and what is usual of them.
        signal: ``source:…``, ``platform:…`` or ``conversions``.
        now_ms: the instant.
        params: of this signal (`HealthParams.of`).
    """

    baseline: SignalBaseline
    signal: str
    now_ms: int
    params: "HealthParams"

    @cached_property
    def kind(self) -> SignalKind:
        """Kind of the signal."""
        return kind_of(self.signal)

    @cached_property
    def silence(self) -> Silence | None:
        """The silence of a source; None where nothing was accepted, or only in the future."""
        last_ms, params = self.baseline.window.last_accepted_ms, self.params
        if not last_ms or last_ms - self.now_ms > params.clock_tolerance // MS:
            return None
        normal_s = params.expected_interval.total_seconds()
        dead_s = params.dead_after.total_seconds()
        rhythm = self.baseline.rhythm
        if rhythm.minutes:
            # Fixed by what was usual as the last event came.
            normal_ms, dead_ms = allowed_ms(rhythm, last_ms, params.rhythm)
            normal_s, dead_s = max(normal_s, normal_ms / 1000), max(dead_s, dead_ms / 1000)
        return Silence(max(0, self.now_ms - last_ms) / 1000, normal_s, dead_s)

    @cached_property
    def counts(self) -> Counts:
        """Counters of the span that the reading looks at."""
        return Counts(since(self.baseline.window, self._since_ms()))

    def _since_ms(self) -> int:
        until_ms = self.now_ms - self.now_ms % MINUTE_MS
        if self.kind is SignalKind.PLATFORM:
            return until_ms - self.params.delivery_window // MS
        if self.kind is SignalKind.CONVERSIONS:
            return until_ms - self.params.conversions_window // MS
        return self._source_since_ms(until_ms)

    def _source_since_ms(self, until_ms: int) -> int:
        """Where the span of a source begins.

        While a silence may be normal, a reading is based on what came before it; once the source is
        dead, or was silent for `longest_silence`, on what is left of that. The span is that of the
        last event: it never widens while nothing comes.
        """
        last_ms, silence = self.baseline.window.last_accepted_ms, self.silence
        if not last_ms:
            return until_ms - self._span_ms(until_ms)
        came_ms = min(until_ms, last_ms - last_ms % MINUTE_MS + MINUTE_MS)
        alive = (
            silence is not None
            and silence.lasts_s < silence.dead_s
            and self.now_ms - last_ms <= self.params.longest_silence // MS
        )
        return (came_ms if alive else until_ms) - self._span_ms(came_ms)

    def _span_ms(self, until_ms: int) -> int:
        """The shortest span that usually holds enough records; a day where none does."""
        params, rhythm = self.params, self.baseline.rhythm
        shortest = params.window // MS
        if not rhythm.minutes:
            return shortest
        enough = params.usual_samples * params.minimum_sample
        for span in (shortest, *(one for one in _SPANS_MS if one > shortest)):
            if expected_between(rhythm, until_ms - span, until_ms, params.rhythm) >= enough:
                return span
        return _SPANS_MS[-1]
