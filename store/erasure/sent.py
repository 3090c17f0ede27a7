"""What was sent of an erased person, once their platforms have confirmed, and how they moved.

Requests that are finished lose the person's rows; how many rows they had stays counted with their
push. A request that was given up may still be answered while its audience is in hand, so it is
rewritten under the audience's lock. Changes of segments are deleted up to the transaction that
removed the person: by then theirs add up to nothing.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.activation.states import RequestStatus
from domain.privacy.erasure import Step
from operators.unify.erase import CAUSE
from store import locks
from store.connection import Keys, adapt, one_of
from store.erasure.progress import OpenErasure

_ENDED: Final = (RequestStatus.DELIVERED, RequestStatus.REJECTED)
_FINISHED: Final = (*_ENDED, RequestStatus.ABANDONED)
_PATIENCE: Final = timedelta(seconds=1)
_CONFIRMED: Final = f"(e.steps->'{Step.PLATFORMS}'->>'at')::timestamptz"
"""Requests from later on are about somebody new who has the id."""
_FORGET: Final = f"""
    WITH found AS MATERIALIZED (
        SELECT r.push_id, r.seq, r.rows, r.recorded_at FROM push_requests r
        WHERE people_of(r.rows) && %(people)s AND EXISTS (
            SELECT FROM erasures e WHERE e.command = ANY(%(commands)s)
              AND people_of(r.rows) && e.ids AND r.recorded_at <= {_CONFIRMED})
          AND (r.status IN {one_of(_ENDED)}
            OR (r.status = '{RequestStatus.ABANDONED}' AND r.push_id = ANY(%(pushes)s)))
        ORDER BY r.push_id, r.seq LIMIT %(limit)s FOR UPDATE
    ), erased AS MATERIALIZED (
        SELECT DISTINCT e.command, person, {_CONFIRMED} AS until
        FROM erasures e, unnest(e.ids) AS person
        WHERE e.command = ANY(%(commands)s)
    ), counted AS (
        SELECT erased.command, count(*) AS pairs
        FROM found CROSS JOIN LATERAL jsonb_array_elements(found.rows) AS pair
        JOIN erased ON erased.person = (pair->>0)::uuid AND found.recorded_at <= erased.until
        GROUP BY 1
    ), noted AS (
        UPDATE erasure_progress p SET pairs = p.pairs + counted.pairs FROM counted
        WHERE p.command = counted.command
    )
    UPDATE push_requests r SET rows = (
        SELECT coalesce(jsonb_agg(pair ORDER BY place), '[]')
        FROM jsonb_array_elements(found.rows) WITH ORDINALITY AS kept(pair, place)
        WHERE NOT EXISTS (SELECT FROM erased WHERE erased.person = (pair->>0)::uuid
            AND found.recorded_at <= erased.until))
    FROM found WHERE r.push_id = found.push_id AND r.seq = found.seq
    RETURNING 1
"""
_ABANDONED: Final = f"""
    SELECT DISTINCT p.audience_id, p.id FROM push_requests r JOIN pushes p ON p.id = r.push_id
    WHERE people_of(r.rows) && %s AND r.status = '{RequestStatus.ABANDONED}' ORDER BY 1, 2
"""
_MOVES: Final = f"""
    WITH gone AS (
        DELETE FROM changes c USING (
            SELECT e.command, e.tx, person FROM erasures e, unnest(e.ids) AS person
            WHERE e.command = ANY(%s)) AS erased
        WHERE c.profile_id = erased.person
          AND (c.tx < erased.tx OR c.tx = erased.tx AND c.cause = '{CAUSE}')
        RETURNING erased.command
    )
    UPDATE erasure_progress p SET changes = p.changes + counted.changes
    FROM (SELECT command, count(*) AS changes FROM gone GROUP BY 1) AS counted
    WHERE p.command = counted.command
"""
_LEFT: Final = f"""
    SELECT e.command FROM erasures e WHERE e.command = ANY(%s) AND NOT EXISTS (
        SELECT FROM push_requests r
        WHERE people_of(r.rows) && e.ids AND r.recorded_at <= {_CONFIRMED}
          AND r.status IN {one_of(_FINISHED)})
"""


def forget_requests(conn: Connection[Any], erasures: Sequence[OpenErasure], limit: int) -> None:
    """Take erased people out of requests that are finished.

    What belongs to an audience that somebody works on is left to another time.

    Args:
        conn: in autocommit mode.
        erasures: whose people.
        limit: requests per transaction.
    """
    people = Keys([person for each in erasures for person in each.ids])
    commands = [each.command for each in erasures]
    _rewrite(conn, people, commands, (), limit)
    pushes: dict[int, list[int]] = {}
    with conn.cursor() as cursor:
        adapt(cursor)
        for audience, push in cursor.execute(_ABANDONED, (people,)):
            pushes.setdefault(audience, []).append(push)
    for audience, given_up in pushes.items():
        with locks.held(conn, locks.AUDIENCE, audience, patience=_PATIENCE) as held:
            if held:
                _rewrite(conn, people, commands, given_up, limit)


def _rewrite(
    conn: Connection[Any],
    people: Keys,
    commands: Sequence[UUID],
    pushes: Sequence[int],
    limit: int,
) -> None:
    """Rewrite requests, a few per transaction, until none is left."""
    params = {"people": people, "commands": list(commands), "pushes": list(pushes), "limit": limit}
    with conn.cursor() as cursor:
        adapt(cursor)
        while len(cursor.execute(_FORGET, params).fetchall()) >= limit:
            pass


def forget_changes(conn: Connection[Any], erasures: Sequence[OpenErasure]) -> None:
    """Delete the changes of segments of erased people, up to their erasure."""
    conn.execute(_MOVES, ([each.command for each in erasures],))


def forgotten(conn: Connection[Any], erasures: Sequence[OpenErasure]) -> set[UUID]:
    """Those erasures of whose people no finished request says anything."""
    commands = [each.command for each in erasures]
    return {command for (command,) in conn.execute(_LEFT, (commands,))}
