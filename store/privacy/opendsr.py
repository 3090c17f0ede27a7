"""Requests that other systems sent: which requests of the register each became, and how far it is.

A request is found by its sender's id within one workspace; the same id in another workspace is
another request.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import args_row

from domain.privacy.access import ArchiveReason, ArchiveStatus
from domain.privacy.opendsr import Part, SubjectRequestStatus, SubjectRequestType, status_of
from store import locks
from store.fetch import Pool, fetch, fetch_one
from store.privacy.register import STATUS

PARTS: Final = f"""
    SELECT coalesce(jsonb_agg(jsonb_build_array({STATUS}, r.completed_at IS NOT NULL,
            coalesce(a.attempt, 0) > 0) ORDER BY r.id), '[]') AS parts,
        coalesce(array_agg(r.id ORDER BY r.id), '{{}}') AS requests,
        coalesce(max(r.due_at), o.due_at) AS due_at,
        coalesce(sum(coalesce(e.identifiers + e.events, 0) + coalesce(
            (SELECT sum(rows::bigint) FROM jsonb_each_text(a.sections) AS s(name, rows)
                WHERE a.sha256 IS NOT NULL), 0)
        ), 0)::bigint AS results
    FROM opendsr_parts p JOIN privacy_requests r ON r.id = p.request
        LEFT JOIN erasures e ON e.command = r.command
        LEFT JOIN access_archives a ON a.request = r.id
    WHERE p.workspace_id = o.workspace_id AND p.id = o.id
"""
"""Of a request `o`: its parts (`domain.privacy.opendsr.Part`), when the last is due, results."""
_SELECT: Final = f"""
    SELECT o.id, o.digest, o.kind, o.regulation, o.group_id, o.submitted_at, o.received_at,
        o.due_at, o.cancelled_at, p.parts, p.requests, p.due_at, p.results
    FROM opendsr_requests o CROSS JOIN LATERAL ({PARTS}) p WHERE o.workspace_id = %(workspace)s
"""
_BY_ID: Final = _SELECT + " AND o.id = %(id)s"
_OF_REQUEST: Final = (
    _SELECT
    + " AND o.id = (SELECT id FROM opendsr_parts"
    + " WHERE request = %(request)s AND workspace_id = %(workspace)s)"
)
_ADD: Final = """
    INSERT INTO opendsr_requests (workspace_id, id, digest, kind, regulation, group_id,
        requested_by, submitted_at, received_at, due_at, callbacks)
    VALUES (%(workspace)s, %(id)s, %(digest)s, %(kind)s, %(regulation)s, %(group_id)s,
        %(requested_by)s, %(submitted_at)s, clock_timestamp(),
        least(%(submitted_at)s, clock_timestamp()) + %(due_after)s::interval, %(callbacks)s)
    ON CONFLICT DO NOTHING RETURNING id
"""
_ADD_PARTS: Final = """
    WITH added AS (
        INSERT INTO opendsr_parts (request, workspace_id, id)
        SELECT unnest(%(requests)s::bigint[]), %(workspace)s, %(id)s)
    UPDATE opendsr_requests SET due_at =
        (SELECT max(due_at) FROM privacy_requests WHERE id = ANY(%(requests)s::bigint[]))
    WHERE workspace_id = %(workspace)s AND id = %(id)s
"""
_CANCEL_ARCHIVES: Final = f"""
    WITH ended AS (
        UPDATE access_archives a SET status = '{ArchiveStatus.FAILED}',
            reason = '{ArchiveReason.CANCELLED}', finished_at = now()
        FROM opendsr_parts p WHERE p.workspace_id = %(workspace)s AND p.id = %(id)s
            AND a.request = p.request AND a.status = '{ArchiveStatus.REQUESTED}' AND a.attempt = 0
        RETURNING a.request)
    UPDATE privacy_requests SET completed_at = now() FROM ended
    WHERE privacy_requests.id = ended.request RETURNING ended.request
"""
_CANCEL: Final = """
    UPDATE opendsr_requests SET cancelled_at = now()
    WHERE workspace_id = %(workspace)s AND id = %(id)s AND cancelled_at IS NULL
    RETURNING (SELECT count(*) FROM opendsr_parts p
        WHERE p.workspace_id = opendsr_requests.workspace_id AND p.id = opendsr_requests.id)
"""
_CALLBACKS: Final = """
    SELECT url, status, attempts, created_at, sent_at, dead_at, error FROM opendsr_callbacks
    WHERE workspace_id = %(workspace)s AND request = %(id)s ORDER BY id
"""


@dataclass(frozen=True)
class SentRequest:
    """A request as another system sent it, and how far it is.

    Attributes:
        digest: keyed digest of what was sent.
        told_due_at: when it was due by what its sender was told.
        parts: each as `domain.privacy.opendsr.Part`.
        requests: their numbers in the register.
        due_at: when the last of them is due now.
        results: rows of archives, or identifiers and events that were removed, so far.
    """

    id: UUID
    digest: bytes
    kind: str
    regulation: str
    group_id: str | None
    submitted_at: datetime
    received_at: datetime
    told_due_at: datetime
    cancelled_at: datetime | None
    parts: list[list[Any]]
    requests: list[int]
    due_at: datetime
    results: int

    @property
    def status(self) -> SubjectRequestStatus:
        """How far it is."""
        return status_of(
            SubjectRequestType(self.kind),
            [Part(*part) for part in self.parts],
            is_cancelled=self.cancelled_at is not None,
        )


@dataclass(frozen=True)
class NewSentRequest:
    """A request as it comes.

    Attributes:
        digest: keyed digest of what was sent.
        due_after: it is due so long after the person asked.
        callbacks: addresses that are told of every change of its status.
    """

    id: UUID
    digest: bytes
    kind: SubjectRequestType
    regulation: str
    group_id: str | None
    requested_by: str
    submitted_at: datetime
    due_after: timedelta
    callbacks: list[str]


class CallbackRow(NamedTuple):
    """What is told to one address."""

    url: str
    status: str
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    dead_at: datetime | None
    error: str


async def by_id(pool: Pool, workspace: int, request: UUID) -> SentRequest | None:
    """A request by its sender's id; None where the workspace has no such one."""
    return await fetch_one(pool, SentRequest, _BY_ID, {"workspace": workspace, "id": request})


async def of_request(pool: Pool, workspace: int, request: int) -> SentRequest | None:
    """The request that became one of the register; None where that came in by another way."""
    params = {"workspace": workspace, "request": request}
    return await fetch_one(pool, SentRequest, _OF_REQUEST, params)


async def callbacks(pool: Pool, workspace: int, request: UUID) -> list[CallbackRow]:
    """What is told of a request, in order."""
    return await fetch(pool, CallbackRow, _CALLBACKS, {"workspace": workspace, "id": request})


async def add(conn: AsyncConnection[Any], workspace: int, request: NewSentRequest) -> bool:
    """Enter a request; False where one with its id is there.

    Nobody else enters a request of the workspace before the transaction ends.
    """
    await conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", (locks.PRIVACY, workspace))
    cursor = await conn.execute(_ADD, vars(request) | {"workspace": workspace})
    return await cursor.fetchone() is not None


async def add_parts(
    conn: AsyncConnection[Any], workspace: int, request: UUID, parts: list[int]
) -> None:
    """Note which requests of the register one became, at least one."""
    params = {"workspace": workspace, "id": request, "requests": parts}
    await conn.execute(_ADD_PARTS, params)


async def cancel(conn: AsyncConnection[Any], workspace: int, request: UUID) -> bool:
    """Cancel a request of which nothing was begun.

    Args:
        conn: inside the caller's transaction, which must be rolled back where the answer is False.
        workspace: tenant.
        request: its sender's id.

    Returns:
        False where something was begun, or it is cancelled.
    """
    params = {"workspace": workspace, "id": request}
    async with conn.cursor(row_factory=args_row(int)) as cursor:
        await cursor.execute(_CANCEL, params)
        parts = await cursor.fetchone()
        if parts is None:
            return False
        await cursor.execute(_CANCEL_ARCHIVES, params)
        return len(await cursor.fetchall()) == parts
