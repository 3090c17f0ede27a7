"""The buyers of a workspace.

Everyone's figures in, quintile bounds and a distribution over the named segments out.

Bounds of up to `RfmParams.exact_limit` buyers are exact. Beyond, they come from KLL sketches
(Karnin, Lang and Liberty, "Optimal Quantile Approximation in Streams", 2016; Apache DataSketches):
with k = 3200 a bound's rank is off by at most 0.09 % of the population with 99 % confidence, and
two runs over the same buyers may differ by as much. Memory is bounded in both cases.

State: `Population` and `Distribution`, while they are taken. Oracle: a sort of everybody, in the
tests.
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from datasketches import kll_doubles_sketch

from domain.segments.aggregate import NumberBuckets
from domain.segments.definition import RfmBreaks
from domain.segments.span import span_ms
from operators.rfm.scores import SCORES, Bounds, quintiles, scores, segment_of
from operators.rules.windows import Window, first_counting

_LIMIT: Final = 2**63 - 1
_EVENTS, _TOTAL = 0, 2
"""Places in `domain.segments.aggregate.Numbers`."""


@dataclass(frozen=True)
class RfmParams:
    """How bounds are taken.

    Attributes:
        exact_limit: buyers up to whom bounds are exact; 24 bytes each are held.
        sketch_k: beyond, accuracy of the sketches; the rank error is about 2.7 / k.
        tolerance: bounds that moved by less than this share of themselves stay; else each hour's
            ageing would rescore every person.
    """

    exact_limit: int = 500_000
    sketch_k: int = 3200
    tolerance: float = 0.01

    def __post_init__(self) -> None:
        if self.exact_limit < 1 or not 8 <= self.sketch_k <= 65_535 or not 0 <= self.tolerance < 1:
            raise ValueError(
                "exact_limit is at least 1, sketch_k is 8 to 65535, and tolerance is at least 0 and"
                " below 1"
            )


class Buyer(NamedTuple):
    """One buyer's figures within the look-back.

    Attributes:
        age_ms: age of the latest purchase, at least 0.
        frequency: purchases.
        monetary_micro: their sum, millionths, held within 64 bits.
    """

    age_ms: int
    frequency: int
    monetary_micro: int


def buyer_reader(look_back: str, zone: str) -> Callable[[NumberBuckets, int], Buyer | None]:
    """Compile the reading of one person's purchases (their state and an instant).

    The reader returns None where no purchase counts.

    Args:
        look_back: span (`domain.segments.span`), in calendar days.
        zone: IANA name.
    """
    window = Window(span_ms(look_back), "day")

    def read(state: NumberBuckets, now_ms: int) -> Buyer | None:
        start = first_counting(window, zone, now_ms)
        live = [numbers for bucket, numbers in state.buckets.items() if bucket >= start]
        if not live:
            return None
        events = sum(numbers[_EVENTS] for numbers in live)
        total = sum(numbers[_TOTAL] for numbers in live)
        return Buyer(max(0, now_ms - state.last_ms), events, max(-_LIMIT, min(_LIMIT, total)))

    return read


class Population:
    """Takes in buyers one by one and gives their bounds.

    Args:
        params: when to change from exact bounds to sketches.
    """

    def __init__(self, params: RfmParams) -> None:
        self._params = params
        self._columns = (array("q"), array("q"), array("q"))
        self._sketches: tuple[kll_doubles_sketch, ...] = ()
        self.size = 0

    @property
    def exact(self) -> bool:
        """Whether every buyer is still held."""
        return not self._sketches

    def add(self, buyer: Buyer) -> None:
        """Take in one buyer."""
        self.size += 1
        for column, value in zip(self._columns, buyer, strict=True):
            column.append(value)
        if len(self._columns[0]) > self._params.exact_limit:
            self._spill()

    def _spill(self) -> None:
        """Move what is held into the sketches."""
        if not self._sketches:
            self._sketches = tuple(kll_doubles_sketch(self._params.sketch_k) for _ in self._columns)
        for sketch, column in zip(self._sketches, self._columns, strict=True):
            for value in column:
                sketch.update(value)
            del column[:]

    def buyers(self) -> Iterator[Buyer]:
        """Every buyer again, in order; only while `exact`."""
        return map(Buyer, *self._columns)

    def breaks(self, taken_ms: int) -> RfmBreaks | None:
        """The bounds; None without buyers.

        Args:
            taken_ms: the instant that the ages are of.
        """
        if not self.size:
            return None
        if self._sketches:
            self._spill()
            recency, frequency, monetary = (_sketched(sketch) for sketch in self._sketches)
        else:
            recency, frequency, monetary = (quintiles(column) for column in self._columns)
        return RfmBreaks(recency, frequency, monetary, self.size, taken_ms)


def _sketched(sketch: kll_doubles_sketch) -> Bounds:
    first, second, third, fourth = (
        int(sketch.get_quantile(part / SCORES, True)) for part in range(1, SCORES)
    )
    return first, second, third, fourth


class Distribution:
    """Counts buyers by segment and by recency and frequency score.

    Args:
        breaks: by which they are scored.
    """

    def __init__(self, breaks: RfmBreaks) -> None:
        self._breaks = breaks
        self._found: dict[tuple[int, int, int], int] = {}

    def add(self, buyer: Buyer) -> None:
        """Count one buyer."""
        scored = scores(self._breaks, *buyer)
        self._found[scored] = self._found.get(scored, 0) + 1

    def segments(self) -> dict[str, int]:
        """Buyers per named segment; names without any are absent."""
        found: dict[str, int] = {}
        for scored, people in self._found.items():
            name = segment_of(*scored)
            found[name] = found.get(name, 0) + people
        return found

    def grid(self) -> list[list[int]]:
        """Buyers by recency score (rows, 1 to 5) and frequency score (columns, 1 to 5)."""
        grid = [[0] * SCORES for _ in range(SCORES)]
        for (recency, frequency, _), people in self._found.items():
            grid[recency - 1][frequency - 1] += people
        return grid


def same_bounds(left: RfmBreaks | None, right: RfmBreaks | None, tolerance: float = 0) -> bool:
    """Whether two sets of bounds score people alike, whenever they were taken.

    Args:
        left: bounds.
        right: bounds.
        tolerance: share of itself by which a bound may differ.
    """
    pairs = list(zip(_bounds(left), _bounds(right), strict=False))
    return len(_bounds(left)) == len(_bounds(right)) and all(
        abs(a - b) <= tolerance * max(abs(a), abs(b)) for a, b in pairs
    )


def _bounds(breaks: RfmBreaks | None) -> tuple[int, ...]:
    return () if breaks is None else (*breaks.recency_ms, *breaks.frequency, *breaks.monetary)
