"""RFM scores of one person as time passes: purchases leave the look-back, and the latest one ages past the population's bounds."""

from collections.abc import Callable

from domain import rule
from domain.aggregate import NumberBuckets, Numbers
from domain.definition import RfmBreaks
from domain.rule import span_ms
from operators.rfm import recency_changes, scores, segment_of
from operators.series import Values, accumulated_numbers, frame_of, test_series
from operators.windows import NEVER, Window

Scores = tuple[int, int, int]


def rfm_values(breaks: RfmBreaks, look_back: str, zone: str) -> Callable[[NumberBuckets | None, int], Values]:
    """Compile a person's scores (recency, frequency, monetary) as a series; None where no purchase counts."""
    frame = frame_of(Window(span_ms(look_back), "day"), zone)

    def of(numbers: Numbers, last_ms: int, at_ms: int) -> Scores:
        return scores(breaks, max(0, at_ms - last_ms), numbers.events, numbers.total)

    def values(state: NumberBuckets | None, now_ms: int) -> Values:
        if state is None:
            return [(None, NEVER)]
        live = frame.live(state.buckets, now_ms)
        sums = accumulated_numbers(live, state.buckets)
        found: Values = []
        begin = now_ms
        for bucket, numbers in zip(live, sums, strict=True):
            end = frame.expiry(bucket)
            while begin < end:
                changes = recency_changes(breaks, state.last_ms, begin) or NEVER
                until = min(end, changes)
                found.append((of(numbers, state.last_ms, begin), until))
                begin = until
        found.append((None, NEVER))
        return found

    return values


def rfm_test(
    node: rule.Rfm, breaks: RfmBreaks, look_back: str, zone: str
) -> tuple[Callable[[NumberBuckets | None, int], tuple[bool, int]], Callable[[NumberBuckets | None, int], Values]]:
    """Compile an RFM node: its test, and the series of scores behind it."""
    values = rfm_values(breaks, look_back, zone)
    bounds = (node.recency, node.frequency, node.monetary)

    def fits(found: Scores | None) -> bool:
        if found is None or (node.segments and segment_of(*found) not in node.segments):
            return False
        return all(bound is None or bound[0] <= score <= bound[1] for bound, score in zip(bounds, found, strict=True))

    return lambda state, now_ms: test_series(values(state, now_ms), fits), values
