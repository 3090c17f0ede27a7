"""What the live feed tells: the data of each event, by the event's name."""

from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from api.web.commands import Kind
from api.web.values import Instant, View

_AT = "2026-03-01T09:30:00Z"
Topic = Literal[
    "statistics", "readings", "decisions", "pushes", "alerts", "sweeps", "commands", "events"
]


class LiveReading(View):
    """A signal was read."""

    signal: str
    id: int
    score: float | None
    status: Literal["healthy", "degraded", "unhealthy", "unknown"]
    read_at: Instant


class LiveDecision(View):
    """The gate decided."""

    id: int
    destination: str
    audience_id: int | None
    action: str
    verdict: Literal["pass", "hold", "block"]
    codes: list[str]
    decided_at: Instant


class LivePush(View):
    """A push began, got on or ended."""

    id: int
    audience_id: int
    kind: Literal["scheduled", "manual", "urgent", "delete"]
    status: Literal["running", "processing", "done", "failed", "held", "cancelled"]
    adds: int
    removes: int
    sent: int
    rejected: int
    started_at: Instant
    ended_at: Instant | None


class LiveAlert(View):
    """An alert opened, changed, was acknowledged or resolved."""

    id: int
    key: str
    kind: str
    severity: Literal["info", "warning", "critical"]
    opened_at: Instant
    changed_at: Instant
    resolved_at: Instant | None
    acknowledged_at: Instant | None


class LiveSweep(View):
    """A sweep began, got on or ended."""

    id: int
    status: Literal["running", "done"]
    segments: list[int]
    people: int
    visited: int
    changed: int
    stale: int | None
    finished_at: Instant | None


class LiveCommand(View):
    """A command was given or processed."""

    id: str
    kind: Kind
    status: Literal["pending", "processed"]
    requested_at: Instant


class LiveEventCount(View):
    """How many events of one type and name were stored."""

    type: str
    name: str
    count: int


class LiveEvent(View):
    """One stored event, without its content."""

    id: UUID
    type: str
    name: str
    received_at: Instant


class LiveEvents(View):
    """What was stored since the message before."""

    counts: list[LiveEventCount]
    exact: bool = Field(
        description="False where rows are left out: more were stored than one look counts, or"
        " partitions of the log are read late, and what they hold is older than what is looked at."
    )
    shown: list[LiveEvent] = Field(description="The newest of them, a few.")


class LiveStatistics(View):
    """A workspace's sums since its beginning."""

    at: Instant
    accepted: int
    duplicate: int
    rejected: int
    new_people: int


class LiveAway(View):
    """Postgres does not answer: nothing is told until `back`, and nothing is lost."""

    since: Instant


class LiveBack(View):
    """Postgres answers again."""

    since: Instant = Field(description="When it went away.")


class LiveGap(View):
    """What came in between is not told: read these lists anew."""

    topics: list[Topic]


class LiveMessages(View):
    """The data of each event of the feed, by the event's name."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "reading": {
                        "signal": "source:1",
                        "id": 37,
                        "score": 63.1,
                        "status": "degraded",
                        "read_at": _AT,
                    },
                    "decision": {
                        "id": 3,
                        "destination": "meta:1",
                        "audience_id": 1,
                        "action": "push",
                        "verdict": "hold",
                        "codes": ["degraded"],
                        "decided_at": _AT,
                    },
                    "push": {
                        "id": 7,
                        "audience_id": 1,
                        "kind": "manual",
                        "status": "done",
                        "adds": 12,
                        "removes": 2,
                        "sent": 14,
                        "rejected": 0,
                        "started_at": _AT,
                        "ended_at": _AT,
                    },
                    "alert": {
                        "id": 4,
                        "key": "signal:source:1",
                        "kind": "signal",
                        "severity": "critical",
                        "opened_at": _AT,
                        "changed_at": _AT,
                        "resolved_at": None,
                        "acknowledged_at": None,
                    },
                    "sweep": {
                        "id": 5,
                        "status": "running",
                        "segments": [7],
                        "people": 23570,
                        "visited": 9000,
                        "changed": 312,
                        "stale": None,
                        "finished_at": None,
                    },
                    "command": {
                        "id": "unmerge-12-9f2c4e1a0b7d3c55",
                        "kind": "unmerge",
                        "status": "pending",
                        "requested_at": _AT,
                    },
                    "events": {
                        "counts": [{"type": "track", "name": "Order Completed", "count": 3}],
                        "exact": True,
                        "shown": [],
                    },
                    "statistics": {
                        "at": _AT,
                        "accepted": 97405,
                        "duplicate": 12,
                        "rejected": 3,
                        "new_people": 23930,
                    },
                    "away": {"since": _AT},
                    "back": {"since": _AT},
                    "gap": {"topics": ["readings"]},
                }
            ]
        }
    )

    reading: LiveReading
    decision: LiveDecision
    push: LivePush
    alert: LiveAlert
    sweep: LiveSweep
    command: LiveCommand
    events: LiveEvents
    statistics: LiveStatistics
    away: LiveAway
    back: LiveBack
    gap: LiveGap


NAMES: dict[str, tuple[str, type[View]]] = {
    "readings": ("reading", LiveReading),
    "decisions": ("decision", LiveDecision),
    "pushes": ("push", LivePush),
    "alerts": ("alert", LiveAlert),
    "sweeps": ("sweep", LiveSweep),
    "commands": ("command", LiveCommand),
    "events": ("events", LiveEvents),
    "statistics": ("statistics", LiveStatistics),
}
"""Topic → (name of its events, their data)."""
