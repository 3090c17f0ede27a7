"""One signal in depth: why it scores as it does, where it is heading, and its past by the hour."""

from typing import Literal

from pydantic import ConfigDict, Field

from api.signals.series_schemas import SignalMetric
from api.signals.trust_schemas import Reading, StatusNow
from api.web.values import Instant, View, instant
from operators.signals.forecast import Outlook
from store.signals.readings import HourRow


class OutlookView(View):
    """Where a score is heading."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"per_hour": -6.0, "crosses": 70.0, "at": "2026-03-01T12:30:00Z"}]
        }
    )

    per_hour: float | None = Field(
        description="Points per hour over the last readings; null where there are too few."
    )
    crosses: float | None = Field(
        description="Threshold that it would cross next, within six hours; null for none."
    )
    at: Instant | None = Field(description="When, if it continues like that.")

    @classmethod
    def from_outlook(cls, outlook: Outlook) -> "OutlookView":
        """From an outlook."""
        return cls(
            per_hour=outlook.per_hour,
            crosses=outlook.crosses,
            at=None if outlook.at_ms is None else instant(outlook.at_ms),
        )


class SignalDetail(View):
    """One signal: its newest reading, why, and where it is heading."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "signal": "source:1",
                    "name": "web",
                    "status": "degraded",
                    "why": "source:1 scores 55 of 100 (degraded) because match quality is at 55: …",
                    "capped_by": "match_quality",
                    "reading": None,
                    "outlook": {"per_hour": 0.0, "crosses": None, "at": None},
                    "metrics": [{"name": "events", "unit": "events", "component": "volume"}],
                }
            ]
        }
    )

    signal: str
    name: str | None = Field(description="Of a source; null for other signals.")
    status: StatusNow
    why: str = Field(description="Why it is what it is, as a sentence.")
    capped_by: str | None = Field(
        description="The critical component that holds the score down; null where it is the"
        " weighted mean, or `status` is `unknown`."
    )
    reading: Reading | None
    outlook: OutlookView = Field(description="All null where `status` is `unknown`.")
    metrics: list[SignalMetric] = Field(description="Its series; `…/series` has their points.")


class SignalHour(View):
    """A signal's readings of one hour."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "hour": "2026-03-01T09:00:00Z",
                    "readings": 720,
                    "unknown": 0,
                    "lowest": 88.0,
                    "mean": 97.5,
                    "highest": 100.0,
                    "last_status": "healthy",
                }
            ]
        }
    )

    hour: Instant
    readings: int
    unknown: int = Field(description="Of them, readings without a score.")
    lowest: float | None
    mean: float | None
    highest: float | None
    last_status: Literal["healthy", "degraded", "unhealthy", "unknown"]

    @classmethod
    def from_row(cls, row: HourRow) -> "SignalHour":
        """From a stored hour."""
        return cls.model_validate(row, from_attributes=True)
