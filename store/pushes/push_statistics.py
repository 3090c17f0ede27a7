"""An audience's pushes over time: what went, what the gate held, what the platform told.

Hours and days are those of the workspace's time zone.
"""

from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from domain.gate import Action, Verdict
from store.connection import one_of
from store.fetch import Pool, fetch

PushStep = Literal["hour", "day"]


class PushPoint(NamedTuple):
    """One step.

    Attributes:
        at: where it begins.
        pushes: that began in it.
        held: decisions that let no push begin or go on.
        adds: people planned to be added.
        removes: people planned to be removed.
        sent: rows that the platform accepted.
        rejected: rows that it could not use.
        members: on the list, as the platform told last in it; None: it did not tell.
        match_rate: per cent, as the platform told last in it; None: it did not tell.
    """

    at: datetime
    pushes: int
    held: int
    adds: int
    removes: int
    sent: int
    rejected: int
    members: int | None
    match_rate: int | None


_HELD: Final = (Verdict.HOLD, Verdict.BLOCK)
# Steps are cut where local hours and days begin; the first one may begin before `since`, and then
# counts what is since. What a platform does not tell is −1.
_POINTS: Final = f"""
    WITH place AS (SELECT time_zone AS zone FROM workspaces WHERE id = %(workspace)s),
    steps AS (
        SELECT DISTINCT date_trunc(%(step)s, instant, zone) AS at FROM place, generate_series(
            %(since)s::timestamptz, %(until)s::timestamptz,
                make_interval(secs => %(stride)s)) AS instant
        WHERE instant < %(until)s
    ),
    told AS (
        SELECT id, date_trunc(%(step)s, started_at, zone) AS at, adds, removes, sent, rejected,
            CASE WHEN jsonb_typeof(readback->'size_lower') = 'number'
                THEN (readback->>'size_lower')::numeric END AS size,
            CASE WHEN jsonb_typeof(readback->'match_rate') = 'number'
                THEN (readback->>'match_rate')::numeric END AS rate
        FROM pushes, place
        WHERE workspace_id = %(workspace)s AND audience_id = %(audience)s
          AND started_at >= %(since)s AND started_at < %(until)s
    ),
    pushed AS (
        SELECT at, count(*) AS pushes, sum(adds) AS adds, sum(removes) AS removes,
            sum(sent) AS sent, sum(rejected) AS rejected,
            (array_agg(size ORDER BY id DESC) FILTER (WHERE size >= 0))[1] AS size,
            (array_agg(rate ORDER BY id DESC) FILTER (WHERE rate BETWEEN 0 AND 100))[1] AS rate
        FROM told GROUP BY at
    ),
    held AS (
        SELECT date_trunc(%(step)s, decided_at, zone) AS at, count(*) AS decisions
        FROM decisions, place
        WHERE workspace_id = %(workspace)s AND audience_id = %(audience)s
          AND action = '{Action.PUSH}' AND verdict IN {one_of(_HELD)}
          AND decided_at >= %(since)s AND decided_at < %(until)s
        GROUP BY 1
    )
    SELECT at, coalesce(pushes, 0), coalesce(decisions, 0), coalesce(adds, 0),
        coalesce(removes, 0), coalesce(sent, 0), coalesce(rejected, 0), size::bigint, rate::integer
    FROM steps LEFT JOIN pushed USING (at) LEFT JOIN held USING (at) ORDER BY at
"""


async def history(
    pool: Pool, workspace: int, audience: int, since: datetime, until: datetime, step: PushStep
) -> list[PushPoint]:
    """An audience's pushes step by step, withdrawals and its deletion included.

    Args:
        pool: open pool.
        workspace: tenant.
        audience: of that workspace.
        since: first instant; the step that holds it comes first.
        until: end; steps begin before it.
        step: their length.
    """
    # No step is missed, whatever the clock does.
    stride = timedelta(minutes=15) if step == "hour" else timedelta(hours=12)
    params = {
        "workspace": workspace,
        "audience": audience,
        "since": since,
        "until": until,
        "step": step,
        "stride": stride.total_seconds(),
    }
    return await fetch(pool, PushPoint, _POINTS, params)
