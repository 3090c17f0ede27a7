"""Publishes definitions: every change of what is live, one audited transaction each.

A change takes the definitions' lock exclusively (commits of people hold it shared), moves the
revision, marks what changed and the live segments that depend on it with the new revision, keeps
the aggregates at what live definitions ask for, and orders a sweep, which brings everybody up to
date. Nothing here commits: the caller's transaction does.
"""

from typing import Any, Final

import msgspec
from psycopg import Connection

from domain.activation.states import AudienceStatus
from domain.ids import SegmentId
from domain.segments.definition import DefinitionStatus, TraitRule
from operators.rules.references import segments_of, traits_of
from store import locks
from store.audit import trail
from store.definitions import versions
from store.definitions.checks import as_rule, check_number, check_segment, check_users, live_rules
from store.definitions.drafts import Author, Kind
from store.definitions.effects import Change, Published, apply_effects, next_revision
from store.definitions.errors import DefinitionConflictError
from store.definitions.versions import DefinitionRow


def publish_segment(
    conn: Connection[Any], author: Author, segment: int, expected: int | None = None
) -> Published:
    """Make a segment's newest version live; a paused segment is live again by that.

    Args:
        conn: in a transaction.
        author: who, where.
        segment: its id.
        expected: the version that the author means to publish; None: whichever is newest.

    Returns:
        Nothing new where that version is live already.

    Raises:
        MissingDefinitionError: there is no such segment.
        DefinitionConflictError: another version is the newest, or there are too many that are live.
        InvalidDefinitionError: the rule refers to what is not there, or in a circle.
    """
    return _publish(conn, author, "segment", segment, expected)


def publish_trait(
    conn: Connection[Any], author: Author, trait: int, expected: int | None = None
) -> Published:
    """Make a computed trait's newest version live; otherwise like `publish_segment`."""
    return _publish(conn, author, "trait", trait, expected)


def _publish(
    conn: Connection[Any], author: Author, kind: Kind, definition_id: int, expected: int | None
) -> Published:
    lock_definitions(conn)
    row = versions.locked(conn, author.workspace, kind, definition_id)
    newest = versions.newest(conn, kind, definition_id)
    versions.expect(expected, newest.version)
    if row.status == DefinitionStatus.LIVE and row.version == newest.version:
        return Published()
    if kind == "segment":
        check_segment(conn, author, definition_id, as_rule(newest.definition))
    else:
        check_users(conn, author, row.name, msgspec.convert(newest.definition, TraitRule))
    if row.status == DefinitionStatus.DRAFT:
        check_number(conn, author, kind)
    revision = next_revision(conn)
    versions.make_live(conn, kind, definition_id, newest, revision)
    versions.mark_published(conn, author, kind, definition_id, newest.version)
    return _changed(conn, author, f"{kind}.publish", row, revision, newest.version)


def pause_segment(conn: Connection[Any], author: Author, segment: int) -> Published:
    """Keep a segment's members as they are until it is resumed.

    Raises:
        MissingDefinitionError: there is no such segment.
        DefinitionConflictError: it is not live.
    """
    return _turn(conn, author, segment, DefinitionStatus.PAUSED, "segment.pause")


def resume_segment(conn: Connection[Any], author: Author, segment: int) -> Published:
    """Let a paused segment follow its rule again.

    Raises:
        MissingDefinitionError: there is no such segment.
        DefinitionConflictError: it is not paused.
        InvalidDefinitionError: meanwhile the rule refers to what is not there.
    """
    return _turn(conn, author, segment, DefinitionStatus.LIVE, "segment.resume")


_TURNS: Final = {
    DefinitionStatus.PAUSED: DefinitionStatus.LIVE,
    DefinitionStatus.LIVE: DefinitionStatus.PAUSED,
}
"""The status that a segment must have before it is turned to another one."""


def _turn(
    conn: Connection[Any], author: Author, segment: int, after: DefinitionStatus, action: str
) -> Published:
    lock_definitions(conn)
    row = versions.locked(conn, author.workspace, "segment", segment)
    before = _TURNS[after]
    if row.status != before:
        raise DefinitionConflictError(f"The segment is {row.status}, not {before}.")
    if after == DefinitionStatus.LIVE:
        check_segment(conn, author, segment, as_rule(row.definition))
    revision = next_revision(conn)
    versions.set_status(conn, "segment", segment, after, revision)
    return _changed(conn, author, action, row, revision, row.version)


def delete_segment(conn: Connection[Any], author: Author, segment: int) -> Published:
    """Delete a segment; the sweep takes its members out.

    Raises:
        MissingDefinitionError: there is no such segment.
        DefinitionConflictError: another segment refers to it, or an audience follows it.
    """
    lock_definitions(conn)
    row = versions.locked(conn, author.workspace, "segment", segment)
    if row.status == DefinitionStatus.DRAFT:
        return _forget(conn, author, row)
    users = [
        name
        for number, (name, tree) in live_rules(conn, author.workspace).items()
        if segment in segments_of(tree) and number != segment
    ]
    if users:
        raise DefinitionConflictError(f"Other segments refer to it: {', '.join(users)}.")
    sql = (
        "SELECT id FROM audiences WHERE segment_id = %s "
        f"AND status <> '{AudienceStatus.DELETED}' ORDER BY id"
    )
    audiences = [number for (number,) in conn.execute(sql, (segment,))]
    if audiences:
        raise DefinitionConflictError(
            f"Audiences follow it: {', '.join(map(str, audiences))}. Delete them first."
        )
    revision = next_revision(conn)
    versions.set_status(conn, "segment", segment, DefinitionStatus.DELETED, revision)
    return _changed(conn, author, "segment.delete", row, revision, row.version)


def delete_trait(conn: Connection[Any], author: Author, trait: int) -> Published:
    """Delete a computed trait.

    Raises:
        MissingDefinitionError: there is no such trait.
        DefinitionConflictError: a segment uses it.
    """
    lock_definitions(conn)
    row = versions.locked(conn, author.workspace, "trait", trait)
    if row.status == DefinitionStatus.DRAFT:
        return _forget(conn, author, row)
    users = [
        name
        for name, tree in live_rules(conn, author.workspace).values()
        if row.name in traits_of(tree)
    ]
    if users:
        raise DefinitionConflictError(f"Segments use it: {', '.join(users)}.")
    revision = next_revision(conn)
    versions.set_status(conn, "trait", trait, DefinitionStatus.DELETED, revision)
    return _changed(conn, author, "trait.delete", row, revision, row.version)


def lock_definitions(conn: Connection[Any]) -> None:
    """Exclude other publishers and commits of people until the transaction ends."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", (locks.DEFINITIONS,))


def _forget(conn: Connection[Any], author: Author, row: DefinitionRow) -> Published:
    """Delete what was never live: nobody is concerned."""
    versions.set_status(conn, row.kind, row.id, DefinitionStatus.DELETED, None)
    trail.append(
        conn,
        author.workspace,
        author.actor,
        f"{row.kind}.delete",
        f"{row.kind}:{row.id}",
        {"version": 0} | trail.reason_detail(author.reason),
    )
    return Published()


def _changed(
    conn: Connection[Any],
    author: Author,
    action: str,
    row: DefinitionRow,
    revision: int,
    version: int,
) -> Published:
    segments = frozenset({SegmentId(row.id)}) if row.kind == "segment" else frozenset()
    traits = frozenset({row.name}) if row.kind == "trait" else frozenset()
    sweeps = action == "trait.publish"
    change = Change(action, f"{row.kind}:{row.id}", row.name, segments, traits, sweeps=sweeps)
    return apply_effects(conn, author, change, revision, {"version": version})
