"""The hours of many signals at once, for their state timelines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final, NamedTuple

from store.fetch import Pool, fetch
from store.signals.readings import HourRow


class Timeline(NamedTuple):
    """A signal's hours, oldest first.

    Attributes:
        signal: ``source:<id>``, ``platform:<name>`` or ``conversions``.
        name: the source's name; None for others.
        hours: those that have readings.
    """

    signal: str
    name: str | None
    hours: list[HourRow]


class _Row(NamedTuple):
    """An hour of a signal; of one without any, nothing but the signal."""

    signal: str
    name: str | None
    hour: datetime | None
    readings: int
    unknown: int
    lowest: float | None
    mean: float | None
    highest: float | None
    last_status: str


@dataclass(frozen=True)
class TimelineFilter:
    """Which signals' hours are wanted.

    Attributes:
        since: the beginning, where an hour begins.
        until: the end.
        signals: only of these; None: of all.
    """

    since: datetime
    until: datetime
    signals: Sequence[str] | None = None


# Both recursions jump from signal to signal along an index, and hours are read signal by signal: no
# other hour is touched, however many are kept. An hour is summed up for all signals at once, so
# that readings are counted only after the last one that was.
_TIMELINES: Final = """
    WITH RECURSIVE heard(signal) AS (
        (SELECT signal FROM readings WHERE workspace_id = %(workspace)s ORDER BY signal LIMIT 1)
        UNION ALL
        SELECT (SELECT signal FROM readings WHERE workspace_id = %(workspace)s
            AND signal > heard.signal ORDER BY signal LIMIT 1)
        FROM heard WHERE heard.signal IS NOT NULL
    ), kept_of(signal) AS (
        (SELECT signal FROM reading_hours WHERE workspace_id = %(workspace)s
            ORDER BY signal LIMIT 1)
        UNION ALL
        SELECT (SELECT signal FROM reading_hours WHERE workspace_id = %(workspace)s
            AND signal > kept_of.signal ORDER BY signal LIMIT 1)
        FROM kept_of WHERE kept_of.signal IS NOT NULL
    ), known AS MATERIALIZED (
        SELECT signal FROM (
            SELECT signal FROM heard UNION SELECT signal FROM kept_of
            UNION SELECT 'source:' || id FROM sources WHERE workspace_id = %(workspace)s
        ) every
        WHERE signal IS NOT NULL AND (%(signals)s::text[] IS NULL OR signal = ANY(%(signals)s))
          AND (%(after)s::text IS NULL OR signal > %(after)s)
        ORDER BY signal LIMIT %(limit)s
    ), summed AS (
        SELECT greatest(%(since)s::timestamptz, coalesce(
            (SELECT max(last.hour_at) FROM kept_of CROSS JOIN LATERAL (
                SELECT hour_at FROM reading_hours WHERE workspace_id = %(workspace)s
                    AND signal = kept_of.signal AND hour_at < %(until)s
                ORDER BY hour_at DESC LIMIT 1) last) + interval '1 hour', %(since)s)) AS until
    ), hours AS (
        SELECT k.signal, h.hour_at AS hour, h.readings, h.unknown, h.lowest, h.mean, h.highest,
            h.last_status
        FROM known k JOIN LATERAL (
            SELECT * FROM reading_hours WHERE workspace_id = %(workspace)s AND signal = k.signal
                AND hour_at >= %(since)s AND hour_at < %(until)s) h ON true
        UNION ALL
        SELECT k.signal, l.hour, l.readings, l.unknown, l.lowest, l.mean, l.highest,
            (SELECT status FROM readings WHERE workspace_id = %(workspace)s AND signal = k.signal
                AND read_at >= l.hour AND read_at < least(l.hour + interval '1 hour', %(until)s)
                ORDER BY read_at DESC, id DESC LIMIT 1)
        FROM known k JOIN LATERAL (
            SELECT date_trunc('hour', read_at, 'UTC') AS hour, count(*)::int AS readings,
                count(*) FILTER (WHERE score IS NULL)::int AS unknown,
                min(score) AS lowest, avg(score) AS mean, max(score) AS highest
            FROM readings WHERE workspace_id = %(workspace)s AND signal = k.signal
                AND read_at >= (SELECT until FROM summed) AND read_at < %(until)s
            GROUP BY 1) l ON true
    )
    SELECT k.signal, s.name, h.hour, h.readings, h.unknown, h.lowest, h.mean, h.highest,
        h.last_status
    FROM known k
    LEFT JOIN sources s ON 'source:' || s.id = k.signal AND s.workspace_id = %(workspace)s
    LEFT JOIN hours h ON h.signal = k.signal
    ORDER BY k.signal, h.hour
"""


async def timelines(
    pool: Pool, workspace: int, wanted: TimelineFilter, after: str | None, limit: int
) -> list[Timeline]:
    """The hours of a workspace's signals, by signal; one without any has an empty list.

    Args:
        pool: open pool.
        workspace: tenant.
        wanted: which signals, from when to when.
        after: the last signal of the page before; None for the first page.
        limit: signals per page.
    """
    signals = None if wanted.signals is None else list(wanted.signals)
    params = {
        "workspace": workspace,
        "since": wanted.since,
        "until": wanted.until,
        "signals": signals,
        "after": after,
        "limit": limit,
    }
    return list(_grouped(await fetch(pool, _Row, _TIMELINES, params)))


def _grouped(rows: Sequence[_Row]) -> Iterator[Timeline]:
    for (signal, name), found in groupby(rows, lambda row: (row.signal, row.name)):
        yield Timeline(signal, name, [hour for row in found for hour in _hours(row)])


def _hours(row: _Row) -> Iterator[HourRow]:
    if row.hour is not None:
        yield HourRow(
            row.hour,
            row.readings,
            row.unknown,
            row.lowest,
            row.mean,
            row.highest,
            row.last_status,
        )
