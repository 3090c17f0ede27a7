"""Schemas of anomalies: an episode, the range that was expected, and the points around it."""

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.web.values import Instant, View, instant
from store.signals.anomalies import AnomalyRow

_EXAMPLE: JsonDict = {
    "id": 7,
    "signal": "source:1",
    "metric": "order_value:EUR",
    "started_at": "2026-03-01T09:30:00Z",
    "peak_at": "2026-03-01T09:35:00Z",
    "ended_at": None,
    "direction": "up",
    "score": 0.93,
    "value": 612000.0,
    "expected": 6100.0,
    "expected_low": 3900.0,
    "expected_high": 9400.0,
    "ending": None,
}


class AnomalyView(View):
    """One anomaly of one metric of a signal."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: int
    signal: str
    metric: str = Field(
        description="`events`, `match_quality`, `rejected_share`, `new_people_share`,"
        " `order_value:<currency>` (minor unit), `latency_ms`, "
        "`reported_share:<platform>`; points are five minutes apart."
    )
    started_at: Instant
    peak_at: Instant
    ended_at: Instant | None = Field(description="Null while it lasts.")
    direction: Literal["up", "down"]
    score: float = Field(description="Of its peak, 0–1.")
    value: float = Field(description="At its peak.")
    expected: float
    expected_low: float
    expected_high: float
    ending: Literal["recovered", "adopted", "silent"] | None = Field(
        description="Whether the value came back, became the new usual, or was seen no more;"
        " null while it lasts."
    )

    @classmethod
    def from_row(cls, row: AnomalyRow) -> "AnomalyView":
        """From a stored anomaly."""
        return cls.model_validate(_fields(row))


class PicturePoint(View):
    """One point of the picture."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "at": "2026-03-01T09:30:00Z",
                    "value": 6020.0,
                    "expected": 6100.0,
                    "low": 3900.0,
                    "high": 9400.0,
                }
            ]
        }
    )

    at: Instant
    value: float
    expected: float
    low: float
    high: float


class AnomalyDetail(AnomalyView):
    """An anomaly with the picture around it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_EXAMPLE, "picture": []}]})

    picture: list[PicturePoint] = Field(description="The points around it, oldest first.")

    @classmethod
    def from_row(cls, row: AnomalyRow) -> "AnomalyDetail":
        """From a stored anomaly."""
        points = [
            {"at": instant(int(at)), "value": value, "expected": expected, "low": low, "high": high}
            for at, value, expected, low, high in row.picture
        ]
        return cls.model_validate({**_fields(row), "picture": points})


def _fields(row: AnomalyRow) -> dict[str, object]:
    return {
        **{name: value for name, value in vars(row).items() if name != "picture"},
        "ending": row.ending or None,
    }
