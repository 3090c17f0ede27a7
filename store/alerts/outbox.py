"""The outbox of notices: what alerts have to say, to which channels.

Notices are claimed for a while, sent, and noted: one that was sent by a process which died before
noting it is sent again, under the same key. Those of one alert and channel go in order.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from domain.alerts import Notice, Step
from domain.ids import WorkspaceId
from domain.instants import utc

_CLAIM: Final = """
    UPDATE alert_notices SET attempts = attempts + 1, next_at = %(until)s WHERE id IN (
        SELECT n.id FROM alert_notices n
        WHERE n.sent_at IS NULL AND n.dead_at IS NULL AND n.next_at <= %(now)s
            AND n.channel = ANY(%(channels)s)
          AND NOT EXISTS (SELECT 1 FROM alert_notices e WHERE e.alert_id = n.alert_id
              AND e.channel = n.channel AND e.id < n.id
                          AND e.sent_at IS NULL AND e.dead_at IS NULL)
        ORDER BY n.id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    RETURNING id, alert_id, channel, notice::text, attempts
"""
_UPSERT: Final = """
    INSERT INTO alerts (workspace_id, dedup_key, key, kind, severity, worst, summary, members,
        opened_at, changed_at, resolved_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (dedup_key) DO UPDATE
        SET severity = excluded.severity, worst = excluded.worst, summary = excluded.summary,
        members = excluded.members, changed_at = excluded.changed_at, resolved_at
            = excluded.resolved_at
    RETURNING id
"""


@dataclass(frozen=True)
class Claimed:
    """One notice in this process's hands.

    Attributes:
        attempts: tries so far, this one included.
    """

    id: int
    alert_id: int
    channel: str
    notice: Notice
    attempts: int


@dataclass(frozen=True)
class NoticeRow:
    """One notice to one channel."""

    id: int
    alert_id: int
    channel: str
    step: str
    created_at: datetime
    attempts: int
    sent_at: datetime | None
    dead_at: datetime | None
    error: str


def enqueue(conn: Connection[Any], notice: Notice, channels: Iterable[str], now: datetime) -> None:
    """Store the episode of a notice and put the notice into the outbox.

    The end goes to every channel that knew of it.
    """
    episode = notice.episode
    row = conn.execute(
        _UPSERT,
        (
            notice.workspace, notice.dedup_key, episode.key, episode.kind, episode.severity.word,
            episode.worst.word, episode.summary,
            msgspec.json.encode(episode.members).decode(), utc(episode.opened_ms),
            utc(notice.at_ms),
            utc(notice.ended_ms) if notice.ended_ms else None,
        ),
    ).fetchone()  # fmt: skip
    alert = row[0] if row else 0
    wanted = list(channels)
    if notice.step is Step.RESOLVED:
        sql = "SELECT DISTINCT channel FROM alert_notices WHERE alert_id = %s ORDER BY channel"
        wanted = [row[0] for row in conn.execute(sql, (alert,))]
    body = msgspec.json.encode(notice).decode()
    with conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO alert_notices (alert_id, channel, step, notice, created_at, next_at)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [(alert, channel, notice.step.value, body, now, now) for channel in wanted],
        )


def claim(
    conn: Connection[Any], channels: Iterable[str], now: datetime, lease: timedelta, limit: int
) -> list[Claimed]:
    """Claim notices that are due, the oldest first.

    Nobody else gets them until the lease ends. One that another version wrote, and that this one
    cannot read, is given up.

    Args:
        conn: an open connection.
        channels: names of channels.
        now: clock.
        lease: for how long.
        limit: how many at most.
    """
    names = {"channels": list(channels), "now": now, "until": now + lease, "limit": limit}
    found = []
    for number, alert, channel, notice, attempts in sorted(conn.execute(_CLAIM, names).fetchall()):
        try:
            found.append(
                Claimed(number, alert, channel, msgspec.json.decode(notice, type=Notice), attempts)
            )
        except msgspec.DecodeError:
            give_up(conn, number, "this version cannot read the notice", now)
    return found


def sent(conn: Connection[Any], notice: int, now: datetime) -> None:
    """Note that a notice arrived."""
    conn.execute("UPDATE alert_notices SET sent_at = %s, error = '' WHERE id = %s", (now, notice))


def postpone(conn: Connection[Any], notice: int, next_at: datetime, error: str = "") -> None:
    """Try a notice again later; one without an error was not even sent, and this was no attempt."""
    sql = """
        UPDATE alert_notices SET error = coalesce(%(error)s, error), next_at = %(next)s,
               attempts = attempts - CASE WHEN %(error)s IS NULL THEN 1 ELSE 0 END
        WHERE id = %(notice)s AND sent_at IS NULL
    """
    conn.execute(sql, {"error": error or None, "next": next_at, "notice": notice})


def give_up(conn: Connection[Any], notice: int, error: str, now: datetime) -> None:
    """Give up a notice."""
    conn.execute(
        "UPDATE alert_notices SET error = %s, dead_at = %s WHERE id = %s", (error, now, notice)
    )


_SUPERSEDED: Final = """EXISTS (
        SELECT 1 FROM alert_notices newer WHERE newer.alert_id = n.alert_id
            AND newer.channel = n.channel AND newer.id > n.id
        AND newer.sent_at IS NOT NULL)
"""
"""The channel has a newer notice of this alert.

Sending an opening after its end would open the alert again, for good.
"""
_NOTICES: Final = """
    SELECT n.id, n.alert_id, n.channel, n.step, n.created_at, n.attempts, n.sent_at, n.dead_at,
        n.error
    FROM alert_notices n JOIN alerts a ON a.id = n.alert_id WHERE a.workspace_id = %(workspace)s
"""


def notices(
    conn: Connection[Any], workspace: WorkspaceId, alert: int | None = None, limit: int = 100
) -> list[NoticeRow]:
    """Notices of one alert in order, or given-up notices of all.

    Without an alert, these are the ones that would still make sense, the newest first.
    """
    if alert is None:
        sql = (
            _NOTICES
            + " AND n.dead_at IS NOT NULL AND NOT "
            + _SUPERSEDED
            + " ORDER BY n.id DESC LIMIT %(limit)s"
        )
    else:
        sql = _NOTICES + " AND n.alert_id = %(alert)s ORDER BY n.id LIMIT %(limit)s"
    with conn.cursor(row_factory=class_row(NoticeRow)) as cursor:
        return cursor.execute(
            sql, {"workspace": workspace, "alert": alert, "limit": limit}
        ).fetchall()


def retry_dead(conn: Connection[Any], workspace: WorkspaceId, now: datetime) -> int:
    """Queue given-up notices again, except those with something newer of their alert.

    Returns:
        How many.
    """
    sql = """
        UPDATE alert_notices n SET dead_at = NULL, attempts = 0, next_at = %s FROM alerts a
        WHERE a.id = n.alert_id AND a.workspace_id = %s AND n.dead_at IS NOT NULL AND NOT
    """ + _SUPERSEDED  # fmt: skip
    return conn.execute(sql, (now, workspace)).rowcount
