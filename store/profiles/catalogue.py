"""What a workspace's events are called, which properties they have, and some people.

All come from bounded looks: at the newest events, at the shapes that UNIFY samples, at people
whose ids follow each other.
"""

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from domain.signals import metrics
from store.fetch import Pool, fetch


class NamedEvents(NamedTuple):
    """Events of one type and name among those that were looked at.

    Attributes:
        looked: events that were looked at in all.
    """

    type: str
    name: str
    events: int
    last_seen_at: datetime
    looked: int


_EVENTS: Final = """
    WITH looked AS (
        SELECT type, name, received_at FROM events
        WHERE workspace_id = %(workspace)s AND received_at >= %(since)s
        ORDER BY received_at DESC, message_key DESC LIMIT %(look)s
    )
    SELECT type, name, count(*), max(received_at), (SELECT count(*) FROM looked) FROM looked
    WHERE %(search)s = '' OR position(lower(%(search)s) IN lower(name)) > 0
        OR position(lower(%(search)s) IN type) > 0
    GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %(limit)s
"""


async def named_events(
    pool: Pool, workspace: int, since: datetime, search: str, look: int, limit: int
) -> list[NamedEvents]:
    """Types and names of the newest events, the most frequent first.

    Args:
        pool: open pool.
        workspace: tenant.
        since: received at or after.
        search: part of the name or type; empty: all.
        look: newest events that are looked at.
        limit: types and names at most.
    """
    params = {
        "workspace": workspace,
        "since": since,
        "search": search,
        "look": look,
        "limit": limit,
    }
    return await fetch(pool, NamedEvents, _EVENTS, params)


class Shape(NamedTuple):
    """A counter of shapes: the sample itself where `metric` has no parts after the name."""

    metric: str
    events: float


# A minute is looked at whole or not at all, so that shares stay shares.
_SHAPES: Final = """
    SELECT metric, sum(value) FROM sources s CROSS JOIN LATERAL (
        SELECT metric, value FROM observations
        WHERE workspace_id = %(workspace)s AND signal = 'source:' || s.id AND minute_at >= %(since)s
        ORDER BY minute_at DESC FETCH FIRST %(look)s ROWS WITH TIES
    ) AS newest
    WHERE s.workspace_id = %(workspace)s
      AND (metric = %(shape)s OR starts_with(metric, %(property)s))
    GROUP BY 1
"""


async def shapes(
    pool: Pool, workspace: int, since: datetime, spelled: str, look: int
) -> list[Shape]:
    """The sampled shapes of events of one name.

    Args:
        pool: open pool.
        workspace: tenant.
        since: minutes from here on.
        spelled: the event's name as shapes spell it (`operators.detection.shapes.spell`).
        look: newest counters of each source that are looked at, and the rest of their minute.
    """
    params = {
        "workspace": workspace,
        "since": since,
        "look": look,
        "shape": f"{metrics.SHAPE}:{spelled}",
        "property": f"{metrics.PROPERTY}:{spelled}{metrics.PART}",
    }
    return await fetch(pool, Shape, _SHAPES, params)


_SAMPLE: Final = """
    (SELECT doc FROM profiles WHERE workspace_id = %(workspace)s AND id >= %(begin)s
     ORDER BY id LIMIT %(size)s)
    UNION ALL
    (SELECT doc FROM profiles WHERE workspace_id = %(workspace)s AND id < %(begin)s
     ORDER BY id LIMIT %(size)s)
    LIMIT %(size)s
"""


async def sampled_people(pool: Pool, workspace: int, begin: UUID, size: int) -> list[bytes]:
    """People in the order of their ids from one on, and from the first id after the last.

    Ids are digests: people that follow a random one have nothing else in common.

    Args:
        pool: open pool.
        workspace: tenant.
        begin: the id to begin with; it need not exist.
        size: people at most; fewer are everybody.
    """
    params = {"workspace": workspace, "begin": begin, "size": size}
    return await fetch(pool, bytes, _SAMPLE, params)
