"""Effects of a change of live definitions.

Dependants are marked, aggregates are kept in step, a sweep is ordered, and everything is audited.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from psycopg import Connection

from domain.ids import AggregateId, SegmentId
from domain.segments.definition import Aggregate, SweepStatus, WorkspaceDefinitions, spec_key
from operators.aggregates.plan import aggregate_specs
from operators.rules.references import dependants
from operators.segments.compile_rules import Compiler
from store.audit import trail
from store.definitions.drafts import Author
from store.definitions.load import load_definitions

_REASON_LIMIT: Final = 1_000
_COUNTED: Final = 100_000
"""People up to whom a sweep's size is counted.

Beyond, the planner's estimate will do for progress.
"""


@dataclass(frozen=True)
class Published:
    """What a change of what is live did.

    Attributes:
        revision: of all definitions from now on; None where nothing changed.
        sweep: id of the sweep that brings people up to date; None where nothing of a person can
            differ.
    """

    revision: int | None = None
    sweep: int | None = None


@dataclass(frozen=True)
class Change:
    """What changed.

    Attributes:
        action: as the audit log calls it, for example ``segment.publish``.
        subject: for example ``segment:12``.
        name: for people.
        segments: whose rule, purpose or status.
        traits: names of computed traits whose rule or status.
        rfm: whether RFM or its bounds.
        sweeps: whether people must be visited even where no segment and no aggregate is concerned.
    """

    action: str
    subject: str
    name: str
    segments: frozenset[SegmentId] = frozenset()
    traits: frozenset[str] = frozenset()
    rfm: bool = False
    sweeps: bool = False


def next_revision(conn: Connection[Any]) -> int:
    """Move the revision of all definitions; the caller holds the definitions' lock."""
    row = conn.execute(
        "UPDATE definitions_revision SET revision = revision + 1 RETURNING revision"
    ).fetchone()
    return int(row[0]) if row else 0


def apply_effects(
    conn: Connection[Any], author: Author, change: Change, revision: int, detail: Mapping[str, Any]
) -> Published:
    """Apply the effects of a change whose rows are already written.

    Args:
        conn: in the transaction that changed the rows and moved the revision.
        author: who, where.
        change: what changed.
        revision: that the change got.
        detail: for the audit log.
    """
    definitions = load_definitions(conn, author.workspace)
    affected = dependants(definitions, change.segments, change.traits, rfm=change.rfm)
    conn.execute(
        "UPDATE segments SET revision = %s WHERE id = ANY(%s)", (revision, sorted(affected))
    )
    aggregates, added, retired = _keep_aggregates(conn, author.workspace, definitions)
    _compile(
        msgspec.structs.replace(definitions, aggregates=aggregates),
        affected | change.segments,
        change.traits,
    )
    sweep = None
    segments = sorted(affected | change.segments)
    if segments or added or change.sweeps:
        sweep = _order_sweep(
            conn, author.workspace, revision, f"{change.action} {change.name}".rstrip(), segments
        )
    counts = {
        "revision": revision,
        "aggregates_added": added,
        "aggregates_retired": retired,
        "sweep": sweep,
    }
    trail.append(
        conn,
        author.workspace,
        author.actor,
        change.action,
        change.subject,
        {**detail, **counts, **trail.reason_detail(author.reason)},
    )
    return Published(revision, sweep)


def _keep_aggregates(
    conn: Connection[Any], workspace: int, definitions: WorkspaceDefinitions
) -> tuple[tuple[Aggregate, ...], int, int]:
    """Add the aggregates that live definitions ask for, retire those they do not.

    Those there are now, and the numbers of both.
    """
    wanted = {spec_key(spec): spec for spec in aggregate_specs(definitions)}
    held = {spec_key(aggregate.spec): aggregate for aggregate in definitions.aggregates}
    retired = [aggregate.id for key, aggregate in held.items() if key not in wanted]
    if retired:
        conn.execute("UPDATE aggregates SET retired_at = now() WHERE id = ANY(%s)", (retired,))
    kept = [aggregate for key, aggregate in held.items() if key in wanted]
    added = [key for key in wanted if key not in held]
    if added:
        sql = (
            "INSERT INTO aggregates (workspace_id, spec) SELECT %s, spec::jsonb FROM"
            " unnest(%s::text[]) AS asked (spec) RETURNING id"
        )
        numbers = conn.execute(sql, (workspace, [key.decode() for key in added])).fetchall()
        kept += [
            Aggregate(AggregateId(number), wanted[key])
            for (number,), key in zip(numbers, added, strict=True)
        ]
    return tuple(kept), len(added), len(retired)


def _compile(
    definitions: WorkspaceDefinitions, segments: Collection[SegmentId], traits: Collection[str]
) -> None:
    """Compile what changed, as the engine will, so that nothing uncompilable becomes live."""
    compiler = Compiler(definitions)
    for segment in definitions.segments:
        if segment.id in segments and segment.rule is not None:
            compiler.compile(segment.rule)
    for trait in definitions.traits:
        if trait.name in traits:
            compiler.trait_series(trait)


def _order_sweep(
    conn: Connection[Any], workspace: int, revision: int, reason: str, segments: list[SegmentId]
) -> int:
    """Order a walk over everybody; where there is nobody it is done at once.

    A sweep that this very transaction has ordered before is ordered to do more: nobody has begun it
    yet.
    """
    sql = """
        UPDATE sweeps SET revision = %(revision)s, reason = left(reason || ', ' || %(reason)s,
            %(limit)s),
            aggregate_id = coalesce((SELECT max(id) FROM aggregates
                WHERE workspace_id = %(workspace)s), 0),
            segments = ARRAY(SELECT DISTINCT id
                FROM unnest(segments || %(segments)s::integer[]) AS every (id) ORDER BY id)
        WHERE workspace_id = %(workspace)s AND xmin = pg_current_xact_id()::xid RETURNING id
    """
    params = {
        "workspace": workspace,
        "revision": revision,
        "reason": reason,
        "segments": segments,
        "limit": _REASON_LIMIT,
    }
    row = conn.execute(sql, params).fetchone()
    if row is not None:
        return int(row[0])
    people = _people(conn, workspace)
    sql = f"""
        INSERT INTO sweeps (workspace_id, revision, aggregate_id, reason, segments, people, status,
            stale, finished_at)
        SELECT %(workspace)s, %(revision)s, coalesce((SELECT max(id) FROM aggregates
            WHERE workspace_id = %(workspace)s), 0), %(reason)s,
               %(segments)s, %(people)s,
               CASE WHEN %(people)s > 0 THEN '{SweepStatus.RUNNING}' ELSE '{SweepStatus.DONE}' END,
               CASE WHEN %(people)s = 0 THEN 0 END, CASE WHEN %(people)s = 0 THEN now() END
        RETURNING id
    """
    row = conn.execute(sql, {**params, "people": people}).fetchone()
    return int(row[0]) if row else 0


def _people(conn: Connection[Any], workspace: int) -> int:
    """Count a workspace's people: exact where they are few, never 0 where there are any."""
    rows = "FROM profiles WHERE workspace_id = %s"
    counted = conn.execute(
        "SELECT count(*) FROM (SELECT 1 " + rows + " LIMIT %s) AS capped", (workspace, _COUNTED)
    ).fetchone()
    number = int(counted[0]) if counted else 0
    if number < _COUNTED:
        return number
    plan = conn.execute("EXPLAIN (FORMAT JSON) SELECT 1 " + rows, (workspace,)).fetchone()
    return max(number, int(plan[0][0]["Plan"]["Plan Rows"]) if plan else 0)
