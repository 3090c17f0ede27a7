"""What the signals flow reads and writes: counters that changed, known signals, readings."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from domain.activation.states import AudienceStatus
from domain.ids import WorkspaceId
from domain.instants import EPOCH, to_ms, utc
from domain.signals import metrics
from domain.signals.reading import Checkpoint, ComponentReading, Observed, Reading, Status
from store.last_word import READINGS

_CHANGED: Final = """
SELECT workspace_id, signal, minute_at, shard, metric, value, updated_at
FROM observations WHERE updated_at >= %s AND minute_at >= %s
"""
# A transaction dates its counters with its own start. Writers name themselves, so that a long dump
# does not hold the instant back.
_SETTLED: Final = """
SELECT least(statement_timestamp(), min(xact_start)) FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'stratum-%' AND pid <> pg_backend_pid()
"""
_KNOWN: Final = f"""
SELECT workspace_id, 'source:' || id FROM sources
UNION
SELECT workspace_id, 'platform:' || platform FROM audiences
    WHERE status <> '{AudienceStatus.DELETED}'
"""
_WRITE: Final = (
    READINGS
    + """
INSERT INTO readings (workspace_id, signal, read_at, score, status, sample, components, reasons)
SELECT * FROM unnest(%s::integer[], %s::text[], %s::timestamptz[], %s::float8[], %s::text[],
    %s::bigint[], %s::jsonb[], %s::jsonb[])
WHERE (SELECT count(*) FROM ordered) > 0 RETURNING id
"""
)
_SINCE: Final = """
SELECT workspace_id, signal, read_at, score, status, sample, components, reasons, id
FROM readings WHERE workspace_id = %s AND signal = ANY(%s) AND read_at >= %s ORDER BY id
"""
# Written last is newest: a clock that went back dates readings before those that it gave earlier.
_NEWEST: Final = """
SELECT newest.workspace_id, newest.signal, newest.read_at, newest.score, newest.status,
    newest.sample, newest.components, newest.reasons,
    newest.id
FROM unnest(%s::integer[], %s::text[]) AS asked (workspace_id, signal)
CROSS JOIN LATERAL (
    SELECT * FROM (
        SELECT * FROM readings r WHERE r.workspace_id = asked.workspace_id
            AND r.signal = asked.signal ORDER BY r.read_at DESC LIMIT %s
    ) latest ORDER BY latest.id DESC LIMIT 1
) newest
"""
_LATEST_READINGS: Final = 2_000
"""How many of the latest-dated readings are searched for the one that was written last.

It is among them unless a clock went back by more than they span: an hour at one reading every two
seconds, the highest rate (`HealthParams.look_interval`).
"""
_PRUNE: Final = """
DELETE FROM readings WHERE read_at < %s AND id NOT IN (SELECT unnest(reading_ids) FROM decisions)
"""
_THIN: Final = """
DELETE FROM readings WHERE id NOT IN (SELECT unnest(reading_ids) FROM decisions) AND id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (
            PARTITION BY workspace_id, signal, date_trunc('minute', read_at), status
                ORDER BY read_at DESC, id DESC)
        FROM readings WHERE read_at >= %s AND read_at < %s
    ) numbered WHERE row_number > 1)
"""
_PRUNE_DETAILS: Final = """
DELETE FROM observations WHERE minute_at < %s AND split_part(metric, ':', 1) <> ALL(%s)
"""
_ROLL_UP: Final = """
INSERT INTO reading_hours
SELECT workspace_id, signal, date_trunc('hour', read_at), count(*), count(*) FILTER
    (WHERE score IS NULL),
       min(score), avg(score), max(score), (array_agg(status ORDER BY read_at DESC, id DESC))[1]
FROM readings WHERE read_at >= %s AND read_at < %s GROUP BY 1, 2, 3
ON CONFLICT (workspace_id, signal, hour_at) DO UPDATE SET
    readings = excluded.readings, unknown = excluded.unknown, lowest = excluded.lowest, mean
        = excluded.mean, highest = excluded.highest,
    last_status = excluded.last_status
"""
_MEMORIES: Final = "SELECT workspace_id, signal, memory FROM signal_memory WHERE saved_at >= %s"
_REMEMBER: Final = """
INSERT INTO signal_memory (workspace_id, signal, memory, saved_at)
SELECT * FROM unnest(%s::integer[], %s::text[], %s::bytea[], %s::timestamptz[])
ON CONFLICT (workspace_id, signal) DO UPDATE
    SET memory = excluded.memory, saved_at = excluded.saved_at
"""
_FEEDING: Final = """
SELECT 'source:' || s.id FROM sources s
WHERE s.workspace_id = %s AND EXISTS (
    SELECT 1 FROM observations o
    WHERE o.workspace_id = s.workspace_id AND o.signal = 'source:' || s.id AND o.metric = 'accepted'
        AND o.minute_at >= %s)
"""


def changed_minutes(
    conn: Connection[Any], since: datetime, minutes_since: datetime
) -> dict[tuple[WorkspaceId, str], list[Observed]]:
    """Counters that were added to since an instant.

    Reading a row again is harmless, for rows hold totals.

    Args:
        conn: any connection.
        since: changed at or after this.
        minutes_since: of minutes that began at or after this.

    Returns:
        (workspace, signal) → counters.
    """
    found: dict[tuple[WorkspaceId, str], list[Observed]] = {}
    for workspace, signal, minute, shard, metric, value, updated in conn.execute(
        _CHANGED, (since, minutes_since)
    ):
        row = Observed(to_ms(minute), shard, metric, value, to_ms(updated))
        found.setdefault((WorkspaceId(workspace), signal), []).append(row)
    return found


def settled_at(conn: Connection[Any]) -> datetime:
    """Return the instant before which no counter changes any more, by the server's clock.

    It is now, or the start of the oldest open transaction.

    Whoever asks this, reads what changed, and continues from here next time misses nothing, however
    long a transaction was open.
    """
    row = conn.execute(_SETTLED).fetchone()
    settled: datetime = row[0] if row else EPOCH
    return settled


def known_signals(conn: Connection[Any]) -> set[tuple[WorkspaceId, str]]:
    """Every registered source and every platform with an audience, silent ones included."""
    return {(WorkspaceId(workspace), signal) for workspace, signal in conn.execute(_KNOWN)}


def write_readings(conn: Connection[Any], readings: Sequence[Reading]) -> list[Reading]:
    """Store readings; returns them with their ids.

    A request that begins sees them, or is on record before them (`store.last_word`).
    """
    if not readings:
        return []
    workspaces = [reading.workspace for reading in readings]
    rows = conn.execute(
        _WRITE,
        (
            workspaces,
            workspaces,
            [reading.signal for reading in readings],
            [utc(reading.read_ms) for reading in readings],
            [reading.score for reading in readings],
            [reading.status.value for reading in readings],
            [reading.sample for reading in readings],
            [_components(reading.components) for reading in readings],
            [msgspec.json.encode(reading.reasons).decode() for reading in readings],
        ),
    ).fetchall()
    return [
        msgspec.structs.replace(reading, id=row[0])
        for reading, row in zip(readings, rows, strict=True)
    ]


def _components(components: Iterable[ComponentReading]) -> str:
    return msgspec.json.encode({component.name: component for component in components}).decode()


def readings_since(
    conn: Connection[Any], workspace: WorkspaceId, signals: Sequence[str], since: datetime
) -> list[Reading]:
    """Stored readings of some signals, oldest first."""
    return [_reading(row) for row in conn.execute(_SINCE, (workspace, list(signals), since))]


def _reading(row: Sequence[Any]) -> Reading:
    """A row of `_SINCE` or `_NEWEST`."""
    workspace, signal, read_at, score, status, sample, components, reasons, number = row
    stated = tuple(
        msgspec.convert(component, ComponentReading) for component in components.values()
    )
    return Reading(
        WorkspaceId(workspace),
        signal,
        to_ms(read_at),
        score,
        Status(status),
        sample,
        stated,
        tuple(reasons),
        number,
    )


def newest_readings(
    conn: Connection[Any], signals: Iterable[tuple[WorkspaceId, str]]
) -> dict[tuple[WorkspaceId, str], Reading]:
    """The reading of each signal that was stored last, of those that have one.

    Args:
        conn: any connection.
        signals: (workspace, signal).
    """
    ordered = sorted(signals)
    places = (
        [workspace for workspace, _ in ordered],
        [signal for _, signal in ordered],
        _LATEST_READINGS,
    )
    found = (_reading(row) for row in conn.execute(_NEWEST, places))
    return {(reading.workspace, reading.signal): reading for reading in found}


def feeding_sources(conn: Connection[Any], workspace: WorkspaceId, since: datetime) -> list[str]:
    """Signals of the sources that had an accepted event since an instant."""
    return [signal for (signal,) in conn.execute(_FEEDING, (workspace, since))]


def prune_readings(conn: Connection[Any], before: datetime) -> int:
    """Delete readings older than an instant, except those that a decision is based on.

    Returns:
        How many were deleted.
    """
    return conn.execute(_PRUNE, (before,)).rowcount


def thin_readings(conn: Connection[Any], since: datetime, until: datetime) -> int:
    """Thin readings in a range to the last per signal, minute and status; return how many went.

    Readings that a decision is based on stay.
    """
    return conn.execute(_THIN, (since, until)).rowcount


def prune_details(conn: Connection[Any], before: datetime) -> int:
    """Delete the counters of older minutes that health alone needs, and so no longer does.

    Returns:
        How many were deleted.
    """
    return conn.execute(_PRUNE_DETAILS, (before, list(metrics.LASTING))).rowcount


def roll_up(conn: Connection[Any], since: datetime, until: datetime) -> int:
    """Sum up the readings of whole hours, or recompute them; returns how many hours of signals."""
    return conn.execute(_ROLL_UP, (since, until)).rowcount


def load_checkpoints(
    conn: Connection[Any], since: datetime
) -> dict[tuple[WorkspaceId, str], bytes]:
    """Checkpoints stored since an instant, packed: (workspace, signal) → baseline."""
    return {
        (WorkspaceId(workspace), signal): bytes(memory)
        for workspace, signal, memory in conn.execute(_MEMORIES, (since,))
    }


def save_checkpoints(
    conn: Connection[Any], checkpoints: Sequence[Checkpoint], now: datetime
) -> None:
    """Store checkpoints."""
    newest = {(one.workspace, one.signal): one for one in checkpoints}
    if newest:
        rows = list(newest.values())
        values = (
            [one.workspace for one in rows],
            [one.signal for one in rows],
            [one.memory for one in rows],
            [now] * len(rows),
        )
        conn.execute(_REMEMBER, values)
