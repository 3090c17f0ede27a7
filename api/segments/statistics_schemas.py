"""Statistics of segments, stages and RFM as dashboards see them."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from api.web.values import Count, Instant, View
from domain.profiles.profile import Stage
from store.segments.statistics import Point, SegmentChange, SegmentMoves

_AT = "2026-03-01T09:00:00Z"


def volatility(entries: int, exits: int, size: int) -> float | None:
    """Entries and exits as a share of the members; None without members.

    >>> volatility(3, 1, 8)
    0.5
    """
    return (entries + exits) / size if size else None


class SegmentSize(View):
    """A segment now, and how much it moved of late."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "name": "lapsing VIPs",
                    "status": "live",
                    "members": 1834,
                    "entries": 40,
                    "exits": 12,
                    "volatility": 0.0284,
                }
            ]
        }
    )

    id: int
    name: str
    status: str
    members: int
    entries: int = Field(description="People who entered since the instant asked for.")
    exits: int = Field(description="People who left since then.")
    volatility: float | None = Field(
        description="(entries + exits) / members now; null without members."
    )

    @classmethod
    def from_row(cls, row: SegmentMoves) -> "SegmentSize":
        """From the stored segment."""
        moved = volatility(row.entries, row.exits, row.size)
        return cls(
            id=row.id,
            name=row.name,
            status=row.status,
            members=row.size,
            entries=row.entries,
            exits=row.exits,
            volatility=moved,
        )


class SegmentPoint(View):
    """One hour or day of a segment."""

    at: Instant = Field(
        description=(
            "Where the step begins; the first one counts what is since the instant asked for."
        )
    )
    members: int = Field(description="At its end.")
    entries: int
    exits: int
    volatility: float | None = Field(
        description="(entries + exits) / members at the end of the step; null without members."
    )

    @classmethod
    def from_point(cls, point: Point) -> "SegmentPoint":
        """From one step."""
        moved = volatility(point.entries, point.exits, point.size)
        return cls(
            at=point.at,
            members=point.size,
            entries=point.entries,
            exits=point.exits,
            volatility=moved,
        )


class SegmentHistory(View):
    """A segment step by step."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "name": "lapsing VIPs",
                    "step": "hour",
                    "points": [
                        {"at": _AT, "members": 200, "entries": 15, "exits": 5, "volatility": 0.1}
                    ],
                }
            ]
        }
    )

    id: int
    name: str
    step: Literal["hour", "day"]
    points: list[SegmentPoint]


class SegmentChangeView(View):
    """Somebody entered or left a segment."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 71,
                    "at": _AT,
                    "kind": "entry",
                    "profile_id": "5f0c1f6e-7d0b-4f6e-9a51-0c9f1f4f8a11",
                    "version": 2,
                    "cause": "event",
                }
            ]
        }
    )

    id: int
    at: Instant
    kind: Literal["entry", "exit"]
    profile_id: UUID = Field(
        description="Who it was then; merged away since, the id leads to the survivor."
    )
    version: int = Field(description="Version of the definition that decided.")
    cause: str = Field(description="event, merge, unmerge, wake, edit or consent.")

    @classmethod
    def from_row(cls, row: SegmentChange) -> "SegmentChangeView":
        """From the outbox."""
        kind: Literal["entry", "exit"] = "entry" if row.delta > 0 else "exit"
        return cls(
            id=row.id,
            at=row.changed_at,
            kind=kind,
            profile_id=row.profile_id,
            version=row.version,
            cause=row.cause,
        )


class LifecycleDistribution(View):
    """People per lifecycle stage."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "as_of": _AT,
                    "people": {"value": 100, "exact": True},
                    "stages": {
                        "anonymous": {"value": 60, "exact": True},
                        "known": {"value": 25, "exact": True},
                        "customer": {"value": 10, "exact": True},
                        "churned": {"value": 5, "exact": True},
                    },
                    "shares": {"anonymous": 0.6, "known": 0.25, "customer": 0.1, "churned": 0.05},
                }
            ]
        }
    )

    as_of: Instant
    people: Count
    stages: dict[Stage, Count]
    shares: dict[Stage, float] = Field(description="Of the stages' sum, 0–1; empty without people.")


class RfmDistributionView(View):
    """How buyers spread over RFM scores, as of the last refresh."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 1,
                    "taken_at": _AT,
                    "population": 6,
                    "segments": {"champions": 2, "hibernating": 4},
                    "grid": [
                        [2, 0, 0, 0, 0],
                        [0, 2, 0, 0, 0],
                        [0, 0, 0, 0, 0],
                        [0, 0, 0, 0, 0],
                        [0, 0, 0, 0, 2],
                    ],
                }
            ]
        }
    )

    version: int = Field(description="Of the RFM definition; 0 where the workspace has none.")
    taken_at: Instant | None = Field(description="Null before the first refresh.")
    population: int = Field(description="Buyers that have scores.")
    segments: dict[str, int] = Field(description="Named segment → buyers.")
    grid: list[list[int]] = Field(
        description="Buyers by recency score 1–5 (rows) and frequency score 1–5 (columns)."
    )
