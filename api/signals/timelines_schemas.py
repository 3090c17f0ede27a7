"""A signal's hours among those of all signals."""

from pydantic import ConfigDict, Field

from api.signals.schemas import SignalHour
from api.web.values import View
from store.signals.timelines import Timeline


class SignalTimeline(View):
    """A signal's hours, oldest first; hours without readings are left out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "signal": "source:1",
                    "name": "web",
                    "hours": [
                        {
                            "hour": "2026-03-01T09:00:00Z",
                            "readings": 720,
                            "unknown": 0,
                            "lowest": 88.0,
                            "mean": 97.5,
                            "highest": 100.0,
                            "last_status": "healthy",
                        }
                    ],
                }
            ]
        }
    )

    signal: str
    name: str | None = Field(description="The source's name; null for others.")
    hours: list[SignalHour]

    @classmethod
    def from_row(cls, row: Timeline) -> "SignalTimeline":
        """From stored hours."""
        hours = [SignalHour.from_row(hour) for hour in row.hours]
        return cls(signal=row.signal, name=row.name, hours=hours)
