"""Checks what definitions refer to, against what is live now."""

from contextlib import suppress
from typing import Any

import msgspec
from psycopg import Connection

from domain.ids import SegmentId
from domain.segments.definition import IN_USE, DefinitionStatus, Function, TraitRule
from domain.segments.rule import Rule, decode_rule
from domain.values import Json
from operators.rules.check import function_problems
from operators.rules.references import RuleScope, reference_problems
from store.connection import one_of
from store.definitions.drafts import Author, Kind
from store.definitions.errors import DefinitionConflictError, InvalidDefinitionError


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
    known = RuleScope(
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
            "The stored rule is of another version of Stratum: save it again, or run that version."
        ) from error
    return found


def check_users(conn: Connection[Any], author: Author, name: str, trait: TraitRule) -> None:
    """Refuse a computed trait whose values segments could not compare.

    Args:
        conn: inside the caller's transaction.
        author: whose workspace is meant.
        name: of the trait.
        trait: its new definition.

    Raises:
        DefinitionConflictError: a live segment compares its values in a way that the trait does not
            allow.
    """
    for user, rule in live_rules(conn, author.workspace).values():
        for problem in function_problems(rule, {name: trait.function}):
            raise DefinitionConflictError(
                f"The segment {user} uses it otherwise, at {problem.path}: {problem.message}"
            )


def check_number(conn: Connection[Any], author: Author, kind: Kind) -> None:
    """Refuse one more live definition where the workspace has as many as it may.

    Raises:
        DefinitionConflictError: the workspace has that many.
    """
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
