"""Counters of a minute, or of a span: every name is split into metric and suffix once."""

from collections.abc import Mapping
from typing import Final

_NONE: Final[Mapping[str, float]] = {}


class Counts:
    """Counters, summed over writers.

    Args:
        raw: metric, with its suffix as ``metric:suffix``, → sum.
    """

    __slots__ = ("_by_metric", "raw")

    def __init__(self, raw: Mapping[str, float]) -> None:
        self.raw = raw
        self._by_metric: dict[str, dict[str, float]] = {}
        for name, value in raw.items():
            metric, separator, suffix = name.partition(":")
            if separator:
                self._by_metric.setdefault(metric, {})[suffix] = value

    def __getitem__(self, metric: str) -> float:
        """A metric without a suffix; 0 where nothing was counted."""
        return self.raw.get(metric, 0.0)

    def total(self, metric: str) -> float:
        """Sum of a metric over all its suffixes."""
        return self[metric] + sum(self.by_suffix(metric).values())

    def by_suffix(self, metric: str) -> Mapping[str, float]:
        """Suffix → sum of a metric."""
        return self._by_metric.get(metric, _NONE)
