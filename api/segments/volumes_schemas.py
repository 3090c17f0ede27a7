"""Event volumes as dashboards see them."""

from typing import Literal

from pydantic import ConfigDict, Field

from api.web.values import Instant, View
from store.segments.volumes import Volume, VolumeBy

_AT = "2026-03-01T09:00:00Z"


class VolumePoint(View):
    """Events in one step."""

    at: Instant
    events: int


class EventVolume(View):
    """Events of one name, source or type over time."""

    name: str | None = Field(
        description="By `by`: the event name, empty for events without one; the source's id as"
        " text; or the type. Null for all that are not shown apart."
    )
    events: int = Field(description="All of them.")
    points: list[VolumePoint] = Field(description="Steps without events are left out.")

    @classmethod
    def from_rows(cls, name: str | None, rows: list[Volume]) -> "EventVolume":
        """From the steps of one key."""
        points = [VolumePoint(at=row.at, events=row.events) for row in rows]
        return cls(name=name, events=sum(row.events for row in rows), points=points)


class EventVolumes(View):
    """Events per name, source or type and step, most events first.

    A step without a point had no events if it lies between `first_received_at` and
    `complete_until`; outside, nothing is known of it.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "since": _AT,
                    "until": "2026-03-01T10:00:00Z",
                    "step": "hour",
                    "by": "name",
                    "first_received_at": "2026-02-01T08:00:00Z",
                    "complete_until": "2026-03-01T10:00:00Z",
                    "names": [
                        {
                            "name": "Order Completed",
                            "events": 12,
                            "points": [{"at": _AT, "events": 12}],
                        }
                    ],
                }
            ]
        }
    )

    since: Instant
    until: Instant
    step: Literal["minute", "hour", "day"]
    by: VolumeBy
    first_received_at: Instant | None = Field(
        description="When the workspace's first event was received; null where none was. Events"
        " may be dated earlier."
    )
    complete_until: Instant | None = Field(
        description="Everything received until then is counted; null where some partition of the"
        " event log has not said so yet."
    )
    names: list[EventVolume]
