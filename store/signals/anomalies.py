"""Anomalies as stored: written by the signals flow as they begin, grow and end.

Read by dashboards and alerts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from domain.instants import utc
from domain.signals.reading import Anomaly
from store.fetch import Pool, fetch, fetch_one


@dataclass(frozen=True)
class AnomalyRow:
    """One anomaly.

    Attributes:
        ended_at: None while it lasts.
        direction: ``up`` or ``down``.
        score: of its peak, 0–1.
        value: at the peak, in the metric's unit.
        ending: ``recovered``, ``adopted`` or ``silent``; empty while it lasts.
        picture: (ms, value, expected, low, high) of the points around it.
    """

    id: int
    signal: str
    metric: str
    started_at: datetime
    peak_at: datetime
    ended_at: datetime | None
    direction: str
    score: float
    value: float
    expected: float
    expected_low: float
    expected_high: float
    ending: str
    picture: list[list[float]]


_WRITE: Final = """
    INSERT INTO anomalies (workspace_id, signal, metric, started_at, peak_at, ended_at, direction,
        score, value, expected, expected_low,
                           expected_high, ending, picture)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (workspace_id, signal, metric, started_at) DO UPDATE SET
        peak_at = excluded.peak_at, ended_at = excluded.ended_at, direction = excluded.direction,
            score = excluded.score,
        value = excluded.value, expected = excluded.expected, expected_low = excluded.expected_low,
        expected_high = excluded.expected_high, ending = excluded.ending, picture = excluded.picture
"""
_COLUMNS: Final = """
    SELECT id, signal, metric, started_at, peak_at, ended_at, direction, score, value, expected,
        expected_low, expected_high, ending,
           picture
    FROM anomalies WHERE workspace_id = %(workspace)s
"""
_PAGE: Final = (
    _COLUMNS
    + """
      AND (%(after)s::bigint IS NULL OR id < %(after)s)
      AND (%(signal)s::text IS NULL OR signal = %(signal)s)
      AND (NOT %(lasting)s OR ended_at IS NULL)
    ORDER BY id DESC LIMIT %(limit)s
"""
)


def write(conn: Connection[Any], anomalies: Sequence[Anomaly]) -> None:
    """Store the changes of anomalies; idempotent."""
    with conn.transaction(), conn.cursor() as cursor:
        cursor.executemany(
            _WRITE,
            [
                (
                    one.workspace, one.signal, one.metric, utc(one.started_ms), utc(one.peak_ms),
                    None if one.ended_ms is None else utc(one.ended_ms), one.direction, one.score,
                    one.value, one.expected,
                    one.low, one.high, one.ending, msgspec.json.encode(one.picture).decode(),
                )
                for one in anomalies
            ],
        )  # fmt: skip


async def page(
    pool: Pool, workspace: int, signal: str | None, *, lasting: bool, after: int | None, limit: int
) -> list[AnomalyRow]:
    """A workspace's anomalies, newest first.

    Args:
        pool: open pool.
        workspace: tenant.
        signal: only this one's; None for all.
        lasting: only those that last.
        after: id of the last one of the page before.
        limit: anomalies per page.
    """
    params = {
        "workspace": workspace,
        "signal": signal,
        "lasting": lasting,
        "after": after,
        "limit": limit,
    }
    return await fetch(pool, AnomalyRow, _PAGE, params)


async def by_id(pool: Pool, workspace: int, anomaly: int) -> AnomalyRow | None:
    """One anomaly; None where the workspace has no such one."""
    return await fetch_one(
        pool, AnomalyRow, _COLUMNS + " AND id = %(id)s", {"workspace": workspace, "id": anomaly}
    )
