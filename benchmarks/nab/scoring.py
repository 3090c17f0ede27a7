"""NAB's own scoring rules: what a detector's flagged records earn over labelled windows.

The earliest detection inside a window earns up to 1 on a scaled sigmoid of its place in the window;
a window without one costs; a record flagged outside of windows costs up to a weight, less right
after a window. The first part of every series is probationary and not scored. 0 is the silent
detector, 100 one that flags the first record of every window and nothing else.

Source: Lavin and Ahmad, "Evaluating Real-time Anomaly Detection Algorithms – the Numenta Anomaly
Benchmark", ICMLA 2015, arXiv:1510.03336.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_STEEPNESS: Final = 5.0
_FAR: Final = 3.0
"""So many window widths after a window a false positive costs all that it can."""
_PROBATION_SHARE: Final = 0.15
_PROBATION_RECORDS: Final = 750


@dataclass(frozen=True)
class Profile:
    """What is earned and lost.

    Attributes:
        true_positive: earned by a window's first detection, at most.
        false_positive: lost by a record flagged outside of windows, at most.
        false_negative: lost by a window without a detection.
    """

    true_positive: float = 1.0
    false_positive: float = 0.11
    false_negative: float = 1.0


STANDARD: Final = Profile()


@dataclass(frozen=True)
class Labelled:
    """The labels of one series.

    Attributes:
        records: how many there are.
        windows: first and last record of each labelled window, both inside; in order, disjoint.
    """

    records: int
    windows: tuple[tuple[int, int], ...]

    @property
    def probation(self) -> int:
        """How many records at the beginning are not scored."""
        return math.floor(min(_PROBATION_SHARE * self.records, _PROBATION_RECORDS))


@dataclass(frozen=True)
class DetectionCounts:
    """What the flagged records of one or more series come to.

    Attributes:
        raw: earned less lost.
        windows: labelled.
        found: windows with a detection.
        false: flagged records outside of windows.
    """

    raw: float = 0.0
    windows: int = 0
    found: int = 0
    false: int = 0

    def __add__(self, other: "DetectionCounts") -> "DetectionCounts":
        return DetectionCounts(
            self.raw + other.raw,
            self.windows + other.windows,
            self.found + other.found,
            self.false + other.false,
        )

    def normalised(self, profile: Profile = STANDARD) -> float:
        """On the scale where 0 is the silent detector and 100 the perfect one.

        Without windows there is no such scale: it is the raw score times 100.
        """
        silent = -profile.false_negative * self.windows
        best = profile.true_positive * self.windows
        return 100.0 * (self.raw - silent) / ((best - silent) or 1.0)


def scaled_sigmoid(place: float) -> float:
    """From 1 far before the right edge of a window (place 0) to −1 far past it.

    The place counts in widths of the window.
    """
    return -1.0 if place > _FAR else 2.0 / (1.0 + math.exp(_STEEPNESS * place)) - 1.0


def tally(labels: Labelled, flagged: Iterable[int], profile: Profile = STANDARD) -> DetectionCounts:
    """What flagged records earn in one series.

    Args:
        labels: of the series.
        flagged: records that the detector flags, 0 for the first one; those in the probationary
            part are left out.
        profile: weights.
    """
    best: dict[int, float] = {}
    lost, false = 0.0, 0
    top = scaled_sigmoid(-1.0)
    for record in flagged:
        if record < labels.probation:
            continue
        inside = next(
            (
                place
                for place, (first, last) in enumerate(labels.windows)
                if first <= record <= last
            ),
            None,
        )
        if inside is None:
            false += 1
            lost += profile.false_positive * -_behind(labels.windows, record)
        else:
            first, last = labels.windows[inside]
            earned = (
                profile.true_positive
                * scaled_sigmoid(-(last - record + 1) / (last - first + 1))
                / top
            )
            best[inside] = max(best.get(inside, earned), earned)
    missed = len(labels.windows) - len(best)
    return DetectionCounts(
        math.fsum(best.values()) - lost - profile.false_negative * missed,
        len(labels.windows),
        len(best),
        false,
    )


def _behind(windows: Sequence[tuple[int, int]], record: int) -> float:
    before = [window for window in windows if window[1] < record]
    if not before:
        return -1.0
    first, last = before[-1]
    return scaled_sigmoid((record - last) / max(last - first, 1))


def best_threshold(
    scored: Sequence[tuple[Labelled, Sequence[float]]], thresholds: Iterable[float]
) -> tuple[float, float]:
    """The one threshold for all series under which they earn most, and the normalised score there.

    Args:
        scored: labels and the score of every record, per series.
        thresholds: to try; a record is flagged where its score is not below.
    """
    return max(
        ((normalised_at(scored, threshold), threshold) for threshold in thresholds),
        default=(0.0, 1.0),
    )[::-1]


def tally_at(
    scored: Iterable[tuple[Labelled, Sequence[float]]], threshold: float
) -> DetectionCounts:
    """What all series together earn at one threshold."""
    total = DetectionCounts()
    for labels, scores in scored:
        total += tally(
            labels, [record for record, score in enumerate(scores) if score >= threshold]
        )
    return total


def normalised_at(scored: Iterable[tuple[Labelled, Sequence[float]]], threshold: float) -> float:
    """`tally_at`, normalised."""
    return tally_at(scored, threshold).normalised()
