"""An audience's pushes over time."""

from pydantic import ConfigDict, Field

from api.web.values import Instant, View
from store.pushes.push_statistics import PushPoint, PushStep

_AT = "2026-03-01T09:00:00Z"


class PushPointView(View):
    """One hour or day of an audience's pushes."""

    at: Instant = Field(
        description="Where the step begins; the first one counts what is since the instant asked"
        " for."
    )
    pushes: int = Field(description="Pushes that began in it, withdrawals included.")
    held: int = Field(
        description="Decisions `hold` or `block`. The gate repeats one that stands now and then."
    )
    adds: int = Field(description="People planned to be added.")
    removes: int = Field(description="People planned to be removed.")
    sent: int = Field(description="Rows that the platform accepted.")
    rejected: int = Field(description="Rows that the platform could not use, by its own estimate.")
    members: int | None = Field(
        description="People on the list as the platform told after the step's last push, at least"
        " and rounded; null where it did not tell."
    )
    match_rate: float | None = Field(
        description="Share matched, 0–1, as the platform told after the step's last push; null"
        " where it did not tell, and without a push."
    )

    @classmethod
    def from_point(cls, point: PushPoint) -> "PushPointView":
        """From one step."""
        rate = point.match_rate
        return cls.model_validate(
            point._asdict() | {"match_rate": None if rate is None else rate / 100}
        )


class PushStatistics(View):
    """An audience's pushes step by step."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "audience_id": 1,
                    "since": _AT,
                    "until": "2026-03-01T10:00:00Z",
                    "step": "hour",
                    "points": [
                        {
                            "at": _AT,
                            "pushes": 1,
                            "held": 0,
                            "adds": 12,
                            "removes": 2,
                            "sent": 14,
                            "rejected": 0,
                            "members": 1100,
                            "match_rate": 0.71,
                        }
                    ],
                }
            ]
        }
    )

    audience_id: int
    since: Instant
    until: Instant
    step: PushStep
    points: list[PushPointView] = Field(
        description="Every step of the range, also those without a push."
    )
