"""The statements of a commit of UNIFY: set-based, a constant number of round trips."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import psycopg

from domain.changes import Changes
from domain.instants import utc
from domain.intake.dead_letter import DeadLetterStatus
from domain.profiles.profile import Person
from store import locks
from store.connection import Integers, Keys
from store.signals import observations
from store.unify import copy_format

if TYPE_CHECKING:
    from domain.event import Fence


STAGING: Final = (
    (
        "CREATE TEMPORARY TABLE stage_people (id uuid, workspace_id integer, version integer, stage"
        " text, first_seen_at timestamptz, last_seen_at timestamptz, next_wake_at timestamptz, doc"
        " bytea, replaced integer) ON COMMIT DELETE ROWS"
    ),
    "CREATE TEMPORARY TABLE stage_leaves (key uuid, leaf bytea) ON COMMIT DELETE ROWS",
    "CREATE TEMPORARY TABLE stage_links (LIKE links) ON COMMIT DELETE ROWS",
    "CREATE TEMPORARY TABLE stage_known_links (LIKE links) ON COMMIT DELETE ROWS",
)


_MOVE_FENCE: Final = """
UPDATE offsets SET next_position = %s, caught_up_at = coalesce(%s, caught_up_at), updated_at = now()
WHERE log = %s AND partition = %s AND next_position = %s
"""
_FIRST_FENCE: Final = """
INSERT INTO offsets (log, partition, next_position, caught_up_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""
_UPDATE_PEOPLE: Final = """
UPDATE profiles p SET version = s.version, stage = s.stage, first_seen_at = s.first_seen_at,
    last_seen_at = s.last_seen_at,
    next_wake_at = s.next_wake_at, doc = s.doc
FROM stage_people s WHERE p.id = s.id AND p.version = s.replaced
"""
_DELETE_PEOPLE: Final = """
DELETE FROM profiles p USING unnest(%s, %s::integer[]) AS gone(id, version) WHERE p.id = gone.id
    AND p.version = gone.version
"""
_ABSORB: Final = """
UPDATE identifiers i SET profile_id = moved.survivor FROM unnest(%s, %s) AS moved(loser, survivor)
    WHERE i.profile_id = moved.loser
"""
_MOVE: Final = (
    "UPDATE identifiers i SET profile_id = moved.owner FROM unnest(%s, %s) AS moved(key, owner)"
    " WHERE i.key = moved.key"
)
_UPDATE_LEAVES: Final = (
    "UPDATE identifiers i SET leaf = s.leaf FROM stage_leaves s WHERE i.key = s.key"
)
_REVISE_LINKS: Final = """
UPDATE links l SET first_ms = s.first_ms, tie = s.tie, cause = s.cause, rank = s.rank, status
    = s.status, reason = s.reason, ruled_ms = s.ruled_ms
FROM stage_links s JOIN stage_known_links k ON k.a = s.a AND k.b = s.b
WHERE l.a = s.a AND l.b = s.b AND l.first_ms = k.first_ms AND l.tie = k.tie AND l.status = k.status
    AND l.reason = k.reason AND l.ruled_ms = k.ruled_ms
"""
_ADD_MEMBERS: Final = """
INSERT INTO memberships (segment_id, profile_id, workspace_id, version, since_at)
SELECT segment, profile, workspace, version, %s
    FROM unnest(%s, %s, %s, %s) AS added(segment, profile, workspace, version)
ON CONFLICT (segment_id, profile_id) DO UPDATE SET version = excluded.version
"""
_DROP_MEMBERS: Final = """
DELETE FROM memberships m USING unnest(%s, %s) AS dropped(segment, profile)
WHERE m.segment_id = dropped.segment AND m.profile_id = dropped.profile
"""
_CONFIRM_MEMBERS: Final = """
UPDATE memberships m SET version = kept.version
    FROM unnest(%s, %s, %s) AS kept(segment, profile, version)
WHERE m.segment_id = kept.segment AND m.profile_id = kept.profile
"""
_MERGES: Final = """
INSERT INTO merges (workspace_id, kind, survivor, other, cause, link_a, link_b, occurred_at,
    recorded_at)
SELECT workspace, kind, survivor, other, cause, nullif(link_a, cause), nullif(link_b, cause),
    occurred_at, %s
FROM unnest(%s::integer[], %s::text[], %s, %s, %s, %s, %s, %s::timestamptz[])
    AS happened(workspace, kind, survivor, other, cause, link_a, link_b, occurred_at)
"""
_DEAD_LETTERS: Final = """
INSERT INTO dead_letters
    (workspace_id, source_id, log, partition, position, index, reason, detail, payload, received_at,
        recorded_at, command)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (log, partition, position, index, sha256(payload)) DO NOTHING
"""
_REOPEN: Final = (
    f"UPDATE dead_letters SET status = '{DeadLetterStatus.OPEN}', reason = %s, detail = %s,"
    " recorded_at = %s WHERE id = %s"
)
_SETTLE: Final = (
    f"UPDATE dead_letters SET status = '{DeadLetterStatus.RESOLVED}' WHERE id = ANY(%s)"
)


def move_fence(cursor: psycopg.Cursor, fence: "Fence") -> bool:
    """Move a partition's next position from where the batch starts to where it ends.

    False if it is elsewhere.
    """
    caught_up = utc(fence.caught_up_ms) if fence.caught_up_ms else None
    if cursor.execute(
        _MOVE_FENCE, (fence.next, caught_up, fence.log, fence.partition, fence.start)
    ).rowcount:
        return True
    return not fence.start and bool(
        cursor.execute(_FIRST_FENCE, (fence.log, fence.partition, fence.next, caught_up)).rowcount
    )


def definitions_are_current(cursor: psycopg.Cursor, revision: int) -> bool:
    """Whether definitions are unchanged since the decision; keeps them until the transaction ends.

    Publishing waits for it.
    """
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", (locks.DEFINITIONS,))
    row = cursor.execute("SELECT revision FROM definitions_revision").fetchone()
    return row is not None and row[0] == revision


def next_position(cursor: psycopg.Cursor, log: str, partition: int) -> int:
    """The stored next position of a partition; 0 where it was never read."""
    row = cursor.execute(
        "SELECT next_position FROM offsets WHERE log = %s AND partition = %s", (log, partition)
    ).fetchone()
    return row[0] if row else 0


def write_people(
    cursor: psycopg.Cursor, changes: Changes, packed: Iterable[tuple[Person, bytes]]
) -> str:
    """Write people's rows, in id order; returns what was stale, or the empty string."""
    replaced = changes.replaced
    created = [row for row in packed if row[0].id not in replaced]
    updated = [
        (person, doc, replaced[person.id]) for person, doc in packed if person.id in replaced
    ]
    if updated:
        copy_format.copy_replacing(cursor, "stage_people", updated)
        if cursor.execute(_UPDATE_PEOPLE).rowcount != len(updated):
            return "person"
    if changes.gone:
        gone = sorted(changes.gone)
        parameters = (Keys([profile for profile, _ in gone]), [version for _, version in gone])
        if cursor.execute(_DELETE_PEOPLE, parameters).rowcount != len(gone):
            return "person"
    if created:
        copy_format.copy_people(cursor, "profiles", created)
    return ""


def write_identity(cursor: psycopg.Cursor, changes: Changes) -> str:
    """Write identifiers, their leaves and owners, link facts and history.

    Returns what was stale, or the empty string.
    """
    if changes.absorbed:
        cursor.execute(
            _ABSORB,
            (
                Keys([loser for loser, _ in changes.absorbed]),
                Keys([survivor for _, survivor in changes.absorbed]),
            ),
        )
    if changes.moves:
        cursor.execute(_MOVE, (Keys(list(changes.moves)), Keys(list(changes.moves.values()))))
    if changes.leaves:
        copy_format.copy_leaves(cursor, "stage_leaves", sorted(changes.leaves.items()))
        cursor.execute(_UPDATE_LEAVES)
    if changes.identifiers:
        copy_format.copy_identifiers(cursor, changes.identifiers)
    if changes.revised and not _revise_links(cursor, changes):
        return "link"
    if changes.links:
        copy_format.copy_links(cursor, "links", changes.links)
    if changes.merges:
        _write_merges(cursor, changes)
    return ""


def _revise_links(cursor: psycopg.Cursor, changes: Changes) -> bool:
    """Rewrite link facts; False where one of them has changed since it was read."""
    copy_format.copy_links(cursor, "stage_links", [after for _, after in changes.revised])
    copy_format.copy_links(cursor, "stage_known_links", [before for before, _ in changes.revised])
    return cursor.execute(_REVISE_LINKS).rowcount == len(changes.revised)


def _write_merges(cursor: psycopg.Cursor, changes: Changes) -> None:
    merges = changes.merges
    cursor.execute(
        _MERGES,
        (
            utc(changes.now_ms),
            [merge.workspace for merge in merges],
            [merge.kind for merge in merges],
            Keys([merge.survivor for merge in merges]),
            Keys([merge.other for merge in merges]),
            Keys([merge.cause for merge in merges]),
            # Arrays of keys hold no nulls.
            Keys([merge.link[0] if merge.link else merge.cause for merge in merges]),
            Keys([merge.link[1] if merge.link else merge.cause for merge in merges]),
            [utc(merge.occurred_ms) for merge in merges],
        ),
    )


def write_facts(cursor: psycopg.Cursor, changes: Changes, fence: "Fence | None") -> None:
    """Write events, memberships and their outbox, dead letters and observations."""
    if changes.events:
        copy_format.copy_events(cursor, changes.events)
    if changes.memberships:
        _write_memberships(cursor, changes)
    if changes.confirmed:
        confirmed = sorted(changes.confirmed)
        segments, people, versions = zip(*confirmed, strict=True)
        cursor.execute(_CONFIRM_MEMBERS, (Integers(segments), Keys(people), Integers(versions)))
    if changes.dead_letters and fence is not None:
        _write_dead_letters(cursor, changes, fence)
    if changes.redriven:
        cursor.execute(_SETTLE, (changes.redriven,))
    if changes.observed:
        shard = fence.partition if fence is not None else -1
        observations.add(
            cursor.connection,
            (
                (key.workspace, key.signal, key.minute_ms, shard, key.metric, value)
                for key, value in sorted(changes.observed.items())
            ),
        )


def _write_memberships(cursor: psycopg.Cursor, changes: Changes) -> None:
    ordered = sorted(changes.memberships)
    added = [change for change in ordered if change.delta > 0]
    dropped = [change for change in ordered if change.delta < 0]
    if dropped:
        cursor.execute(
            _DROP_MEMBERS,
            (
                Integers([change.segment for change in dropped]),
                Keys([change.profile for change in dropped]),
            ),
        )
    if added:
        cursor.execute(
            _ADD_MEMBERS,
            (
                utc(changes.now_ms),
                Integers([change.segment for change in added]),
                Keys([change.profile for change in added]),
                Integers([change.workspace for change in added]),
                Integers([change.version for change in added]),
            ),
        )
    copy_format.copy_changes(cursor, ordered, changes.now_ms)


def _write_dead_letters(cursor: psycopg.Cursor, changes: Changes, fence: "Fence") -> None:
    """Open the letters again that were driven again, and add the others.

    One that names a letter that is not there is another one.
    """
    at = utc(changes.now_ms)
    added = []
    for letter in changes.dead_letters:
        reason, detail = letter.failure.reason, letter.failure.detail.replace("\0", "")
        if not (
            letter.retry_of
            and cursor.execute(_REOPEN, (reason, detail, at, letter.retry_of)).rowcount
        ):
            arrived = utc(letter.received_ms) if letter.received_ms else None
            added.append(
                (
                    letter.workspace, letter.source, fence.log, fence.partition, letter.position,
                    letter.index,
                    reason, detail, letter.payload, arrived, at, letter.command,
                )
            )  # fmt: skip
    cursor.executemany(_DEAD_LETTERS, added)
