"""From a finding to a score: how bad is bad.

Shared by the components of health.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from operators.detection.cusum import Finding
from operators.detection.episodes import WatchState
from operators.signals.series import open_episodes

_HARMLESS: Final = 0.5
"""A change of less than half of what matters costs nothing."""
_MATTERS: Final = 55.0
"""Score of a certain change of exactly what matters: below healthy, above unhealthy."""
_WORST: Final = 2.5
"""A change of so many times what matters is the worst."""


_ODD: Final = 80.0
"""Score of an anomaly that nothing else confirms: not perfect, and no reason to hold."""


class Part(NamedTuple):
    """One thing that a component looked at.

    Attributes:
        score: 0–100.
        inputs: what the score rests on, by name; units in the names.
        reason: a sentence without its end.
    """

    score: float
    inputs: dict[str, float]
    reason: str


def falling(value: float, full: float, zero: float) -> float:
    """100 up to `full`, 0 from `zero` on, linear between.

    For values that are worse the greater they are.
    """
    if math.isnan(value) or value >= zero:
        return 0.0
    return 100.0 if value <= full else 100.0 * (zero - value) / (zero - full)


def changed(certainty: float, times: float) -> float:
    """Score of a change.

    Args:
        certainty: 0–1.
        times: how many times what matters it is.

    >>> changed(1.0, 1.0), changed(0.0, 9.0), changed(1.0, 0.4), changed(1.0, 2.5)
    (55.0, 100.0, 100.0, 0.0)
    """
    if times <= 1:
        full = 100.0 - (100.0 - _MATTERS) * max(0.0, times - _HARMLESS) / (1 - _HARMLESS)
    else:
        full = _MATTERS * max(0.0, _WORST - times) / (_WORST - 1)
    return 100.0 - certainty * (100.0 - full)


def of_finding(name: str, said: str, finding: Finding, material: float) -> Part:
    """A share's change as a part.

    Args:
        name: what it is a share of; names the inputs.
        said: the reason, before its two numbers.
        finding: of its test.
        material: change that matters, absolute.
    """
    away = abs(finding.now - finding.usual)
    inputs = {f"{name}_share": finding.now, f"{name}_usual_share": finding.usual}
    return Part(
        changed(finding.certainty, away / material),
        inputs,
        f"{said}: {finding.now:.1%} instead of {finding.usual:.1%}",
    )


def episode_parts(watches: Mapping[str, WatchState]) -> Iterator[Part]:
    """Open anomalies that speak against a signal."""
    for metric, (direction, value, low, high) in open_episodes(watches).items():
        inputs = {f"{metric}_value": value, f"{metric}_low": low, f"{metric}_high": high}
        spelled = metric.replace("_", " ").replace(":", " ")
        way, expected = "high" if direction == "up" else "low", f"{low:.3g} to {high:.3g}"
        said = f"{spelled} is unusually {way}: {value:.3g}, expected {expected}"
        yield Part(_ODD, inputs, said)
