"""From a finding to a score: how bad is bad.

Shared by the components of health.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from operators.detection.cusum import Finding
from operators.detection.metric_watch import WatchState
from operators.signals.series import open_episodes
from operators.signals.words import unusual


@dataclass(frozen=True)
class ScoreParams:
    """How bad is bad: what a change costs, as a multiple of the change that matters.

    The defaults were chosen on the fault lab's seeds 1, 2 and 3.

    Attributes:
        harmless: up to so many times what matters a change costs nothing, below 1.
        matters: score of a certain change of exactly what matters, 0–100: below healthy, above
            unhealthy.
        worst: a change of so many times what matters scores 0, above 1.
        unconfirmed: score of an anomaly that nothing else confirms, 0–100: not perfect, and no
            reason to hold.
    """

    harmless: float = 0.5
    matters: float = 55.0
    worst: float = 2.5
    unconfirmed: float = 80.0

    def __post_init__(self) -> None:
        if not 0 <= self.harmless < 1 < self.worst:
            raise ValueError("0 <= harmless < 1 < worst")
        if not (0 <= self.matters <= 100 and 0 <= self.unconfirmed <= 100):
            raise ValueError("matters and unconfirmed lie between 0 and 100")


class Part(NamedTuple):
    """One thing that a component looked at.

    Attributes:
        score: 0–100.
        inputs: what the score is based on, by name; units in the names.
        reason: a sentence without its end.
    """

    score: float
    inputs: dict[str, float]
    reason: str


def falling(value: float, full: float, zero: float) -> float:
    """100 up to `full`, 0 from `zero` on, linear between.

    It scores values that are worse the greater they are.
    """
    if math.isnan(value) or value >= zero:
        return 0.0
    return 100.0 if value <= full else 100.0 * (zero - value) / (zero - full)


def changed(certainty: float, times: float, params: ScoreParams) -> float:
    """Score of a change.

    Args:
        certainty: 0–1.
        times: how many times what matters it is.
        params: what it costs.

    >>> [changed(*one, ScoreParams()) for one in ((1, 1.0), (0, 9.0), (1, 0.4), (1, 2.5))]
    [55.0, 100.0, 100.0, 0.0]
    """
    if times <= 1:
        full = 100.0 - (100.0 - params.matters) * max(0.0, times - params.harmless) / (
            1 - params.harmless
        )
    else:
        full = params.matters * max(0.0, params.worst - times) / (params.worst - 1)
    return 100.0 - certainty * (100.0 - full)


def of_finding(
    name: str, said: str, finding: Finding, min_effect: float, params: ScoreParams
) -> Part:
    """A share's change as a part.

    Args:
        name: what it is a share of; names the inputs.
        said: the reason, before its two numbers.
        finding: of its test.
        min_effect: least change that matters, absolute.
        params: what it costs.
    """
    away = abs(finding.observed - finding.baseline)
    inputs = {f"{name}_share": finding.observed, f"{name}_usual_share": finding.baseline}
    return Part(
        changed(finding.certainty, away / min_effect, params),
        inputs,
        f"{said}: {finding.observed:.1%} instead of {finding.baseline:.1%}",
    )


def episode_parts(watches: Mapping[str, WatchState], params: ScoreParams) -> Iterator[Part]:
    """Open anomalies that speak against a signal."""
    for metric, (direction, value, low, high) in open_episodes(watches).items():
        inputs = {f"{metric}_value": value, f"{metric}_low": low, f"{metric}_high": high}
        yield Part(params.unconfirmed, inputs, unusual(metric, direction, value, low, high))
