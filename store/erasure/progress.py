"""Open erasures: seen for the first time, taken a step further, completed.

    begin ──▶ note(step) ──▶ note(step) ──▶ … ──▶ complete

A step is noted once, whoever does it again. What was removed is counted beside
(``erasure_progress``) by the transactions that remove it, so that a step that was broken off and
repeated counts everything once.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from domain.ids import IdentifierKey, ProfileId, WorkspaceId
from domain.instants import EPOCH
from domain.privacy.erasure import Step
from store.audit import trail
from store.connection import adapt

ACTOR: Final = "engine"
_SEEN: Final = """
    INSERT INTO erasure_progress (command, seen_at)
    SELECT command, clock_timestamp() FROM erasures e
    WHERE completed_at IS NULL
      AND NOT EXISTS (SELECT FROM erasure_progress p WHERE p.command = e.command)
    ORDER BY processed_at, command LIMIT %s
    ON CONFLICT DO NOTHING RETURNING command
"""
_REMOVED: Final = """
    SELECT command, workspace_id, cardinality(people) AS people, identifiers, events, links, merges,
        memberships, cardinality(neighbours) AS neighbours, processed_at
    FROM erasures WHERE command = ANY(%s) ORDER BY processed_at, command
"""
_PENDING: Final = """
    SELECT e.command, e.workspace_id, e.keys, e.people, e.ids, e.neighbours, e.until_ms,
        e.processed_at, p.seen_at
    FROM erasures e JOIN erasure_progress p USING (command)
    WHERE e.completed_at IS NULL AND NOT e.steps ? %(step)s AND e.steps ?& %(after)s
      AND (e.processed_at, e.command) > (%(processed_at)s, %(command)s)
    ORDER BY e.processed_at, e.command LIMIT %(limit)s
"""
_COUNTED: Final = """
    SELECT command, events, people, letters, pairs, changes FROM erasure_progress
    WHERE command = ANY(%s)
"""
_NOTE: Final = """
    UPDATE erasures e SET steps = e.steps
        || jsonb_build_object(%(step)s::text, jsonb_build_object('at', clock_timestamp()) || c.told)
    FROM unnest(%(commands)s::uuid[], %(told)s::jsonb[]) AS c(command, told)
    WHERE e.command = c.command AND NOT e.steps ? %(step)s AND e.completed_at IS NULL
    RETURNING e.command
"""
_FINISHED: Final = """
    SELECT e.command, e.workspace_id, cardinality(e.people) AS people, e.identifiers, e.events,
        e.links, e.merges, e.memberships, e.processed_at, e.steps, clock_timestamp() AS completed_at
    FROM erasures e
    WHERE e.completed_at IS NULL AND e.steps ?& %s
    ORDER BY e.processed_at LIMIT %s FOR UPDATE SKIP LOCKED
"""
_RECIPIENTS: Final = """
    SELECT command, audience_id AS audience, platform, listed, outcome, confirmed_at
    FROM erasure_recipients WHERE command = ANY(%s) ORDER BY command, audience_id
"""
_OPEN: Final = """
    SELECT count(*), coalesce(extract(epoch FROM now() - min(processed_at)), 0)::double precision
    FROM erasures WHERE completed_at IS NULL
"""
_NOBODY: Final = UUID(int=0)


class OpenErasure(NamedTuple):
    """An erasure that is not finished.

    Attributes:
        keys: erased identifiers.
        people: whose they were.
        ids: by which these people may be known, those that were merged away included.
        neighbours: identifiers of others whose events may name an erased one.
        until_ms: events until then do not name it any more.
        seen_at: the person was removed by then.
    """

    command: UUID
    workspace: WorkspaceId
    keys: list[IdentifierKey]
    people: list[ProfileId]
    ids: list[ProfileId]
    neighbours: list[IdentifierKey]
    until_ms: int
    processed_at: datetime
    seen_at: datetime


class Counted(NamedTuple):
    """What was removed so far.

    Attributes:
        events: of others, rewritten.
        people: whose events these are.
        letters: dead letters deleted.
        pairs: rows taken out of what was sent.
        changes: of segments, deleted.
    """

    events: int
    people: int
    letters: int
    pairs: int
    changes: int


def begin(conn: Connection[Any], limit: int) -> int:
    """See erasures for the first time, on record, each once.

    Args:
        conn: in autocommit mode.
        limit: how many at most.

    Returns:
        How many there were.
    """
    with conn.transaction():
        found = [row[0] for row in conn.execute(_SEEN, (limit,))]
        for row in _rows(conn, _REMOVED, (found,)):
            detail = {name: row[name] for name in row if name not in {"command", "workspace_id"}}
            detail["processed_at"] = row["processed_at"].isoformat()
            _record(conn, row, "erasure.processed", detail)
    return len(found)


def pending(
    conn: Connection[Any],
    step: Step,
    limit: int,
    last: OpenErasure | None = None,
    after: Sequence[Step] = (),
) -> list[OpenErasure]:
    """List erasures whose step is to be done, the oldest first.

    Args:
        conn: any connection.
        step: which.
        limit: how many at most.
        last: the last one of the page before.
        after: steps that have to be done first.
    """
    with conn.cursor(binary=True) as cursor:
        adapt(cursor)
        cursor.execute(
            _PENDING,
            {
                "step": step.value,
                "after": [each.value for each in after],
                "processed_at": last.processed_at if last else EPOCH,
                "command": last.command if last else _NOBODY,
                "limit": limit,
            },
        )
        return [OpenErasure(UUID(bytes=row[0]), *row[1:]) for row in cursor.fetchall()]


def pages(
    conn: Connection[Any], step: Step, limit: int, after: Sequence[Step] = ()
) -> Iterator[list[OpenErasure]]:
    """Go through all erasures whose step is to be done, the oldest first; see `pending`."""
    last: OpenErasure | None = None
    while True:
        found = pending(conn, step, limit, last, after)
        if found:
            yield found
            last = found[-1]
        if len(found) < limit:
            return


def counted(conn: Connection[Any], commands: Collection[UUID]) -> dict[UUID, Counted]:
    """What was removed for erasures so far."""
    rows = conn.execute(_COUNTED, (list(commands),)).fetchall()
    return {command: Counted(*counts) for command, *counts in rows}


def note(conn: Connection[Any], step: Step, told: Mapping[UUID, Mapping[str, Any]]) -> int:
    """Note that a step is done; one that is noted stays as it is.

    Args:
        conn: any connection.
        step: which.
        told: erasure → what it did, in counts.

    Returns:
        For how many it was not noted yet.
    """
    if not told:
        return 0
    params = {
        "step": step.value,
        "commands": list(told),
        "told": [Jsonb(each) for each in told.values()],
    }
    return len(conn.execute(_NOTE, params).fetchall())


def complete(conn: Connection[Any], limit: int) -> int:
    """Complete erasures of which every step is done, on record, each once.

    Args:
        conn: in autocommit mode.
        limit: how many at most.

    Returns:
        How many were completed.
    """
    with conn.transaction():
        found = _rows(conn, _FINISHED, ([step.value for step in Step], limit))
        commands = [row["command"] for row in found]
        recipients: dict[UUID, list[dict[str, Any]]] = {command: [] for command in commands}
        for each in _rows(conn, _RECIPIENTS, (commands,)):
            each["confirmed_at"] = each["confirmed_at"] and each["confirmed_at"].isoformat()
            recipients[each.pop("command")].append(each)
        for row in found:
            named = (row["command"], row["completed_at"])
            conn.execute("UPDATE erasures SET completed_at = %s WHERE command = %s", named[::-1])
            conn.execute(
                "UPDATE privacy_requests SET completed_at = %s WHERE command = %s"
                " AND completed_at IS NULL",
                named[::-1],
            )
            _record(conn, row, "erasure.completed", _detail(row, recipients[row["command"]]))
        conn.execute("DELETE FROM erasure_progress WHERE command = ANY(%s)", (commands,))
    return len(found)


def outstanding(conn: Connection[Any]) -> tuple[int, float]:
    """How many erasures are not completed, and since when the oldest was processed, in s."""
    row = conn.execute(_OPEN).fetchone()
    return (row[0], row[1]) if row else (0, 0.0)


def _detail(row: Mapping[str, Any], recipients: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    removed = ("people", "identifiers", "events", "links", "merges", "memberships")
    return {
        **{name: row[name] for name in removed},
        "processed_at": row["processed_at"].isoformat(),
        "completed_at": row["completed_at"].isoformat(),
        "steps": row["steps"],
        "recipients": list(recipients),
    }


def _record(
    conn: Connection[Any], row: Mapping[str, Any], action: str, detail: Mapping[str, Any]
) -> None:
    trail.append(conn, row["workspace_id"], ACTOR, action, f"erasure:{row['command']}", detail)


def _rows(
    conn: Connection[Any], statement: LiteralString, params: Sequence[Any]
) -> list[dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, params).fetchall()
