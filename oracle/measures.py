"""Measures over matching events: counts, sums, unique values, the most frequent, and others.

Everything is recomputed from the whole list of events.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from hashlib import blake2b
from typing import Any, Final

from datasketches import hll_sketch, hll_union, tgt_hll_type

from domain.segments.event_filter import EventFilter
from domain.segments.rule import FREQUENT_VALUES, UNIQUE_EXACT
from domain.values import Json
from oracle.conditions import Instant, satisfies
from oracle.statements.record import Statement

_IMPLAUSIBLE: Final = 10**12
_LONG_TEXT: Final = 256
_LG_K: Final = 11


@dataclass(frozen=True)
class MatchingEvent:
    """One matching event as a measure sees it.

    Attributes:
        at_ms: event time.
        tie: orders events of one instant.
        value: of the property; None where there is none.
        counts: whether it counts at the instant in question.
    """

    at_ms: int
    tie: int
    value: Any
    counts: bool


def matches(event_filter: EventFilter, statement: Statement, zone: str) -> bool:
    """Whether an event is of a filter's type and name and satisfies all of its conditions.

    Args:
        event_filter: the filter.
        statement: the event.
        zone: the workspace's, for instants that name none.
    """
    named = statement.type == event_filter.event_type and event_filter.name in (
        None,
        statement.name,
    )
    return named and all(
        satisfies(where.condition, value_at(statement.properties, where.property), 0, zone)
        for where in event_filter.where
    )


def value_at(properties: Mapping[str, Any], path: str | None) -> Json:
    """The value that a dotted path leads to; None where it leads nowhere, or there is no path."""
    value: Any = properties if path is not None else None
    for key in (path or "").split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def measure(function: str, events: Sequence[MatchingEvent], now_ms: int, *, windowed: bool) -> Json:
    """The value of a measure over matching events; None for missing.

    Args:
        function: a measure of a behaviour node or a function of a computed trait.
        events: every matching event of all time, by (at_ms, tie).
        now_ms: the instant, for ``time_since``.
        windowed: whether events stop counting some day.
    """
    if function == "unique":
        return unique(events, windowed=windowed)
    if function == "most_frequent":
        return most_frequent(events)
    counting = [deed for deed in events if deed.counts]
    if function == "count":
        return len(counting)
    if function == "exists":
        return bool(counting)
    if function in ("sum", "average", "minimum", "maximum"):
        return _of_numbers(
            function, [number for deed in counting if (number := plausible(deed.value)) is not None]
        )
    spoken = (
        [deed for deed in counting if deed.value is not None]
        if function in ("first", "last")
        else counting
    )
    return _of_ends(function, spoken[0], spoken[-1], now_ms) if spoken else None


def _of_ends(function: str, first: MatchingEvent, last: MatchingEvent, now_ms: int) -> Json:
    if function == "time_since":
        return (now_ms - last.at_ms) / 1000
    if function in ("first", "last"):
        return first.value if function == "first" else last.value
    return Instant(first.at_ms if function == "first_at" else last.at_ms)


def plausible(value: Json) -> Decimal | None:
    """A number as it is measured: six decimals, half to even.

    None for anything else and for magnitudes of 10¹² or more.
    """
    if type(value) not in (int, float) or abs(value) >= _IMPLAUSIBLE:
        return None
    exact = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    return exact.quantize(Decimal("0.000001"), ROUND_HALF_EVEN)


def _of_numbers(function: str, numbers: list[Decimal]) -> float | None:
    if function == "sum":
        return as_number(sum(map(Fraction, numbers), Fraction()))
    if not numbers:
        return None
    if function == "average":
        return as_number(sum(map(Fraction, numbers), Fraction()) / len(numbers))
    return as_number(Fraction(min(numbers) if function == "minimum" else max(numbers)))


def as_number(exact: Fraction) -> float:
    """The nearest floating-point number; whole numbers stay whole."""
    return int(exact) if exact.denominator == 1 else float(exact)


def text_of(value: Json) -> str | None:
    """The text that names a text, number or boolean among others, a long one's digest.

    It is None for anything else.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= _LONG_TEXT else f"#{digest_of(text):016x}"
    if isinstance(value, int | float):
        return str(int(value)) if abs(value) < 2**53 and value == int(value) else repr(float(value))
    return None


def digest_of(text: str) -> int:
    """64 bits that stand for a text."""
    return int.from_bytes(
        blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big"
    )


def unique(events: Iterable[MatchingEvent], *, windowed: bool) -> int:
    """How many different values count.

    Beyond `UNIQUE_EXACT` different values of all time, an estimate.
    """
    seen: dict[str, bool] = {}
    # In order of time: what the latest event of a value says about counting stands.
    for deed in events:
        text = text_of(deed.value)
        if text is not None:
            seen[text] = deed.counts
    if len(seen) <= UNIQUE_EXACT:
        return sum(seen.values())
    return _sampled(seen) if windowed else _sketched(seen)


def _sketched(texts: Iterable[str]) -> int:
    sketch = hll_sketch(_LG_K, tgt_hll_type.HLL_8)
    for text in texts:
        sketch.update(text)
    union = hll_union(_LG_K)
    union.update(sketch)
    union.update(sketch)  # united with itself: the estimate follows from the registers alone
    estimate: float = union.get_result(tgt_hll_type.HLL_8).get_estimate()
    return round(estimate)


def _sampled(seen: Mapping[str, bool]) -> int:
    kept = sorted(seen, key=digest_of)[:UNIQUE_EXACT]
    return round(sum(seen[text] for text in kept) * Fraction(2**64, digest_of(kept[-1]) + 1))


def most_frequent(events: Iterable[MatchingEvent]) -> Json:
    """The value that most counting events have; among equals the smallest text."""
    values: dict[str, Any] = {}
    counts: Counter[str] = Counter()
    for deed in events:
        text = text_of(deed.value)
        if text is not None:
            values[text] = deed.value
            counts[text] += deed.counts
    kept = sorted(values, key=digest_of)[:FREQUENT_VALUES]
    ranked = sorted((-counts[text], text) for text in kept if counts[text])
    best = ranked[0][1] if ranked else None
    return best if best is None or best.startswith("#") else values[best]
