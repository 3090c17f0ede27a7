"""Statistics over time: sizes, entries and exits, volatility, RFM distribution.

A segment's size in the past is its size now less every change since: the outbox holds each
transition once, so points are exact for as long as changes are kept. Hours and days are those of
the workspace's time zone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from domain.segments.definition import DefinitionStatus
from store.fetch import Pool, fetch, fetch_one

Step = Literal["hour", "day"]


@dataclass(frozen=True)
class SeriesParams:
    """How far statistics over time may reach.

    Attributes:
        hours: longest range in hourly steps.
        days: longest range in daily steps.
        volume_range: longest range of event volumes; every event in it is counted.
        volume_minutes: longest range of event volumes by the minute.
        volume_names: event names, sources or types shown apart at most.
    """

    hours: timedelta = timedelta(days=62)
    days: timedelta = timedelta(days=731)
    volume_range: timedelta = timedelta(days=31)
    volume_minutes: timedelta = timedelta(hours=3)
    volume_names: int = 50

    def __post_init__(self) -> None:
        ranges = (self.hours, self.days, self.volume_range, self.volume_minutes)
        if self.volume_names < 1 or min(ranges) < timedelta(hours=1):
            raise ValueError("ranges of statistics are at least an hour, names at least 1")


class Point(NamedTuple):
    """One step of a segment's history.

    Attributes:
        at: where the step begins.
        size: members at its end.
        entries: people who entered in it.
        exits: people who left in it.
    """

    at: datetime
    size: int
    entries: int
    exits: int


# Steps are cut where local hours and days begin; the first one may begin before `since`, and then
# counts what is since.
_POINTS: Final = """
    WITH place AS (SELECT time_zone AS zone FROM workspaces WHERE id = %(workspace)s),
    now_in AS (SELECT count(*) AS size FROM memberships WHERE segment_id = %(segment)s
        AND workspace_id = %(workspace)s),
    moved AS (
        SELECT changed_at >= %(until)s AS later, date_trunc(%(step)s, changed_at, zone) AS at,
               count(*) FILTER (WHERE delta > 0) AS entries,
                   count(*) FILTER (WHERE delta < 0) AS exits
        FROM changes, place
        WHERE workspace_id = %(workspace)s AND segment_id = %(segment)s AND delta <> 0
          AND changed_at >= %(since)s
        GROUP BY 1, 2
    ),
    steps AS (
        SELECT DISTINCT date_trunc(%(step)s, instant, zone) AS at FROM place, generate_series(
            %(since)s::timestamptz, %(until)s::timestamptz,
                make_interval(secs => %(stride)s)) AS instant
        WHERE instant < %(until)s
    ),
    filled AS (
        SELECT s.at, coalesce(m.entries, 0) AS entries, coalesce(m.exits, 0) AS exits
        FROM steps s LEFT JOIN moved m ON m.at = s.at AND NOT m.later
    ),
    after AS (SELECT coalesce(sum(entries - exits), 0) AS net FROM moved WHERE later)
    SELECT at, (size - net - coalesce(sum(entries - exits) OVER (
        ORDER BY at ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), 0))::bigint, entries, exits
    FROM filled, now_in, after ORDER BY at
"""


async def history(
    pool: Pool, workspace: int, segment: int, since: datetime, until: datetime, step: Step
) -> list[Point]:
    """A segment's size, entries and exits step by step.

    Args:
        pool: open pool.
        workspace: tenant.
        segment: of that workspace.
        since: first instant; the step that holds it comes first.
        until: end; steps begin before it.
        step: their length.
    """
    # No step is missed, whatever the clock does.
    stride = timedelta(minutes=15) if step == "hour" else timedelta(hours=12)
    params = {
        "workspace": workspace,
        "segment": segment,
        "since": since,
        "until": until,
        "step": step,
        "stride": stride.total_seconds(),
    }
    return await fetch(pool, Point, _POINTS, params)


class SegmentMoves(NamedTuple):
    """A segment's size now, and how many entered and left since an instant."""

    id: int
    name: str
    status: str
    size: int
    entries: int
    exits: int


_MOVES: Final = f"""
    SELECT s.id, s.name, s.status,
           (SELECT count(*) FROM memberships m WHERE m.segment_id = s.id
               AND m.workspace_id = s.workspace_id),
           coalesce(c.entries, 0), coalesce(c.exits, 0)
    FROM (SELECT id, name, status, workspace_id FROM segments
          WHERE workspace_id = %(workspace)s AND status <> '{DefinitionStatus.DELETED}'
            AND (%(after)s::integer IS NULL OR id > %(after)s)
            AND (%(segments)s::integer[] IS NULL OR id = ANY(%(segments)s))
          ORDER BY id LIMIT %(limit)s) s
    LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE delta > 0) AS entries,
            count(*) FILTER (WHERE delta < 0) AS exits FROM changes
        WHERE workspace_id = s.workspace_id AND segment_id = s.id AND delta <> 0
          AND changed_at >= %(since)s
    ) c ON true
    ORDER BY s.id
"""


async def moves(
    pool: Pool,
    workspace: int,
    since: datetime,
    segments: Sequence[int] | None,
    after: int | None,
    limit: int,
) -> list[SegmentMoves]:
    """List live segments by id with their changes since an instant.

    Args:
        pool: open pool.
        workspace: tenant.
        since: the instant.
        segments: only these, by id; None for all.
        after: the last id of the previous page; None for the first page.
        limit: segments per page.
    """
    params = {
        "workspace": workspace,
        "since": since,
        "segments": None if segments is None else list(segments),
        "after": after,
        "limit": limit,
    }
    return await fetch(pool, SegmentMoves, _MOVES, params)


class SegmentChange(NamedTuple):
    """One entry (+1) or exit (−1)."""

    id: int
    profile_id: UUID
    delta: int
    version: int
    cause: str
    changed_at: datetime


_CHANGES: Final = """
    SELECT id, profile_id, delta, version, cause, changed_at FROM changes
    WHERE workspace_id = %(workspace)s AND segment_id = %(segment)s AND delta <> 0
      AND (%(at)s::timestamptz IS NULL OR (changed_at <= %(at)s
        AND (changed_at, id) < (%(at)s, %(id)s::bigint)))
    ORDER BY changed_at DESC, id DESC LIMIT %(limit)s
"""


async def segment_changes(
    pool: Pool, workspace: int, segment: int, after: tuple[datetime, int] | None, limit: int
) -> list[SegmentChange]:
    """List a segment's entries and exits, newest first.

    Args:
        pool: open pool.
        workspace: tenant.
        segment: which.
        after: the last instant and id of the previous page; None for the first page.
        limit: changes per page.
    """
    at, row = after or (None, None)
    params = {"workspace": workspace, "segment": segment, "at": at, "id": row, "limit": limit}
    return await fetch(pool, SegmentChange, _CHANGES, params)


class RfmDistribution(NamedTuple):
    """RFM scores of the population as last taken; `distribution` None: not taken yet."""

    version: int
    distribution: dict[str, Any] | None
    taken_ms: int | None


async def rfm_distribution(pool: Pool, workspace: int) -> RfmDistribution | None:
    """How buyers spread over RFM scores and segments; None where the workspace has no RFM."""
    sql = (
        "SELECT version, distribution, (breaks->>'taken_ms')::bigint FROM rfm "
        "WHERE workspace_id = %(workspace)s"
    )
    return await fetch_one(pool, RfmDistribution, sql, {"workspace": workspace})
