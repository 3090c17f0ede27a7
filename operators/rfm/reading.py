"""RFM scores of one person, and until when they are sure.

They change without a purchase when one leaves the look-back, or the latest one ages past a bound.
"""

from collections.abc import Callable

from domain.segments import rule
from domain.segments.aggregate import NumberBuckets
from domain.segments.definition import RfmBreaks
from domain.segments.span import span_ms
from operators.aggregates.series import Frame
from operators.rfm.scores import recency_changes, scores, segment_of
from operators.rules.windows import NEVER, Window

Scores = tuple[int, int, int]
RfmReading = Callable[[NumberBuckets | None, int], tuple[Scores | None, int]]
"""(state, now in ms) → scores, None where no purchase counts, and until when they are sure."""


def rfm_reading(breaks: RfmBreaks, look_back: str, zone: str) -> RfmReading:
    """Compile a person's scores, and the instant until which they are sure.

    Recency, frequency and monetary; None where no purchase counts.
    """
    frame = Frame(Window(span_ms(look_back), "day"), zone)

    def reading(state: NumberBuckets | None, now_ms: int) -> tuple[Scores | None, int]:
        live = frame.live(state.buckets, now_ms) if state is not None else []
        if state is None or not live:
            return None, NEVER
        buckets = state.buckets
        frequency = sum([buckets[bucket][0] for bucket in live])
        monetary = sum([buckets[bucket][2] for bucket in live])
        changes = recency_changes(breaks, state.last_ms, now_ms) or NEVER
        return scores(breaks, max(0, now_ms - state.last_ms), frequency, monetary), min(
            frame.expiry(live[0]), changes
        )

    return reading


def rfm_test(
    node: rule.Rfm, reading: RfmReading
) -> Callable[[NumberBuckets | None, int], tuple[bool, int]]:
    """Compile an RFM node."""
    bounds = (node.recency, node.frequency, node.monetary)

    def test(state: NumberBuckets | None, now_ms: int) -> tuple[bool, int]:
        found, until = reading(state, now_ms)
        if found is None or (node.segments and segment_of(*found) not in node.segments):
            return False, until
        return all(
            bound is None or bound[0] <= score <= bound[1]
            for bound, score in zip(bounds, found, strict=True)
        ), until

    return test
