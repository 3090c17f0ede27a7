"""Definitions as a console shows them: by name, in a list, as a file."""

from dataclasses import dataclass
from typing import Any, Final, LiteralString

from psycopg import Connection
from psycopg.rows import class_row

from domain.segments.definition import DefinitionStatus
from store.definitions.drafts import Kind
from store.definitions.errors import MissingDefinitionError
from store.definitions.versions import newest

_TABLE: Final[dict[Kind, LiteralString]] = {"segment": "segments", "trait": "traits"}


@dataclass(frozen=True)
class ListedRow:
    """One definition.

    `version` is live (0: none), `newest` was saved last; only segments have `members`.
    """

    id: int
    name: str
    status: str
    version: int
    newest: int
    members: int


def named(conn: Connection[Any], workspace: int, kind: Kind, name: str) -> int | None:
    """The id of the definition of a name that is not deleted; None where there is none."""
    sql = (
        "SELECT id FROM "
        + _TABLE[kind]
        + f" WHERE workspace_id = %s AND name = %s AND status <> '{DefinitionStatus.DELETED}'"
    )
    row = conn.execute(sql, (workspace, name)).fetchone()
    return None if row is None else int(row[0])


def listed(conn: Connection[Any], workspace: int, kind: Kind) -> list[ListedRow]:
    """Every definition of a workspace that is not deleted, by id."""
    members: LiteralString = (
        "(SELECT count(*) FROM memberships WHERE segment_id = d.id)" if kind == "segment" else "0"
    )
    sql = (
        "SELECT id, name, status, version, coalesce((SELECT max(version) "
        "FROM definition_versions v WHERE v.kind = %s"
    )
    sql += (
        " AND v.definition_id = d.id), version) AS newest, "
        + members
        + " AS members FROM "
        + _TABLE[kind]
    )
    sql += f" d WHERE workspace_id = %s AND status <> '{DefinitionStatus.DELETED}' ORDER BY id"
    with conn.cursor(row_factory=class_row(ListedRow)) as cursor:
        return cursor.execute(sql, (kind, workspace)).fetchall()


def shown(conn: Connection[Any], workspace: int, kind: Kind, definition_id: int) -> dict[str, Any]:
    """A definition's newest version as the fields of a file.

    Raises:
        MissingDefinitionError: the workspace has none of this id, or it is deleted.
    """
    sql = (
        "SELECT name, description FROM "
        + _TABLE[kind]
        + f" WHERE workspace_id = %s AND id = %s AND status <> '{DefinitionStatus.DELETED}'"
    )
    row = conn.execute(sql, (workspace, definition_id)).fetchone()
    if row is None:
        raise MissingDefinitionError(kind)
    version = newest(conn, kind, definition_id)
    purpose = {"purpose": version.purpose} if kind == "segment" else {}
    return {"name": row[0], "description": row[1], **purpose, "rule": version.definition}
