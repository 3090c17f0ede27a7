"""Enters the request of an erasure into the audit log and the register, in one transaction."""

from datetime import timedelta
from uuid import UUID

from api.privacy.erasures_schemas import ErasureRequest
from api.web.deps import Caller
from api.web.errors import ConflictError, NotFoundError
from domain.keys import command_id, message_key
from domain.privacy.erasure import RequestStatus
from domain.privacy.receipt import REQUESTED
from operators.privacy.identifiers import fingerprint
from store.audit.trail import append_async
from store.fetch import Pool, transaction
from store.privacy import register
from store.privacy.register import NewRequest, PrivacyRequest, Waiting
from store.profiles.profiles import StoredProfile


async def enter(
    pool: Pool,
    caller: Caller,
    found: StoredProfile,
    body: ErasureRequest,
    due_after: timedelta,
) -> PrivacyRequest:
    """Enter a request; it names exactly the identifiers that the person has now.

    Args:
        pool: open pool.
        caller: who asks.
        found: whom it is about.
        body: what is asked for.
        due_after: it is due so long after.

    Raises:
        ConflictError: the person has other identifiers than were approved, or an earlier request
            names all of them and is not processed.
    """
    keys: list[bytes] = sorted(identifier.key for identifier in found.identifiers)
    if body.fingerprint not in {None, fingerprint(keys)}:
        raise ConflictError(
            "The person has other identifiers than the preview showed: preview again."
        )
    detail = {
        "identifiers": [UUID(bytes=key).hex for key in keys],
        "afterwards": body.afterwards,
        "reason": body.reason,
    }
    async with transaction(pool) as conn:
        waiting = await register.claim(conn, caller.workspace, keys)
        if waiting is not None:
            raise ConflictError(_refusal(waiting))
        subject = f"profile:{UUID(bytes=found.person.id)}"
        entered = await append_async(
            conn, caller.workspace, caller.actor, REQUESTED, subject, detail
        )
        name = command_id(caller.salt, REQUESTED, entered.id)
        new = NewRequest(
            command=message_key(caller.salt, name),
            command_id=name,
            profile=found.person.id,
            keys=keys,
            afterwards=body.afterwards,
            reason=body.reason,
            requested_by=caller.actor,
            audit_id=entered.id,
            requested_at=entered.at,
            due_at=entered.at + due_after,
        )
        number = await register.add(conn, caller.workspace, new)
    return await request_of(pool, caller, number)


async def request_of(pool: Pool, caller: Caller, number: int) -> PrivacyRequest:
    """A request of the caller's workspace.

    Raises:
        NotFoundError: there is none with this number.
    """
    found = await register.by_id(pool, caller.workspace, number)
    if found is None:
        raise NotFoundError("request")
    return found


def _refusal(waiting: Waiting) -> str:
    names = f"Request {waiting.id} names all these identifiers already"
    if waiting.status == RequestStatus.NOT_SENT:
        return f"{names} and was not sent: POST /cdp/privacy/requests/{waiting.id}/retry."
    return f"{names} and waits for the engine."
