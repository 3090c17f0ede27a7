"""Where a signal's health is heading: its trend, and when it would cross a threshold.

The trend is the median of the slopes between readings (Theil–Sen), so that a few odd readings do
not turn it. A forecast is only given where the trend explains most of how the score moved, and no
further ahead than `HORIZON_MS`. And why it is what it is, as a sentence.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from domain.instants import HOUR_MS
from domain.signals.reading import ComponentReading, Reading
from operators.signals.words import in_words

HORIZON_MS: Final = 6 * HOUR_MS
"""No forecast reaches further."""
_LEAST: Final = 8
"""Readings needed for a trend."""
_MOST: Final = 120
"""Readings that a trend looks at, evenly chosen."""
_STEADY: Final = 2.0
"""Points per hour below which nothing moves."""
_EXPLAINED: Final = 0.5
"""Share of the variance that a trend must explain to be carried on."""


class Outlook(NamedTuple):
    """Where a score is heading.

    Attributes:
        per_hour: points per hour; 0 where it does not move, None where there are too few readings.
        crosses: the threshold that it would cross next; None where it would cross none within the
            horizon.
        at_ms: when.
    """

    per_hour: float | None
    crosses: float | None = None
    at_ms: int | None = None


def outlook(scores: Sequence[tuple[int, float]], thresholds: Sequence[float]) -> Outlook:
    """Read the trend of a score, and when it would cross a threshold.

    Args:
        scores: (instant in ms, score 0–100), oldest first.
        thresholds: scores that matter.

    >>> minute = 60_000
    >>> falling = [(step * minute, 100.0 - step) for step in range(20)]
    >>> outlook(falling, (70.0, 40.0))
    Outlook(per_hour=-60.0, crosses=70.0, at_ms=1800000)
    """
    if len(scores) < _LEAST:
        return Outlook(None)
    chosen = np.asarray(
        [
            scores[place]
            for place in np.linspace(0, len(scores) - 1, min(len(scores), _MOST)).astype(int)
        ],
        dtype=float,
    )
    at, score = chosen[:, 0], chosen[:, 1]
    first, second = np.triu_indices(len(at), 1)
    apart = at[second] - at[first]
    slopes = (score[second] - score[first])[apart > 0] / apart[apart > 0]
    if not len(slopes):
        return Outlook(None)
    slope = float(np.median(slopes))
    per_hour = slope * HOUR_MS
    level = float(np.median(score - slope * at))
    spread = float(np.var(score))
    explained = 1.0 - float(np.var(score - slope * at)) / spread if spread else 0.0
    if abs(per_hour) < _STEADY or explained < _EXPLAINED:
        return Outlook(round(per_hour, 2) if explained >= _EXPLAINED else 0.0)
    now = scores[-1][0]
    crossings = [(int((one - level) / slope), one) for one in thresholds]
    ahead = min(
        ((when, one) for when, one in crossings if now < when <= now + HORIZON_MS), default=None
    )
    return Outlook(round(per_hour, 2), *((ahead[1], ahead[0]) if ahead else ()))


def capping(reading: Reading, critical: frozenset[str], floor: float) -> ComponentReading | None:
    """The critical component that holds the score down.

    None where the score is the weighted mean.
    """
    low = [
        one
        for one in reading.components
        if one.name in critical and one.score is not None and one.score < floor
    ]
    return min(low, key=lambda one: one.score or 0.0, default=None)


def why(reading: Reading, critical: frozenset[str], floor: float) -> str:
    """Why a reading is what it is, as a sentence."""
    if reading.score is None:
        first = reading.reasons[0] if reading.reasons else "nothing was read"
        return f"{reading.signal} is unknown: {first.removeprefix('unknown: ')}."
    said = f"{reading.signal} scores {reading.score:.0f} of 100 ({reading.status.value})"
    cap = capping(reading, critical, floor)
    present = [one for one in reading.components if one.score is not None]
    if cap is not None:
        said += f" because {in_words(cap.name)} is at {cap.score:.0f}: {cap.reason}"
    else:
        said += f", the weighted mean of {len(present)} components"
        worst = min(present, key=lambda one: one.score or 0.0, default=None)
        if worst is not None and (worst.score or 0.0) < reading.score:
            said += f"; lowest is {in_words(worst.name)} at {worst.score:.0f}: {worst.reason}"
    missing = [in_words(one.name) for one in reading.components if one.score is None]
    return said + (f". Not counted for lack of data: {', '.join(missing)}." if missing else ".")
