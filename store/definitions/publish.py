"""Publishes definitions: every change of what is live, one audited transaction each.

A change takes the definitions' lock exclusively (commits of people hold it shared), moves the
revision, marks what changed and the live segments that depend on it with the new revision, keeps
the aggregates at what live definitions ask for, and orders a sweep, which brings everybody up to
date. Nothing here commits: the caller's transaction does.
"""

from contextlib import suppress
from typing import Any, Final

import msgspec
from psycopg import Connection

from domain.activation.states import AudienceStatus
from domain.ids import SegmentId
from domain.segments.definition import IN_USE, DefinitionStatus, Function, TraitRule
from domain.segments.rule import Rule, decode_rule
from domain.values import Json
from operators.rules.check import function_problems
from operators.rules.references import Known, reference_problems, segments_of, traits_of
from store import locks
from store.audit import trail
from store.connection import one_of
from store.definitions import versions
from store.definitions.effects import Change, Published, follow, next_revision
from store.definitions.versions import (
    Author,
    DefinitionConflictError,
    DefinitionRow,
    InvalidDefinitionError,
    Kind,
)


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
    conn: Connection[Any], author: Author, kind: Kind, number: int, expected: int | None
) -> Published:
    lock_definitions(conn)
    row = versions.locked(conn, author.workspace, kind, number)
    newest = versions.newest(conn, kind, number)
    versions.expect(expected, newest.version)
    if row.status == DefinitionStatus.LIVE and row.version == newest.version:
        return Published()
    if kind == "segment":
        check_segment(conn, author, number, as_rule(newest.definition))
    else:
        _check_users(conn, author, row.name, msgspec.convert(newest.definition, TraitRule))
    if row.status == DefinitionStatus.DRAFT:
        _check_number(conn, author, kind)
    revision = next_revision(conn)
    versions.make_live(conn, kind, number, newest, revision)
    versions.mark_published(conn, author, kind, number, newest.version)
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


def check_segment(conn: Connection[Any], author: Author, segment: int | None, rule: Rule) -> None:
    """Check what a segment's rule refers to, against what is live now.

    Args:
        conn: any connection.
        author: who, where.
        segment: its id; None for one that does not exist yet.
        rule: of the segment.

    Raises:
        InvalidDefinitionError: the rule refers to what is not there, or in a circle.
    """
    rules = live_rules(conn, author.workspace)
    sql = (
        "SELECT name, definition->>'function' FROM traits WHERE workspace_id = %s "
        f"AND status = '{DefinitionStatus.LIVE}'"
    )
    functions: dict[str, Function] = dict(conn.execute(sql, (author.workspace,)).fetchall())
    rfm = conn.execute("SELECT 1 FROM rfm WHERE workspace_id = %s", (author.workspace,)).fetchone()
    known = Known(
        {number: found for number, (_, found) in rules.items()},
        {number: name for number, (name, _) in rules.items()},
        functions,
        author.kinds,
        rfm is not None,
    )
    own = None if segment is None else SegmentId(segment)
    problems = (*reference_problems(rule, own, known), *function_problems(rule, functions))
    if problems:
        raise InvalidDefinitionError(problems)


def live_rules(conn: Connection[Any], workspace: int) -> dict[SegmentId, tuple[str, Rule]]:
    """Live and paused segments: id → name and rule.

    One that this version cannot read is left out: it rests, and stops nothing else.
    """
    sql = (
        "SELECT id, name, definition::text FROM segments WHERE workspace_id = %s "
        f"AND status IN {one_of(IN_USE)} ORDER BY id"
    )
    found: dict[SegmentId, tuple[str, Rule]] = {}
    for number, name, definition in conn.execute(sql, (workspace,)):
        with suppress(msgspec.ValidationError):
            found[SegmentId(number)] = name, decode_rule(definition)
    return found


def as_rule(definition: Json) -> Rule:
    """A stored rule, from JSON values.

    Raises:
        DefinitionConflictError: it is of a kind that this version does not know.
    """
    try:
        found: Rule = msgspec.convert(definition, Rule)
    except msgspec.ValidationError as error:
        raise DefinitionConflictError(
            "The stored rule is of another version of Stratum: save it anew, or run that version."
        ) from error
    return found


def _check_users(conn: Connection[Any], author: Author, name: str, trait: TraitRule) -> None:
    """Refuse a computed trait whose values segments could not compare."""
    for user, rule in live_rules(conn, author.workspace).values():
        for problem in function_problems(rule, {name: trait.function}):
            raise DefinitionConflictError(
                f"The segment {user} uses it otherwise, at {problem.path}: {problem.message}"
            )


def _check_number(conn: Connection[Any], author: Author, kind: Kind) -> None:
    limit = author.params.segment_limit if kind == "segment" else author.params.trait_limit
    sql = f"SELECT count(*) FROM segments WHERE workspace_id = %s AND status IN {one_of(IN_USE)}"
    if kind == "trait":
        sql = (
            "SELECT count(*) FROM traits WHERE workspace_id = %s "
            f"AND status = '{DefinitionStatus.LIVE}'"
        )
    row = conn.execute(sql, (author.workspace,)).fetchone()
    if row is not None and row[0] >= limit:
        raise DefinitionConflictError(
            f"A workspace has at most {limit} {kind}s that are live: delete one first."
        )


def _forget(conn: Connection[Any], author: Author, row: DefinitionRow) -> Published:
    """Delete what was never live: nobody is concerned."""
    versions.set_status(conn, row.kind, row.id, DefinitionStatus.DELETED, None)
    trail.append(
        conn,
        author.workspace,
        author.actor,
        f"{row.kind}.delete",
        f"{row.kind}:{row.id}",
        {"version": 0},
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
    return follow(conn, author, change, revision, {"version": version})
