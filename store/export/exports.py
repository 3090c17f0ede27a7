"""Rows of exports as people see them: ordered, listed, looked at, cancelled.

`store.export.jobs` is for the process that writes files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple

import msgspec
from psycopg import AsyncConnection, Connection
from psycopg.types.json import Jsonb

from domain.export import UNDER_WAY, ExportSpec, ExportStatus
from domain.segments.rule import encode_rule
from store.audit import trail
from store.connection import one_of
from store.fetch import Pool, fetch, fetch_one

ExportKind = Literal["file", "stream"]


class TooManyExportsError(Exception):
    """The workspace has as many exports under way as it may have."""


@dataclass(frozen=True)
class ExportRow:
    """One export.

    Attributes:
        kind: file or stream.
        spec: what was asked for.
        people: to be looked at, as counted when it was asked for.
        evaluated: looked at so far.
        sha256: of the file, 32 bytes.
        downloadable: whether the file may be given out now.
    """

    id: int
    kind: str
    spec: ExportSpec
    requested_by: str
    status: str
    reason: str
    attempt: int
    people: int
    evaluated: int
    rows: int
    without_consent: int
    without_identifier: int
    size_bytes: int | None
    sha256: bytes | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    downloadable: bool


_SELECT: Final = f"""
    SELECT id, kind, spec, requested_by, CASE WHEN status = '{ExportStatus.DONE}'
        AND expires_at <= now() THEN '{ExportStatus.EXPIRED}' ELSE status END, reason, attempt,
           people, evaluated, rows, without_consent, without_identifier, size_bytes, sha256,
               created_at, started_at, finished_at,
           expires_at, kind = 'file' AND status = '{ExportStatus.DONE}' AND expires_at > now()
    FROM exports WHERE workspace_id = %(workspace)s
"""
_OPEN: Final = (
    "SELECT count(*) FROM exports WHERE workspace_id = %s AND kind = 'file' AND status IN"
    f" {one_of(UNDER_WAY)}"
)
_INSERT: Final = """
    INSERT INTO exports (workspace_id, kind, spec, requested_by, status, people, attempt,
        started_at, heartbeat_at)
    VALUES (%(workspace)s, %(kind)s, %(spec)s, %(actor)s, %(status)s, %(people)s, %(stream)s::int,
            CASE WHEN %(stream)s THEN now() END, CASE WHEN %(stream)s THEN now() END)
    RETURNING id
"""
_END: Final = f"""
    UPDATE exports SET finished_at = coalesce(finished_at, now()), status = CASE
        WHEN status = '{ExportStatus.DONE}' THEN '{ExportStatus.DELETED}'
        ELSE '{ExportStatus.CANCELLED}' END
    WHERE workspace_id = %s AND id = %s AND kind = 'file'
        AND status IN {one_of((*UNDER_WAY, ExportStatus.DONE))}
    RETURNING status
"""


async def page(pool: Pool, workspace: int, after: int | None, limit: int) -> list[ExportRow]:
    """List exports, newest first.

    Args:
        pool: open pool.
        workspace: tenant.
        after: the last id of the previous page; None for the first page.
        limit: exports per page.
    """
    sql = (
        _SELECT
        + " AND (%(after)s::bigint IS NULL OR id < %(after)s) ORDER BY id DESC LIMIT %(limit)s"
    )
    return await fetch(pool, _row, sql, {"workspace": workspace, "after": after, "limit": limit})


async def by_id(pool: Pool, workspace: int, export: int) -> ExportRow | None:
    """One export; None where the workspace has no such export."""
    return await fetch_one(
        pool, _row, _SELECT + " AND id = %(id)s", {"workspace": workspace, "id": export}
    )


class Order(NamedTuple):
    """One export to be noted.

    Attributes:
        kind: a stream is being answered already.
        people: to be looked at.
        columns: what is exported of each.
    """

    spec: ExportSpec
    kind: ExportKind
    people: int
    columns: Sequence[str]


def order(
    conn: Connection[Any], workspace: int, actor: str, request: Order, open_limit: int
) -> int:
    """Record an export with its audit entry, in the caller's transaction.

    The caller commits it before anything leaves.

    Args:
        conn: in a transaction.
        workspace: tenant.
        actor: as the audit log calls them.
        request: what is asked for.
        open_limit: files that a workspace may have waiting or being written.

    Returns:
        Its id.

    Raises:
        TooManyExportsError: there are as many already.
    """
    spec, kind, people, told_columns = request
    if kind == "file":
        row = conn.execute(_OPEN, (workspace,)).fetchone()
        if row is not None and row[0] >= open_limit:
            raise TooManyExportsError
    stream = kind == "stream"
    params = {
        "workspace": workspace,
        "kind": kind,
        "spec": Jsonb(msgspec.to_builtins(spec)),
        "actor": actor,
        "people": people,
    }
    status = ExportStatus.RUNNING if stream else ExportStatus.QUEUED
    row = conn.execute(_INSERT, {**params, "status": status, "stream": stream}).fetchone()
    export = int(row[0]) if row else 0
    detail = {
        "export": export,
        "kind": kind,
        "people": people,
        "columns": list(told_columns),
        **audit_detail(spec),
    }
    trail.append(conn, workspace, actor, "export", subject(spec), detail)
    return export


def subject(spec: ExportSpec) -> str:
    """What the audit log says is exported."""
    return "filter" if spec.segment is None else f"segment:{spec.segment}"


def audit_detail(spec: ExportSpec) -> dict[str, Any]:
    """The details of an export for the audit log.

    A rule may contain personal data, so only its digest is included.
    """
    detail: dict[str, Any] = msgspec.to_builtins(spec)
    if spec.rule is not None:
        detail["rule"] = sha256(encode_rule(spec.rule)).hexdigest()
    return detail


async def note_download(
    conn: AsyncConnection[Any], workspace: int, actor: str, row: ExportRow, part: str
) -> None:
    """Record that a file, or a part of it, is being given out.

    Args:
        conn: inside the caller's transaction.
        workspace: tenant.
        actor: who downloads it.
        row: the export.
        part: which part of the file.
    """
    detail = {"export": row.id, "rows": row.rows, "size_bytes": row.size_bytes, "part": part}
    await trail.append_async(conn, workspace, actor, "export.download", subject(row.spec), detail)


async def end(
    conn: AsyncConnection[Any], workspace: int, actor: str, row: ExportRow, reason: str = ""
) -> bool:
    """Cancel an export, or delete its file if it is written.

    False where there is nothing left to end. The reason is for the audit log.
    """
    cursor = await conn.execute(_END, (workspace, row.id))
    found = await cursor.fetchone()
    if found is None:
        return False
    action = "export.delete" if found[0] == ExportStatus.DELETED else "export.cancel"
    detail = {"export": row.id, **trail.reason_detail(reason)}
    await trail.append_async(conn, workspace, actor, action, subject(row.spec), detail)
    return True


# `spec` and `rest` are a row of the table.
def _row(export_id: int, kind: str, spec: Any, *rest: Any) -> ExportRow:  # noqa: ANN401
    return ExportRow(export_id, kind, msgspec.convert(spec, ExportSpec), *rest)
