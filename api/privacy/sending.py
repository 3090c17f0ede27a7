"""Sends the command of a request to the event log, the first time and again.

The record is built from the register alone, so that each time it is the same one: the engine
processes it once.
"""

from http import HTTPStatus
from typing import Any

import msgspec

from api.web.deps import Caller
from api.web.errors import ApiError, ConflictError
from domain.event import CONSENT, RESTRICTION
from domain.instants import to_ms
from domain.intake.envelope import encode_sealed
from domain.privacy.erasure import STATED, RequestKind
from sinks.intake.log import EventLog, LogUnavailableError, keyed
from store.fetch import Pool, transaction
from store.privacy import register
from store.privacy.register import NamedIdentifier, PrivacyRequest


class NotSentError(ApiError):
    """The event log has not confirmed the command of a request, which is kept.

    Args:
        request: its number in the register.
        cause: what the log said.
    """

    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "log_unavailable"

    def __init__(self, request: int, cause: LogUnavailableError) -> None:
        super().__init__(
            f"The event log has not confirmed the command. Request {request} is kept as not_sent:"
            f" POST /cdp/privacy/requests/{request}/retry."
        )
        self.retry_after_s = cause.retry_after_s


def record_of(
    workspace: int, salt: bytes, request: PrivacyRequest, of: NamedIdentifier | None = None
) -> bytes:
    """The command of a request as the event log holds it; it arrives when the audit log says.

    Args:
        workspace: tenant.
        salt: of the workspace.
        request: none of access.
        of: the identifier that a statement is of; None for an erasure, which names digests.
    """
    ordered = _erasing(request) if of is None else _stating(request, of)
    command = ordered | {
        "workspace": workspace,
        "id": request.command_id,
        "author": request.requested_by,
        "reason": request.reason,
    }
    at_ms = to_ms(request.requested_at)
    return encode_sealed(salt, at_ms, msgspec.json.encode(command))


def _erasing(request: PrivacyRequest) -> dict[str, Any]:
    return {
        "kind": "erase",
        "identifiers": [key.hex for key in request.keys],
        "afterwards": request.afterwards,
    }


def _stating(request: PrivacyRequest, of: NamedIdentifier) -> dict[str, Any]:
    first, *others = request.told["purposes"]
    return {
        "kind": CONSENT if request.kind == RequestKind.OBJECTION else RESTRICTION,
        "identifier": [of.kind, of.value],
        "purpose": first,
        "purposes": others,
        "state": "granted" if request.kind == RequestKind.RELEASE else "refused",
        "stated": to_ms(request.requested_at),
        "evidence": request.told.get("evidence", ""),
    }


async def send(pool: Pool, log: EventLog, caller: Caller, request: PrivacyRequest) -> None:
    """Append the command of a request and note it in the register.

    Raises:
        NotSentError: the log did not confirm it.
        ConflictError: nobody has the identifier of a statement any more.
        psycopg.OperationalError: it is in the log, and the register does not say so: sent again,
            it changes nothing.
    """
    of = None
    if request.kind in STATED:
        of = await register.identifier(pool, caller.workspace, request.keys[0])
        if of is None:
            raise ConflictError(f"Nobody has the identifier of request {request.id} any more.")
    try:
        await log.append(keyed([record_of(caller.workspace, caller.salt, request, of)]))
    except LogUnavailableError as error:
        raise NotSentError(request.id, error) from error
    async with transaction(pool) as conn:
        await register.sent(conn, request.id)
