"""Alerts to on-call as dashboards see them."""

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from api.web.actors import ActorName
from api.web.values import Instant, View
from store.alerts.episodes import AlertRow
from store.alerts.outbox import NoticeRow

Severity = Literal["info", "warning", "critical"]


_ALERT: JsonDict = {
    "id": 4,
    "key": "signal:source:1",
    "kind": "signal",
    "severity": "critical",
    "worst": "critical",
    "summary": "web (source:1) is unhealthy (0): freshness: last accepted 150 s ago – and 1"
    " more that follow from it",
    "members": ["gate:meta:1"],
    "opened_at": "2026-03-01T09:30:00Z",
    "changed_at": "2026-03-01T09:30:00Z",
    "resolved_at": None,
    "acknowledged_at": None,
    "acknowledged_by": None,
    "acknowledged_by_name": None,
    "waiting": 0,
    "dead": 0,
}


class AlertView(View):
    """One alert: an episode of something that is not, or was not, as it should be."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ALERT]})

    id: int
    key: str = Field(description="What it is about.")
    kind: str = Field(
        description="signal, gate, push, withdrawal, dead_letters, anomaly or engine: the"
        " runbook has a section for each."
    )
    severity: Severity = Field(description="Now.")
    worst: Severity
    summary: str
    members: list[str] = Field(
        description="What else it stands for: consequences, or many of a kind."
    )
    opened_at: Instant
    changed_at: Instant = Field(description="When something was told about it last.")
    resolved_at: Instant | None
    acknowledged_at: Instant | None
    acknowledged_by: str | None
    acknowledged_by_name: ActorName = None
    waiting: int = Field(description="Notices that are to be sent.")
    dead: int = Field(description="Notices that were given up.")

    @classmethod
    def from_row(cls, row: AlertRow) -> "AlertView":
        """From a stored alert."""
        return cls.model_validate(row, from_attributes=True)


class NoticeView(View):
    """One notice to one channel."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 9,
                    "alert_id": 4,
                    "channel": "oncall",
                    "step": "opened",
                    "created_at": "2026-03-01T09:30:00Z",
                    "attempts": 1,
                    "sent_at": "2026-03-01T09:30:01Z",
                    "dead_at": None,
                    "error": "",
                }
            ]
        }
    )

    id: int
    alert_id: int
    channel: str
    step: Literal["opened", "worsened", "reminded", "resolved"]
    created_at: Instant
    attempts: int
    sent_at: Instant | None
    dead_at: Instant | None = Field(description="When it was given up.")
    error: str = Field(description="Why the last attempt failed.")

    @classmethod
    def from_row(cls, row: NoticeRow) -> "NoticeView":
        """From a stored notice."""
        return cls.model_validate(row, from_attributes=True)


class AlertDetail(View):
    """An alert and what was told about it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"alert": _ALERT, "notices": []}]})

    alert: AlertView
    notices: list[NoticeView]


class Retried(View):
    """How many notices are sent once more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"notices": 2}]})

    notices: int
