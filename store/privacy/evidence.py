"""The receipt of an erasure, from the register and the audit log's entries about it."""

from datetime import datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import args_row

from domain.privacy.erasure import FOREVER_MS, Afterwards, RecipientOutcome, RequestStatus
from domain.privacy.receipt import (
    COMPLETED,
    FORMAT,
    PROCESSED,
    REQUESTED,
    VERSION,
    AuditRow,
    ErasureReceipt,
    Recipient,
    Removed,
    steps_of,
    subject_of,
)
from store.connection import one_of
from store.privacy import register
from store.privacy.register import PrivacyRequest, RecipientRow

_AUDIT: Final = f"""
    SELECT c.seq, encode(c.hash, 'hex'), a.id, (extract(epoch FROM a.at) * 1000000)::bigint,
        a.actor, a.action, a.subject, a.detail::text
    FROM audit a JOIN audit_chain c ON c.audit_id = a.id
    WHERE a.workspace_id = %(workspace)s AND ((a.id = %(entry)s AND a.action = '{REQUESTED}')
        OR (a.subject = %(subject)s AND a.action IN {one_of((PROCESSED, COMPLETED))}))
    ORDER BY c.seq
"""
_NAME: Final = "SELECT name FROM workspaces WHERE id = %(workspace)s"


def receipt_of(
    conn: Connection[Any], workspace: int, request: int, issued_at: datetime
) -> ErasureReceipt | None:
    """Build the receipt of a request as of now.

    Args:
        conn: any connection.
        workspace: tenant.
        request: its number in the register.
        issued_at: now.

    Returns:
        None where the workspace has no such request, or the engine has not processed it.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    with conn.cursor(row_factory=args_row(PrivacyRequest)) as cursor:
        found = cursor.execute(register.BY_ID, {"workspace": workspace, "id": request}).fetchone()
    if found is None or found.processed_at is None:
        return None
    params = {
        "workspace": workspace,
        "command": found.command,
        "entry": found.audit_id,
        "subject": subject_of(found.command),
    }
    with conn.cursor(row_factory=args_row(RecipientRow)) as cursor:
        listed = cursor.execute(register.RECIPIENTS, params).fetchall()
    with conn.cursor(row_factory=args_row(AuditRow)) as cursor:
        audit = cursor.execute(_AUDIT, params).fetchall()
    with conn.cursor(row_factory=args_row(str)) as cursor:
        (name,) = cursor.execute(_NAME, params).fetchall()
    return _receipt(name, found, (listed, audit), issued_at)


def _receipt(
    workspace: str,
    request: PrivacyRequest,
    found: tuple[list[RecipientRow], list[AuditRow]],
    issued_at: datetime,
) -> ErasureReceipt:
    recipients, audit = found
    return ErasureReceipt(
        format=FORMAT,
        version=VERSION,
        issued_at=issued_at,
        workspace=workspace,
        request=request.id,
        command=request.command,
        command_id=request.command_id,
        profile=request.profile,
        identifiers=tuple(key.hex for key in request.keys),
        afterwards=Afterwards(request.afterwards),
        reason=request.reason,
        requested_by=request.requested_by,
        requested_at=request.requested_at,
        due_at=request.due_at,
        status=RequestStatus(request.status),
        processed_at=request.processed_at or issued_at,
        completed_at=request.completed_at,
        until_ms=None if request.until_ms == FOREVER_MS else request.until_ms,
        removed=Removed(
            identifiers=request.identifiers or 0,
            events=request.events or 0,
            links=request.links or 0,
            merges=request.merges or 0,
            memberships=request.memberships or 0,
        ),
        joined=request.joined,
        steps=steps_of(request.steps),
        recipients=tuple(_recipient(row) for row in recipients),
        audit=tuple(audit),
    )


def _recipient(row: RecipientRow) -> Recipient:
    outcome = RecipientOutcome(row.outcome) if row.outcome else None
    return Recipient(
        row.audience_id, row.platform, row.audience, row.listed, row.confirmed_at, outcome
    )
