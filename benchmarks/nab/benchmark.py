"""Anomaly detectors on the shipped part of NAB: score, time per point, size of state.

Streaming, without tuning per series: every detector sees one point after the other. The chosen one
is scored at the threshold that the product uses; all others at the one threshold that suits them
best in hindsight, which is in their favour.
"""

import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.nab.corpus import Series, corpus
from benchmarks.nab.detectors import DETECTORS, Detector, RefractoryDetector, StratumDetector
from benchmarks.nab.picture import PICTURE, PICTURED, draw
from benchmarks.nab.scoring import Labelled, best_threshold, tally_at
from benchmarks.support.figures import Report
from operators.detection.episodes import EpisodeParams

AIM: Final = 60.0
AIM_US: Final = 100.0
AIM_BYTES: Final = 4_096
_FINEST: Final = 2e-5
_COARSEST: Final = 0.05
"""Thresholds are tried that flag from one record in 50,000 to one in 20."""


@dataclass(frozen=True)
class Run:
    """What one detector made of the corpus.

    Attributes:
        scored: series, labels and the score of every record.
        us_per_point: time of one point.
        state_bytes: the largest state at the end of a series.
    """

    scored: tuple[tuple[Series, Labelled, list[float]], ...]
    us_per_point: float
    state_bytes: int

    def for_families(self, families: Iterable[str]) -> list[tuple[Labelled, list[float]]]:
        """Labels and scores of some families."""
        wanted = set(families)
        return [
            (labels, scores) for series, labels, scores in self.scored if series.family in wanted
        ]


def detect(series: Sequence[Series], make: Callable[[int], Detector]) -> Run:
    """Run a detector over every series."""
    found, seconds, state_bytes = [], 0.0, 0
    for one in series:
        detector = make(one.step_ms)
        started = time.perf_counter()
        scores = [
            detector.score(at_ms, value) for at_ms, value in zip(one.at_ms, one.values, strict=True)
        ]
        seconds += time.perf_counter() - started
        state_bytes = max(state_bytes, detector.size_bytes())
        found.append((one, one.labels, scores))
    return Run(tuple(found), seconds / sum(len(one.values) for one in series) * 1e6, state_bytes)


def thresholds(scored: Iterable[tuple[Labelled, Sequence[float]]]) -> list[float]:
    """Thresholds worth trying: where a geometric row of shares of the records is flagged."""
    every = [score for _, one in scored for score in one]
    scores = sorted((score for score in every if score > 0), reverse=True)
    shares = (_COARSEST * 0.85**power for power in range(60))
    return (
        sorted(
            {
                scores[min(len(scores) - 1, int(len(every) * share))]
                for share in shares
                if share >= _FINEST
            }
        )
        if scores
        else [1.0]
    )


def _cross_validated(report: Report, run: Run, families: Sequence[str], threshold: float) -> None:
    """Tune the threshold on some families, score on the others."""
    grid = [step / 100 for step in range(40, 71)]
    halves = []
    for tuned in itertools.combinations(families, (len(families) + 1) // 2):
        others = [family for family in families if family not in tuned]
        best, _ = best_threshold(run.for_families(tuned), grid)
        if sum(len(labels.windows) for labels, _ in run.for_families(others)):
            halves.append(tally_at(run.for_families(others), best).normalised())
    report.add(
        "threshold tuned on half of the families, scored on the others",
        f"mean {sum(halves) / len(halves):.1f}",
        f"lowest {min(halves):.1f}",
    )
    for family in families:
        total = tally_at(run.for_families([family]), threshold)
        score = f"{total.normalised():.1f}" if total.windows else "no windows"
        report.add(
            f"  {family}", score, f"{total.found} of {total.windows} windows, {total.false} false"
        )


def run(report: Report, river: int = 1, picture: int = 0) -> None:
    """Score every detector.

    ``river=0`` runs the chosen one alone, ``picture=1`` redraws the picture of the docs.
    """
    series = corpus()
    if picture:
        draw(next(one for one in series if one.name == PICTURED), PICTURE)
    families = sorted({one.family for one in series})
    threshold = EpisodeParams().threshold
    chosen = detect(series, StratumDetector)
    total = tally_at(chosen.for_families(families), threshold)
    score = total.normalised()
    report.add(
        f"NAB, operators.detection.detector at {threshold:g}",
        f"{score:.1f} ({total.found}/{total.windows} found, {total.false} false)",
        "silent 0, perfect 100, windowed Gaussian published 39.6", f"≥ {AIM:g}", met=score >= AIM,
    )  # fmt: skip
    report.add(
        "time per point",
        f"{chosen.us_per_point:.0f} µs",
        "",
        f"≤ {AIM_US:g} µs",
        met=chosen.us_per_point <= AIM_US,
    )
    report.add(
        "state, encoded",
        f"{chosen.state_bytes:,} bytes",
        "",
        f"≤ {AIM_BYTES:,}",
        met=chosen.state_bytes <= AIM_BYTES,
    )
    _cross_validated(report, chosen, families, threshold)
    for name, make in DETECTORS.items() if river else ():
        if make is StratumDetector:
            continue
        variants = {name: make}
        if name.startswith("river"):
            variants[f"{name}, with spells"] = lambda step, made=make: RefractoryDetector(
                made(step), step
            )  # type: ignore[misc]
        for variant, build in variants.items():
            other = detect(series, build)
            scored = other.for_families(families)
            best, reached = best_threshold(scored, thresholds(scored))
            found = tally_at(scored, best)
            reference = f"{other.us_per_point:.0f} µs, {other.state_bytes:,} bytes"
            report.add(
                f"  {variant}",
                f"{reached:.1f} ({found.found}/{found.windows} found, {found.false} false)",
                reference,
            )
