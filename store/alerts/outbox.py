"""Alerts as stored: the machine's memory, episodes, and the outbox of notices.

What a look changes is one transaction.

Notices are claimed for a while, sent, and noted: one that was sent by a process which died before
noting it is sent again, under the same key. Those of one alert and channel go in order.
"""

from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from domain.alerts import Episode, Notice, Step
from domain.ids import WorkspaceId
from domain.instants import utc
from operators.alerts.watches import AlertState
from store import locks

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
class AlertRow:
    """One alert.

    Attributes:
        severity: now.
        members: keys of the conditions that it stands for besides its own.
        waiting: notices that are to be sent.
        dead: notices that were given up.
    """

    id: int
    key: str
    kind: str
    severity: str
    worst: str
    summary: str
    members: list[str]
    opened_at: datetime
    changed_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    waiting: int
    dead: int


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


@contextmanager
def looking(conn: Connection[Any]) -> Any:  # noqa: ANN401 - a context of bool
    """Be the only process that looks, for one transaction; yields False where another one is."""
    with conn.transaction():
        row = conn.execute("SELECT pg_try_advisory_xact_lock(%s)", (locks.ALERTS,)).fetchone()
        yield row is not None and bool(row[0])


def load_state(conn: Connection[Any], workspace: WorkspaceId) -> AlertState:
    """The machine's memory; empty where it never looked, or where what is stored cannot be read."""
    row = conn.execute(
        "SELECT state::text FROM alert_states WHERE workspace_id = %s", (workspace,)
    ).fetchone()
    try:
        return msgspec.json.decode(row[0], type=AlertState) if row else AlertState()
    except msgspec.DecodeError:
        return AlertState()


def save_state(
    conn: Connection[Any], workspace: WorkspaceId, state: AlertState, now: datetime
) -> None:
    """Store the machine's memory."""
    sql = """
        INSERT INTO alert_states (workspace_id, state, looked_at) VALUES (%s, %s, %s)
        ON CONFLICT (workspace_id) DO UPDATE
            SET state = excluded.state, looked_at = excluded.looked_at
    """
    conn.execute(sql, (workspace, msgspec.json.encode(state).decode(), now))


def acknowledged(conn: Connection[Any], workspace: WorkspaceId) -> frozenset[str]:
    """Keys of open alerts that somebody acknowledged."""
    sql = (
        "SELECT key FROM alerts WHERE workspace_id = %s AND resolved_at IS NULL AND acknowledged_at"
        " IS NOT NULL"
    )
    return frozenset(row[0] for row in conn.execute(sql, (workspace,)))


def tell(conn: Connection[Any], notice: Notice, channels: Iterable[str], now: datetime) -> None:
    """Write what a notice says about its episode, and put it in the outbox.

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


def show(conn: Connection[Any], workspace: WorkspaceId, episodes: Iterable[Episode]) -> None:
    """Write how episodes are now, which is not worth a notice."""
    sql = """
        UPDATE alerts SET severity = %s, summary = %s, members = %s
        WHERE workspace_id = %s AND key = %s AND resolved_at IS NULL
    """
    for one in episodes:
        conn.execute(
            sql,
            (
                one.severity.word,
                one.summary,
                msgspec.json.encode(one.members).decode(),
                workspace,
                one.key,
            ),
        )


def claim(
    conn: Connection[Any], channels: Iterable[str], now: datetime, lease: timedelta, limit: int
) -> list[Claimed]:
    """Take notices that are due in hand, the oldest first.

    Nobody else is given them for the time of the lease.

    One that another version wrote, and that this one cannot read, is given up.
    """
    names = {"channels": list(channels), "now": now, "until": now + lease, "limit": limit}
    found = []
    for number, alert, channel, notice, attempts in sorted(conn.execute(_CLAIM, names).fetchall()):
        try:
            found.append(
                Claimed(number, alert, channel, msgspec.json.decode(notice, type=Notice), attempts)
            )
        except msgspec.DecodeError:
            bury(conn, number, "this version cannot read the notice", now)
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


def bury(conn: Connection[Any], notice: int, error: str, now: datetime) -> None:
    """Give a notice up."""
    conn.execute(
        "UPDATE alert_notices SET error = %s, dead_at = %s WHERE id = %s", (error, now, notice)
    )


_ALERTS: Final = """
    SELECT a.id, a.key, a.kind, a.severity, a.worst, a.summary, a.members, a.opened_at,
        a.changed_at, a.resolved_at, a.acknowledged_at,
           a.acknowledged_by, n.waiting, n.dead
    FROM alerts a CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE sent_at IS NULL
            AND dead_at IS NULL) AS waiting, count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead
        FROM alert_notices WHERE alert_id = a.id
    ) n
    WHERE a.workspace_id = %(workspace)s
"""


def page(
    conn: Connection[Any], workspace: WorkspaceId, *, lasting: bool, after: int | None, limit: int
) -> list[AlertRow]:
    """Alerts, the newest first; `after` is the id of the last one of the page before."""
    sql = _ALERTS + """
        AND (NOT %(lasting)s OR a.resolved_at IS NULL)
        AND (%(after)s::bigint IS NULL OR a.id < %(after)s)
        ORDER BY a.id DESC LIMIT %(limit)s
    """  # fmt: skip
    return _rows(
        conn,
        AlertRow,
        sql,
        {"workspace": workspace, "lasting": lasting, "after": after, "limit": limit},
    )


def by_id(conn: Connection[Any], workspace: WorkspaceId, alert: int) -> AlertRow | None:
    """One alert; None where the workspace has none of this id."""
    found = _rows(
        conn, AlertRow, _ALERTS + " AND a.id = %(alert)s", {"workspace": workspace, "alert": alert}
    )
    return found[0] if found else None


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
    """Notices of one alert in order.

    Without one, those that were given up and would still make sense, the newest first.
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
    return _rows(conn, NoticeRow, sql, {"workspace": workspace, "alert": alert, "limit": limit})


def acknowledge(
    conn: Connection[Any], workspace: WorkspaceId, alert: int, actor: str, now: datetime
) -> bool:
    """Note that somebody cares; False where there is no such open alert."""
    sql = """
        UPDATE alerts SET acknowledged_at = coalesce(acknowledged_at, %s), acknowledged_by
            = coalesce(acknowledged_by, %s)
        WHERE workspace_id = %s AND id = %s AND resolved_at IS NULL RETURNING id
    """
    return conn.execute(sql, (now, actor, workspace, alert)).fetchone() is not None


def retry_dead(conn: Connection[Any], workspace: WorkspaceId, now: datetime) -> int:
    """Send what was given up once more, but nothing after something newer of its alert.

    Answers how many.
    """
    sql = """
        UPDATE alert_notices n SET dead_at = NULL, attempts = 0, next_at = %s FROM alerts a
        WHERE a.id = n.alert_id AND a.workspace_id = %s AND n.dead_at IS NOT NULL AND NOT
    """ + _SUPERSEDED  # fmt: skip
    return conn.execute(sql, (now, workspace)).rowcount


def _rows(conn: Connection[Any], kind: type[Any], sql: Any, names: Mapping[str, Any]) -> list[Any]:  # noqa: ANN401 - any row class
    with conn.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(sql, names).fetchall()
