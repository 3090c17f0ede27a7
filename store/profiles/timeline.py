"""Reads a person's changes between two instants: segments, merges and splits, events.

All of it is dated by when the engine knew: arrival for events, the instant of their batch for what
followed, so a cause comes before its effects even where its event time lies long before. What
happened to people who were merged into this one belongs to it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

from store.fetch import Pool, fetch

Kind = Literal["event", "merge", "segment"]
KINDS: Final[tuple[Kind, ...]] = ("event", "merge", "segment")
"""In the order in which they stand at one instant."""


class PersonChange(NamedTuple):
    """One thing that changed. Which fields are set depends on the kind.

    Attributes:
        at: when the engine knew.
        kind: event; merge, split or unmerge; entry or exit.
        place: orders things of one kind and instant.
        profile_id: of merges and segments: whom it happened to then.
        other: of merges: who was absorbed or came out.
        segment_id: of entries and exits, as the three below.
        segment_name: as it is now.
        version: of the segment's definition.
        cause: as the outbox spells it.
        citations: message keys of the events it follows from.
    """

    at: datetime
    kind: str
    place: str
    profile_id: UUID | None
    other: UUID | None
    segment_id: int | None
    segment_name: str | None
    version: int | None
    cause: str | None
    citations: list[UUID]


class ChangeFilter(NamedTuple):
    """Which changes are wanted.

    Attributes:
        since: at or after.
        until: before.
        kinds: any of `KINDS`.
        citations_limit: events cited per change.
    """

    since: datetime
    until: datetime
    kinds: Sequence[Kind]
    citations_limit: int


class Cursor(NamedTuple):
    """The last change of a page: its instant, the place of its kind in `KINDS`, its own place."""

    at: datetime
    rank: int
    place: str


_MINE: Final = (
    "SELECT key FROM identifiers WHERE profile_id = %(profile)s AND workspace_id = %(workspace)s"
)

_EVENTS: Final = """
    SELECT e.received_at, 'event', e.message_key::text, NULL::uuid, NULL::uuid, NULL::integer,
        NULL::text, NULL::integer, NULL::text,
           ARRAY[e.message_key]
    FROM (""" + _MINE + """) i JOIN events e ON e.leaf = i.key AND e.workspace_id = %(workspace)s
    WHERE e.occurred_at < %(until)s AND e.received_at >= %(since)s AND e.received_at < %(until)s
      AND (e.received_at > %(at)s OR e.received_at = %(at)s AND (%(whole)s
          OR e.message_key > %(place)s::uuid))
    ORDER BY e.received_at, e.message_key LIMIT %(limit)s
"""  # fmt: skip

# Both ends of a merge may be this person's by now: such a row comes once.
_MERGES: Final = """
    SELECT recorded_at, kind, id::text, survivor, other, NULL::integer, NULL::text, NULL::integer,
        NULL::text, ARRAY[cause]
    FROM (
        SELECT m.* FROM (""" + _MINE + """) i JOIN merges m ON m.workspace_id = %(workspace)s
            AND m.survivor = i.key
        UNION
        SELECT m.* FROM (""" + _MINE + """) i JOIN merges m ON m.workspace_id = %(workspace)s
            AND m.other = i.key
    ) m
    WHERE recorded_at >= %(since)s AND recorded_at < %(until)s
      AND (recorded_at > %(at)s OR recorded_at = %(at)s AND (%(whole)s OR id > %(place)s::bigint))
    ORDER BY recorded_at, id LIMIT %(limit)s
"""  # fmt: skip

# What an event causes is committed with it: a change cites the person's events that the same
# transaction stored. A row's xmin is the lower half of that transaction's number (PostgreSQL
# documentation, "System Columns"). A database that was dumped and restored cites nothing.
_SEGMENTS: Final = """
    WITH page AS (
        SELECT c.changed_at, c.id, c.profile_id, c.segment_id, c.delta, c.version, c.cause,
               (c.tx::text::numeric %% 4294967296)::text::xid AS writer
        FROM (""" + _MINE + """) i JOIN changes c ON c.profile_id = i.key
        WHERE c.workspace_id = %(workspace)s AND c.delta <> 0 AND c.changed_at >= %(since)s
            AND c.changed_at < %(until)s
          AND (c.changed_at > %(at)s OR c.changed_at = %(at)s AND (%(whole)s
              OR c.id > %(place)s::bigint))
        ORDER BY c.changed_at, c.id LIMIT %(limit)s
    ),
    cited AS (
        SELECT e.xmin::text AS writer, (array_agg(e.message_key
            ORDER BY e.occurred_at DESC, e.message_key DESC))[:%(citations)s] AS keys
        FROM (""" + _MINE + """) i JOIN events e ON e.leaf = i.key
            AND e.workspace_id = %(workspace)s
        WHERE e.xmin = ANY (ARRAY(SELECT writer FROM page)) GROUP BY e.xmin::text
    )
    SELECT p.changed_at, CASE WHEN p.delta > 0 THEN 'entry'
        ELSE 'exit' END, p.id::text, p.profile_id, NULL::uuid,
           p.segment_id, s.name, p.version, p.cause, coalesce(cited.keys, '{}')
    FROM page p LEFT JOIN segments s ON s.id = p.segment_id AND s.workspace_id = %(workspace)s
    LEFT JOIN cited ON cited.writer = p.writer::text
    ORDER BY p.changed_at, p.id
"""  # fmt: skip


_SQL: Final = {"event": _EVENTS, "merge": _MERGES, "segment": _SEGMENTS}


class Cited(NamedTuple):
    """An event that something followed from."""

    id: UUID
    type: str
    name: str
    occurred_at: datetime
    payload: bytes


async def of_profile(
    pool: Pool,
    workspace: int,
    profile: bytes,
    filter_by: ChangeFilter,
    after: Cursor | None,
    limit: int,
) -> list[PersonChange]:
    """The next changes of a person in time order.

    At one instant events come before merges, and merges before segments.

    Args:
        pool: open pool.
        workspace: tenant.
        profile: id of a live profile, 16 bytes.
        filter_by: which.
        after: where the last page ended.
        limit: changes per page.
    """
    found: list[tuple[datetime, int, PersonChange]] = []
    for rank, kind in enumerate(KINDS):
        if kind in filter_by.kinds:
            params = {
                "workspace": workspace,
                "profile": UUID(bytes=profile),
                "since": filter_by.since,
                "until": filter_by.until,
                "citations": filter_by.citations_limit,
                "at": after.at if after else filter_by.since,
                "whole": after is None or rank > after.rank,
                "place": after.place if after and rank == after.rank else None,
                "limit": limit,
            }
            found += [
                (row.at, rank, row) for row in await fetch(pool, PersonChange, _SQL[kind], params)
            ]
    return [row for _, _, row in sorted(found, key=lambda item: item[:2])[:limit]]


def cursor_of(change: PersonChange) -> Cursor:
    """Where a page ends that ends with this change."""
    kind: Kind = (
        "event"
        if change.kind == "event"
        else "segment"
        if change.segment_id is not None
        else "merge"
    )
    return Cursor(change.at, KINDS.index(kind), change.place)


async def cited(pool: Pool, workspace: int, messages: Sequence[UUID]) -> dict[UUID, Cited]:
    """The stored events with these message keys, by key."""
    sql = """
        SELECT message_key, type, name, occurred_at, payload FROM events
        WHERE message_key = ANY(%(keys)s) AND workspace_id = %(workspace)s
    """
    rows = await fetch(pool, Cited, sql, {"keys": list(messages), "workspace": workspace})
    return {row.id: row for row in rows}


def is_place(cursor: Cursor) -> bool:
    """Whether a cursor that a client sent names a position from which a listing can continue."""
    if not 0 <= cursor.rank < len(KINDS):
        return False
    if KINDS[cursor.rank] == "event":
        return _is_uuid(cursor.place)
    return cursor.place.isascii() and cursor.place.isdigit() and int(cursor.place) < 2**63


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
