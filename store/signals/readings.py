"""Reads signal health: the newest reading per signal, its history, its past by the hour."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from store.fetch import Pool, fetch, fetch_one


@dataclass(frozen=True)
class ReadingRow:
    """One dated result.

    Every field but `signal` and `name` is None for a signal that was never read.

    Attributes:
        signal: ``source:<id>`` or ``platform:<name>``.
        name: the source's name; None for platforms.
        score: 0–100, None when unknown.
        sample: events that it is based on.
        components: component name → its inputs and score, as JSON; None where not asked for.
        reasons: what lowered the score, as JSON.
    """

    signal: str
    name: str | None
    id: int | None
    read_at: datetime | None
    score: float | None
    status: str | None
    sample: int | None
    components: Any
    reasons: Any


_NEWEST_OF_KNOWN: Final = """
    SELECT k.signal, s.name, r.id, r.read_at, r.score, r.status, r.sample,
           CASE WHEN %(components)s THEN r.components END, r.reasons
    FROM known k
    LEFT JOIN sources s ON 'source:' || s.id = k.signal AND s.workspace_id = %(workspace)s
    LEFT JOIN LATERAL (
        SELECT * FROM readings WHERE workspace_id = %(workspace)s AND signal = k.signal
            ORDER BY read_at DESC LIMIT 1
    ) r ON true
    ORDER BY k.signal
"""
# Postgres has no skip scan over distinct values that ends early; the recursion jumps from signal to
# signal along the index.
_LATEST: Final = """
    WITH RECURSIVE heard(signal) AS (
        (SELECT signal FROM readings WHERE workspace_id = %(workspace)s ORDER BY signal LIMIT 1)
        UNION ALL
        SELECT (SELECT signal FROM readings WHERE workspace_id = %(workspace)s
            AND signal > heard.signal ORDER BY signal LIMIT 1)
        FROM heard WHERE heard.signal IS NOT NULL
    ), known AS (
        SELECT signal FROM heard WHERE signal IS NOT NULL
        UNION
        SELECT 'source:' || id FROM sources WHERE workspace_id = %(workspace)s
    )
""" + _NEWEST_OF_KNOWN  # fmt: skip
_LATEST_OF: Final = """
    WITH known AS (
        SELECT %(signal)s::text AS signal
        WHERE EXISTS (SELECT FROM readings
                      WHERE workspace_id = %(workspace)s AND signal = %(signal)s)
           OR EXISTS (SELECT FROM sources
                      WHERE workspace_id = %(workspace)s AND 'source:' || id = %(signal)s)
    )
""" + _NEWEST_OF_KNOWN  # fmt: skip

_BY_ID: Final = """
    SELECT signal, NULL, id, read_at, score, status, sample, components, reasons FROM readings
    WHERE workspace_id = %(workspace)s AND id = %(id)s
"""
_HISTORY: Final = """
    SELECT signal, NULL, id, read_at, score, status, sample, components, reasons FROM readings
    WHERE workspace_id = %(workspace)s AND signal = %(signal)s
      AND (%(since)s::timestamptz IS NULL OR read_at >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR read_at < %(until)s)
      AND (%(at)s::timestamptz IS NULL OR (read_at <= %(at)s
          AND (read_at, id) < (%(at)s, %(id)s::bigint)))
    ORDER BY read_at DESC, id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True)
class HourRow:
    """Readings of one hour; of the running one, so far."""

    hour: datetime
    readings: int
    unknown: int
    lowest: float | None
    mean: float | None
    highest: float | None
    last_status: str


# Hours that were summed up, and the readings since the last of them.
_HOURS: Final = """
    WITH kept AS (
        SELECT hour_at AS hour, readings, unknown, lowest, mean, highest, last_status
            FROM reading_hours
        WHERE workspace_id = %(workspace)s AND signal = %(signal)s AND hour_at >= %(since)s
            AND hour_at < %(until)s
    ), lately AS (
        SELECT date_trunc('hour', read_at) AS hour, count(*)::int AS readings, count(*) FILTER
            (WHERE score IS NULL)::int AS unknown,
               min(score) AS lowest, avg(score) AS mean, max(score) AS highest,
               (array_agg(status ORDER BY read_at DESC, id DESC))[1] AS last_status
        FROM readings
        WHERE workspace_id = %(workspace)s AND signal = %(signal)s AND read_at < %(until)s
          AND read_at >= greatest(%(since)s, (SELECT coalesce(max(hour) + interval '1 hour',
              %(since)s) FROM kept))
        GROUP BY 1
    )
    SELECT * FROM kept UNION ALL SELECT * FROM lately ORDER BY hour
"""

_SCORES: Final = """
    SELECT (extract(epoch FROM read_at) * 1000)::bigint, score FROM readings
    WHERE workspace_id = %(workspace)s AND signal = %(signal)s AND read_at >= %(since)s
        AND score IS NOT NULL ORDER BY read_at, id
"""


def _score(at_ms: int, score: float) -> tuple[int, float]:
    return at_ms, score


async def hours(
    pool: Pool, workspace: int, signal: str, since: datetime, until: datetime
) -> list[HourRow]:
    """A signal's readings by the hour, oldest first; hours without any are left out.

    Args:
        pool: open pool.
        workspace: tenant.
        signal: which.
        since: the beginning.
        until: the end.
    """
    return await fetch(
        pool,
        HourRow,
        _HOURS,
        {"workspace": workspace, "signal": signal, "since": since, "until": until},
    )


async def scores(
    pool: Pool, workspace: int, signal: str, since: datetime
) -> list[tuple[int, float]]:
    """A signal's scores since an instant, oldest first; unknown ones are left out.

    Args:
        pool: open pool.
        workspace: tenant.
        signal: which.
        since: the instant.

    Returns:
        (ms since 1970, score 0–100) each.
    """
    return await fetch(
        pool, _score, _SCORES, {"workspace": workspace, "signal": signal, "since": since}
    )


async def latest(pool: Pool, workspace: int, *, components: bool) -> list[ReadingRow]:
    """The newest reading of every signal, and every source that has none yet, by signal.

    Args:
        pool: open pool.
        workspace: tenant.
        components: whether rows have them; they are most of a row.
    """
    names = {"workspace": workspace, "components": components}
    return await fetch(pool, ReadingRow, _LATEST, names)


async def latest_of(pool: Pool, workspace: int, signal: str) -> ReadingRow | None:
    """Read the newest reading of one signal.

    Args:
        pool: open pool.
        workspace: tenant.
        signal: ``source:<id>``, ``platform:<name>`` or ``conversions``.

    Returns:
        The row, without a reading where there is none yet; None where the workspace has no such
        signal.

    Raises:
        psycopg.OperationalError: Postgres cannot be reached, or gives no connection in time.
    """
    names = {"workspace": workspace, "signal": signal, "components": True}
    return await fetch_one(pool, ReadingRow, _LATEST_OF, names)


async def by_id(pool: Pool, workspace: int, reading: int) -> ReadingRow | None:
    """One reading; None where the workspace has no such reading, or it was thinned out."""
    return await fetch_one(pool, ReadingRow, _BY_ID, {"workspace": workspace, "id": reading})


@dataclass(frozen=True)
class ReadingFilter:
    """Which readings of a signal are wanted; None means any.

    Attributes:
        signal: ``source:<id>`` or ``platform:<name>``.
        since: read at or after.
        until: read before.
    """

    signal: str
    since: datetime | None = None
    until: datetime | None = None


async def history(
    pool: Pool,
    workspace: int,
    wanted: ReadingFilter,
    after: tuple[datetime, int] | None,
    limit: int,
) -> list[ReadingRow]:
    """A signal's readings, newest first.

    Args:
        pool: open pool.
        workspace: tenant.
        wanted: filters.
        after: instant and id of the last reading of the page before.
        limit: readings per page.
    """
    at, last = after or (None, None)
    params = {
        "workspace": workspace,
        "signal": wanted.signal,
        "since": wanted.since,
        "until": wanted.until,
        "at": at,
        "id": last,
        "limit": limit,
    }
    return await fetch(pool, ReadingRow, _HISTORY, params)
