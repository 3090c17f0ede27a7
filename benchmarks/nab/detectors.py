"""The detectors that NAB's corpus compares: river's, and the one that watches metrics here.

Each is a function from a series' step to a `Detector`; none knows the series' name, its length or
what comes later. River's are scored at the threshold that suits them best over all series, and with
the same rule that one surprise silences lesser ones for a while.
"""

import math
import pickle
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, Protocol, TypeAlias

import msgspec
import river.anomaly
import river.drift
import river.time_series

from domain.instants import DAY_MS
from operators.detection.anomaly_params import AnomalyParams
from operators.detection.detector import AnomalyState, score_point
from operators.detection.tail import Tail, TailParams, keep, rarity

# river has no annotations.
anomaly: Any = river.anomaly
drift: Any = river.drift
time_series: Any = river.time_series
_Model: TypeAlias = Any
"""One of river's, which share no type."""
_MEMORY: Final = 4_000
_TAIL: Final = TailParams()


class Detector(Protocol):
    """Scores points as they come."""

    def score(self, at_ms: int, value: float) -> float:
        """How anomalous one point is; the greater the more."""

    def size_bytes(self) -> int:
        """Of the state, as it would be stored."""


class StratumDetector:
    """`operators.detection.detector`."""

    def __init__(self, step_ms: int, *, spells: bool = True) -> None:
        self._params = AnomalyParams(step=timedelta(milliseconds=step_ms))
        self._state = AnomalyState()
        self._spells = spells

    def score(self, at_ms: int, value: float) -> float:
        """`Detector.score`."""
        scored = score_point(self._state, at_ms, value, self._params)
        if scored is None:
            return 0.0
        return scored.score if self._spells else scored.surprise

    def size_bytes(self) -> int:
        """`Detector.size_bytes`."""
        return len(msgspec.msgpack.encode(self._state))


class River:
    """A model of river, scored before it learns.

    Args:
        model: it.
        look: model, instant and value → score; it learns, too.
    """

    def __init__(
        self,
        model: _Model,
        look: Callable[[Any, int, float], float],
    ) -> None:
        self._model = model
        self._look = look

    def score(self, at_ms: int, value: float) -> float:
        """`Detector.score`."""
        return self._look(self._model, at_ms, value)

    def size_bytes(self) -> int:
        """`Detector.size_bytes`."""
        return len(pickle.dumps(self._model))


class RefractoryDetector:
    """Another detector of which only a score greater than those of the last while counts."""

    def __init__(self, of: Detector, step_ms: int) -> None:
        params = AnomalyParams()
        self._of = of
        self._spell_ms = max(
            params.spell // timedelta(milliseconds=1), params.spell_points * step_ms
        )
        self._recent: list[tuple[int, float]] = []

    def score(self, at_ms: int, value: float) -> float:
        """`Detector.score`."""
        score = self._of.score(at_ms, value)
        while self._recent and at_ms - self._recent[0][0] >= self._spell_ms:
            self._recent.pop(0)
        fresh = not self._recent or score > self._recent[0][1]
        # Descending scores, as a sliding maximum keeps them.
        while self._recent and self._recent[-1][1] <= score:
            self._recent.pop()
        self._recent.append((at_ms, score))
        return score if fresh else 0.0

    def size_bytes(self) -> int:
        """`Detector.size_bytes`."""
        return self._of.size_bytes()


class ForecastDetector:
    """Errors of a river forecaster, scored like `operators.detection.detector`."""

    def __init__(self, forecaster: _Model) -> None:
        self._forecaster = forecaster
        self._tails = (Tail(), Tail())
        self._scale, self._points = 0.0, 0

    def score(self, _at_ms: int, value: float) -> float:
        """`Detector.score`."""
        error = value - _forecast(self._forecaster)
        self._forecaster.learn_one(value)
        self._points += 1
        if not math.isfinite(error):
            return 0.0
        off = min(abs(error) / max(self._scale, 1e-9), 1e30)
        young = self._points <= 40
        self._scale += (
            abs(error) if young else min(abs(error), 4 * self._scale) - self._scale
        ) / min(self._points, 500)
        if young:
            return 0.0
        tail = self._tails[error < 0]
        points = min(self._points, _MEMORY)
        rare = rarity(tail, off, points, _TAIL) if self._points > 100 else 0.0
        keep(tail, off)
        return rare

    def size_bytes(self) -> int:
        """`Detector.size_bytes`."""
        return len(pickle.dumps(self._forecaster)) + len(msgspec.msgpack.encode(self._tails))


def _supervised(model: _Model, _at_ms: int, value: float) -> float:
    score = float(model.score_one(None, value))
    model.learn_one(None, value)
    return score


def _forecasting(model: _Model, _at_ms: int, value: float) -> float:
    try:
        score = float(model.score_one({}, value))
    except (IndexError, OverflowError):
        # The forecasters of river cannot say anything before their first season.
        score = 0.0
    model.learn_one({}, value)
    return score if math.isfinite(score) else 0.0


def _forecast(forecaster: _Model) -> float:
    try:
        return float(forecaster.forecast(1)[0])
    except (IndexError, OverflowError):
        return math.nan


class _Trees:
    """Half-space trees see the value and its change, scaled by the range so far, and the hour."""

    def __init__(self, *, quantile: float = 0.0) -> None:
        trees = anomaly.HalfSpaceTrees(n_trees=10, height=8, window_size=250, seed=1)
        self._model = anomaly.QuantileFilter(trees, q=quantile) if quantile else trees
        self._low = self._high = self._last = math.nan

    def look(self, at_ms: int, value: float) -> float:
        """Score, then learn."""
        last = value if math.isnan(self._last) else self._last
        self._low = min(self._low, value, last)
        self._high = max(self._high, value, last)
        self._last = value
        if math.isnan(self._low):
            self._low = self._high = value
        width = (self._high - self._low) or 1.0
        seen = {
            "value": (value - self._low) / width,
            "change": 0.5 + (value - last) / width / 2,
            "hour": at_ms % DAY_MS / DAY_MS,
        }
        score = float(self._model.score_one(seen))
        if isinstance(self._model, anomaly.QuantileFilter):
            score = float(self._model.classify(score))
        self._model.learn_one(seen)
        return score


def _drifting(model: _Model, _at_ms: int, value: float) -> float:
    model.update(value)
    return float(model.drift_detected)


def _season(step_ms: int) -> int:
    return max(2, round(DAY_MS / step_ms))


def _holt_winters(step_ms: int) -> _Model:
    return time_series.HoltWinters(alpha=0.2, beta=0.001, gamma=0.2, seasonality=_season(step_ms))


def _snarimax(step_ms: int) -> _Model:
    return time_series.SNARIMAX(p=3, d=0, q=1, m=_season(step_ms), sp=1)


def _trees(quantile: float = 0.0) -> Detector:
    trees = _Trees(quantile=quantile)
    return River(trees, lambda _model, at_ms, value: trees.look(at_ms, value))


DETECTORS: Final[Mapping[str, Callable[[int], Detector]]] = {
    "operators.detection.detector": StratumDetector,
    "operators.detection.detector without spells": lambda step_ms: StratumDetector(
        step_ms, spells=False
    ),
    "river GaussianScorer": lambda _step: River(
        anomaly.GaussianScorer(window_size=1_000), _supervised
    ),
    "river StandardAbsoluteDeviation": lambda _step: River(
        anomaly.StandardAbsoluteDeviation(), _supervised
    ),
    "river HalfSpaceTrees": lambda _step: _trees(),
    "river QuantileFilter(HalfSpaceTrees)": lambda _step: _trees(quantile=0.999),
    "river PredictiveAnomalyDetection(HoltWinters)": lambda step: River(
        anomaly.PredictiveAnomalyDetection(
            _holt_winters(step), n_std=6.0, warmup_period=_season(step) + 50
        ),
        _forecasting,
    ),
    "river PredictiveAnomalyDetection(SNARIMAX)": lambda step: River(
        anomaly.PredictiveAnomalyDetection(_snarimax(step), n_std=6.0, warmup_period=100),
        _forecasting,
    ),
    "river ADWIN": lambda _step: River(drift.ADWIN(delta=0.0001), _drifting),
    "river PageHinkley": lambda _step: River(drift.PageHinkley(), _drifting),
    "river HoltWinters, errors judged by our tails": lambda step: ForecastDetector(
        _holt_winters(step)
    ),
    "river SNARIMAX, errors judged by our tails": lambda step: ForecastDetector(_snarimax(step)),
}
"""Name → how it is made for a series with a step in ms."""
