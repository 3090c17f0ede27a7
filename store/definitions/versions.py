"""Definitions and their versions: drafts are created and saved here.

Every saved version is kept with its author. A draft is a version above the live one; an author
names the version that they have seen, so that nobody overwrites what they have not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, LiteralString

import msgspec
from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from domain.segments.definition import DefinitionStatus
from domain.segments.part import Part
from domain.values import Json
from store.audit import trail
from store.definitions.drafts import Author, Draft, Kind
from store.definitions.errors import DefinitionConflictError, MissingDefinitionError


@dataclass(frozen=True)
class DefinitionRow:
    """A segment or computed trait that is not deleted.

    Attributes:
        version: that is live, 0 before the first publishing.
        definition: that is live, as JSON; None before the first publishing.
    """

    kind: Kind
    id: int
    name: str
    status: str
    version: int
    definition: Any


@dataclass(frozen=True)
class VersionRow:
    """One saved version; `definition` as JSON."""

    version: int
    definition: Any
    purpose: str


_TABLE: Final[Mapping[str, LiteralString]] = {"segment": "segments", "trait": "traits"}
_NOUN: Final = {"segment": "segment", "trait": "computed trait"}


def locked(conn: Connection[Any], workspace: int, kind: Kind, definition_id: int) -> DefinitionRow:
    """One definition, locked until the transaction ends.

    Raises:
        MissingDefinitionError: the workspace has none of this id, or it is deleted.
    """
    sql = "SELECT %s::text AS kind, id, name, status, version, definition FROM " + _TABLE[kind]
    sql += f" WHERE workspace_id = %s AND id = %s AND status <> '{DefinitionStatus.DELETED}'"
    sql += " FOR UPDATE"
    with conn.cursor(row_factory=class_row(DefinitionRow)) as cursor:
        row = cursor.execute(sql, (kind, workspace, definition_id)).fetchone()
    if row is None:
        raise MissingDefinitionError(_NOUN[kind])
    return row


def newest(conn: Connection[Any], kind: Kind, definition_id: int) -> VersionRow:
    """The version that was saved last.

    Raises:
        MissingDefinitionError: there is no such definition.
    """
    sql = """
        SELECT version, definition, purpose FROM definition_versions
        WHERE kind = %s AND definition_id = %s ORDER BY version DESC LIMIT 1
    """
    with conn.cursor(row_factory=class_row(VersionRow)) as cursor:
        row = cursor.execute(sql, (kind, definition_id)).fetchone()
    if row is None:
        raise MissingDefinitionError(_NOUN[kind])
    return row


def expect(expected: int | None, version: int) -> None:
    """Hold an author to the version that they have seen.

    Raises:
        DefinitionConflictError: there is another one.
    """
    if expected is not None and expected != version:
        raise DefinitionConflictError(
            f"The newest version is {version}, not {expected}: read it again."
        )


def create(conn: Connection[Any], author: Author, kind: Kind, draft: Draft) -> int:
    """Save the first version of a new definition, as a draft.

    Returns:
        Its id.

    Raises:
        DefinitionConflictError: the name is taken; the transaction is lost.
    """
    sql = (
        "INSERT INTO " + _TABLE[kind] + " (workspace_id, name, description, status) "
        f"VALUES (%s, %s, %s, '{DefinitionStatus.DRAFT}') RETURNING id"
    )
    try:
        row = conn.execute(sql, (author.workspace, draft.name, draft.description or "")).fetchone()
    except UniqueViolation as error:
        raise _taken(kind) from error
    number = int(row[0]) if row else 0
    if draft.purpose:
        conn.execute("UPDATE segments SET purpose = %s WHERE id = %s", (draft.purpose, number))
    version = add_version(conn, author, kind, number, draft.definition, draft.purpose)
    trail.append(
        conn,
        author.workspace,
        author.actor,
        f"{kind}.create",
        f"{kind}:{number}",
        {"version": version},
    )
    return number


def save(
    conn: Connection[Any],
    author: Author,
    kind: Kind,
    definition_id: int,
    draft: Draft,
    expected: int | None = None,
) -> int:
    """Save a new version; what is live stays live until the new one is published.

    The name and the description change at once. Where nothing differs, nothing is written.

    Args:
        conn: in a transaction.
        author: who, where.
        kind: of the definition.
        definition_id: its id.
        draft: what to save.
        expected: newest version that the author has seen; None: whichever it is.

    Returns:
        The newest version; no new one where rule and purpose are those of the newest.

    Raises:
        MissingDefinitionError: there is no such definition.
        DefinitionConflictError: another version is the newest, or the name is taken (the
            transaction is lost).
    """
    locked(conn, author.workspace, kind, definition_id)
    last = newest(conn, kind, definition_id)
    expect(expected, last.version)
    version = last.version
    if draft.purpose != last.purpose or _json(draft.definition) != _json(last.definition):
        version = add_version(conn, author, kind, definition_id, draft.definition, draft.purpose)
    sql = (
        "UPDATE " + _TABLE[kind] + " SET name = coalesce(%(name)s, name), "
        "description = coalesce(%(description)s, description), updated_at = now() "
        "WHERE id = %(id)s AND (%(is_new)s OR name <> %(name)s OR description <> %(description)s)"
    )
    params = {
        "id": definition_id,
        "name": draft.name,
        "description": draft.description,
        "is_new": version != last.version,
    }
    try:
        changed = conn.execute(sql, params).rowcount
    except UniqueViolation as error:
        raise _taken(kind) from error
    if changed:
        trail.append(
            conn,
            author.workspace,
            author.actor,
            f"{kind}.save",
            f"{kind}:{definition_id}",
            {"version": version},
        )
    return version


def add_version(
    conn: Connection[Any],
    author: Author,
    kind: str,
    definition_id: int,
    definition: Part | Json,
    purpose: str,
) -> int:
    """Save one more version; versions count from 1.

    Args:
        conn: inside the caller's transaction.
        author: who saves it, and for which workspace.
        kind: segment, trait or rfm.
        definition_id: which.
        definition: the rule.
        purpose: that members must have consented to.

    Returns:
        The number of the version.
    """
    sql = """
        INSERT INTO definition_versions (workspace_id, kind, definition_id, version, definition,
            purpose, author)
        SELECT %(workspace)s, %(kind)s, %(id)s, coalesce(max(version), 0) + 1, %(definition)s,
            %(purpose)s, %(author)s
        FROM definition_versions WHERE kind = %(kind)s AND definition_id = %(id)s RETURNING version
    """
    params = {
        "workspace": author.workspace,
        "kind": kind,
        "id": definition_id,
        "purpose": purpose,
        "author": author.actor,
    }
    row = conn.execute(sql, {**params, "definition": jsonb(definition)}).fetchone()
    return int(row[0]) if row else 0


def mark_published(
    conn: Connection[Any], author: Author, kind: str, definition_id: int, version: int
) -> None:
    """Record who made a version live, and when."""
    sql = """
        UPDATE definition_versions SET published_at = clock_timestamp(), published_by = %s
        WHERE kind = %s AND definition_id = %s AND version = %s
    """
    conn.execute(sql, (author.actor, kind, definition_id, version))


def make_live(
    conn: Connection[Any], kind: Kind, definition_id: int, version: VersionRow, revision: int
) -> None:
    """Make a version the live one as of a revision.

    Args:
        conn: inside the caller's transaction.
        kind: segment or trait.
        definition_id: which.
        version: the saved version.
        revision: of the workspace's definitions.
    """
    sql = (
        "UPDATE "
        + _TABLE[kind]
        + f" SET status = '{DefinitionStatus.LIVE}', version = %s, definition = %s, "
        "revision = %s, updated_at = now() WHERE id = %s"
    )
    conn.execute(sql, (version.version, Jsonb(version.definition), revision, definition_id))
    if kind == "segment":
        conn.execute(
            "UPDATE segments SET purpose = %s WHERE id = %s", (version.purpose, definition_id)
        )


def set_status(
    conn: Connection[Any],
    kind: Kind,
    definition_id: int,
    status: DefinitionStatus,
    revision: int | None,
) -> None:
    """Move a definition to another status as of a revision.

    Args:
        conn: inside the caller's transaction.
        kind: segment or trait.
        definition_id: which.
        status: the new one.
        revision: of the workspace's definitions; None keeps the old one, for a definition that was
            never live.
    """
    sql = (
        "UPDATE "
        + _TABLE[kind]
        + " SET status = %s, revision = coalesce(%s, revision), updated_at = now() WHERE id = %s"
    )
    conn.execute(sql, (status, revision, definition_id))


def jsonb(definition: Part | Json) -> Jsonb:
    """A definition as a parameter of type ``jsonb``."""
    return Jsonb(definition, dumps=msgspec.json.encode)


def _json(definition: Part | Json) -> bytes:
    """As text, in which ``true`` is not 1."""
    return msgspec.json.encode(definition, order="sorted")


def _taken(kind: Kind) -> DefinitionConflictError:
    return DefinitionConflictError(f"A {_NOUN[kind]} of this name exists.")
