"""An ad platform's responses under a disturbance.

Spans of time in, counters as deliveries write them out.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from domain.signals import metrics
from faultlab.disturbance import Disturbance
from faultlab.profiles import Deliveries
from faultlab.rhythm import Pulse, PulseState

_SPREAD: Final = 0.35
"""Standard deviation of the logarithm of rows per request and of latencies."""
_MATCH_NOISE: Final = 0.015
"""Standard deviation of the match rates that a platform reports."""
_REJECT_NOISE: Final = 300.0
"""Concentration of the beta noise of the share of rejected rows."""


@dataclass
class DeliveriesState:
    """Memory of a platform's deliveries."""

    dice: np.random.Generator
    pulse: PulseState = field(default_factory=PulseState)


class Answers:
    """Draws a platform's responses.

    Args:
        profile: the platform.
        state: where an earlier stretch stopped; it is changed.
        disturbance: what happens.
        onset_ms: since when.
    """

    def __init__(
        self, profile: Deliveries, state: DeliveriesState, disturbance: Disturbance, onset_ms: int
    ) -> None:
        self.state = state
        self._profile = profile
        self._disturbance = disturbance
        self._onset_ms = onset_ms
        self._pulse = Pulse(profile.rhythm, state.dice, state.pulse)

    def counters(self, until_ms: int, span_ms: int) -> dict[str, float]:
        """What was counted in a span, by metric; empty where no push was sent."""
        profile, disturbance, dice = self._profile, self._disturbance, self.state.dice
        elapsed = until_ms - self._onset_ms
        level = disturbance.level(elapsed)
        pushes = self._pulse.count(until_ms, span_ms, disturbance.factor(elapsed))
        if not pushes:
            return {}
        requests = pushes + int(dice.poisson(pushes * (profile.requests - 1.0)))
        failed = int(
            dice.binomial(requests, min(1.0, profile.failing + disturbance.failing * level))
        )
        retried = int(dice.binomial(requests, profile.throttled))
        delivered = requests - failed
        counted: dict[str, float] = {
            metrics.REQUESTS_OK: delivered,
            metrics.REQUESTS_FAILED: failed,
            metrics.REQUESTS_RETRIED: retried,
            metrics.LATENCY_MS: float(
                np.exp(np.log(profile.latency_ms) + _SPREAD * dice.standard_normal(requests)).sum()
            ),
        }
        if delivered:
            rows = int(
                np.exp(np.log(profile.rows) + _SPREAD * dice.standard_normal(delivered)).sum()
            )
            share = min(0.99, profile.rejected + disturbance.rejected * level)
            counted[metrics.ROWS_SENT] = rows
            counted[metrics.ROWS_REJECTED] = int(
                rows * dice.beta(share * _REJECT_NOISE, (1.0 - share) * _REJECT_NOISE)
            )
            matched = profile.matched * (
                1.0 + (disturbance.matched - 1.0) * level
            ) + _MATCH_NOISE * dice.standard_normal(pushes)
            counted[metrics.MATCH_RATE] = float(np.clip(matched, 0.0, 1.0).sum())
            counted[metrics.MATCH_RATES] = pushes
        return {metric: value for metric, value in counted.items() if value}
