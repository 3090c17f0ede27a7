"""Reads what is not as it should be in a workspace now, as conditions for `operators.alerts`.

Reads only; nothing personal is in them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from domain.activation.states import AudienceStatus
from domain.alerts import Condition, Severity
from domain.ids import WorkspaceId
from domain.intake.dead_letter import DeadLetterStatus
from domain.intake.log_refusal import LogRefusal
from operators.alerts.names import with_names
from operators.detection.episodes import Direction
from operators.signals.words import unusual
from store.alerts.privacy_conditions import late_retention, privacy
from store.alerts.push_conditions import failed, held, outstanding
from store.intake.log_refusals import refusals
from store.intake.partitions import Watched, stuck

_UNSUMMED: Final = 1_000
"""Readings not yet rolled up by the hour: one hour at one reading in five seconds, and a margin."""


@dataclass(frozen=True)
class ConditionParams:
    """What counts as a condition.

    Attributes:
        unread_after: a source that was fed lately and has no reading for this long: nobody reads
            signals.
        silent_within: a source that was known within this span and is unknown now has fallen
            silent; as long as the gate waits for it.
        failed_within: a withdrawal that failed within this span and was not repeated is
            outstanding.
        held_within: a push counts as held if that was decided within this span.
        withdrawal_after: a withdrawal that a platform has not taken after this long is outstanding
            …
        confirmation_after: … and one that it took and has not confirmed after this long.
        refused_within: what the event log refused for within this span holds.
        dead_letters: so many new dead letters within `dead_letters_within` raise an alert …
        dead_letters_within: … are told.
        due_within: a request of a person that is not completed and due within this span is told.
        retention_late: what is too old was not gone through, or not to the end, for so long.
    """

    unread_after: timedelta = timedelta(minutes=5)
    silent_within: timedelta = timedelta(days=7)
    failed_within: timedelta = timedelta(days=1)
    held_within: timedelta = timedelta(minutes=5)
    withdrawal_after: timedelta = timedelta(minutes=10)
    confirmation_after: timedelta = timedelta(days=1)
    refused_within: timedelta = timedelta(seconds=30)
    dead_letters: int = 20
    dead_letters_within: timedelta = timedelta(minutes=15)
    due_within: timedelta = timedelta(days=5)
    retention_late: timedelta = timedelta(days=2)


_SIGNALS: Final = f"""
    WITH known AS (
        SELECT 'source:' || id AS signal, name FROM sources WHERE workspace_id = %(workspace)s
        UNION SELECT DISTINCT 'platform:' || platform, platform FROM audiences
        WHERE workspace_id = %(workspace)s AND status <> '{AudienceStatus.DELETED}'
        UNION SELECT 'conversions', 'conversions'
    )
    SELECT known.signal, known.name, newest.status, newest.score, newest.reasons->>0,
        newest.read_at,
           newest.status = 'unknown' AND (
               EXISTS (SELECT 1 FROM reading_hours h WHERE h.workspace_id = %(workspace)s
                   AND h.signal = known.signal
                       AND h.hour_at >= %(silent)s AND h.unknown < h.readings)
               OR EXISTS (SELECT 1 FROM (SELECT score FROM readings r
               WHERE r.workspace_id = %(workspace)s AND r.signal = known.signal
                                         ORDER BY r.read_at DESC LIMIT %(unsummed)s) lately
                                         WHERE score IS NOT NULL)),
           EXISTS (SELECT 1 FROM observations o WHERE o.workspace_id = %(workspace)s
               AND o.signal = known.signal
                   AND o.metric = 'accepted' AND o.minute_at >= %(unread)s)
    FROM known LEFT JOIN LATERAL (
        SELECT status, score, reasons, read_at FROM readings r
        WHERE r.workspace_id = %(workspace)s AND r.signal = known.signal
        ORDER BY r.read_at DESC, r.id DESC LIMIT 1
    ) newest ON true
"""
_WORKSPACES: Final = """
    SELECT id FROM workspaces w
    WHERE NOT EXISTS (SELECT FROM workspace_deletions d WHERE d.workspace_id = w.id) ORDER BY id
"""
_DEAD: Final = f"""
    SELECT reason, count(*) FROM dead_letters
    WHERE workspace_id = %(workspace)s AND status = '{DeadLetterStatus.OPEN}'
      AND recorded_at >= %(dead)s GROUP BY reason ORDER BY 2 DESC, 1
"""
_BROKEN: Final = f"""
    SELECT (SELECT count(*) FROM dead_letters
            WHERE (workspace_id = %(workspace)s OR workspace_id IS NULL)
              AND status = '{DeadLetterStatus.OPEN}'
              AND reason = 'internal_error' AND command = ''
              AND recorded_at >= %(failed)s),
           (SELECT count(*) FROM dead_letters
            WHERE (workspace_id = %(workspace)s OR workspace_id IS NULL)
              AND status <> '{DeadLetterStatus.RESOLVED}' AND command <> ''),
           (SELECT count(*) FROM resting_people WHERE workspace_id = %(workspace)s
               AND until_at > %(now)s)
"""
_ANOMALIES: Final = """
    SELECT signal, metric, direction, value, expected FROM anomalies
    WHERE workspace_id = %(workspace)s AND ended_at IS NULL
"""


def workspaces(conn: Connection[Any]) -> list[WorkspaceId]:
    """Every workspace."""
    return [WorkspaceId(row[0]) for row in conn.execute(_WORKSPACES)]


def source_names(conn: Connection[Any], workspace: WorkspaceId) -> dict[str, str]:
    """Names of a workspace's sources.

    Args:
        conn: any connection.
        workspace: tenant.

    Returns:
        The id of each source's signal → its name: ``{"source:1": "web"}``.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    sql = "SELECT 'source:' || id, name FROM sources WHERE workspace_id = %s"
    return dict(conn.execute(sql, (workspace,)).fetchall())


def conditions(
    conn: Connection[Any],
    workspace: WorkspaceId,
    now: datetime,
    params: ConditionParams,
    watched: Watched | None = None,
) -> list[Condition]:
    """Everything that is not as it should be now.

    Args:
        conn: any connection.
        workspace: where.
        now: clock.
        params: what counts.
        watched: partitions that must advance; they affect every workspace.
    """
    names = {
        "workspace": workspace,
        "silent": now - params.silent_within,
        "unsummed": _UNSUMMED,
        "failed": now - params.failed_within,
        "unread": now - params.unread_after,
        "held": now - params.held_within,
        "withdrawn": now - params.withdrawal_after,
        "confirmed": now - params.confirmation_after,
        "dead": now - params.dead_letters_within,
        "due": now + params.due_within,
        "late": now - params.retention_late,
        "unsent": now - params.withdrawal_after,
        "now": now,
    }
    signal_names = source_names(conn, workspace)
    return [
        *_signals(conn, names),
        *held(conn, names, signal_names),
        *failed(conn, names),
        *outstanding(conn, names),
        *privacy(conn, names),
        *late_retention(conn, names),
        *_dead_letters(conn, names, params),
        *_anomalies(conn, names, signal_names),
        *_log(conn, now - params.refused_within),
        *_broken(conn, names),
        *(_partitions(conn, watched, now) if watched is not None else ()),
    ]


def _signals(conn: Connection[Any], names: dict[str, Any]) -> Iterator[Condition]:
    unread = []
    for signal, name, status, score, reason, read_at, known_lately, fed in conn.execute(
        _SIGNALS, names
    ):
        spoken = f"{name} ({signal})" if name != signal else signal
        causes = ("signals:unread",)
        if fed and (read_at is None or read_at < names["unread"]):
            unread.append(signal)
        elif status in {"degraded", "unhealthy"} and score is not None:
            severity = Severity.CRITICAL if status == "unhealthy" else Severity.WARNING
            yield Condition(
                f"signal:{signal}",
                "signal",
                severity,
                f"{spoken} is {status} ({score:.0f}): {reason or ''}",
                causes,
            )
        elif status == "unknown" and known_lately and signal.startswith("source:"):
            summary = f"{spoken} fell silent: {reason or 'no data'}"
            yield Condition(f"signal:{signal}", "signal", Severity.WARNING, summary, causes)
    if unread:
        summary = (
            f"events come and no signal is read: {len(unread)} without a reading; every push is"
            " held"
        )
        yield Condition("signals:unread", "engine", Severity.CRITICAL, summary)


def _dead_letters(
    conn: Connection[Any], names: dict[str, Any], params: ConditionParams
) -> Iterator[Condition]:
    found = conn.execute(_DEAD, names).fetchall()
    total = sum(count for _, count in found)
    if total >= params.dead_letters:
        reasons = ", ".join(f"{reason} {count}" for reason, count in found[:3])
        minutes = params.dead_letters_within.total_seconds() / 60
        summary = f"{total} records could not be processed within {minutes:g} min: {reasons}"
        yield Condition("dead_letters", "dead_letters", Severity.WARNING, summary)


def _broken(conn: Connection[Any], names: dict[str, Any]) -> Iterator[Condition]:
    """What broke the engine, and was put aside so that it holds up nobody else."""
    for records, commands, people in conn.execute(_BROKEN, names):
        if records:
            summary = f"{records} records broke the engine and were put aside: a fault of ours"
            yield Condition("internal_errors", "internal_error", Severity.WARNING, summary)
        if commands:
            yield Condition(
                "commands",
                "command",
                Severity.CRITICAL,
                f"{commands} commands of operators were not carried out",
            )
        if people:
            summary = f"{people} people cannot be evaluated by the clock and rest: a fault of ours"
            yield Condition("resting", "resting", Severity.WARNING, summary)


def _partitions(conn: Connection[Any], watched: Watched, now: datetime) -> Iterator[Condition]:
    for one in stuck(conn, watched, now):
        place = f"{one.log}, partition {one.partition}, position {one.position}"
        workers = "1 worker" if one.tries == 1 else f"{one.tries} workers"
        died = f"{place}: {workers} took it up and did not get past it"
        summary = (
            died
            if one.tries
            else f"{place}: nothing has been processed since {one.moved_at:%Y-%m-%d %H:%M} UTC"
        )
        yield Condition(
            f"partition:{one.log}:{one.partition}", "partition", Severity.CRITICAL, summary
        )


def _anomalies(
    conn: Connection[Any], names: dict[str, Any], signal_names: Mapping[str, str]
) -> Iterator[Condition]:
    for signal, metric, direction, value, expected in conn.execute(_ANOMALIES, names):
        said = unusual(metric, Direction(direction), value, expected)
        summary = f"{with_names(signal, signal_names)}: {said}"
        yield Condition(
            f"anomaly:{signal}:{metric}", "anomaly", Severity.INFO, summary, (f"signal:{signal}",)
        )


def _log(conn: Connection[Any], after: datetime) -> Iterator[Condition]:
    """The log is shared: every workspace gets the alert."""
    known = {reason.value: reason for reason in LogRefusal}
    for code, since, detail in refusals(conn, after):
        meaning = known[code].meaning if code in known else code
        summary = (
            f"new events are refused since {since:%Y-%m-%d %H:%M} UTC ({code}):"
            f" {meaning}{f' ({detail})' if detail else ''}"
        )
        severity = Severity.WARNING if code == LogRefusal.BUSY else Severity.CRITICAL
        yield Condition(f"log:{code}", "log", severity, summary)
