"""Enters requests into the audit log and the register, each in one transaction."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from api.privacy.erasures_schemas import ErasureRequest
from api.privacy.restrictions_schemas import ObjectionRequest, RestrictionRequest
from api.web.deps import Caller
from api.web.errors import ConflictError, NotFoundError
from domain.event import CONSENT, RESTRICTION
from domain.ids import IdentifierKey
from domain.keys import command_id, message_key
from domain.privacy.access import REQUESTED as ACCESS_REQUESTED
from domain.privacy.erasure import Afterwards, RequestKind, RequestStatus
from domain.privacy.receipt import REQUESTED
from domain.profiles.consent import ANY_USE
from operators.privacy.identifiers import fingerprint
from store.audit.trail import append_async
from store.fetch import AsyncConn, Pool, transaction
from store.privacy import archives, register
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
    async with transaction(pool) as conn:
        waiting = await register.claim(conn, caller.workspace, keys)
        if waiting is not None:
            raise ConflictError(_refusal(waiting))
        asked = _Asked(RequestKind.ERASURE, found, body.reason, due_after, body.afterwards)
        number = await _add(conn, caller, asked)
    return await request_of(pool, caller, number)


async def enter_access(
    pool: Pool, caller: Caller, found: StoredProfile, reason: str, due_after: timedelta
) -> PrivacyRequest:
    """Enter a request of access, and order its archive.

    Args:
        pool: open pool.
        caller: who asks.
        found: whom it is about.
        reason: why.
        due_after: it is due so long after.

    Raises:
        ConflictError: the archive of an earlier request of the person is under way.
    """
    keys = [UUID(bytes=identifier.key) for identifier in found.identifiers]
    async with transaction(pool) as conn:
        waiting = await archives.waiting(conn, caller.workspace, keys)
        if waiting is not None:
            raise ConflictError(
                f"Request {waiting.id} asks for this already; it is {waiting.status}."
            )
        number = await _add(conn, caller, _Asked(RequestKind.ACCESS, found, reason, due_after))
        await archives.add(conn, number)
    return await request_of(pool, caller, number)


async def enter_stated(
    pool: Pool,
    caller: Caller,
    found: StoredProfile,
    of: IdentifierKey,
    kind: RequestKind,
    body: RestrictionRequest,
    due_after: timedelta,
) -> PrivacyRequest:
    """Enter a restriction, a release or an objection.

    Args:
        pool: open pool.
        caller: who asks.
        found: whom it is about.
        of: the identifier that it is a statement of.
        kind: which of them.
        body: why, what shows it, and what is objected to.
        due_after: it is due so long after.
    """
    purposes = list(dict.fromkeys(body.purposes)) if isinstance(body, ObjectionRequest) else None
    told: dict[str, Any] = {"purposes": purposes or [ANY_USE]}
    if body.evidence:
        told["evidence"] = body.evidence
    asked = _Asked(kind, found, body.reason, due_after, of=of, told=told)
    async with transaction(pool) as conn:
        number = await _add(conn, caller, asked)
    return await request_of(pool, caller, number)


class _Asked(NamedTuple):
    """What is entered.

    Attributes:
        of: the identifier that a statement is of; None: it names exactly the identifiers that the
            person has now.
        told: of a statement, its purposes and evidence.
    """

    kind: RequestKind
    found: StoredProfile
    reason: str
    due_after: timedelta
    afterwards: Afterwards | None = None
    of: IdentifierKey | None = None
    told: Mapping[str, Any] = MappingProxyType({})


_ACTIONS: Final = {
    RequestKind.ERASURE: REQUESTED,
    RequestKind.ACCESS: ACCESS_REQUESTED,
    RequestKind.RESTRICTION: RESTRICTION,
    RequestKind.RELEASE: RESTRICTION,
    RequestKind.OBJECTION: CONSENT,
}
"""The audit log calls a request as its command is called."""


async def _add(conn: AsyncConn, caller: Caller, asked: _Asked) -> int:
    """Enter a request; its number in the register."""
    keys: list[bytes] = sorted(identifier.key for identifier in asked.found.identifiers)
    action, profile = _ACTIONS[asked.kind], asked.found.person.id
    detail: dict[str, Any] = {"identifiers": [UUID(bytes=key).hex for key in keys]}
    if asked.of is not None:
        keys = [asked.of]
        detail = {"identifier": asked.of.hex(), "request": asked.kind}
        if asked.kind is RequestKind.OBJECTION:
            detail["purposes"] = asked.told["purposes"]
    if asked.afterwards is not None:
        detail["afterwards"] = asked.afterwards
    detail["reason"] = asked.reason
    subject = f"profile:{UUID(bytes=profile)}"
    entered = await append_async(conn, caller.workspace, caller.actor, action, subject, detail)
    name = command_id(caller.salt, action, entered.id)
    new = NewRequest(
        command=message_key(caller.salt, name),
        command_id=name,
        profile=profile,
        keys=keys,
        afterwards=asked.afterwards,
        reason=asked.reason,
        requested_by=caller.actor,
        audit_id=entered.id,
        requested_at=entered.at,
        due_at=entered.at + asked.due_after,
        kind=asked.kind,
        told=dict(asked.told),
    )
    return await register.add(conn, caller.workspace, new)


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
