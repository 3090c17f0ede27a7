"""Notices of one alert, as the machine would give them."""

from datetime import UTC, datetime

from domain.alerts import Episode, Notice, Severity, Step
from domain.ids import WorkspaceId
from domain.instants import to_ms
from sinks.alerts.links import Links

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
NOW_MS = to_ms(NOW)
LINKS = Links("https://docs.example/runbook.md", "https://cdp.example/")
SUMMARY = (
    "shop <web> & app (source:1) is unhealthy (6): fewer events carry email: 15.0% instead of 50.0%"
)
MEMBERS = ("gate:meta:3", "gate:tiktok:4")


def notice(
    step: Step = Step.OPENED, severity: Severity = Severity.CRITICAL, summary: str = SUMMARY
) -> Notice:
    """A notice about an alert that opened at 09:30 and, where it is resolved, ended at 09:40."""
    ended_ms = NOW_MS + 600_000 if step is Step.RESOLVED else 0
    episode = Episode(
        "signal:source:1", "signal", NOW_MS, severity, severity, summary, MEMBERS, NOW_MS
    )
    return Notice(WorkspaceId(7), step, episode, ended_ms or NOW_MS, ended_ms)
