"""The watched series of a signal: the figures behind its score."""

from pydantic import ConfigDict, Field

from api.web.values import Instant, View
from operators.signals.series import Series

_AT = "2026-03-01T09:00:00Z"
_METRIC = Field(
    description="`events`, `match_quality`, `rejected_share`, `new_people_share`,"
    " `order_value:<currency>`, `latency_ms` or `reported_share:<platform>`."
)
_UNIT = Field(
    description="`events` (per step), `points` (0–10), `share` (0–1), `minor` (of the currency)"
    " or `ms`."
)


class SignalMetric(View):
    """A series that is watched of a signal."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "events", "unit": "events", "component": "volume"}]
        }
    )

    name: str = _METRIC
    unit: str = _UNIT
    component: str = Field(description="Component of health that it belongs to.")

    @classmethod
    def from_series(cls, name: str, series: Series) -> "SignalMetric":
        """From what the series means."""
        return cls(name=name, unit=series.unit, component=series.component)


class SeriesPoint(View):
    """One step of a series."""

    at: Instant = Field(description="Where the step begins.")
    value: float | None = Field(description="Null where the counters say nothing about it.")
    expected: float | None = Field(
        description="What the engine expected; null where that was not kept: it keeps the last"
        " points, and those around anomalies."
    )
    low: float | None = Field(description="Of the range expected.")
    high: float | None = Field(description="Of the same.")


class SignalSeries(View):
    """A series of a signal, step by step.

    Steps about which nothing is known are left out. Of most series nothing is kept but the last
    days.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "metric": "events",
                    "unit": "events",
                    "component": "volume",
                    "step_s": 300,
                    "complete_until": "2026-03-01T09:10:00Z",
                    "points": [
                        {"at": _AT, "value": 40.0, "expected": 52.0, "low": 31.0, "high": 74.0}
                    ],
                }
            ]
        }
    )

    metric: str = _METRIC
    unit: str = _UNIT
    component: str
    step_s: int = Field(description="Length of a step, seconds.")
    complete_until: Instant | None = Field(
        description="Everything received until then is counted; null where some partition of the"
        " event log has not said so yet."
    )
    points: list[SeriesPoint]
