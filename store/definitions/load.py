"""What the engine must know of every workspace: its sources, its salt and its definitions.

Checked every second, loaded when it changed.

One statement reads everything, so that it is one instant of the database; the database builds the
JSON of `WorkspaceDefinitions`, and one decoder reads it.
"""

from typing import Any, Final

import msgspec
import psycopg
from psycopg import Connection

from domain.ids import SourceId, WorkspaceId
from domain.segments.definition import (
    IN_USE,
    Aggregate,
    ComputedTrait,
    DefinitionStatus,
    RfmDefinition,
    Segment,
    SweepStatus,
    WorkspaceDefinitions,
)
from store.connection import one_of

Fingerprint = tuple[Any, ...]


class SourceRow(msgspec.Struct, frozen=True):
    """One source with its workspace's salt."""

    id: SourceId
    workspace: WorkspaceId
    salt: bytes
    default_region: str


class Deleted(msgspec.Struct, frozen=True):
    """Workspaces that are deleted, or on their way: what comes of theirs is dropped.

    Attributes:
        workspaces: their ids.
        sources: the ids of their sources.
    """

    workspaces: frozenset[int] = frozenset()
    sources: frozenset[int] = frozenset()


class Registry(msgspec.Struct, frozen=True):
    """All definitions as of one instant.

    Attributes:
        sources: source id → source.
        salts: workspace id → salt.
        definitions: workspace id → what is live there; every workspace is named.
        revision: of the definitions.
        fingerprint: differs where anything of this differs; see `refresh`.
        unreadable: stored definitions that this version cannot read, as ``workspace 1, segments
            12``; they rest.
        deleted: workspaces that are deleted; those on their way are among the others as well.
    """

    sources: dict[int, SourceRow]
    salts: dict[int, bytes]
    definitions: dict[WorkspaceId, WorkspaceDefinitions]
    revision: int = 0
    fingerprint: Fingerprint = ()
    unreadable: tuple[str, ...] = ()
    deleted: Deleted = Deleted()


# The second part tells when a sweep has ended, which moves what is swept and no revision.
_FINGERPRINT: Final = f"""
    SELECT (SELECT revision FROM definitions_revision),
           (SELECT array_agg(id ORDER BY id) FROM sweeps WHERE status = '{SweepStatus.RUNNING}'),
           (SELECT sum(hashtextextended(concat_ws(':', id, workspace_id, default_region), 0))
               FROM sources),
           (SELECT sum(hashtextextended(concat_ws(':', id, time_zone, encode(salt, 'hex')), 0))
               FROM workspaces),
           (SELECT sum(hashtextextended(concat_ws(':', workspace_id, sources), 0))
               FROM workspace_deletions)
"""
_DELETED: Final = "SELECT workspace_id, sources FROM workspace_deletions"
_SWEPT: Final = f"""
    WITH running AS (SELECT workspace_id, min(id) AS id FROM sweeps
        WHERE status = '{SweepStatus.RUNNING}' GROUP BY workspace_id)
    SELECT done.workspace_id, max(done.aggregate_id) AS aggregate_id, max(done.revision) AS revision
    FROM sweeps done LEFT JOIN running USING (workspace_id)
    WHERE done.status = '{SweepStatus.DONE}' AND (running.id IS NULL OR done.id < running.id)
        GROUP BY done.workspace_id
"""
_DEFINITIONS: Final = f"""
    SELECT w.id, w.salt, sources.rows, revision.revision, json_build_object(
        'workspace', w.id, 'revision', revision.revision, 'time_zone', w.time_zone,
        'segments', coalesce(segments.rows, '[]'), 'traits', coalesce(traits.rows, '[]'), 'rfm',
            rfm.row,
        'aggregates', coalesce(aggregates.rows, '[]'), 'newest_aggregate',
            coalesce(aggregates.newest, 0),
        'swept_aggregate', coalesce(swept.aggregate_id, 0), 'swept_revision',
            coalesce(swept.revision, 0))::text
    FROM workspaces w CROSS JOIN definitions_revision revision
    LEFT JOIN (SELECT workspace_id, array_agg(ARRAY[id::text, default_region] ORDER BY id) AS rows
        FROM sources GROUP BY 1) sources
        ON sources.workspace_id = w.id
    LEFT JOIN (SELECT workspace_id, json_agg(json_build_object(
            'id', id, 'workspace', workspace_id, 'version', version,
            'rule', CASE status WHEN '{DefinitionStatus.LIVE}' THEN definition END,
            'purpose', purpose, 'revision', revision) ORDER BY id) AS rows
        FROM segments WHERE status IN {one_of(IN_USE)} GROUP BY 1) segments
        ON segments.workspace_id = w.id
    LEFT JOIN (SELECT workspace_id, json_agg(json_build_object(
            'id', id, 'name', name, 'version', version, 'rule', definition, 'revision', revision)
                ORDER BY id) AS rows
        FROM traits WHERE status = '{DefinitionStatus.LIVE}' GROUP BY 1) traits
        ON traits.workspace_id = w.id
    LEFT JOIN (SELECT workspace_id, json_build_object(
            'version', version, 'rule', definition, 'breaks', breaks, 'revision', revision) AS row
        FROM rfm) rfm ON rfm.workspace_id = w.id
    LEFT JOIN (SELECT workspace_id, max(id) AS newest,
            json_agg(json_build_object('id', id, 'spec', spec)
                ORDER BY id) FILTER (WHERE retired_at IS NULL) AS rows
        FROM aggregates GROUP BY 1) aggregates ON aggregates.workspace_id = w.id
    LEFT JOIN ({_SWEPT}) swept ON swept.workspace_id = w.id
"""
_WITH_FINGERPRINT: Final = (
    f"SELECT d.*, f.* FROM ({_FINGERPRINT}) f LEFT JOIN ({_DEFINITIONS}) d ON true"
)
_OF_WORKSPACE: Final = _DEFINITIONS + " WHERE w.id = %s"
_COLUMNS: Final = 5
"""Of `_DEFINITIONS`; the fingerprint's follow."""
_DECODER: Final = msgspec.json.Decoder(WorkspaceDefinitions)


def load_registry(connection: psycopg.Connection) -> Registry:
    """Read every workspace's definitions, as of one instant.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    sources: dict[int, SourceRow] = {}
    salts: dict[int, bytes] = {}
    definitions: dict[WorkspaceId, WorkspaceDefinitions] = {}
    fingerprint: Fingerprint = ()
    unreadable: list[str] = []
    for row in connection.execute(_WITH_FINGERPRINT.encode()):
        fingerprint = _fingerprint(row[_COLUMNS:])
        workspace, salt, rows, _, text = row[:_COLUMNS]
        if workspace is None:
            continue
        salts[workspace] = bytes(salt)
        definitions[WorkspaceId(workspace)], resting = _read(text)
        unreadable += [f"workspace {workspace}, {each}" for each in resting]
        sources |= {
            int(number): SourceRow(
                SourceId(int(number)), WorkspaceId(workspace), salts[workspace], region
            )
            for number, region in rows or ()
        }
    return Registry(
        sources,
        salts,
        definitions,
        int(fingerprint[0]) if fingerprint else 0,
        fingerprint,
        tuple(unreadable),
        _deleted(connection),
    )


def _deleted(connection: psycopg.Connection) -> Deleted:
    rows = connection.execute(_DELETED).fetchall()
    sources = frozenset(source for _, each in rows for source in each)
    return Deleted(frozenset(workspace for workspace, _ in rows), sources)


def refresh(connection: psycopg.Connection, before: Registry) -> Registry:
    """Load the definitions as of now.

    If nothing changed it returns the known object itself, at the cost of one small statement.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    row = connection.execute(_FINGERPRINT).fetchone()
    if row is not None and _fingerprint(row) == before.fingerprint:
        return before
    return load_registry(connection)


def load_definitions(connection: Connection[Any], workspace: int) -> WorkspaceDefinitions:
    """Read one workspace's definitions, as of one instant.

    Raises:
        LookupError: there is no such workspace.
        psycopg.OperationalError: the server does not answer.
    """
    row = connection.execute(_OF_WORKSPACE.encode(), (workspace,)).fetchone()
    if row is None:
        raise LookupError("there is no such workspace")
    return _read(row[4])[0]


def _read(text: str) -> tuple[WorkspaceDefinitions, list[str]]:
    """Load a workspace's definitions; list those that are disabled because unreadable."""
    try:
        return _DECODER.decode(text), []
    except msgspec.ValidationError:
        raw = msgspec.json.decode(text)
    resting = [f"segments {row['id']}" for row in raw["segments"] if not _readable(row, Segment)]
    resting += [f"traits {row['id']}" for row in raw["traits"] if not _readable(row, ComputedTrait)]
    raw["segments"] = [
        row if _readable(row, Segment) else {**row, "rule": None} for row in raw["segments"]
    ]
    for kind, struct in (("traits", ComputedTrait), ("aggregates", Aggregate)):
        raw[kind] = [row for row in raw[kind] if _readable(row, struct)]
    if raw["rfm"] is not None and not _readable(raw["rfm"], RfmDefinition):
        raw["rfm"], resting = None, [*resting, "rfm"]
    return msgspec.convert(raw, WorkspaceDefinitions), resting


def _readable(row: object, struct: type) -> bool:
    try:
        msgspec.convert(row, struct)
    except msgspec.ValidationError:
        return False
    return True


def _fingerprint(row: tuple[Any, ...]) -> Fingerprint:
    return tuple(tuple(part) if isinstance(part, list) else part for part in row)
