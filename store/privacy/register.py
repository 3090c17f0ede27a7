"""The register of requests: who asked for what, when it is due, and how far it is."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection, Connection
from psycopg.rows import args_row
from psycopg.types.json import Jsonb

from domain.privacy.erasure import STATED, Afterwards, RequestKind, RequestStatus
from domain.privacy.receipt import PROCESSED
from store import locks
from store.connection import one_of
from store.fetch import Pool, fetch, fetch_one
from store.privacy import archives

STATUS: Final = f"""CASE
    WHEN r.kind = '{RequestKind.ACCESS}' THEN
        CASE WHEN a.request IS NULL THEN '{RequestStatus.COMPLETED}' ELSE {archives.STATUS} END
    WHEN r.completed_at IS NOT NULL THEN '{RequestStatus.COMPLETED}'
    WHEN e.command IS NOT NULL THEN '{RequestStatus.PROCESSING}'
    WHEN r.sent_at IS NOT NULL THEN '{RequestStatus.REQUESTED}'
    ELSE '{RequestStatus.NOT_SENT}' END"""
_COLUMNS: Final = f"""
    SELECT r.id, r.kind, r.command, r.command_id, r.profile, r.keys, coalesce(r.afterwards, ''),
        r.reason, r.requested_by,
        r.audit_id, r.requested_at, r.due_at, {STATUS} AS status,
        CASE WHEN r.kind IN {one_of(STATED)} THEN r.completed_at ELSE e.processed_at END,
        r.completed_at, coalesce(e.until_ms, r.until_ms), e.identifiers, e.events, e.links,
        e.merges, e.memberships, coalesce(cardinality(e.joined), 0), coalesce(e.steps, '{{}}'),
        r.regulation, r.first_due_at, r.extended_at, r.extended_by, r.extension_reason,
        r.told
    FROM privacy_requests r LEFT JOIN erasures e ON e.command = r.command
        LEFT JOIN access_archives a ON a.request = r.id
    WHERE r.workspace_id = %(workspace)s
"""
_PAGE: Final = f"""{_COLUMNS}
    AND CASE WHEN %(kind)s::text IS NULL THEN r.kind <> '{RequestKind.RETENTION}'
        ELSE r.kind = %(kind)s END
    AND (%(status)s::text IS NULL OR {STATUS} = %(status)s)
    AND (%(overdue)s::boolean IS NULL OR %(overdue)s =
        (r.completed_at IS NULL AND r.due_at < now()))
    AND (%(after)s::bigint IS NULL OR r.id < %(after)s)
    ORDER BY r.id DESC LIMIT %(limit)s
"""
BY_ID: Final = _COLUMNS + " AND r.id = %(id)s"
"""One request."""
_WAITING: Final = f"""
    SELECT r.id, {STATUS} FROM privacy_requests r LEFT JOIN erasures e ON e.command = r.command
        LEFT JOIN access_archives a ON a.request = r.id
    WHERE r.workspace_id = %(workspace)s AND r.kind = '{RequestKind.ERASURE}'
      AND r.completed_at IS NULL AND e.command IS NULL AND r.keys @> %(keys)s
    ORDER BY r.id LIMIT 1
"""
_ADD: Final = """
    INSERT INTO privacy_requests (workspace_id, kind, command, command_id, profile, keys,
        afterwards, reason, requested_by, audit_id, requested_at, due_at, completed_at, regulation,
        told, until_ms)
    VALUES (%(workspace)s, %(kind)s, %(command)s, %(command_id)s, %(profile)s, %(keys)s,
        %(afterwards)s, %(reason)s, %(requested_by)s, %(audit_id)s, %(requested_at)s, %(due_at)s,
        %(completed_at)s, %(regulation)s, %(told)s, %(until_ms)s)
    RETURNING id
"""
_SENT: Final = "UPDATE privacy_requests SET sent_at = coalesce(sent_at, now()) WHERE id = %s"
_EXTEND: Final = """
    UPDATE privacy_requests SET first_due_at = due_at, due_at = due_at + %(span)s::interval,
        extended_at = clock_timestamp(), extended_by = %(actor)s, extension_reason = %(reason)s
    WHERE id = %(id)s AND workspace_id = %(workspace)s AND completed_at IS NULL
      AND first_due_at IS NULL
    RETURNING first_due_at, due_at
"""
_RESTRICTING: Final = f"""
    SELECT EXISTS (SELECT FROM privacy_requests WHERE workspace_id = %(workspace)s
        AND kind = '{RequestKind.RESTRICTION}' AND completed_at IS NULL AND keys && %(keys)s)
"""
_NAMED: Final = """
    SELECT kind, value FROM identifiers WHERE key = %(key)s AND workspace_id = %(workspace)s
"""
_PROCESSED: Final = """
    SELECT processed_at FROM erasures WHERE command = %(command)s AND workspace_id = %(workspace)s
"""
_RECORDED: Final = f"""
    SELECT EXISTS (SELECT FROM audit WHERE workspace_id = %(workspace)s
        AND subject = %(subject)s AND action = '{PROCESSED}')
"""
RECIPIENTS: Final = """
    SELECT p.audience_id, p.platform, a.name, p.listed, p.confirmed_at, p.outcome
    FROM erasure_recipients p JOIN erasures e ON e.command = p.command
        JOIN audiences a ON a.id = p.audience_id
    WHERE p.command = %(command)s AND e.workspace_id = %(workspace)s ORDER BY p.audience_id
"""
"""Audiences that had the person."""


@dataclass(frozen=True)
class PrivacyRequest:
    """A request and what became of it.

    Attributes:
        kind: of `domain.privacy.erasure.RequestKind`.
        command: digest of the id of its command; an access request has one, too, and no command.
        keys: identifiers that it names.
        afterwards: empty where nothing is erased.
        audit_id: the entry that it rests on.
        processed_at: when the engine removed the person, or took in the statement; None before.
            The counts are None for ever where nothing is erased.
        until_ms: events until then are not kept; of retention's, before it is processed, too.
        joined: identifiers that the person had by then and kept.
        steps: as the engine's job keeps them.
        first_due_at: when it was due before the time was extended; None where it was not.
        told: of a statement, its purposes, and its evidence until the engine has taken it in.
    """

    id: int
    kind: str
    command: UUID
    command_id: str
    profile: UUID
    keys: list[UUID]
    afterwards: str
    reason: str
    requested_by: str
    audit_id: int
    requested_at: datetime
    due_at: datetime
    status: str
    processed_at: datetime | None
    completed_at: datetime | None
    until_ms: int | None
    identifiers: int | None
    events: int | None
    links: int | None
    merges: int | None
    memberships: int | None
    joined: int
    steps: dict[str, Any]
    regulation: str
    first_due_at: datetime | None
    extended_at: datetime | None
    extended_by: str | None
    extension_reason: str | None
    told: dict[str, Any]


@dataclass(frozen=True)
class RecipientRow:
    """An audience that had the person."""

    audience_id: int
    platform: str
    audience: str
    listed: bool
    confirmed_at: datetime | None
    outcome: str


@dataclass(frozen=True)
class NewRequest:
    """A request as it enters the register; its instant is that of its audit entry.

    Attributes:
        regulation: the law that it is under.
        completed_at: of one that is answered as it comes.
    """

    command: bytes
    command_id: str
    profile: bytes
    keys: list[bytes]
    afterwards: Afterwards | None
    reason: str
    requested_by: str
    audit_id: int
    requested_at: datetime
    due_at: datetime
    regulation: str
    kind: RequestKind = RequestKind.ERASURE
    completed_at: datetime | None = None
    told: dict[str, Any] = field(default_factory=dict)
    until_ms: int | None = None


class RequestFilter(NamedTuple):
    """Which requests are wanted; None: any.

    Attributes:
        kind: None: those of people; what retention asks for is only told where it is named.
        overdue: those that are, or those that are not.
    """

    kind: RequestKind | None = None
    status: RequestStatus | None = None
    overdue: bool | None = None


async def page(
    pool: Pool,
    workspace: int,
    wanted: RequestFilter,
    after: int | None,
    limit: int,
) -> list[PrivacyRequest]:
    """List requests, newest first.

    Args:
        pool: open pool.
        workspace: tenant.
        wanted: which.
        after: id of the last request of the page before.
        limit: requests of the page.
    """
    params = {"workspace": workspace, **wanted._asdict()}
    return await fetch(pool, PrivacyRequest, _PAGE, params | {"after": after, "limit": limit})


async def by_id(pool: Pool, workspace: int, request: int) -> PrivacyRequest | None:
    """One request; None where the workspace has no such one."""
    return await fetch_one(pool, PrivacyRequest, BY_ID, {"workspace": workspace, "id": request})


async def recipients(pool: Pool, workspace: int, command: UUID) -> list[RecipientRow]:
    """The audiences that had a person whom a command removed."""
    params = {"workspace": workspace, "command": command}
    return await fetch(pool, RecipientRow, RECIPIENTS, params)


async def processed(pool: Pool, workspace: int, command: bytes) -> datetime | None:
    """When the engine processed an erasure; None before.

    Args:
        pool: open pool.
        workspace: tenant.
        command: digest of the command's id.
    """
    params = {"workspace": workspace, "command": UUID(bytes=command)}
    return await fetch_one(pool, lambda at: at, _PROCESSED, params)


async def recorded(pool: Pool, workspace: int, subject: str) -> bool:
    """Whether the audit log has what an erasure removed.

    Args:
        pool: open pool.
        workspace: tenant.
        subject: what the audit log calls the erasure.
    """
    params = {"workspace": workspace, "subject": subject}
    return bool(await fetch_one(pool, bool, _RECORDED, params))


class Waiting(NamedTuple):
    """A request that is not processed."""

    id: int
    status: str


async def waiting(pool: Pool, workspace: int, keys: list[bytes]) -> Waiting | None:
    """A request that names all these identifiers already and is not processed."""
    return await fetch_one(pool, Waiting, _WAITING, {"workspace": workspace, "keys": _uuids(keys)})


async def claim(conn: AsyncConnection[Any], workspace: int, keys: list[bytes]) -> Waiting | None:
    """Like `waiting`; nobody else enters a request of the workspace before the transaction ends."""
    await conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", (locks.PRIVACY, workspace))
    async with conn.cursor(row_factory=args_row(Waiting)) as cursor:
        await cursor.execute(_WAITING, {"workspace": workspace, "keys": _uuids(keys)})
        return await cursor.fetchone()


async def restricting(pool: Pool, workspace: int, keys: list[bytes]) -> bool:
    """Whether a restriction of any of these identifiers is not processed yet."""
    params = {"workspace": workspace, "keys": _uuids(keys)}
    return bool(await fetch_one(pool, bool, _RESTRICTING, params))


class NamedIdentifier(NamedTuple):
    """An identifier in clear; personal data."""

    kind: str
    value: str


async def identifier(pool: Pool, workspace: int, key: UUID) -> NamedIdentifier | None:
    """The identifier that a statement is of; None where nobody has it any more."""
    return await fetch_one(pool, NamedIdentifier, _NAMED, {"workspace": workspace, "key": key})


async def add(conn: AsyncConnection[Any], workspace: int, request: NewRequest) -> int:
    """Enter a request into the register; answers its id."""
    cursor = await conn.execute(_ADD, _params(workspace, request))
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


def enter(conn: Connection[Any], workspace: int, request: NewRequest) -> int:
    """Like `add`, for who blocks."""
    row = conn.execute(_ADD, _params(workspace, request)).fetchone()
    return int(row[0]) if row else 0


def _params(workspace: int, request: NewRequest) -> dict[str, Any]:
    own = {
        "command": UUID(bytes=request.command),
        "profile": UUID(bytes=request.profile),
        "told": Jsonb(request.told),
    }
    return vars(request) | own | {"workspace": workspace, "keys": _uuids(request.keys)}


class Extended(NamedTuple):
    """When a request was due, and when it is due now."""

    first_due_at: datetime
    due_at: datetime


async def extend(
    conn: AsyncConnection[Any],
    workspace: int,
    request: int,
    span: timedelta,
    actor: str,
    reason: str,
) -> Extended | None:
    """Extend the time for an answer; None where it was extended before, or is answered.

    Args:
        conn: inside the caller's transaction.
        workspace: tenant.
        request: its number.
        span: how much longer it may take.
        actor: who says so.
        reason: why.
    """
    params = {"workspace": workspace, "id": request, "span": span, "actor": actor, "reason": reason}
    async with conn.cursor(row_factory=args_row(Extended)) as cursor:
        await cursor.execute(_EXTEND, params)
        return await cursor.fetchone()


async def sent(conn: AsyncConnection[Any], request: int) -> None:
    """Note that the log has the command of a request."""
    await conn.execute(_SENT, (request,))


def _uuids(keys: list[bytes]) -> list[UUID]:
    return [UUID(bytes=key) for key in keys]
